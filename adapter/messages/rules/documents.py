"""Whether the documents of a message are what they say: MH-031 to MH-035, MH-041 to MH-055, PL-007, PL-038, PL-095."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from adapter.errors import AppRecCode
from adapter.messages.datatypes import OID, child, child_code, child_text, child_time
from adapter.messages.kinds import Family
from adapter.messages.namespaces import BASE64, MH, XMLDSIG_NS, clark
from adapter.messages.nodes import Node
from adapter.messages.reading import Reading
from adapter.messages.rules.places import is_plo, nearest, root_of
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope
from adapter.values import Moment

BOOK: Final = RuleBook(Scope.HEAD)
_BLOCK, _NEGATIVE, _WARN = Consequence.BLOCK, Consequence.NEGATIVE, Consequence.WARN

_SKEW: Final = timedelta(minutes=10)
_CONTAINER: Final = BASE64 + "Base64Container"

WARN_ATTACHMENTS: Final = 5_500_000
"""Raw octets of attachments from which the envelope comes near 10 MB (`msghead.md` §7.6)."""

_CLINICAL_DIALOG_FORMATS: Final = frozenset({"application/pdf", "image/jpeg", "image/jpg", "image/png"})
"""What Helsefaglig dialog may carry (HIS 1077 §5.3); other profiles name no formats."""


def _at(document: Node, *names: str) -> Node | None:
    """The element under a document, or the nearest above it."""
    return nearest(document, *(MH + name for name in names))


def _ref(document: Node) -> Node | None:
    return document.first.get(MH + "RefDoc")


def _payloads(document: Node) -> list[Node]:
    """The elements in its Content."""
    content = child(document, MH + "RefDoc", MH + "Content")
    return content.children if content is not None else []


def _type(document: Node) -> str | None:
    code = child_code(_ref(document), MH + "MsgType")
    return code.v if code is not None else None


def _attachments(reading: Reading) -> list[Node]:
    """The documents after the first, which is the message itself (MH-031)."""
    return reading.parts.documents[1:]


@BOOK.rule(
    "MH-031",
    "The first document is of type XML and holds one root element",
    "HIS 80704:2014 §4.1.1; AT-S 16",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.OTHER,
)
def first_document_is_xml(reading: Reading, _: Context) -> Iterator[Fault]:
    """Exactly one payload; no content at all is MH-032's."""
    for document in reading.parts.documents[:1]:
        if _type(document) != "XML":
            yield Fault(
                "RefDoc/MsgType of the first document is not XML; put the message first, with V=XML",
                _at(document, "RefDoc", "MsgType"),
            )
        elif len(_payloads(document)) > 1:
            says = "Content of the first document holds more than one element; write one"
            yield Fault(says, _at(document, "RefDoc", "Content"))


@BOOK.rule(
    "MH-032",
    "A document has content",
    "own rule (the schema allows none)",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.OTHER,
)
def content_not_empty(reading: Reading, _: Context) -> Iterator[Fault]:
    """An empty Content, or neither Content nor FileReference; both together fail in the schema."""
    for document in reading.parts.documents:
        if not _payloads(document) and child_text(_ref(document), MH + "FileReference") is None:
            yield Fault(
                "a document has no content; write it in Content or leave the Document out",
                _at(document, "RefDoc", "Content"),
            )


@BOOK.rule(
    "MH-033",
    "At most one main document",
    "HIS 80601 §5",
    send=_BLOCK,
    receive=_WARN,
    about=(MH + "DocumentConnection",),
)
def one_main_document(reading: Reading, _: Context) -> Iterator[Fault]:
    """DocumentConnection H (hoveddokument) once."""
    connections = [(document, child_code(document, MH + "DocumentConnection")) for document in reading.parts.documents]
    mains = [document for document, code in connections if code is not None and code.v == "H"]
    for document in mains[1:]:
        yield Fault(
            "more than one document is called the main document; write H once", _at(document, "DocumentConnection")
        )


@BOOK.rule(
    "MH-034",
    "DocumentConnection is used only with several documents",
    "HIS 80601 §5",
    send=_WARN,
    about=(MH + "DocumentConnection",),
)
def connection_needed(reading: Reading, _: Context) -> Iterator[Fault]:
    """It tells documents apart."""
    found = reading.parts.documents
    connection = child(found[0], MH + "DocumentConnection") if len(found) == 1 else None
    if connection is not None:
        yield Fault("DocumentConnection stands in a message of one document; leave it out", connection)


@BOOK.rule(
    "MH-035",
    "Consent is coded with list 9064 in PLO",
    "HIS 80704:2014 §4.1.1",
    send=_BLOCK,
    receive=_WARN,
    about=(MH + "Consent",),
)
def consent_list(reading: Reading, _: Context) -> Iterator[Fault]:
    """The general list 3109 is accepted when received; a list of neither kind is MH-036's."""
    for document in reading.parts.documents:
        consent = child_code(document, MH + "Consent")
        if is_plo(reading) and consent is not None and consent.s == OID + "3109":
            yield Fault("Consent is coded with list 3109; use 9064", _at(document, "Consent"))


@BOOK.rule(
    "MH-041",
    "An attachment is described and can be decoded",
    "HIS 1036 §4.2; HITS 1168 §4.4",
    send=_BLOCK,
    receive=_WARN,
)
def attachment_whole(reading: Reading, _: Context) -> Iterator[Fault]:
    """Date, MIME type, description, base64. A missing field is tolerated; the schema sees to the base64 itself."""
    for document in _attachments(reading):
        ref = _ref(document)
        missing = [
            name
            for name, value in (
                ("IssueDate", child_time(ref, MH + "IssueDate")),
                ("MimeType", child_text(ref, MH + "MimeType")),
                ("Description", child_text(ref, MH + "Description")),
            )
            if value is None
        ]
        place = _at(document, "RefDoc")
        if missing:
            yield Fault(f"an attachment lacks {' and '.join(missing)}; write what is missing", place)
        if _type(document) != "A":
            yield Fault("a further document is not marked as attachment; write V=A in its MsgType", place)


@BOOK.rule(
    "MH-042",
    "The format of an attachment is one the profile allows",
    "HIS 1036 §3.1; HIS 1077 §5.3; HITS 1168 §4.4",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.OTHER,
)
def attachment_format(reading: Reading, _: Context) -> Iterator[Fault]:
    """Only Helsefaglig dialog names its formats among the messages known here."""
    if reading.type != "DIALOG_HELSEFAGLIG":
        return
    for document in _attachments(reading):
        format_ = child_text(_ref(document), MH + "MimeType")
        if format_ is not None and format_.lower() not in _CLINICAL_DIALOG_FORMATS:
            yield Fault(
                "an attachment is neither pdf, jpeg nor png; convert it, and write its MimeType",
                _at(document, "RefDoc", "MimeType"),
            )


@BOOK.rule(
    "MH-043", "Attachments stay below the size the net recommends", "HIS 1036 §3.2", send=_WARN, about=(_CONTAINER,)
)
def attachments_not_too_large(reading: Reading, _: Context) -> Iterator[Fault]:
    """The envelope has its own hard limit."""
    contents = (child(document, MH + "RefDoc", MH + "Content") for document in _attachments(reading))
    octets = sum(len(child_text(content, _CONTAINER) or "") * 3 // 4 for content in contents)
    if octets > WARN_ATTACHMENTS:
        yield Fault("the attachments make an envelope of more than 10 MB; send less", root_of(reading))


@BOOK.rule(
    "MH-044",
    "The content proper is never base64",
    "HIS 1036 §4",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.OTHER,
    about=(_CONTAINER,),
)
def content_not_base64(reading: Reading, _: Context) -> Iterator[Fault]:
    """Only attachments are encoded."""
    for document in reading.parts.documents[:1]:
        if reading.payload is not None and reading.payload.tag == _CONTAINER and _type(document) != "A":
            yield Fault("the first document is base64; write the XML itself", _at(document, "RefDoc", "Content"))


BOOK.elsewhere(
    Needs.PERSON, "MH-045", "Received attachments are scanned, and told of with their format", "HIS 1036 §2.2"
)


@BOOK.rule(
    "MH-047",
    "No PatientReport",
    "HIS 80601; own rule",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.FORMAT_NOT_SUPPORTED,
    about=(MH + "PatientReport",),
)
def no_patient_report(reading: Reading, _: Context) -> Iterator[Fault]:
    """Reports to registers about many patients are not carried."""
    report = child(root_of(reading), MH + "PatientReport")
    if report is not None:
        yield Fault("PatientReport is not supported; send one message for each patient", report)


BOOK.elsewhere(
    Needs.REGISTER, "MH-048", "A personal signature that the profile demands is valid", "HIS 80415:2012 §3.3.4"
)


@BOOK.rule(
    "MH-049",
    "A signature that nobody asked for is kept and not judged",
    "own rule",
    receive=_WARN,
    about=(clark(XMLDSIG_NS) + "Signature",),
)
def unasked_signature(reading: Reading, _: Context) -> Iterator[Fault]:
    """PLO and dialog profiles never ask for a personal signature (`msghead.md` §3.6)."""
    signature = child(root_of(reading), clark(XMLDSIG_NS) + "Signature")
    if signature is not None and (is_plo(reading) or _is_dialog(reading)):
        yield Fault(
            "the message has a signature that its profile does not ask for; it is kept and not judged", signature
        )


def _is_dialog(reading: Reading) -> bool:
    return reading.standard is not None and reading.standard.family is Family.DIALOG


BOOK.elsewhere(Needs.CONDUCT, "MH-050", "The received payload is kept byte for byte", "own rule")
BOOK.judged_as(
    ("PL-031", "PL-076", "PL-077", "PL-080"), "MH-052", "The content names who answers for it", "HITS 1174 §5"
)
BOOK.judged_as(("PL-039", "PL-040"), "MH-053", "The shipment status is there and allowed", "HISD 1154 §3.1")
BOOK.elsewhere(Needs.CONDUCT, "MH-054", "No address in a received message is ever fetched", "own rule")
BOOK.elsewhere(Needs.PERSON, "MH-055", "IssueDate and Id agree with the document included", "HIS 80601 §5")
BOOK.judged_as(("MH-031", "MH-032"), "PL-007", "The first document holds exactly one payload", "HIS 80704:2014 §4.1.1")


@BOOK.rule(
    "PL-038",
    "IssueDate is not after GenDate",
    "HIS 80601; own rule",
    send=_WARN,
    receive=Consequence.INFO,
)
def issued_before_generated(reading: Reading, _: Context) -> Iterator[Fault]:
    """A document is written before it is sent; ten minutes of skew are nothing."""
    generated = reading.parts.generated
    for document in reading.parts.documents:
        time = child_time(_ref(document), MH + "IssueDate")
        issued = time.value if time is not None else None
        if generated is None or issued is None:
            continue
        late = issued.instant - generated.instant > _SKEW if isinstance(issued, Moment) else issued > generated.day
        if late:
            yield Fault(
                "IssueDate is after GenDate; write when the document was made",
                _at(document, "RefDoc", "IssueDate"),
            )


BOOK.judged_as(("MH-041", "MH-042"), "PL-095", "Attachments only where and as the profile allows", "HIS 1077 §5.3")
