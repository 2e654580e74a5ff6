"""The tokens subgraph: balances, statements and the price of AZR."""
