"""The ai subgraph: conversations with models, and their usage."""
