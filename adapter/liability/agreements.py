"""Which policy have a hospital and a municipality agreed on: the profile of a stay by parties, sector, date (LI-095).

A policy is valid by the date of the night, so a stay that lies across the end of an agreement is decided by both
(`succession.py`). Where the parties have agreed so, `Validity.STAY`, the policy is instead chosen once for a stay, by
its start date S under the baseline: the first payable night, else the ready date of the first notice, else the earliest
date that the facts name. A stay that had begun before such an agreement goes on as it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import combinations

from adapter.facts import ReadyNotice
from adapter.liability.calendar import following, instant_of
from adapter.liability.case import Case, Sector
from adapter.liability.decide import decide
from adapter.liability.mistakes import Mistake
from adapter.liability.policy import Policy
from adapter.liability.profiles import Profile, Turn
from adapter.liability.rates import RateTable
from adapter.liability.succession import narrowed
from adapter.values import HerId, Moment, oslo_day


class Validity(StrEnum):
    """What the dates of an agreement are about."""

    NIGHT = "night"
    STAY = "stay"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The profile named `policy` holds between two organisations from `first` to `last`, both included.

    `sector` None is every sector. `date.min` and `date.max` leave an end open. `line` is where it
    stands in the configuration, 0 where that is not known.
    """

    hospital: HerId
    municipality: HerId
    policy: str
    sector: Sector | None = None
    first: date = date.min
    last: date = date.max
    by: Validity = Validity.NIGHT
    line: int = field(default=0, compare=False)

    def holds(self, hospital: HerId, municipality: HerId | None, sector: Sector, day: date) -> bool:
        parties = self.hospital == hospital and self.municipality == municipality
        return parties and self.sector in {None, sector} and self.first <= day <= self.last

    def meets(self, other: Agreement) -> bool:
        """Whether a stay could fall under both."""
        parties = (self.hospital, self.municipality) == (other.hospital, other.municipality)
        sectors = self.sector is None or other.sector is None or self.sector == other.sector
        return parties and sectors and self.first <= other.last and other.first <= self.last


def agreement_mistakes(agreements: Sequence[Agreement], names: Sequence[str]) -> tuple[Mistake, ...]:
    """Every agreement that cannot be used: an unknown profile, dates the wrong way round, two for the same stays."""
    found = []
    for number, one in enumerate(agreements, 1):
        where = f"liability.agreement[{number}]"
        if one.policy not in names:
            found.append(Mistake(f"{where}.policy", f'"{one.policy}"', ", ".join(sorted(names)), one.line))
        if one.last < one.first:
            found.append(Mistake(f"{where}.to", str(one.last), f"a date from {one.first} on", one.line))
    for (first, one), (second, other) in combinations(enumerate(agreements, 1), 2):
        if one.meets(other):
            where = f"liability.agreement[{second}]"
            same = f"the parties, sector and dates of number {first}"
            found.append(Mistake(where, same, "one policy for each night", other.line))
    return tuple(found)


def policy_day(case: Case, baseline: Policy, rates: RateTable, as_of: Moment) -> date:
    """The date by which the policy of a stay is chosen."""
    nights = decide(case, baseline, rates, as_of).nights
    if nights:
        return nights[0].date
    ready = [fact.what.ready for fact in case.facts if isinstance(fact.what, ReadyNotice)]
    return min(ready or [oslo_day(instant_of(fact.when)) for fact in case.facts], default=oslo_day(as_of.instant))


def agreed(
    agreements: Sequence[Agreement], hospital: HerId, municipality: HerId | None, sector: Sector, day: date
) -> Agreement | None:
    """The agreement in force on a date; None where the parties have none."""
    return next((one for one in agreements if one.holds(hospital, municipality, sector, day)), None)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What two parties have agreed on: `default` holds where no agreement does. `municipality` None is an unknown."""

    hospital: HerId
    municipality: HerId | None
    agreements: tuple[Agreement, ...]
    profiles: tuple[Profile, ...]
    default: Profile

    def profile(self, case: Case, baseline: Policy, rates: RateTable, as_of: Moment) -> Profile:
        """The profile of a stay, with the turns that it takes while the patient waits."""
        day = policy_day(case, baseline, rates, as_of)
        chosen = agreed(self.agreements, self.hospital, self.municipality, case.sector, day)
        leading = self._named(chosen)
        if chosen is not None and chosen.by is Validity.STAY:
            return leading
        first = min((oslo_day(instant_of(fact.when)) for fact in case.facts), default=day)
        turns: list[Turn] = []
        for change in self._changes(min(first, day), oslo_day(as_of.instant)):
            holding = agreed(self.agreements, self.hospital, self.municipality, case.sector, change)
            one = leading if holding is not None and holding.by is Validity.STAY else self._named(holding)
            if not turns or turns[-1].profile != one:
                turns.append(Turn(change, one))
        whole = replace(turns[0].profile, turns=tuple(turns[1:]))
        return narrowed(case, whole, day, rates, as_of) if whole.turns else whole

    def _named(self, agreement: Agreement | None) -> Profile:
        return next((one for one in self.profiles if agreement and one.name == agreement.policy), self.default)

    def _changes(self, first: date, last: date) -> list[date]:
        """`first`, and every later date up to `last` on which an agreement begins, or has ended the day before."""
        begun = {one.first for one in self.agreements}
        over = {following(one.last) for one in self.agreements}
        return sorted({first} | {day for day in begun | over if first < day <= last})
