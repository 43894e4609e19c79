"""Does the message that a fact points to really say so? Each fact is made again from the messages and compared.

| the fact rests on | its digest is that of | what is made again |
| --- | --- | --- |
| their signed message | the mail that arrived | the facts of its document |
| their signed receipt | the mail of the Acknowledgment or AppRec | the facts of our document, had then |
| their AppRec | its mail | that it accepts or rejects our message, when |
| our AppRec | its document | that it accepts or rejects their message, when |
| a person, a file | nothing | nothing: the line says so |

The moment of a message that arrived is the exporter's clock; its own signed Acknowledgment of that time is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapter.delivery.recorded import RecordedFact
from adapter.delivery.stay_facts import (
    Conveyance,
    StayFacts,
    ending,
    meaning,
    names_no_original,
    patient_identity,
    stay_facts,
)
from adapter.evidence.report import Check, Line, fails, holds, noted
from adapter.evidence.seals import CheckedLetter, same_id
from adapter.facts import (
    AnswerClassified,
    Cancellation,
    Fact,
    HowKnown,
    ReadyNotice,
    Receipt,
    ReceiptGiven,
    ReceiptStatus,
)
from adapter.messages.apprec import AppRec
from adapter.values import Digest, Moment, utc_text

_NOT_YET = Receipt(ReceiptStatus.NONE)
_ELSEWHERE = timedelta(days=1, minutes=7)


@dataclass(frozen=True, slots=True)
class _Proof:
    """A message that tells a fact, and the moment at which its addressee had it; None where only a clock of the
    exporter says so. `by` are the members that together say it."""

    letter: CheckedLetter
    had: Moment | None
    by: str


def check_proofs(facts: tuple[tuple[str, RecordedFact], ...], letters: tuple[CheckedLetter, ...]) -> Iterator[Line]:
    """One line for each fact, and one for the patient."""
    for name, one in facts:
        try:
            yield _fact(name, one, letters)
        except OverflowError:
            yield fails(Check.FACT, name, "its time is at the end of all time")
    patients = {
        patient_identity(letter.readings[0].head.patient)
        for letter in letters
        if letter.readings and letter.readings[0].head is not None and letter.readings[0].head.patient is not None
    }
    if len(patients) > 1:
        yield fails(Check.FACT, "", "the messages are about more than one patient")
    elif patients:
        yield holds(Check.FACT, "", "all messages are about one patient")


def _fact(name: str, one: RecordedFact, letters: tuple[CheckedLetter, ...]) -> Line:
    fact = one.entry.fact
    kind = type(fact.what).__name__
    if fact.digest is None:
        if fact.how in {HowKnown.PERSON, HowKnown.IMPORT}:
            source = "a person's note" if fact.how is HowKnown.PERSON else "a file that was handed in"
            return noted(Check.FACT, name, f"{kind}: rests on {source}; no message proves it")
        return fails(Check.FACT, name, f"{kind}: names no message, and is said to rest on one")
    if isinstance(fact.what, ReceiptGiven):
        return _receipt(name, fact, fact.what, letters)
    if isinstance(fact.what, AnswerClassified):
        return fails(Check.FACT, name, f"{kind}: a classification is a person's, and no message's")
    proofs = tuple(_proofs(fact.digest, letters))
    if not proofs:
        return fails(Check.FACT, name, f"{kind}: what it rests on is not in the package, or does not hold")
    for proof in proofs:
        if not _says(one, proof, letters):
            continue
        contradiction, remark = _clock(one, proof)
        if contradiction:
            return fails(Check.FACT, name, f"{kind}: {contradiction}")
        return holds(Check.FACT, name, f"{kind}: {proof.by} says so{remark}")
    return fails(Check.FACT, name, f"{kind}: {proofs[0].by} does not say so")


def _proofs(digest: Digest, letters: tuple[CheckedLetter, ...]) -> Iterator[_Proof]:
    """Every message that the octets of a digest prove."""
    for letter in letters:
        if letter.received and letter.digest == digest and letter.apprec is None:
            yield _Proof(letter, None, letter.name)
        for answer in letter.answers:
            if answer.received and answer.positive and answer.digest == digest:
                yield _Proof(letter, answer.had, f"{letter.name} with {answer.name}")
        if letter.received and letter.digest == digest and letter.apprec is not None:
            for original in _receipted(letter.apprec, letters):
                yield _Proof(original, letter.apprec.generated, f"{original.name} with {letter.name}")


def _receipted(apprec: AppRec, letters: tuple[CheckedLetter, ...]) -> Iterator[CheckedLetter]:
    about = apprec.original.id
    for letter in letters:
        if about is not None and letter.msg_id is not None and same_id(letter.msg_id, about):
            yield letter


def _says(one: RecordedFact, proof: _Proof, letters: tuple[CheckedLetter, ...]) -> bool:
    """Whether a message says a fact, in one of the ways in which an answer can be read."""
    letter = proof.letter
    if one.entry.fact.how is not _how(letter) or not letter.readings:
        return False
    had = _had(one, proof)
    return any(
        _tells(_told(one, letter, had, ready, convention=convention), one)
        for convention in (False, True)
        for ready in _ready_dates(letter, letters)
    )


def _how(letter: CheckedLetter) -> HowKnown:
    return HowKnown.THEIR_MESSAGE if letter.received else HowKnown.THEIR_RECEIPT


def _had(one: RecordedFact, proof: _Proof) -> Moment:
    """When the addressee had the message: as its receipt says, else as the fact says."""
    when = one.entry.fact.when
    stated = when if isinstance(when, Moment) else proof.letter.verified.header.timestamp
    return proof.had or stated


def _clock(one: RecordedFact, proof: _Proof) -> tuple[str, str]:
    """What speaks against the moment of a fact, and what there is to remark about it; empty where there is nothing.

    Where a message arrived here the moment is the exporter's clock, unless the message itself states it: then the fact
    stays the same when the message is told to have arrived at another time.
    """
    letter, had = proof.letter, _had(one, proof)
    if not letter.received:
        return "", "" if letter.opened_again else "; its plaintext is the exporter's word"
    if _tells(_told(one, letter, Moment.at(had.instant + _ELSEWHERE), None, convention=False), one):
        return "", ""
    at = utc_text(had.instant)
    for answer in letter.answers:
        if answer.received or not answer.states_arrival:
            continue
        if not _same_second(answer.had.instant, had.instant):
            told = utc_text(answer.had.instant)
            return f"it is said to have arrived at {at}, and {answer.name} told its sender {told}", ""
        return "", f"; that it arrived at {at} is the exporter's clock, which {answer.name} told its sender at once"
    return "", f"; that it arrived at {at} is the exporter's clock"


def _told(one: RecordedFact, letter: CheckedLetter, had: Moment, ready: date | None, *, convention: bool) -> StayFacts:
    fact = one.entry.fact
    assert fact.digest is not None
    carrier = getattr(fact.what, "carrier", None)
    sent, service = (carrier.sent, carrier.service) if carrier is not None else (None, None)
    by = Conveyance(had, _how(letter), fact.digest, sent, _NOT_YET, convention, ready, service)
    return stay_facts(letter.readings[0], by)


def _tells(told: StayFacts, one: RecordedFact) -> bool:
    """Whether the facts of a message have this one, of the same admission, with the same references."""
    entry = one.entry
    if entry.references and any(map(names_no_original, told.facts)):
        told = meaning(told, entry.references[0])
    if isinstance(entry.fact.what, Cancellation) and entry.fact.what.refers_to in told.references:
        told = ending(told, entry.fact.what.refers_to)
    return entry.fact in told.facts and (entry.admission, entry.references) == (told.admitted, told.references)


def _ready_dates(letter: CheckedLetter, letters: tuple[CheckedLetter, ...]) -> Iterator[date | None]:
    """No date, and that of the readiness message which a message refers to."""
    yield None
    link = letter.readings[0].head.conversation if letter.readings[0].head is not None else None
    references = () if link is None else tuple(one for one in (link.parent, link.conversation) if one is not None)
    for other in letters:
        if other.msg_id is None or other.msg_id not in references or not other.readings:
            continue
        moment = other.verified.header.timestamp
        for fact in stay_facts(other.readings[0], Conveyance(moment, HowKnown.OUR_MESSAGE, other.digest)).facts:
            if isinstance(fact.what, ReadyNotice):
                yield fact.what.ready


def _same_second(one: datetime, other: datetime) -> bool:
    return one.replace(microsecond=0) == other.replace(microsecond=0)


def _receipt(name: str, fact: Fact, what: ReceiptGiven, letters: tuple[CheckedLetter, ...]) -> Line:
    """An AppRec: theirs by its mail, ours by its document."""
    kind = type(what).__name__
    for letter in letters:
        apprec = letter.apprec
        if apprec is None:
            continue
        theirs = fact.how is HowKnown.THEIR_RECEIPT and letter.received and letter.digest == fact.digest
        ours = fact.how is HowKnown.OUR_MESSAGE and not letter.received and _document_digest(letter) == fact.digest
        if theirs or ours:
            return _receipt_line(name, fact, what, letter, apprec)
    return fails(Check.FACT, name, f"{kind}: the AppRec that it rests on is not in the package, or does not hold")


def _document_digest(letter: CheckedLetter) -> Digest:
    return Digest.of(letter.readings[0].content)


def _receipt_line(name: str, fact: Fact, what: ReceiptGiven, letter: CheckedLetter, apprec: AppRec) -> Line:
    status = {True: ReceiptStatus.OK, False: ReceiptStatus.NEGATIVE, None: ReceiptStatus.NONE}[apprec.accepted]
    about = apprec.original.id
    made = apprec.generated
    kind = type(what).__name__
    if about is None or not same_id(about, what.refers_to):
        return fails(Check.FACT, name, f"{kind}: {letter.name} is about another message")
    if status is not what.status:
        return fails(Check.FACT, name, f"{kind}: {letter.name} has another status")
    same = isinstance(fact.when, Moment) and made is not None and _same_second(made.instant, fact.when.instant)
    if not same:
        return fails(Check.FACT, name, f"{kind}: {letter.name} was made at another time")
    return holds(Check.FACT, name, f"{kind}: {letter.name} says so")
