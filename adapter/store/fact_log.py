"""How do we know that no recorded fact was changed, removed, or slipped in?

Each row holds the canonical text of its entry, the digest of that text, the hash of the row before, and its own hash:
SHA-256 over the place in the log, the moment of recording, the digest and the hash before. The first row links to
`GENESIS`. A change anywhere breaks its own link and is found by walking the log; a cut at the end is found by comparing
the length and head with an earlier report, for nothing in the log itself can show it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from adapter.store.fact_codec import canonical, read_entry, write_entry
from adapter.store.instants import instant_text
from adapter.store.port import ChainReport, RecordedFact, StayFact
from adapter.values import Digest

GENESIS = Digest("0" * 64)
"""What the first fact links to."""


def link_hash(seq: int, recorded_at: datetime, digest: Digest, previous: Digest) -> Digest:
    """The hash of one row of the log."""
    return Digest.of(canonical([seq, instant_text(recorded_at), digest.value, previous.value]).encode())


def linked(entry: StayFact, after: RecordedFact | None, recorded_at: datetime) -> RecordedFact:
    """The entry as the next row of the log, after the last one (None for the first)."""
    seq = 1 if after is None else after.seq + 1
    previous = GENESIS if after is None else after.hash
    digest = Digest.of(write_entry(entry).encode())
    return RecordedFact(seq, recorded_at, entry, digest, previous, link_hash(seq, recorded_at, digest, previous))


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row as the database has it: nothing in it is believed."""

    seq: int
    recorded_at: datetime
    patient: str
    hospital: str
    municipality: str | None
    exchange_id: str | None
    text: str
    digest: str
    previous: str
    hash: str


def row_of(fact: RecordedFact) -> LogRow:
    """A recorded fact as a row."""
    entry = fact.entry
    return LogRow(
        seq=fact.seq,
        recorded_at=fact.recorded_at,
        patient=entry.patient.value,
        hospital=entry.hospital.value,
        municipality=entry.municipality.value if entry.municipality else None,
        exchange_id=entry.exchange_id,
        text=write_entry(entry),
        digest=fact.digest.value,
        previous=fact.previous.value,
        hash=fact.hash.value,
    )


def fact_of(row: LogRow) -> RecordedFact:
    """A row as a recorded fact, unchecked; raises `ValueError` when the row cannot be read."""
    return RecordedFact(
        row.seq, row.recorded_at, read_entry(row.text), Digest(row.digest), Digest(row.previous), Digest(row.hash)
    )


def verify(rows: Iterable[LogRow]) -> ChainReport:
    """Walk the whole log in its order and report the first row that does not hold."""
    last: RecordedFact | None = None
    for row in rows:
        try:
            fact = fact_of(row)
        except ValueError as error:
            return _broken(last, row, f"it cannot be read: {error}")
        expected = linked(fact.entry, last, row.recorded_at)
        if row.seq != expected.seq:
            return _broken(last, row, "a fact is missing before this one")
        if fact.previous != expected.previous:
            return _broken(last, row, "it does not link to the fact before")
        if row != row_of(expected):
            return _broken(last, row, "it is not what its digest and hash say")
        last = fact
    return ChainReport(last.seq if last else 0, last.hash if last else GENESIS)


def _broken(last: RecordedFact | None, row: LogRow, reason: str) -> ChainReport:
    return ChainReport(last.seq if last else 0, last.hash if last else GENESIS, row.seq, reason)
