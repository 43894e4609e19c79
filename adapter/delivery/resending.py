"""May an operator send a message again, and as what: the same octets, or the same document in a new envelope?

The identities follow `ebxml.md` §7.2. The *same octets* under the same eb:MessageId are the safe way wherever the
receiver may have the message: it knows a copy by its id and answers it from its store. A *new envelope* around the
same document (a new eb:MessageId, the same MsgId) is demanded where the old one was refused (HITS 1171 §9.7), was
never made, has had its transmissions and its life, or can no longer be opened or believed because of a certificate. A
receiver that has the document already knows it by its MsgId and stays silent (`apprec.md` §5.5). What the receiver has
taken, or its application has judged, is not sent again: a correction is a message of its own with a new MsgId
(AR-036), and so is what no application receipted in time (`apprec.md` §7.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from adapter.delivery.receipts import AppRecState, ReceiptExchange
from adapter.delivery.retry import RetryTerms
from adapter.delivery.sender import OPEN_STATES, SenderExchange, TransportState, is_spent


class Way(StrEnum):
    """As what a message goes again."""

    SAME_OCTETS = "same_octets"
    NEW_ENVELOPE = "new_envelope"


@dataclass(frozen=True, slots=True)
class Again:
    """The message may go again, this way, because of `why`."""

    way: Way
    why: str


@dataclass(frozen=True, slots=True)
class NotAgain:
    """The message may not go again as it is; `why` says what to do instead."""

    why: str


class Signature(StrEnum):
    """How our signature in kept octets stands today."""

    HOLDS = "holds"
    EXPIRED = "our certificate in the old envelope has expired"
    REVOKED = "our certificate in the old envelope has been revoked"
    REPLACED = "we sign with another certificate now than in the old envelope"


@dataclass(frozen=True, slots=True)
class Seals:
    """How the kept octets stand today: whether there are any, whether the receiver's present certificate opens them,
    how our signature in them stands, and whether a Fault has said, whenever it was, that they could not be read."""

    made: bool
    openable: bool
    signature: Signature
    faulted: bool = False


_S = TransportState
_HAS_IT = NotAgain("the receiver has it; a correction is a new message with a new MsgId")

_BY_STATE: Mapping[TransportState, Again | NotAgain] = MappingProxyType(
    {
        _S.NEW: NotAgain("it has not been sent at all yet; the running daemon seals and sends it"),
        _S.READY: Again(Way.SAME_OCTETS, "it waits for the mail server"),
        _S.AWAIT_ACK: Again(Way.SAME_OCTETS, "nobody has answered"),
        _S.ACKED: _HAS_IT,
        _S.ACKED_IMPLIED: _HAS_IT,
        _S.ACKED_WARN: _HAS_IT,
        _S.ACKED_LATE: _HAS_IT,
        _S.REJECTED: Again(Way.NEW_ENVELOPE, "the receiver refused the old envelope"),
        _S.FAULTED: Again(Way.NEW_ENVELOPE, "the receiver could not read the old envelope"),
        _S.BOUNCED: Again(Way.SAME_OCTETS, "a mail server gave it back"),
        _S.TRANSPORT_FAILED: Again(Way.SAME_OCTETS, "a mail server refused it"),
        _S.DELIVERY_FAILED: Again(Way.SAME_OCTETS, "nobody has answered"),
        _S.FAILED_LOCAL: Again(Way.NEW_ENVELOPE, "it was never sealed"),
        _S.CANCELLED: Again(Way.SAME_OCTETS, "it was given up"),
    }
)
"""What each state allows by itself."""


def again(
    transport: SenderExchange, receipt: ReceiptExchange | None, seals: Seals, now: datetime, terms: RetryTerms
) -> Again | NotAgain:
    """Whether and how a message may go again."""
    allowed = _BY_STATE[transport.state]
    if isinstance(allowed, NotAgain):
        return allowed
    if receipt is not None and receipt.state is AppRecState.TIMED_OUT:
        return NotAgain("no AppRec came in 96 hours: ask the receiver, then send a new message with a new MsgId")
    demanded = _demand(transport, seals, now, terms) if allowed.way is Way.SAME_OCTETS else None
    if demanded is None:
        return allowed
    if transport.state in OPEN_STATES:
        return NotAgain(f"{demanded}; give it up first, then send it again in a new envelope")
    return Again(Way.NEW_ENVELOPE, demanded)


def _demand(transport: SenderExchange, seals: Seals, now: datetime, terms: RetryTerms) -> str | None:
    """Why the same octets cannot go again; None when they can."""
    if not seals.made:
        return "it was never sealed"
    if is_spent(transport, now, terms):
        return "the old envelope has had every transmission and the time that it is given"
    if seals.faulted:
        return "the receiver could not read the old envelope"
    if not seals.openable:
        return "the receiver has another encryption certificate now"
    return None if seals.signature is Signature.HOLDS else seals.signature.value
