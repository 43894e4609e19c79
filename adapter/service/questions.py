"""How a partner's Ping and StatusRequest are answered, if the configuration says so.

Both are services that two parties agree upon (HIS 1037 §3.2, `ebxml.md` §3.8): without `envelope.answer_service` they
are kept and left alone. Only what a known party has signed is answered, each party at most once a minute, and an answer
(Pong, StatusResponse) never is: two machines cannot keep each other busy. Who asks about a message of somebody else
hears that it is not recognized.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from adapter.envelope.classify import Kind
from adapter.envelope.names import eb
from adapter.envelope.open import VerifiedMessage
from adapter.envelope.shown import shown_type
from adapter.envelope.signals import MessageStatus, status_response_xml
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.answers import Response
from adapter.service.clock import lately
from adapter.service.installation import Installation
from adapter.service.steps import Told
from adapter.store.port import OutboxKind, Outcome, Writer
from adapter.values import HerId, MessageId, Moment, utc_text

PAUSE = timedelta(minutes=1)
"""How soon one party's next question is answered; somebody who watches us asks no more often."""

_ANSWERS = {Kind.PING: "Pong", Kind.STATUS_REQUEST: "StatusResponse"}


def is_answered(installation: Installation, question: VerifiedMessage) -> bool:
    """Whether a verified message is a question that the configuration lets be answered."""
    return question.message.kind in _ANSWERS and installation.settings.envelope.answer_service


def answer(installation: Installation, writer: Writer, question: VerifiedMessage, now: datetime) -> list[Told]:
    """Put the answer to a verified question into the outbox; nothing where none is due."""
    header = question.header
    peer = header.sender.her
    own, partner = installation.own(header.receiver.her), installation.partners.find(peer)
    if own is None or partner is None or not is_answered(installation, question):
        return []
    action = _ANSWERS[question.message.kind]
    last = writer.note(_note(peer))
    if last is not None and lately(datetime.fromisoformat(last), PAUSE, now):
        return []
    body = _status(writer, question) if question.message.kind is Kind.STATUS_REQUEST else ""
    message_id = MessageId(installation.ids.fresh())
    sealed = installation.sealer.answer_service(question, action, body, message_id, now)
    Response(message_id.value, sealed.body, OutboxKind.SIGNAL, own.address, partner.address).put(writer, now)
    writer.keep_note(_note(peer), now.isoformat(), until=now + PAUSE)
    return [Told(events.QUESTION_ANSWERED, Line(type=shown_type(header.action), partner=peer.value, state="answered"))]


def _status(writer: Writer, question: VerifiedMessage) -> str:
    """What became of the message that a StatusRequest is about, as far as the one who asks has sent it."""
    asked = question.message.unpacked.body.find(f"{eb('StatusRequest')}/{eb('RefToMessageId')}")
    named = MessageId((asked.text or "").strip() or "-") if asked is not None else MessageId("-")
    seen = writer.seen(question.header.sender.her, named)
    if seen is None:
        return status_response_xml(named, MessageStatus.NOT_RECOGNIZED, None)
    done = seen.outcome is not Outcome.IN_PROGRESS
    item = writer.inbox_item(seen.exchange_id) if seen.exchange_id is not None else None
    waits = item is not None and item.taken_at is None
    status = MessageStatus.PROCESSED if done and not waits else MessageStatus.RECEIVED
    return status_response_xml(named, status, Moment(seen.at, utc_text(seen.at)))


def _note(peer: HerId) -> str:
    return f"answered:{peer}"
