"""Where is a message that we send? The transport axis: one machine per eb:MessageId.

The machine follows `ebxml.md` §7.3. A submission is NEW until it has been checked and sealed; sealed it is READY, and
waits for a mail server. Once a mail server has it, or may have it, it is AWAIT_ACK: from then on only the other
party's word ends the wait, or the end of its patience. Every resend is the same bytes. The receipt of the business
message (AppRec) is another axis with a clock of its own (`delivery/receipts.py`); here it only shows that the
envelope arrived.

Three sentences explain the rows that §7.3 does not spell out:

1.  What the receiver has said with a verified signature is never taken back: ACKED, ACKED_WARN, ACKED_LATE and
    REJECTED are left by nothing, not even by an operator; whatever contradicts them is an alarm.
2.  What only *we* concluded (TRANSPORT_FAILED, DELIVERY_FAILED, FAULTED, BOUNCED, CANCELLED) is corrected by a late
    word of the receiver that it has the message: ACKED_LATE.
3.  A signal may come while we are READY: the acknowledgment overtook our own note of the hand-over, or that note was
    lost in a crash. It counts as in AWAIT_ACK.

A signal whose RefToMessageId names no message of ours has no machine: it is logged and put in quarantine, unanswered.

How it works: `step` gives the event its name (`On`); a timer becomes one of four, by the terms and the clock. The
table `ROWS` says for each state and name what comes next, whom to tell, what to do. Reading the table is the whole of
the semantics; `_noted` only writes down the moments. Each cell exists: `ignored` (a race or a repetition, no harm),
an alarm (a violation of the protocol), or `IMPOSSIBLE` (a defect in the caller).
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
    AlarmRule,
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
    News,
    PollMailbox,
    RefreshAddress,
    ResendRequested,
    Sealed,
    SendRuleFailed,
    SignalUnverified,
    TellApplication,
    TimerFired,
    Transmit,
    WarningVerified,
)
from adapter.errors import DELIVERY_IMPOSSIBLE, AdapterError

# ── states ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class TransportState(StrEnum):
    """Where a message of ours is (`ebxml.md` §7.3)."""

    NEW = "new"
    READY = "ready"
    AWAIT_ACK = "await_ack"
    ACKED = "acked"
    ACKED_WARN = "acked_warn"
    ACKED_LATE = "acked_late"
    REJECTED = "rejected"
    FAULTED = "faulted"
    BOUNCED = "bounced"
    TRANSPORT_FAILED = "transport_failed"
    DELIVERY_FAILED = "delivery_failed"
    FAILED_LOCAL = "failed_local"
    CANCELLED = "cancelled"


class HandOver(StrEnum):
    """What is known of the first hand-over to a mail server."""

    NONE = "none"
    """no mail server has been given the message, as far as we know"""
    ACCEPTED = "accepted"
    """a mail server answered 250"""
    UNKNOWN = "unknown"
    """the connection ended after DATA without an answer; treated as sent, and marked"""


OPEN_STATES = frozenset({TransportState.NEW, TransportState.READY, TransportState.AWAIT_ACK})
"""The states in which we still have something to do."""

ACKNOWLEDGED_STATES = frozenset({TransportState.ACKED, TransportState.ACKED_WARN, TransportState.ACKED_LATE})
"""The states in which the receiver has said, or shown by its AppRec, that it has the envelope."""


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


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────


class On(StrEnum):
    """The name of an event in the table."""

    SEALED = "sealed"
    SEND_RULE_FAILED = "send_rule_failed"
    MAIL_ACCEPTED = "mail_accepted"
    MAIL_UNKNOWN = "mail_unknown"
    MAIL_DEFERRED = "mail_deferred"
    MAIL_DEFERRED_LONG = "mail_deferred_long"
    MAIL_REFUSED = "mail_refused"
    ADDRESS_CHANGED = "address_changed"
    ACK = "ack"
    WARNING = "warning"
    ERROR = "error"
    ACK_MISMATCHED = "ack_mismatched"
    SIGNAL_UNVERIFIED = "signal_unverified"
    FAULT = "fault"
    BOUNCE = "bounce"
    TIMER_EARLY = "timer_early"
    TIMER_UNPOLLED = "timer_unpolled"
    TIMER_RESEND = "timer_resend"
    TIMER_EXHAUSTED = "timer_exhausted"
    APPREC = "apprec"
    CANCEL = "cancel"
    RESEND = "resend"
    RESEND_BEYOND = "resend_beyond"
    """all resends are used, or the message's life is over"""


class Does(StrEnum):
    """What the shell does beside telling."""

    NOTHING = "nothing"
    TRANSMIT = "transmit"
    TRANSMIT_LATER = "transmit_later"
    POLL = "poll"
    REFRESH_ADDRESS = "refresh_address"


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the table: the next state (None: the same), and what follows."""

    next: TransportState | None
    does: Does = Does.NOTHING
    tell: News | None = None
    alarm: AlarmRule | None = None


IGNORED = Row(None)
IMPOSSIBLE = Row(None)
"""Compared by identity: a cell that only a defect in the caller can reach."""

_S = TransportState
_N = News
_A = AlarmRule
_SENT = (_S.READY, _S.AWAIT_ACK)
_OURS = (_S.TRANSPORT_FAILED, _S.DELIVERY_FAILED, _S.FAULTED, _S.BOUNCED, _S.CANCELLED)
_HAVE = (_S.ACKED, _S.ACKED_WARN, _S.ACKED_LATE)
_NEVER_LEFT = (_S.NEW, _S.FAILED_LOCAL)
_ANSWERED = (*_HAVE, _S.REJECTED)
_AFTER = (*_OURS, *_ANSWERED)
_ALL = tuple(_S)
_CONTRADICT = Row(None, alarm=_A.SIGNALS_CONTRADICT)

LINES: tuple[tuple[tuple[TransportState, ...], tuple[On, ...], Row], ...] = (
    # Before anything leaves the house.
    ((_S.NEW,), (On.SEALED,), Row(_S.READY, Does.TRANSMIT)),
    ((_S.NEW,), (On.SEND_RULE_FAILED,), Row(_S.FAILED_LOCAL, tell=_N.NOT_SENT, alarm=_A.SEND_RULE)),
    ((*_SENT, *_AFTER, _S.FAILED_LOCAL), (On.SEALED, On.SEND_RULE_FAILED), IMPOSSIBLE),
    # What the mail server says. After the end it can only be the tail of an attempt that was already under way.
    (_SENT, (On.MAIL_ACCEPTED, On.MAIL_UNKNOWN), Row(_S.AWAIT_ACK)),
    (_SENT, (On.MAIL_DEFERRED,), Row(None, Does.TRANSMIT_LATER)),
    (_SENT, (On.MAIL_DEFERRED_LONG,), Row(None, Does.TRANSMIT_LATER, alarm=_A.MAIL_WAITING)),
    (
        (_S.READY,),
        (On.MAIL_REFUSED,),
        Row(_S.TRANSPORT_FAILED, Does.REFRESH_ADDRESS, _N.NOT_DELIVERED, _A.MAIL_REFUSED),
    ),
    # A refused *re*send says nothing of the copy that was accepted before: the same knowledge as a bounce.
    ((_S.AWAIT_ACK,), (On.MAIL_REFUSED,), Row(_S.BOUNCED, tell=_N.OUTCOME_UNKNOWN, alarm=_A.MAIL_REFUSED)),
    ((_S.CANCELLED,), (On.MAIL_ACCEPTED, On.MAIL_UNKNOWN), Row(None, alarm=_A.SENT_AFTER_CANCEL)),
    (
        tuple(state for state in _AFTER if state is not _S.CANCELLED),
        (On.MAIL_ACCEPTED, On.MAIL_UNKNOWN),
        IGNORED,
    ),
    (_AFTER, (On.MAIL_DEFERRED, On.MAIL_DEFERRED_LONG, On.MAIL_REFUSED), IGNORED),
    (
        _NEVER_LEFT,
        (On.MAIL_ACCEPTED, On.MAIL_UNKNOWN, On.MAIL_DEFERRED, On.MAIL_DEFERRED_LONG, On.MAIL_REFUSED),
        IMPOSSIBLE,
    ),
    ((_S.TRANSPORT_FAILED,), (On.ADDRESS_CHANGED,), Row(_S.READY, Does.TRANSMIT)),
    (tuple(state for state in _ALL if state is not _S.TRANSPORT_FAILED), (On.ADDRESS_CHANGED,), IGNORED),
    # What the receiver says.
    (_SENT, (On.ACK,), Row(_S.ACKED, tell=_N.TRANSPORT_OK)),
    (_SENT, (On.WARNING,), Row(_S.ACKED_WARN, tell=_N.TRANSPORT_OK_WITH_WARNING)),
    (_SENT, (On.ERROR,), Row(_S.REJECTED, tell=_N.REFUSED, alarm=_A.REFUSED)),
    (_OURS, (On.ACK, On.WARNING), Row(_S.ACKED_LATE, tell=_N.TRANSPORT_OK_LATE, alarm=_A.LATE_ANSWER)),
    (_OURS, (On.ERROR,), Row(None, tell=_N.REFUSED, alarm=_A.LATE_ANSWER)),
    ((_S.ACKED, _S.ACKED_LATE), (On.ACK,), IGNORED),
    ((_S.ACKED_WARN, _S.ACKED_LATE), (On.WARNING,), IGNORED),
    ((_S.ACKED_WARN,), (On.ACK,), _CONTRADICT),
    ((_S.ACKED,), (On.WARNING,), _CONTRADICT),
    (_HAVE, (On.ERROR,), _CONTRADICT),
    ((_S.REJECTED,), (On.ACK, On.WARNING), _CONTRADICT),
    ((_S.REJECTED,), (On.ERROR,), IGNORED),
    ((*_SENT, *_AFTER), (On.ACK_MISMATCHED,), Row(None, alarm=_A.ACK_REFERENCES)),
    ((*_SENT, *_AFTER), (On.SIGNAL_UNVERIFIED,), Row(None, alarm=_A.SIGNAL_NOT_VERIFIED)),
    (_NEVER_LEFT, (On.ACK, On.WARNING, On.ERROR, On.ACK_MISMATCHED, On.SIGNAL_UNVERIFIED), IMPOSSIBLE),
    # What the road says. Neither a Fault nor a bounce is signed, so neither moves what the receiver has signed.
    (_SENT, (On.FAULT,), Row(_S.FAULTED, tell=_N.NOT_DELIVERED, alarm=_A.FAULT)),
    (_SENT, (On.BOUNCE,), Row(_S.BOUNCED, tell=_N.NOT_DELIVERED, alarm=_A.BOUNCE)),
    (_AFTER, (On.FAULT,), Row(None, alarm=_A.FAULT)),
    (_AFTER, (On.BOUNCE,), Row(None, alarm=_A.BOUNCE)),
    (_NEVER_LEFT, (On.FAULT, On.BOUNCE), IMPOSSIBLE),
    # The clock.
    ((_S.AWAIT_ACK,), (On.TIMER_UNPOLLED,), Row(None, Does.POLL)),
    ((_S.AWAIT_ACK,), (On.TIMER_RESEND,), Row(None, Does.TRANSMIT)),
    ((_S.AWAIT_ACK,), (On.TIMER_EXHAUSTED,), Row(_S.DELIVERY_FAILED, tell=_N.OUTCOME_UNKNOWN, alarm=_A.NO_ANSWER)),
    (_ALL, (On.TIMER_EARLY,), IGNORED),
    (
        tuple(state for state in _ALL if state is not _S.AWAIT_ACK),
        (On.TIMER_UNPOLLED, On.TIMER_RESEND, On.TIMER_EXHAUSTED),
        IGNORED,
    ),
    # The receiver's application. Its receipt shows that the envelope arrived.
    (_SENT, (On.APPREC,), Row(_S.ACKED, tell=_N.TRANSPORT_OK, alarm=_A.APPREC_WITHOUT_ACK)),
    (_OURS, (On.APPREC,), Row(_S.ACKED_LATE, tell=_N.TRANSPORT_OK_LATE, alarm=_A.APPREC_WITHOUT_ACK)),
    (_HAVE, (On.APPREC,), IGNORED),
    ((_S.REJECTED, *_NEVER_LEFT), (On.APPREC,), Row(None, alarm=_A.APPREC_NOT_EXPECTED)),
    # The operator.
    (
        (_S.NEW, *_SENT, _S.TRANSPORT_FAILED, _S.DELIVERY_FAILED, _S.FAULTED, _S.BOUNCED, _S.FAILED_LOCAL),
        (On.CANCEL,),
        Row(_S.CANCELLED, tell=_N.CANCELLED),
    ),
    ((*_ANSWERED, _S.CANCELLED), (On.CANCEL,), Row(None, tell=_N.NOTHING_TO_CANCEL)),
    # What nobody refused may go once more as it is; after an ErrorList or a Fault the same bytes never do (§6.4).
    (_SENT, (On.RESEND,), Row(None, Does.TRANSMIT)),
    ((_S.TRANSPORT_FAILED, _S.DELIVERY_FAILED, _S.BOUNCED, _S.CANCELLED), (On.RESEND,), Row(_S.READY, Does.TRANSMIT)),
    ((*_NEVER_LEFT, _S.FAULTED, *_ANSWERED), (On.RESEND,), IMPOSSIBLE),
    (_ALL, (On.RESEND_BEYOND,), IMPOSSIBLE),
)


def _cells() -> Iterator[tuple[tuple[TransportState, On], Row]]:
    seen: set[tuple[TransportState, On]] = set()
    for states, names, row in LINES:
        for cell in ((state, name) for state in states for name in names):
            if cell in seen:
                raise ValueError(f"the table has two rows for {cell}")
            seen.add(cell)
            yield cell, row
    missing = {(state, name) for state in TransportState for name in On} - seen
    if missing:
        raise ValueError(f"the table has no row for {sorted(missing)}")


ROWS: Mapping[tuple[TransportState, On], Row] = MappingProxyType(dict(_cells()))
"""Every cell of the table."""

# ── the step ────────────────────────────────────────────────────────────────────────────────────────────────────────

_NAMES: Mapping[type[Event], On] = MappingProxyType(
    {
        Sealed: On.SEALED,
        SendRuleFailed: On.SEND_RULE_FAILED,
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
        waited = now - (exchange.first_sent or exchange.since)
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


_EXPLAINS = frozenset({On.MAIL_DEFERRED, On.MAIL_DEFERRED_LONG, On.MAIL_UNKNOWN, On.ERROR})
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
        case On.MAIL_ACCEPTED | On.MAIL_UNKNOWN:
            return _handed_over(after, name, now, terms)
        case On.MAIL_DEFERRED | On.MAIL_DEFERRED_LONG if after.is_open:
            failures = after.deferrals + 1
            again = now + terms.mail_back_off.after(failures)
            return replace(after, deferrals=failures, due=again if state is TransportState.READY else after.due)
        case On.ACK if state is TransportState.ACKED:
            # The acknowledgment that an AppRec had overtaken: nothing is implied any more.
            return replace(after, reason="")
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
        in_doubt = name is On.MAIL_UNKNOWN and after.resends == 0
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
        case Does.REFRESH_ADDRESS:
            yield RefreshAddress()
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
    if exchange.state is TransportState.AWAIT_ACK and exchange.hand_over is HandOver.UNKNOWN:
        text = f"{text}; whether the mail server took the first copy is unknown"
    return text
