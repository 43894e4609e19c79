"""How what waits in the outbox leaves: claim, hand over to the transport, write down what became of it.

The intent is durable before a socket is written: the claim, and the Message-ID and ENVID under which a bounce or a
Fault will come back, are committed first. An item whose claim ran out (we died in between) is claimed again: the same
octets go out under the same eb:MessageId, and the receiver sees a duplicate (`ebxml.md` §7.5). What never left and is
signed with a certificate that has lost its standing meanwhile does not leave (`unsealing`).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapter.delivery.receiver import Reception
from adapter.delivery.receiver import step as reception_step
from adapter.delivery.retry import BackOff
from adapter.delivery.sender_events import Event, MailAccepted, MailDeferred, MailRefused, MailUnknown
from adapter.envelope.mail import MailHeaders, mail
from adapter.errors import STORE_CLAIM_LOST, AdapterError
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service import readdressing, unsealing
from adapter.service.installation import Installation
from adapter.service.pulse import STORE_AWAY
from adapter.service.steps import Told, line_of, take_transport_step, tell
from adapter.store.port import Direction, JournalEntry, OutboxItem, OutboxKind, OutboxState, Writer
from adapter.transports.port import Accepted, Deferred, Outcome, OutcomeUnknown, OutgoingMail, Refused, Transport
from adapter.values import EdiAddress

LEASE = timedelta(minutes=15)
"""Longer than any hand-over may take; after it, the item is anybody's again."""

BATCH = 16

SIGNAL_LIFETIME = timedelta(hours=72)
"""A signal that no mail server takes for so long is given up; the sender resends and is answered again."""

SIGNAL_DOUBTS = 5
"""So often a signal is handed over whose connection is cut off every time; then it counts as sent. Its receiver knows a
copy of it and ignores it (`ebxml.md` §7.3), but each may be one more mail in somebody's mailbox."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    item: OutboxItem
    mail: OutgoingMail


async def transmit_due(installation: Installation, transport: Transport, worker: str) -> int:
    """Send what is due; says how many items were handled."""
    now = installation.clock.now()
    parcels, told = await installation.store.write(lambda writer: _claim(installation, writer, now, worker))
    tell(installation.log, told)
    if parcels:
        await asyncio.gather(*(_send(installation, transport, parcel) for parcel in parcels))
    return len(parcels)


def _claim(installation: Installation, writer: Writer, now: datetime, worker: str) -> tuple[list[_Parcel], list[Told]]:
    """What may leave now; an item whose octets cannot be had waits, and those behind it go (lessons 17)."""
    parcels, told = [], []
    for item in writer.claim_outbox(now, BATCH, LEASE, worker):
        try:
            body = writer.blob(item.body)
        except AdapterError as error:
            if error.kind in STORE_AWAY:
                raise
            told += _note(installation, writer, item, Deferred(error.id), None, now)
            continue
        name = f"{installation.ids.fresh()}@{item.sender.domain}"
        if item.exchange_id is not None:
            writer.correlate(name, item.exchange_id, now)
        headers = MailHeaders(item.sender, item.recipient, now, name, item.in_reply_to or "")
        content = mail(headers, body)
        parcels.append(_Parcel(item, OutgoingMail(item.sender, item.recipient, content, name)))
    return parcels, told


async def _send(installation: Installation, transport: Transport, parcel: _Parcel) -> None:
    if unsealing.is_to_be_looked_at(parcel.item, installation.clock.now()):
        try:
            taken_back = await asyncio.to_thread(_taken_back, installation, parcel.item)
        except AdapterError as error:
            if error.kind is not STORE_CLAIM_LOST:
                raise
            return
        if taken_back is not None:
            tell(installation.log, taken_back)
            return
    started = time.perf_counter()
    outcome = await transport.send(parcel.mail)
    took_ms = round((time.perf_counter() - started) * 1000, 1)
    elsewhere = None
    if isinstance(outcome, Refused):
        elsewhere = await asyncio.to_thread(readdressing.new_address, installation, parcel.item)
    now = installation.clock.now()
    try:
        told = await installation.store.write(
            lambda writer: _note(installation, writer, parcel.item, outcome, elsewhere, now)
        )
    except AdapterError as error:
        if error.kind is not STORE_CLAIM_LOST:
            raise
        # The same item was put in again while it was on its way: a copy's answer, or a resend. It will go once more.
        return
    tell(installation.log, (replace(entry, line=replace(entry.line, took_ms=took_ms)) for entry in told))


def _taken_back(installation: Installation, item: OutboxItem) -> list[Told] | None:
    """Take an item back whose signature does not hold any more; a signal waits where nothing can be signed either."""
    try:
        return unsealing.unseal(installation, item)
    except AdapterError as error:
        if error.kind not in unsealing.NOT_SIGNED:
            raise
        why, now = error.id, installation.clock.now()
    if now - item.created_at >= SIGNAL_LIFETIME:
        return installation.store.write_now(lambda writer: _give_up_signal(writer, item, now, why))
    again = now + installation.terms.mail_back_off.after(item.deferrals + 1)
    return installation.store.write_now(lambda writer: _let_wait(writer, item, again, now, why))


def _let_wait(writer: Writer, item: OutboxItem, again: datetime, now: datetime, why: str) -> list[Told]:
    writer.postpone_outbox(item, again, why)
    exchange = writer.exchange(item.exchange_id) if item.exchange_id is not None else None
    if exchange is None:
        return [Told(events.EXCHANGE_PUT_OFF, Line(state=item.kind.value, rule=why))]
    if item.reason != why:
        writer.add_journal(JournalEntry(exchange.id, now, "the answer waits to be sealed anew", why))
    return [Told(events.EXCHANGE_PUT_OFF, line_of(exchange, item.kind.value, why))]


def _note(
    installation: Installation,
    writer: Writer,
    item: OutboxItem,
    outcome: Outcome,
    elsewhere: EdiAddress | None,
    now: datetime,
) -> list[Told]:
    """Write down what became of an item. `elsewhere` is where else a refused message may go, None where nowhere."""
    if item.kind is OutboxKind.MESSAGE:
        return _note_message(installation, writer, item, outcome, elsewhere, now)
    return _note_signal(writer, item, outcome, now, installation.terms.mail_back_off)


def _note_message(
    installation: Installation,
    writer: Writer,
    item: OutboxItem,
    outcome: Outcome,
    elsewhere: EdiAddress | None,
    now: datetime,
) -> list[Told]:
    assert item.exchange_id is not None
    told = []
    event: Event
    match outcome:
        case Accepted():
            event, state = MailAccepted(), OutboxState.SENT
        case OutcomeUnknown(reason=reason):
            event, state = MailUnknown(reason), OutboxState.UNKNOWN
            told.append(events.EXCHANGE_UNKNOWN)
        case Refused(reason=reason):
            event, state = MailRefused(reason), OutboxState.REFUSED
        case Deferred(reason=reason):
            event, state = MailDeferred(reason), OutboxState.WAITING
            told.append(events.EXCHANGE_DEFERRED)
    reason = getattr(outcome, "reason", "")
    if state is OutboxState.WAITING:
        writer.postpone_outbox(item, now + installation.terms.mail_back_off.after(item.deferrals + 1), reason)
    else:
        writer.finish_outbox(item, state, now, reason)
    exchange = writer.exchange(item.exchange_id)
    assert exchange is not None
    if elsewhere is not None and exchange.transport is not None and exchange.transport.is_open:
        return readdressing.readdress(installation, writer, exchange, item, elsewhere, reason, now)
    exchange, lines = take_transport_step(writer, exchange, event, now, installation.terms_for(exchange), item.sender)
    assert exchange.transport is not None
    return [*(Told(kind, line_of(exchange, exchange.transport.state.value)) for kind in told), *lines]


def _note_signal(writer: Writer, item: OutboxItem, outcome: Outcome, now: datetime, back_off: BackOff) -> list[Told]:
    exchange = writer.exchange(item.exchange_id) if item.exchange_id is not None else None
    match outcome:
        case Deferred(reason=reason) if now - item.created_at < SIGNAL_LIFETIME:
            writer.postpone_outbox(item, now + back_off.after(item.deferrals + 1), reason)
            line = line_of(exchange) if exchange is not None else Line(state=item.kind.value)
            return [Told(events.EXCHANGE_DEFERRED, line)]
        case OutcomeUnknown(reason=reason) if item.doubts + 1 < SIGNAL_DOUBTS:
            writer.put_back_outbox(item, now + back_off.after(item.doubts + 1), reason)
            return [Told(events.EXCHANGE_UNKNOWN, line_of(exchange))] if exchange is not None else []
        case Deferred(reason=reason) | Refused(reason=reason):
            return _give_up_signal(writer, item, now, reason)
        case OutcomeUnknown(reason=reason):
            writer.finish_outbox(item, OutboxState.UNKNOWN, now, reason)
        case Accepted():
            writer.finish_outbox(item, OutboxState.SENT, now)
    if exchange is None or exchange.direction is not Direction.IN or exchange.reception is None:
        return []
    stepped = reception_step(exchange.reception, Reception.RESPONSE_SENT, now)
    saved = writer.save_exchange(replace(exchange, reception=stepped.exchange))
    writer.add_journal(JournalEntry(saved.id, now, "answer sent"))
    return [Told(events.MESSAGE_ACKNOWLEDGED, line_of(saved, stepped.exchange.state.value))]


def _give_up_signal(writer: Writer, item: OutboxItem, now: datetime, reason: str) -> list[Told]:
    writer.finish_outbox(item, OutboxState.REFUSED, now, reason)
    exchange = writer.exchange(item.exchange_id) if item.exchange_id is not None else None
    if exchange is None:
        return [Told(events.EXCHANGE_REFUSED, Line(state=item.kind.value))]
    writer.add_journal(JournalEntry(exchange.id, now, "the answer could not be sent", reason))
    return [Told(events.EXCHANGE_REFUSED, line_of(exchange))]
