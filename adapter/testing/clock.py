"""A clock that is driven: demos and tests run months in seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class DrivenClock:
    """Stands still until it is moved; never goes back unless it is told to (`set`)."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def set(self, instant: datetime) -> None:
        """Go to an instant."""
        self._now = instant.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Go on by a span."""
        self._now += by
