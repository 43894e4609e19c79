"""Where can a message that we send be, and what can happen to it there? The transport axis as a table.

The machine follows `ebxml.md` §7.3. A submission is NEW until it has been checked and sealed; sealed it is READY, and
waits for a mail server. Once a mail server has it, or may have it, it is AWAIT_ACK: from then on only the other
party's word ends the wait, or the end of its patience. Every resend is the same bytes. The receipt of the business
message (AppRec) is another axis with a clock of its own (`delivery/receipts.py`); here it only shows that the
envelope arrived.

Five sentences explain the rows that §7.3 does not spell out:

1.  What the receiver has said with a verified signature is never taken back: ACKED, ACKED_WARN, ACKED_LATE and
    REJECTED are left by nothing, not even by an operator; whatever contradicts them is an alarm.
2.  What only *we* concluded (TRANSPORT_FAILED, DELIVERY_FAILED, FAULTED, BOUNCED, CANCELLED) is corrected by a late
    word of the receiver: that it has the message, ACKED_LATE; that it has refused it, REJECTED.
3.  A signal may come while we are READY: the acknowledgment overtook our own note of the hand-over, or that note was
    lost in a crash. It counts as in AWAIT_ACK.
4.  An AppRec that comes before the signal only implies it (ACKED_IMPLIED); a signal that follows says more, and is no
    contradiction: an Acknowledgment makes it ACKED, a warning ACKED_WARN.

5.  Sealed bytes that no mail server was ever given may be thrown away, as when our certificate in them turns out to be
    revoked: READY goes back to NEW, and what is sealed then is another envelope (§7.2 binds from the first hand-over).

A signal whose RefToMessageId names no message of ours has no machine: it is logged and put in quarantine, unanswered.

Each cell exists: `ignored` (a race or a repetition, no harm), an alarm (a violation of the protocol), or `IMPOSSIBLE`
(a defect in the caller).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from adapter.delivery.sender_events import AlarmRule, News

# ── states ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class TransportState(StrEnum):
    """Where a message of ours is (`ebxml.md` §7.3)."""

    NEW = "new"
    READY = "ready"
    AWAIT_ACK = "await_ack"
    ACKED = "acked"
    ACKED_IMPLIED = "acked_implied"
    """only the AppRec shows it; the signal itself has not come"""
    ACKED_WARN = "acked_warn"
    ACKED_LATE = "acked_late"
    REJECTED = "rejected"
    FAULTED = "faulted"
    BOUNCED = "bounced"
    TRANSPORT_FAILED = "transport_failed"
    DELIVERY_FAILED = "delivery_failed"
    FAILED_LOCAL = "failed_local"
    CANCELLED = "cancelled"


OPEN_STATES = frozenset({TransportState.NEW, TransportState.READY, TransportState.AWAIT_ACK})
"""The states in which we still have something to do."""

ACKNOWLEDGED_STATES = frozenset(
    {TransportState.ACKED, TransportState.ACKED_IMPLIED, TransportState.ACKED_WARN, TransportState.ACKED_LATE}
)
"""The states in which the receiver has said, or shown by its AppRec, that it has the envelope."""


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────


class On(StrEnum):
    """The name of an event in the table."""

    SEALED = "sealed"
    SEND_RULE_FAILED = "send_rule_failed"
    SEALING_DEFERRED = "sealing_deferred"
    UNSEALED = "unsealed"
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
_HAVE = (_S.ACKED, _S.ACKED_IMPLIED, _S.ACKED_WARN, _S.ACKED_LATE)
_NEVER_LEFT = (_S.NEW, _S.FAILED_LOCAL)
_ANSWERED = (*_HAVE, _S.REJECTED)
_AFTER = (*_OURS, *_ANSWERED)
_ALL = tuple(_S)
_CONTRADICT = Row(None, alarm=_A.SIGNALS_CONTRADICT)

LINES: tuple[tuple[tuple[TransportState, ...], tuple[On, ...], Row], ...] = (
    # Before anything leaves the house.
    ((_S.NEW,), (On.SEALED,), Row(_S.READY, Does.TRANSMIT)),
    ((_S.NEW,), (On.SEND_RULE_FAILED,), Row(_S.FAILED_LOCAL, tell=_N.NOT_SENT, alarm=_A.SEND_RULE)),
    ((_S.NEW,), (On.SEALING_DEFERRED,), Row(None)),
    ((_S.READY,), (On.UNSEALED,), Row(_S.NEW)),
    (tuple(state for state in _ALL if state is not _S.READY), (On.UNSEALED,), IMPOSSIBLE),
    ((*_SENT, *_AFTER, _S.FAILED_LOCAL), (On.SEALED, On.SEND_RULE_FAILED, On.SEALING_DEFERRED), IMPOSSIBLE),
    # What the mail server says. After the end it can only be the tail of an attempt that was already under way.
    (_SENT, (On.MAIL_ACCEPTED, On.MAIL_UNKNOWN), Row(_S.AWAIT_ACK)),
    (_SENT, (On.MAIL_DEFERRED,), Row(None, Does.TRANSMIT_LATER)),
    (_SENT, (On.MAIL_DEFERRED_LONG,), Row(None, Does.TRANSMIT_LATER, alarm=_A.MAIL_WAITING)),
    ((_S.READY,), (On.MAIL_REFUSED,), Row(_S.TRANSPORT_FAILED, tell=_N.NOT_DELIVERED, alarm=_A.MAIL_REFUSED)),
    # A refused *re*send says nothing of the copy that was accepted before: the same knowledge as a bounce.
    ((_S.AWAIT_ACK,), (On.MAIL_REFUSED,), Row(_S.BOUNCED, tell=_N.OUTCOME_UNKNOWN, alarm=_A.MAIL_REFUSED)),
    # The register is asked before a refusal is told to the table: with another address nothing has failed.
    (_SENT, (On.ADDRESS_CHANGED,), Row(_S.READY, Does.TRANSMIT)),
    ((_S.CANCELLED,), (On.MAIL_ACCEPTED, On.MAIL_UNKNOWN), Row(None, alarm=_A.SENT_AFTER_CANCEL)),
    (
        tuple(state for state in _AFTER if state is not _S.CANCELLED),
        (On.MAIL_ACCEPTED, On.MAIL_UNKNOWN),
        IGNORED,
    ),
    (_AFTER, (On.MAIL_DEFERRED, On.MAIL_DEFERRED_LONG, On.MAIL_REFUSED, On.ADDRESS_CHANGED), IGNORED),
    (
        _NEVER_LEFT,
        (
            On.MAIL_ACCEPTED,
            On.MAIL_UNKNOWN,
            On.MAIL_DEFERRED,
            On.MAIL_DEFERRED_LONG,
            On.MAIL_REFUSED,
            On.ADDRESS_CHANGED,
        ),
        IMPOSSIBLE,
    ),
    # What the receiver says.
    (_SENT, (On.ACK,), Row(_S.ACKED, tell=_N.TRANSPORT_OK)),
    (_SENT, (On.WARNING,), Row(_S.ACKED_WARN, tell=_N.TRANSPORT_OK_WITH_WARNING)),
    (_SENT, (On.ERROR,), Row(_S.REJECTED, tell=_N.REFUSED, alarm=_A.REFUSED)),
    (_OURS, (On.ACK, On.WARNING), Row(_S.ACKED_LATE, tell=_N.TRANSPORT_OK_LATE, alarm=_A.LATE_ANSWER)),
    (_OURS, (On.ERROR,), Row(_S.REJECTED, tell=_N.REFUSED, alarm=_A.LATE_ANSWER)),
    # An AppRec overtook the signal; what the signal says takes the place of what the AppRec implied.
    ((_S.ACKED_IMPLIED,), (On.ACK,), Row(_S.ACKED)),
    ((_S.ACKED_IMPLIED,), (On.WARNING,), Row(_S.ACKED_WARN, tell=_N.TRANSPORT_OK_WITH_WARNING)),
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
    # A mail server that put an envelope off may give it back all the same, after the message was unsealed.
    ((_S.NEW,), (On.FAULT,), Row(None, alarm=_A.FAULT)),
    ((_S.NEW,), (On.BOUNCE,), Row(None, alarm=_A.BOUNCE)),
    ((_S.FAILED_LOCAL,), (On.FAULT, On.BOUNCE), IMPOSSIBLE),
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
    # The receiver's application. Its receipt shows that the envelope arrived. It may be read before an acknowledgment
    # that came with it, which is no cause for alarm; the state and its reason say that none was seen.
    (_SENT, (On.APPREC,), Row(_S.ACKED_IMPLIED, tell=_N.TRANSPORT_OK)),
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
