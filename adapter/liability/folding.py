"""What does the log know of a message besides the message: receipts and readings, put into what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapter.facts import Answer, AnswerClassified, Correction, Fact, Receipt, ReceiptGiven
from adapter.liability.calendar import instant_of
from adapter.liability.reasons import Flag, Note
from adapter.values import Moment, MsgId


def folded(facts: Sequence[Fact]) -> tuple[list[Fact], list[Note]]:
    """The facts without the two kinds about other messages, each of which is now in its message.

    The first receipt of a message is final, and a later one of another kind an incident (`apprec.md` §6); of several
    readings of an answer the latest holds (LI-042). A receipt for a message that is no fact here changes nothing.
    """
    receipts: dict[MsgId, tuple[ReceiptGiven, Fact]] = {}
    readings: dict[MsgId, tuple[AnswerClassified, Fact]] = {}
    notes: list[Note] = []
    about = [fact for fact in facts if isinstance(fact.what, ReceiptGiven | AnswerClassified)]
    for fact in sorted(about, key=lambda fact: (instant_of(fact.when), repr(fact))):
        if isinstance(fact.what, ReceiptGiven):
            first, _ = receipts.setdefault(fact.what.refers_to, (fact.what, fact))
            if first.status is not fact.what.status:
                notes.append(Note(Flag.REVIEW, "LI-032", fact))
        elif isinstance(fact.what, AnswerClassified):
            readings[fact.what.refers_to] = (fact.what, fact)
    result: list[Fact] = []
    for fact in facts:
        what = fact.what
        if isinstance(what, ReceiptGiven | AnswerClassified):
            continue
        message = what.carrier.message
        if message in receipts:
            given, receipt = receipts[message]
            at = receipt.when if isinstance(receipt.when, Moment) else None
            what = replace(what, carrier=replace(what.carrier, receipt=Receipt(given.status, at)))
        if isinstance(what, Answer | Correction) and message in readings:
            reading, _ = readings.pop(message)
            what = replace(what, answer=reading.answer, promised=reading.promised)
        result.append(fact if what is fact.what else replace(fact, what=what))
    notes += [Note(Flag.REVIEW, "LI-042", fact) for _, fact in readings.values()]
    return result, notes
