"""Which policy is in force for a stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from adapter.liability.agreements import Agreement, agreed, agreement_mistakes, policy_day
from adapter.liability.case import Case, Sector
from adapter.liability.profiles import Profile
from adapter.liability.rates import RateTable
from adapter.liability.readings import Readings
from adapter.values import HerId, parse_moment

H, M, OTHER = HerId("100"), HerId("200"), HerId("300")
OLD = Agreement(H, M, "OLD", first=date(2016, 1, 1), last=date(2018, 12, 31))
NEW = Agreement(H, M, "NEW", first=date(2019, 1, 1))
MENTAL = Agreement(H, OTHER, "PHV", Sector.MENTAL)


@pytest.mark.parametrize(
    ("hospital", "municipality", "sector", "day", "name"),
    [
        (H, M, Sector.SOMATIC, date(2015, 12, 31), None),
        (H, M, Sector.SOMATIC, date(2016, 1, 1), "OLD"),
        (H, M, Sector.MENTAL, date(2018, 12, 31), "OLD"),
        (H, M, Sector.SOMATIC, date(2019, 1, 1), "NEW"),
        (H, OTHER, Sector.MENTAL, date(2019, 1, 1), "PHV"),
        (H, OTHER, Sector.SOMATIC, date(2019, 1, 1), None),
        (M, H, Sector.SOMATIC, date(2019, 1, 1), None),
        (H, None, Sector.SOMATIC, date(2019, 1, 1), None),
    ],
)
def test_parties_sector_and_date_decide(
    hospital: HerId, municipality: HerId | None, sector: Sector, day: date, name: str | None
) -> None:
    """Both ends of an agreement are included; a sector that is left out is every sector."""
    found = agreed((OLD, NEW, MENTAL), hospital, municipality, sector, day)
    assert (found.policy if found else None) == name


def test_agreements_without_mistakes() -> None:
    """Dates that follow each other and other parties do not collide."""
    assert agreement_mistakes((OLD, NEW, MENTAL), ("OLD", "NEW", "PHV")) == ()


def test_every_mistake_at_once() -> None:
    """An unknown profile, dates the wrong way round, and two agreements for one night are all told."""
    wrong = (
        OLD,
        Agreement(H, M, "NONE", Sector.SOMATIC, date(2018, 12, 31), date(2019, 6, 1)),
        Agreement(H, OTHER, "OLD", first=date(2019, 1, 2), last=date(2019, 1, 1)),
    )
    where = [mistake.where for mistake in agreement_mistakes(wrong, ("OLD",))]
    assert where == ["liability.agreement[2].policy", "liability.agreement[3].to", "liability.agreement[2]"]


FACTS = [
    {"kind": "admitted", "at": "2018-12-20T09:00+01:00"},
    {"kind": "admission_notice", "at": "2018-12-20T15:00+01:00"},
    {"kind": "ready_notice", "at": "2018-12-31T10:15+01:00", "ready": "2018-12-30"},
]


@pytest.mark.parametrize(
    ("count", "more", "day"),
    [
        (3, [], date(2018, 12, 31)),
        (3, [{"kind": "discharged", "at": "2018-12-31T12:00+01:00"}], date(2018, 12, 30)),
        (2, [], date(2018, 12, 20)),
        (0, [], date(2019, 1, 5)),
    ],
)
def test_the_date_of_a_stay(
    count: int,
    more: list[dict[str, str]],
    day: date,
    decided_case: Callable[[dict[str, Any]], tuple[Case, Readings]],
    baseline: Profile,
    rates: RateTable,
) -> None:
    """The first payable night, else the ready date, else the first date of the facts, else that of evaluation."""
    case, _ = decided_case({"facts": FACTS[:count] + more})
    assert policy_day(case, baseline.policy, rates, parse_moment("2019-01-05T12:00+01:00")) == day
