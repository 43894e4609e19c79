"""How a step of an outgoing message is written down: its new state, what follows from it, its journal, its log lines.

One function per axis. Each works inside the transaction of its caller and returns what is to be told after the commit,
so that a line is never written for something that was rolled back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from adapter.delivery import receipts, sender
from adapter.delivery.receipts import ReceiptEvent, ReceiptNews
from adapter.delivery.retry import RetryTerms
from adapter.delivery.sender import ACKNOWLEDGED_STATES, TransportState
from adapter.delivery.sender_events import Alarm, AlarmRule, Event, TellApplication, Transmit
from adapter.envelope.shown import shown_type
from adapter.observe import events
from adapter.observe.log import Line, Log
from adapter.store.port import Exchange, JournalEntry, OutboxItem, OutboxKind, Writer
from adapter.values import Digest, EdiAddress


@dataclass(frozen=True, slots=True)
class Told:
    """One line for the log, once the transaction is durable."""

    event: events.Event
    line: Line


def tell(log: Log, told: Iterable[Told]) -> None:
    """Write the lines."""
    for entry in told:
        log.tell(entry.event, entry.line)


_STATE_EVENTS = {
    TransportState.READY: events.EXCHANGE_SEALED,
    TransportState.AWAIT_ACK: events.EXCHANGE_SENT,
    TransportState.ACKED: events.ACK_RECEIVED,
    TransportState.ACKED_LATE: events.ACK_RECEIVED,
    TransportState.ACKED_WARN: events.ACK_WARNED,
    TransportState.REJECTED: events.ERROR_RECEIVED,
    TransportState.TRANSPORT_FAILED: events.EXCHANGE_REFUSED,
    TransportState.DELIVERY_FAILED: events.EXCHANGE_GIVEN_UP,
    TransportState.FAILED_LOCAL: events.EXCHANGE_FAILED,
}

_RECEIPT_EVENTS = {
    ReceiptNews.ACCEPTED: events.APPREC_RECEIVED,
    ReceiptNews.ACCEPTED_LATE: events.APPREC_RECEIVED,
    ReceiptNews.REJECTED: events.APPREC_REJECTED,
    ReceiptNews.TIMED_OUT: events.APPREC_MISSING,
    ReceiptNews.CONTRADICTED: events.ACK_ALARMED,
}


def line_of(exchange: Exchange, state: str | None = None, rule: str | None = None) -> Line:
    """The fields of an exchange that a log line carries."""
    return Line(
        exchange=exchange.id,
        message_id=exchange.message_id.value if exchange.message_id is not None else None,
        type=shown_type(exchange.type),
        partner=exchange.peer.value,
        state=state,
        rule=rule,
    )


def take_transport_step(
    writer: Writer, exchange: Exchange, event: Event, now: datetime, terms: RetryTerms, sent_from: EdiAddress
) -> tuple[Exchange, list[Told]]:
    """Feed an event to the transport axis of an outgoing exchange and write everything that follows from it.

    The receipt axis learns what the transport has decided. Raises `AdapterError` (STORE-CONFLICT, DELIVERY-IMPOSSIBLE).
    """
    before = exchange.transport
    assert before is not None
    transition = sender.step(before, event, now, terms)
    after = transition.exchange
    changed = replace(exchange, transport=after)
    told: list[Told] = []
    if after.state is not before.state:
        about_receipt = receipts.transport_event(after.state)
        if changed.receipt is not None and about_receipt is not None:
            changed = replace(changed, receipt=receipts.step(changed.receipt, about_receipt, now).exchange)
        writer.add_journal(JournalEntry(exchange.id, now, f"transport: {after.state.value}", after.reason))
        line = line_of(changed, after.state.value)
        if after.state in ACKNOWLEDGED_STATES or after.state is TransportState.REJECTED:
            line = replace(line, waited_ms=_waited(changed, now))
        told.append(Told(_STATE_EVENTS.get(after.state, events.EXCHANGE_CHANGED), line))
    saved = writer.save_exchange(changed)
    for effect in transition.effects:
        match effect:
            case Transmit(resend=resend, at=at):
                _put(writer, saved, at, now, sent_from)
                if resend > before.resends:
                    writer.add_journal(JournalEntry(exchange.id, now, "resend", f"transmission {resend + 1}"))
                    told.append(Told(events.EXCHANGE_RESENT, line_of(saved, after.state.value)))
            case Alarm(rule=rule, reason=reason):
                if rule is AlarmRule.MAIL_WAITING and _waits_as_before(writer, exchange.id):
                    continue
                writer.add_journal(JournalEntry(exchange.id, now, f"alarm: {rule.value}", reason))
                if rule in ALARM_EVENTS:
                    told.append(Told(ALARM_EVENTS[rule], line_of(saved, after.state.value, rule.value)))
            case TellApplication(news=news, reason=reason):
                writer.add_journal(JournalEntry(exchange.id, now, f"application: {news.value}", reason))
            case _:
                pass
    return saved, told


TOLD_BY_STATE = frozenset(
    {
        AlarmRule.SEND_RULE,
        AlarmRule.MAIL_REFUSED,
        AlarmRule.REFUSED,
        AlarmRule.NO_ANSWER,
        AlarmRule.APPREC_WITHOUT_ACK,
    }
)
"""Alarms that the line about the new state already tells."""

ALARM_EVENTS: Final[Mapping[AlarmRule, events.Event]] = MappingProxyType(
    {
        AlarmRule.MAIL_WAITING: events.EXCHANGE_HELD_UP,
        AlarmRule.SENT_AFTER_CANCEL: events.EXCHANGE_SENT_AFTER_ALL,
        AlarmRule.FAULT: events.EXCHANGE_FAULTED,
        AlarmRule.BOUNCE: events.EXCHANGE_BOUNCED,
        AlarmRule.LATE_ANSWER: events.ACK_LATE,
        AlarmRule.ACK_REFERENCES: events.ACK_ALARMED,
        AlarmRule.SIGNAL_NOT_VERIFIED: events.ACK_ALARMED,
        AlarmRule.SIGNALS_CONTRADICT: events.ACK_ALARMED,
        AlarmRule.APPREC_NOT_EXPECTED: events.ACK_ALARMED,
    }
)
"""What the log says of every other alarm."""


def _waits_as_before(writer: Writer, exchange_id: str) -> bool:
    """Whether it was told already that no mail server takes the message, since it became ready; once is enough."""
    said, ready = f"alarm: {AlarmRule.MAIL_WAITING.value}", f"transport: {TransportState.READY.value}"
    last = next((line.what for line in reversed(writer.journal(exchange_id)) if line.what in {said, ready}), ready)
    return last == said


def _put(writer: Writer, exchange: Exchange, due: datetime, now: datetime, sent_from: EdiAddress) -> None:
    body, address = exchange.sealed, exchange.peer_address
    assert isinstance(body, Digest)
    assert address is not None
    writer.put_outbox(
        OutboxItem(
            id=exchange.id,
            kind=OutboxKind.MESSAGE,
            body=body,
            sender=sent_from,
            recipient=address,
            due=due,
            created_at=now,
            exchange_id=exchange.id,
        )
    )


def take_receipt_step(
    writer: Writer, exchange: Exchange, event: ReceiptEvent, now: datetime, errors: tuple[str, ...] = ()
) -> tuple[Exchange, list[Told]]:
    """Feed an event to the receipt axis of an outgoing exchange and write what follows from it."""
    before = exchange.receipt
    assert before is not None
    transition = receipts.step(before, event, now, errors)
    if transition.exchange == before and transition.news is ReceiptNews.NONE:
        return exchange, []
    saved = writer.save_exchange(replace(exchange, receipt=transition.exchange))
    state = transition.exchange.state
    told: list[Told] = []
    if state is not before.state:
        writer.add_journal(JournalEntry(exchange.id, now, f"apprec: {state.value}", ", ".join(errors)))
    if transition.news is not ReceiptNews.NONE:
        line = replace(line_of(saved, state.value, ", ".join(errors) or None), waited_ms=_waited(saved, now))
        told.append(Told(_RECEIPT_EVENTS[transition.news], line))
    return saved, told


def _waited(exchange: Exchange, now: datetime) -> float | None:
    """The milliseconds since a message was first sent; None before that."""
    sent = exchange.transport.first_sent if exchange.transport is not None else None
    return None if sent is None else round((now - sent).total_seconds() * 1000, 1)
