"""What becomes of each letter of an accepted envelope: kept, judged, given to the application or not, answered.

A letter is one business message or AppRec. HIS 1037 §3.1 and §6.3.1 know one document with related attachments, and
several independent documents; each letter is an exchange of its own. Steps R10 to R13 of `ebxml.md` §1.3, and the
decision of `apprec.md` §5. All of it happens in the transaction of its caller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from adapter.delivery.duplicates import SignedReference
from adapter.delivery.receiver import ReceivedExchange
from adapter.envelope.header import MessageHeader, ReturnAddress
from adapter.envelope.open import Document, VerifiedMessage
from adapter.facts import HowKnown
from adapter.messages.reading import Reading
from adapter.messages.receipting import BY_ENVELOPE, Case, Decision, Silence, decide, unread_code
from adapter.messages.rules.rule import Side
from adapter.observe import events
from adapter.service import receipts
from adapter.service.choosing import chosen
from adapter.service.installation import Installation
from adapter.service.revocations import Vetted
from adapter.service.stay_log import answered_exchange, record_message
from adapter.service.steps import Told, line_of
from adapter.service.surrounding import judge_around
from adapter.store.port import (
    BlobKind,
    Direction,
    Exchange,
    InboxItem,
    JournalEntry,
    Mail,
    TakenMessage,
    Writer,
)
from adapter.values import Digest, HerId, Moment, MsgId

NOT_IMPORTED = "not imported"
"""The journal's words for a message that the application did not get; the detail says why."""

IN_THE_INBOX = "in the inbox"
"""The journal's words for a message that the application can have from now on; each message has them once at most."""

CAME_WITH_OTHERS = "came in one message with others"
"""The journal's words at each message of an envelope but the first; the detail names the exchange of the first."""

ANOTHER_SENDER = "it names another sender than its envelope"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One verified payload message on its way through the judgement."""

    mail: Mail
    message: VerifiedMessage
    soap: Digest
    references: tuple[SignedReference, ...]
    vetted: Vetted | None

    @property
    def header(self) -> MessageHeader:
        return self.message.header

    @property
    def reply_to(self) -> ReturnAddress:
        header = self.header
        return ReturnAddress(
            header.sender.her,
            header.receiver.her,
            header.cpa_id,
            header.conversation_id,
            header.message_id.value,
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """One business message or AppRec of an envelope, and the octets of what came beside it."""

    reading: Reading
    beside: tuple[bytes, ...] = ()


def letters_of(documents: tuple[Document, ...], readings: tuple[Reading, ...]) -> tuple[Letter, ...]:
    """The letters among the attachments of a message; at least one.

    HIS 1037 §3.1 and §6.3.1 know one document with related attachments, and several independent documents. What is a
    business message or an AppRec is a letter, wherever it stands; anything else belongs to the first one. Without any
    the first document is taken for the main one, and judged as such.
    """
    mains = [place for place, one in enumerate(readings) if one.head is not None or one.apprec is not None] or [0]
    others = tuple(one.octets for place, one in enumerate(documents) if place not in mains)
    return (Letter(readings[mains[0]], others), *(Letter(readings[place]) for place in mains[1:]))


def kept_letter(
    installation: Installation,
    writer: Writer,
    arrival: Arrival,
    letter: Letter,
    reception: ReceivedExchange,
    now: datetime,
) -> Exchange:
    """Keep a letter, and what came beside it, as an exchange of its own."""
    exchange = replace(_exchange(installation, writer, arrival, letter.reading, now), reception=reception)
    if letter.reading.apprec is not None:
        original = receipts.receipted(installation, writer, letter.reading.apprec, exchange)
        exchange = replace(exchange, receipt_for=original.id if original is not None else None)
    writer.add_exchange(exchange)
    writer.add_journal(JournalEntry(exchange.id, arrival.mail.reception.received, "received"))
    if letter.beside:
        writer.add_beside(exchange.id, [writer.put_blob(one, BlobKind.PAYLOAD, now) for one in letter.beside])
        says = f"{len(letter.beside)} other attachments"
        writer.add_journal(JournalEntry(exchange.id, now, "came with it", says))
    return exchange


_SILENT = {Silence.HELD: events.MESSAGE_PARKED, Silence.DUPLICATE: events.MESSAGE_REPEATED}
"""What is told of a message that gets no AppRec; of all others that their senders wait in vain."""


def judged_letter(
    installation: Installation,
    writer: Writer,
    exchange: Exchange,
    reading: Reading,
    types: frozenset[str],
    arrival: Arrival,
    now: datetime,
) -> list[Told]:
    """Give a business message to the application, or not, and answer it as `apprec.md` §5 decides."""
    if _under_another_name(installation, exchange, reading):
        writer.add_journal(JournalEntry(exchange.id, now, NOT_IMPORTED, ANOTHER_SENDER))
        return [Told(events.MESSAGE_PARKED, line_of(exchange, "accepted", "EB-508"))]
    parties = exchange.sender, exchange.receiver
    around = judge_around(installation, writer, reading, parties, Side.RECEIVE, exchange.action or "", types)
    for finding in around:
        writer.add_journal(JournalEntry(exchange.id, now, "noted", f"{finding.rule}: {finding.message}"))
    reading = reading.with_findings((*reading.findings, *around))
    decision = decide(case_of(installation, writer, reading, exchange))
    told = [Told(events.MESSAGE_NOTED, line_of(exchange, "accepted", finding.rule)) for finding in reading.findings]
    if decision.silence is not None:
        writer.add_journal(JournalEntry(exchange.id, now, NOT_IMPORTED, decision.silence.value))
        if decision.silence is Silence.DUPLICATE and _has_other_octets(installation, writer, reading, exchange):
            writer.add_journal(JournalEntry(exchange.id, now, "noted", "MH-014: the MsgId was used for other octets"))
            told.append(Told(events.MESSAGE_NOTED, line_of(exchange, "accepted", "MH-014")))
        event, answered = _SILENT.get(decision.silence, events.MESSAGE_UNANSWERED), list[Told]()
        if decision.silence in BY_ENVELOPE:
            sent = arrival.header.timestamp
            answered = receipts.submit_by_envelope(installation, writer, exchange, sent, unread_code(reading))
            event = events.MESSAGE_REFUSED if answered else event
        return [*told, *answered, Told(event, line_of(exchange, "accepted", decision.silence.name))]
    sent = arrival.header.timestamp
    return told + answer_decided(installation, writer, exchange, reading, decision, arrival.mail, sent)


def answer_decided(
    installation: Installation,
    writer: Writer,
    exchange: Exchange,
    reading: Reading,
    decision: Decision,
    mail: Mail,
    sent: Moment,
) -> list[Told]:
    """Do what was decided about a received message: the application gets it or not, and it is receipted.

    `sent` is the eb:Timestamp, for a message that does not say when it was made.
    """
    now, told = installation.clock.now(), list[Told]()
    _take_ids(installation, writer, reading, exchange, now)
    if decision.imported:
        assert exchange.payload is not None
        writer.add_inbox(InboxItem(exchange.id, exchange.payload, mail.reception.received))
        writer.add_journal(JournalEntry(exchange.id, now, IN_THE_INBOX))
        told.append(Told(events.MESSAGE_DELIVERED, line_of(exchange, "accepted")))
        had = Moment.at(mail.reception.received)
        told += record_message(installation, writer, exchange, reading, had, HowKnown.THEIR_MESSAGE, mail.raw)
    else:
        writer.add_journal(JournalEntry(exchange.id, now, NOT_IMPORTED, _codes(decision)))
        told.append(Told(events.MESSAGE_REFUSED, line_of(exchange, "accepted", _codes(decision))))
    if not decision.imported or installation.settings.inbox.apprec == "at_once":
        told += receipts.submit_apprecs(installation, writer, exchange, reading, decision, sent)
    return told


def _exchange(
    installation: Installation, writer: Writer, arrival: Arrival, reading: Reading, now: datetime
) -> Exchange:
    header, head, apprec = arrival.header, reading.head, reading.apprec
    sender_organisation = head.receiver.organisation_her if head is not None else None
    answered = answered_exchange(writer, head, sender_organisation, header.sender.her) if head is not None else None
    return Exchange(
        id=installation.ids.fresh(),
        direction=Direction.IN,
        type=reading.type or header.action,
        sender=header.sender.her,
        receiver=header.receiver.her,
        created_at=now,
        payload=writer.put_blob(reading.content, BlobKind.PAYLOAD, now),
        msg_id=head.msg_id if head is not None else apprec.id if apprec is not None else None,
        generated=head.generated if head is not None else apprec.generated if apprec is not None else None,
        message_id=header.message_id,
        conversation_id=header.conversation_id,
        cpa_id=header.cpa_id,
        service=header.service.value,
        action=header.action,
        from_role=header.sender.role,
        to_role=header.receiver.role,
        soap=arrival.soap,
        references=arrival.references,
        answers=answered.id if answered is not None else None,
    )


def _under_another_name(installation: Installation, exchange: Exchange, reading: Reading) -> bool:
    """Whether a message names a sender that did not sign its envelope, on either level (EB-508, a possible spoof)."""
    if reading.head is None:
        return False
    said, partner = reading.head.sender, installation.partners.find(exchange.sender)
    party, organisation = said.party_her, said.organisation_her
    return (party is not None and party != exchange.sender) or (
        organisation is not None and partner is not None and organisation != partner.organisation_her
    )


def case_of(installation: Installation, writer: Writer, reading: Reading, exchange: Exchange) -> Case:
    """What the decision about a received message rests on here and now."""
    own = receipts.own_at(installation, exchange.receiver)
    organisation = _organisation(installation, exchange)
    key = _key(reading, exchange)
    duplicate = key is not None and writer.taken(key, organisation) is not None
    return Case(reading, own, installation.codes, duplicate, chosen(installation.settings.choices))


def _has_other_octets(installation: Installation, writer: Writer, reading: Reading, exchange: Exchange) -> bool:
    """Whether the message that was taken under this MsgId was another one (MH-014)."""
    key = _key(reading, exchange)
    taken = writer.taken(key, _organisation(installation, exchange)) if key is not None else None
    return taken is not None and taken.payload != exchange.payload


def _take_ids(installation: Installation, writer: Writer, reading: Reading, exchange: Exchange, now: datetime) -> None:
    key = _key(reading, exchange)
    if key is not None and exchange.payload is not None:
        organisation = _organisation(installation, exchange)
        writer.take_msg_id(TakenMessage(key, organisation, exchange.id, exchange.payload, now))


def _key(reading: Reading, exchange: Exchange) -> MsgId | None:
    """What tells a message from others: its MsgId, and its octets where the MsgId is none. Each message without a good
    one is refused with E10, and two with the same bad one are not the same message."""
    if reading.head is None or exchange.payload is None:
        return None
    msg_id = reading.head.msg_id
    return msg_id if msg_id is not None and msg_id.is_guid else MsgId(exchange.payload.value)


def _organisation(installation: Installation, exchange: Exchange) -> HerId:
    own = installation.own(exchange.receiver)
    assert own is not None
    return own.organisation.her


def _codes(decision: Decision) -> str:
    return ", ".join(sorted({error.v or "" for due in decision.receipts for error in due.errors}))
