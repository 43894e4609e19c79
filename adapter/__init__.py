"""A messaging adapter for the Norwegian health network, and the liability it can prove."""

__version__ = "0.1.0"
