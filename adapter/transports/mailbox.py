"""What a mailbox on a mail server does: it says what lies in it, hands a mail over, lets it go, tells of the next.

The order that keeps promise 1 is the caller's: fetch, make durable, and only then `remove`. A mail is known by its
mark, which stays the same through sessions: UIDVALIDITY and UID (RFC 9051 §2.3.1.1), or the UIDL of POP3 (RFC 1939
§7). Sessions block and belong to one thread.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from adapter.transports.port import ReceivedMail

HEADER_OCTETS = 65_536
"""How much of a mail's header is read when the mail itself is not."""


@dataclass(frozen=True, slots=True)
class Account:
    """A mailbox and how we get into it. `tls` None: in the clear. `move_to` empty: what is kept is deleted.

    `implicit_tls` speaks TLS from the first octet; otherwise STARTTLS (STLS) is demanded where `tls` is given.
    """

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    folder: str = "INBOX"
    move_to: str = ""
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Lying:
    """A mail that lies in a mailbox: its lasting mark, its number in this session, its size as the server says it."""

    mark: str
    number: int
    octets: int


class MailboxSession(Protocol):
    """An open mailbox. Every method raises `AdapterError` (MAILBOX-...) for what the server or the network does."""

    stays_open: bool
    """whether `lying` shows mail that arrived since the session began; otherwise a session is for one reading"""

    @property
    def numbering(self) -> str:
        """What the marks are counted from (UIDVALIDITY); empty where the protocol has no such thing."""
        ...

    def lying(self) -> tuple[Lying, ...]:
        """What lies in the mailbox, the oldest first."""
        ...

    def fetch(self, mail: Lying) -> bytes:
        """The octets of a mail, with CRLF line ends. Raises MAILBOX-MAIL when this one mail cannot be had."""
        ...

    def header(self, mail: Lying) -> bytes:
        """The header of a mail, at most `HEADER_OCTETS` of it; empty where the server does not give it."""
        ...

    def remove(self, mails: Sequence[Lying]) -> None:
        """Delete mails, or move them away. With POP3 it holds only when `finish` has returned."""
        ...

    def finish(self) -> None:
        """The end of a reading: what was removed stays removed."""
        ...

    def wait(self, seconds: float, until: Event) -> bool:
        """Wait at most so long for the server to tell of new mail, and no longer than `until` is set.

        False when the server cannot tell: then nothing has been waited for.
        """
        ...

    def close(self) -> None:
        """Let go of the connection, whatever state it is in. Raises nothing."""
        ...


_RETURN_PATH = re.compile(rb"(?im)^Return-Path:[ \t]*<?([^<>\r\n]*)>?")
_DELIVERED_TO = re.compile(rb"(?im)^Delivered-To:[ \t]*<?([^<>\r\n]*)>?")


def received(content: bytes) -> ReceivedMail:
    """A mail from a mailbox, with the SMTP envelope as the last mail server wrote it on top (RFC 5321 §4.4).

    Without a Return-Path the sender is empty, as of a bounce: then nothing is answered with a Fault, which could
    make a loop.
    """
    header = content[: content.find(b"\r\n\r\n")] if b"\r\n\r\n" in content else content[:HEADER_OCTETS]
    path, delivered = _RETURN_PATH.search(header), _DELIVERED_TO.search(header)
    sender = path[1].decode("ascii", "replace").strip() if path else ""
    recipients = (delivered[1].decode("ascii", "replace").strip(),) if delivered else ()
    return ReceivedMail(content, sender, recipients)
