"""How a field gets its value: loaders and bounded reads. Nothing here writes or names GraphQL."""
