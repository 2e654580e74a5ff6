"""What other companies' servers tell us."""
