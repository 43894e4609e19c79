"""Who writes to whom, about what: the eb:MessageHeader, built and read (`ebxml.md` §3.3).

What the profile prescribes and a known peer does otherwise is accepted with a named warning (`ebxml.md` §12.1, §12.2);
what makes the message impossible to route or to answer is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import tolerated
from adapter.envelope.monitoring import NOT_TOLD, Monitoring, read_monitoring
from adapter.envelope.names import attribute, eb, soap, text
from adapter.envelope.reading import Index, at_most_one, by_tag, exactly_one, first, leaf
from adapter.errors import (
    ENVELOPE_INCONSISTENT,
    ENVELOPE_INVALID,
    ENVELOPE_VALUE,
    MAIL_NOT_EBXML,
)
from adapter.messages.findings import Finding
from adapter.messages.xml import Element
from adapter.values import HerId, MessageId, Moment, Zone, parse_moment

_AT = "/SOAP:Envelope/SOAP:Header/eb:MessageHeader"
_PATH = "Envelope/Header/MessageHeader"
_UUID_OR_MSG_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[^\s<>@]+@[^\s<>@]+")
_PAIR_ID = re.compile(r"([0-9]+)_([0-9]+)(_[0-9]+)?")
_CPA_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[^\s:]+(:[^\s:]+)+")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+")


@dataclass(frozen=True, slots=True)
class PartyId:
    """One identifier of a party. `type` is `HER`, `ENH`, ..., or empty where the value is a URI."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Party:
    """A communication party (kommunikasjonspart) by its HER-id. `role` is empty in signals."""

    her: HerId
    role: str = ""
    others: tuple[PartyId, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """The Service; `type` is empty where the value is a URI."""

    value: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class MessageHeader:
    """The addressing of one ebXML message. `refers_to` and `time_to_live` are None where the element is absent."""

    sender: Party
    receiver: Party
    cpa_id: str
    conversation_id: str
    service: Service
    action: str
    message_id: MessageId
    timestamp: Moment
    refers_to: MessageId | None = None
    time_to_live: Moment | None = None
    eliminate_duplicates: bool = False
    monitoring: Monitoring = NOT_TOLD

    def xml(self) -> str:
        """The element as we send it; children in the order of the schema."""
        data = f"<eb:MessageId>{text(self.message_id.value)}</eb:MessageId>"
        data += f"<eb:Timestamp>{text(self.timestamp.text)}</eb:Timestamp>"
        if self.refers_to is not None:
            data += f"<eb:RefToMessageId>{text(self.refers_to.value)}</eb:RefToMessageId>"
        if self.time_to_live is not None:
            data += f"<eb:TimeToLive>{text(self.time_to_live.text)}</eb:TimeToLive>"
        once = "<eb:DuplicateElimination></eb:DuplicateElimination>" if self.eliminate_duplicates else ""
        service_type = f" eb:type={attribute(self.service.type)}" if self.service.type else ""
        return (
            '<eb:MessageHeader SOAP:mustUnderstand="1" eb:version="2.0">\n'
            f"{_party_xml('From', self.sender)}\n{_party_xml('To', self.receiver)}\n"
            f"<eb:CPAId>{text(self.cpa_id)}</eb:CPAId>\n"
            f"<eb:ConversationId>{text(self.conversation_id)}</eb:ConversationId>\n"
            f"<eb:Service{service_type}>{text(self.service.value)}</eb:Service>\n"
            f"<eb:Action>{text(self.action)}</eb:Action>\n"
            f"<eb:MessageData>{data}</eb:MessageData>\n"
            f"{once}{self.monitoring.xml()}\n"
            "</eb:MessageHeader>"
        )


def _party_xml(name: str, party: Party) -> str:
    role = f"<eb:Role>{text(party.role)}</eb:Role>" if party.role else ""
    return f'<eb:{name}><eb:PartyId eb:type="HER">{party.her}</eb:PartyId>{role}</eb:{name}>'


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """Enough of a header to answer with an ErrorList: both HER-ids, the rest as far as it can be read (EB-628)."""

    sender: HerId
    receiver: HerId
    cpa_id: str
    conversation_id: str
    message_id: str


def return_address(blocks: Index) -> ReturnAddress | None:
    """Whom an error about this message can be told, or None when it does not name both parties.

    A HER-id is enough of a party here, whatever else is wrong with it: a second one beside it, an id without type.
    """
    found = blocks.get(eb("MessageHeader"), ())
    if len(found) != 1:
        return None
    header = by_tag(found[0])
    sender, receiver = _her_in(header, "From"), _her_in(header, "To")
    if sender is None or receiver is None:
        return None

    def word(*path: str) -> str:
        element = first(header, eb(path[0]))
        for name in path[1:]:
            element = None if element is None else element.find(eb(name))
        return "" if element is None or len(element) else (element.text or "").strip()

    return ReturnAddress(sender, receiver, word("CPAId"), word("ConversationId"), word("MessageData", "MessageId"))


def _her_in(header: Index, name: str) -> HerId | None:
    """The first HER-id of From or To; None where there are several of these, or it has none that is a number."""
    found = header.get(eb(name), ())
    if len(found) != 1:
        return None
    for element in found[0].iterfind(eb("PartyId")):
        if element.get(eb("type"), "").strip() == "HER" and not len(element):
            try:
                return HerId((element.text or "").strip())
            except ValueError:
                return None
    return None


def read_header(blocks: Index) -> tuple[MessageHeader, tuple[Finding, ...]]:
    """The MessageHeader of a received envelope, among the blocks of its Header, and what had to be tolerated in it.

    Raises `RefusedError`: MAIL_NOT_EBXML where no party can be made out (answered by a Fault), ENVELOPE_INVALID,
    ENVELOPE_VALUE or ENVELOPE_INCONSISTENT otherwise; each with its rule of `ebxml.md` §10.3.
    """
    element = exactly_one(blocks, eb("MessageHeader"), "EB-201", _AT, MAIL_NOT_EBXML)
    findings = list(_check_attributes(element))
    header = by_tag(element)
    for misplaced in ("AckRequested", "Acknowledgment", "ErrorList"):
        if eb(misplaced) in header:
            raise RefusedError(ENVELOPE_INVALID, "EB-120", f"{misplaced} stands inside MessageHeader", _AT)
    sender, about_sender = _read_party(header, "From", "EB-215")
    receiver, about_receiver = _read_party(header, "To", "EB-216")
    findings += (*about_sender, *about_receiver)
    cpa_id = _filled(header, "CPAId", "EB-212")
    findings += _check_cpa_id(cpa_id, sender.her, receiver.her)
    service, about_service = _read_service(header)
    findings += about_service
    data = by_tag(exactly_one(header, eb("MessageData"), "EB-206", f"{_AT}/eb:MessageData"))
    message_id = MessageId(_filled(data, "MessageId", "EB-206"))
    if not _UUID_OR_MSG_ID.fullmatch(message_id.value):
        findings.append(tolerated("EB-207", f"{_PATH}/MessageData", "MessageId is no UUID", "HIS 1037 §6.2.1"))
    timestamp = _moment(_filled(data, "Timestamp", "EB-209"), "EB-210", "eb:Timestamp")
    refers_to = at_most_one(data, eb("RefToMessageId"), f"{_AT}/eb:MessageData")
    lives = at_most_one(data, eb("TimeToLive"), f"{_AT}/eb:MessageData")
    monitoring, about_monitoring = _read_monitoring(header)
    findings += about_monitoring
    return MessageHeader(
        sender=sender,
        receiver=receiver,
        cpa_id=cpa_id,
        conversation_id=_filled(header, "ConversationId", "EB-229"),
        service=service,
        action=_filled(header, "Action", "EB-228"),
        message_id=message_id,
        timestamp=timestamp,
        refers_to=_referred(refers_to),
        time_to_live=None if lives is None else _moment(leaf(lives, "EB-234", _AT), "EB-234", "eb:TimeToLive"),
        eliminate_duplicates=at_most_one(header, eb("DuplicateElimination"), _AT) is not None,
        monitoring=monitoring,
    ), tuple(findings)


def _check_attributes(header: Element) -> tuple[Finding, ...]:
    version = header.get(eb("version"))
    if version is None:
        raise RefusedError(ENVELOPE_INVALID, "EB-202", "eb:version is missing", f"{_AT}/@eb:version")
    if version != "2.0":
        raise RefusedError(ENVELOPE_VALUE, "EB-203", "eb:version is not 2.0", f"{_AT}/@eb:version")
    understood = header.get(soap("mustUnderstand"))
    if understood is None:
        return (tolerated("EB-204", _PATH, "SOAP:mustUnderstand is missing", "HITS 1172 rule 7"),)
    if understood != "1":
        return (tolerated("EB-205", _PATH, "SOAP:mustUnderstand is not 1", "HITS 1172 rule 69"),)
    return ()


def _filled(inside: Index, name: str, rule: str) -> str:
    at = f"{_AT}//eb:{name}"
    value = leaf(exactly_one(inside, eb(name), rule, at), rule, at)
    if not value:
        raise RefusedError(ENVELOPE_INVALID, rule, f"{name} is empty", at)
    return value


def _read_party(header: Index, name: str, rule: str) -> tuple[Party, tuple[Finding, ...]]:
    at = f"{_AT}/eb:{name}"
    party = by_tag(exactly_one(header, eb(name), rule, at, MAIL_NOT_EBXML))
    ids = [
        PartyId(element.get(eb("type"), "").strip(), leaf(element, "EB-218", f"{at}/eb:PartyId"))
        for element in party.get(eb("PartyId"), ())
    ]
    if not ids:
        raise RefusedError(MAIL_NOT_EBXML, "EB-217", f"{name} has no PartyId", at)
    numbers = [one.value for one in ids if one.type == "HER"]
    if not numbers:
        raise RefusedError(MAIL_NOT_EBXML, "EB-219", f"{name} has no PartyId of type HER", at)
    if len(numbers) > 1:
        raise RefusedError(ENVELOPE_INCONSISTENT, "EB-220", f"{name} has several HER-ids", at)
    try:
        her = HerId(numbers[0])
    except ValueError:
        raise RefusedError(MAIL_NOT_EBXML, "EB-221", f"the HER-id in {name} is not a number", at) from None
    others = tuple(one for one in ids if one.type != "HER")
    findings = []
    if any(not one.type and not _URI.fullmatch(one.value) for one in others):
        raise RefusedError(ENVELOPE_INCONSISTENT, "EB-223", "a PartyId has neither a type nor a URI", at)
    if len({one.type for one in others}) < len(others):
        findings.append(tolerated("EB-222", f"{_PATH}/{name}", "two PartyIds are of one type", "HITS 1171 §5.2.1.2"))
    role = at_most_one(party, eb("Role"), at)
    return Party(her, "" if role is None else leaf(role, "EB-224", at), others), tuple(findings)


def _check_cpa_id(cpa_id: str, one: HerId, other: HerId) -> tuple[Finding, ...]:
    pair = _PAIR_ID.fullmatch(cpa_id)
    if pair is None:
        if _CPA_ID.fullmatch(cpa_id):
            return ()
        return (tolerated("EB-213", f"{_PATH}/CPAId", "CPAId is of no known form", "HITS 1172 rule 12"),)
    if [int(pair[1]), int(pair[2])] != sorted((int(one.value), int(other.value))):
        return (
            tolerated("EB-214", f"{_PATH}/CPAId", "CPAId is not the two HER-ids, smaller first", "HIS 1037 §6.2.1"),
        )
    return ()


def _read_service(header: Index) -> tuple[Service, tuple[Finding, ...]]:
    element = exactly_one(header, eb("Service"), "EB-226", f"{_AT}/eb:Service")
    value = _filled(header, "Service", "EB-226")
    service = Service(value, element.get(eb("type"), ""))
    if not service.type and not _URI.fullmatch(value):
        return service, (tolerated("EB-227", f"{_PATH}/Service", "Service has no eb:type", "HIS 1037 §6.2.1"),)
    return service, ()


def _moment(value: str, rule: str, name: str) -> Moment:
    try:
        return parse_moment(value, Zone.ASSUMED_UTC)
    except (ValueError, OverflowError):
        raise RefusedError(ENVELOPE_VALUE, rule, f"{name} is no xs:dateTime", f"{_AT}/eb:MessageData/{name}") from None


def _referred(element: Element | None) -> MessageId | None:
    value = "" if element is None else leaf(element, "EB-235", f"{_AT}/eb:MessageData/eb:RefToMessageId")
    return MessageId(value) if value else None


def _read_monitoring(header: Index) -> tuple[Monitoring, tuple[Finding, ...]]:
    description = first(header, eb("Description"))
    if description is None:
        return NOT_TOLD, (tolerated("EB-457", _PATH, "there is no Description with MSH-system", "HITS 1210 §5.3"),)
    return read_monitoring("".join(str(part) for part in description.itertext()))
