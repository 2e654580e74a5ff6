"""Reads of conversations and of AI usage, from MongoDB."""
