"""Azora beside the servers that a team would choose instead: see ../README.md."""
