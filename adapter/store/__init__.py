"""Keeps: the port, the SQLAlchemy store behind it, and its migrations."""
