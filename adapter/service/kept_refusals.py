"""Which answer did an envelope get that nobody could verify for a day, so that every copy of it hears the same?

It is kept under the digest of the very octets, and not under the eb:MessageId, which is its verified sender's
(`ebxml.md` §7.4). All copies are answered by one item of the outbox: so it is known whether the answer has ever left,
and one that never left and is signed anew is what they hear from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapter.store.port import OutboxItem, Reader, Writer
from adapter.values import Digest, instant_of, instant_text

KEEP_SEEN: Final = timedelta(days=30)
"""How long an envelope is remembered (`ebxml.md` §7.4)."""

_PREFIX: Final = "refused unjudged:"


@dataclass(frozen=True, slots=True)
class KeptRefusal:
    """What is kept about the SOAP part of this digest."""

    soap: Digest

    @property
    def outbox_id(self) -> str:
        """The item of the outbox that answers every copy."""
        return f"{_PREFIX}{self.soap}"

    def keep(self, writer: Writer, answer: Digest, now: datetime) -> None:
        """Keep the octets of the answer that its sender gets."""
        writer.keep_note(self.outbox_id, f"{answer} {instant_text(now)}", until=now + KEEP_SEEN)

    def answer(self, reader: Reader, now: datetime) -> Digest | None:
        """The octets of its answer; None where it had none, or has been forgotten."""
        answer, _, at = (reader.note(self.outbox_id) or "").partition(" ")
        return Digest(answer) if answer and now - instant_of(at) < KEEP_SEEN else None


def signed_anew(writer: Writer, item: OutboxItem, answer: Digest, now: datetime) -> None:
    """Keep the new octets of an answer that never left, where it is one of these."""
    if item.id.startswith(_PREFIX):
        KeptRefusal(Digest(item.id.removeprefix(_PREFIX))).keep(writer, answer, now)
