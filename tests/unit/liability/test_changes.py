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
    Receipt,
    ReceiptGiven,
    ReceiptStatus,
)
from adapter.liability.case import Case
from adapter.liability.changes import Change, Terms, change, change_told
from adapter.liability.explain import fact_line
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
READY_DAY = parse_moment("2012-03-05T00:00").day
RECEIPT = fact("05T10:05", ReceiptGiven(MsgId("r"), ReceiptStatus.OK))


@pytest.fixture
def terms(baseline: Profile, rates: RateTable) -> Terms:
    return Terms(baseline, baseline, rates)


def unacked(message: str) -> Carrier:
    """A message whose AppRec has not come with it."""
    return Carrier(MsgId(message), receipt=Receipt(ReceiptStatus.NONE))


def changed(
    terms: Terms, facts: tuple[Fact, ...], then: tuple[Fact, ...], at: str = "10T12:00", now: str = "10T12:00"
) -> Change:
    moments = parse_moment(f"2012-03-{at}+01:00"), parse_moment(f"2012-03-{now}+01:00")
    return change(Case(facts), then, terms, *moments)


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


def test_facts_that_matter_only_together(terms: Terms) -> None:
    """Two acceptances, each with a receipt that came as a fact of its own, after the 96 hours: none of the four can be
    missed or does anything alone, and a smallest group of them that does is named."""
    early = (NOTICE, READY)
    answers = tuple(fact("06T09:00", Answer(unacked(name), AnswerKind.ACCEPT)) for name in "st")
    receipts = tuple(fact("06T10:00", ReceiptGiven(MsgId(name), ReceiptStatus.OK)) for name in "st")
    late = (*answers, *receipts)
    found = changed(terms, (*early, *late), early, now="20T12:00")
    assert (len(found.then.agreement.nights), len(found.now.agreement.nights)) == (5, 1)
    assert (found.decisive, found.together) == ((), ((answers[0], receipts[0]), (answers[1], receipts[1])))
    told = change_told(found, Language.ENGLISH)
    assert told.count("Facts that made a difference only together:") == 2
    assert "Facts that came in between and changed nothing:" not in told


def test_facts_of_several_messages_that_matter_only_together(terms: Terms) -> None:
    """Two notices of admission and two of readiness: one of each kind is enough, so only both of a kind are missed."""
    notices = tuple(fact("01T15:00", AdmissionNotice(Carrier(MsgId(name)))) for name in "ab")
    ready = tuple(fact("05T10:00", ReadyNotice(Carrier(MsgId(name)), READY_DAY)) for name in "rq")
    found = changed(terms, (*notices, *ready, RECEIPT), ())
    assert len(found.now.agreement.nights) == 5
    assert found.decisive == ()
    assert found.together == (ready,)
    told = change_told(found, Language.ENGLISH)
    assert len(told) == told.index("Facts that came in between and changed nothing:") + 1 + 3


def test_a_proof_that_is_worth_more_takes_the_place_of_another(terms: Terms) -> None:
    """The same departure first told by a person on the wrong day, then by its message: without the message the person's
    word would still stand, so the message decided by what it says otherwise and not by being there."""
    wrong = fact("07T13:00", Discharged(Carrier(MsgId("d"))))
    same = fact(
        "08T13:00",
        Discharged(
            Carrier(MsgId("d")),
        ),
    )
    found = changed(terms, (NOTICE, READY, same), (NOTICE, READY, wrong))
    assert (found.late, found.decisive) == ((same,), (same,))
    again = Fact(same.what, same.when, HowKnown.THEIR_MESSAGE)
    found = changed(terms, (NOTICE, READY, again), (NOTICE, READY, same))
    assert (found.late, found.decisive, found.is_none) == ((again,), (), True)
    unnamed = Fact(Discharged(), same.when, HowKnown.THEIR_MESSAGE)
    found = changed(terms, (NOTICE, READY, unnamed), (NOTICE, READY, replace(same, what=Discharged())))
    assert found.decisive == (unnamed,)
    other = fact("08T13:00", Answer(Carrier(MsgId("d")), AnswerKind.ACCEPT))
    found = changed(terms, (NOTICE, READY, other), (NOTICE, READY, same))
    assert found.decisive == (other,)


def test_what_is_told_of_a_change(terms: Terms) -> None:
    """Each line says nights, amount and codes of then and now, the dates that differ, and whether time passed."""
    found = changed(terms, (NOTICE, READY, RECEIPT, GONE), (NOTICE, READY), "07T12:00")
    told = change_told(found, Language.ENGLISH)
    assert told[0].endswith("2 nights, NOK 8 000 (NO_ANSWER / OPEN).")
    assert told[1].endswith("3 nights, NOK 12 000 (NO_ANSWER / DISCHARGED).")
    assert told[2:5] == (
        "Dates that became payable: 2012-03-07.",
        "Time passed: what was known then comes to another result now.",
        "",
    )
    assert told[5] == "Facts that made the difference:"
    assert told[6] == f"  {fact_line(GONE, Language.ENGLISH)}"
    assert told[7:9] == ("", "Facts that came in between and changed nothing:")
    assert told[9:] == (f"  {fact_line(RECEIPT, Language.ENGLISH)}",)
    still = change_told(changed(terms, (NOTICE, READY), (NOTICE, READY)), Language.ENGLISH)
    assert still[2:] == ("The outcome is the same.",)
    bare = Terms(terms.profile, terms.baseline, RateTable("none", ()))
    assert "5 nights, price missing (" in change_told(changed(bare, (NOTICE, READY), ()), Language.ENGLISH)[1]
