"""Facts that their messages do not tell, in a package and a chain that are honest in everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from played_stay import Exporter, failures

from adapter.delivery.fact_chain import linked
from adapter.delivery.recorded import RecordedFact
from adapter.evidence.dossier import Dossier, Link
from adapter.evidence.report import Outcome
from adapter.evidence.verify import verify
from adapter.facts import (
    Answer,
    AnswerClassified,
    AnswerKind,
    Discharged,
    Fact,
    HowKnown,
    ReadyNotice,
    ReceiptGiven,
    ReceiptStatus,
)
from adapter.values import Digest, Moment, MsgId

Change = Callable[[Fact], Fact]


def forged(dossier: Dossier, kind: type, change: Change) -> tuple[Dossier, str]:
    """The dossier with the first fact of a kind changed and the whole chain made anew; and the fact's member."""
    facts: list[RecordedFact] = []
    name = ""
    for one in dossier.facts:
        entry = one.entry
        if not name and isinstance(entry.fact.what, kind):
            name = f"facts/{len(facts) + 1:04}.json"
            entry = replace(entry, fact=change(entry.fact))
        facts.append(linked(entry, facts[-1] if facts else None, one.recorded_at))
    chain = tuple(Link(one.seq, one.recorded_at, one.digest, one.previous, one.hash) for one in facts)
    return replace(dossier, facts=tuple(facts), chain=chain), name


def at(moment: Moment | date, by: timedelta) -> Moment:
    assert isinstance(moment, Moment)
    return Moment.at(moment.instant + by)


def ready(fact: Fact) -> ReadyNotice:
    assert isinstance(fact.what, ReadyNotice)
    return fact.what


HOUR = timedelta(hours=1)
SENT: dict[str, tuple[type, Change]] = {
    "another moment": (ReadyNotice, lambda fact: replace(fact, when=at(fact.when, -HOUR))),
    "another ready date": (ReadyNotice, lambda fact: replace(fact, what=replace(ready(fact), ready=date(2024, 3, 4)))),
    "another kind": (ReadyNotice, lambda fact: replace(fact, what=Discharged(ready(fact).carrier))),
    "another source": (ReadyNotice, lambda fact: replace(fact, how=HowKnown.THEIR_MESSAGE)),
    "octets that nobody has": (ReadyNotice, lambda fact: replace(fact, digest=Digest("0" * 64))),
    "no octets": (ReadyNotice, lambda fact: replace(fact, digest=None)),
    "a discharge that was not": (Discharged, lambda fact: replace(fact, when=at(fact.when, HOUR))),
    "another answer": (
        Answer,
        lambda fact: replace(fact, what=replace(fact.what, answer=AnswerKind.ACCEPT, promised=None)),
    ),
    "another promise": (Answer, lambda fact: replace(fact, what=replace(fact.what, promised=date(2024, 3, 20)))),
    "a classification with octets": (
        Answer,
        lambda fact: replace(fact, what=AnswerClassified(MsgId("x"), AnswerKind.ACCEPT)),
    ),
    "a receipt with another status": (
        ReceiptGiven,
        lambda fact: replace(fact, what=replace(fact.what, status=ReceiptStatus.NEGATIVE)),
    ),
    "a receipt of another message": (
        ReceiptGiven,
        lambda fact: replace(fact, what=replace(fact.what, refers_to=MsgId("another"))),
    ),
    "a receipt made at another time": (ReceiptGiven, lambda fact: replace(fact, when=at(fact.when, HOUR))),
    "a receipt made on a day": (ReceiptGiven, lambda fact: replace(fact, when=date(2024, 3, 5))),
    "a receipt that is no AppRec": (ReceiptGiven, lambda fact: replace(fact, digest=Digest("1" * 64))),
}


@pytest.mark.parametrize("name", SENT)
def test_a_fact_that_its_message_does_not_tell(hospital: Exporter, name: str) -> None:
    """A fact changed in any part, with an honest chain over it, fails by its own member and no other."""
    dossier, member = forged(hospital.dossier, *SENT[name])
    found = failures(hospital.pack(dossier))
    assert ("fact", member) in found
    assert {one for _, one in found} == {member}


def test_a_moment_of_arrival_that_our_own_acknowledgment_denies(municipality: Exporter) -> None:
    """When a message arrived is the receiver's own clock, and its acknowledgment told the sender at once: a fact that
    says another time fails."""
    dossier, member = forged(
        municipality.dossier, ReadyNotice, lambda fact: replace(fact, when=at(fact.when, timedelta(days=-1)))
    )
    assert failures(municipality.pack(dossier)) == [("fact", member)]


def test_a_moment_of_arrival_without_acknowledgment(municipality: Exporter) -> None:
    """Without the acknowledgment the moment of arrival rests on the exporter's clock, and the line says so."""
    letters = tuple(replace(letter, answers=()) for letter in municipality.dossier.letters)
    package = municipality.pack(replace(municipality.dossier, letters=letters))
    said = [line.says for line in verify(package).lines if "ReadyNotice" in line.says]
    assert len(said) == 1
    assert said[0].endswith("is the exporter's clock")


def test_what_a_person_said_is_noted(hospital: Exporter) -> None:
    """A fact without message is no proof and no failure."""
    lines = [line for line in verify(hospital.package).lines if "person's note" in line.says]
    assert [line.outcome for line in lines] == [Outcome.NOTED]


def test_an_imported_fact_is_noted(hospital: Exporter) -> None:
    """A fact from a file that was handed in is noted as such."""
    dossier, member = forged(hospital.dossier, Discharged, lambda fact: Fact(fact.what, fact.when, HowKnown.IMPORT))
    (line,) = (line for line in verify(hospital.pack(dossier)).lines if line.member == member)
    assert line.outcome is Outcome.NOTED


def test_an_entry_with_another_admission(hospital: Exporter) -> None:
    """What decides to which stay a fact belongs is compared with the message too."""
    facts: list[RecordedFact] = []
    for one in hospital.dossier.facts:
        entry = replace(one.entry, admission=date(2024, 2, 1)) if not facts else one.entry
        facts.append(linked(entry, facts[-1] if facts else None, one.recorded_at))
    chain = tuple(Link(one.seq, one.recorded_at, one.digest, one.previous, one.hash) for one in facts)
    dossier = replace(hospital.dossier, facts=tuple(facts), chain=chain)
    assert failures(hospital.pack(dossier)) == [("fact", "facts/0001.json")]


def test_messages_of_two_patients(hospital: Exporter, municipality: Exporter) -> None:
    """A message about somebody else among the others is found."""
    letters = list(hospital.dossier.letters)
    for number, letter in enumerate(letters):
        octets = letter.attachments[0].octets
        if letter.record.type == "LOG_UTSKREVET":
            other = octets.replace(b"12834130279", b"12834130198")
            assert other != octets
            letters[number] = replace(letter, attachments=(replace(letter.attachments[0], octets=other),))
    assert ("fact", "") in failures(hospital.pack(replace(hospital.dossier, letters=tuple(letters))))


@pytest.mark.parametrize("instant", ["9999-12-31T23:00:00+00:00", "0001-01-01T00:30:00+00:00"])
def test_a_moment_at_the_end_of_all_time(municipality: Exporter, instant: str) -> None:
    """No moment breaks the check."""
    moment = Moment(datetime.fromisoformat(instant), instant)
    dossier, member = forged(municipality.dossier, ReadyNotice, lambda fact: replace(fact, when=moment))
    lines = verify(municipality.pack(dossier)).lines
    assert [line.member for line in lines if line.check.value == "fact" and line.member == member] == [member]
