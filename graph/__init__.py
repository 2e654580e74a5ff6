"""How five subgraphs become one schema, and what an operation may do."""
