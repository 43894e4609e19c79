"""What a transport does: take a finished mail and say what became of it; hand in a mail and wait until it is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from adapter.values import EdiAddress


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A whole mail (RFC 5322, CRLF) for one recipient; `envelope_id` comes back in a bounce (RFC 3461 ENVID)."""

    sender: EdiAddress
    recipient: EdiAddress
    content: bytes
    envelope_id: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The mail server has taken responsibility (2xx after DATA); `said` is its answer."""

    said: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not taken now (4xx, or no connection); the same mail may be tried again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused for good (5xx); trying the same mail again is useless."""

    reason: str


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """The connection was lost after the mail had begun to be handed over: it may or may not have been taken."""

    reason: str


Outcome = Accepted | Deferred | Refused | OutcomeUnknown


class Transport(Protocol):
    """Sends mails. `send` does not raise for anything a mail server or a network does."""

    async def send(self, mail: OutgoingMail) -> Outcome: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail as it arrived: its octets, and the SMTP envelope. `sender` is empty for a bounce (`MAIL FROM:<>`)."""

    content: bytes
    sender: str
    recipients: tuple[str, ...]


Keep = Callable[[ReceivedMail], Awaitable[None]]
"""Makes a received mail durable. Only when it has returned may the mail be acknowledged or deleted (promise 1)."""
