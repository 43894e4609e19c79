"""Is the mail around an envelope as the profile has it: headers, media types, parts: EB-001 to EB-031."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from adapter.crypto.cms import is_enveloped
from adapter.envelope.mail import MAX_OCTETS
from adapter.envelope.names import xlink
from adapter.envelope.rules.rule import Breach, Check, Consequence, Context, Needs, RuleBook
from adapter.envelope.rules.subject import MANIFEST, Subject, flaw_of
from adapter.envelope.unpack import content_id, named_by_start
from adapter.errors import MAIL_TOO_LARGE, WireCode
from adapter.messages.rules.rule import Side

BOOK: Final = RuleBook()
_FAULT, _REMARK, _ERROR, _WARN = Consequence.FAULT, Consequence.REMARK, Consequence.ERROR, Consequence.WARN
_HEADERS: Final = "HITS 1172 §5.5.1.1"
_TOP: Final = "HITS 1172 §5.5.2.1"
_SOAP_PART: Final = "HITS 1172 §5.5.2.3"
_ATTACHMENT: Final = "HITS 1172 §5.5.2.4"
_MAX_LINE: Final = 998
_KNOWN_ENCODINGS: Final = frozenset({"8bit", "binary", "quoted-printable", "base64"})
_DECODED: Final = _KNOWN_ENCODINGS | {"", "7bit"}

_LOGGED: Final = (
    ("From", ("EB-001", "18"), ("EB-002", "80")),
    ("To", ("EB-003", "19"), ("EB-004", "81")),
    ("Message-ID", ("EB-005", "250"), ("EB-006", "251")),
    ("Date", ("EB-007", "20"), ("EB-008", "83")),
)
"""Mail headers of every transmission: name, and the rules for missing and for empty."""


def _missing(name: str) -> Check:
    def check(subject: Subject, _: Context) -> Iterator[Breach]:
        if subject.mail is not None and subject.mail.header(name.lower()) is None:
            yield Breach(f"the mail has no {name}", name)

    return check


def _empty(name: str) -> Check:
    def check(subject: Subject, _: Context) -> Iterator[Breach]:
        if subject.mail is not None and subject.mail.header(name.lower()) == "":
            yield Breach(f"{name} of the mail is empty", name)

    return check


for _name, (_id, _hits), (_id_empty, _hits_empty) in _LOGGED:
    BOOK.rule(_id, f"Mail header {_name} is present", _HEADERS, hits=_hits, receive=_REMARK, opened=True)(
        _missing(_name)
    )
    BOOK.rule(_id_empty, f"Mail header {_name} is not empty", _HEADERS, hits=_hits_empty, receive=_REMARK, opened=True)(
        _empty(_name)
    )


@BOOK.rule("EB-009", "MIME-Version is present", _TOP, hits="21", receive=_FAULT, opened=True)
def has_mime_version(subject: Subject, _: Context) -> Iterator[Breach]:
    """Without it the mail is no MIME mail at all (ebMS B.3.2)."""
    if subject.mail is not None and subject.mail.header("mime-version") is None:
        yield Breach("the mail has no MIME-Version", "MIME-Version")


@BOOK.rule("EB-010", "MIME-Version is 1.0", _TOP, hits="82", receive=_FAULT, opened=True)
def mime_version_is_1_0(subject: Subject, _: Context) -> Iterator[Breach]:
    """A comment is allowed by RFC 2045 §4."""
    value = subject.mail.header("mime-version") if subject.mail is not None else None
    if value is not None and value != "1.0":
        yield Breach("MIME-Version is another than 1.0", "MIME-Version")


@BOOK.rule("EB-011", "SOAPAction is present, on signals too", _TOP, hits="22", receive=_REMARK, opened=True)
def has_soap_action(subject: Subject, _: Context) -> Iterator[Breach]:
    """Where the SOAP part is clearly ebXML its absence is only remarked on; otherwise EB-107 refuses the mail."""
    if subject.mail is not None and subject.mail.header("soapaction") is None:
        yield Breach('the mail has no SOAPAction; write SOAPAction: "ebXML"', "SOAPAction")


@BOOK.rule("EB-012", 'SOAPAction is "ebXML"', _TOP, hits="51", receive=_FAULT, opened=True)
def soap_action_is_ebxml(subject: Subject, _: Context) -> Iterator[Breach]:
    """Quotes and case are written wrong even in the official example; that is only remarked on (ebMS B.3.2)."""
    value = subject.mail.header("soapaction") if subject.mail is not None else None
    if value is None or value == '"ebXML"':
        return
    lenient = value.strip('"').lower() == "ebxml"
    yield Breach('SOAPAction is not written "ebXML"', "SOAPAction", _REMARK if lenient else None)


@BOOK.rule("EB-013", "Content-Type is present and not text/plain", _TOP, hits="252", receive=_FAULT, opened=True)
def has_content_type(subject: Subject, _: Context) -> Iterator[Breach]:
    """A person's mail, most likely."""
    if subject.mail is not None and subject.mail.media_type in {"", "text/plain"}:
        yield Breach("the mail is plain text", "Content-Type")


@BOOK.rule("EB-014", "The mail is multipart/related or text/xml", _TOP, hits="66", receive=_FAULT, opened=True)
def is_related_or_xml(subject: Subject, _: Context) -> Iterator[Breach]:
    """After bounces and automatic replies were taken out (ebMS 2.1.2)."""
    known = {"", "text/plain", "multipart/related", "text/xml"}
    if subject.mail is not None and subject.mail.media_type not in known:
        yield Breach("the mail is neither multipart/related nor text/xml", "Content-Type")


@BOOK.rule(
    "EB-015", 'multipart/related has type="text/xml"', "HITS 1172 §5.5.2.2", hits="253", receive=_FAULT, opened=True
)
def related_type_is_xml(subject: Subject, _: Context) -> Iterator[Breach]:
    """A missing type is tolerated, another one is not."""
    mail = subject.mail
    if mail is None or mail.media_type != "multipart/related":
        return
    declared = mail.parameter("type")
    if declared is None:
        yield Breach("type is missing", "Content-Type", _REMARK)
    elif declared.lower() != "text/xml":
        yield Breach("type is another than text/xml", "Content-Type")


@BOOK.rule("EB-016", "start, where given, names the SOAP part", "HITS 1172 §5.5.2.2", receive=_REMARK, opened=True)
def start_names_the_soap_part(subject: Subject, _: Context) -> Iterator[Breach]:
    """The SOAP part is found without it; where it cannot be, EB-018 refuses the mail."""
    mail = subject.mail
    if mail is None or not mail.children or mail.parameter("start") is None:
        return
    if named_by_start(mail) is None:
        yield Breach("start names no part", "Content-Type")


@BOOK.rule("EB-017", "There is a boundary, and every part and the whole are closed", "RFC 2046 §5.1", receive=_FAULT)
def is_whole(subject: Subject, _: Context) -> Iterator[Breach]:
    """A mail that was cut on its way must not be taken for a whole one."""
    flaw = flaw_of(subject, "EB-017")
    if flaw is not None:
        yield Breach("the mail cannot be taken apart: a boundary is missing or not closed", "Content-Type")


@BOOK.rule("EB-018", "There is a text/xml part", _SOAP_PART, hits="67", receive=_FAULT, opened=True)
def has_soap_part(subject: Subject, _: Context) -> Iterator[Breach]:
    """Where the first part is of another type, the first that is text/xml is the envelope."""
    related = subject.mail is not None and subject.mail.media_type == "multipart/related"
    if related and subject.soap_part is None:
        yield Breach("there is no text/xml part", "Content-Type")


@BOOK.rule("EB-019", "The SOAP part is text/xml", _SOAP_PART, hits="255", receive=_REMARK, opened=True)
def soap_part_is_xml(subject: Subject, _: Context) -> Iterator[Breach]:
    """One public sender writes application/soap+xml."""
    if _in_related(subject) and subject.soap_part is not None and subject.soap_part.media_type != "text/xml":
        yield Breach("the SOAP part is not text/xml", "Content-Type")


@BOOK.rule(
    "EB-020",
    "The SOAP part has charset=UTF-8",
    _SOAP_PART,
    hits="256",
    receive=_REMARK,
    code=WireCode.VALUE_NOT_RECOGNIZED,
    opened=True,
)
def soap_part_has_charset(subject: Subject, _: Context) -> Iterator[Breach]:
    """A missing one is remarked on; one that is not UTF-8 is told by EB-103, one that differs by EB-104."""
    if subject.soap_part is not None and subject.soap_part.parameter("charset") is None and _is_ebxml(subject):
        yield Breach("charset is missing", "Content-Type")


@BOOK.rule(
    "EB-021", "The SOAP part has a Content-Transfer-Encoding", _SOAP_PART, hits="257", receive=_REMARK, opened=True
)
def soap_part_has_encoding(subject: Subject, _: Context) -> Iterator[Breach]:
    """Missing is 7bit by RFC 2045."""
    if subject.soap_part is not None and not subject.soap_part.encoding and _is_ebxml(subject):
        yield Breach("Content-Transfer-Encoding is missing in the SOAP part", "Content-Transfer-Encoding")


@BOOK.rule(
    "EB-022",
    "The SOAP part is encoded by 8bit, binary, quoted-printable or base64",
    _SOAP_PART,
    hits="258",
    receive=_FAULT,
)
def soap_part_encoding_is_known(subject: Subject, _: Context) -> Iterator[Breach]:
    """7bit is harmless; what nobody knows cannot be undone."""
    part = subject.soap_part
    if part is None or not part.encoding or part.encoding in _KNOWN_ENCODINGS:
        return
    harmless = part.encoding == "7bit"
    says = "the SOAP part is 7bit" if harmless else "the Content-Transfer-Encoding of the SOAP part is unknown"
    yield Breach(says, "Content-Transfer-Encoding", _REMARK if harmless else None)


@BOOK.rule("EB-023", "An attachment is encoded by base64", _ATTACHMENT, hits="259", receive=_FAULT)
def attachment_is_base64(subject: Subject, _: Context) -> Iterator[Breach]:
    """Another encoding that can be undone is accepted; base64 with anything foreign in it is not (HIS 1037 §5.5)."""
    if flaw_of(subject, "EB-023") is not None:
        yield Breach("the base64 of a part cannot be undone", "Content-Transfer-Encoding")
    for part in subject.attachments:
        if part.encoding != "base64":
            remark = _REMARK if part.encoding in _DECODED else None
            yield Breach("an attachment is not encoded by base64", "Content-Transfer-Encoding", remark)


@BOOK.rule(
    "EB-024",
    "An attachment is application/pkcs7-mime; smime-type=enveloped-data",
    _ATTACHMENT,
    hits="260",
    receive=_REMARK,
)
def attachment_is_enveloped_data(subject: Subject, _: Context) -> Iterator[Breach]:
    """Whatever it is called, it must be a CMS object: that is EB-501."""
    for part in subject.attachments:
        right = part.media_type == "application/pkcs7-mime" and (part.parameter("smime-type") or "") == "enveloped-data"
        if not right and is_enveloped(part.content):
            says = "an attachment is not declared application/pkcs7-mime; smime-type=enveloped-data"
            yield Breach(says, "Content-Type")


@BOOK.rule(
    "EB-025", "Every attachment has a Content-ID of its own", "SOAP with Attachments §3", receive=_FAULT, opened=True
)
def attachments_have_ids(subject: Subject, _: Context) -> Iterator[Breach]:
    """Two of one name could be exchanged for each other."""
    names = Counter(map(content_id, subject.attachments))
    if names.get("") or any(count > 1 for count in names.values()):
        yield Breach("an attachment has no Content-ID of its own", "Content-ID")


@BOOK.rule(
    "EB-026",
    "No attachment without a Reference in the Manifest",
    "HIS 1037 §6.3.1",
    receive=_ERROR,
    code=WireCode.MIME_PROBLEM,
    opened=True,
)
def attachments_are_in_the_manifest(subject: Subject, _: Context) -> Iterator[Breach]:
    """Without a Manifest it is EB-446."""
    if subject.manifest is None:
        return
    named = {unquote(reference.get(xlink("href"), "").strip().removeprefix("cid:")) for reference in subject.manifest}
    if any(content_id(part) not in named for part in subject.attachments):
        yield Breach("an attachment is not in the Manifest", MANIFEST)


@BOOK.rule("EB-027", "No Content-Encoding: base64 in place of Content-Transfer-Encoding", "ebxml.md §2.1")
def no_content_encoding(subject: Subject, context: Context) -> Iterator[Breach]:
    """A misprint in HIS 1037 §5.5 that peers have copied; received, it is read as what was meant."""
    parts = (one for one in (subject.soap_part, *subject.attachments) if one is not None)
    if context.side is Side.SEND and any(one.header("content-encoding") is not None for one in parts):
        yield Breach("a part has Content-Encoding; write Content-Transfer-Encoding", "Content-Encoding")


@BOOK.rule("EB-028", "A signal is a plain text/xml mail", "HITS 1172 §5.2, §5.5.2.1", receive=_REMARK)
def signal_is_plain(subject: Subject, _: Context) -> Iterator[Breach]:
    """A superfluous multipart/related around it is accepted (HIS 1037 §8.2 shows it)."""
    if subject.kind.is_signal and _in_related(subject):
        yield Breach("the signal is wrapped in multipart/related", "Content-Type")


@BOOK.rule(
    "EB-029", "Lines of at most 998 octets, ended by CRLF; a mail of at most 51 200 000 octets", "RFC 5322 §2.1.1"
)
def fits_the_net(subject: Subject, context: Context) -> Iterator[Breach]:
    """What a mail server may cut, re-code or refuse is not sent."""
    if context.side is not Side.SEND or not subject.raw:
        return
    raw = subject.raw
    if len(raw) > MAX_OCTETS or any(one.kind is MAIL_TOO_LARGE for one in subject.flaws):
        yield Breach("the mail is larger than the net carries")
    lines = raw.split(b"\r\n")
    if max(map(len, lines)) > _MAX_LINE:
        yield Breach(f"a line is longer than {_MAX_LINE} octets")
    if raw.count(b"\n") != len(lines) - 1:
        yield Breach("a line ends with a line feed alone")


BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-030",
    "Bounces, automatic replies and Faults are taken out before validation and never answered",
    "HITS 1172 §4.2.2, §5.5.2.1",
    by="adapter.envelope.classify.stranger",
    receive=Consequence.DROP,
)


@BOOK.rule("EB-031", "One recipient; From and To are addresses without display name", "own rule, ebxml.md §2.3")
def addresses_are_plain(subject: Subject, context: Context) -> Iterator[Breach]:
    """A display name is somebody's, and a second recipient would get what is not for him."""
    if context.side is not Side.SEND or subject.mail is None:
        return
    for name in ("From", "To"):
        value = subject.mail.header(name.lower())
        if value and (value.count("@") != 1 or any(sign in value for sign in '<>," \t')):
            yield Breach(f"{name} is not one plain address", name)


def _in_related(subject: Subject) -> bool:
    return subject.mail is not None and subject.soap_part is not subject.mail


def _is_ebxml(subject: Subject) -> bool:
    """Whether the mail is of a type that can hold an envelope; what is not is told by EB-013 or EB-014."""
    return subject.mail is not None and subject.mail.media_type in {"multipart/related", "text/xml"}
