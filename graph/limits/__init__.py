"""What an operation may ask for, decided before it runs."""
