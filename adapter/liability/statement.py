"""What does a hospital claim of a municipality for a month, and what does that change in what was claimed before?

    what was issued for the month          what is decided now
    ─────────────────────────────          ───────────────────
    nothing                                every night is a debit: the first statement
    a night at 4125                        the same night at 4125: nothing is said
    a night at 4125                        no night, or another price: a credit (and a debit), the correction
    no night                               a night whose facts came late: a debit, the correction

So an issued statement is never changed (LI-082): a later one says the difference, by stay and date, and the sum of all
statements of a month is always what the facts of today come to. Stays are named by their keys, never by patient.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from adapter.liability.ledger import Charge, Ledger, Row
from adapter.values import HerId


class Booking(StrEnum):
    """Which way an entry of a statement counts."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, written `2012-03`. Raises `ValueError` for what is none."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1900 <= self.year <= 2199 and 1 <= self.number <= 12):
            raise ValueError("a month is written 2012-03")

    @classmethod
    def of(cls, text: str) -> Month:
        year, dash, number = text.partition("-")
        digits = year + number
        if not (dash and len(year) == 4 and len(number) == 2 and digits.isascii() and digits.isdigit()):
            raise ValueError("a month is written 2012-03")
        return cls(int(year), int(number))

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        following = date(self.year + self.number // 12, self.number % 12 + 1, 1)
        return following - timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation as a statement names it; `name` is empty where nobody has told it."""

    her: HerId
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One date of one stay. `amount` None: the price is missing, so the night counts and the amount is not known.

    `status` and `source` are those of the price, empty without one (LI-073).
    """

    date: date
    booking: Booking
    amount: int | None
    status: str = ""
    source: str = ""

    @property
    def sign(self) -> int:
        return 1 if self.booking is Booking.DEBIT else -1


@dataclass(frozen=True, slots=True)
class Line:
    """A stay with its entries by date; reasons, flags and keys are those of the decision now."""

    stay: str
    entries: tuple[Entry, ...]
    start_reason: str
    end_reason: str
    flags: tuple[str, ...]
    policy: str
    changed_by: tuple[str, ...]
    regulation_nights: int

    @property
    def nights(self) -> int:
        return sum(entry.sign for entry in self.entries)

    @property
    def known_nok(self) -> int:
        return sum(entry.sign * entry.amount for entry in self.entries if entry.amount is not None)

    @property
    def amount_nok(self) -> int | None:
        """In kroner; None where a price is missing (LI-072)."""
        return self.known_nok if all(entry.amount is not None for entry in self.entries) else None


@dataclass(frozen=True, slots=True)
class Statement:
    """A monthly basis for invoicing (`number` 1), or a correction of it (2 and on). Never an invoice (LI-081)."""

    hospital: Party
    municipality: Party
    month: Month
    number: int
    as_of: datetime
    policies: tuple[str, ...]
    rates_version: str
    lines: tuple[Line, ...]

    @property
    def id(self) -> str:
        """Its name: month, hospital, municipality, number."""
        return statement_id(self.month, self.hospital.her, self.municipality.her, self.number)

    @property
    def nights(self) -> int:
        return sum(line.nights for line in self.lines)

    @property
    def known_nok(self) -> int:
        return sum(line.known_nok for line in self.lines)

    @property
    def amount_nok(self) -> int | None:
        return self.known_nok if all(line.amount_nok is not None for line in self.lines) else None

    @property
    def is_correction(self) -> bool:
        return self.number > 1


def statement_id(month: Month, hospital: HerId, municipality: HerId, number: int) -> str:
    return f"{month}-{hospital}-{municipality}-{number}"


def statement(
    parties: tuple[Party, Party],
    month: Month,
    now: Ledger,
    as_of: datetime,
    issued: Iterable[Statement] = (),
) -> Statement:
    """The statement that would be issued now. `parties` are hospital and municipality.

    `now` is the ledger of the pair with the nights of the month; `issued` are the month's statements so far.
    """
    before = sorted(issued, key=lambda one: one.number)
    claimed = _claimed(before)
    rows = {row.stay: row for row in now.rows}
    lines: list[Line] = []
    for stay in sorted(rows.keys() | claimed.keys()):
        row = rows.get(stay)
        entries = _difference(claimed.get(stay, {}), row.nights if row else ())
        if entries:
            lines.append(_line(stay, entries, row))
    policies = tuple(sorted({line.policy for line in lines if line.policy}))
    hospital, municipality = parties
    number = before[-1].number + 1 if before else 1
    return Statement(hospital, municipality, month, number, as_of, policies, now.rates_version, tuple(lines))


def _claimed(issued: Iterable[Statement]) -> Mapping[str, Mapping[date, Entry]]:
    """What all statements so far come to: the standing debit of each date of each stay."""
    standing: dict[str, dict[date, Entry]] = defaultdict(dict)
    for one in issued:
        for line in one.lines:
            for entry in line.entries:
                if entry.booking is Booking.DEBIT:
                    standing[line.stay][entry.date] = entry
                else:
                    standing[line.stay].pop(entry.date, None)
    return standing


def _difference(claimed: Mapping[date, Entry], nights: Iterable[Charge]) -> tuple[Entry, ...]:
    """What turns the dates claimed into the nights; on one date the credit comes first."""
    owed = {night.date: _debit(night) for night in nights}
    entries: list[Entry] = []
    for day in sorted(claimed.keys() | owed.keys()):
        old, new = claimed.get(day), owed.get(day)
        if old is not None and new is not None and old.amount == new.amount:
            continue
        if old is not None:
            entries.append(Entry(day, Booking.CREDIT, old.amount, old.status, old.source))
        if new is not None:
            entries.append(new)
    return tuple(entries)


def _debit(night: Charge) -> Entry:
    if night.rate is None:
        return Entry(night.date, Booking.DEBIT, None)
    return Entry(night.date, Booking.DEBIT, night.rate.amount, night.rate.status.value, night.rate.source)


def _line(stay: str, entries: tuple[Entry, ...], row: Row | None) -> Line:
    """A stay that is in no ledger any more, because a late fact gave it another key, has no reasons of its own."""
    if row is None:
        return Line(stay, entries, "-", "-", (), "", (), 0)
    return Line(
        stay,
        entries,
        row.start_reason.value,
        row.end_reason.value,
        tuple(flag.value for flag in row.flags),
        row.policy,
        row.changed_by,
        row.regulation_nights,
    )
