"""How the statements of a store are made, issued once, and corrected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from adapter.config import Settings
from adapter.errors import STATEMENT_EARLY, STATEMENT_PAIR, STATEMENT_UNKNOWN, AdapterError
from adapter.liability.ledger import Ledger
from adapter.liability.statement import Month, Party, Statement, statement
from adapter.liability.statement_text import read_statement, write_statement
from adapter.service.accounts import KnownStay, institutions, known_stays, ledger_of
from adapter.service.repeating import Also, nothing_more
from adapter.service.terms import Terms
from adapter.store.port import IssuedStatement, Store, Writer
from adapter.values import Digest, HerId, oslo_day


def pair_of(
    settings: Settings, in_force: Terms, store: Store, municipality: HerId | None, hospital: HerId | None
) -> tuple[HerId, HerId]:
    """The hospital and the municipality that are meant; one that is not named is the only one of the store.

    Raises `AdapterError` (STATEMENT_PAIR) when there are several, or none.
    """
    issued = store.read_now(lambda reader: reader.statements(hospital, municipality))
    pairs = {(one.hospital, one.municipality) for one in issued}
    pairs |= _pairs(in_force, known_stays(store, hospital=hospital))
    pairs = {pair for pair in pairs if municipality in {None, pair[1]}}
    if len(pairs) != 1:
        names = institutions(settings)
        shown = "; ".join(
            " and ".join(f"{names[her].name} {her}" if her in names else her.value for her in pair)
            for pair in sorted(pairs)
        )
        raise AdapterError(STATEMENT_PAIR, f"there are {len(pairs)} pairs with stays{': ' if pairs else ''}{shown}")
    return pairs.pop()


def _pairs(in_force: Terms, stays: Iterable[KnownStay]) -> set[tuple[HerId, HerId]]:
    """Every hospital with each municipality that had a notice from it, or that a patient of it belongs to."""
    pairs: set[tuple[HerId, HerId]] = set()
    for one in stays:
        lived = in_force.residences.get(one.stay.key, ())
        payers = {one.whose.municipality, *(her for place in lived for her in (place.registered, place.staying))}
        pairs |= {(one.whose.hospital, her) for her in payers if her is not None}
    return pairs


def _concerning(
    in_force: Terms, stays: Iterable[KnownStay], hospital: HerId, municipality: HerId
) -> tuple[KnownStay, ...]:
    """The stays whose notice the municipality had; then those that it may have to pay for without having had one."""
    there = [one for one in stays if one.whose.hospital == hospital]
    own = [one for one in there if one.whose.municipality == municipality]
    known = {one.stay.key for one in own}
    others = [one for one in there if one.stay.key in in_force.residences and one.stay.key not in known]
    return (*own, *{one.stay.key: one for one in others}.values())


def _billed(
    settings: Settings,
    in_force: Terms,
    stays: Iterable[KnownStay],
    pair: tuple[HerId, HerId],
    as_of: datetime,
    month: Month,
) -> Ledger:
    """What a month comes to for hospital and municipality: the nights that the latter is billed for (LI-006)."""
    concerned = _concerning(in_force, stays, *pair)
    whole = ledger_of(settings, in_force, concerned, as_of, month.first, month.last)
    return replace(whole, rows=tuple(row.billed_to(pair[1]) for row in whole.rows))


def make(
    settings: Settings, in_force: Terms, store: Store, month: Month, pair: tuple[HerId, HerId], as_of: datetime
) -> Statement:
    """The statement that would be issued for a month: the first, or what has changed since. `pair` as `pair_of`."""
    hospital, municipality = pair
    at = as_of.replace(microsecond=0)
    names = institutions(settings)
    hospital_party, municipality_party = (Party(her, names[her].name if her in names else "") for her in pair)
    issued = store.read_now(lambda reader: reader.statements(hospital, municipality, str(month)))
    now = _billed(settings, in_force, known_stays(store, hospital=hospital), pair, at, month)
    return statement(
        (hospital_party, municipality_party), month, now, at, tuple(read_statement(one.content) for one in issued)
    )


def drafts(settings: Settings, in_force: Terms, store: Store, as_of: datetime) -> tuple[Statement, ...]:
    """What would be issued for every pair of parties and every month that has a payable night."""
    found = []
    stays = known_stays(store)
    for hospital, municipality in sorted(_pairs(in_force, stays)):
        rows = ledger_of(settings, in_force, _concerning(in_force, stays, hospital, municipality), as_of).rows
        days = [night.date for row in rows for night in row.billed_to(municipality).nights]
        for month in sorted({(day.year, day.month) for day in days}):
            found.append(make(settings, in_force, store, Month(*month), (hospital, municipality), as_of))
    return tuple(found)


def issue(store: Store, made: Statement, now: datetime, also: Also = nothing_more) -> IssuedStatement | None:
    """Keep a statement for ever. None, and nothing is kept, for a correction that changes nothing.

    `also` is written in the same transaction.

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

    def write(writer: Writer) -> None:
        writer.issue_statement(issued)
        also(writer, issued.id)

    store.write_now(write)
    return issued


def issued_statement(store: Store, wanted: str) -> IssuedStatement:
    """An issued statement by its name. Raises `AdapterError` (STATEMENT_UNKNOWN)."""
    found = store.read_now(lambda reader: reader.statement(wanted))
    if found is None:
        raise AdapterError(STATEMENT_UNKNOWN)
    return found
