"""Asks others: partner directory, key files, data files that ship with the adapter."""
