"""Where is a mail that we received? One machine per incoming mail.

The machine follows `ebxml.md` §7.4. The raw bytes are stored before the server may forget them (STORED); only then
is the mail opened. A readable ebXML header makes it PARSED, and the look-up by verified sender and eb:MessageId
decides between DUPLICATE, FALSE_DUPLICATE and VALIDATING. Validation ends in one of two answers, given once:
REJECTED with an ErrorList, or ACCEPTED with an Acknowledgment, where one transaction holds the inbox row, the dedupe
record and the answer. What cannot be judged now is PENDING: no answer, a growing pause, and in the end an honest
error, so that the sender learns early. After ACCEPTED nothing but an AppRec can tell the sender of trouble (HITS 1171
§8.2), so an application that is away or refuses changes no state here.

Signals (Acknowledgment, ErrorList) are ebXML with a readable header: they go to CLOSED, feed the sender's machine and
are never answered (`ebxml.md` §6.5). Faults and bounces go there from STORED.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from adapter.delivery.retry import VALIDATION_BACK_OFF, VALIDATION_LIFETIME
from adapter.errors import DELIVERY_IMPOSSIBLE, AdapterError


class ReceptionState(StrEnum):
    """Where an incoming mail is (`ebxml.md` §7.4)."""

    FETCHED = "fetched"
    STORED = "stored"
    PARSED = "parsed"
    VALIDATING = "validating"
    PENDING = "pending"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    RESPONDED = "responded"
    DELIVERED = "delivered"
    DUPLICATE = "duplicate"
    FALSE_DUPLICATE = "false_duplicate"
    QUARANTINE = "quarantine"
    FAULT_SENT = "fault_sent"
    CLOSED = "closed"


class Reception(StrEnum):
    """What can happen to an incoming mail."""

    BYTES_STORED = "bytes_stored"
    NOTICE_READ = "notice_read"
    """a bounce or a SOAP Fault"""
    UNREADABLE = "unreadable"
    """not ebXML, an auto-reply, or whatever else may not be answered with a Fault (`ebxml.md` §6.3, guard)"""
    UNREADABLE_ANSWERABLE = "unreadable_answerable"
    """not readable as ebXML, and the guard allows a Fault"""
    HEADER_READ = "header_read"
    NEW_ENVELOPE = "new_envelope"
    DUPLICATE_ANSWERED = "duplicate_answered"
    """a known envelope whose answer is stored"""
    DUPLICATE_IN_PROGRESS = "duplicate_in_progress"
    """a known envelope that is still being worked on"""
    DIFFERENT_CONTENT = "different_content"
    """a known MessageId with other digests; the signature has been verified"""
    SIGNAL_READ = "signal_read"
    """an Acknowledgment or ErrorList, verified or not"""
    RULE_BROKEN = "rule_broken"
    """a rule whose consequence is an ErrorList of severity Error"""
    TIME_TO_LIVE_PASSED = "time_to_live_passed"
    CANNOT_JUDGE = "cannot_judge"
    """a temporary problem: register away and nothing cached, revocation list out of reach, database full"""
    TRY_AGAIN = "try_again"
    """`due` of a PENDING mail has come"""
    LIMIT_REACHED = "limit_reached"
    """a PENDING mail has waited too long"""
    VALID = "valid"
    RESPONSE_SENT = "response_sent"
    TAKEN = "taken"
    """the application has the payload"""
    APPLICATION_AWAY = "application_away"
    APPLICATION_REFUSES = "application_refuses"
    RESPONSE_BOUNCED = "response_bounced"
    OPERATOR_RETRIES = "operator_retries"
    """a person wants it judged again, now"""
    OPERATOR_CLOSES = "operator_closes"
    """a person has looked at it, and nothing will come of it"""


class Follows(StrEnum):
    """What the shell does after a step; the state is stored in the same transaction."""

    DELETE_ON_SERVER = "delete_on_server"
    FEED_SENDER = "feed_sender"
    SEND_FAULT = "send_fault"
    SHOW_OPERATOR = "show_operator"
    LOOK_UP = "look_up"
    VALIDATE = "validate"
    RESERVE_ID = "reserve_id"
    """once the signature is verified, and not before"""
    REPEAT_RESPONSE = "repeat_response"
    """the stored bytes again, under a new mail Message-ID"""
    SEND_ERROR = "send_error"
    SEND_INCONSISTENT = "send_inconsistent"
    SEND_TIME_TO_LIVE_EXPIRED = "send_time_to_live_expired"
    SEND_DELIVERY_FAILURE = "send_delivery_failure"
    DELIVER_AND_ACKNOWLEDGE = "deliver_and_acknowledge"
    """one transaction: inbox row, dedupe record, answer in the outbox"""
    OFFER_AGAIN = "offer_again"
    DECIDE_APPREC = "decide_apprec"
    """the receipt or a person's decision, as `apprec.md` §5 has it"""
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class ReceivedExchange:
    """The state of one incoming mail with its moments (UTC). `responded` is when the answer left, `delivered` when
    the application took the payload, `due` when a PENDING mail is tried again (otherwise None), `attempts` how often
    judging it was put off, `reason` the last explanation, without patient data."""

    state: ReceptionState
    since: datetime
    received: datetime
    attempts: int = 0
    due: datetime | None = None
    responded: datetime | None = None
    delivered: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReceptionTransition:
    exchange: ReceivedExchange
    follows: tuple[Follows, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the table: the next state (None: the same), and what the shell does."""

    next: ReceptionState | None
    follows: tuple[Follows, ...] = ()


_S = ReceptionState
_E = Reception
_F = Follows
_TAKEN_IN = (_S.ACCEPTED, _S.RESPONDED, _S.DELIVERED)
_ANSWERED = (*_TAKEN_IN, _S.REJECTED, _S.DUPLICATE, _S.FALSE_DUPLICATE, _S.FAULT_SENT)

LINES: tuple[tuple[tuple[ReceptionState, ...], tuple[Reception, ...], Row], ...] = (
    ((_S.FETCHED,), (_E.BYTES_STORED,), Row(_S.STORED, (_F.DELETE_ON_SERVER,))),
    # A server that delivers the same bytes again after a cut connection: they are there already.
    ((_S.STORED,), (_E.BYTES_STORED,), Row(None, (_F.DELETE_ON_SERVER,))),
    ((_S.STORED,), (_E.NOTICE_READ,), Row(_S.CLOSED, (_F.FEED_SENDER,))),
    ((_S.STORED,), (_E.UNREADABLE,), Row(_S.QUARANTINE, (_F.SHOW_OPERATOR,))),
    ((_S.STORED,), (_E.UNREADABLE_ANSWERABLE,), Row(_S.FAULT_SENT, (_F.SEND_FAULT, _F.SHOW_OPERATOR))),
    ((_S.STORED,), (_E.HEADER_READ,), Row(_S.PARSED, (_F.LOOK_UP,))),
    ((_S.PARSED,), (_E.NEW_ENVELOPE,), Row(_S.VALIDATING, (_F.VALIDATE, _F.RESERVE_ID))),
    ((_S.PARSED, _S.VALIDATING), (_E.DUPLICATE_ANSWERED,), Row(_S.DUPLICATE, (_F.REPEAT_RESPONSE,))),
    ((_S.PARSED, _S.VALIDATING), (_E.DUPLICATE_IN_PROGRESS,), Row(_S.DUPLICATE)),
    ((_S.PARSED, _S.VALIDATING), (_E.DIFFERENT_CONTENT,), Row(_S.FALSE_DUPLICATE, (_F.SEND_INCONSISTENT, _F.ALARM))),
    ((_S.PARSED, _S.VALIDATING), (_E.SIGNAL_READ,), Row(_S.CLOSED, (_F.FEED_SENDER,))),
    ((_S.VALIDATING,), (_E.RULE_BROKEN,), Row(_S.REJECTED, (_F.SEND_ERROR,))),
    ((_S.VALIDATING,), (_E.TIME_TO_LIVE_PASSED,), Row(_S.REJECTED, (_F.SEND_TIME_TO_LIVE_EXPIRED,))),
    ((_S.VALIDATING,), (_E.CANNOT_JUDGE,), Row(_S.PENDING)),
    # Tried for too long, or broken by a defect of ours: a person has to look.
    ((_S.VALIDATING,), (_E.UNREADABLE,), Row(_S.QUARANTINE, (_F.SHOW_OPERATOR,))),
    ((_S.PENDING,), (_E.TRY_AGAIN,), Row(_S.VALIDATING, (_F.VALIDATE,))),
    ((_S.PENDING,), (_E.LIMIT_REACHED,), Row(_S.REJECTED, (_F.SEND_DELIVERY_FAILURE, _F.ALARM))),
    ((_S.VALIDATING,), (_E.VALID,), Row(_S.ACCEPTED, (_F.DELIVER_AND_ACKNOWLEDGE,))),
    ((_S.ACCEPTED,), (_E.RESPONSE_SENT,), Row(_S.RESPONDED)),
    # An answer given again for a duplicate, or one that leaves after the application was quicker.
    (
        (_S.RESPONDED, _S.DELIVERED, _S.REJECTED, _S.DUPLICATE, _S.FALSE_DUPLICATE, _S.FAULT_SENT),
        (_E.RESPONSE_SENT,),
        Row(None),
    ),
    ((_S.ACCEPTED, _S.RESPONDED), (_E.TAKEN,), Row(_S.DELIVERED)),
    ((_S.DELIVERED,), (_E.TAKEN,), Row(None)),
    ((_S.ACCEPTED, _S.RESPONDED), (_E.APPLICATION_AWAY,), Row(None, (_F.OFFER_AGAIN, _F.ALARM))),
    ((_S.ACCEPTED, _S.RESPONDED), (_E.APPLICATION_REFUSES,), Row(None, (_F.DECIDE_APPREC,))),
    (_ANSWERED, (_E.RESPONSE_BOUNCED,), Row(None, (_F.ALARM,))),
    # A person: what had no answer yet may be judged once more, or laid aside for good.
    ((_S.QUARANTINE,), (_E.OPERATOR_RETRIES,), Row(_S.STORED)),
    ((_S.PENDING,), (_E.OPERATOR_RETRIES,), Row(None)),
    ((_S.QUARANTINE,), (_E.OPERATOR_CLOSES,), Row(_S.CLOSED)),
)
"""The table. A pair that is not here cannot come about: `step` says so."""


def _cells() -> Iterator[tuple[tuple[ReceptionState, Reception], Row]]:
    seen: set[tuple[ReceptionState, Reception]] = set()
    for states, events, row in LINES:
        for cell in ((state, event) for state in states for event in events):
            if cell in seen:
                raise ValueError(f"the table has two rows for {cell}")
            seen.add(cell)
            yield cell, row


ROWS: Mapping[tuple[ReceptionState, Reception], Row] = MappingProxyType(dict(_cells()))


def fetched(now: datetime) -> ReceivedExchange:
    """The exchange of a mail that was just read from a server or handed to our listener."""
    return ReceivedExchange(ReceptionState.FETCHED, now, now)


def step(exchange: ReceivedExchange, event: Reception, now: datetime, reason: str = "") -> ReceptionTransition:
    """What becomes of an incoming mail when something happens to it.

    The moments `received`, `responded` and `delivered` are set once and never moved. Raises `AdapterError`
    (DELIVERY-IMPOSSIBLE) for a pair that is not in the table.
    """
    row = ROWS.get((exchange.state, event))
    if row is None:
        raise AdapterError(DELIVERY_IMPOSSIBLE, f"{event} while {exchange.state}")
    after = replace(exchange, reason=reason or exchange.reason)
    if row.next is not None:
        after = replace(after, state=row.next, since=now, due=None, reason=reason)
    if event is Reception.CANNOT_JUDGE:
        attempts, end = exchange.attempts + 1, exchange.received + VALIDATION_LIFETIME
        due = now + VALIDATION_BACK_OFF.after(attempts)
        after = replace(after, attempts=attempts, due=min(due, end) if now < end else due)
    if event is Reception.OPERATOR_RETRIES and after.state is ReceptionState.PENDING:
        after = replace(after, due=now)
    if event is Reception.RESPONSE_SENT and after.responded is None:
        after = replace(after, responded=now)
    if event is Reception.TAKEN and after.delivered is None:
        after = replace(after, delivered=now)
    return ReceptionTransition(after, row.follows)


def walk(exchange: ReceivedExchange, now: datetime, *events: Reception, reason: str = "") -> ReceivedExchange:
    """Several events in a row. A mail that is tried again has its header and its novelty behind it already."""
    for event in events:
        if exchange.state is ReceptionState.VALIDATING and event in {Reception.HEADER_READ, Reception.NEW_ENVELOPE}:
            continue
        exchange = step(exchange, event, now, reason).exchange
    return exchange


def has_waited_long(exchange: ReceivedExchange, now: datetime) -> bool:
    """Whether a mail that still cannot be judged is not tried again: its sender has to hear of it (`ebxml.md` §7.4)."""
    return now >= exchange.received + VALIDATION_LIFETIME


_NEXT_STEP: Mapping[ReceptionState, str] = MappingProxyType(
    {
        ReceptionState.FETCHED: "will be stored",
        ReceptionState.STORED: "will be opened",
        ReceptionState.PARSED: "will be looked up among the envelopes already seen",
        ReceptionState.VALIDATING: "is being checked",
        ReceptionState.PENDING: "cannot be judged yet and is tried again; the reason names what is missing",
        ReceptionState.REJECTED: "nothing: the sender was told with an ErrorList",
        ReceptionState.ACCEPTED: "the acknowledgment is on its way; the application may take the payload",
        ReceptionState.RESPONDED: "waits for the application to take the payload",
        ReceptionState.DELIVERED: "nothing: the application has it",
        ReceptionState.DUPLICATE: "nothing: a copy of an envelope already seen; the first answer holds",
        ReceptionState.FALSE_DUPLICATE: "tell the sender that it used one MessageId for two messages",
        ReceptionState.QUARANTINE: "look at the mail: it is no message that may be answered",
        ReceptionState.FAULT_SENT: "nothing: the sender was told with a SOAP Fault",
        ReceptionState.CLOSED: "nothing: it belonged to a message of ours, or a person laid it aside",
    }
)


def next_step(exchange: ReceivedExchange) -> str:
    """What happens next by itself, or what an operator can do; one line, without patient data."""
    return _NEXT_STEP[exchange.state]
