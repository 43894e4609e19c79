"""What came in: raw mail to an ebXML envelope with its attachments, unverified; or something that is no ebXML message.

The stage R2 to R5 of `ebxml.md` §1.3: nothing here has a side effect and nothing here is believed. A mail of the right
kind with a known mistake goes on with a named warning; a broken one is a `RefusedError` that is answered by a Fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import tolerated
from adapter.crypto.verified import Part, Unverified
from adapter.envelope.classify import (
    AutomaticReply,
    Bounce,
    Kind,
    identifiers,
    is_fault,
    kind_of,
    stranger,
    without_brackets,
)
from adapter.envelope.header import ReturnAddress, return_address
from adapter.envelope.mime import Entity, parse_mail
from adapter.envelope.names import eb, soap
from adapter.envelope.reading import Index, by_tag, children
from adapter.envelope.signals import SoapFault, read_fault
from adapter.errors import ENVELOPE_VALUE, MAIL_NOT_EBXML
from adapter.messages.findings import Finding
from adapter.messages.xml import Element, Tree, declared_encoding, is_declared

_ABOUT = 10
"""How many identifiers of a header a Fault is matched by; the last of References is the mail it answers (RFC 5322)."""

_UTF8 = frozenset({"utf-8", "utf8", "us-ascii"})


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What the mail headers say, without angle brackets and `mailto:`; empty where a header is missing.

    `reply_to` is where an answer to the mail goes: Reply-To, else From, else Sender (HITS 1172 §4.2.2.3).
    """

    sender: str
    recipient: str
    reply_to: str
    message_id: str


@dataclass(frozen=True, slots=True)
class FaultMail:
    """A SOAP Fault; `in_reply_to` are the mail identifiers it may be about."""

    fault: SoapFault
    in_reply_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An ebXML message as it came. `charset` is that of the SOAP part, in lower case, empty when there is none.

    `blocks` and `inside` are the children of SOAP:Header and SOAP:Body. `entity` is the whole mail, `soap_part` and
    `others` the nodes of it that hold envelope and attachments.
    """

    envelope: Unverified
    kind: Kind
    header: Element
    body: Element
    blocks: Index
    inside: Index
    attachments: tuple[Part, ...]
    charset: str
    findings: tuple[Finding, ...]
    entity: Entity
    soap_part: Entity
    others: tuple[Entity, ...]

    @property
    def mail(self) -> MailFacts:
        """What the headers of the mail say about sender, receiver and identity."""
        return mail_facts(self.entity)

    @property
    def reply_to(self) -> ReturnAddress | None:
        """Whom an error can be told, or None where the header does not name both parties."""
        return return_address(self.blocks)


def unpack(mail: bytes) -> Unpacked | Bounce | AutomaticReply | FaultMail:
    """Take a raw mail apart as far as can be done without believing anything.

    Raises `RefusedError` (MAIL_NOT_EBXML) or `AdapterError` (MAIL_TOO_LARGE, XML_*): an unreadable mail, to be answered
    by a Fault where the guard of `ebxml.md` §6.3 allows.
    """
    entity = parse_mail(mail)
    other = stranger(entity)
    if other is not None:
        return other
    findings = list(_check_mail(entity))
    soap_part, others = _soap_part(entity, findings)
    envelope = Unverified(soap_part.content)
    header, body = _frame(envelope.document)
    if header is None:
        if not is_fault(body):
            raise RefusedError(MAIL_NOT_EBXML, "EB-111", "there is no SOAP:Header", "/SOAP:Envelope")
        return _fault(entity, body)
    if is_fault(body) and header.find(eb("MessageHeader")) is None:
        return _fault(entity, body)
    blocks, inside = by_tag(header), by_tag(body)
    return Unpacked(
        envelope=envelope,
        kind=kind_of(blocks, inside),
        header=header,
        body=body,
        blocks=blocks,
        inside=inside,
        attachments=_attachments(others),
        charset=(soap_part.parameter("charset") or "").lower(),
        findings=tuple(findings),
        entity=entity,
        soap_part=soap_part,
        others=others,
    )


def mail_facts(entity: Entity) -> MailFacts:
    """What the headers of a mail say about sender, receiver and identity."""
    return MailFacts(
        _address(entity.header("from")),
        _address(entity.header("to")),
        next(filter(None, (_address(entity.header(name)) for name in ("reply-to", "from", "sender"))), ""),
        without_brackets(entity.header("message-id") or ""),
    )


_LOGGED = (
    ("from", "EB-001", "EB-002"),
    ("to", "EB-003", "EB-004"),
    ("message-id", "EB-005", "EB-006"),
    ("date", "EB-007", "EB-008"),
)


def _check_mail(entity: Entity) -> tuple[Finding, ...]:
    """The rules of `ebxml.md` §10.1 about the top of the mail."""
    findings = []
    for name, missing, empty in _LOGGED:
        value = entity.header(name)
        if not value:
            rule = missing if value is None else empty
            findings.append(tolerated(rule, name, "a mail header is missing or empty", "HITS 1172 §5.5.1.1"))
    version = entity.header("mime-version")
    if version != "1.0":
        raise RefusedError(MAIL_NOT_EBXML, "EB-009" if version is None else "EB-010", "MIME-Version is not 1.0")
    if entity.media_type in {"", "text/plain"}:
        raise RefusedError(MAIL_NOT_EBXML, "EB-013", "the mail is plain text")
    if entity.media_type not in {"multipart/related", "text/xml"}:
        raise RefusedError(MAIL_NOT_EBXML, "EB-014", "the mail is neither multipart/related nor text/xml")
    action = entity.header("soapaction")
    if action is None:
        findings.append(tolerated("EB-011", "SOAPAction", "SOAPAction is missing", "HITS 1172 rule 22"))
    elif action.strip('"').lower() != "ebxml":
        raise RefusedError(MAIL_NOT_EBXML, "EB-012", 'SOAPAction is not "ebXML"')
    elif action != '"ebXML"':
        findings.append(tolerated("EB-012", "SOAPAction", 'SOAPAction is not written "ebXML"', "HITS 1172 rule 51"))
    return tuple(findings)


def choose_soap_part(entity: Entity) -> tuple[Entity | None, tuple[Entity, ...]]:
    """The part with the envelope, None where there is none, and the others (`ebxml.md` §2.1, order of parts)."""
    if not entity.media_type.startswith("multipart/"):
        return entity, ()
    parts = entity.children
    chosen = named_by_start(entity) or next(iter(parts), None)
    if chosen is not None and chosen.media_type not in {"text/xml", "application/soap+xml"}:
        chosen = next((part for part in parts if part.media_type == "text/xml"), None)
    return chosen, () if chosen is None else tuple(part for part in parts if part is not chosen)


def named_by_start(mail: Entity) -> Entity | None:
    """The part that `start` of a multipart names; None where it names none, or is not given."""
    start = mail.parameter("start")
    if start is None:
        return None
    wanted = without_brackets(start)
    return next((part for part in mail.children if content_id(part) == wanted), None)


def _soap_part(entity: Entity, findings: list[Finding]) -> tuple[Entity, tuple[Entity, ...]]:
    """The part with the envelope, and the others."""
    chosen, others = choose_soap_part(entity)
    if chosen is None:
        raise RefusedError(MAIL_NOT_EBXML, "EB-018", "there is no text/xml part")
    if chosen is not entity:
        declared, start = entity.parameter("type"), entity.parameter("start")
        if declared is None:
            findings.append(tolerated("EB-015", "Content-Type", "type is missing", "HITS 1172 rule 253"))
        elif declared.lower() != "text/xml":
            raise RefusedError(MAIL_NOT_EBXML, "EB-015", "multipart/related is of another type than text/xml")
        if start is not None and named_by_start(entity) is None:
            findings.append(tolerated("EB-016", "Content-Type", "start names no part", "HITS 1172 §5.5.2.2"))
    if chosen.media_type != "text/xml":
        findings.append(tolerated("EB-019", "Content-Type", "the SOAP part is not text/xml", "HITS 1172 rule 255"))
    _check_soap_part(chosen, findings)
    return chosen, others


def _check_soap_part(part: Entity, findings: list[Finding]) -> None:
    if part.parameter("charset") is None:
        findings.append(tolerated("EB-020", "Content-Type", "charset is missing", "HITS 1172 rule 256"))
    if not part.encoding:
        findings.append(
            tolerated("EB-021", "Content-Transfer-Encoding", "it is missing in the SOAP part", "HITS 1172 rule 257")
        )


def _attachments(parts: tuple[Entity, ...]) -> tuple[Part, ...]:
    found: dict[str, Part] = {}
    for part in parts:
        name = content_id(part)
        if not name or name in found:
            raise RefusedError(MAIL_NOT_EBXML, "EB-025", "an attachment has no Content-ID of its own")
        found[name] = Part(name, part.content)
    return tuple(found.values())


def content_id(part: Entity) -> str:
    """The Content-ID of a part without angle brackets and unescaped; empty where it has none."""
    return unquote(without_brackets(part.header("content-id") or ""))


def _frame(document: Tree) -> tuple[Element | None, Element]:
    """SOAP:Header, None in a Fault that has none, and SOAP:Body."""
    root = document.getroot()
    if root.tag != soap("Envelope"):
        raise RefusedError(MAIL_NOT_EBXML, "EB-107", "the root is no SOAP 1.1 Envelope", "/")
    tags = [child.tag for child in children(root)]
    if tags.count(soap("Body")) != 1:
        raise RefusedError(MAIL_NOT_EBXML, "EB-112", "there is not exactly one SOAP:Body", "/SOAP:Envelope")
    if tags.count(soap("Header")) > 1:
        raise RefusedError(MAIL_NOT_EBXML, "EB-111", "there are several SOAP:Header", "/SOAP:Envelope")
    body = root.find(soap("Body"))
    if body is None:
        raise RefusedError(MAIL_NOT_EBXML, "EB-112", "there is no SOAP:Body", "/SOAP:Envelope")
    return root.find(soap("Header")), body


def check_encoding(unpacked: Unpacked) -> tuple[Finding, ...]:
    """Declared XML version and encoding (`ebxml.md` §6.2, §10.2).

    Raises `RefusedError` (ENVELOPE_VALUE) with EB-102 or EB-104.
    """
    docinfo = unpacked.envelope.document.docinfo
    if docinfo.xml_version not in {None, "1.0"}:
        raise RefusedError(ENVELOPE_VALUE, "EB-102", "the XML version is not 1.0", "/")
    findings = []
    octets = unpacked.envelope.octets
    written = docinfo.encoding or "UTF-8"
    if written not in {written.upper(), written.lower()}:
        raise RefusedError(ENVELOPE_VALUE, "EB-104", "the encoding is written half large and half small", "/")
    declared = declared_encoding(octets)
    if not is_declared(octets):
        findings.append(tolerated("EB-101", "/", "the XML declaration is missing", "HITS 1172 rule 78"))
    charset = unpacked.charset or declared
    if charset != declared and not {charset, declared} <= _UTF8:
        raise RefusedError(ENVELOPE_VALUE, "EB-104", "charset and XML declaration differ", "/")
    if declared not in _UTF8:
        findings.append(tolerated("EB-103", "/", "the envelope is not in UTF-8", "HITS 1171 §8.4"))
    return tuple(findings)


def _fault(entity: Entity, body: Element) -> FaultMail:
    fault = read_fault(body)
    named = (one for name in ("in-reply-to", "references") for one in identifiers(entity.header(name) or "")[-_ABOUT:])
    return FaultMail(fault or SoapFault("", ""), tuple(dict.fromkeys(named)))


def _address(value: str | None) -> str:
    """The bare address of a mail header; a display name is dropped, `mailto:` too."""
    return without_brackets(value or "").removeprefix("mailto:")
