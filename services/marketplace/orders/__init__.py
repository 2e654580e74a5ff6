"""Buying and selling services: orders from their quote to the review of both sides."""
