"""The rules that each night names, and the facts that it rests on."""

from collections.abc import Callable
from typing import Any

import pytest

from adapter.facts import AdmissionNotice, Answer, Discharged, ReadyNotice, Withdrawal
from adapter.liability.readings import Readings

NOTICE = {"kind": "admission_notice", "at": "2018-04-02T18:00+02:00"}
READY = {"kind": "ready_notice", "at": "2018-04-09T15:30+02:00", "ready": "2018-04-09"}
LEFT = {"kind": "discharged", "at": "2018-04-12T10:00+02:00"}
Fact = dict[str, str]


def said(day: int, answer: str, hour: int = 16) -> Fact:
    return {"kind": "answer", "at": f"2018-04-{day:02d}T{hour}:00+02:00", "answer": answer}


def withdrawn(day: int) -> Fact:
    return {"kind": "withdrawal", "at": f"2018-04-{day:02d}T08:00+02:00", "effective": f"2018-04-{day:02d}"}


def ready(day: int, date: int) -> Fact:
    return {"kind": "ready_notice", "at": f"2018-04-{day:02d}T15:30+02:00", "ready": f"2018-04-{date:02d}"}


BASE = ["LI-050", "LI-030", "LI-052", "LI-045", "LI-051", "LI-070"]


@pytest.mark.parametrize(
    ("facts", "overrides", "rules"),
    [
        ([NOTICE, READY, LEFT], {}, BASE),
        ([NOTICE, READY, LEFT], {"cutoff": "15:00"}, ["LI-050", "LI-030", "LI-038", *BASE[2:]]),
        ([NOTICE, READY, LEFT], {"cutoff": "16:00"}, BASE),
        ([NOTICE, READY, LEFT], {"lead_h": 24}, ["LI-050", "LI-030", "LI-039", *BASE[2:]]),
        ([NOTICE, READY, LEFT], {"lead_h": 1}, BASE),
        ([NOTICE, ready(9, 10), LEFT], {}, ["LI-050", "LI-023", *BASE[2:]]),
        ([NOTICE, ready(9, 8), LEFT], {}, ["LI-050", "LI-030", "LI-063", *BASE[2:]]),
        ([{**NOTICE, "at": "2018-04-10T10:00+02:00"}, READY, LEFT], {}, ["LI-050", "LI-017", *BASE[2:]]),
        ([NOTICE, READY, said(9, "later"), LEFT], {}, [*BASE[:3], "LI-044", *BASE[4:]]),
        ([NOTICE, READY, said(9, "refuse"), LEFT], {}, [*BASE[:3], "LI-040", *BASE[4:]]),
        ([NOTICE, READY, said(10, "accept")], {}, [*BASE[:4], "LI-047", "LI-070"]),
        ([NOTICE, READY, {**LEFT, "kind": "death"}], {}, [*BASE[:4], "LI-056", "LI-070"]),
        ([NOTICE, READY, withdrawn(10)], {}, [*BASE[:4], "LI-057", "LI-070"]),
        (
            [NOTICE, READY, said(9, "accept"), LEFT],
            {"acceptance_ends": "departure_only"},
            [*BASE[:3], "LI-062", *BASE[4:]],
        ),
        ([NOTICE, READY, said(9, "accept"), said(10, "withdraw"), LEFT], {}, [*BASE[:2], "LI-049", *BASE[2:]]),
    ],
)
def test_rules_of_a_night(
    facts: list[Fact], overrides: dict[str, Any], rules: list[str], decided: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """The last night names the rules that start, count, price and end its stretch, each once."""
    result = decided({"facts": facts, "overrides": overrides})
    assert result["nights_by_date"][-1]["reasons"] == rules


def test_rules_of_a_second_period(decided: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """A new readiness names the rule that asks for a new notice, and that of the shared date."""
    result = decided({"facts": [NOTICE, READY, withdrawn(10), ready(10, 10), LEFT]})
    assert result["nights_by_date"][-1]["reasons"][:4] == ["LI-050", "LI-030", "LI-058", "LI-059"]
    result = decided({"facts": [NOTICE, READY, withdrawn(10), ready(11, 11), LEFT]})
    assert "LI-059" not in result["nights_by_date"][-1]["reasons"]


def test_rules_of_an_early_scheme(decided: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """A wait from before the scheme names the rule that counts it from its start."""
    facts = [
        {"kind": "admission_notice", "at": "2018-12-20T18:00+01:00"},
        {"kind": "ready_notice", "at": "2018-12-28T18:00+01:00", "ready": "2018-12-28"},
        {"kind": "discharged", "at": "2019-01-02"},
    ]
    assert "LI-005" in decided({"facts": facts, "sector": "PHV"})["nights_by_date"][0]["reasons"]
    assert "LI-005" not in decided({"facts": facts})["nights_by_date"][0]["reasons"]


def test_facts_of_a_night(read: Callable[[dict[str, Any]], Readings]) -> None:
    """A night rests on the two notices, the answer that is its reason, and what ended the wait."""
    facts = [NOTICE, READY, said(9, "refuse"), said(10, "accept", 10), said(11, "withdraw", 10), withdrawn(12)]
    nights = read({"facts": facts}).agreement.nights
    assert [type(fact.what) for fact in nights[0].facts] == [AdmissionNotice, ReadyNotice, Answer, Answer]
    assert [type(fact.what) for fact in nights[1].facts] == [AdmissionNotice, ReadyNotice, Answer, Answer, Withdrawal]
    ignored = {"facts": [READY, LEFT], "overrides": {"adm_missing": "ignore"}}
    assert [type(fact.what) for fact in read(ignored).agreement.nights[0].facts] == [ReadyNotice, Discharged]
