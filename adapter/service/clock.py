"""Where the service gets its time and its ids from: the machine's, unless a test or a demo hands in others."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Protocol


def lately(moment: datetime, within: timedelta, now: datetime) -> bool:
    """Whether a moment of ours lies less than so long ago. One that lies ahead does not: a clock that was wrong has
    set it, and what waits for its time to pass would wait as long as that clock was ahead."""
    return timedelta(0) <= now - moment < within


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The instant, in UTC."""
        ...


class Ids(Protocol):
    """Makes ids that nobody has used."""

    def fresh(self) -> str:
        """A new UUID, lower case (HIS 1037 wants UUIDs for MessageId, ConversationId and MsgId)."""
        ...


class MachineClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    """Version 4 UUIDs."""

    def fresh(self) -> str:
        return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
