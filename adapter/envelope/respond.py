"""What the profile answers to what: exactly one of Acknowledgment, Warning, Error, Fault or nothing.

A payload message always gets one answer, and an answer never gets an answer (`ebxml.md` §6.2, §6.5). What a message is
comes from `adapter.envelope.classify`; how it went from the stages of `adapter.envelope.open`. An Error needs a header
that names both parties; without one a Fault goes to the mail's sender, and only where the guard of §6.3 allows, which
is for the service to judge. A temporary trouble of ours gets no answer: the sender will come again.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import islice
from typing import Final

from adapter.crypto.refusal import RefusedError
from adapter.envelope.classify import Kind
from adapter.envelope.header import ReturnAddress
from adapter.envelope.rules import BY_ID
from adapter.envelope.signals import EbError, ErrorSeverity
from adapter.errors import AdapterError, WireCode
from adapter.messages.findings import Finding, Severity


class Arrived(StrEnum):
    """What has arrived, as far as answering goes."""

    PAYLOAD = "payload message"
    SIGNAL = "signal"
    """Acknowledgment, MessageError, Ping, Pong, Status, and whatever is one of these by its Service"""
    UNREADABLE = "unreadable"
    """no ebXML header that names both parties"""
    MAIL = "mail system"
    """bounce, automatic reply, SOAP Fault"""


class Outcome(StrEnum):
    """How it went."""

    FINE = "fine"
    WARNED = "accepted with a warning the sender must hear"
    REFUSED = "refused"
    PENDING = "cannot be judged now"


class Answer(StrEnum):
    """What goes back."""

    ACKNOWLEDGMENT = "Acknowledgment"
    WARNING = "Warning"
    ERROR = "Error"
    FAULT = "Fault"
    NOTHING = "nothing"


_ANSWERS = {
    (Arrived.PAYLOAD, Outcome.FINE): Answer.ACKNOWLEDGMENT,
    (Arrived.PAYLOAD, Outcome.WARNED): Answer.WARNING,
    (Arrived.PAYLOAD, Outcome.REFUSED): Answer.ERROR,
    (Arrived.UNREADABLE, Outcome.REFUSED): Answer.FAULT,
}
"""Every pair that is not here is answered by nothing."""

_HEARD = {
    "EB-432": (WireCode.INCONSISTENT, "/SOAP:Envelope/SOAP:Header/eb:AckRequested"),
    "EB-103": (WireCode.VALUE_NOT_RECOGNIZED, "/"),
}
"""The tolerated deviations that are answered by a Warning; all others by an Acknowledgment (`ebxml.md` ch. 10)."""


def answer(arrived: Arrived, outcome: Outcome) -> Answer:
    """The response that the profile prescribes."""
    return _ANSWERS.get((arrived, outcome), Answer.NOTHING)


def arrived_as(kind: Kind) -> Arrived:
    """How a type of ebXML message counts for the answer."""
    return Arrived.PAYLOAD if kind in {Kind.PAYLOAD, Kind.BARE} else Arrived.SIGNAL


def warnings(findings: tuple[Finding, ...]) -> tuple[EbError, ...]:
    """The Warnings that an accepted message is answered with; empty when an Acknowledgment is due."""
    return tuple(
        EbError(_HEARD[finding.rule][0], ErrorSeverity.WARNING, _HEARD[finding.rule][1], finding.message)
        for finding in findings
        if finding.rule in _HEARD
    )


MAX_ERRORS: Final = 20
"""How many errors one ErrorList tells; a sender who has more has enough to mend."""


def errors(refused: AdapterError, findings: tuple[Finding, ...] = ()) -> tuple[EbError, ...]:
    """The Errors that a refused message is answered with: what refused it first, then whatever else does (EB-627).

    `findings` are those of every rule on the whole mail. The code is `Unknown` where the catalogue has none.
    """
    code = refused.kind.wire or WireCode.UNKNOWN
    if not isinstance(refused, RefusedError):
        first, told = EbError(code, ErrorSeverity.ERROR, "", str(refused)), ""
    else:
        first, told = EbError(code, ErrorSeverity.ERROR, refused.location, refused.outward), refused.rule
    others = (
        EbError(row.code, ErrorSeverity.ERROR, "", f"{finding.message} ({finding.rule})")
        for finding in findings
        if finding.severity is Severity.ERROR
        and finding.rule != told
        and (row := BY_ID.get(finding.rule)) is not None
        and row.code is not None
    )
    return (first, *islice(dict.fromkeys(others), MAX_ERRORS - 1))


def refusal(kind: Kind, to: ReturnAddress | None) -> Answer:
    """What a refused ebXML message gets; `to` is None where the header does not name both parties."""
    if arrived_as(kind) is Arrived.SIGNAL:
        return answer(Arrived.SIGNAL, Outcome.REFUSED)
    return answer(Arrived.UNREADABLE if to is None else Arrived.PAYLOAD, Outcome.REFUSED)
