"""Taking courses."""
