"""Whether the head keeps the rules for identity, parties and marks: MH-001 to MH-023 (`apprec.md` §10.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from adapter.errors import XML_DOCTYPE, AppRecCode
from adapter.messages.head import MIG_VERSION
from adapter.messages.kinds import kind_of
from adapter.messages.namespaces import BASE64, MH
from adapter.messages.reading import Reading, Recognised
from adapter.messages.rules.places import in_info, root_of
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope
from adapter.messages.xml import declared_encoding
from adapter.values import Zone

BOOK: Final = RuleBook(Scope.HEAD)
_BLOCK, _NEGATIVE, _PARK, _WARN = Consequence.BLOCK, Consequence.NEGATIVE, Consequence.PARK, Consequence.WARN
_ACCEPT = Consequence.ACCEPT
_1153 = "HIS 1153-2 §4"
_SKEW: Final = timedelta(minutes=10)
_TOO_OLD: Final = timedelta(hours=96)


@BOOK.rule(
    "MH-001",
    "The document is well-formed XML 1.0",
    "HIS 80415:2012 §3.3.4",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.NOT_WELL_FORMED,
    scope=Scope.ANY,
    about=(Recognised.UNREADABLE,),
)
def well_formed(reading: Reading, _: Context) -> Iterator[Fault]:
    """A parser error, or a limit passed; only the position is told (80415:2012 §3.3.4)."""
    refusal = reading.refusal
    if refusal is not None and refusal.kind is not XML_DOCTYPE:
        detail = f" ({refusal.detail})" if refusal.detail else ""
        yield Fault(f"{refusal.kind.says}{detail}. {refusal.kind.remedy}", line=refusal.line)


BOOK.judged_as(("XSD",), "MH-002", "Valid against the schema of the head and of the content", "HIS 80415:2012 §3.3.4")


@BOOK.rule(
    "MH-003",
    "No DOCTYPE and no entities",
    "own rule, msghead.md §7.4",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.NOT_WELL_FORMED,
    scope=Scope.ANY,
    about=(Recognised.UNREADABLE,),
)
def no_doctype(reading: Reading, _: Context) -> Iterator[Fault]:
    """No message needs a document type declaration (own rule)."""
    if reading.refusal is not None and reading.refusal.kind is XML_DOCTYPE:
        yield Fault(f"{XML_DOCTYPE.says}. {XML_DOCTYPE.remedy}", line=reading.refusal.line)


@BOOK.rule(
    "MH-004",
    "The encoding is UTF-8 and declared so",
    "HIS 80704:2009 §6.2; KITH acceptance test for receiving PLO, no. 4",
    send=_BLOCK,
    receive=_WARN,
)
def declared_utf_8(reading: Reading, _: Context) -> Iterator[Fault]:
    """ISO-8859-1 must still be read; UTF-8 is what is sent (HIS 80704:2009 §6.2)."""
    if declared_encoding(reading.content) not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        yield Fault("the document declares another encoding; write it in UTF-8", line=1)


@BOOK.rule(
    "MH-005", "No byte order mark and no white space before the declaration", "own rule, msghead.md §7.4", send=_BLOCK
)
def nothing_before(reading: Reading, _: Context) -> Iterator[Fault]:
    """Both are accepted when received and never sent (own rule)."""
    if reading.content[:1] != b"<":
        yield Fault("the document begins with a byte order mark or white space; begin with the XML declaration", line=1)


@BOOK.rule(
    "MH-006",
    "The root is MsgHead in its namespace",
    "MsgHead-v1_2.xsd",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.FORMAT_NOT_SUPPORTED,
    scope=Scope.ANY,
    about=(Recognised.UNKNOWN,),
)
def root_is_head(reading: Reading, _: Context) -> Iterator[Fault]:
    """A document that is neither a message with this head nor a receipt nor an envelope is not carried."""
    root = root_of(reading)
    if reading.recognised is Recognised.UNKNOWN:
        yield Fault("the root is neither MsgHead nor AppRec nor an envelope; send a message with the common head", root)


@BOOK.rule(
    "MH-007",
    "MIGversion is the text of version 1.2, exactly",
    "MsgHead-v1_2.xsd; msghead.md §2.1",
    send=_BLOCK,
    receive=_ACCEPT,
)
def mig_version(reading: Reading, _: Context) -> Iterator[Fault]:
    """The schema refuses another text; an empty element takes the text, so it is valid but not to be sent."""
    if reading.parts.mig_version is None:
        yield Fault(f"MIGversion is empty; write {MIG_VERSION}", in_info(reading, "MIGversion"))


@BOOK.rule(
    "MH-008",
    "Type has a code of list 8279",
    "HIS 80601 §5",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.FORMAT_NOT_SUPPORTED,
)
def type_known(reading: Reading, context: Context) -> Iterator[Fault]:
    """Our copy of the list is a part of it: a type outside is refused only over a content that has its own types."""
    type_ = reading.type
    if type_ is None:
        yield Fault("Type has no code; write the code of the message in V", in_info(reading, "Type"))
    elif context.codes.text("8279", type_) is None and kind_of(type_) is None:
        says = "Type has a code that is not among the known codes of list 8279; check its spelling"
        if reading.standard is None:
            yield Fault(says, in_info(reading, "Type"), send=_WARN, receive=_WARN)
        else:
            yield Fault(says, in_info(reading, "Type"))


@BOOK.rule(
    "MH-009",
    "Type fits the root and namespace of the content",
    "HIS 80704 §4.1.1; AT-S 23",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.OTHER,
)
def type_fits_content(reading: Reading, context: Context) -> Iterator[Fault]:
    """The content standard is told by its namespace (`msghead.md` §4.2). A content in base64 is MH-044's, a type on no
    list MH-008's: one fault is told once."""
    if reading.payload is None or reading.type is None or reading.payload.tag.startswith(BASE64):
        return
    kind, standard = reading.kind, reading.standard
    if kind is None:
        listed = context.codes.text("8279", reading.type) is not None
        if standard is not None and listed and reading.type != "PASIENTLOGISTIKK":
            yield Fault(
                "Type is none of those that this content is sent with; correct the one or the other",
                in_info(reading, "Type"),
            )
    elif standard is None or not kind.accepts(standard):
        says = f"Type {kind.type} is not sent with this content; correct the one or the other"
        yield Fault(says, in_info(reading, "Type"))


BOOK.elsewhere(Needs.ENVELOPE, "MH-010", "Type equals eb:Action", "HISD 1209")


@BOOK.rule(
    "MH-011",
    "MsgId is a GUID in canonical form",
    "HIS 80415:2012 §3.3.4",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.BAD_MSG_ID,
)
def msg_id_is_guid(reading: Reading, _: Context) -> Iterator[Fault]:
    """8-4-4-4-12 hexadecimal digits, in either case (`msghead.md` §3.1)."""
    msg_id = reading.parts.msg_id
    if msg_id is None or not msg_id.is_guid:
        yield Fault("MsgId is no GUID; write a new one as 8-4-4-4-12 hexadecimal digits", in_info(reading, "MsgId"))


BOOK.elsewhere(Needs.STORE, "MH-012", "MsgId was never used before by us", "HISD 1154 §4.2")
BOOK.elsewhere(Needs.STORE, "MH-013", "The same MsgId before in the same system is a duplicate", "HITS 1168 §5.4")
BOOK.elsewhere(Needs.STORE, "MH-014", "The same MsgId with other bytes is a duplicate to be told of", "own rule")


@BOOK.rule("MH-015", "GenDate states its offset", "HISD 1165; msghead.md §7.3", send=_WARN, receive=_ACCEPT)
def offset_stated(reading: Reading, _: Context) -> Iterator[Fault]:
    """Without one it is read as Norwegian time; ours always have one. The schema sees to date, clock and seconds."""
    generated = reading.parts.generated
    if generated is not None and generated.zone is Zone.ASSUMED_OSLO:
        yield Fault(
            "GenDate has no offset and is read as Norwegian time; write +01:00 or +02:00", in_info(reading, "GenDate")
        )


@BOOK.rule(
    "MH-016",
    "GenDate is not in the future and not older than 96 hours",
    "HIS 80415:2012 §3.3.4; own rule",
    send=_WARN,
    receive=_WARN,
)
def generated_about_now(reading: Reading, context: Context) -> Iterator[Fault]:
    """Ten minutes of clock skew are nothing; neither case is ever refused."""
    generated = reading.parts.generated
    if generated is None or context.now is None:
        return
    if generated.instant > context.now + _SKEW:
        yield Fault("GenDate is in the future; check the clock", in_info(reading, "GenDate"))
    elif generated.instant < context.now - _TOO_OLD:
        yield Fault(
            "GenDate is older than 96 hours, the time limit of the receipt; make the message anew",
            in_info(reading, "GenDate"),
        )


@BOOK.rule(
    "MH-017",
    "No test or training message in production",
    "HIS 80601 §5; own rule",
    send=_BLOCK,
    receive=_PARK,
    about=(MH + "ProcessingStatus",),
)
def no_test_in_production(reading: Reading, context: Context) -> Iterator[Fault]:
    """ProcessingStatus T (training) or D (debugging), list 8113; nothing written means production."""
    status = reading.parts.processing_status
    if context.production and status is not None and status.v in {"T", "D"}:
        yield Fault(
            "ProcessingStatus marks a test, and this is production; leave it out or send it in test",
            in_info(reading, "ProcessingStatus"),
        )


@BOOK.rule("MH-018", "Ack is not used", "HIS 80601, clarification 2 of 30.05.2018", send=_BLOCK, about=(MH + "Ack",))
def ack_not_used(reading: Reading, _: Context) -> Iterator[Fault]:
    """A receipt is always sent, whatever Ack says; J is tolerated because it says just that."""
    ack = reading.parts.ack
    if ack is not None and ack.v != "J":
        yield Fault("Ack is not in use; leave it out", in_info(reading, "Ack"))


@BOOK.rule(
    "MH-019",
    "The sender has a HER-id on both levels",
    "HITS 1168 §5.3; AD2.2",
    send=_BLOCK,
    receive=Consequence.NO_RECEIPT,
)
def sender_readable(reading: Reading, _: Context) -> Iterator[Fault]:
    """One level is enough to answer; with none there is nobody to answer."""
    sender = reading.parts.sender
    if sender.organisation is not None and not sender.organisation.idents:
        return
    organisation, party = sender.organisation_her, sender.party_her
    if organisation is not None and party is not None:
        return
    place = in_info(reading, "Sender", "Organisation")
    if organisation is None and party is None:
        yield Fault("the sender has no HER-id; write those of organisation and communication party", place)
    else:
        level = "organisation" if organisation is None else "communication party"
        yield Fault(f"the sender's {level} has no HER-id; write it", place, receive=_WARN)


@BOOK.rule(
    "MH-020",
    "No Organisation is empty",
    "own rule (the schema allows it)",
    send=_BLOCK,
    receive=Consequence.NO_RECEIPT,
)
def sender_not_empty(reading: Reading, _: Context) -> Iterator[Fault]:
    """An empty Sender/Organisation is valid XML that nobody can answer; an empty receiver is AD-009."""
    organisation = reading.parts.sender.organisation
    if organisation is not None and not organisation.idents:
        place = in_info(reading, "Sender", "Organisation")
        yield Fault("the sender's organisation is empty; write its name and HER-id", place)


BOOK.judged_as(("XSD",), "MH-021", "There is exactly one primary receiver", "MsgHead-v1_2.xsd")


@BOOK.rule(
    "MH-022",
    "Every OtherReceiver has an address",
    "own rule (the schema allows none)",
    send=_BLOCK,
    receive=_WARN,
    about=(MH + "OtherReceiver",),
)
def other_receiver_addressed(reading: Reading, _: Context) -> Iterator[Fault]:
    """A role alone reaches nobody."""
    for other in reading.parts.other_receivers:
        if other.organisation is None and other.patient is None and other.person is None and other.professional is None:
            yield Fault(
                "an OtherReceiver has a role and no address; write one or leave it out",
                in_info(reading, "OtherReceiver"),
            )


@BOOK.rule(
    "MH-023", "RoleReceiver is COP, FR or OR", "HIS 80601 §5", send=_BLOCK, receive=_WARN, about=(MH + "OtherReceiver",)
)
def role_of_receiver(reading: Reading, _: Context) -> Iterator[Fault]:
    """An unknown role is treated as a copy receiver's (list 8112)."""
    for other in reading.parts.other_receivers:
        if other.role is None or other.role.v not in {"COP", "FR", "OR"}:
            yield Fault(
                "RoleReceiver has none of the codes COP, FR and OR; write one of them",
                in_info(reading, "OtherReceiver", "RoleReceiver"),
            )
