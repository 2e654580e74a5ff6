"""Reads of people and of the platform's figures."""
