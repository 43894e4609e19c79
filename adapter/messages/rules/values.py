"""Whether values are written as the data types want them: MH-036 to MH-040, MH-046, MH-051, PL-006, PL-016 to PL-021.

The head and the content are judged by different rows of the standards with the same meaning: the first by MH-036 and
MH-038, the second by PL-018 to PL-021. A code outside its list never refuses a received message: the list may have
grown (`plo.md` §3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapter.messages.namespaces import FK1, MH, local_name
from adapter.messages.reading import Reading
from adapter.messages.rules.places import in_info, tagged
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope
from adapter.messages.value_flaws import Flaw

BOOK: Final = RuleBook(Scope.HEAD)
_BLOCK, _WARN, _INFO = Consequence.BLOCK, Consequence.WARN, Consequence.INFO

_EVERYWHERE: Final = (True, False)
_HEAD: Final = (True,)
_CONTENT: Final = (False,)

_CV_OF_HEAD: Final = (Flaw.CV_INCOMPLETE, Flaw.OTHER_LIST, Flaw.MISTAKEN_LIST)
_NOT_WRITTEN: Final = (Flaw.EMPTY, Flaw.BLANK)
_CODES_OF_HEAD: Final = (Flaw.UNKNOWN_CODE, Flaw.NO_CODE)
_ADDRESS: Final = (Flaw.ADDRESS,)
_CV_OF_CONTENT: Final = (Flaw.CV_INCOMPLETE,)
_CS_OF_CONTENT: Final = (Flaw.NO_CODE, Flaw.NO_TEXT)
_CODES_OF_CONTENT: Final = (Flaw.UNKNOWN_CODE, Flaw.OTHER_TEXT)
_LISTS_OF_CONTENT: Final = (Flaw.OTHER_LIST, Flaw.MISTAKEN_LIST)
"""The flaws that each rule tells; without any of them it is not asked."""


def _flawed(
    reading: Reading, context: Context, where: tuple[bool, ...], flaws: tuple[Flaw, ...]
) -> Iterator[tuple[Flaw, Fault]]:
    """Every value of the head or of a content that is known here, or of both, that has one of these flaws."""
    for value in reading.flawed_values(context.codes):
        judged = value.judged
        if judged.in_head not in where or not (judged.in_head or reading.standard is not None):
            continue
        for flaw in judged.flaws:
            if flaw in flaws:
                yield flaw, Fault(f"{judged.name} {flaw}", value.node)


@BOOK.rule(
    "MH-036",
    "A CV in the head has V, S and DN; S is the right list",
    "HISD 1165",
    send=_BLOCK,
    receive=_WARN,
    about=_CV_OF_HEAD,
)
def head_cv(reading: Reading, context: Context) -> Iterator[Fault]:
    """A CS has no S, which the schema sees to. A TypeId without V is ID-013's."""
    for _flaw, fault in _flawed(reading, context, _HEAD, _CV_OF_HEAD):
        if not _is_untyped(fault):
            yield fault


@BOOK.rule(
    "MH-037",
    "No empty elements, no blanks around attribute values",
    "HISD 1165",
    send=_BLOCK,
    receive=_WARN,
    about=_NOT_WRITTEN,
)
def nothing_empty(reading: Reading, context: Context) -> Iterator[Fault]:
    """Received blanks are trimmed; an empty parent that a schema demands has rules of its own."""
    for _flaw, fault in _flawed(reading, context, _EVERYWHERE, _NOT_WRITTEN):
        yield fault


@BOOK.rule(
    "MH-038",
    "Codes in the head are on their lists",
    "HIS 80415:2012 §3.3.2",
    send=_BLOCK,
    receive=_INFO,
    about=_CODES_OF_HEAD,
)
def head_codes(reading: Reading, context: Context) -> Iterator[Fault]:
    """Roles of receivers are MH-023's matter; a received unknown code is shown by its text."""
    for _flaw, fault in _flawed(reading, context, _HEAD, _CODES_OF_HEAD):
        yield fault


@BOOK.rule("MH-039", "An address says something", "HIS 80601 §5", send=_WARN)
def address_filled(reading: Reading, _: Context) -> Iterator[Fault]:
    """At least one part; an Address that is empty altogether is MH-037's."""
    for address in (*tagged(reading, MH + "Address"), *tagged(reading, FK1 + "Address")):
        if address.first and all(local_name(tag) == "Type" for tag in address.first):
            yield Fault("the address has a type and nothing else; write the address or leave it out", address)


@BOOK.rule(
    "MH-040", "A telephone or mail address has a known prefix and no blanks", "HISD 1165", send=_WARN, about=_ADDRESS
)
def telecom_written_well(reading: Reading, context: Context) -> Iterator[Fault]:
    """tel:, fax:, mailto:; mob: occurs and is tolerated."""
    for _flaw, fault in _flawed(reading, context, _EVERYWHERE, _ADDRESS):
        yield fault


BOOK.elsewhere(Needs.CONDUCT, "MH-046", "Characters that XML forbids are removed when building", "XML 1.0")
BOOK.elsewhere(Needs.CONDUCT, "MH-051", "Booleans are read as true, false, 1, 0 and sent as words", "XSD")


@BOOK.rule("PL-006", "DN of Type is the text of list 8279", "HIS 1143 to 1149 §4.1", send=_WARN)
def type_text(reading: Reading, context: Context) -> Iterator[Fault]:
    """Texts change between editions and are never compared when received."""
    type_ = reading.parts.type
    if type_ is None or type_.v is None:
        return
    text = context.codes.text("8279", type_.v)
    if text is not None and type_.dn != text:
        yield Fault(f"DN of Type is not the text of the list, {text!r}", in_info(reading, "Type"))


BOOK.judged_as(("ID-013", "MH-036", "PL-018"), "PL-016", "Every Ident has Id, and TypeId with V and S", "AT-S 22")
BOOK.judged_as(("MH-037",), "PL-017", "Elements without information are not sent", "AT-S 11")


@BOOK.rule(
    "PL-018",
    "A CV in the content has S with V and DN, or OT",
    "AT-S 14",
    send=_BLOCK,
    receive=_WARN,
    about=_CV_OF_CONTENT,
)
def content_cv(reading: Reading, context: Context) -> Iterator[Fault]:
    """The list is told by S; without it the code says nothing. A TypeId without V is ID-013's."""
    for _flaw, fault in _flawed(reading, context, _CONTENT, _CV_OF_CONTENT):
        if not _is_untyped(fault):
            yield fault


def _is_untyped(fault: Fault) -> bool:
    return (
        fault.at is not None and local_name(fault.at.tag) == "TypeId" and not fault.at.attributes.get("V", "").strip()
    )


def _is_status(fault: Fault) -> bool:
    return fault.at is not None and local_name(fault.at.tag) == "Forsendelsesstatus"


@BOOK.rule("PL-019", "A CS has V and DN", "AT-S 15", send=_BLOCK, receive=_WARN, about=_CS_OF_CONTENT)
def content_cs(reading: Reading, context: Context) -> Iterator[Fault]:
    """The list is fixed by the element; a missing shipment status is PL-039's, a missing code in the head MH-038's."""
    if reading.standard is not None:
        for flaw, fault in _flawed(reading, context, _HEAD, _CS_OF_CONTENT):
            if flaw is Flaw.NO_TEXT:
                yield fault
    for flaw, fault in _flawed(reading, context, _CONTENT, _CS_OF_CONTENT):
        if flaw is Flaw.NO_TEXT or not _is_status(fault):
            yield fault


@BOOK.rule(
    "PL-020",
    "A code in the content is on its list",
    "AT-S 12, 13; HIS 80704:2014 §4.4",
    send=_BLOCK,
    receive=_WARN,
    about=_CODES_OF_CONTENT,
)
def content_codes(reading: Reading, context: Context) -> Iterator[Fault]:
    """Shown by its text when received. Another text than the list's is only told; the shipment status is PL-039's."""
    for flaw, fault in _flawed(reading, context, _CONTENT, _CODES_OF_CONTENT):
        if flaw is Flaw.OTHER_TEXT:
            yield Fault(fault.says, fault.at, send=_INFO, receive=_INFO)
        elif not _is_status(fault):
            yield fault


@BOOK.rule(
    "PL-021",
    "S in the content is the OID of the list named",
    "HIS 80704:2014 §4.4",
    send=_BLOCK,
    receive=_WARN,
    about=_LISTS_OF_CONTENT,
)
def content_lists(reading: Reading, context: Context) -> Iterator[Fault]:
    """Mistaken numbers of version 1.5 are accepted in its messages (`plo.md` X-21)."""
    old = reading.standard is not None and reading.standard.version == "1.5"
    for flaw, fault in _flawed(reading, context, _CONTENT, _LISTS_OF_CONTENT):
        if flaw is Flaw.MISTAKEN_LIST and old:
            yield Fault(fault.says, fault.at, receive=Consequence.ACCEPT)
        else:
            yield fault
