"""Which municipality pays for a night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from adapter.liability.case import Case
from adapter.liability.ledger import Account, Row, ledger
from adapter.liability.mistakes import Mistakes
from adapter.liability.payers import Residence, payer, read_residences
from adapter.liability.policy import PayerRule
from adapter.liability.profiles import Profile
from adapter.liability.rates import RateTable
from adapter.liability.readings import Readings
from adapter.liability.reasons import Flag
from adapter.values import HerId, parse_moment

A, B, C = HerId("201"), HerId("202"), HerId("203")
RULE = PayerRule(date(2019, 1, 1))
MOVED = (Residence(date(2018, 12, 1), A, B), Residence(date(2019, 1, 3), A, C))


@pytest.mark.parametrize(
    ("residences", "night", "pays"),
    [
        ((), "2018-12-31", C),
        (MOVED, "2018-11-30", C),
        (MOVED, "2018-12-01", A),
        (MOVED, "2018-12-31", A),
        (MOVED, "2019-01-01", B),
        (MOVED, "2019-01-02", B),
        (MOVED, "2019-01-03", C),
        (MOVED, "2019-01-04", C),
    ],
)
def test_the_payer_of_a_night(residences: tuple[Residence, ...], night: str, pays: HerId) -> None:
    """Registration to 2018, the stay from 2019, from the date of each line on; else who had the notice."""
    assert payer(date.fromisoformat(night), residences, RULE, C) == pays


@pytest.mark.parametrize(("rule", "pays"), [(PayerRule(date.min), B), (PayerRule(date.max), A)])
def test_a_policy_with_one_rule_for_all_years(rule: PayerRule, pays: HerId) -> None:
    """`stay` and `registered` know no year."""
    assert {payer(date(year, 1, 1), MOVED[:1], rule, C) for year in (2019, 2020)} == {pays}


FACTS = [
    {"kind": "admitted", "at": "2018-12-20T09:00+01:00"},
    {"kind": "admission_notice", "at": "2018-12-20T15:00+01:00"},
    {"kind": "ready_notice", "at": "2018-12-30T10:15+01:00", "ready": "2018-12-30"},
    {"kind": "answer", "at": "2018-12-30T12:30+01:00", "answer": "later"},
    {"kind": "answer", "at": "2019-01-02T09:30+01:00", "answer": "accept"},
]


@pytest.fixture
def row(
    decided_case: Callable[[dict[str, Any]], tuple[Case, Readings]], baseline: Profile, rates: RateTable
) -> Callable[[tuple[Residence, ...]], Row]:
    def _row(residences: tuple[Residence, ...]) -> Row:
        case, _ = decided_case({"facts": FACTS})
        as_of = parse_moment("2019-02-01T12:00+01:00")
        return ledger((Account("s", case, baseline, A, residences),), baseline, rates, as_of).rows[0]

    return _row


def test_scenario_54(row: Callable[[tuple[Residence, ...]], Row]) -> None:
    """Registered in A, staying in B, ready 30 December, offer 2 January: two nights to A, one to B, and a look."""
    found = row(MOVED[:1])
    assert found.payers == (A, B)
    assert [(len(part.nights), part.amount_nok) for part in map(found.billed_to, (A, B, C))] == [
        *((2, 9494), (1, 4885), (0, 0)),
    ]
    assert found.amount_nok == 9494 + 4885
    assert found.flags == (Flag.REVIEW,)


def test_who_had_the_notice_pays_where_nothing_is_entered(row: Callable[[tuple[Residence, ...]], Row]) -> None:
    """Without residences there is one payer and nothing to look at; nor where the addressee is the payer."""
    assert (row(()).payers, row(()).flags) == ((A,), ())
    same = row((Residence(date(2018, 1, 1), A, A),))
    assert (same.payers, same.flags) == ((A,), ())


def test_reading_residences() -> None:
    """Lines in any order, with commas or semicolons; a byte order mark is no part of the head."""
    text = "stay,from,registered,staying\ns1,2019-01-03,201,203\ns1,2018-12-01,201,202\n s2 ,2020-01-01,202,202\n"
    for content in (text.encode(), b"\xef\xbb\xbf" + text.replace(",", ";").encode()):
        assert read_residences(content) == {"s1": MOVED, "s2": (Residence(date(2020, 1, 1), B, B),)}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            b"",
            [f"column {name} (line 1)" for name in ("stay", "from", "registered", "staying")],
        ),
        (b"stay,from,registered\n", ["column staying (line 1)"]),
        (
            b"stay,from,registered,staying\n,2018-13-01,x,\ns1,2018-01-01,201,202\ns1,2018-01-01,201,202\n",
            [
                "stay (line 2)",
                "from (line 2)",
                "registered (line 2)",
                "staying (line 2)",
                "from (line 4)",
            ],
        ),
        (b"stay,from\n\xff", ["the file (line 2)"]),
    ],
)
def test_every_mistake_with_its_line(content: bytes, told: list[str]) -> None:
    """All mistakes of the file are told together."""
    found = read_residences(content)
    assert isinstance(found, Mistakes)
    assert [one.split(": found")[0] for one in found.lines()] == told
