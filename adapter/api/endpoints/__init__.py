"""What can be asked over HTTP, one module per subject; each gives a table of operations."""
