"""What we say: the national business messages, their schemas, models and rules."""
