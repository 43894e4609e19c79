"""Does a message have what its type must have and nothing that it must not have: EB-401 to EB-448, and EB-635.

The tables of `ebxml.md` §3.2 and §10.6. A mix of blocks is judged as the type that Service and Action confirm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from adapter.envelope.classify import Kind
from adapter.envelope.names import ERROR_CONTEXT, SIGNAL_SERVICE, ds, eb, soap, xlink
from adapter.envelope.reading import first
from adapter.envelope.rules.headers import MESSAGE_ID, is_signal
from adapter.envelope.rules.rule import Breach, Check, Consequence, Context, Needs, RuleBook
from adapter.envelope.rules.subject import HEADER, MANIFEST, MESSAGE_HEADER, SIGNATURE, Subject, text_of
from adapter.envelope.unpack import content_id
from adapter.errors import WireCode
from adapter.messages.rules.rule import Side
from adapter.messages.xml import Element
from adapter.values import Zone, parse_moment

BOOK: Final = RuleBook()
_REMARK, _ERROR, _WARN, _DROP = Consequence.REMARK, Consequence.ERROR, Consequence.WARN, Consequence.DROP
_OTHER, _MIME, _INCONSISTENT = WireCode.OTHER_XML, WireCode.MIME_PROBLEM, WireCode.INCONSISTENT
_MIX: Final = "HITS 1172 §5.11.3"
_ACK: Final = "HITS 1172 §5.12"
_ERROR_RULES: Final = "HITS 1172 §5.13"
_ASKS: Final = "HITS 1172 §5.14.2"
_MANIFEST_RULES: Final = "HITS 1172 §5.14.3"
_ACKNOWLEDGMENT: Final = f"{HEADER}/Acknowledgment"
_ERROR_LIST: Final = f"{HEADER}/ErrorList"
_WIRE_CODES: Final = frozenset(code.value for code in WireCode)
_BODIES: Final = ("Manifest", "StatusRequest", "StatusResponse")
_SEVERITIES: Final = ("Warning", "Error")
_ONE_EACH: Final = ("From", "To", "CPAId", "ConversationId", "Service", "Action", "MessageData", "DuplicateElimination")
_ONE_DATUM: Final = ("MessageId", "Timestamp", "RefToMessageId", "TimeToLive")
_ONE_BLOCK: Final = ("MessageHeader", "AckRequested", "Acknowledgment", "ErrorList", "MessageOrder", "SyncReply")


@BOOK.rule(
    "EB-401",
    "The Header holds more than MessageHeader and Signature, or it is a Ping or Pong",
    "HITS 1172 §5.11.1",
    receive=_ERROR,
    code=_INCONSISTENT,
    opened=True,
)
def is_of_a_type(subject: Subject, _: Context) -> Iterator[Breach]:
    """A payload message without AckRequested still has a Manifest."""
    if subject.has_header and subject.kind in {Kind.BARE, Kind.EMPTY}:
        yield Breach("the message is of no known type", HEADER)


@BOOK.rule(
    "EB-402", "At most one element in the Body", "HITS 1172 §5.11.2", receive=_ERROR, code=_INCONSISTENT, opened=True
)
def body_has_one(subject: Subject, _: Context) -> Iterator[Breach]:
    """Two Manifests would be two messages."""
    if sum(map(len, subject.envelope.inside.values())) > 1:
        yield Breach("SOAP:Body has several elements", "Envelope/Body")


def _mixed(one: str, other: str, kinds: frozenset[Kind], says: str) -> Check:
    def check(subject: Subject, _: Context) -> Iterator[Breach]:
        if subject.kind in kinds and _has(subject, one) and _has(subject, other):
            yield Breach(says, HEADER)

    return check


_SIGNALS: Final = frozenset({Kind.ACKNOWLEDGMENT, Kind.ERROR, Kind.MIXED})
BOOK.rule("EB-403", "Not Acknowledgment and ErrorList together", _MIX, receive=_DROP)(
    _mixed("Acknowledgment", "ErrorList", _SIGNALS, "an acknowledgment and an error in one")
)
BOOK.rule(
    "EB-404", "Not Acknowledgment and AckRequested together", f"{_MIX}; HIS 1037 §7.2.2", receive=_REMARK, opened=True
)(_mixed("Acknowledgment", "AckRequested", _SIGNALS, "an Acknowledgment asks for one itself"))


@BOOK.rule(
    "EB-405",
    "Not Acknowledgment and Manifest together",
    _MIX,
    receive=_REMARK,
    code=WireCode.NOT_SUPPORTED,
)
def no_acknowledgment_with_manifest(subject: Subject, _: Context) -> Iterator[Breach]:
    """By its Service a payload message is refused; a signal is taken without the Manifest."""
    if _has(subject, "Acknowledgment") and subject.manifest is not None:
        yield Breach("an Acknowledgment and a Manifest in one", HEADER, _ERROR if _is_payload(subject) else None)


BOOK.rule(
    "EB-406", "Not ErrorList and AckRequested together", f"{_MIX}; HITS 1171 §5.2.2", receive=_REMARK, opened=True
)(_mixed("ErrorList", "AckRequested", _SIGNALS, "an error signal asks for an Acknowledgment"))


@BOOK.rule("EB-407", "Not ErrorList and Manifest together", _MIX, receive=_REMARK, code=WireCode.NOT_SUPPORTED)
def no_error_with_manifest(subject: Subject, _: Context) -> Iterator[Breach]:
    """As for an Acknowledgment."""
    if _has(subject, "ErrorList") and subject.manifest is not None:
        yield Breach("an ErrorList and a Manifest in one", HEADER, _ERROR if _is_payload(subject) else None)


@BOOK.rule("EB-408", "One of each element", _MIX, receive=_ERROR, code=_OTHER, opened=True)
def one_of_each(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of two, one could be checked and the other be believed."""
    for index, names, path in (
        (subject.envelope.blocks, _ONE_BLOCK, HEADER),
        (subject.fields, _ONE_EACH, MESSAGE_HEADER),
        (subject.data, _ONE_DATUM, f"{MESSAGE_HEADER}/MessageData"),
    ):
        for name in names:
            if len(index.get(eb(name), ())) > 1:
                yield Breach(f"there are several {name}", f"{path}/{name}")


# ── Acknowledgment ──────────────────────────────────────────────────────────────────────────────────────────────────


@BOOK.rule("EB-411", "An Acknowledgment has the Service of signals", _ACK, hits="106", receive=_REMARK, opened=True)
def acknowledgment_service(subject: Subject, _: Context) -> Iterator[Breach]:
    """`urn:oasis:names:tc:ebxml-msg:service`."""
    if subject.kind is Kind.ACKNOWLEDGMENT and subject.value("Service") not in {SIGNAL_SERVICE, ""}:
        yield Breach("not the service of signals", f"{MESSAGE_HEADER}/Service")


@BOOK.rule("EB-412", "An Acknowledgment has the Action Acknowledgment", _ACK, hits="107", receive=_REMARK, opened=True)
def acknowledgment_action(subject: Subject, _: Context) -> Iterator[Breach]:
    """Without the e that HIS 1037 §4.2 prints in it."""
    if subject.kind is Kind.ACKNOWLEDGMENT and subject.value("Action") not in {"Acknowledgment", ""}:
        yield Breach("Action is not Acknowledgment", f"{MESSAGE_HEADER}/Action")


@BOOK.rule("EB-413", "An Acknowledgment says in RefToMessageId what it is about", _ACK, hits="108", receive=_DROP)
def acknowledgment_refers(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of the form of a MessageId; another form is remarked on, none is of no use."""
    block = _acknowledgment(subject)
    if block is None:
        return
    value = text_of(block.find(eb("RefToMessageId")))
    if not value:
        yield Breach("RefToMessageId is missing", block)
    elif not MESSAGE_ID.fullmatch(value):
        yield Breach("RefToMessageId is of no known form", block, _REMARK)


@BOOK.rule(
    "EB-414",
    "The MessageData of an Acknowledgment has no RefToMessageId",
    f"{_ACK}; HITS 1171 §5.2.1.10.1",
    hits="109",
    receive=_REMARK,
    opened=True,
)
def acknowledgment_data(subject: Subject, _: Context) -> Iterator[Breach]:
    """Many write it there too."""
    if subject.kind is Kind.ACKNOWLEDGMENT and subject.datum("RefToMessageId"):
        yield Breach("RefToMessageId is present", f"{MESSAGE_HEADER}/MessageData")


BOOK.judged_as(("EB-403",), "EB-415", "An Acknowledgment has no ErrorList", _ACK, hits="115")


@BOOK.rule("EB-416", 'An Acknowledgment copies the Reference with URI=""', _ACK, hits="116", receive=_REMARK)
def acknowledgment_copies(subject: Subject, _: Context) -> Iterator[Breach]:
    """Whether the copy is of what was sent is judged against the store: where it differs nothing is acknowledged."""
    block = _acknowledgment(subject)
    if block is None:
        return
    copied = [*block.findall(ds("Reference")), *block.findall("Reference")]
    if not any(one.get("URI") == "" for one in copied):
        yield Breach("the reference to the envelope is not copied", block)


BOOK.elsewhere(
    Needs.STORE,
    "EB-417",
    "An Acknowledgment copies all cid References",
    _ACK,
    by="adapter.envelope.signals.match",
    hits="117",
    receive=_REMARK,
)
BOOK.elsewhere(
    Needs.STORE,
    "EB-418",
    "An Acknowledgment has From and To of the message swapped, its CPAId and its ConversationId",
    "HIS 1037 §7.2.1",
    by="adapter.service.signals.take_signal",
    receive=_DROP,
)
BOOK.elsewhere(
    Needs.STORE,
    "EB-419",
    "An Acknowledgment is signed by whom the message was sent to",
    "HIS 1037 §5.5",
    by="adapter.service.signals.take_signal",
    receive=_DROP,
)


@BOOK.rule(
    "EB-420",
    "An Acknowledgment has version 2.0, mustUnderstand 1 and a Timestamp",
    "HIS 1037 §7.2.3",
    receive=_REMARK,
    opened=True,
)
def acknowledgment_attributes(subject: Subject, _: Context) -> Iterator[Breach]:
    """Without a readable Timestamp the moment of receipt is that of the signal."""
    block = _acknowledgment(subject)
    if block is None:
        return
    right = block.get(eb("version")) == "2.0" and block.get(soap("mustUnderstand")) == "1"
    if not right or not _is_moment(text_of(block.find(eb("Timestamp")))):
        yield Breach("an attribute or the Timestamp is wrong", block)


# ── error signals ───────────────────────────────────────────────────────────────────────────────────────────────────


@BOOK.rule("EB-421", "An error has the Service of signals", _ERROR_RULES, hits="120", receive=_REMARK, opened=True)
def error_service(subject: Subject, _: Context) -> Iterator[Breach]:
    """`urn:oasis:names:tc:ebxml-msg:service`."""
    if subject.kind is Kind.ERROR and subject.value("Service") not in {SIGNAL_SERVICE, ""}:
        yield Breach("not the service of signals", f"{MESSAGE_HEADER}/Service")


@BOOK.rule("EB-422", "An error has the Action MessageError", _ERROR_RULES, hits="121", receive=_REMARK, opened=True)
def error_action(subject: Subject, _: Context) -> Iterator[Breach]:
    """Also when it is only a Warning."""
    if subject.kind is Kind.ERROR and subject.value("Action") not in {"MessageError", ""}:
        yield Breach("Action is not MessageError", f"{MESSAGE_HEADER}/Action")


@BOOK.rule("EB-423", "An error says in RefToMessageId what it is about", _ERROR_RULES, hits="122", receive=_DROP)
def error_refers(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of the form of a MessageId; another form is remarked on, none is of no use."""
    if subject.kind is not Kind.ERROR:
        return
    value = subject.datum("RefToMessageId")
    if not value:
        yield Breach("RefToMessageId is missing", f"{MESSAGE_HEADER}/MessageData")
    elif not MESSAGE_ID.fullmatch(value):
        yield Breach("RefToMessageId is of no known form", f"{MESSAGE_HEADER}/MessageData/RefToMessageId", _REMARK)


BOOK.judged_as(("EB-403",), "EB-424", "An error has no Acknowledgment", _ERROR_RULES, hits="123")


@BOOK.rule(
    "EB-425",
    "highestSeverity is the worst severity; severities are Warning and Error",
    "HIS 1037 §7.2.4",
    receive=_REMARK,
    opened=True,
)
def highest_severity(subject: Subject, _: Context) -> Iterator[Breach]:
    """Any Error counts as an Error, whatever stands above; an empty list says nothing and is dropped."""
    block = _error_list(subject)
    if block is None:
        return
    severities = [one.get(eb("severity"), "").strip() for one in block.iterfind(eb("Error"))]
    if not severities:
        yield Breach("the ErrorList is empty", block, _DROP)
    elif set(severities) - set(_SEVERITIES):
        yield Breach("a severity is neither Warning nor Error", block)
    elif block.get(eb("highestSeverity"), "").strip() != ("Error" if "Error" in severities else "Warning"):
        yield Breach("highestSeverity is not the worst severity", block)


@BOOK.rule("EB-426", "An errorCode is of the defined list", "HIS 1037 §7.2.4", receive=_REMARK, opened=True)
def error_codes_are_known(subject: Subject, context: Context) -> Iterator[Breach]:
    """Where codeContext says that it is. HITS 1171 §10.4 prints a space before one; sent, there is none."""
    block = _error_list(subject)
    if block is None:
        return
    for one in block.iterfind(eb("Error")):
        code = one.get(eb("errorCode"), "")
        written = code if context.side is Side.SEND else code.strip()
        if one.get(eb("codeContext"), ERROR_CONTEXT) == ERROR_CONTEXT and written not in _WIRE_CODES:
            yield Breach("an errorCode is not of the defined list", one)


BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-427",
    "An error is not answered; a message gets one error or acknowledgment",
    "HITS 1171 §8.1-8.4",
    by="adapter.envelope.respond.answer",
)
BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-428",
    "An error with Warnings only is a positive answer",
    "HITS 1171 §5.2.4, §8.4",
    by="adapter.delivery.sender.step",
)


@BOOK.rule(
    "EB-429", "A signal has an empty Body, no Manifest, no attachment", "HITS 1171 §5.3", receive=_REMARK, opened=True
)
def signal_carries_nothing(subject: Subject, _: Context) -> Iterator[Breach]:
    """Nor a signed reference to one, as HITS 1171 §10.2 shows."""
    if not is_signal(subject) or subject.kind in {Kind.STATUS_REQUEST, Kind.STATUS_RESPONSE}:
        return
    if subject.attachments or any(subject.envelope.inside.get(eb(name)) for name in _BODIES):
        yield Breach("a signal has a Body or an attachment", "Envelope/Body")
    signed_info = first(subject.signature_parts, ds("SignedInfo"))
    references = signed_info.findall(ds("Reference")) if signed_info is not None else []
    if not subject.attachments and any(one.get("URI", "").startswith("cid:") for one in references):
        yield Breach("a signal without attachment is signed with a cid reference", SIGNATURE)


# ── payload messages ────────────────────────────────────────────────────────────────────────────────────────────────


@BOOK.rule(
    "EB-431",
    "A payload message has DuplicateElimination",
    "HITS 1172 §5.14.1; HITS 1171 §5.2.1.11",
    hits="74",
    receive=_REMARK,
    code=_OTHER,
    opened=True,
)
def eliminates_duplicates(subject: Subject, _: Context) -> Iterator[Breach]:
    """Duplicates are recognised anyway."""
    if _is_payload(subject) and subject.has_header and not subject.fields.get(eb("DuplicateElimination")):
        yield Breach("DuplicateElimination is missing", MESSAGE_HEADER)


@BOOK.rule(
    "EB-432",
    "A payload message has AckRequested",
    f"{_ASKS}; §4.2.2.1",
    hits="75",
    receive=_WARN,
    code=_INCONSISTENT,
    opened=True,
)
def asks_for_acknowledgment(subject: Subject, _: Context) -> Iterator[Breach]:
    """One that does not ask is confirmed by a Warning."""
    if subject.kind is Kind.PAYLOAD and not _has(subject, "AckRequested"):
        yield Breach("AckRequested is missing", HEADER)


@BOOK.rule("EB-433", "AckRequested has mustUnderstand", _ASKS, receive=_REMARK)
def request_has_must_understand(subject: Subject, _: Context) -> Iterator[Breach]:
    """We understand it anyway."""
    block = _request(subject)
    if block is not None and block.get(soap("mustUnderstand")) is None:
        yield Breach("AckRequested has no mustUnderstand", block)


@BOOK.rule("EB-434", "AckRequested has mustUnderstand=1", _ASKS, receive=_REMARK, opened=True)
def request_must_be_understood(subject: Subject, _: Context) -> Iterator[Breach]:
    """We understand it anyway."""
    block = _request(subject)
    if block is not None and block.get(soap("mustUnderstand"), "1") != "1":
        yield Breach("AckRequested is not mustUnderstand=1", block)


@BOOK.rule(
    "EB-435", "AckRequested is signed=true", f"{_ASKS}; HIS 1037 §6.2.2", hits="94", receive=_REMARK, opened=True
)
def request_is_signed(subject: Subject, _: Context) -> Iterator[Breach]:
    """What we answer is signed anyway."""
    block = _request(subject)
    if block is not None and block.get(eb("signed")) not in {"true", "1"}:
        yield Breach("AckRequested is not signed=true", block)


@BOOK.rule("EB-436", "AckRequested has version 2.0", "HIS 1037 §6.2.2", receive=_REMARK, opened=True)
def request_version(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of ebXML Message Service."""
    block = _request(subject)
    if block is not None and block.get(eb("version")) != "2.0":
        yield Breach("AckRequested is not of version 2.0", block)


@BOOK.rule(
    "EB-441",
    "Manifest has version 2.0",
    _MANIFEST_RULES,
    hits="5",
    receive=_ERROR,
    code=WireCode.VALUE_NOT_RECOGNIZED,
    opened=True,
)
def manifest_version(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of ebXML Message Service."""
    if _manifest(subject) is not None and subject.manifest is not None and subject.manifest.get(eb("version")) != "2.0":
        yield Breach("eb:version of the Manifest is not 2.0", MANIFEST)


@BOOK.rule("EB-442", "Manifest has a Reference", _MANIFEST_RULES, hits="6", receive=_ERROR, code=_OTHER, opened=True)
def manifest_has_references(subject: Subject, _: Context) -> Iterator[Breach]:
    """One for each attachment."""
    manifest = _manifest(subject)
    if manifest is not None and not manifest.findall(eb("Reference")):
        yield Breach("there is no Reference", MANIFEST)


@BOOK.rule("EB-443", "What the Manifest names is attached", _MANIFEST_RULES, hits="27", receive=_ERROR, code=_MIME)
def manifest_has_attachments(subject: Subject, _: Context) -> Iterator[Breach]:
    """Here: that there is any attachment at all."""
    named = any(href.startswith("cid:") for href in _hrefs(subject))
    if subject.mail is not None and named and not subject.attachments:
        yield Breach("there is a Reference, and no attachment", MANIFEST)


@BOOK.rule("EB-444", "xlink:href is not empty", _MANIFEST_RULES, receive=_ERROR, code=_MIME, opened=True)
def hrefs_are_filled(subject: Subject, _: Context) -> Iterator[Breach]:
    """It names the attachment."""
    if any(not href for href in _hrefs(subject)):
        yield Breach("xlink:href is empty", f"{MANIFEST}/Reference")


@BOOK.rule(
    "EB-445",
    "The Content-ID that href names is in the mail",
    _MANIFEST_RULES,
    hits="23",
    receive=_ERROR,
    code=_MIME,
    opened=True,
)
def hrefs_are_attached(subject: Subject, _: Context) -> Iterator[Breach]:
    """Escapes are undone on both sides. Without any attachment it is EB-443."""
    there = set(map(content_id, subject.attachments))
    if there and any(href.startswith("cid:") and unquote(href[4:]) not in there for href in _hrefs(subject)):
        yield Breach("the Manifest names an attachment that is not there", MANIFEST)


@BOOK.rule(
    "EB-446",
    "Where there is an attachment there is a Manifest",
    "HIS 1037 news Dec 2020",
    receive=_ERROR,
    code=_MIME,
    opened=True,
)
def attachments_have_a_manifest(subject: Subject, _: Context) -> Iterator[Breach]:
    """An attachment that nothing names is nobody's."""
    if subject.kind is Kind.PAYLOAD and subject.attachments and subject.manifest is None:
        yield Breach("there is an attachment, and no Manifest", "Envelope/Body")


@BOOK.rule("EB-447", "href is a cid: of its own", "HIS 1037 §6.3.1", receive=_ERROR, code=_MIME, opened=True)
def hrefs_are_content_ids(subject: Subject, _: Context) -> Iterator[Breach]:
    """Nothing is fetched from anywhere."""
    hrefs = [href for href in _hrefs(subject) if href]
    if any(not href.startswith("cid:") for href in hrefs):
        yield Breach("xlink:href is not a cid: URL", f"{MANIFEST}/Reference")
    if any(count > 1 for count in Counter(map(unquote, hrefs)).values()):
        yield Breach("two references name one attachment", MANIFEST)


BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-448",
    "Several documents in one message have one Service, Action and Role; or they belong to one document",
    "HIS 1037 §3.1",
    by="adapter.envelope.seal.Sealer.seal",
)


@BOOK.rule(
    "EB-635",
    "A payload message has a Manifest and an attachment",
    "HIS 1037 §4.2",
    receive=_ERROR,
    code=_MIME,
    opened=True,
)
def payload_is_there(subject: Subject, _: Context) -> Iterator[Breach]:
    """With an attachment and without Manifest it is EB-446, the other way round EB-443."""
    if subject.kind is Kind.PAYLOAD and subject.manifest is None and not subject.attachments:
        yield Breach("a payload message has no Manifest", "Envelope/Body")


def _has(subject: Subject, name: str) -> bool:
    return subject.envelope.block(name) is not None


def _is_payload(subject: Subject) -> bool:
    return subject.kind is Kind.PAYLOAD


def _acknowledgment(subject: Subject) -> Element | None:
    return subject.envelope.block("Acknowledgment") if subject.kind is Kind.ACKNOWLEDGMENT else None


def _error_list(subject: Subject) -> Element | None:
    return subject.envelope.block("ErrorList") if subject.kind is Kind.ERROR else None


def _request(subject: Subject) -> Element | None:
    return subject.envelope.block("AckRequested") if _is_payload(subject) else None


def _manifest(subject: Subject) -> Element | None:
    return subject.manifest if _is_payload(subject) else None


def _hrefs(subject: Subject) -> list[str]:
    manifest = _manifest(subject)
    return (
        [one.get(xlink("href"), "").strip() for one in manifest.iterfind(eb("Reference"))]
        if manifest is not None
        else []
    )


def _is_moment(value: str) -> bool:
    try:
        parse_moment(value, Zone.ASSUMED_UTC)
    except (ValueError, OverflowError):
        return False
    return True
