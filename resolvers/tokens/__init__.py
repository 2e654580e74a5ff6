"""Reads of balances, statements and the price of AZR."""
