"""What do all stays of a period come to: a row for each stay, and their totals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from adapter.liability.case import Case
from adapter.liability.payers import Residence, payer
from adapter.liability.profiles import Profile
from adapter.liability.rates import Rate, RateTable
from adapter.liability.readings import read_both
from adapter.liability.reasons import EndReason, Flag, StartReason, ZeroCode
from adapter.values import HerId, Moment


@dataclass(frozen=True, slots=True)
class Account:
    """A stay that is to be in the ledger: its key, its case, and the profile that the parties have agreed on.

    `addressee` is the municipality that had the notice (None: an unknown one); `residences` are what a person has
    entered about the patient, in order of time.
    """

    stay: str
    case: Case
    profile: Profile
    addressee: HerId | None = None
    residences: tuple[Residence, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """A payable date with its price (None where it has none), and the municipality billed (None: an unknown one)."""

    date: date
    rate: Rate | None
    payer: HerId | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What a stay comes to within the dates of the ledger. Reasons and flags are those of the whole stay."""

    stay: str
    nights: tuple[Charge, ...]
    start_reason: StartReason
    end_reason: EndReason | ZeroCode
    flags: tuple[Flag, ...]
    changed_by: tuple[str, ...]
    regulation_nights: int
    policy: str

    @property
    def first(self) -> date | None:
        return self.nights[0].date if self.nights else None

    @property
    def last(self) -> date | None:
        return self.nights[-1].date if self.nights else None

    @property
    def payers(self) -> tuple[HerId | None, ...]:
        """The municipalities billed, in order of their first night."""
        return tuple(dict.fromkeys(night.payer for night in self.nights))

    def billed_to(self, municipality: HerId | None) -> Row:
        """The same stay with only the nights of one payer."""
        return replace(self, nights=tuple(night for night in self.nights if night.payer == municipality))

    @property
    def known_nok(self) -> int:
        return sum(night.rate.amount for night in self.nights if night.rate)

    @property
    def amount_nok(self) -> int | None:
        """In kroner; None where the price of a night is missing."""
        return self.known_nok if all(night.rate for night in self.nights) else None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The rows in the order of their stays, and what they come to together."""

    rows: tuple[Row, ...]
    rates_version: str

    def billed_to(self, municipality: HerId) -> Ledger:
        """The stays that this municipality pays a night of, and of each only its own nights (LI-006)."""
        return replace(self, rows=tuple(row.billed_to(municipality) for row in self.rows if municipality in row.payers))

    @property
    def nights(self) -> int:
        return sum(len(row.nights) for row in self.rows)

    @property
    def with_cost(self) -> int:
        """How many stays have a payable night."""
        return sum(bool(row.nights) for row in self.rows)

    @property
    def known_nok(self) -> int:
        return sum(row.known_nok for row in self.rows)

    @property
    def amount_nok(self) -> int | None:
        """In kroner; None where the amount of a row is not known."""
        return self.known_nok if all(row.amount_nok is not None for row in self.rows) else None


def ledger(
    accounts: Iterable[Account],
    baseline: Profile,
    rates: RateTable,
    as_of: Moment,
    first: date = date.min,
    last: date = date.max,
) -> Ledger:
    """Decide every stay as of one time, and keep the nights from `first` to `last`, both included.

    The accounts are taken one at a time; what stays in memory is their rows.
    """
    rows = (row_of(account, baseline, rates, as_of, first, last) for account in accounts)
    return Ledger(tuple(sorted(rows, key=lambda row: row.stay)), rates.version)


def row_of(
    account: Account, baseline: Profile, rates: RateTable, as_of: Moment, first: date = date.min, last: date = date.max
) -> Row:
    """Decide one stay as of one time, and keep the nights from `first` to `last`, both included."""
    readings = read_both(account.case, account.profile, baseline, rates, as_of)
    decision, rule = readings.agreement, readings.profile.policy.payer_rule
    charges = tuple(
        Charge(night.date, night.rate, payer(night.date, account.residences, rule, account.addressee))
        for night in decision.nights
        if first <= night.date <= last
    )
    # Whether the notice went to the right municipality in each part is a question for people (S54).
    elsewhere = any(charge.payer != account.addressee for charge in charges)
    return Row(
        account.stay,
        charges,
        decision.start_reason,
        decision.end_reason,
        tuple(sorted({*decision.flags, Flag.REVIEW})) if elsewhere else decision.flags,
        readings.changed_by,
        sum(first <= night.date <= last for night in readings.regulation.nights),
        readings.profile.cited,
    )
