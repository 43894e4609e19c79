"""What does the log keep of a fact: whose stay it belongs to, its place, and its link to the fact before?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from adapter.facts import Fact
from adapter.values import Digest, HerId, Moment, MsgId


@dataclass(frozen=True, slots=True, order=True)
class Pseudonym:
    """A patient without a name: a keyed digest of the national identity number, different in every store."""

    value: str

    def __post_init__(self) -> None:
        Digest(self.value)


@dataclass(frozen=True, slots=True)
class StayFact:
    """A fact and whose stay it belongs to. `admission` is the admission as a message or a person stated it, None where
    nothing is stated; `references` are the MsgIds that the carrying message refers to."""

    patient: Pseudonym
    hospital: HerId
    fact: Fact
    municipality: HerId | None = None
    admission: Moment | date | None = None
    references: tuple[MsgId, ...] = ()
    exchange_id: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedFact:
    """A fact in the log: its place, when it was written, and the link to the one before."""

    seq: int
    recorded_at: datetime
    entry: StayFact
    digest: Digest
    previous: Digest
    hash: Digest


def best_proved(recorded: Iterable[RecordedFact]) -> tuple[RecordedFact, ...]:
    """One fact of a kind for each message: where a better proof gave an earlier moment, the earlier one."""
    best: dict[tuple[str, str, str], RecordedFact] = {}
    for one in recorded:
        what = one.entry.fact.what
        repeats = hasattr(what, "carrier") and one.entry.exchange_id is not None
        key = (one.entry.exchange_id or "", type(what).__name__, "" if repeats else str(one.seq))
        known = best.get(key)
        if known is None or _instant(one.entry.fact) < _instant(known.entry.fact):
            best[key] = one
    return tuple(best.values())


def _instant(fact: Fact) -> str:
    return fact.when.instant.isoformat() if isinstance(fact.when, Moment) else fact.when.isoformat()
