"""What clients see: types, inputs, errors and root fields of the five subgraphs."""
