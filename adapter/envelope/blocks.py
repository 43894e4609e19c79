"""Which blocks an envelope may have, and what each type of message must and must not have.

The tables of `ebxml.md` §3.2, §10.2 and §10.6. What is merely wrong is named and let pass; what asks for
something we do not do, or makes the message ambiguous, is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import tolerated
from adapter.envelope.classify import Kind
from adapter.envelope.header import MessageHeader
from adapter.envelope.names import SIGNAL_SERVICE, ds, eb, soap
from adapter.envelope.reading import first
from adapter.envelope.unpack import Unpacked
from adapter.errors import ENVELOPE_INCONSISTENT, ENVELOPE_INVALID, ENVELOPE_NOT_SUPPORTED
from adapter.messages.findings import Finding
from adapter.messages.xml import Element

_HEADER = "/SOAP:Envelope/SOAP:Header"
_KNOWN_BLOCKS = frozenset(
    {
        eb("MessageHeader"),
        eb("AckRequested"),
        eb("Acknowledgment"),
        eb("ErrorList"),
        eb("MessageOrder"),
        ds("Signature"),
    }
)
_KNOWN_BODY = frozenset({eb("Manifest"), eb("StatusRequest"), eb("StatusResponse")})


def check_blocks(unpacked: Unpacked) -> tuple[Finding, ...]:
    """Whether only known blocks stand in Header and Body, each once (`ebxml.md` §10.2).

    Raises `RefusedError`: ENVELOPE_INVALID, ENVELOPE_NOT_SUPPORTED or ENVELOPE_INCONSISTENT.
    """
    findings = []
    blocks, inside = unpacked.blocks, unpacked.inside
    if any(tag in _KNOWN_BLOCKS and tag != ds("Signature") and len(found) > 1 for tag, found in blocks.items()):
        raise RefusedError(ENVELOPE_INVALID, "EB-408", "there are several of one block", _HEADER)
    if eb("SyncReply") in blocks:
        raise RefusedError(ENVELOPE_NOT_SUPPORTED, "EB-116", "SyncReply", f"{_HEADER}/eb:SyncReply")
    if eb("MessageOrder") in blocks:
        findings.append(tolerated("EB-117", "Envelope/Header", "MessageOrder is ignored", "HITS 1172 §5.11.3"))
    unknown = (block for tag, found in blocks.items() if tag not in _KNOWN_BLOCKS for block in found)
    if any(block.get(soap("mustUnderstand"), "0").strip() in {"1", "true"} for block in unknown):
        raise RefusedError(ENVELOPE_NOT_SUPPORTED, "EB-113", "a block that must be understood is unknown", _HEADER)
    if sum(map(len, inside.values())) > 1:
        raise RefusedError(
            ENVELOPE_INCONSISTENT, "EB-402", "SOAP:Body has several elements", "/SOAP:Envelope/SOAP:Body"
        )
    if any(tag not in _KNOWN_BODY for tag in inside):
        raise RefusedError(ENVELOPE_NOT_SUPPORTED, "EB-114", "an unknown block", "/SOAP:Envelope/SOAP:Body")
    return tuple(findings)


@dataclass(frozen=True, slots=True)
class _Message:
    """What the rules about a type of message look at; `request` is eb:AckRequested, None where it is missing."""

    header: MessageHeader
    request: Element | None
    has_body: bool

    def request_has(self, name: str, *values: str) -> bool:
        """Whether AckRequested is missing or has an attribute of one of those values."""
        return self.request is None or self.request.get(name) in values


@dataclass(frozen=True, slots=True)
class _Rule:
    """One row: for which types, what is told, and when it is broken."""

    kinds: frozenset[Kind]
    told: Finding
    broken: Callable[[_Message], bool]


_PAYLOAD = frozenset({Kind.PAYLOAD})
_ACK = frozenset({Kind.ACKNOWLEDGMENT})
_ERROR = frozenset({Kind.ERROR})
_SIGNALS = frozenset(Kind) - {Kind.PAYLOAD, Kind.MIXED, Kind.BARE, Kind.EMPTY}

_TOP = "Envelope/Header"
_MESSAGE_HEADER = "Envelope/Header/MessageHeader"

_RULES = (
    _Rule(
        _PAYLOAD,
        tolerated("EB-224", _MESSAGE_HEADER, "Role is missing", "HITS 1171 §5.2.1.3"),
        lambda message: not (message.header.sender.role and message.header.receiver.role),
    ),
    _Rule(
        _PAYLOAD,
        tolerated("EB-235", _MESSAGE_HEADER, "RefToMessageId is present", "HIS 1037 §4.2"),
        lambda message: message.header.refers_to is not None,
    ),
    _Rule(
        _PAYLOAD,
        tolerated("EB-431", _MESSAGE_HEADER, "DuplicateElimination is missing", "HITS 1172 rule 74"),
        lambda message: not message.header.eliminate_duplicates,
    ),
    _Rule(
        _PAYLOAD,
        tolerated("EB-432", _TOP, "AckRequested is missing", "HITS 1172 §4.2.2.1"),
        lambda message: message.request is None,
    ),
    _Rule(
        _PAYLOAD,
        tolerated("EB-434", _TOP, "AckRequested is not mustUnderstand=1", "HITS 1172 §5.14.2"),
        lambda message: not message.request_has(soap("mustUnderstand"), "1"),
    ),
    _Rule(
        _PAYLOAD,
        tolerated("EB-435", _TOP, "AckRequested is not signed=true", "HITS 1172 rule 94"),
        lambda message: not message.request_has(eb("signed"), "true", "1"),
    ),
    _Rule(
        _PAYLOAD,
        tolerated("EB-436", _TOP, "AckRequested is not of version 2.0", "HIS 1037 §6.2.2"),
        lambda message: not message.request_has(eb("version"), "2.0"),
    ),
    _Rule(
        _SIGNALS,
        tolerated("EB-225", _MESSAGE_HEADER, "a signal has a Role", "HITS 1171 §5.2.1.3"),
        lambda message: bool(message.header.sender.role or message.header.receiver.role),
    ),
    _Rule(
        _SIGNALS,
        tolerated("EB-236", _MESSAGE_HEADER, "a signal has elements of a payload message", "HIS 1037 §4.2"),
        lambda message: message.header.eliminate_duplicates or message.header.time_to_live is not None,
    ),
    _Rule(
        _SIGNALS - {Kind.STATUS_REQUEST, Kind.STATUS_RESPONSE},
        tolerated("EB-429", "Envelope/Body", "a signal has a Body or an attachment", "HITS 1171 §5.3"),
        lambda message: message.has_body,
    ),
    _Rule(
        _ACK,
        tolerated("EB-404", _TOP, "an Acknowledgment asks for one itself", "HITS 1171 §5.2.2"),
        lambda message: message.request is not None,
    ),
    _Rule(
        _ERROR,
        tolerated("EB-406", _TOP, "an error signal asks for an Acknowledgment", "HITS 1171 §5.2.2"),
        lambda message: message.request is not None,
    ),
    _Rule(
        _ACK,
        tolerated("EB-411", f"{_MESSAGE_HEADER}/Service", "not the service of signals", "HITS 1172 rule 106"),
        lambda message: message.header.service.value != SIGNAL_SERVICE,
    ),
    _Rule(
        _ERROR,
        tolerated("EB-421", f"{_MESSAGE_HEADER}/Service", "not the service of signals", "HITS 1172 rule 120"),
        lambda message: message.header.service.value != SIGNAL_SERVICE,
    ),
    _Rule(
        _ACK,
        tolerated("EB-412", f"{_MESSAGE_HEADER}/Action", "not Acknowledgment", "HITS 1172 rule 107"),
        lambda message: message.header.action != "Acknowledgment",
    ),
    _Rule(
        _ERROR,
        tolerated("EB-422", f"{_MESSAGE_HEADER}/Action", "not MessageError", "HITS 1172 rule 121"),
        lambda message: message.header.action != "MessageError",
    ),
    _Rule(
        _ACK,
        tolerated("EB-414", _MESSAGE_HEADER, "RefToMessageId is present", "HITS 1172 rule 109"),
        lambda message: message.header.refers_to is not None,
    ),
)


def check_kind(unpacked: Unpacked, header: MessageHeader) -> tuple[Finding, ...]:
    """The rules of the message's type that it breaks and that we let pass.

    Raises `RefusedError` (ENVELOPE_INVALID, EB-423) for an error signal about no message.
    """
    if unpacked.kind is Kind.ERROR and header.refers_to is None:
        raise RefusedError(ENVELOPE_INVALID, "EB-423", "an error about no message", f"{_HEADER}/eb:MessageHeader")
    has_body = bool(unpacked.attachments) or len(unpacked.body) > 0
    message = _Message(header, first(unpacked.blocks, eb("AckRequested")), has_body)
    return tuple(rule.told for rule in _RULES if unpacked.kind in rule.kinds and rule.broken(message))
