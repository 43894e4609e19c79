"""How operators reach it: the commands."""
