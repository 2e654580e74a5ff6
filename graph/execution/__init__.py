"""How an operation runs: graphql-core's executor with loaders that live as long as an execution."""
