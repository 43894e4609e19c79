"""Does the MessageHeader say who, to whom, about what, in the form of the profile: EB-201 to EB-236."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from adapter.crypto.refusal import RefusedError
from adapter.envelope.classify import Kind
from adapter.envelope.names import eb, soap
from adapter.envelope.reading import first
from adapter.envelope.routing import process_of
from adapter.envelope.rules.rule import Breach, Check, Consequence, Context, Needs, RuleBook
from adapter.envelope.rules.subject import MESSAGE_HEADER, Subject, text_of
from adapter.errors import WireCode
from adapter.messages.rules.rule import Side
from adapter.messages.xml import Element
from adapter.values import Moment, Zone, parse_moment

BOOK: Final = RuleBook()
_FAULT, _REMARK, _ERROR = Consequence.FAULT, Consequence.REMARK, Consequence.ERROR
_OTHER, _VALUE, _INCONSISTENT = WireCode.OTHER_XML, WireCode.VALUE_NOT_RECOGNIZED, WireCode.INCONSISTENT
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
MESSAGE_ID: Final = re.compile(_UUID.pattern + r"|[^\s<>@]+@[^\s<>@]+")
_PAIR_ID: Final = re.compile(r"([0-9]{1,10})_([0-9]{1,10})(_[0-9]+)?")
_CPA_ID: Final = re.compile(_UUID.pattern + r"|[^\s:]+(:[^\s:]+)+")
_HER_ID: Final = re.compile(r"[1-9][0-9]{0,9}")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+")
_UTC: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CLOCK_ERROR: Final = timedelta(minutes=5)
_OLD: Final = timedelta(days=30)
_1, _2, _3, _4, _5 = (f"HITS 1172 §5.8.{number}" for number in range(1, 6))


@BOOK.rule("EB-201", "MessageHeader is present", _1, hits="4", receive=_FAULT, opened=True)
def has_message_header(subject: Subject, _: Context) -> Iterator[Breach]:
    """Without it there is nobody to answer."""
    if subject.envelope.header is not None and not subject.has_header:
        yield Breach("there is no MessageHeader", MESSAGE_HEADER)


@BOOK.rule("EB-202", "MessageHeader has eb:version", _1, hits="8", receive=_ERROR, code=_OTHER, opened=True)
def has_version(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of ebXML Message Service."""
    header = _header(subject)
    if header is not None and header.get(eb("version")) is None:
        yield Breach("eb:version is missing", header)


@BOOK.rule("EB-203", "eb:version is 2.0", _1, hits="70", receive=_ERROR, code=_VALUE, opened=True)
def version_is_2_0(subject: Subject, _: Context) -> Iterator[Breach]:
    """1.0 and 3.0 are other protocols."""
    header = _header(subject)
    if header is not None and header.get(eb("version"), "2.0") != "2.0":
        yield Breach("eb:version is not 2.0", header)


@BOOK.rule(
    "EB-204", "MessageHeader has SOAP:mustUnderstand", _1, hits="7", receive=_REMARK, code=_INCONSISTENT, opened=True
)
def has_must_understand(subject: Subject, _: Context) -> Iterator[Breach]:
    """We understand it anyway."""
    header = _header(subject)
    if header is not None and header.get(soap("mustUnderstand")) is None:
        yield Breach("SOAP:mustUnderstand is missing", header)


@BOOK.rule("EB-205", "SOAP:mustUnderstand is 1", _1, hits="69", receive=_REMARK, code=_INCONSISTENT, opened=True)
def must_understand_is_1(subject: Subject, _: Context) -> Iterator[Breach]:
    """HIS 1037 prints `true` in places."""
    header = _header(subject)
    if header is not None and header.get(soap("mustUnderstand"), "1") != "1":
        yield Breach("SOAP:mustUnderstand is not 1", header)


def _filled(name: str, *, datum: bool = False) -> Check:
    """The check that a child of MessageHeader, or of MessageData, is present and holds text."""
    path = f"{MESSAGE_HEADER}/{'MessageData/' if datum else ''}{name}"

    def check(subject: Subject, _: Context) -> Iterator[Breach]:
        if subject.has_header and not (subject.datum(name) if datum else subject.value(name)):
            yield Breach(f"{name} is missing or empty", path)

    return check


BOOK.rule("EB-206", "MessageId is present", _2, hits="76", receive=_ERROR, code=_OTHER, opened=True)(
    _filled("MessageId", datum=True)
)


@BOOK.rule("EB-207", "MessageId is a UUID; received, of mail form too", _2, hits="102", receive=_REMARK, code=_VALUE)
def message_id_has_form(subject: Subject, context: Context) -> Iterator[Breach]:
    """HITS 1172 allows the form of RFC 2822 too. White space around it is no part of it (HIS 1037 §6.2.1)."""
    element = first(subject.data, eb("MessageId"))
    value = text_of(element)
    if not value:
        return
    if context.side is Side.SEND and not (element is not None and _UUID.fullmatch(element.text or "")):
        yield Breach("MessageId is not a UUID without white space around it", f"{MESSAGE_HEADER}/MessageData/MessageId")
    elif not MESSAGE_ID.fullmatch(value):
        yield Breach("MessageId is no UUID", f"{MESSAGE_HEADER}/MessageData/MessageId")


BOOK.elsewhere(
    Needs.STORE,
    "EB-208",
    "A MessageId is used once, and never for changed content",
    _2,
    by="adapter.delivery.duplicates.judge",
    receive=_ERROR,
    code=_INCONSISTENT,
)
BOOK.rule("EB-209", "Timestamp is present", _2, hits="77", receive=_ERROR, code=_OTHER, opened=True)(
    _filled("Timestamp", datum=True)
)


@BOOK.rule(
    "EB-210",
    "Timestamp is xs:dateTime; sent in UTC with Z",
    "HITS 1171 §5.2.1.10; HIS 1037 §6.2.1",
    receive=_ERROR,
    code=_VALUE,
    opened=True,
)
def timestamp_is_a_time(subject: Subject, context: Context) -> Iterator[Breach]:
    """Offsets, fractions and a missing zone (which is UTC here) are accepted without a word."""
    value = subject.datum("Timestamp")
    if not value:
        return
    if _moment(value) is None:
        yield Breach("Timestamp is no xs:dateTime", f"{MESSAGE_HEADER}/MessageData/Timestamp")
    elif context.side is Side.SEND and not _UTC.fullmatch(value):
        yield Breach("Timestamp is not in UTC with Z", f"{MESSAGE_HEADER}/MessageData/Timestamp")


@BOOK.rule(
    "EB-211",
    "Timestamp is not in the future by more than 5 minutes and not older than 30 days",
    "own rule, ebxml.md §10.3",
    send=False,
    receive=_REMARK,
    opened=True,
)
def timestamp_is_of_now(subject: Subject, context: Context) -> Iterator[Breach]:
    """Whether the sender's certificate was good then is another rule."""
    moment = _moment(subject.datum("Timestamp"))
    if moment is None or context.now is None:
        return
    if not context.now - _OLD <= moment.instant <= context.now + _CLOCK_ERROR:
        yield Breach("Timestamp is in the future or older than 30 days", f"{MESSAGE_HEADER}/MessageData/Timestamp")


BOOK.rule("EB-212", "CPAId is present", _3, hits="11", receive=_ERROR, code=_OTHER, opened=True)(_filled("CPAId"))


@BOOK.rule("EB-213", "CPAId is of a known form", _3, hits="12", receive=_REMARK, code=_VALUE, opened=True)
def cpa_id_has_form(subject: Subject, _: Context) -> Iterator[Breach]:
    """The two HER-ids, a UUID, or owner and number as in `nav:qass:35065` (HIS 1037 §6.2.1)."""
    value = subject.value("CPAId")
    if value and not _PAIR_ID.fullmatch(value) and not _CPA_ID.fullmatch(value):
        yield Breach("CPAId is of no known form", f"{MESSAGE_HEADER}/CPAId")


@BOOK.rule(
    "EB-214",
    "A CPAId of two numbers is the two HER-ids, smaller first",
    "HIS 1037 §6.2.1",
    receive=_REMARK,
    code=_INCONSISTENT,
    opened=True,
)
def cpa_id_is_the_pair(subject: Subject, _: Context) -> Iterator[Breach]:
    """Ordered as numbers: 9 comes before 10. A serial number behind is tolerated (HITS 1172 §5.8.3)."""
    pair = _PAIR_ID.fullmatch(subject.value("CPAId"))
    hers = [_her(subject, side) for side in ("From", "To")]
    numbers = sorted(int(one) for one in hers if one is not None)
    if pair is not None and len(numbers) == 2 and [int(pair[1]), int(pair[2])] != numbers:
        yield Breach("CPAId is not the two HER-ids, smaller first", f"{MESSAGE_HEADER}/CPAId")


def _present(name: str) -> Check:
    def check(subject: Subject, _: Context) -> Iterator[Breach]:
        if subject.has_header and not subject.fields.get(eb(name)):
            yield Breach(f"{name} is missing", f"{MESSAGE_HEADER}/{name}")

    return check


BOOK.rule("EB-215", "From is present", _4, hits="10", receive=_FAULT, opened=True)(_present("From"))
BOOK.rule("EB-216", "To is present", _4, hits="9", receive=_FAULT, opened=True)(_present("To"))


@BOOK.rule("EB-217", "From and To have a PartyId", _4, hits="58, 59", receive=_FAULT, opened=True)
def parties_have_ids(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of any type."""
    for name, party in _parties(subject):
        if not _ids(party):
            yield Breach(f"{name} has no PartyId", party)


@BOOK.rule("EB-218", "A PartyId is not empty", _4, hits="25, 55", receive=_FAULT)
def party_ids_are_filled(subject: Subject, _: Context) -> Iterator[Breach]:
    """An empty HER-id names nobody; an empty id of another type is only remarked on."""
    for name, party in _parties(subject):
        for one in _ids(party):
            if not text_of(one):
                yield Breach(f"a PartyId in {name} is empty", one, None if _type(one) == "HER" else _REMARK)


@BOOK.rule("EB-219", "From and To have a PartyId of type HER", _4, hits="60, 61", receive=_FAULT, opened=True)
def parties_have_her_ids(subject: Subject, _: Context) -> Iterator[Breach]:
    """The HER-id of the communication party (HIS 1153-2 AD2.1)."""
    for name, party in _parties(subject):
        if _ids(party) and not _hers(party):
            yield Breach(f"{name} has no PartyId of type HER", party)


@BOOK.rule("EB-220", "From and To have one HER-id", _4, hits="14, 13", receive=_ERROR, code=_INCONSISTENT, opened=True)
def one_her_id_each(subject: Subject, _: Context) -> Iterator[Breach]:
    """To is never a list."""
    for name, party in _parties(subject):
        if len(_hers(party)) > 1:
            yield Breach(f"{name} has several HER-ids", party)


@BOOK.rule("EB-221", "A HER-id is digits only", _4, hits="31, 56", receive=_FAULT, opened=True)
def her_ids_are_numbers(subject: Subject, _: Context) -> Iterator[Breach]:
    """Anything else cannot be looked up."""
    for name, party in _parties(subject):
        if any(value and not _HER_ID.fullmatch(value) for value in _hers(party)):
            yield Breach(f"the HER-id in {name} is not a number", party)


@BOOK.rule(
    "EB-222", "At most one PartyId of each type", "HITS 1171 §5.2.1.2", receive=_REMARK, code=_INCONSISTENT, opened=True
)
def one_id_per_type(subject: Subject, _: Context) -> Iterator[Breach]:
    """All of them must be of the same party."""
    for name, party in _parties(subject):
        if any(count > 1 for type_, count in Counter(map(_type, _ids(party))).items() if type_ != "HER"):
            yield Breach(f"two PartyIds in {name} are of one type", party)


@BOOK.rule(
    "EB-223",
    "A PartyId has eb:type or is a URI",
    "ebMS 3.1.1.1; HIS 1037 §6.2.1",
    receive=_ERROR,
    code=_INCONSISTENT,
    opened=True,
)
def party_ids_are_typed(subject: Subject, _: Context) -> Iterator[Breach]:
    """Else nobody knows whose number it is."""
    for name, party in _parties(subject):
        if any(not _type(one) and text_of(one) and not _URI.fullmatch(text_of(one)) for one in _ids(party)):
            yield Breach(f"a PartyId in {name} has neither a type nor a URI", party)


@BOOK.rule(
    "EB-224",
    "A payload message has Role in From and To",
    "HITS 1171 §5.2.1.3",
    receive=_REMARK,
    code=_OTHER,
    opened=True,
)
def payload_has_roles(subject: Subject, _: Context) -> Iterator[Breach]:
    """Where Service and Action are known the roles follow from them."""
    if subject.kind is Kind.PAYLOAD and any(not _role(party) for _, party in _parties(subject)):
        yield Breach("Role is missing", MESSAGE_HEADER)


@BOOK.rule("EB-225", "A signal has no Role", "HITS 1171 §5.2.1.3", receive=_REMARK, opened=True)
def signal_has_no_role(subject: Subject, _: Context) -> Iterator[Breach]:
    """Many copy From and To wholesale."""
    if is_signal(subject) and any(_role(party) for _, party in _parties(subject)):
        yield Breach("a signal has a Role", MESSAGE_HEADER)


BOOK.rule("EB-226", "Service is present and not empty", _5, hits="47, 71", receive=_ERROR, code=_OTHER, opened=True)(
    _filled("Service")
)


@BOOK.rule(
    "EB-227",
    "Service has eb:type unless it is a URI",
    "HIS 1037 §6.2.1; ebMS 3.1.4.1",
    receive=_REMARK,
    code=_INCONSISTENT,
    opened=True,
)
def service_is_typed(subject: Subject, _: Context) -> Iterator[Breach]:
    """`kithService`, or what the CPA says."""
    element = first(subject.fields, eb("Service"))
    value = text_of(element)
    if element is not None and value and not element.get(eb("type")) and not _URI.fullmatch(value):
        yield Breach("Service has no eb:type", element)


BOOK.rule("EB-228", "Action is present and not empty", _5, hits="48, 72", receive=_ERROR, code=_OTHER, opened=True)(
    _filled("Action")
)


@BOOK.rule("EB-229", "ConversationId is present", "HIS 1037 §6.2.1", receive=_ERROR, code=_OTHER, opened=True)
def has_conversation(subject: Subject, _: Context) -> Iterator[Breach]:
    """It ties a message, its acknowledgments and its AppRec together; a peer's is an opaque text that we give back."""
    if subject.has_header and not subject.value("ConversationId"):
        yield Breach("ConversationId is missing or empty", f"{MESSAGE_HEADER}/ConversationId")


@BOOK.rule(
    "EB-230",
    "Service, Action and Role of a payload message belong together",
    "HISD 1209 §4; HITS 1210 req. 14-15",
    receive=_ERROR,
    code=WireCode.NOT_SUPPORTED,
    opened=True,
)
def process_is_known(subject: Subject, _: Context) -> Iterator[Breach]:
    """`S-` and a code of list 8279; that code or APPREC; the code with sender and receiver, mirrored for a receipt."""
    service, action = subject.value("Service"), subject.value("Action")
    if subject.kind is not Kind.PAYLOAD or not service or not action:
        return
    try:
        process, remarks = process_of(service, action)
    except RefusedError:
        yield Breach("Service and Action do not belong together", f"{MESSAGE_HEADER}/Action")
        return
    if remarks:
        yield Breach("Service lacks S-", f"{MESSAGE_HEADER}/Service", _REMARK)
    roles = tuple(_role(party) for _, party in _parties(subject))
    if all(roles) and len(roles) == 2 and roles != process.roles:
        yield Breach("a Role does not belong to Service and Action", MESSAGE_HEADER, _REMARK)


BOOK.elsewhere(
    Needs.REGISTER,
    "EB-231",
    "Mail From is the EDI address of the From party",
    "HITS 1172 §5.9.3",
    by="adapter.service.remarking.addresses",
    hits="261",
    receive=_REMARK,
)
BOOK.elsewhere(
    Needs.REGISTER,
    "EB-232",
    "Mail To is the EDI address of the To party",
    "HITS 1172 §5.9.3",
    by="adapter.service.remarking.addresses",
    hits="262",
    receive=_REMARK,
)
BOOK.elsewhere(
    Needs.REGISTER,
    "EB-233",
    "The To HER-id is one of ours",
    "HIS 1037 §4.3",
    by="adapter.envelope.open.admit",
    receive=_ERROR,
    code=_VALUE,
)


@BOOK.rule(
    "EB-234",
    "TimeToLive has not passed",
    "ebMS 3.1.6.4; HIS 1037 §4.2",
    send=False,
    receive=_ERROR,
    code=WireCode.TIME_TO_LIVE_EXPIRED,
    opened=True,
)
def is_alive(subject: Subject, context: Context) -> Iterator[Breach]:
    """What nobody waits for any more is not delivered."""
    value = subject.datum("TimeToLive")
    moment = _moment(value)
    path = f"{MESSAGE_HEADER}/MessageData/TimeToLive"
    if value and moment is None:
        yield Breach("TimeToLive is no xs:dateTime", path)
    elif moment is not None and context.now is not None and moment.instant < context.now:
        yield Breach("TimeToLive has passed", path)


@BOOK.rule("EB-235", "A payload message has no RefToMessageId", "HIS 1037 §4.2", receive=_REMARK, opened=True)
def payload_refers_to_nothing(subject: Subject, _: Context) -> Iterator[Breach]:
    """HITS 1171 allows it later in a conversation, and some send it."""
    if subject.kind is Kind.PAYLOAD and subject.datum("RefToMessageId"):
        yield Breach("RefToMessageId is present", f"{MESSAGE_HEADER}/MessageData")


@BOOK.rule(
    "EB-236", "A signal has no TimeToLive and no DuplicateElimination", "HIS 1037 §4.2", receive=_REMARK, opened=True
)
def signal_is_bare(subject: Subject, _: Context) -> Iterator[Breach]:
    """Both are of payload messages."""
    if is_signal(subject) and (subject.fields.get(eb("DuplicateElimination")) or subject.data.get(eb("TimeToLive"))):
        yield Breach("a signal has elements of a payload message", MESSAGE_HEADER)


def is_signal(subject: Subject) -> bool:
    """Whether the message is one that message handlers say to each other."""
    return subject.has_header and subject.kind not in {Kind.PAYLOAD, Kind.MIXED, Kind.BARE, Kind.EMPTY}


def _header(subject: Subject) -> Element | None:
    return subject.envelope.block("MessageHeader")


def _parties(subject: Subject) -> Iterator[tuple[str, Element]]:
    for name in ("From", "To"):
        party = first(subject.fields, eb(name))
        if party is not None:
            yield name, party


def _ids(party: Element) -> list[Element]:
    return party.findall(eb("PartyId"))


def _type(party_id: Element) -> str:
    return party_id.get(eb("type"), "").strip()


def _hers(party: Element) -> list[str]:
    return [text_of(one) for one in _ids(party) if _type(one) == "HER"]


def _her(subject: Subject, name: str) -> str | None:
    party = first(subject.fields, eb(name))
    hers = _hers(party) if party is not None else []
    return hers[0] if len(hers) == 1 and _HER_ID.fullmatch(hers[0]) else None


def _role(party: Element) -> str:
    return text_of(party.find(eb("Role")))


def _moment(value: str) -> Moment | None:
    try:
        return parse_moment(value, Zone.ASSUMED_UTC) if value else None
    except (ValueError, OverflowError):
        return None
