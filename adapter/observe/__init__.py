"""Tells: the structured log and its catalogue of events."""
