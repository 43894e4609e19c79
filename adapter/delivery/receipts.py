"""What is known of the receipt of a business message? The AppRec axis: one machine per MsgId and receiver.

The machine follows `apprec.md` §7.1. Its clock runs from the message's GenDate, 96 hours, whether the envelope was
sent late, acknowledged or not (80415:2012 §3.2). An AppRec may come before the transport acknowledgment or without
one, and counts just the same; what the transport learns afterwards changes nothing. ACCEPTED and REJECTED are final: a
second AppRec for the pair is ignored, and one with another status is an alarm (`apprec.md` §7.2 step 5). A receiver
may import late and say so: TIMED_OUT is left by any AppRec (errata of 2017, `apprec.md` §5.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from adapter.delivery.retry import APPREC_WINDOW
from adapter.delivery.sender import ACKNOWLEDGED_STATES, OPEN_STATES, TransportState
from adapter.values import later


class AppRecState(StrEnum):
    """What is known of the AppRec of a message of ours (`apprec.md` §7.1)."""

    SENT = "sent"
    TRANSPORTED = "transported"
    FAILED_TRANSPORT = "failed_transport"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"


class ReceiptEvent(StrEnum):
    """What can happen on this axis."""

    TRANSPORT_OK = "transport_ok"
    """the transport axis entered ACKED, ACKED_WARN or ACKED_LATE"""
    TRANSPORT_FAILED = "transport_failed"
    """the transport axis entered REJECTED, FAULTED, BOUNCED, TRANSPORT_FAILED, DELIVERY_FAILED or the like"""
    ACCEPTED = "accepted"
    """a verified AppRec of status 1 or 3"""
    REJECTED = "rejected"
    """a verified AppRec of status 2"""
    DEADLINE = "deadline"
    """`due` has come"""


class ReceiptNews(StrEnum):
    """What the person responsible for the message is told (`apprec.md` §7.3)."""

    NONE = "none"
    ACCEPTED = "accepted"
    ACCEPTED_LATE = "accepted_late"
    """clears the alert of the time-out"""
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    CONTRADICTED = "contradicted"
    """a second AppRec with another status; the first one holds"""


@dataclass(frozen=True, slots=True)
class ReceiptExchange:
    """The receipt of one message. `due` is GenDate + 96 h while it is awaited and None after (for what reaches the
    receiver later than that: 96 h from then); `errors` the AppRec's error codes (never its texts)."""

    state: AppRecState
    since: datetime
    due: datetime | None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiptTransition:
    exchange: ReceiptExchange
    news: ReceiptNews


_S = AppRecState
_E = ReceiptEvent
_N = ReceiptNews
_WAITING = (_S.SENT, _S.TRANSPORTED, _S.FAILED_TRANSPORT)
_FINAL = (_S.ACCEPTED, _S.REJECTED)

LINES: tuple[tuple[tuple[AppRecState, ...], ReceiptEvent, AppRecState | None, ReceiptNews], ...] = (
    (_WAITING, _E.TRANSPORT_OK, _S.TRANSPORTED, _N.NONE),
    ((_S.SENT,), _E.TRANSPORT_FAILED, _S.FAILED_TRANSPORT, _N.NONE),
    # The receiver had it and said so; a later conclusion of ours about the road does not unsay that.
    ((_S.TRANSPORTED, _S.FAILED_TRANSPORT), _E.TRANSPORT_FAILED, None, _N.NONE),
    ((*_FINAL, _S.TIMED_OUT), _E.TRANSPORT_OK, None, _N.NONE),
    ((*_FINAL, _S.TIMED_OUT), _E.TRANSPORT_FAILED, None, _N.NONE),
    (_WAITING, _E.ACCEPTED, _S.ACCEPTED, _N.ACCEPTED),
    ((_S.TIMED_OUT,), _E.ACCEPTED, _S.ACCEPTED, _N.ACCEPTED_LATE),
    ((_S.ACCEPTED,), _E.ACCEPTED, None, _N.NONE),
    ((_S.REJECTED,), _E.ACCEPTED, None, _N.CONTRADICTED),
    ((*_WAITING, _S.TIMED_OUT), _E.REJECTED, _S.REJECTED, _N.REJECTED),
    ((_S.REJECTED,), _E.REJECTED, None, _N.NONE),
    ((_S.ACCEPTED,), _E.REJECTED, None, _N.CONTRADICTED),
    ((_S.SENT, _S.TRANSPORTED), _E.DEADLINE, _S.TIMED_OUT, _N.TIMED_OUT),
    # A failed transport was told when it happened; it keeps its name, which says more than the time-out would.
    ((_S.FAILED_TRANSPORT,), _E.DEADLINE, None, _N.NONE),
    ((*_FINAL, _S.TIMED_OUT), _E.DEADLINE, None, _N.NONE),
)


def _cells() -> Iterator[tuple[tuple[AppRecState, ReceiptEvent], tuple[AppRecState | None, ReceiptNews]]]:
    for states, event, after, news in LINES:
        for state in states:
            yield (state, event), (after, news)


ROWS: Mapping[tuple[AppRecState, ReceiptEvent], tuple[AppRecState | None, ReceiptNews]] = MappingProxyType(
    dict(_cells())
)
"""Every cell: the next state (None: the same) and what a person is told."""


def expected(now: datetime, generated: datetime) -> ReceiptExchange:
    """The receipt that is awaited from the moment a message is handed over; `generated` is its GenDate."""
    return ReceiptExchange(AppRecState.SENT, now, later(generated, APPREC_WINDOW))


def expected_again(now: datetime, generated: datetime) -> ReceiptExchange:
    """The receipt of a document that goes again in a new envelope. Its clock goes on from GenDate; where that is over
    it begins anew, since the receiver gets it only now (own rule)."""
    awaited = expected(now, generated)
    return awaited if awaited.due is None or awaited.due > now else replace(awaited, due=later(now, APPREC_WINDOW))


def step(
    exchange: ReceiptExchange, event: ReceiptEvent, now: datetime, errors: tuple[str, ...] = ()
) -> ReceiptTransition:
    """What becomes of a receipt when something happens. `errors` are the codes of an AppRec that just came.

    A deadline before `due` is no event: the exchange is returned as it is.
    """
    if event is ReceiptEvent.DEADLINE and (exchange.due is None or now < exchange.due):
        return ReceiptTransition(exchange, ReceiptNews.NONE)
    state, news = ROWS[exchange.state, event]
    if event is ReceiptEvent.DEADLINE:
        exchange = replace(exchange, due=None)
    if state is None or state is exchange.state:
        return ReceiptTransition(exchange, news)
    due = None if state in _FINAL else exchange.due
    if state is _S.TRANSPORTED and due is None:
        # The time was over while the transport had failed, and nobody was told; the receiver has the message only now.
        due = later(now, APPREC_WINDOW)
    codes = errors if state in _FINAL else exchange.errors
    return ReceiptTransition(ReceiptExchange(state, now, due, codes), news)


def transport_event(state: TransportState) -> ReceiptEvent | None:
    """What a state of the transport axis means here; None while nothing is decided."""
    if state in ACKNOWLEDGED_STATES:
        return ReceiptEvent.TRANSPORT_OK
    return None if state in OPEN_STATES else ReceiptEvent.TRANSPORT_FAILED
