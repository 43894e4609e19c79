"""Is the log in the database the chain that was written?

A change anywhere breaks its own link (`adapter.delivery.fact_chain`) and is found by walking the log; a cut at the end
is found by comparing the length and head with an earlier report, for nothing in the log itself can show it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from adapter.delivery.fact_chain import GENESIS, linked_as
from adapter.delivery.fact_json import read_entry, write_entry
from adapter.delivery.recorded import RecordedFact
from adapter.store.port import ChainReport
from adapter.values import Digest


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


def row_of(fact: RecordedFact, text: str) -> LogRow:
    """A recorded fact as a row; `text` is the canonical one of its entry."""
    entry = fact.entry
    return LogRow(
        seq=fact.seq,
        recorded_at=fact.recorded_at,
        patient=entry.patient.value,
        hospital=entry.hospital.value,
        municipality=entry.municipality.value if entry.municipality else None,
        exchange_id=entry.exchange_id,
        text=text,
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
        text = write_entry(fact.entry)
        expected = linked_as(text, fact.entry, last, row.recorded_at)
        if row.seq != expected.seq:
            return _broken(last, row, "a fact is missing before this one")
        if fact.previous != expected.previous:
            return _broken(last, row, "it does not link to the fact before")
        if row != row_of(expected, text):
            return _broken(last, row, "it is not what its digest and hash say")
        last = fact
    return ChainReport(last.seq if last else 0, last.hash if last else GENESIS)


def _broken(last: RecordedFact | None, row: LogRow, reason: str) -> ChainReport:
    return ChainReport(last.seq if last else 0, last.hash if last else GENESIS, row.seq, reason)
