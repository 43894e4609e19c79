"""How is an instant written so that texts sort as instants do?"""

from __future__ import annotations

from datetime import UTC, datetime


def instant_text(instant: datetime) -> str:
    """An instant as `2012-03-05T09:15:00.000000Z`: UTC, always 27 characters."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def instant_of(text: str) -> datetime:
    """The instant of such a text; raises `ValueError` when it is none."""
    return datetime.fromisoformat(text)
