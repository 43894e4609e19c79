"""Is the SOAP part a document of the profile: XML, SOAP frame, known blocks: EB-101 to EB-120."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from adapter.crypto.dsig import NEXT_HOP_ACTORS
from adapter.envelope.classify import is_fault
from adapter.envelope.names import ds, eb, soap
from adapter.envelope.reading import children
from adapter.envelope.rules.rule import Breach, Consequence, Context, Needs, RuleBook
from adapter.envelope.rules.subject import HEADER, MESSAGE_HEADER, Subject
from adapter.errors import XML_DOCTYPE, XML_ENCODING, XML_NOT_WELL_FORMED, XML_TOO_LARGE, WireCode
from adapter.messages.xml import Element, declared_encoding, is_declared

BOOK: Final = RuleBook()
_FAULT, _REMARK, _ERROR, _WARN = Consequence.FAULT, Consequence.REMARK, Consequence.ERROR, Consequence.WARN
_XML: Final = "HITS 1172 §5.6.1"
_BLOCKS: Final = "HITS 1172 §5.7.2"
UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_KNOWN_BLOCKS: Final = frozenset(
    {
        eb("MessageHeader"),
        eb("AckRequested"),
        eb("Acknowledgment"),
        eb("ErrorList"),
        eb("MessageOrder"),
        eb("SyncReply"),
        ds("Signature"),
    }
)
_KNOWN_BODY: Final = frozenset({eb("Manifest"), eb("StatusRequest"), eb("StatusResponse"), soap("Fault")})


@BOOK.rule("EB-101", "The XML declaration is present", _XML, hits="78", receive=_REMARK, opened=True)
def has_declaration(subject: Subject, _: Context) -> Iterator[Breach]:
    """It is missing in real traffic."""
    octets = subject.envelope.octets
    if octets and not is_declared(octets):
        yield Breach("the XML declaration is missing", "/", line=1)


@BOOK.rule(
    "EB-102",
    "The XML version is 1.0",
    "HITS 1172 §5.6; HITS 1171 §8.4",
    receive=_ERROR,
    code=WireCode.VALUE_NOT_RECOGNIZED,
    opened=True,
)
def xml_version_is_1_0(subject: Subject, _: Context) -> Iterator[Breach]:
    """XML 1.1 knows other characters and other line ends."""
    unverified = subject.envelope.unverified
    if unverified is not None and unverified.document.docinfo.xml_version not in {None, "1.0"}:
        yield Breach("the XML version is not 1.0", "/", line=1)


@BOOK.rule(
    "EB-103",
    "The encoding is UTF-8",
    "HITS 1171 §8.4, §10.4",
    hits="68",
    receive=_WARN,
    code=WireCode.VALUE_NOT_RECOGNIZED,
    opened=True,
)
def is_utf_8(subject: Subject, _: Context) -> Iterator[Breach]:
    """Another encoding that we read, such as ISO-8859-1, is delivered and answered by a Warning."""
    if subject.envelope.unverified is not None and declared_encoding(subject.envelope.octets) not in UTF8:
        yield Breach("the envelope is not in UTF-8", "/", line=1)


@BOOK.rule(
    "EB-104",
    "The encoding is known, and the XML declaration and the charset of the part agree",
    "HITS 1171 §8.4",
    receive=_ERROR,
    code=WireCode.VALUE_NOT_RECOGNIZED,
)
def encodings_agree(subject: Subject, _: Context) -> Iterator[Breach]:
    """Else two readers could read two texts."""
    refusal = subject.envelope.refusal
    if refusal is not None and refusal.kind is XML_ENCODING:
        yield Breach("the encoding is unknown", "/", _FAULT)
    charset = (subject.soap_part.parameter("charset") or "").lower() if subject.soap_part is not None else ""
    declared = declared_encoding(subject.envelope.octets)
    if subject.envelope.unverified is not None and charset and charset != declared and not {charset, declared} <= UTF8:
        yield Breach("charset and XML declaration differ", "/", line=1)


@BOOK.rule("EB-105", "The envelope is well-formed XML", "HITS 1172 §5.6", receive=_FAULT)
def is_well_formed(subject: Subject, _: Context) -> Iterator[Breach]:
    """Only the position is told."""
    refusal = subject.envelope.refusal
    if refusal is not None and refusal.kind is XML_NOT_WELL_FORMED and subject.envelope.octets:
        yield Breach(f"the envelope is not well-formed: {refusal.detail}", "/")


@BOOK.rule(
    "EB-106", "No DOCTYPE, no processing instruction, size and depth within limits", "SOAP 1.1 §3", receive=_FAULT
)
def is_plain_xml(subject: Subject, _: Context) -> Iterator[Breach]:
    """Entities grow, instructions belong to the canonical form and mean nothing."""
    refusal, unverified = subject.envelope.refusal, subject.envelope.unverified
    if refusal is not None and refusal.kind in {XML_DOCTYPE, XML_TOO_LARGE}:
        yield Breach(f"{refusal.kind.says}{f' ({refusal.detail})' if refusal.detail else ''}", "/")
    instruction = _instruction(subject.envelope.root)
    if unverified is not None and instruction is not None:
        yield Breach("the envelope has a processing instruction", "/", line=instruction.sourceline)


def _instruction(root: Element | None) -> Element | None:
    """The first processing instruction in the envelope or around it."""
    if root is None:
        return None
    everywhere = (*root.itersiblings(preceding=True), *root.iter(etree.ProcessingInstruction), *root.itersiblings())
    return next((node for node in everywhere if isinstance(node, etree._ProcessingInstruction)), None)


@BOOK.rule("EB-107", "The root is Envelope of SOAP 1.1", _XML, hits="86", receive=_FAULT, opened=True)
def root_is_soap(subject: Subject, _: Context) -> Iterator[Breach]:
    """SOAP 1.2 is another namespace; the Fault says VersionMismatch."""
    root = subject.envelope.root
    if root is not None and root.tag != soap("Envelope"):
        yield Breach("the root is no SOAP 1.1 Envelope", "/")


BOOK.judged_as(("XSD",), "EB-108", "Valid against the schema of SOAP 1.1", _XML, hits="16")
BOOK.judged_as(("XSD",), "EB-109", "Valid against the schema of ebMS 2.0", _XML, hits="17")
BOOK.judged_as(("EB-107",), "EB-110", "SOAP:Envelope is present", "HITS 1172 §5.7.1", hits="43")


@BOOK.rule(
    "EB-111", "There is one SOAP:Header", "HITS 1172 §5.7.1; HIS 1037 §6.1", hits="2", receive=_FAULT, opened=True
)
def has_header(subject: Subject, _: Context) -> Iterator[Breach]:
    """Only a Fault has none."""
    root = subject.envelope.root
    if root is None or root.tag != soap("Envelope"):
        return
    count = len(root.findall(soap("Header")))
    if count > 1 or (count == 0 and not (subject.envelope.body is not None and is_fault(subject.envelope.body))):
        yield Breach("there is not one SOAP:Header", "Envelope")


@BOOK.rule("EB-112", "There is one SOAP:Body", "HITS 1172 §5.7.1; HIS 1037 §6.1", hits="3", receive=_FAULT, opened=True)
def has_body(subject: Subject, _: Context) -> Iterator[Breach]:
    """The validator wants it of a signal too."""
    root = subject.envelope.root
    if root is not None and root.tag == soap("Envelope") and len(root.findall(soap("Body"))) != 1:
        yield Breach("there is not one SOAP:Body", "Envelope")


@BOOK.rule(
    "EB-113",
    "No unknown block in the Header that must be understood",
    f"{_BLOCKS}; ebMS 2.3.5",
    hits="100",
    receive=_ERROR,
    code=WireCode.NOT_SUPPORTED,
    opened=True,
)
def blocks_are_understood(subject: Subject, _: Context) -> Iterator[Breach]:
    """One that need not be understood is passed over."""
    for tag, found in subject.envelope.blocks.items():
        for block in found:
            if tag not in _KNOWN_BLOCKS and block.get(soap("mustUnderstand"), "0").strip() in {"1", "true"}:
                yield Breach("a block that must be understood is unknown", HEADER)


@BOOK.rule(
    "EB-114",
    "No unknown block in the Body",
    _BLOCKS,
    hits="101",
    receive=_ERROR,
    code=WireCode.NOT_SUPPORTED,
    opened=True,
)
def body_is_known(subject: Subject, _: Context) -> Iterator[Breach]:
    """What is not Manifest, StatusRequest or StatusResponse."""
    if any(tag not in _KNOWN_BODY for tag in subject.envelope.inside):
        yield Breach("an unknown block", "Envelope/Body")


BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-115",
    "Blocks that need not be understood are judged too",
    "HITS 1172 §5.1.1",
    by="adapter.envelope.rules.judge",
)


@BOOK.rule(
    "EB-116",
    "No SyncReply over SMTP",
    _BLOCKS,
    receive=_ERROR,
    code=WireCode.NOT_SUPPORTED,
    opened=True,
)
def no_sync_reply(subject: Subject, _: Context) -> Iterator[Breach]:
    """Mail has no synchronous answer."""
    if subject.envelope.block("SyncReply") is not None:
        yield Breach("SyncReply", f"{HEADER}/SyncReply")


@BOOK.rule(
    "EB-117",
    "MessageOrder is ignored unless agreed",
    "HITS 1172 §5.11.3; HIS 1037 §3.2",
    receive=_REMARK,
    opened=True,
)
def no_message_order(subject: Subject, _: Context) -> Iterator[Breach]:
    """Nobody has agreed on it."""
    if subject.envelope.block("MessageOrder") is not None:
        yield Breach("MessageOrder is ignored", HEADER)


@BOOK.rule(
    "EB-118",
    "Nothing is addressed to the next hop",
    "ebxml.md §4.3",
    receive=_ERROR,
    code=WireCode.NOT_SUPPORTED,
    opened=True,
)
def nothing_for_the_next_hop(subject: Subject, _: Context) -> Iterator[Breach]:
    """Such a block lies outside the reach of the signature: anybody could have put it there."""
    root, actor = subject.envelope.root, soap("actor")
    if root is None:
        return
    for element in root.iter("*"):
        if element.get(actor, "").strip() in NEXT_HOP_ACTORS:
            yield Breach("a block is addressed to the next hop, where no signature reaches", element)


BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-119",
    "The roles next, toPartyMSH, nextMSH and ultimate receiver (no actor) are ours",
    _BLOCKS,
    by="adapter.envelope.open.read",
)


@BOOK.rule(
    "EB-120",
    "AckRequested, Acknowledgment, ErrorList and Signature stand beside MessageHeader, not in it",
    "HITS 1171 §10",
    receive=_ERROR,
    code=WireCode.OTHER_XML,
    opened=True,
)
def blocks_stand_beside(subject: Subject, _: Context) -> Iterator[Breach]:
    """HIS 1037 chapter 8 prints them inside."""
    inside = (eb("AckRequested"), eb("Acknowledgment"), eb("ErrorList"), ds("Signature"))
    for header in subject.envelope.blocks.get(eb("MessageHeader"), ()):
        if any(child.tag in inside for child in children(header)):
            yield Breach("a block stands inside MessageHeader", MESSAGE_HEADER)
