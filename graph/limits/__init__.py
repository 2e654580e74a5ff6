"""What an operation may take: what it asks for, decided before it runs, and its time."""
