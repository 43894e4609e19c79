"""How the stays of a whole store are decided on two cores, with no more than a share of them in memory.

The patients are dealt out in shares. A worker process opens the store for itself, reads some patients at a time,
decides, and gives back what the stays come to, without the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing import get_context

from adapter.config import Settings
from adapter.liability.ledger import Ledger, Row
from adapter.service.accounts import rows_about
from adapter.service.installation import open_own_store
from adapter.service.terms import Terms, Whose
from adapter.store.port import FactFilter, Store, Subject
from adapter.values import HerId

CORES = 2

SHARE = 200
"""Patients that a worker takes at a time; a store with no more is decided here, without a second process."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which stays are asked for, as of when, from what was known when (None: everything), and the nights that count."""

    as_of: datetime
    municipality: HerId | None = None
    hospital: HerId | None = None
    known_at: datetime | None = None
    first: date = date.min
    last: date = date.max


@dataclass(frozen=True, slots=True)
class Told:
    """The row of a stay, and whose stay it is."""

    whose: Whose
    row: Row


def decided(
    settings: Settings,
    in_force: Terms,
    store: Store,
    asked: Question,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Iterator[Told]:
    """What every stay of the store comes to, in no order. `progress` is told how many patients of all are done."""
    which = FactFilter(municipality=asked.municipality, hospital=asked.hospital)
    subjects = store.read_now(lambda reader: reader.subjects(which))
    shares = [subjects[start : start + SHARE] for start in range(0, len(subjects), SHARE)]
    if len(shares) <= 1:
        for share in shares:
            yield from _decide(settings, in_force, store, asked, share)
            progress(len(share), len(subjects))
        return
    # Spawned and not forked: this process may have threads and open connections to the store.
    pool = ProcessPoolExecutor(CORES, get_context("spawn"), _begin, (settings, in_force, asked))
    with pool:
        done = 0
        for share, told in zip(shares, pool.map(_decide_share, shares), strict=True):
            yield from told
            done += len(share)
            progress(done, len(subjects))


def ledger_of_store(
    settings: Settings,
    in_force: Terms,
    store: Store,
    asked: Question,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Ledger, dict[str, Whose]]:
    """The ledger of the store, and whose stay each of its rows is."""
    told = sorted(decided(settings, in_force, store, asked, progress), key=lambda one: one.row.stay)
    whose = {one.row.stay: one.whose for one in told}
    return Ledger(tuple(one.row for one in told), in_force.rates.version), whose


_begun: list[tuple[Settings, Terms, Store, Question]] = []
"""What a worker process works with; handed over once, not with every share."""


def _begin(settings: Settings, in_force: Terms, asked: Question) -> None:
    _begun[:] = [(settings, in_force, open_own_store(settings), asked)]


def _decide_share(share: tuple[Subject, ...]) -> list[Told]:
    settings, in_force, store, asked = _begun[0]
    return list(_decide(settings, in_force, store, asked, share))


def _decide(
    settings: Settings, in_force: Terms, store: Store, asked: Question, share: tuple[Subject, ...]
) -> Iterator[Told]:
    rows = rows_about(settings, in_force, store, share, asked.as_of, asked.known_at, asked.first, asked.last)
    return (Told(whose, row) for whose, row in rows)
