"""A clock that is driven: demos and tests run months in seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class WrongClock:
    """Another clock, and so much ahead of it; behind where `by` is negative."""

    def __init__(self, right: DrivenClock, by: timedelta) -> None:
        self._right, self._by = right, by

    def now(self) -> datetime:
        return self._right.now() + self._by


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
