"""How an answer about readiness is given or read: sent by the municipality, classified in the hospital.

In the municipality the exchange is the readiness message received: the answer is built in the form that the partner
takes and submitted (`plo.md` §1.5). In the hospital it is a received answer, which gets this classification, or the
readiness message sent, for an answer that came by telephone (LI-042).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from adapter.delivery.receipts import AppRecState
from adapter.envelope.shown import shown_type
from adapter.errors import CONFIG_INVALID, EXCHANGE_UNFIT, AdapterError
from adapter.facts import Answer, AnswerKind, Carrier, Fact, HowKnown
from adapter.lookups.port import AnswerForm
from adapter.messages.codes import IdType
from adapter.messages.dialog import Dialog
from adapter.messages.head import Head
from adapter.messages.readiness import is_answer
from adapter.messages.reading import Reading, understand
from adapter.service.build_json import build_message
from adapter.service.installation import Installation
from adapter.service.repeating import Also, nothing_more
from adapter.service.stay_log import kept_reading, ready_date, record_classification, record_spoken_answer
from adapter.service.submission import NotTaken, submit_now
from adapter.store.port import Direction, Exchange, Reader, Writer
from adapter.values import Moment, MsgId, oslo_day

READINESS = "LOG_UTSKRIVNINGSKLAR"


@dataclass(frozen=True, slots=True)
class Said:
    """What the municipality says; `day` is the promised date of `later` and None otherwise."""

    answer: AnswerKind
    day: date | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The answer was submitted as this exchange."""

    exchange_id: str


@dataclass(frozen=True, slots=True)
class Classified:
    """The answer was noted for this exchange."""

    exchange_id: str


def answer(
    installation: Installation, exchange: Exchange, said: Said, also: Also = nothing_more
) -> Sent | Classified | NotTaken:
    """Answer a received readiness message, or say what a received answer means.

    `also` is written in the same transaction.

    Raises `AdapterError` (EXCHANGE_UNFIT) for any other exchange, and for `unclear` in the municipality.
    """
    if exchange.payload is None:
        raise AdapterError(EXCHANGE_UNFIT, "its message is not kept")
    payload = exchange.payload
    reading = understand(installation.store.read_now(lambda reader: reader.blob(payload)))
    if exchange.type == READINESS and exchange.direction is Direction.IN:
        return _send(installation, exchange, reading, said, also)
    if exchange.type == READINESS:
        return _note_spoken(installation, exchange, said, also)
    received_answer = isinstance(reading.message, Dialog) and is_answer(reading.message)
    if exchange.direction is Direction.IN and received_answer:

        def classify(writer: Writer) -> None:
            record_classification(installation, writer, exchange, said.answer, said.day)
            also(writer, exchange.id)

        installation.store.write_now(classify)
        return Classified(exchange.id)
    said_to_be = shown_type(exchange.type)
    raise AdapterError(EXCHANGE_UNFIT, f"{said_to_be} is neither a readiness message nor a received answer to one")


def _note_spoken(installation: Installation, exchange: Exchange, said: Said, also: Also) -> Classified:
    now = Moment.at(installation.clock.now())
    fact = Fact(Answer(Carrier(), said.answer, said.day), now, HowKnown.PERSON)

    def note(writer: Writer) -> bool:
        told = record_spoken_answer(installation, writer, exchange, fact)
        if told:
            also(writer, exchange.id)
        return bool(told)

    if not installation.store.write_now(note):
        raise AdapterError(EXCHANGE_UNFIT, "the municipality has not had this readiness message yet")
    return Classified(exchange.id)


def _send(installation: Installation, exchange: Exchange, reading: Reading, said: Said, also: Also) -> Sent | NotTaken:
    if said.answer is AnswerKind.UNCLEAR:
        raise AdapterError(EXCHANGE_UNFIT, "an answer that we send is never unclear")
    if reading.head is None or exchange.msg_id is None:
        raise AdapterError(EXCHANGE_UNFIT, "the readiness message cannot be read, or has no MsgId to refer to")
    partner = installation.partner(exchange.sender)
    note = partner.answer_form is AnswerForm.NOTE
    now = installation.clock.now()
    asked = _input(exchange, reading, said, now) | {"contact": _contact(installation, exchange)}
    if (before := _previous(installation, exchange)) is not None:
        # A further answer follows the one before it, in the dialogue that started at the readiness message (§1.4).
        asked["reference"] = {"parent": before.value, "conversation": exchange.msg_id.value}
    content = build_message(
        json.dumps(asked).encode(),
        "readiness-answer-note" if note else "readiness-answer",
        (installation.settings, installation.partners),
        now=now,
        msg_id=MsgId(installation.ids.fresh()),
        codes=installation.codes,
    )
    outcome = submit_now(installation, content, also)
    return outcome if isinstance(outcome, NotTaken) else Sent(outcome)


def _contact(installation: Installation, exchange: Exchange) -> dict[str, object]:
    own = installation.own(exchange.receiver)
    if own is None or own.contact is None:
        says = (
            f"[[party]] {exchange.receiver} needs a contact: an answer names a health professional with a phone number"
        )
        raise AdapterError(CONFIG_INVALID, says)
    return own.contact.model_dump(exclude_none=True)


def _previous(installation: Installation, exchange: Exchange) -> MsgId | None:
    """The latest answer that we have given to this readiness message; one that was refused never arrived there."""

    def look(reader: Reader) -> MsgId | None:
        last = exchange
        for _ in range(_ANSWERS):
            given = [one for one in reader.related(last.id) if one.answers == last.id and _is_given(reader, one)]
            if not given:
                break
            last = given[-1]
        return last.msg_id if last is not exchange else None

    return installation.store.read_now(look)


_ANSWERS = 50
"""More answers to one message are not followed."""


def _is_given(reader: Reader, one: Exchange) -> bool:
    refused = one.receipt is not None and one.receipt.state is AppRecState.REJECTED
    if one.direction is not Direction.OUT or refused:
        return False
    said = kept_reading(reader, one)
    return said is not None and isinstance(said.message, Dialog) and is_answer(said.message)


def _input(exchange: Exchange, reading: Reading, said: Said, now: datetime) -> dict[str, object]:
    """The build-JSON of the answer: the parties the other way round, the patient copied (`msghead.md` §10.2)."""
    assert exchange.msg_id is not None
    assert reading.head is not None
    told: dict[str, object] = {
        "sender": {"her": exchange.receiver.value},
        "receiver": {"her": exchange.sender.value},
        "patient": _patient(reading.head),
        "reference": {"parent": exchange.msg_id.value},
        "answer": said.answer.value,
    }
    if said.answer is AnswerKind.ACCEPT:
        told["day"] = max(oslo_day(now), ready_date(reading) or date.min).isoformat()
    elif said.day is not None:
        told["day"] = said.day.isoformat()
    if said.text:
        told["text"] = said.text
    return told


def _patient(head: Head) -> dict[str, object]:
    patient = head.patient
    if patient is None:
        raise AdapterError(EXCHANGE_UNFIT, "the readiness message names no patient")
    told: dict[str, object] = {"family_name": patient.family_name or "", "given_name": patient.given_name or ""}
    if patient.middle_name:
        told["middle_name"] = patient.middle_name
    if patient.born is not None:
        told["birth_date"] = patient.born.isoformat()
    sexes = {"0": "unknown", "1": "male", "2": "female", "9": "unspecified"}
    if patient.sex is not None and patient.sex.v in sexes:
        told["sex"] = sexes[patient.sex.v]
    ident = next((one for one in patient.idents if one.is_a(*IdType)), None)
    if ident is not None and ident.type is not None:
        told["id"] = {"type": ident.type.v, "number": ident.id}
    return told
