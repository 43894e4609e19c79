"""Receipts and readings that are facts of their own, folded into the messages they are about."""

from __future__ import annotations

from datetime import date

from adapter.facts import (
    Answer,
    AnswerClassified,
    AnswerKind,
    Carrier,
    Fact,
    HowKnown,
    ReadyNotice,
    Receipt,
    ReceiptGiven,
    ReceiptStatus,
    What,
    Withdrawal,
)
from adapter.liability.folding import folded
from adapter.liability.reasons import Flag
from adapter.values import MsgId, parse_moment


def fact(what: What, at: str = "2012-03-05T10:00+01:00") -> Fact:
    return Fact(what, parse_moment(at), HowKnown.IMPORT)


READY = fact(ReadyNotice(Carrier(MsgId("r"), receipt=Receipt(ReceiptStatus.NONE)), date(2012, 3, 5)))
ANSWER = fact(Answer(Carrier(MsgId("s")), AnswerKind.UNCLEAR))
ILL = fact(Withdrawal(Carrier(MsgId("w"))))


def test_a_receipt_takes_the_place_of_what_the_message_said() -> None:
    """The first receipt of a message holds, with its own time; whatever comes after it in the list is still there."""
    first = fact(ReceiptGiven(MsgId("R"), ReceiptStatus.OK), "2012-03-05T11:00+01:00")
    second = fact(ReceiptGiven(MsgId("r"), ReceiptStatus.NEGATIVE), "2012-03-06T11:00+01:00")
    facts, notes = folded([second, first, READY, ILL])
    assert [type(one.what) for one in facts] == [ReadyNotice, Withdrawal]
    what = facts[0].what
    assert isinstance(what, ReadyNotice)
    assert what.carrier.receipt == Receipt(ReceiptStatus.OK, parse_moment("2012-03-05T11:00+01:00"))
    assert facts[1] is ILL
    assert [note.flag for note in notes] == [Flag.REVIEW]


def test_the_latest_reading_of_an_answer_holds() -> None:
    """A person's later reading replaces the earlier; it is about answers only, and one of nothing known is told."""
    early = fact(AnswerClassified(MsgId("s"), AnswerKind.ACCEPT), "2012-03-05T11:00+01:00")
    late = fact(AnswerClassified(MsgId("s"), AnswerKind.LATER, date(2012, 3, 9)), "2012-03-05T12:00+01:00")
    lost = fact(AnswerClassified(MsgId("w"), AnswerKind.REFUSE), "2012-03-05T12:00+01:00")
    facts, notes = folded([late, early, lost, ANSWER, ILL])
    what = facts[0].what
    assert isinstance(what, Answer)
    assert (what.answer, what.promised, what.carrier) == (AnswerKind.LATER, date(2012, 3, 9), Carrier(MsgId("s")))
    assert facts[1:] == [ILL]
    assert [(note.flag, note.about) for note in notes] == [(Flag.REVIEW, lost)]


def test_nothing_to_fold() -> None:
    """Facts that nothing is about come back as they were."""
    facts, notes = folded([READY, ANSWER, ILL])
    assert (facts, notes) == ([READY, ANSWER, ILL], [])
