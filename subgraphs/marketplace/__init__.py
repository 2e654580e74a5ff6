"""The marketplace subgraph: services and reviews."""
