"""What becomes of a message that we send when something happens to it? One machine per eb:MessageId.

`step` gives the event its name (`On`); a timer becomes one of four, by the terms and the clock. The table
(`sender_table.ROWS`) says for each state and name what comes next, whom to tell, what to do. Reading the table is the
whole of the semantics; `_noted` only writes down the moments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from adapter.delivery.retry import MAIL_WAITING_ALERT, RetryTerms
from adapter.delivery.sender_events import (
    AckMismatched,
    AckVerified,
    AddressChanged,
    Alarm,
    AppRecArrived,
    BounceReceived,
    CancelRequested,
    Effect,
    ErrorVerified,
    Event,
    FaultReceived,
    MailAccepted,
    MailDeferred,
    MailRefused,
    MailUnknown,
    PollMailbox,
    ResendRequested,
    Sealed,
    SealingDeferred,
    SendRuleFailed,
    SignalUnverified,
    TellApplication,
    TimerFired,
    Transmit,
    Unsealed,
    WarningVerified,
)
from adapter.delivery.sender_table import (
    ACKNOWLEDGED_STATES,
    IMPOSSIBLE,
    OPEN_STATES,
    ROWS,
    Does,
    On,
    Row,
    TransportState,
)
from adapter.errors import DELIVERY_IMPOSSIBLE, AdapterError

__all__ = [
    "ACKNOWLEDGED_STATES",
    "IMPOSSIBLE",
    "OPEN_STATES",
    "ROWS",
    "HandOver",
    "On",
    "Row",
    "SenderExchange",
    "Transition",
    "TransportState",
    "is_spent",
    "name_of",
    "new",
    "next_step",
    "step",
]


class HandOver(StrEnum):
    """What is known of the first hand-over to a mail server."""

    NONE = "none"
    """no mail server has been given the message, as far as we know"""
    ACCEPTED = "accepted"
    """a mail server answered 250"""
    UNKNOWN = "unknown"
    """the connection ended after DATA without an answer; treated as sent, and marked"""


@dataclass(frozen=True, slots=True)
class SenderExchange:
    """The transport state of one message, with the moments that belong to it (all UTC).

    `since` is when the state was entered, `resends` the n of §7.3, `first_sent` the first hand-over (never moved once
    set), `due` when the next thing happens by itself (READY: the next attempt; AWAIT_ACK: the timer; otherwise None),
    `deferrals` the failed attempts in a row, `reason` the last thing that explains the state, without patient data.
    """

    state: TransportState
    since: datetime
    resends: int = 0
    first_sent: datetime | None = None
    due: datetime | None = None
    deferrals: int = 0
    hand_over: HandOver = HandOver.NONE
    reason: str = ""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class Transition:
    """The exchange after the event, and what the shell now has to do. The exchange is stored first."""

    exchange: SenderExchange
    effects: tuple[Effect, ...]


# ── the step ────────────────────────────────────────────────────────────────────────────────────────────────────────

_NAMES: Mapping[type[Event], On] = MappingProxyType(
    {
        Sealed: On.SEALED,
        SendRuleFailed: On.SEND_RULE_FAILED,
        SealingDeferred: On.SEALING_DEFERRED,
        Unsealed: On.UNSEALED,
        MailAccepted: On.MAIL_ACCEPTED,
        MailUnknown: On.MAIL_UNKNOWN,
        MailRefused: On.MAIL_REFUSED,
        AddressChanged: On.ADDRESS_CHANGED,
        AckVerified: On.ACK,
        WarningVerified: On.WARNING,
        ErrorVerified: On.ERROR,
        AckMismatched: On.ACK_MISMATCHED,
        SignalUnverified: On.SIGNAL_UNVERIFIED,
        FaultReceived: On.FAULT,
        BounceReceived: On.BOUNCE,
        AppRecArrived: On.APPREC,
        CancelRequested: On.CANCEL,
    }
)


def new(now: datetime) -> SenderExchange:
    """The exchange of a submission that was just taken in."""
    return SenderExchange(TransportState.NEW, now)


def name_of(exchange: SenderExchange, event: Event, now: datetime, terms: RetryTerms) -> On:
    """The name under which the event stands in the table."""
    if isinstance(event, MailDeferred):
        waited = now - exchange.since
        waiting_long = exchange.state is TransportState.READY and waited > MAIL_WAITING_ALERT
        return On.MAIL_DEFERRED_LONG if waiting_long else On.MAIL_DEFERRED
    if isinstance(event, TimerFired):
        return _timer(exchange, event, now, terms)
    if isinstance(event, ResendRequested):
        return On.RESEND_BEYOND if is_spent(exchange, now, terms) else On.RESEND
    return _NAMES[type(event)]


def is_spent(exchange: SenderExchange, now: datetime, terms: RetryTerms) -> bool:
    """Whether these bytes have had every transmission, or all the time, that the terms give them."""
    if exchange.first_sent is None:
        return False
    return exchange.resends >= terms.retries or now >= exchange.first_sent + terms.lifetime


def _timer(exchange: SenderExchange, event: TimerFired, now: datetime, terms: RetryTerms) -> On:
    if exchange.due is None or now < exchange.due:
        return On.TIMER_EARLY
    if event.mailbox_emptied is None or event.mailbox_emptied < exchange.due:
        return On.TIMER_UNPOLLED
    born = exchange.first_sent or exchange.since
    if exchange.resends >= terms.retries or now >= born + terms.lifetime:
        return On.TIMER_EXHAUSTED
    return On.TIMER_RESEND


def step(exchange: SenderExchange, event: Event, now: datetime, terms: RetryTerms) -> Transition:
    """What becomes of a message when something happens to it.

    Raises `AdapterError` (DELIVERY-IMPOSSIBLE) for an event that cannot belong to the state.
    """
    name = name_of(exchange, event, now, terms)
    row = ROWS[exchange.state, name]
    if row is IMPOSSIBLE:
        raise AdapterError(DELIVERY_IMPOSSIBLE, f"{name} while {exchange.state}")
    reason = _reason(event, name)
    if row.next is not None and row.next is not exchange.state:
        due = exchange.due if row.next is TransportState.AWAIT_ACK else None
        after = replace(exchange, state=row.next, since=now, due=due, reason=reason)
    elif name in _EXPLAINS and reason and exchange.state not in ACKNOWLEDGED_STATES:
        after = replace(exchange, reason=reason)
    else:
        after = exchange
    after = _noted(after, name, now, terms)
    return Transition(after, tuple(_effects(row, after, reason, now, terms)))


_EXPLAINS = frozenset(
    {On.SEALING_DEFERRED, On.MAIL_DEFERRED, On.MAIL_DEFERRED_LONG, On.MAIL_UNKNOWN, On.ADDRESS_CHANGED, On.ERROR}
)
"""Events that explain a state without changing it. What nobody has signed is told, but not written down as reason, and
what contradicts an acknowledgment is an alarm that explains nothing."""


def _reason(event: Event, name: On) -> str:
    match event:
        case AppRecArrived():
            return "implied by the AppRec; the acknowledgment was not seen"
        case _ if name is On.TIMER_EXHAUSTED:
            return "no answer to any transmission; the receiver may have the message"
        case _:
            return getattr(event, "reason", "")


def _noted(after: SenderExchange, name: On, now: datetime, terms: RetryTerms) -> SenderExchange:
    """The exchange, already in its new state, with the moments of this event written down."""
    state = after.state
    match name:
        case On.SEALED | On.ADDRESS_CHANGED if state is TransportState.READY:
            return replace(after, due=now, deferrals=0)
        case On.UNSEALED:
            return replace(after, deferrals=0)
        case On.MAIL_ACCEPTED | On.MAIL_UNKNOWN:
            return _handed_over(after, name, now, terms)
        case On.MAIL_DEFERRED | On.MAIL_DEFERRED_LONG if after.is_open:
            failures = after.deferrals + 1
            again = now + terms.mail_back_off.after(failures)
            return replace(after, deferrals=failures, due=again if state is TransportState.READY else after.due)
        case On.TIMER_RESEND | On.RESEND if state is TransportState.AWAIT_ACK:
            return replace(after, resends=after.resends + 1, due=now + terms.interval, deferrals=0)
        case On.RESEND:
            # Only what has just become READY again, and has no due time yet, is another transmission.
            more = after.due is None and after.first_sent is not None
            return replace(after, resends=after.resends + more, due=now, deferrals=0)
        case _:
            return after


def _handed_over(after: SenderExchange, name: On, now: datetime, terms: RetryTerms) -> SenderExchange:
    if after.first_sent is None:
        known = HandOver.ACCEPTED if name is On.MAIL_ACCEPTED else HandOver.UNKNOWN
        after = replace(after, first_sent=now, hand_over=known)
    if after.state is TransportState.AWAIT_ACK:
        # The first doubt is soon removed by another copy; from then on the terms of the agreement hold.
        in_doubt = name is On.MAIL_UNKNOWN and after.resends == 0 < terms.retries
        pause = min(terms.interval, terms.mail_back_off.after(1)) if in_doubt else terms.interval
        after = replace(after, due=now + pause, deferrals=0)
    return after


def _effects(row: Row, after: SenderExchange, reason: str, now: datetime, terms: RetryTerms) -> Iterator[Effect]:
    match row.does:
        case Does.TRANSMIT:
            yield Transmit(after.resends, now)
        case Does.TRANSMIT_LATER:
            yield Transmit(after.resends, now + terms.mail_back_off.after(after.deferrals))
        case Does.POLL:
            yield PollMailbox()
        case Does.NOTHING:
            pass
    if row.tell is not None:
        yield TellApplication(row.tell, reason)
    if row.alarm is not None:
        yield Alarm(row.alarm, reason)


# ── what a person is told ───────────────────────────────────────────────────────────────────────────────────────────

_NEXT_STEP: Mapping[TransportState, str] = MappingProxyType(
    {
        TransportState.NEW: "will be checked, sealed and sent as soon as the daemon runs",
        TransportState.READY: "waits for the receiver's mail server; the next attempt is planned",
        TransportState.AWAIT_ACK: "waits for the acknowledgment; then the same bytes are sent again",
        TransportState.ACKED: "nothing: the receiver has it",
        TransportState.ACKED_IMPLIED: "nothing: its AppRec shows that the receiver has it",
        TransportState.ACKED_WARN: "nothing: the receiver has it; read its warning",
        TransportState.ACKED_LATE: "nothing: the receiver has it; it answered after we had given up",
        TransportState.REJECTED: "refused by the receiver: correct the cause, then send it as a new message",
        TransportState.FAULTED: "the receiver could not read it: ask the receiver, then send it as a new message",
        TransportState.BOUNCED: "a mail server gave it back: check the EDI address, then send it as a new message",
        TransportState.TRANSPORT_FAILED: "the mail server refused it: check the EDI address, then send it again",
        TransportState.DELIVERY_FAILED: "unknown whether the receiver has it: ask the receiver before sending anew",
        TransportState.FAILED_LOCAL: "was not sent: correct what the reason names and hand it in again",
        TransportState.CANCELLED: "nothing: given up by an operator",
    }
)


def next_step(exchange: SenderExchange) -> str:
    """What happens next by itself, or what an operator can do; one line, without patient data."""
    text = _NEXT_STEP[exchange.state]
    if exchange.state is TransportState.NEW and exchange.reason:
        return "waits, and is tried again by itself: see to what the reason names"
    if exchange.state is TransportState.AWAIT_ACK and exchange.hand_over is HandOver.UNKNOWN:
        text = f"{text}; whether the mail server took the first copy is unknown"
    return text
