"""Servers of other makers, written as their users would write them."""
