"""How the statements of a store are made, issued once, and corrected."""

from __future__ import annotations

from datetime import datetime, timedelta

from adapter.config import Settings
from adapter.errors import STATEMENT_EARLY, STATEMENT_PAIR, STATEMENT_UNKNOWN, AdapterError
from adapter.liability.statement import Month, Party, Statement, statement
from adapter.liability.statement_text import read_statement, write_statement
from adapter.service.accounts import institutions, known_stays, ledger_of
from adapter.service.terms import Terms
from adapter.store.port import IssuedStatement, Store
from adapter.values import Digest, HerId, oslo_day


def pair_of(
    settings: Settings, store: Store, municipality: HerId | None, hospital: HerId | None
) -> tuple[HerId, HerId]:
    """The hospital and the municipality that are meant; one that is not named is the only one of the store.

    Raises `AdapterError` (STATEMENT_PAIR) when there are several, or none.
    """
    known = known_stays(store, municipality, hospital)
    issued = store.read_now(lambda reader: reader.statements(hospital, municipality))
    pairs = {(one.hospital, one.municipality) for one in issued}
    pairs |= {(one.whose.hospital, one.whose.municipality) for one in known if one.whose.municipality is not None}
    if len(pairs) != 1:
        names = institutions(settings)
        shown = "; ".join(
            " and ".join(f"{names[her].name} {her}" if her in names else her.value for her in pair)
            for pair in sorted(pairs)
        )
        raise AdapterError(STATEMENT_PAIR, f"there are {len(pairs)} pairs with stays{': ' if pairs else ''}{shown}")
    return pairs.pop()


def make(
    settings: Settings, in_force: Terms, store: Store, month: Month, pair: tuple[HerId, HerId], as_of: datetime
) -> Statement:
    """The statement that would be issued for a month: the first, or what has changed since. `pair` as `pair_of`."""
    hospital, municipality = pair
    at = as_of.replace(microsecond=0)
    names = institutions(settings)
    hospital_party, municipality_party = (Party(her, names[her].name if her in names else "") for her in pair)
    issued = store.read_now(lambda reader: reader.statements(hospital, municipality, str(month)))
    now = ledger_of(settings, in_force, known_stays(store, municipality, hospital), at, month.first, month.last)
    return statement(
        (hospital_party, municipality_party), month, now, at, tuple(read_statement(one.content) for one in issued)
    )


def drafts(settings: Settings, in_force: Terms, store: Store, as_of: datetime) -> tuple[Statement, ...]:
    """What would be issued for every pair of parties and every month that has a payable night."""
    found = []
    stays = known_stays(store)
    pairs = {(one.whose.hospital, one.whose.municipality) for one in stays if one.whose.municipality is not None}
    for hospital, municipality in sorted(pairs):
        own = tuple(one for one in stays if (one.whose.hospital, one.whose.municipality) == (hospital, municipality))
        days = [night.date for row in ledger_of(settings, in_force, own, as_of).rows for night in row.nights]
        for month in sorted({(day.year, day.month) for day in days}):
            found.append(make(settings, in_force, store, Month(*month), (hospital, municipality), as_of))
    return tuple(found)


def issue(store: Store, made: Statement, now: datetime) -> IssuedStatement | None:
    """Keep a statement for ever. None, and nothing is kept, for a correction that changes nothing.

    Raises `AdapterError`: STATEMENT_EARLY before the month is over, STORE-EXISTS when somebody was faster.
    """
    if oslo_day(made.as_of) <= made.month.last:
        raise AdapterError(STATEMENT_EARLY, f"{made.month} can be issued from {made.month.last + timedelta(days=1)} on")
    if made.is_correction and not made.lines:
        return None
    content = write_statement(made)
    issued = IssuedStatement(
        made.id,
        made.hospital.her,
        made.municipality.her,
        str(made.month),
        made.number,
        made.as_of,
        now,
        Digest.of(content),
        content,
    )
    store.write_now(lambda writer: writer.issue_statement(issued))
    return issued


def issued_statement(store: Store, wanted: str) -> IssuedStatement:
    """An issued statement by its name. Raises `AdapterError` (STATEMENT_UNKNOWN)."""
    found = store.read_now(lambda reader: reader.statement(wanted))
    if found is None:
        raise AdapterError(STATEMENT_UNKNOWN, wanted)
    return found
