"""What people change about themselves, and who is online."""
