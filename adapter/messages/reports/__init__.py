"""What the reports between hospital, municipality and GP say, as models that are read, written and built."""
