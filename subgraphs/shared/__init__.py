"""What every subgraph says in the same way: ids, scalars, pages, access and refusals."""
