"""Moves bytes: SMTP out, an SMTP listener in, and the memory transport."""
