"""What an operator types: `azora run`, `serve`, `schema`, `seed`, `migrate`, `doctor`."""
