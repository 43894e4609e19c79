"""Places where a small mistake would have changed a number, a reason or a flag and no other test would have told."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerClassified,
    AnswerKind,
    Carrier,
    Discharged,
    DischargeDocument,
    Fact,
    HowKnown,
    ReadyNotice,
    Receipt,
    ReceiptStatus,
    What,
    Withdrawal,
)
from adapter.liability.agreements import policy_day
from adapter.liability.case import Case
from adapter.liability.cofinancing import Cofinancing, cofinancing
from adapter.liability.explain import explained, fact_line
from adapter.liability.ledger import Account, row_of
from adapter.liability.mistakes import Mistakes
from adapter.liability.policy import AnswerTime, NoticeTime, PayerRule, Policy
from adapter.liability.profiles import Profile, Turn, read_profile, read_profiles
from adapter.liability.rates import RateTable, read_rates
from adapter.liability.readings import Readings
from adapter.liability.reasons import Flag
from adapter.liability.rules import Language
from adapter.liability.statement import Month
from adapter.liability.statement_table import TableForm, TheirLine, read_table
from adapter.liability.statistics import Observed, npr_events, statistics
from adapter.liability.stays import Admission, StayFact, stays
from adapter.liability.succession import decide_under
from adapter.liability.timeline import timeline
from adapter.liability.waiting import Unpaid, waiting
from adapter.values import Digest, Moment, MsgId, parse_moment

DATA = Path(__file__).parents[3] / "adapter" / "data" / "policies"
Decide = Callable[[dict[str, Any]], dict[str, Any]]
DecidedCase = Callable[[dict[str, Any]], tuple[Case, Readings]]

ADMITTED = {"kind": "admitted", "at": "2018-04-02T10:00+02:00"}
NOTICE = {"kind": "admission_notice", "at": "2018-04-02T18:00+02:00", "message": "a1"}
READY = {"kind": "ready_notice", "at": "2018-04-09T09:00+02:00", "message": "r1", "ready": "2018-04-09"}
GONE = {"kind": "discharged", "at": "2018-04-13T10:00+02:00"}


def answer(at: str, kind: str, **more: str) -> dict[str, str]:
    return {"kind": "answer", "at": f"2018-04-{at}+02:00", "answer": kind, **more}


def case(*facts: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"facts": [ADMITTED, NOTICE, *facts], **more}


def nights(result: dict[str, Any]) -> list[int]:
    return [int(night["date"][-2:]) for night in result["nights_by_date"]]


# ── nights and reasons ──────────────────────────────────────────────────────────────────────────────────────────────


def rules(result: dict[str, Any], which: set[str]) -> set[str]:
    return which & set(result["nights_by_date"][0]["reasons"])


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ([READY, GONE], {"LI-030"}),
        ([{**READY, "ready": "2018-04-10"}, GONE], {"LI-023"}),
        ([{**READY, "ready": "2018-04-08"}, GONE], {"LI-030", "LI-063"}),
    ],
)
def test_the_rules_of_the_start(decided: Decide, facts: list[dict[str, str]], named: set[str]) -> None:
    """What made the start date is named, and nothing else."""
    assert rules(decided(case(*facts)), {"LI-005", "LI-017", "LI-023", "LI-030", "LI-063"}) == named


def test_a_lead_of_an_hour_is_one(decided: Decide) -> None:
    """An hour past midnight is the next date, and LI-039 says why."""
    result = decided(case({**READY, "at": "2018-04-09T23:30+02:00"}, GONE, overrides={"lead_h": 1}))
    assert (nights(result), rules(result, {"LI-039"})) == ([10, 11, 12], {"LI-039"})


def test_a_cure_on_the_date_of_the_notice_makes_no_start(decided: Decide) -> None:
    """LI-017 is named where the notice of admission came after the notice of readiness, not where on its date."""
    ready = {**READY, "ready": "2018-04-08"}
    for day, named in (("09", set()), ("10", {"LI-017"})):
        facts = [ADMITTED, {**NOTICE, "at": f"2018-04-{day}T18:00+02:00"}, ready, GONE]
        assert rules(decided({"facts": facts}), {"LI-017"}) == named


def test_the_first_day_of_the_scheme_makes_a_start_only_for_who_waited_before(decided: Decide) -> None:
    """LI-005 is named where the notice came before 2012, and not on its first day."""
    for day, named in (("2012-01-01", set()), ("2011-12-31", {"LI-005"})):
        ready = {"kind": "ready_notice", "at": f"{day}T09:00+01:00", "ready": "2011-12-30"}
        facts = [
            {"kind": "admitted", "at": "2011-12-20T09:00+01:00"},
            {"kind": "admission_notice", "at": "2011-12-20T12:00+01:00"},
            ready,
            {"kind": "discharged", "at": "2012-01-03"},
        ]
        assert rules(decided({"facts": facts}), {"LI-005"}) == named


def test_the_rule_of_the_end(decided: Decide) -> None:
    """A wait that goes on is counted by LI-051, a notice cancelled with effect from its date by LI-065."""
    assert rules(decided(case(READY, as_of="2018-04-12T10:00+02:00")), {"LI-051", "LI-065"}) == {"LI-051"}
    cancelled = {"kind": "cancellation", "at": "2018-04-11T09:00+02:00", "refers_to": "r1", "message": "c"}
    result = decided(case(READY, cancelled, GONE, overrides={"cancel_effect": "ends_at_cancel"}))
    assert (nights(result), result["end_reason"]) == ([9, 10], "CANCELLED")
    assert rules(result, {"LI-051", "LI-065"}) == {"LI-065"}


def test_no_deadline_where_an_answer_ends_nothing(decided: Decide) -> None:
    """An acceptance past the deadline raises its flag, except where only departure ends liability."""
    facts = (READY, answer("09T15:00", "accept"), GONE)
    late = {"answer_deadline_h": 2}
    assert "FL_ANSWER_AFTER_DEADLINE" in decided(case(*facts, overrides=late))["flags"]
    departing = decided(case(*facts, overrides={**late, "acceptance_ends": "departure_only"}))
    assert "FL_ANSWER_AFTER_DEADLINE" not in departing["flags"]
    assert nights(departing) == [9, 10, 11, 12]


def test_an_offer_taken_back_on_its_date_divides_nothing(decided: Decide) -> None:
    """The wait is one stretch from the start to the departure."""
    result = decided(case(READY, answer("11T09:00", "accept"), answer("11T15:00", "withdraw"), GONE))
    assert [(one["nights"], one["end_reason"]) for one in result["periods"]] == [(4, "DISCHARGED")]


def test_an_offer_on_the_date_of_departure_is_the_end(decided: Decide) -> None:
    """The acceptance comes before the departure of the same date in the order of reasons."""
    result = decided(case(READY, answer("13T08:00", "accept"), GONE))
    assert (nights(result), result["end_reason"]) == ([9, 10, 11, 12], "OFFER_READY")


def test_departure_and_offer_on_the_first_date(decided: Decide) -> None:
    """Where several things end the wait on its first date, the first by precedence gives the zero code."""
    gone = {**GONE, "at": "2018-04-09T14:00+02:00"}
    withdrawn = {"kind": "withdrawal", "at": "2018-04-09T12:00+02:00", "effective": "2018-04-09"}
    assert decided(case(READY, gone, withdrawn))["end_reason"] == "ZR_LEFT_SAME_DAY"
    assert decided(case(READY, gone, withdrawn, answer("09T10:00", "accept")))["end_reason"] == "ZR_ACCEPTED_SAME_DAY"
    assert decided(case(READY, withdrawn))["end_reason"] == "ZR_AVMELDT_SAME_DAY"


def test_answers_of_one_instant_in_any_order(decided: Decide) -> None:
    """Two answers at the same instant give the same reason, whichever was written down first."""
    said = [answer("09T10:00", "later", message="s"), answer("09T10:00", "refuse", message="t")]
    found = [decided(case(READY, *order, GONE)) for order in itertools.permutations(said)]
    assert found[0] == found[1]


# ── flags ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def flags(policy: Policy, *facts: Fact) -> list[Flag]:
    return [note.flag for note in timeline(facts, policy, parse_moment("2018-05-01T12:00+02:00")).notes]


def fact(when: str, what: What, digest: Digest | None = None) -> Fact:
    moment: Moment | date = parse_moment(f"{when}+02:00") if "T" in when else date.fromisoformat(when)
    return Fact(what, moment, HowKnown.THEIR_MESSAGE, digest)


def test_a_second_copy_of_a_message_that_tells_two_things(baseline: Profile) -> None:
    """The two things are one copy; the first of them told again is a duplicate."""
    digest, carrier = Digest.of(b"x"), Carrier(MsgId("m"))
    both = [fact("2018-04-02T10:00", what, digest) for what in (Admitted(carrier), AdmissionNotice(carrier))]
    assert flags(baseline.policy, *both) == []
    again = fact("2018-04-02T11:00", Admitted(carrier), digest)
    assert flags(baseline.policy, *both, again) == [Flag.DUPLICATE]


@pytest.mark.parametrize(
    ("first", "second", "contradict"),
    [
        ("2018-04-05", "2018-04-05T10:00", False),
        ("2018-04-05", "2018-04-06T10:00", True),
        ("2018-04-05", "2018-04-06", True),
        ("2018-04-05T10:00", "2018-04-05T11:00", True),
    ],
)
def test_two_departures_of_unequal_precision(baseline: Profile, first: str, second: str, contradict: bool) -> None:
    """A plain date contradicts only another date; two clock times contradict each other on one date too."""
    found = flags(baseline.policy, fact(first, Discharged()), fact(second, Discharged()))
    assert (Flag.REVIEW in found) is contradict


# ── which stay, which policy ────────────────────────────────────────────────────────────────────────────────────────

JANUARY = parse_moment("2018-01-02T10:00+01:00")
MARCH = parse_moment("2018-03-05T10:00+01:00")


def told(when: str, what: What, admission: Admission = None, *references: str) -> StayFact:
    moment: Moment | date = parse_moment(when) if "T" in when else date.fromisoformat(when)
    return StayFact(Fact(what, moment, HowKnown.THEIR_MESSAGE), admission, tuple(map(MsgId, references)))


def ready(name: str, day: str) -> ReadyNotice:
    return ReadyNotice(Carrier(MsgId(name)), date.fromisoformat(day))


def reply(name: str) -> Answer:
    return Answer(Carrier(MsgId(name)), AnswerKind.LATER)


def sizes(*facts: StayFact) -> list[tuple[Admission, int]]:
    return [(stay.admitted, len(stay.facts)) for stay in stays("p", "h", facts)]


BOTH = (
    told("2018-01-05T10:00Z", ready("r1", "2018-01-05"), JANUARY),
    told("2018-03-09T10:00Z", ready("r2", "2018-03-09"), MARCH),
)


def test_who_refers_to_a_message_without_admission_follows_it() -> None:
    """The first has its place by time, in January; the second goes with it, though its own time lies in March."""
    first, second = told("2018-02-01T10:00Z", reply("s1")), told("2018-03-20T10:00Z", reply("s2"), None, "s1")
    assert sizes(*BOTH, first, second) == [(JANUARY, 3), (MARCH, 1)]


@pytest.mark.parametrize("whole", [False, True])
def test_a_departure_that_refers_to_its_stay_closes_it(whole: bool) -> None:
    """What came before any admission goes to the one stay that is open, whatever else the departure's message tells."""
    carrier = Carrier(MsgId("d"))
    gone = [told("2018-01-09T10:00Z", Discharged(carrier), None, "r1")]
    if whole:
        gone.append(told("2018-01-09T10:00Z", DischargeDocument(carrier), None, "r1"))
    early = told("2017-12-30T10:00Z", reply("s0"))
    assert sizes(*BOTH, *gone, early) == [(JANUARY, 1 + len(gone)), (MARCH, 2)]


def test_a_message_that_states_two_admissions() -> None:
    """A clock time is believed before a plain date."""
    carrier = Carrier(MsgId("m"))
    both = (
        told("2018-03-20T10:00Z", Discharged(carrier), JANUARY),
        told("2018-03-20T10:00Z", DischargeDocument(carrier), date(2018, 3, 5)),
    )
    assert sizes(*BOTH, *both) == [(JANUARY, 3), (MARCH, 1)]


def test_admissions_by_date_only() -> None:
    """Two dates are two stays."""
    facts = [told(day, Admitted()) for day in ("2018-01-02", "2018-03-05")]
    assert sizes(*facts) == [(date(2018, 1, 2), 1), (date(2018, 3, 5), 1)]


def test_two_facts_of_one_instant() -> None:
    """Their order is that of their texts."""
    pairs = [
        (told("2018-01-05T10:00Z", ready(f"r{number}", "2018-01-05")), told("2018-01-05T10:00Z", reply(f"s{number}")))
        for number in range(12)
    ]
    for pair in pairs:
        [stay] = stays("p", "h", pair)
        assert list(stay.facts) == sorted((one.fact for one in pair), key=repr)


def test_the_policy_of_a_stay_without_nights_is_that_of_its_first_notice(
    decided_case: DecidedCase, baseline: Profile, rates: RateTable
) -> None:
    """Of two notices that were rejected the earlier ready date chooses."""
    again = {**READY, "at": "2018-04-20T09:00+02:00", "message": "r2", "ready": "2018-04-20", "apprec": "neg"}
    found, _ = decided_case(case({**READY, "apprec": "neg"}, again))
    assert policy_day(found, baseline.policy, rates, parse_moment("2018-05-01T12:00+02:00")) == date(2018, 4, 9)


# ── a change of agreement ───────────────────────────────────────────────────────────────────────────────────────────


def turned(baseline: Profile, day: date, before: Policy | None = None, after: Policy | None = None) -> Profile:
    first, second = (replace(baseline, policy=policy or baseline.policy) for policy in (before, after))
    return replace(first, turns=(Turn(day, second),))


AGAIN = (
    READY,
    {"kind": "withdrawal", "at": "2018-04-11T08:00+02:00", "message": "v1", "effective": "2018-04-11"},
    {**READY, "at": "2018-04-16T09:00+02:00", "message": "r2", "ready": "2018-04-16"},
    {**GONE, "at": "2018-04-18T10:00+02:00"},
)
AS_OF = parse_moment("2018-05-01T12:00+02:00")


@pytest.mark.parametrize("day", [8, 9, 10, 11, 14, 16, 17, 18, 19])
def test_two_stretches_keep_their_nights_whenever_the_agreement_turns(
    decided_case: DecidedCase, baseline: Profile, rates: RateTable, day: int
) -> None:
    """A turn to the same policy changes no night and no stretch."""
    found, readings = decided_case(case(*AGAIN))
    joined = decide_under(found, turned(baseline, date(2018, 4, day)), rates, AS_OF)
    assert [night.date.day for night in joined.nights] == [9, 10, 16, 17]
    spans = [tuple(night.date.day for night in span.nights) for span in joined.spans]
    assert spans == [(9, 10), (16, 17)]
    assert (joined.start_reason, joined.end_reason) == (readings.agreement.start_reason, readings.agreement.end_reason)


def test_stretches_that_touch_within_one_policy_stay_two(
    decided_case: DecidedCase, baseline: Profile, rates: RateTable
) -> None:
    """Only what goes on under the next policy is one stretch."""
    second = {**READY, "at": "2018-04-11T12:00+02:00", "message": "r2", "ready": "2018-04-11"}
    found, _ = decided_case(case(*AGAIN[:2], second, GONE))
    joined = decide_under(found, turned(baseline, date(2018, 4, 20)), rates, AS_OF)
    assert [len(span.nights) for span in joined.spans] == [2, 2]


def test_periods_without_a_night_keep_their_reasons(
    decided_case: DecidedCase, baseline: Profile, rates: RateTable
) -> None:
    """Two periods, each accepted or left at once: two entries with their own zero codes under both policies."""
    accepted = answer("09T12:00", "accept")
    gone = {**GONE, "at": "2018-04-16T12:00+02:00"}
    found, readings = decided_case(case(READY, accepted, *AGAIN[1:3], gone))
    joined = decide_under(found, turned(baseline, date(2018, 4, 14)), rates, AS_OF)
    codes = [span.end_reason.value for span in joined.spans]
    assert codes == [span.end_reason.value for span in readings.agreement.spans]
    assert codes == ["ZR_ACCEPTED_SAME_DAY", "ZR_LEFT_SAME_DAY"]
    assert joined.end_reason is readings.agreement.end_reason


def test_the_word_of_the_policy_without_any_night(
    decided_case: DecidedCase, baseline: Profile, rates: RateTable
) -> None:
    """The old policy wants a document and has no night at all; the new one has nights, but before its time."""
    found, _ = decided_case(case(READY, GONE))
    strict = replace(baseline.policy, require_doc=True)
    joined = decide_under(found, turned(baseline, date(2018, 4, 14), strict), rates, AS_OF)
    assert (joined.nights, joined.end_reason.value) == ((), "ZR_DOC_MISSING")
    assert all(not span.nights and span.end_reason.value == "ZR_DOC_MISSING" for span in joined.spans)


def test_a_document_that_is_missing_empties_every_stretch(decided: Decide) -> None:
    """Stretches with nights become entries without; one that had none keeps its own word."""
    accepted = (READY, answer("09T12:00", "accept"), *AGAIN[1:])
    result = decided(case(*accepted, overrides={"require_doc": "yes"}))
    assert [(one["nights"], one["end_reason"]) for one in result["periods"]] == [
        *((0, "ZR_ACCEPTED_SAME_DAY"), (0, "ZR_DOC_MISSING")),
    ]
    two = decided(case(*AGAIN, overrides={"require_doc": "yes"}))
    assert [one["end_reason"] for one in two["periods"]] == ["ZR_DOC_MISSING", "ZR_DOC_MISSING"]


# ── statistics ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def observed(decided_case: DecidedCase) -> Callable[..., list[Observed]]:
    def _observed(count: int, *facts: dict[str, str], **more: Any) -> list[Observed]:
        whole = case(*facts, as_of="2018-05-01T12:00+02:00", **more)
        return [Observed(f"p{number}", "H", "A", *decided_case(whole)) for number in range(count)]

    return _observed


ANSWERED = (READY, answer("09T10:00", "later"), GONE)


def test_one_stay_alone_is_hidden(observed: Callable[..., list[Observed]]) -> None:
    """A single stay is few too."""
    assert statistics(observed(1, *ANSWERED), None, 5).whole.cases is None
    shown = statistics(observed(1, *ANSWERED), None, 1).whole
    assert (shown.cases, shown.share_answered_same_date) == (1, 1.0)


@pytest.mark.parametrize(("same", "others"), [(1, 8), (8, 1), (4, 8), (8, 4)])
def test_a_share_that_gives_few_away(observed: Callable[..., list[Observed]], same: int, others: int) -> None:
    """Where one, or four of five, are in a share or outside it, the share is hidden."""
    both = [*observed(same, *ANSWERED), *observed(others, READY, GONE)]
    assert statistics(both, None, 5).whole.share_answered_same_date is None


def test_a_share_of_few(observed: Callable[..., list[Observed]]) -> None:
    """Four of whom something is known are few, though there are six."""
    by_date = [
        replace(one, case=replace(one.case, facts=tuple(f for f in one.case.facts if not isinstance(f.what, Admitted))))
        for one in observed(2, *ANSWERED)
    ]
    assert statistics([*observed(4, *ANSWERED), *by_date], None, 5).whole.share_admission_notice_in_24h is None


def test_hours_have_two_decimals(observed: Callable[..., list[Observed]]) -> None:
    """An answer after twenty minutes came after 0.33 hours."""
    found = statistics(observed(5, READY, answer("09T09:20", "later"), GONE), None, 5).whole
    assert found.median_hours_to_answer == 0.33


def test_skde_counts_who_is_ready_on_the_day_of_admission(observed: Callable[..., list[Observed]]) -> None:
    """Admitted and ready on one date: the nights from there to the departure."""
    first = {**READY, "at": "2018-04-02T20:00+02:00", "ready": "2018-04-02"}
    assert statistics(observed(1, first, GONE), None, 1).whole.nights_skde == 11


def test_a_notice_by_telephone_has_no_receipt_to_miss(observed: Callable[..., list[Observed]]) -> None:
    """Only notices that a message carried are counted among those without AppRec."""
    known = observed(1, {**READY, "apprec": "none"}, GONE)
    assert statistics(known, None, 1).whole.notices_receipt_missing == 1
    bare = Fact(
        ReadyNotice(Carrier(receipt=Receipt(ReceiptStatus.NONE)), date(2018, 4, 9)),
        parse_moment("2018-04-09T09:00+02:00"),
        HowKnown.PERSON,
    )
    by_hand = [replace(one, case=replace(one.case, facts=(*one.case.facts, bare))) for one in known]
    assert statistics(by_hand, None, 1).whole.notices_receipt_missing == 1


def test_points_in_time_of_one_instant_go_by_code(decided_case: DecidedCase) -> None:
    """A notice at midnight comes after the ready date that begins with it, also that of the next notice."""
    first = {**READY, "at": "2018-04-10T00:00+02:00", "ready": "2018-04-09"}
    second = {**READY, "at": "2018-04-10T09:00+02:00", "message": "r2", "ready": "2018-04-10"}
    found, readings = decided_case(case(first, second, GONE))
    assert [code for code, _ in npr_events(waiting(found, readings))] == [1, 2, 2, 3, 3]


def unpaid(observed: Observed) -> dict[str, int | None]:
    return dict(statistics([observed], None, 1).unpaid)


def test_why_a_date_is_not_payable(observed: Callable[..., list[Observed]]) -> None:
    """Of a departure and a death the first ends the wait; a refusal before an acceptance is no acceptance."""
    both = observed(1, READY, GONE, {"kind": "death", "at": "2018-04-15"})[0]
    assert waiting(both.case, both.readings).left == date(2018, 4, 13)
    accepted = observed(1, READY, answer("10T09:00", "refuse"), answer("11T09:00", "accept"), GONE)[0]
    assert unpaid(accepted) == {Unpaid.ACCEPTED.value: 2}
    again = observed(1, READY, answer("09T10:00", "accept"), answer("09T11:00", "later"), GONE)[0]
    assert unpaid(again) == {Unpaid.ACCEPTED.value: 4}


def test_a_date_before_the_notice_of_admission(decided_case: DecidedCase) -> None:
    """The date of the notice itself does not wait for it; under a policy that ignores it no date does."""
    late = {**NOTICE, "at": "2018-04-11T10:00+02:00"}
    for policy, expected in (("void_until_cured", {Unpaid.NO_ADMISSION_NOTICE.value: 2}), ("ignore", {})):
        facts = [ADMITTED, late, READY, GONE]
        whole = {"facts": facts, "as_of": "2018-05-01T12:00+02:00", "overrides": {"adm_missing": policy}}
        assert unpaid(Observed("p", "H", "A", *decided_case(whole))) == expected
    ignoring = {"facts": [ADMITTED, READY, answer("10T09:00", "accept"), GONE], "as_of": "2018-05-01T12:00+02:00"}
    ignoring["overrides"] = {"adm_missing": "ignore"}
    assert unpaid(Observed("p", "H", "A", *decided_case(ignoring))) == {Unpaid.ACCEPTED.value: 3}


# ── tables of others ────────────────────────────────────────────────────────────────────────────────────────────────

HEAD = "stay,municipality,date,drg_type,points\n"


@pytest.mark.parametrize(("points", "good"), [("1.2.3", False), ("1,2,3", False), ("1.0000000000", True)])
def test_points_of_a_stay(points: str, good: bool) -> None:
    """One decimal sign, at most twelve signs."""
    assert isinstance(cofinancing(f'{HEAD}a,M,2012-03-05,medical,"{points}"\n'.encode()), Cofinancing) is good
    assert isinstance(cofinancing(f'{HEAD}a,M,2012-03-05,medical,"{points}0"\n'.encode()), Cofinancing) is False


def line(amount: str, form: TableForm, **cells: str) -> TheirLine | None:
    whole = {"stay": "s", "date": "2012-03-05", "nights": "1", "amount_nok": f'"{amount}"', **cells}
    text = ";".join(whole) + "\n" + ";".join(whole.values()) + "\n"
    found = read_table(text.encode(), replace(form, delimiter=";"))
    return None if isinstance(found, Mistakes) else found[0]


@pytest.mark.parametrize(
    ("text", "decimal", "amount"),
    [
        ("4,000.00", ".", 4000),
        ("4.000,00", ",", 4000),
        ("4000,-", ",", 4000),
        ("4 000.-", ".", 4000),
        ("kr 4000", ".", 4000),
        ("4000 NOK", ",", 4000),
        ("-4000", ".", -4000),
        ("-4000.00", ".", -4000),
        ("4000.50", ".", None),
        ("4000?", ".", None),
        ("4000-", ".", 4000),
    ],
)
def test_an_amount_as_people_write_it(text: str, decimal: str, amount: int | None) -> None:
    """Separators of thousands, kroner signs and a dash for no øre are read past; øre and other signs are a mistake."""
    found = line(text, TableForm(decimal=decimal))
    assert (found and found.amount) == amount


@pytest.mark.parametrize(
    ("day", "good"), [("1900-01-01", True), ("1899-12-31", False), ("2199-12-31", True), ("2200-01-01", False)]
)
def test_years_of_a_statement(day: str, good: bool) -> None:
    """Dates lie in 1900 to 2199."""
    assert (line("1", TableForm(), date=day) is not None) is good


@pytest.mark.parametrize(("last", "good"), [("2013-04-09", True), ("2013-04-10", False)])
def test_the_longest_span_of_a_line(last: str, good: bool) -> None:
    """A line spans at most four hundred days beyond its first."""
    form = TableForm(date=None, first="date", last="last")
    assert (line("1", form, date="2012-03-05", last=last) is not None) is good


def test_a_line_without_nights_amount_or_reference() -> None:
    """Columns that the form does not have, and cells that a short line lacks, are empty."""
    form = TableForm(reference=None, nights=None, amount=None)
    [found] = [one for one in read_table(b"date\n2012-03-05\n", form) if isinstance(one, TheirLine)]
    assert (found.reference, found.nights, found.amount) == ("", 1, None)
    whole = read_table(b"date,stay,nights,amount_nok\n2012-03-05\n", TableForm())
    assert not isinstance(whole, Mistakes)
    [short] = whole
    assert (short.reference, short.nights, short.amount) == ("", 1, None)


@pytest.mark.parametrize("text", ["2012-0x", "2012-x3", "2012-3", "2012 03"])
def test_a_month_that_is_none(text: str) -> None:
    """Two digits after the dash."""
    with pytest.raises(ValueError, match="2012-03"):
        Month.of(text)


# ── policies, the ledger, explanations ──────────────────────────────────────────────────────────────────────────────


def read_keys(baseline: Profile, keys: str) -> Policy | list[str]:
    text = f'name = "A"\nversion = "1"\ntitle = "t"\ninherits = "NO-BASE"\n[keys]\n{keys}\n'
    found = read_profile(text.encode(), baseline)
    return [f"{one.where} {one.line}" for one in found.all] if isinstance(found, Mistakes) else found.policy


def test_keys_as_they_are_written(baseline: Profile) -> None:
    """Every form of value becomes what it says."""
    found = read_keys(
        baseline,
        'same_day_departure = 1\nholiday_calendar = "none"\nlead_h = 8760\nexclusion_list = ["b", "a"]\n'
        'adm_notice_types = ["LOG_INNLAGT", "manual"]\nnotice_time = "sent"\nanswer_time = "gen_date"',
    )
    assert isinstance(found, Policy)
    assert (found.same_day_departure, found.holiday_calendar, found.lead_h) == (1, (), 8760)
    assert (found.exclusion_list, found.adm_notice_types) == (("a", "b"), ("LOG_INNLAGT", "manual"))
    assert (found.notice_time, found.answer_time) == (NoticeTime.SENT, AnswerTime.GENERATED)
    zero = read_keys(baseline, "same_day_departure = 0")
    assert isinstance(zero, Policy)
    assert zero.same_day_departure == 0


def test_keys_with_mistakes_have_their_line(baseline: Profile) -> None:
    """A mistake in a list is told with the line of its key; of one that is no list too."""
    keys = 'lead_h = 8761\nadm_notice_types = [\n"LOG_INNLAGT", "log"]\nexclusion_list = "x"\nexclusion_list_ = 1'
    assert read_keys(baseline, keys) == [
        *("keys.exclusion_list_ 10", "keys.lead_h 6", "keys.adm_notice_types[1] 7", "keys.exclusion_list 9"),
    ]


def test_a_name_with_a_comma_is_refused(baseline: Profile) -> None:
    """Several names are cited with commas between them."""
    found = read_profile(b'name = "A, B"\nversion = "1"\ntitle = "t"\ninherits = "NO-BASE"\n', baseline)
    assert isinstance(found, Mistakes)
    assert [(one.where, one.line) for one in found.all] == [("name", 1)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("registered<2020, stay>=2020", date(2020, 1, 1)),
        ("registered<2021,stay>=2021", date(2021, 1, 1)),
        ("stay", date.min),
        ("registered", date.max),
    ],
)
def test_who_pays_from_when(baseline: Profile, text: str, first: date) -> None:
    """The municipality of the stay pays from the year named on, always, or never."""
    found = read_keys(baseline, f'payer_rule = "{text}"')
    assert isinstance(found, Policy)
    assert found.payer_rule == PayerRule(first)


def test_prices_in_any_order() -> None:
    """A table is read in order of time, and overlaps are found whatever the order of its entries."""

    def read(*spans: tuple[str, str]) -> RateTable | Mistakes:
        head = {"scheme": "NO-UKP", "currency": "NOK", "unit": "calendar_date", "version": "v"}
        prices = [{"from": a, "to": b, "amount": 10 + n, "status": "press"} for n, (a, b) in enumerate(spans)]
        return read_rates(json.dumps({**head, "rates": prices}).encode())

    found = read(("2027-01-01", "2027-12-31"), ("2026-01-01", "2026-12-31"))
    assert isinstance(found, RateTable)
    assert [(one.first.year, one.amount, one.source) for one in found.rates] == [(2026, 11, ""), (2027, 10, "")]
    sourced = {"from": "2026-01-01", "to": "2026-12-31", "amount": 1, "status": "press", "source": "a letter"}
    head = {"scheme": "NO-UKP", "currency": "NOK", "unit": "calendar_date", "version": "v"}
    table = read_rates(json.dumps({**head, "rates": [sourced]}).encode())
    assert isinstance(table, RateTable)
    assert table.rates[0].source == "a letter"
    clash = read(("2027-01-01", "2027-12-31"), ("2025-01-01", "2025-12-31"), ("2027-06-01", "2028-12-31"))
    assert isinstance(clash, Mistakes)


@pytest.mark.parametrize("key", ["from", "to", "amount", "status"])
def test_a_price_that_lacks_a_key(key: str) -> None:
    """It is told by its path, and never left out in silence."""
    whole = {"from": "2026-01-01", "to": "2026-12-31", "amount": 1, "status": "press"}
    del whole[key]
    head = {"scheme": "NO-UKP", "currency": "NOK", "unit": "calendar_date", "version": "v"}
    found = read_rates(json.dumps({**head, "rates": [whole]}).encode())
    assert isinstance(found, Mistakes)
    assert [one.where for one in found.all] == [f"rates[0].{key}"]


def test_every_broken_profile_is_told() -> None:
    """One broken file hides no other; a baseline that lacks the date of a sector is one."""
    baseline = (DATA / "NO-BASE.toml").read_bytes()
    found = read_profiles({"NO-BASE": baseline, "A": b"x = 1", "B": b"y = 1"})
    assert isinstance(found, Mistakes)
    assert {one.where.split(":")[0] for one in found.all} == {"A", "B"}
    short = read_profile(re.sub(rb", *PHV *= *\"[0-9-]+\"", b"", baseline), None)
    assert isinstance(short, Mistakes)
    assert [one.where for one in short.all] == ["keys.sector_dates"]


def test_what_inherits_from_what(baseline: Profile) -> None:
    """The baseline inherits from nothing, any other profile from the baseline."""
    without = read_profile(b'name = "A"\nversion = "1"\ntitle = "t"\n', baseline)
    assert isinstance(without, Mistakes)
    assert [one.where for one in without.all] == ["inherits"]
    other = read_profile(b'name = "A"\nversion = "1"\ntitle = "t"\ninherits = "B"\n', None)
    assert isinstance(other, Mistakes)
    assert "inherits" in [one.where for one in other.all]


def test_nights_of_the_regulation_from_the_first_date_on(
    decided_case: DecidedCase, baseline: Profile, rates: RateTable
) -> None:
    """A ledger from the first payable date on has all of them, by the agreement and by the regulation."""
    found, _ = decided_case(case(READY, GONE))
    bounds = date(2018, 4, 9), date(2018, 4, 12)
    row = row_of(Account("s", found, baseline), baseline, rates, AS_OF, *bounds)
    assert (len(row.nights), row.regulation_nights) == (4, 4)


def test_a_fact_in_words() -> None:
    """Type, ready date, effective date, answer with its promise, and the message are all in the line."""
    carrier = Carrier(MsgId("m"))
    lines = {
        AdmissionNotice(carrier, "HELSEOPPL_SOKNAD/1"): "HELSEOPPL_SOKNAD/1; MsgId m",
        ready("m", "2018-04-09"): "2018-04-09; MsgId m",
        Withdrawal(carrier, date(2018, 4, 11)): "2018-04-11; MsgId m",
        Answer(carrier, AnswerKind.LATER, date(2018, 4, 12)): ", 2018-04-12; MsgId m",
        AnswerClassified(MsgId("m"), AnswerKind.ACCEPT): "an offer is ready; their",
    }
    for what, says in lines.items():
        assert says in fact_line(fact("2018-04-09T10:00", what), Language.ENGLISH)
    assert "None" not in fact_line(fact("2018-04-09T10:00", Withdrawal(carrier)), Language.ENGLISH)


def test_an_agreement_that_changes_only_the_amount_is_said_to_differ(
    decided_case: DecidedCase,
) -> None:
    """The same nights at the price of another year are another amount."""
    facts = json.loads(json.dumps([ADMITTED, NOTICE, READY, GONE]).replace("2018-04-1", "2019-04-1"))
    _, readings = decided_case({"facts": facts, "overrides": {"rate_by": "start_date"}})
    assert readings.agreement.amount_nok != readings.regulation.amount_nok
    amount = f"{readings.regulation.amount_nok or 0:,}".replace(",", "\u00a0")
    told_of = "\n".join(explained(readings, Language.ENGLISH)).replace(" ", "\u00a0")
    assert amount in told_of
