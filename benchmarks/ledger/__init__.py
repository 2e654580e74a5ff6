"""How fast AZR moves, and next to what."""
