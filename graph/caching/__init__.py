"""Repeats anonymous public answers: which documents may be, and the cache of their responses."""
