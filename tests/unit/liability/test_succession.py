"""A stay during which the agreement changes: each night by the policy of its own date (LI-095)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.liability.agreements import Agreed, Agreement, Validity
from adapter.liability.case import Case
from adapter.liability.decide import decide
from adapter.liability.policy import AcceptanceEnds, AdmissionMissing
from adapter.liability.profiles import Profile
from adapter.liability.rates import RateTable
from adapter.liability.readings import Readings, read_both
from adapter.liability.reasons import Flag
from adapter.liability.result import result_json
from adapter.values import HerId, Moment, parse_moment

H, M = HerId("100"), HerId("200")
AS_OF = parse_moment("2020-02-01T12:00+01:00")
STAY = [
    {"kind": "admitted", "at": "2019-12-20T09:00+01:00"},
    {"kind": "admission_notice", "at": "2019-12-20T15:00+01:00"},
    {"kind": "ready_notice", "at": "2019-12-29T10:15+01:00", "ready": "2019-12-29"},
    {"kind": "answer", "at": "2019-12-29T12:00+01:00", "answer": "later", "promised": "2020-01-02"},
    {"kind": "discharged", "at": "2020-01-04T13:00+01:00"},
]

DecidedCase = Callable[[dict[str, Any]], tuple[Case, Readings]]


@pytest.fixture(scope="module")
def made(baseline: Profile) -> Callable[..., Profile]:
    def _made(name: str, **keys: Any) -> Profile:
        return replace(baseline, name=name, policy=replace(baseline.policy, **keys))

    return _made


@pytest.fixture(scope="module")
def judged(
    decided_case: DecidedCase, baseline: Profile, rates: RateTable
) -> Callable[[list[dict[str, str]], list[Agreement], list[Profile]], Readings]:
    def _judged(
        facts: list[dict[str, str]], agreements: list[Agreement], profiles: list[Profile], as_of: Moment = AS_OF
    ) -> Readings:
        case, _ = decided_case({"facts": facts})
        agreed = Agreed(H, M, tuple(agreements), (baseline, *profiles), baseline)
        profile = agreed.profile(case, baseline.policy, rates, as_of)
        return read_both(case, profile, baseline, rates, as_of)

    return _judged


def days(readings: Readings) -> str:
    return " ".join(f"{night.date:%d}" for night in readings.agreement.nights)


def until(day: str, policy: str = "OLD", **more: Any) -> Agreement:
    return Agreement(H, M, policy, last=date.fromisoformat(day), **more)


def since(day: str, policy: str = "NEW", **more: Any) -> Agreement:
    return Agreement(H, M, policy, first=date.fromisoformat(day), **more)


CASES = {
    # agreements, nights, start, end, policy cited, changed by
    "none": ([], "29 30 31 01 02 03", "LATER", "DISCHARGED", "NO-BASE 1", []),
    "the old one ends": (
        [until("2019-12-31", "LEAD")],
        *("31 01 02 03", "LATER", "DISCHARGED", "LEAD 1, NO-BASE 1 from 2020-01-01", ["lead_h"]),
    ),
    "the new one begins": (
        [since("2020-01-01", "PROMISE")],
        *("29 30 31 01", "LATER", "OFFER_READY", "NO-BASE 1, PROMISE 1 from 2020-01-01", ["acceptance_ends"]),
    ),
    "one follows the other": (
        [until("2019-12-31", "LEAD"), since("2020-01-01", "PROMISE")],
        *("31 01", "LATER", "OFFER_READY", "LEAD 1, PROMISE 1 from 2020-01-01", ["acceptance_ends", "lead_h"]),
    ),
    "a week between two": (
        [until("2019-12-30", "PROMISE"), since("2020-01-03", "PROMISE")],
        "29 30 31 01 02",
        "LATER",
        "DISCHARGED",
        "PROMISE 1, NO-BASE 1 from 2019-12-31, PROMISE 1 from 2020-01-03",
        ["acceptance_ends"],
    ),
    "one that counts no night": (
        [since("2020-01-01", "DOCUMENT")],
        *("29 30 31", "LATER", "DISCHARGED", "NO-BASE 1, DOCUMENT 1 from 2020-01-01", ["require_doc"]),
    ),
    "one that ends later": ([until("2020-01-04", "LEAD")], "31 01 02 03", "LATER", "DISCHARGED", "LEAD 1", ["lead_h"]),
    "one that ended before": (
        [until("2019-12-28", "LEAD")],
        "29 30 31 01 02 03",
        "LATER",
        "DISCHARGED",
        "NO-BASE 1",
        [],
    ),
    "by the stay": (
        [until("2019-12-31", "LEAD", by=Validity.STAY)],
        *("31 01 02 03", "LATER", "DISCHARGED", "LEAD 1", ["lead_h"]),
    ),
    "begun before one by the stay": (
        [since("2020-01-01", "LEAD", by=Validity.STAY)],
        *("29 30 31 01 02 03", "LATER", "DISCHARGED", "NO-BASE 1", []),
    ),
}


@pytest.fixture(scope="module")
def profiles_at_hand(made: Callable[..., Profile]) -> list[Profile]:
    return [
        made("LEAD", lead_h=48.0),
        made("PROMISE", acceptance_ends=AcceptanceEnds.PROMISED_DATE),
        made("DOCUMENT", require_doc=True),
    ]


@pytest.mark.parametrize("name", CASES)
def test_each_night_by_the_policy_of_its_date(
    name: str, judged: Callable[..., Readings], profiles_at_hand: list[Profile]
) -> None:
    """Nights, reasons, policy and keys of a stay across the beginning or the end of an agreement."""
    agreements, nights, start, end, cited, changed_by = CASES[name]
    readings = judged(STAY, agreements, profiles_at_hand)
    result = json.loads(result_json(readings))
    assert days(readings) == nights
    assert (result["start_reason"], result["end_reason"]) == (start, end)
    assert (result["policy"], result["changed_by"]) == (cited, changed_by)
    assert [period["nights"] for period in result["periods"]] == [len(nights.split())]
    assert len(readings.regulation.nights) == 6


def test_policies_that_do_not_agree_are_looked_at(
    judged: Callable[..., Readings], profiles_at_hand: list[Profile]
) -> None:
    """FL_REVIEW by LI-095 where the change makes a difference, and not where it makes none."""
    hours = replace(profiles_at_hand[0].policy, lead_h=0.0, answer_deadline_h=2.0)
    split = judged(STAY, [since("2020-01-01", "PROMISE")], profiles_at_hand)
    assert [note.rule for note in split.agreement.notes if note.flag is Flag.REVIEW] == ["LI-095"]
    same = judged(STAY, [since("2020-01-01", "SAME")], [replace(profiles_at_hand[0], name="SAME", policy=hours)])
    assert same.profile.cited == "NO-BASE 1, SAME 1 from 2020-01-01"
    assert same.agreement.flags == (Flag.PROMISE_NOT_KEPT,)


def test_a_stay_without_a_night_has_one_policy(
    judged: Callable[..., Readings], profiles_at_hand: list[Profile]
) -> None:
    """It is that of its ready date, whatever has begun or ended since."""
    facts = [*STAY[:3], {"kind": "answer", "at": "2019-12-29T12:00+01:00", "answer": "accept"}, STAY[4]]
    for agreement, cited in (
        (until("2019-12-31", "DOCUMENT"), "DOCUMENT 1"),
        (since("2020-01-01", "LEAD"), "NO-BASE 1"),
    ):
        readings = judged(facts, [agreement], profiles_at_hand)
        assert (days(readings), readings.profile.cited) == ("", cited)
        assert readings.agreement.end_reason.value == "ZR_ACCEPTED_SAME_DAY"


@pytest.mark.parametrize(
    ("agreements", "code"),
    [
        ([until("2019-12-30", "LEAD"), since("2019-12-31", "PROMISE")], "ZR_ACCEPTED_SAME_DAY"),
        ([until("2019-12-29", "NEVER"), since("2019-12-30", "PROMISE")], "ZR_OUT_OF_SCOPE"),
        ([until("2019-12-28", "PROMISE"), since("2019-12-29", "NEVER")], "ZR_OUT_OF_SCOPE"),
    ],
)
def test_nights_that_fall_to_the_other_policy(
    agreements: list[Agreement], code: str, judged: Callable[..., Readings], made: Callable[..., Profile]
) -> None:
    """Each policy has nights, or none at all, but none in its own dates: no night, and a zero code."""
    profiles = [
        made("LEAD", lead_h=48.0, acceptance_ends=AcceptanceEnds.DEPARTURE_ONLY),
        made("PROMISE", acceptance_ends=AcceptanceEnds.PROMISED_DATE),
        made("NEVER", payable_sender_types=()),
    ]
    facts = [*STAY[:3], {"kind": "answer", "at": "2019-12-30T12:00+01:00", "answer": "accept"}, STAY[4]]
    found = judged(facts, agreements, profiles).agreement
    assert (found.nights, found.start_reason.value, found.end_reason.value) == ((), "-", code)


def test_prices_are_looked_at_for_the_nights_that_are_left(
    judged: Callable[..., Readings], made: Callable[..., Profile]
) -> None:
    """A price that is missing for the nights of the other policy's dates blocks nothing here."""
    stay = json.loads(json.dumps(STAY).replace("2019", "2025").replace("2020", "2026"))
    never = made("NEVER", payable_sender_types=())
    later = parse_moment("2026-02-01T12:00+01:00")
    assert judged(stay, [since("2026-01-01", "NEVER")], [never], later).agreement.amount_nok == 3 * 5981
    blocked = judged(stay, [until("2025-12-31", "NEVER")], [never], later).agreement
    assert (blocked.amount_nok, blocked.known_nok, len(blocked.nights)) == (None, 0, 3)
    assert Flag.RATE_BLOCKED in blocked.flags
    assert Flag.RATE_UNVERIFIED not in blocked.flags


@given(cut=st.dates(date(2019, 12, 27), date(2020, 1, 6)), other=st.sampled_from(["LEAD", "PROMISE", "DOCUMENT"]))
def test_every_night_is_one_of_the_policy_of_its_date(
    cut: date,
    other: str,
    judged: Callable[..., Readings],
    profiles_at_hand: list[Profile],
    rates: RateTable,
    decided_case: DecidedCase,
    baseline: Profile,
) -> None:
    """Whatever the day of the change, the nights before it are those of the old policy and the others the new one's."""
    case, _ = decided_case({"facts": STAY})
    chosen = next(one for one in profiles_at_hand if one.name == other)
    old = {night.date for night in decide(case, baseline.policy, rates, AS_OF).nights if night.date < cut}
    new = {night.date for night in decide(case, chosen.policy, rates, AS_OF).nights if night.date >= cut}
    found = judged(STAY, [since(cut.isoformat(), other)], profiles_at_hand)
    assert {night.date for night in found.agreement.nights} == old | new


def test_an_agreement_that_ended_before_the_regulation_counts(
    judged: Callable[..., Readings], made: Callable[..., Profile]
) -> None:
    """Nights that only the old agreement has, before the first by the regulation, are decided by it."""
    facts = [STAY[0], {**STAY[1], "at": "2019-12-31T15:00+01:00"}, *STAY[2:]]
    ignoring = made("IGNORE", adm_missing=AdmissionMissing.IGNORE)
    assert days(judged(facts, [], [ignoring])) == "31 01 02 03"
    assert days(judged(facts, [until("2019-12-30", "IGNORE")], [ignoring])) == "29 30 31 01 02 03"
    assert days(judged(facts, [until("2019-12-29", "IGNORE")], [ignoring])) == "29 31 01 02 03"


def test_one_night_without_a_price_blocks_the_amount_of_both_policies(
    judged: Callable[..., Readings], made: Callable[..., Profile]
) -> None:
    """Nights of 2025 under one policy and of 2026 under the other: no amount, the known part, both flags and rules."""
    stay = json.loads(json.dumps(STAY).replace("2019", "2025").replace("2020", "2026"))
    other = made("OTHER", answer_deadline_h=2.0)
    found = judged(stay, [since("2026-01-01", "OTHER")], [other], parse_moment("2026-02-01T12:00+01:00")).agreement
    assert (found.amount_nok, found.known_nok, len(found.nights)) == (None, 3 * 5981, 6)
    rules = {note.flag: note.rule for note in found.notes}
    assert (rules[Flag.RATE_BLOCKED], rules[Flag.RATE_UNVERIFIED]) == ("LI-072", "LI-073")
