"""Statistics of stays, and what they hide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from adapter.facts import AdmissionNotice, Carrier, Fact, HowKnown
from adapter.liability.case import Case
from adapter.liability.readings import Readings
from adapter.liability.statistics import By, Observed, npr_events, statistics
from adapter.liability.waiting import waiting
from adapter.values import Moment, parse_moment

Seen = Callable[..., Observed]


@pytest.fixture(scope="session")
def seen(decided_case: Callable[[dict[str, Any]], tuple[Case, Readings]]) -> Seen:
    """A stay ready on a date of March 2012, answered after some hours, gone on a date; and what else is told."""

    def _seen(
        patient: str = "p",
        ready: int = 5,
        hours: int | None = 2,
        gone: int | None = 8,
        answer: str = "later",
        ward: str = "A",
        hospital: str = "H",
        more: tuple[dict[str, str], ...] = (),
        apprec: str = "ok",
        **case: Any,
    ) -> Observed:
        day = f"2012-03-{ready:02d}"
        facts = [
            {"kind": "admitted", "at": "2012-03-01T09:00+01:00"},
            {"kind": "admission_notice", "at": "2012-03-01T15:00+01:00"},
            {"kind": "ready_notice", "at": f"{day}T10:00+01:00", "ready": day, "message": "r", "apprec": apprec},
            *more,
        ]
        if hours is not None:
            facts.append({"kind": "answer", "at": f"{day}T{10 + hours}:00+01:00", "answer": answer})
        if gone is not None:
            facts.append({"kind": "discharged", "at": f"2012-03-{gone:02d}"})
        whole = {"facts": facts, "as_of": "2012-04-01T12:00+02:00", **case}
        return Observed(patient, hospital, ward, *decided_case(whole))

    return _seen


def many(seen: Seen, count: int, **told: Any) -> list[Observed]:
    return [seen(patient=f"{told.get('ward', 'A')}{number}", **told) for number in range(count)]


def test_the_figures_of_a_group(seen: Seen) -> None:
    """Cases, costs, waits by both formulas, hours to answer and shares are those of the stays."""
    found = statistics([*many(seen, 6), *many(seen, 6, ward="B", answer="accept", hours=4, gone=9)], None, 5).whole
    assert (found.cases, found.patients, found.cases_with_cost) == (12, 12, 6)
    assert (found.nights_payable, found.amount_known_nok) == (18, 72000)
    assert (found.nights_waited, found.nights_skde) == (6 * 3 + 6 * 4, 6 * 3 + 6 * 4)
    assert found.median_hours_to_answer == 3
    assert (found.share_answered_same_date, found.share_admission_notice_in_24h) == (1, 1)
    assert (found.share_with_withdrawal, found.notices_receipt_negative, found.notices_receipt_missing) == (0, 0, 0)


def test_small_groups_are_hidden_and_so_is_what_gives_them_away(seen: Seen) -> None:
    """A group of too few is hidden; where it is alone, the next smallest is hidden with it."""
    stays = [*many(seen, 4), *many(seen, 6, ward="B"), *many(seen, 7, ward="C")]
    found = statistics(stays, By.WARD, 5)
    assert [(one.name, one.hidden, one.figures.cases) for one in found.groups] == [
        *(("H A", True, None), ("H B", True, None), ("H C", False, 7)),
    ]
    two = statistics([*stays, *many(seen, 2, ward="D")], By.WARD, 5)
    assert [one.hidden for one in two.groups] == [True, False, False, True]
    assert [one.hidden for one in statistics(stays, By.WARD, 1).groups] == [False, False, False]


def test_few_altogether_are_hidden(seen: Seen) -> None:
    """The whole shows nothing of fewer stays than the smallest cell; of none it says that there are none."""
    assert statistics(many(seen, 4), None, 5).whole.cases is None
    assert statistics([], None, 5).whole.cases == 0


def test_small_cells_within_a_group_are_hidden(seen: Seen) -> None:
    """Counts, sums and shares that few stays make up are hidden, also where few are the exception."""
    found = statistics([*many(seen, 8, answer="accept", gone=5), *many(seen, 3, ward="B")], None, 5).whole
    assert (found.cases, found.cases_with_cost, found.nights_payable, found.amount_known_nok) == (11, None, None, None)
    assert (found.nights_waited, found.nights_skde) == (None, None)
    slow = statistics([*many(seen, 8), *many(seen, 3, ward="B", hours=None)], None, 5).whole
    assert slow.share_answered_same_date is None


def test_nights_that_were_waited_and_are_not_payable_by_reason(seen: Seen) -> None:
    """The difference between the two measures is told by reason, small cells hidden."""
    accepted = many(seen, 5, answer="accept", gone=7)
    assert statistics(accepted, None, 5).unpaid == (("accepted", 10),)
    assert statistics(accepted[:4], None, 5).unpaid == (("accepted", None),)
    ill = ({"kind": "withdrawal", "at": "2012-03-06T08:00+01:00"},)
    found = statistics(many(seen, 5, more=ill), None, 5)
    assert found.unpaid == (("avmeldt", 10),)
    assert found.whole.share_with_withdrawal == 1


def test_the_period_is_that_of_the_notice(seen: Seen) -> None:
    """A stay belongs to the date of its first notice; one without notice is no case."""
    stays = [*many(seen, 5), *many(seen, 5, ready=6)]
    assert statistics(stays, None, 1, date(2012, 3, 6), date(2012, 3, 6)).whole.cases == 5
    assert statistics(stays, None, 1, date(2012, 3, 7)).whole.cases == 0
    empty = seen(facts=[{"kind": "admitted", "at": "2012-03-01T09:00+01:00"}])
    assert statistics([empty], None, 1).whole.cases == 0


@pytest.mark.parametrize(
    ("by", "name"), [(By.HOSPITAL, "H"), (By.WARD, "H A"), (By.WEEKDAY, "1 Monday"), (By.HOUR, "10")]
)
def test_the_groups(seen: Seen, by: By, name: str) -> None:
    """Hospital, ward, weekday and hour of the notice in Oslo time."""
    assert [one.name for one in statistics([seen()], by, 1).groups] == [name]


def test_emergency_units_are_senders_whose_nights_are_never_payable(seen: Seen) -> None:
    """A KAD/ØHD unit has a row of its own, with waits and without cost (LI-008)."""
    stays = [*many(seen, 5), *many(seen, 5, ward="B", sender_type="municipal_emergency_unit")]
    hospital, unit = statistics(stays, By.SENDER, 5).groups
    assert (hospital.name, hospital.figures.nights_payable) == ("hospital", 15)
    assert unit.name == "municipal_emergency_unit (never payable)"
    assert (unit.figures.cases, unit.figures.nights_payable, unit.figures.nights_waited) == (5, 0, 15)


def test_receipts_of_the_notices(seen: Seen) -> None:
    """Rejected and unreceipted notices of readiness are counted."""
    found = statistics([*many(seen, 5, apprec="neg"), *many(seen, 6, ward="B", apprec="none")], None, 5).whole
    assert (found.notices_receipt_negative, found.notices_receipt_missing) == (5, 6)


def test_skde_leaves_out_who_was_admitted_after_being_ready(seen: Seen) -> None:
    """A stay admitted after its ready date, or still there, is not in the SKDE measure but in the other."""
    late = [{"kind": "admitted", "at": "2012-03-06T09:00+01:00"}]
    late += [{"kind": "ready_notice", "at": "2012-03-06T10:00+01:00", "ready": "2012-03-05"}]
    gone = [{"kind": "discharged", "at": "2012-03-08T10:00+01:00"}]
    found = statistics([seen(facts=late + gone), seen(facts=late)], None, 1).whole
    assert (found.nights_skde, found.nights_waited) == (0, 3 + 27)


def test_the_points_in_time_of_npr(seen: Seen) -> None:
    """Each event has its code of list 8477; what was cancelled or never arrived has none."""
    more = (
        {"kind": "withdrawal", "at": "2012-03-06T08:00+01:00"},
        {"kind": "ready_notice", "at": "2012-03-07T08:00+01:00", "ready": "2012-03-07", "message": "gone"},
        {"kind": "cancellation", "at": "2012-03-07T09:00+01:00", "refers_to": "gone"},
        {"kind": "answer", "at": "2012-03-07T10:00+01:00", "answer": "accept"},
        {"kind": "answer", "at": "2012-03-07T11:00+01:00", "answer": "unclear"},
    )
    one = seen(more=more)
    events = npr_events(waiting(one.case, one.readings))
    assert [code for code, _ in events] == [1, 2, 3, 6, 4, 7]
    assert events[1][1] == date(2012, 3, 5)
    assert isinstance(events[2][1], Moment)
    assert statistics([one], None, 1).npr == ((1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (7, 1))
    assert statistics([one], None, 5).npr[0] == (1, None)


@pytest.mark.parametrize(
    ("notices", "share"),
    [(["2012-03-02T09:00"], 1), (["2012-03-02T09:01"], 0), (["2012-03-02T09:30", "2012-03-02T08:00"], 1)],
)
def test_the_24_hours_of_the_notice_of_admission(seen: Seen, notices: list[str], share: int) -> None:
    """Exactly 24 hours after admission is in time, a minute later is not; of several one in time is enough."""
    told = []
    for one in many(seen, 5):
        facts = [fact for fact in one.case.facts if not isinstance(fact.what, AdmissionNotice)]
        facts += [Fact(AdmissionNotice(Carrier()), parse_moment(f"{at}+01:00"), HowKnown.IMPORT) for at in notices]
        told.append(replace(one, case=replace(one.case, facts=tuple(facts))))
    assert statistics(told, None, 5).whole.share_admission_notice_in_24h == share


def test_the_first_answer_counts(seen: Seen) -> None:
    """The hours to the answer run to the first one, also where it comes with the notice."""
    first = {"kind": "answer", "at": "2012-03-05T10:00+01:00", "answer": "later"}
    assert statistics(many(seen, 5, more=(first,)), None, 5).whole.median_hours_to_answer == 0


def test_a_share_has_three_decimals(seen: Seen) -> None:
    """Seven of twelve are 0.583."""
    found = statistics([*many(seen, 7), *many(seen, 5, hours=None, ward="B")], None, 5).whole
    assert found.share_answered_same_date == 0.583
    few = statistics([*many(seen, 9), *many(seen, 3, hours=None, ward="B")], None, 5).whole
    assert few.share_answered_same_date is None
