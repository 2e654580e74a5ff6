"""Selling services and judging them."""
