"""What is known around a message here: the message it refers to, its stay, what the directory says of its parties."""

from __future__ import annotations

from datetime import datetime

from adapter.delivery.stay_facts import patient_identity
from adapter.errors import AdapterError
from adapter.messages.findings import Finding
from adapter.messages.head import Head
from adapter.messages.kinds import kind_of
from adapter.messages.linking import same_pair
from adapter.messages.reading import Reading
from adapter.messages.rules.compared import asked_in, content_of
from adapter.messages.rules.known import Deadlines, Earlier, Known, OwnReceipt, Surroundings
from adapter.messages.rules.rule import Side
from adapter.messages.rules.surroundings import judge_surroundings
from adapter.service.choosing import chosen
from adapter.service.installation import Installation
from adapter.service.receipts import own_receipt
from adapter.service.stay_course import course_of
from adapter.service.stay_log import kept_reading, named_exchange
from adapter.store.port import Direction, Exchange, Reader
from adapter.values import HerId, MsgId

_CANCELLATIONS = 20
"""More messages about one are not looked through; a dialogue is cancelled once."""


def judge_around(
    installation: Installation,
    reader: Reader,
    reading: Reading,
    parties: tuple[HerId, HerId],
    side: Side,
    action: str = "",
    types: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """The findings of the rules that need store, directory, envelope or clock.

    `parties` are sender and receiver of the envelope; `action` is the eb:Action of one received, `types` are those of
    all messages in it.
    """
    sender, receiver = parties
    head = reading.head
    if head is None:
        return ()
    now, late = installation.clock.now(), installation.settings.deadlines
    known = Surroundings(
        _patient(head),
        _earlier(reader, head, (sender, receiver), side, now),
        _known(installation, sender),
        _known(installation, receiver),
        action,
        contradicted=action not in types
        and _names_one(installation, action)
        and _names_one(installation, reading.type),
        course=course_of(installation, reader, reading, now),
        now=now,
        deadlines=Deadlines(late.admitted, late.withdrawn, late.answered),
        stay_course=chosen(installation.settings.choices).stay_course,
    )
    return judge_surroundings(reading, known, side)


def _names_one(installation: Installation, type_: str | None) -> bool:
    """Whether it is a known type of message; the generic one of logistics fits them all (`msghead.md` §4)."""
    if type_ is None or type_ == "PASIENTLOGISTIKK":
        return False
    return kind_of(type_) is not None or installation.codes.text("8279", type_) is not None


def _patient(head: Head) -> str:
    return patient_identity(head.patient) if head.patient is not None else ""


def _earlier(reader: Reader, head: Head, parties: tuple[HerId, HerId], side: Side, now: datetime) -> Earlier | None:
    sender, receiver = parties
    own, peer = (head.sender, receiver) if side is Side.SEND else (head.receiver, sender)
    exchange = named_exchange(reader, head, own.organisation_her, peer)
    said = kept_reading(reader, exchange) if exchange is not None else None
    if exchange is None or said is None or said.head is None or exchange.msg_id is None:
        return None
    link = said.head.conversation
    first = link.conversation if link is not None and link.conversation is not None else exchange.msg_id
    ours = exchange.direction is Direction.OUT
    return Earlier(
        msg_id=exchange.msg_id,
        first=first,
        type=exchange.type,
        patient=_patient(said.head),
        sender=said.head.sender,
        receiver=said.head.receiver,
        from_sender=ours if side is Side.SEND else not ours,
        cancelled=_is_cancelled(reader, exchange, first),
        same_pair=same_pair(said.head, head),
        asked=asked_in(said),
        content=content_of(said),
        receipt=OwnReceipt.SETTLED if ours else own_receipt(reader, exchange, now),
    )


def _is_cancelled(reader: Reader, exchange: Exchange, first: MsgId) -> bool:
    about = [*reader.related(exchange.id)]
    about += [other for sent in reader.find_sent(first) for other in reader.related(sent.id)]
    readings = (kept_reading(reader, one) for one in about[-_CANCELLATIONS:] if one.type == exchange.type)
    return any(said is not None and said.status == "C" for said in readings)


def _known(installation: Installation, her: HerId) -> Known | None:
    own = installation.own(her)
    if own is not None:
        has_beds = own.sender_type == "municipal_emergency_unit"
        return Known(own.organisation.her, own.organisation.name, own.role, has_beds)
    try:
        partner = installation.partners.find(her)
    except AdapterError:
        return None
    if partner is None:
        return None
    has_beds = partner.sender_type == "municipal_emergency_unit"
    return Known(partner.organisation_her, partner.organisation_name, partner.role.value, has_beds)
