"""What the patient logistics messages say (Pasientlogistikk 1.5, 1.6 and 2.0): which event, when, where to.

`plo.md` §2.4.1, §2.4.3. The first two versions are alike but for their namespaces; in 2.0 the top has an element of its
own, and a time stands as text. An event is found by its code, never by its
position; a date without clock stays a date. The use of the content is told by its own element, not by MsgInfo/Type;
that the two agree is rule PL-005.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from adapter.messages import codes
from adapter.messages.datatypes import (
    Code,
    Timestamp,
    add,
    add_code,
    add_flag,
    add_text,
    add_time,
    attribute,
    child_code,
    child_flag,
    child_text,
    children,
)
from adapter.messages.namespaces import PLO_15, PLO_16, PLO_20, PO_15_NS, PO_16_NS, PO_20_NS, clark
from adapter.messages.nodes import Node
from adapter.messages.top import Top, read_top, write_top
from adapter.messages.xml import Element


class Version(StrEnum):
    """The versions of the nursing and care messages."""

    V1_5 = "1.5"
    V1_6 = "1.6"
    V2_0 = "2.0"

    @property
    def namespace(self) -> str:
        return _NAMESPACES[self][0].format("Pasientlogistikk")

    @property
    def po(self) -> str:
        """The component namespace, in Clark notation."""
        return _NAMESPACES[self][1]


_NAMESPACES: Final = {
    Version.V1_5: (PLO_15, clark(PO_15_NS)),
    Version.V1_6: (PLO_16, clark(PO_16_NS)),
    Version.V2_0: (PLO_20, clark(PO_20_NS)),
}
_PO_20: Final = Version.V2_0.po
_TOP_20: Final = clark(PO_20_NS) + "FellesAdministrativeOpplysninger"
"""Around the top in 2.0."""


class Use(StrEnum):
    """The five uses, and the answer of 2.0; the value is the local name of the element that tells them apart."""

    ADMITTED = "MeldingInnlagtPasient"
    DISCHARGE_READY = "MeldingUtskrivningsklarPasient"
    WITHDRAWAL = "AvmeldingUtskrivningsklarPasient"
    DISCHARGED = "MeldingOmUtskrevetPasient"
    DEATH = "OrienteringOmDod"
    FEEDBACK = "TilbakemeldingUtskrivningsklarPasient"


_ROOTS: Final = {clark(version.namespace) + "Pasientlogistikk": version for version in Version}
_USES: Final = {version: {clark(version.namespace) + use: use for use in Use} for version in Version}


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """One event (tidsfestet hendelse). `estimate` (anslag) is told and never decides anything (`plo.md` X-1)."""

    code: Code | None = None
    time: Timestamp | None = None
    estimate: bool | None = None
    description: str | None = None
    remark: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the patient went and how (utskrevet til): place (list 8408) and state (list 8431)."""

    place: Code | None = None
    state: Code | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What tells the uses apart: the element of the use, its events, where the patient went.

    `place` is the element, or the payload where the content has none of the five. `coded` and `places` are of the
    events, in their order: the code of each and where it stands.
    """

    version: Version
    place: Node
    use: Use | None = None
    events: tuple[TimedEvent, ...] = ()
    coded: tuple[str | None, ...] = ()
    places: tuple[Node, ...] = ()
    destination: Destination | None = None

    def time(self, code: codes.Event) -> Timestamp | None:
        """When the first event of this code was, wherever it stands."""
        return self.events[self.coded.index(code)].time if code in self.coded else None


@dataclass(frozen=True, slots=True)
class Logistics:
    """A patient logistics message. `use` is None where the content has none of the five elements."""

    version: Version
    top: Top
    use: Use | None
    events: tuple[TimedEvent, ...] = ()
    destination: Destination | None = None

    def event(self, code: codes.Event) -> TimedEvent | None:
        """The first event of this code, wherever it stands."""
        return next((event for event in self.events if event.code is not None and event.code.v == code), None)


def is_logistics(tag: str) -> bool:
    """Whether a payload root of this tag is a logistics message of a version read here."""
    return tag in _ROOTS


def read_usage(payload: Node) -> Usage:
    """Read the part of a logistics message that is its own; `is_logistics(payload.tag)` holds. Never raises."""
    version = _ROOTS[payload.tag]
    po = version.po
    for tag, use in _USES[version].items():
        part = payload.first.get(tag)
        if part is not None:
            places = tuple(children(part, po + "TidsfestetHendelse"))
            events = tuple([read_event(place, po) for place in places])
            coded = tuple([event.code.v if event.code is not None else None for event in events])
            destination = _read_destination(part.first.get(po + "UtskrevetTil"), po)
            return Usage(version, part, use, events, coded, places, destination)
    return Usage(version, payload)


def read_logistics(payload: Node, usage: Usage) -> Logistics:
    """Read the rest of a logistics message of which `usage` is the part of its own. Never raises."""
    top = read_top(top_of(payload), usage.version.po)
    return Logistics(usage.version, top, usage.use, usage.events, usage.destination)


def top_of(payload: Node) -> Node:
    """The element in which the common top stands."""
    return top_20(payload) or payload


def top_20(payload: Node) -> Node | None:
    """The element around the common top in 2.0."""
    return payload.first.get(_TOP_20)


def read_event(element: Node, po: str) -> TimedEvent:
    """Read a `TidsfestetHendelse`."""
    return TimedEvent(
        child_code(element, po + "Hendelsekode"),
        _read_time(element.first.get(po + "TidspunktForHendelse"), po),
        child_flag(element, po + "Anslag"),
        child_text(element, po + "BeskrivelseAvHendelse"),
        child_text(element, po + "Merknad"),
        child_text(element.first.get(po + "StedForHendelse"), po + "StedHendelse"),
    )


def _read_time(element: Node | None, po: str) -> Timestamp | None:
    """A time is an attribute in 1.5 and 1.6, a text in 2.0."""
    text = (element.text if element is not None else None) if po == _PO_20 else attribute(element, "V")
    return Timestamp.read(text) if text is not None else None


def _read_destination(element: Node | None, po: str) -> Destination | None:
    if element is None:
        return None
    return Destination(
        child_code(element, po + "UtTil"), child_code(element, po + "Uttilstand"), child_text(element, po + "Merknad")
    )


def write_logistics(content: Element, message: Logistics) -> None:
    """Write the message into the Content of a document."""
    own, po = clark(message.version.namespace), message.version.po
    payload = add(content, own + "Pasientlogistikk")
    write_top(add(payload, _TOP_20) if message.version is Version.V2_0 else payload, message.top, po)
    if message.use is None:
        return
    part = add(payload, own + message.use)
    if message.destination is not None:
        element = add(part, po + "UtskrevetTil")
        add_code(element, po + "Uttilstand", message.destination.state)
        add_code(element, po + "UtTil", message.destination.place)
        add_text(element, po + "Merknad", message.destination.remark)
    for event in message.events:
        write_event(part, event, po)


def write_event(parent: Element, event: TimedEvent, po: str) -> None:
    """Write a `TidsfestetHendelse`."""
    fill_event(add(parent, po + "TidsfestetHendelse"), event, po)


def fill_event(element: Element, event: TimedEvent, po: str) -> None:
    """Write the parts of an event into its element."""
    add_code(element, po + "Hendelsekode", event.code)
    add_text(element, po + "BeskrivelseAvHendelse", event.description)
    if po == _PO_20:
        add_text(element, po + "TidspunktForHendelse", event.time.text if event.time is not None else None)
    else:
        add_time(element, po + "TidspunktForHendelse", event.time)
    add_flag(element, po + "Anslag", event.estimate)
    add_text(element, po + "Merknad", event.remark)
    if event.place is not None:
        add_text(add(element, po + "StedForHendelse"), po + "StedHendelse", event.place)
