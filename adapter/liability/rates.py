"""What a night costs on a date: the table of prices, with status and source of each, and never a price by guess."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from adapter.liability.document import Node, read_json
from adapter.liability.inspection import Inspection
from adapter.liability.mistakes import Mistake, Mistakes

_DAY = timedelta(days=1)


class RateStatus(StrEnum):
    """How well a price is known (`liability.md` §6)."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    PRESS = "press"


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of a night (døgnpris), in whole kroner, from `first` to `last`, both included."""

    first: date
    last: date
    amount: int
    status: RateStatus
    source: str = ""
    line: int = field(default=0, compare=False)
    """Where in its file it stands; 0 is not known."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included; `last` None where nothing follows."""

    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class RateTable:
    """The prices in order of time, without overlap. `version` names the table in every result."""

    version: str
    rates: tuple[Rate, ...]

    def on(self, day: date) -> Rate | None:
        """The price of a date; None where the table has none (LI-072: never extrapolate)."""
        for rate in self.rates:
            if rate.first <= day <= rate.last:
                return rate
        return None

    def without_price(self, day: date) -> tuple[Span, ...]:
        """The spans without a price that begin after the first price and not after `day`, in order of time."""
        found = [
            Span(before.last + _DAY, after.first - _DAY)
            for before, after in pairwise(self.rates)
            if before.last + _DAY < after.first and before.last < day
        ]
        if self.rates and self.rates[-1].last < day:
            found.append(Span(self.rates[-1].last + _DAY, None))
        return tuple(found)


_HEAD = {"scheme": "NO-UKP", "currency": "NOK", "unit": "calendar_date"}
_KEYS = ("from", "to", "amount", "status", "source")
_HIGHEST = 1_000_000


def read_rates(content: bytes) -> RateTable | Mistakes:
    """Read a rate table (JSON, UTF-8), or tell every mistake in it."""
    root = read_json(content)
    if isinstance(root, Mistakes):
        return root
    inspection = Inspection()
    members = inspection.members(root, (*_HEAD, "version", "rates")) or {}
    missing = [key for key in (*_HEAD, "version", "rates") if key not in members]
    inspection.mistakes += [Mistake(key, "nothing", "a value", root.line) for key in missing if root.value is not None]
    for key, value in _HEAD.items():
        if key in members and members[key].value != value:
            inspection.wrong(members[key], f'"{value}"')
    version = inspection.text(members["version"]) if "version" in members else None
    nodes = inspection.items(members["rates"], "prices") if "rates" in members else None
    found = [(rate, node) for node in nodes or () if (rate := _rate(node, inspection))]
    found.sort(key=lambda pair: pair[0].first)
    for (before, _), (rate, node) in pairwise(found):
        if rate.first <= before.last:
            inspection.wrong(node, f"a span after {before.last}, where the one before it ends")
    if inspection.mistakes or version is None:
        return Mistakes(tuple(inspection.mistakes))
    return RateTable(version, tuple(rate for rate, _ in found))


def _rate(node: Node, inspection: Inspection) -> Rate | None:
    before = len(inspection.mistakes)
    members = inspection.members(node, _KEYS)
    if members is None:
        return None
    for key in _KEYS[:4]:
        if key not in members:
            inspection.mistakes.append(Mistake(f"{node.path}.{key}", "nothing", "a value", node.line))
    first = inspection.day(members["from"]) if "from" in members else None
    last = inspection.day(members["to"]) if "to" in members else None
    amount = members["amount"].value if "amount" in members else None
    if "amount" in members and (not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount < _HIGHEST):
        inspection.wrong(members["amount"], f"whole kroner, more than 0 and less than {_HIGHEST}")
    status = inspection.word(members["status"], RateStatus) if "status" in members else None
    source = inspection.text(members["source"]) if "source" in members else ""
    if first and last and last < first:
        inspection.wrong(members["to"], f"a date from {first} on")
    if len(inspection.mistakes) > before or not (first and last and status):
        return None
    return Rate(first, last, int(str(amount)), status, source or "", node.line)


def merge_rates(shipped: RateTable, own: RateTable) -> RateTable | Mistakes:
    """The shipped table with an operator's own prices: years added, unsure ones replaced, a verified one never changed.

    An entry that says the same as a verified one is let pass; one that says otherwise, or covers only a part of a
    shipped span, is a mistake.
    """
    mistakes: list[Mistake] = []
    kept = list(shipped.rates)
    for index, rate in enumerate(own.rates):
        for old in shipped.rates:
            if rate.last < old.first or old.last < rate.first:
                continue
            if (rate.first, rate.last) != (old.first, old.last):
                mistakes.append(_clash(index, rate, f"exactly {old.first} to {old.last}, or a span outside it"))
            elif old.status is not RateStatus.VERIFIED:
                kept.remove(old)
            elif rate.amount != old.amount:
                mistakes.append(_clash(index, rate, f"{old.amount}, which is verified"))
            else:
                kept.remove(old)
    if mistakes:
        return Mistakes(tuple(mistakes))
    rates = sorted([*kept, *own.rates], key=lambda rate: rate.first)
    return RateTable(f"{shipped.version}+{own.version}", tuple(rates))


def _clash(index: int, rate: Rate, allowed: str) -> Mistake:
    return Mistake(f"rates[{index}]", f"{rate.amount} for {rate.first} to {rate.last}", allowed, rate.line)
