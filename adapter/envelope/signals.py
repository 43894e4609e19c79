"""What message handlers answer each other: Acknowledgment, ErrorList, SOAP Fault, built and read (`ebxml.md` ch. 6)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import tolerated
from adapter.crypto.verified import Reference
from adapter.envelope.names import ERROR_CONTEXT, SOAP, TO_PARTY, attribute, ds, eb, soap, text
from adapter.envelope.reading import at_most_one, by_tag, leaf
from adapter.errors import ENVELOPE_INVALID, WireCode
from adapter.messages.findings import Finding
from adapter.messages.xml import Element
from adapter.values import HerId, MessageId, Moment, Zone, parse_moment

_HEADER = "/SOAP:Envelope/SOAP:Header"
_WIRE_CODES = frozenset(code.value for code in WireCode)


class ErrorSeverity(StrEnum):
    """A Warning is a positive answer, an Error is not (HITS 1171 §5.2.4)."""

    WARNING = "Warning"
    ERROR = "Error"


@dataclass(frozen=True, slots=True)
class CopiedReference:
    """One `ds:Reference` that an Acknowledgment copies: what it points at and the digest, white space removed."""

    uri: str
    digest: str


@dataclass(frozen=True, slots=True)
class Acknowledgment:
    """A receiver's signed word that a message arrived, was verified and opened (transportkvittering).

    `accepted_at` is None where the element is missing or unreadable.
    """

    refers_to: MessageId
    accepted_at: Moment | None
    references: tuple[CopiedReference, ...]


class AckMatch(StrEnum):
    """How the digests that an Acknowledgment copies compare with those we sent (`ebxml.md` §4.6)."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    """some of ours, none foreign: accepted and noted (EB-416, EB-417)"""
    ABSENT = "absent"
    """none copied: accepted and noted"""
    DIFFERENT = "different"
    """another digest or another reference: not acknowledged, alarm"""


def match(copied: tuple[CopiedReference, ...], sent: tuple[Reference, ...]) -> AckMatch:
    """Compare the references of an Acknowledgment with those of the message it acknowledges."""
    if not copied:
        return AckMatch.ABSENT
    ours = {(reference.uri, reference.digest) for reference in sent}
    theirs = {(reference.uri, reference.digest) for reference in copied}
    if not theirs <= ours:
        return AckMatch.DIFFERENT
    return AckMatch.COMPLETE if theirs == ours else AckMatch.PARTIAL


@dataclass(frozen=True, slots=True)
class EbError:
    """One eb:Error. `code` is the text of eb:errorCode, as a peer may use a code that nobody knows."""

    code: str
    severity: ErrorSeverity
    location: str
    description: str


@dataclass(frozen=True, slots=True)
class ErrorList:
    """What is wrong with a message. `highest` is the worst severity that the list or any error in it says (EB-425)."""

    errors: tuple[EbError, ...]
    highest: ErrorSeverity

    @property
    def rejects(self) -> bool:
        """Whether the message was not accepted: who says so in one place of two does not say that it was."""
        return self.highest is ErrorSeverity.ERROR


@dataclass(frozen=True, slots=True)
class SoapFault:
    """The answer to what is not readable as ebXML; unsigned, believed only by correlation (`ebxml.md` §2.6)."""

    code: str
    text: str


class MessageStatus(StrEnum):
    """What a StatusResponse says of a message (ebMS 7.1.2)."""

    NOT_RECOGNIZED = "NotRecognized"
    RECEIVED = "Received"
    PROCESSED = "Processed"


def status_response_xml(refers_to: MessageId, status: MessageStatus, received: Moment | None) -> str:
    """The StatusResponse element; `received` is when the message was kept, None where it is not known here."""
    timestamp = f"<eb:Timestamp>{text(received.text)}</eb:Timestamp>" if received is not None else ""
    return (
        f'<eb:StatusResponse eb:messageStatus="{status.value}" eb:version="2.0">'
        f"<eb:RefToMessageId>{text(refers_to.value)}</eb:RefToMessageId>{timestamp}</eb:StatusResponse>"
    )


def acknowledgment_xml(
    refers_to: MessageId, accepted_at: Moment, acknowledging: HerId, copies: tuple[bytes, ...]
) -> str:
    """The eb:Acknowledgment with a copy of every reference of the acknowledged message (HITS 1171 §5.2.3.3)."""
    references = "".join(f"{copy.decode()}\n" for copy in copies)
    return (
        f'<eb:Acknowledgment SOAP:actor="{TO_PARTY}" SOAP:mustUnderstand="1" eb:version="2.0">\n'
        f"<eb:Timestamp>{text(accepted_at.text)}</eb:Timestamp>\n"
        f"<eb:RefToMessageId>{text(refers_to.value)}</eb:RefToMessageId>\n"
        f'<eb:From><eb:PartyId eb:type="HER">{acknowledging}</eb:PartyId></eb:From>\n'
        f"{references}</eb:Acknowledgment>"
    )


def error_list_xml(errors: tuple[EbError, ...]) -> str:
    """The eb:ErrorList; highestSeverity is the worst of the errors."""
    highest = _worst(errors)
    rows = "".join(map(_error_xml, errors))
    return (
        f'<eb:ErrorList SOAP:mustUnderstand="1" eb:highestSeverity="{highest}" eb:version="2.0">\n{rows}</eb:ErrorList>'
    )


def _worst(errors: tuple[EbError, ...]) -> ErrorSeverity:
    some_error = any(error.severity is ErrorSeverity.ERROR for error in errors)
    return ErrorSeverity.ERROR if some_error else ErrorSeverity.WARNING


def _error_xml(error: EbError) -> str:
    location = f" eb:location={attribute(error.location)}" if error.location else ""
    return (
        f'<eb:Error eb:codeContext="{ERROR_CONTEXT}" eb:errorCode={attribute(error.code)}{location} '
        f'eb:severity="{error.severity}">'
        f'<eb:Description xml:lang="en">{text(error.description)}</eb:Description></eb:Error>\n'
    )


def fault_xml(fault: SoapFault) -> bytes:
    """A whole envelope with a SOAP 1.1 Fault; its children are in no namespace."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<SOAP:Envelope xmlns:SOAP="{SOAP}"><SOAP:Body><SOAP:Fault>'
        f"<faultcode>SOAP:{text(fault.code)}</faultcode><faultstring>{text(fault.text)}</faultstring>"
        "</SOAP:Fault></SOAP:Body></SOAP:Envelope>\n"
    ).encode()


def read_acknowledgment(element: Element) -> tuple[Acknowledgment, tuple[Finding, ...]]:
    """The Acknowledgment of a received signal, with its copied references wherever a peer has put them.

    Raises `RefusedError` (ENVELOPE_INVALID): EB-413 when it does not say which message it is about, EB-416 when a
    copied digest has something other than text inside.
    """
    at = f"{_HEADER}/eb:Acknowledgment"
    findings = []
    inside = by_tag(element)
    about = at_most_one(inside, eb("RefToMessageId"), at)
    refers_to = "" if about is None else leaf(about, "EB-413", at)
    if not refers_to:
        raise RefusedError(ENVELOPE_INVALID, "EB-413", "RefToMessageId is missing", at)
    stamp = at_most_one(inside, eb("Timestamp"), at)
    accepted_at = None
    if stamp is not None:
        accepted_at = _lenient_moment(leaf(stamp, "EB-420", at))
    if accepted_at is None or element.get(eb("version")) != "2.0" or element.get(soap("mustUnderstand")) != "1":
        path = "Envelope/Header/Acknowledgment"
        findings.append(tolerated("EB-420", path, "an attribute or the Timestamp is wrong", "HIS 1037 §7.2.3"))
    copied = tuple(map(_copied, (*element.findall(ds("Reference")), *element.findall("Reference"))))
    return Acknowledgment(MessageId(refers_to), accepted_at, copied), tuple(findings)


def _copied(reference: Element) -> CopiedReference:
    value = reference.find(ds("DigestValue"))
    if value is None:
        value = reference.find("DigestValue")
    digest = "" if value is None else leaf(value, "EB-416", f"{_HEADER}/eb:Acknowledgment/ds:Reference")
    return CopiedReference(reference.get("URI", ""), "".join(digest.split()))


def _lenient_moment(value: str) -> Moment | None:
    try:
        return parse_moment(value, Zone.ASSUMED_UTC)
    except (ValueError, OverflowError):
        return None


def read_error_list(element: Element) -> tuple[ErrorList, tuple[Finding, ...]]:
    """The ErrorList of a received signal; a severity of an error that nobody knows counts as Error.

    Raises `RefusedError` (ENVELOPE_INVALID, EB-425) when it holds no Error element.
    """
    path = "Envelope/Header/ErrorList"
    errors = tuple(map(_read_error, element.findall(eb("Error"))))
    if not errors:
        raise RefusedError(ENVELOPE_INVALID, "EB-425", "the ErrorList is empty", f"{_HEADER}/eb:ErrorList")
    findings = []
    declared, worst = element.get(eb("highestSeverity"), "").strip(), _worst(errors)
    if declared != worst:
        findings.append(tolerated("EB-425", path, "highestSeverity is not the worst severity", "HIS 1037 §7.2.4"))
    if any(error.code not in _WIRE_CODES for error in errors):
        findings.append(tolerated("EB-426", path, "an errorCode is not of the defined list", "HIS 1037 §7.2.4"))
    return ErrorList(errors, ErrorSeverity.ERROR if declared == ErrorSeverity.ERROR else worst), tuple(findings)


def _read_error(element: Element) -> EbError:
    description = element.find(eb("Description"))
    severity = element.get(eb("severity"), "").strip()
    return EbError(
        element.get(eb("errorCode"), "").strip(),
        ErrorSeverity.WARNING if severity == ErrorSeverity.WARNING else ErrorSeverity.ERROR,
        element.get(eb("location"), "").strip(),
        "" if description is None else "".join(str(part) for part in description.itertext()).strip(),
    )


def read_fault(body: Element) -> SoapFault | None:
    """The Fault of a SOAP:Body, or None when it holds none."""
    fault = body.find(soap("Fault"))
    if fault is None:
        return None
    code, words = fault.find("faultcode"), fault.find("faultstring")
    return SoapFault(
        "" if code is None else (code.text or "").strip().rpartition(":")[2],
        "" if words is None else (words.text or "").strip(),
    )
