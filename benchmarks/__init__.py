"""What is measured, and how to repeat it: see README.md. Nothing here asserts a duration."""
