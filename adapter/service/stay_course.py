"""How has the stay that a message belongs to gone so far? Told from the fact log, at the moment of the message.

The message is put among the facts of its patient as if it had just been recorded, which finds its stay; what is told is
the course without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from adapter.delivery.recorded import best_proved
from adapter.delivery.sender_table import OPEN_STATES
from adapter.delivery.stay_facts import Conveyance, patient_identity, stay_facts
from adapter.facts import (
    AdmissionNotice,
    Answer,
    AnswerClassified,
    Cancellation,
    Correction,
    Death,
    Discharged,
    DischargeDocument,
    Fact,
    HowKnown,
    ReadyNotice,
    ReceiptGiven,
    ReceiptStatus,
    Withdrawal,
)
from adapter.liability.calendar import instant_of
from adapter.liability.stays import Admission, StayFact, stays
from adapter.messages.head import Head
from adapter.messages.linking import same_pair
from adapter.messages.reading import Reading
from adapter.messages.rules.known import Course
from adapter.service.installation import Installation
from adapter.service.stay_log import kept_reading, whose_stay
from adapter.store.port import Direction, ExchangeFilter, FactFilter, Reader
from adapter.values import Digest, Moment, MsgId

_NEWEST: Final = 200
"""More facts of one patient in one hospital are not looked at: those of the stay that is on are the newest."""

_REPORT: Final = "UTSKRIVNINGSRAPPORT"
_INFORMING: Final = "HELSEOPPL_SOKNAD"
_UNDER_WAY: Final = 50
"""More reports that have no acknowledgment yet are not looked through for one of the patient."""


def course_of(installation: Installation, reader: Reader, reading: Reading, now: datetime) -> Course | None:
    """The course of the stay of a message; None where nothing is known of it, or the message is about none."""
    if reading.type == "LOG_DOD":
        return _course_of_the_dead(installation, reader, reading)
    about = whose_stay(installation, reading)
    if about is None or reading.head is None:
        return None
    which = FactFilter(about.patient, about.hospital, about.municipality, newest=_NEWEST)
    known = _known(reader, which, reading.head.msg_id)
    if not known:
        return None
    found = stay_facts(reading, Conveyance(Moment.at(now), HowKnown.OUR_MESSAGE, Digest.of(reading.content)))
    own = {StayFact(fact, found.admitted, found.references) for fact in found.facts}
    itself = {one.fact for one in own}
    every = stays(about.patient.value, about.hospital.value, [*known, *own])
    stay = next((one for one in every if itself & set(one.facts)), every[-1])
    before = [fact for fact in stay.facts if fact not in itself]
    if not before:
        return None
    course = _course(stay.admitted, before)
    if reading.type == _INFORMING:
        course = replace(course, informed=_informed(reader, which, before))
    if course.reported is None and reading.type == "LOG_UTSKREVET" and _report_under_way(reader, reading.head):
        return replace(course, reported=Moment.at(now))
    return course


def _known(reader: Reader, which: FactFilter, but: MsgId | None) -> list[StayFact]:
    """The facts of a patient that are not of the message itself."""
    return [
        StayFact(one.entry.fact, one.entry.admission, one.entry.references)
        for one in best_proved(reader.facts(which))
        if _named(one.entry.fact) != but
    ]


def _course_of_the_dead(installation: Installation, reader: Reader, reading: Reading) -> Course | None:
    """The stay that is on in the house that tells a GP of a death; such a message is about no stay itself."""
    head = reading.head
    if head is None or head.patient is None or head.sender.organisation_her is None:
        return None
    patient, hospital = installation.store.pseudonym(patient_identity(head.patient)), head.sender.organisation_her
    known = _known(reader, FactFilter(patient, hospital, newest=_NEWEST), head.msg_id)
    if not known:
        return None
    stay = stays(patient.value, hospital.value, known)[-1]
    return _course(stay.admitted, stay.facts)


def _informed(reader: Reader, which: FactFilter, of_stay: list[Fact]) -> Moment | None:
    """When the newest Helseopplysninger of a stay was made, new or changed; none that was refused or cancelled, and a
    cancelled one ends with all its changes."""
    void = set(_void(of_stay))
    made = []
    for one in reader.facts(which):
        what, carried_by = one.entry.fact.what, one.entry.exchange_id
        if not isinstance(what, AdmissionNotice | Correction) or carried_by is None or one.entry.fact not in of_stay:
            continue
        if isinstance(what, Correction) and what.refers_to in void:
            void.add(what.carrier.message)
        if what.carrier.message in void or what.carrier.generated is None:
            continue
        exchange = reader.exchange(carried_by)
        if exchange is not None and exchange.type == _INFORMING:
            made.append(what.carrier.generated)
    return max(made, key=lambda moment: moment.instant, default=None)


def _report_under_way(reader: Reader, head: Head) -> bool:
    """Whether a discharge report of the patient has been handed in to the same municipality and is not there yet."""
    if head.patient is None:
        return False
    sent = ExchangeFilter(Direction.OUT, _REPORT, transport=tuple(OPEN_STATES), limit=_UNDER_WAY)
    for reading in (kept_reading(reader, one) for one in reader.exchanges(sent)):
        of = reading.head if reading is not None else None
        if of is not None and of.patient is not None and patient_identity(of.patient) == patient_identity(head.patient):
            return same_pair(of, head)
    return False


def _named(fact: Fact) -> MsgId | None:
    """The message that told a fact; of a receipt or a classification the one that it is about."""
    what = fact.what
    return what.refers_to if isinstance(what, ReceiptGiven | AnswerClassified) else _message(fact)


def _message(fact: Fact) -> MsgId | None:
    what = fact.what
    return None if isinstance(what, ReceiptGiven | AnswerClassified) else what.carrier.message


def _course(admitted: Admission, facts: Iterable[Fact]) -> Course:
    """What stands of the facts of a stay: what was refused or cancelled never was."""
    ordered = sorted(facts, key=lambda fact: instant_of(fact.when))
    void = _void(ordered)
    standing = [fact for fact in ordered if _message(fact) is None or _message(fact) not in void]
    early = [fact for fact in standing if _is_notice(fact, "HELSEOPPL_SOKNAD/1")]
    told = [fact for fact in standing if _is_notice(fact, "LOG_INNLAGT")]
    left = [fact for fact in standing if isinstance(fact.what, Discharged | Death)]
    died = [fact for fact in left if isinstance(fact.what, Death)]
    reports = [fact for fact in standing if isinstance(fact.what, DischargeDocument)]
    ready, answered = _readiness(standing)
    return Course(
        admitted=admitted,
        admission_told=_moment(told[0]) if told else None,
        early_notice=_moment(early[0]) if early else None,
        ready=ready,
        answered=answered,
        left=left[0].when if left else None,
        left_told=_told(left[0]) if left else None,
        died=died[0].when if died else None,
        reported=_moment(reports[0]) if reports else None,
    )


def _void(facts: Iterable[Fact]) -> frozenset[MsgId | None]:
    """The messages that were refused, and those that one cancelled which was not itself refused."""
    refused = {
        fact.what.refers_to
        for fact in facts
        if isinstance(fact.what, ReceiptGiven) and fact.what.status is ReceiptStatus.NEGATIVE
    }
    cancelled = {
        fact.what.refers_to
        for fact in facts
        if isinstance(fact.what, Cancellation) and _message(fact) not in refused and fact.what.refers_to is not None
    }
    return frozenset((*refused, *cancelled))


def _is_notice(fact: Fact, type_: str) -> bool:
    return isinstance(fact.what, AdmissionNotice) and fact.what.type == type_


def _readiness(facts: Iterable[Fact]) -> tuple[Moment | None, Moment | None]:
    """The notice of readiness in force and the first answer to it; None where none is, or the patient has left."""
    ready = answered = None
    for fact in facts:
        if isinstance(fact.what, ReadyNotice):
            ready, answered = _moment(fact), None
        elif isinstance(fact.what, Withdrawal | Discharged | Death):
            ready = answered = None
        elif isinstance(fact.what, Answer) and answered is None:
            answered = _moment(fact)
    return ready, answered


def _moment(fact: Fact) -> Moment:
    return fact.when if isinstance(fact.when, Moment) else Moment.at(instant_of(fact.when))


def _told(fact: Fact) -> Moment | None:
    """When the message of a fact was made."""
    what = fact.what
    return None if isinstance(what, ReceiptGiven | AnswerClassified | Correction) else what.carrier.generated
