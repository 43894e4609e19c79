"""Which policy have a hospital and a municipality agreed on: the profile of a stay by parties, sector, date (LI-095).

A policy is valid by the date of the night. Here it is chosen once for a stay, by its start date S under the baseline:
the first payable night, else the ready date of the first notice, else the earliest date that the facts name. A stay
that lies across the end of an agreement is decided whole under the one it began in, so no date is judged twice and no
answer is split; the regulation's result stands beside it whenever the two differ (LI-096).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from adapter.facts import ReadyNotice
from adapter.liability.calendar import instant_of
from adapter.liability.case import Case, Sector
from adapter.liability.decide import decide
from adapter.liability.mistakes import Mistake
from adapter.liability.policy import Policy
from adapter.liability.rates import RateTable
from adapter.values import HerId, Moment, oslo_day


@dataclass(frozen=True, slots=True)
class Agreement:
    """The profile named `policy` holds between two organisations from `first` to `last`, both included.

    `sector` None is every sector. `date.min` and `date.max` leave an end open.
    """

    hospital: HerId
    municipality: HerId
    policy: str
    sector: Sector | None = None
    first: date = date.min
    last: date = date.max

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
            found.append(Mistake(f"{where}.policy", f'"{one.policy}"', ", ".join(sorted(names))))
        if one.last < one.first:
            found.append(Mistake(f"{where}.to", str(one.last), f"a date from {one.first} on"))
    for (first, one), (second, other) in combinations(enumerate(agreements, 1), 2):
        if one.meets(other):
            where = f"liability.agreement[{second}]"
            found.append(
                Mistake(where, f"the parties, sector and dates of number {first}", "one policy for each night")
            )
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
) -> str | None:
    """The name of the profile in force; None where the parties have agreed on none."""
    holding = (one.policy for one in agreements if one.holds(hospital, municipality, sector, day))
    return next(holding, None)
