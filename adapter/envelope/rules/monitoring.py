"""Does a message tell the national monitoring what it is and which software made it: EB-451 to EB-463.

Nothing here is ever a reason to reject (`ebxml.md` §10.7). What we send tells all of it, as far as it is in our hands:
the type of a document that we only carry is what its namespace says, known to the list or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from adapter.envelope.classify import Kind
from adapter.envelope.monitoring import is_strict, read_object
from adapter.envelope.names import XML, eb
from adapter.envelope.reading import first
from adapter.envelope.reported import goes_with, is_known, is_of_version, is_version
from adapter.envelope.rules.rule import Breach, Check, Consequence, Context, Needs, RuleBook
from adapter.envelope.rules.subject import MESSAGE_HEADER, Subject
from adapter.messages.rules.rule import Side
from adapter.messages.xml import Element

BOOK: Final = RuleBook()
_REMARK: Final = Consequence.REMARK
_SCHEMA: Final = "HITS 1172 §5.14.4; HITS 1210 §6.2.1"
_SOFTWARE: Final = "HITS 1210 §6.2.2"
_MAX_NAME: Final = 100


@BOOK.rule("EB-451", "Schema has a location", _SCHEMA, hits="265", send=False, receive=_REMARK, opened=True)
def schema_has_location(subject: Subject, _: Context) -> Iterator[Breach]:
    """The namespace of the business document; what belongs to it beside has none to tell."""
    told = list(_schemas(subject))
    nothing = all(schema is None for _, schema in told)
    for reference, schema in told:
        if nothing if schema is None else not schema.get(eb("location"), "").strip():
            yield Breach("the type of the document is not told", reference)


@BOOK.rule("EB-452", "Schema has a version of digits and dots", _SCHEMA, hits="266", send=False, receive=_REMARK)
def schema_has_version(subject: Subject, _: Context) -> Iterator[Breach]:
    """The published version of the message, not 2.0 for all as HIS 1037 §6.3.1 says."""
    for _reference, schema in _schemas(subject):
        if schema is not None and not is_version(schema.get(eb("version"), "").strip()):
            yield Breach("the version of the document is not told", schema)


@BOOK.rule("EB-453", "Schema is a known namespace", _SCHEMA, hits="267", send=False, receive=_REMARK)
def schema_is_known(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of the list of message versions. What we carry without knowing it is sent nevertheless."""
    for location, _version, schema in _told(subject):
        if not is_known(location):
            yield Breach("the type of the document is none that we know", schema)


@BOOK.rule("EB-454", "The version fits the Schema", _SCHEMA, hits="268", receive=_REMARK)
def version_fits(subject: Subject, _: Context) -> Iterator[Breach]:
    """By the list of message versions."""
    for location, version, schema in _told(subject):
        if is_known(location) and is_version(version) and not is_of_version(location, version):
            yield Breach("the version is not one of this type of document", schema)


@BOOK.rule("EB-455", "Service and Action fit the Schema", _SCHEMA, hits="269", send=False, receive=_REMARK)
def process_fits(subject: Subject, _: Context) -> Iterator[Breach]:
    """A receipt is an AppRec, and an AppRec is a receipt."""
    for location, _version, schema in _told(subject):
        action = subject.value("Action")
        if action and is_known(location) and not goes_with(location, action):
            yield Breach("Service and Action are of another type of document", schema)


BOOK.elsewhere(
    Needs.DOCUMENT,
    "EB-456",
    "The document has the namespace that Schema tells",
    _SCHEMA,
    by="adapter.service.remarking.namespaces",
    hits="270",
    receive=_REMARK,
)


def _software(key: str, *, empty: bool) -> Check:
    """The check that a key of the Description is there, or that it is filled in a way that can be counted."""

    def check(subject: Subject, _: Context) -> Iterator[Breach]:
        told = _description(subject)
        if told is None:
            if subject.has_header and not empty and not _is_broken(subject):
                yield Breach(f"there is no Description with {key}", MESSAGE_HEADER)
            return
        if not empty and key not in told:
            yield Breach(f"{key} is missing", f"{MESSAGE_HEADER}/Description")
        if empty and key in told and not (told[key].strip() and len(told[key]) <= _MAX_NAME):
            yield Breach(f"{key} is empty, no text, or too long", f"{MESSAGE_HEADER}/Description")

    return check


BOOK.rule("EB-457", "MSH-system is present", _SOFTWARE, hits="271", receive=_REMARK)(
    _software("MSH-system", empty=False)
)
BOOK.rule("EB-458", "MSH-versjon is present", _SOFTWARE, hits="272", receive=_REMARK)(
    _software("MSH-versjon", empty=False)
)
BOOK.rule("EB-459", "MSH-system has a valid value", _SOFTWARE, hits="273", receive=_REMARK)(
    _software("MSH-system", empty=True)
)
BOOK.rule("EB-460", "MSH-versjon has a valid value", _SOFTWARE, hits="274", receive=_REMARK)(
    _software("MSH-versjon", empty=True)
)
BOOK.judged_as(
    ("EB-451", "EB-457"), "EB-461", "A payload message tells both its software and its type", _SOFTWARE, hits="279"
)


@BOOK.rule("EB-462", "Description is one JSON object, with xml:lang", _SOFTWARE, receive=_REMARK)
def description_is_json(subject: Subject, context: Context) -> Iterator[Breach]:
    """Read leniently: the official example has a comma too many. Sent, it is strict."""
    element = first(subject.fields, eb("Description"))
    if element is None:
        return
    text = _text(element)
    if _description(subject) is None:
        yield Breach("Description is not one JSON object with MSH-system", element)
    elif context.side is Side.SEND and not (is_strict(text) and element.get(f"{{{XML}}}lang")):
        yield Breach("Description is not strict JSON with xml:lang", element)


BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-463",
    "Names and versions are official and the same on all installations",
    "HITS 1210 req. 8-13",
    why="needs the list in which suppliers register the names of their software, which no file or register gives us",
)


def _schemas(subject: Subject) -> Iterator[tuple[Element | str, Element | None]]:
    """Each Reference of the Manifest with its first Schema."""
    if subject.kind is Kind.PAYLOAD and subject.manifest is not None:
        for reference in subject.manifest.iterfind(eb("Reference")):
            yield reference, reference.find(eb("Schema"))


def _told(subject: Subject) -> Iterator[tuple[str, str, Element]]:
    """Location, version and place of every Schema that has a location."""
    for _reference, schema in _schemas(subject):
        location = schema.get(eb("location"), "").strip() if schema is not None else ""
        if schema is not None and location:
            yield location, schema.get(eb("version"), "").strip(), schema


def _text(element: Element) -> str:
    return "".join(str(part) for part in element.itertext())


def _description(subject: Subject) -> Mapping[str, str] | None:
    """What the Description says; None where there is none or it is no JSON object."""
    element = first(subject.fields, eb("Description"))
    return None if element is None else read_object(_text(element))


def _is_broken(subject: Subject) -> bool:
    """Whether there is a Description that EB-462 tells of."""
    return bool(subject.fields.get(eb("Description")))
