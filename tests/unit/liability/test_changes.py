"""What late facts have changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.facts import (
    AdmissionNotice,
    Answer,
    AnswerKind,
    Carrier,
    Discharged,
    Fact,
    HowKnown,
    ReadyNotice,
    ReceiptGiven,
    ReceiptStatus,
)
from adapter.liability.case import Case
from adapter.liability.changes import Change, Terms, change, change_told
from adapter.liability.profiles import Profile
from adapter.liability.rates import RateTable
from adapter.liability.rules import Language
from adapter.values import MsgId, parse_moment


def fact(at: str, what: AdmissionNotice | Answer | Discharged | ReadyNotice | ReceiptGiven) -> Fact:
    return Fact(what, parse_moment(f"2012-03-{at}+01:00"), HowKnown.IMPORT)


NOTICE = fact("01T15:00", AdmissionNotice(Carrier(MsgId("a"))))
READY = fact("05T10:00", ReadyNotice(Carrier(MsgId("r")), parse_moment("2012-03-05T00:00").day))
ACCEPT = fact("08T09:00", Answer(Carrier(MsgId("s")), AnswerKind.ACCEPT))
GONE = fact("08T13:00", Discharged(Carrier(MsgId("d"))))
RECEIPT = fact("05T10:05", ReceiptGiven(MsgId("r"), ReceiptStatus.OK))


@pytest.fixture
def terms(baseline: Profile, rates: RateTable) -> Terms:
    return Terms(baseline, baseline, rates)


def changed(terms: Terms, now: tuple[Fact, ...], then: tuple[Fact, ...], at: str = "10T12:00") -> Change:
    moments = parse_moment(f"2012-03-{at}+01:00"), parse_moment("2012-03-10T12:00+01:00")
    return change(Case(now), then, terms, *moments)


def test_nothing_new(terms: Terms) -> None:
    """The same facts at the same time are no change."""
    found = changed(terms, (NOTICE, READY, GONE), (NOTICE, READY, GONE))
    assert (found.is_none, found.by_time, found.late, found.decisive) == (True, False, (), ())
    assert "The outcome is the same." in change_told(found, Language.ENGLISH)


def test_a_late_fact_that_decides_and_one_that_does_not(terms: Terms) -> None:
    """The late departure made the difference, the late receipt of a valid notice did not."""
    found = changed(terms, (NOTICE, READY, RECEIPT, GONE), (NOTICE, READY))
    assert (len(found.then.agreement.nights), len(found.now.agreement.nights)) == (5, 3)
    assert found.late == (RECEIPT, GONE)
    assert found.decisive == (GONE,)
    told = change_told(found, Language.ENGLISH)
    assert "Dates that are no longer payable: 2012-03-08, 2012-03-09." in told


def test_two_facts_that_each_would_have_done_it(terms: Terms) -> None:
    """Where either of two late facts is enough, both made the difference."""
    found = changed(terms, (NOTICE, READY, ACCEPT, GONE), (NOTICE, READY))
    assert found.decisive == (ACCEPT, GONE)


def test_time_alone(terms: Terms) -> None:
    """An open wait grows while nobody says anything."""
    found = changed(terms, (NOTICE, READY), (NOTICE, READY), "07T12:00")
    assert (found.by_time, found.is_none, found.decisive) == (True, False, ())
    assert "Datoer som ble å betale: 2012-03-07, 2012-03-08, 2012-03-09." in change_told(found, Language.NORWEGIAN)


def test_a_better_proof_of_the_same_message(terms: Terms) -> None:
    """A fact that took the place of a later one is compared with that one, not with its absence."""
    later = replace(READY, when=parse_moment("2012-03-06T10:00+01:00"))
    found = changed(terms, (NOTICE, READY, GONE), (NOTICE, later, GONE))
    assert found.decisive == (READY,)
    assert (len(found.then.agreement.nights), len(found.now.agreement.nights)) == (2, 3)


def test_a_stay_that_was_not_known(terms: Terms) -> None:
    """Then nothing was known: no notice, no night."""
    found = changed(terms, (NOTICE, READY, GONE), ())
    assert (found.then.agreement.nights, len(found.decisive)) == ((), 3)
