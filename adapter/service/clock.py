"""Where the service gets its time and its ids from: the machine's, unless a test or a demo hands in others."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from typing import Protocol


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
