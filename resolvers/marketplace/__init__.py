"""Reads of services and reviews."""
