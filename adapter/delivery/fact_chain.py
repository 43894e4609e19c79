"""How do we know that no recorded fact was changed, removed, or slipped in?

Each entry of the log has the digest of its canonical text, the hash of the entry before, and its own hash: SHA-256 over
the place in the log, the moment of recording, the digest and the hash before. The first links to `GENESIS`. The hash
covers the digest and not the text, so that a stretch of the log can be shown whole without showing whose facts those
are that lie between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapter.delivery.fact_json import canonical, write_entry
from adapter.delivery.recorded import RecordedFact, StayFact
from adapter.values import Digest, instant_text

GENESIS = Digest("0" * 64)
"""What the first fact links to."""


def link_hash(seq: int, recorded_at: datetime, digest: Digest, previous: Digest) -> Digest:
    """The hash of one row of the log."""
    return Digest.of(canonical([seq, instant_text(recorded_at), digest.value, previous.value]).encode())


@dataclass(frozen=True, slots=True)
class End:
    """Where a log ends: the number of its last fact and that one's hash."""

    seq: int
    hash: Digest


def linked(entry: StayFact, after: RecordedFact | None, recorded_at: datetime) -> RecordedFact:
    """The entry as the next row of the log, after the last one (None for the first)."""
    return linked_as(write_entry(entry), entry, after, recorded_at)


def linked_as(text: str, entry: StayFact, after: RecordedFact | End | None, recorded_at: datetime) -> RecordedFact:
    """The same for who has the canonical text of the entry."""
    seq = 1 if after is None else after.seq + 1
    previous = GENESIS if after is None else after.hash
    digest = Digest.of(text.encode())
    return RecordedFact(seq, recorded_at, entry, digest, previous, link_hash(seq, recorded_at, digest, previous))
