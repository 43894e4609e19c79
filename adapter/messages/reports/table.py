"""How the parts of a report are read and written: every dataclass of this package is its own table.

A field says where it stands, its type says the rest:

    code: Annotated[Code | None, po("Diagnosekode")] = None
    events: Annotated[tuple[TimedEvent, ...], po("OpplysningOpphold", "TidsfestetHendelse")] = ()

A type with None is an element that stands there at most once, a tuple any number of them. A type that is itself such a
dataclass is an element with parts of its own. Fields stand in the order of the schema, so that writing them one after
the other is right. A field without a place is no part of the table. Reading is total: what is missing or unreadable is
None or left out, and the rules report it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from adapter.messages.datatypes import (
    Code,
    Timestamp,
    add,
    add_code,
    add_date,
    add_flag,
    add_text,
    add_time,
    attribute,
    children,
    code_of,
    flowing_text,
    moment,
    plain_date,
)
from adapter.messages.logistics import TimedEvent, fill_event, read_event
from adapter.messages.namespaces import EPJ1_NS, EPJ2_NS, EPJ3_NS, META_NS, clark
from adapter.messages.nodes import Node
from adapter.messages.parties import (
    IN_CONTENT,
    Organisation,
    Person,
    Professional,
    read_organisation,
    read_person,
    read_professional,
    write_organisation,
    write_person,
    write_professional,
)
from adapter.messages.top import Top, read_top, write_top
from adapter.messages.xml import Element
from adapter.values import Moment

_Table = TypeVar("_Table")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: element names from the outside in, each with its prefix.

    `together` puts all values of a tuple into the same outer elements; otherwise each has outer elements of its own.
    `alternatives` are the elements of a choice with what stands in each.
    """

    names: tuple[str, ...]
    together: bool = False
    is_attribute: bool = False
    alternatives: tuple[tuple[str, type], ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """The attributes that an element of the patient record is marked with, fixed by the schema (`plo.md` §2.5)."""

    kind: str
    type: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A PQ: a number as written, and its unit."""

    number: str | None
    unit: str | None = None


class FlowingText(str):
    """The text of an element that may hold anything, plain or XHTML, a line for each block."""

    __slots__ = ()


def po(*names: str, together: bool = False) -> Place:
    """Elements of the component namespace of the message's version."""
    return Place(tuple(f"po:{name}" for name in names), together)


def epj1(name: str) -> Place:
    return Place((f"epj1:{name}",))


def epj2(name: str) -> Place:
    return Place((f"epj2:{name}",))


def epj3(*names: str) -> Place:
    return Place(tuple(f"epj3:{name}" for name in names))


def on(attribute_name: str) -> Place:
    """An attribute of the element itself."""
    return Place((attribute_name,), is_attribute=True)


def one_of(prefix: str, *around: str, **alternatives: type) -> Place:
    """One of several elements of the same namespace, told apart by name; `around` stands around each."""
    return Place(
        tuple(f"{prefix}:{name}" for name in around),
        alternatives=tuple((f"{prefix}:{name}", type_) for name, type_ in alternatives.items()),
    )


COMPONENT: Final = "COMPONENT"
"""The class variable in which a dataclass names its `Component`."""

_PREFIXES: Final = {"epj1": EPJ1_NS, "epj2": EPJ2_NS, "epj3": EPJ3_NS, "m1": META_NS}
_META: Final = clark(META_NS)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class _Part:
    """A field laid out for one component namespace: tags in Clark notation, and what stands under each last one."""

    field: str
    around: tuple[str, ...]
    options: tuple[tuple[str, type], ...]
    many: bool
    place: Place

    def tag_of(self, value: object) -> str:
        return next((tag for tag, type_ in self.options if type_ is type(value)), self.options[0][0])


@dataclass(frozen=True, slots=True)
class _Layout:
    """A table laid out: all parts in the order of the schema, the attributes, and the part that each child begins."""

    parts: tuple[_Part, ...]
    attributes: tuple[_Part, ...]
    by_child: Mapping[str, _Part]


@cache
def _layout(table: type, components: str) -> _Layout:
    """The table of a dataclass, for a component namespace in Clark notation."""

    def tag(name: str) -> str:
        prefix, colon, local = name.rpartition(":")
        if not colon:
            return local
        return (components if prefix == "po" else clark(_PREFIXES[prefix])) + local

    parts = []
    for field, hint in get_type_hints(table, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            continue
        type_, place = get_args(hint)
        many = get_origin(type_) is tuple
        if place.alternatives:
            around, options = place.names, place.alternatives
        else:
            around, options = place.names[:-1], ((place.names[-1], _content_type(type_)),)
        laid_out = tuple((tag(name), option) for name, option in options)
        parts.append(_Part(field, tuple(map(tag, around)), laid_out, many, place))
    attributes = tuple(part for part in parts if part.place.is_attribute)
    by_child = {
        first: part
        for part in parts
        if not part.place.is_attribute
        for first in (part.around[:1] or tuple(tag for tag, _ in part.options))
    }
    return _Layout(tuple(parts), attributes, by_child)


def _content_type(hint: object) -> type:
    """The type of one value: `X` of `X | None`, of `tuple[X, ...]`, and of `X`."""
    arguments: tuple[object, ...] = get_args(hint)
    if get_origin(hint) is tuple:
        return cast(type, arguments[0])
    if get_origin(hint) in {Union, UnionType}:
        return cast(type, next(one for one in arguments if one is not NoneType))
    return cast(type, hint)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_table(table: type[_Table], node: Node, components: str, **given: object) -> _Table:
    """Read an element by the table of a dataclass; `given` are the fields that have no place."""
    layout = _layout(cast(type, table), components)
    found: dict[str, object] = {part.field: attribute(node, part.options[0][0]) for part in layout.attributes}
    for element in node.children:
        part = layout.by_child.get(element.tag)
        if part is not None and part.field not in found:
            found[part.field] = _read_part(part, node, components)
    return cast(Callable[..., _Table], table)(**given, **found)


def _read_part(part: _Part, node: Node, components: str) -> object:
    """What the whole element holds of a part, wherever it stands in it."""
    places = [node]
    for tag in part.around:
        places = [inner for place in places for inner in children(place, tag)]
    types = dict(part.options)
    found = [
        value
        for place in places
        for element in place.children
        if element.tag in types and (value := _read_value(types[element.tag], element, components)) is not None
    ]
    if part.many:
        return tuple(found)
    return found[0] if found else None


def _read_value(type_: type, node: Node, components: str) -> object:
    reader = _READERS.get(type_)
    if reader is not None:
        return reader(node)
    if type_ is TimedEvent:
        return read_event(node, components)
    if type_ is Top:
        return read_top(node, components)
    return read_table(type_, node, components)


def _integer(node: Node) -> int | None:
    return int(node.text) if node.text is not None and _INTEGER.fullmatch(node.text) else None


def _decimal(node: Node) -> Decimal | None:
    return Decimal(node.text) if node.text is not None and _DECIMAL.fullmatch(node.text) else None


def _timestamp(node: Node) -> Timestamp | None:
    value = attribute(node, "V")
    return Timestamp.read(value) if value is not None else None


def _flowing(node: Node) -> FlowingText | None:
    text = flowing_text(node)
    return FlowingText(text) if text is not None else None


_READERS: Final[Mapping[type, Callable[[Node], object]]] = {
    str: lambda node: node.text,
    FlowingText: _flowing,
    bool: lambda node: {"true": True, "1": True, "false": False, "0": False}.get(node.text or ""),
    int: _integer,
    Decimal: _decimal,
    date: lambda node: plain_date(node.text),
    Moment: lambda node: moment(node.text),
    Timestamp: _timestamp,
    Code: code_of,
    Quantity: lambda node: Quantity(attribute(node, "V"), attribute(node, "U")),
    Person: lambda node: read_person(node, IN_CONTENT),
    Professional: lambda node: read_professional(node, IN_CONTENT),
    Organisation: lambda node: read_organisation(node, IN_CONTENT),
}


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_table(element: Element, value: object, components: str) -> None:
    """Write the fields of a dataclass into its element, which is still empty but for what stands before them."""
    table: type = type(value)
    component = getattr(table, COMPONENT, None)
    if isinstance(component, Component):
        element.set(_META + "basiskomponenttype", component.kind)
        element.set(_META + "komponenttype", component.type)
    for part in _layout(table, components).parts:
        held = getattr(value, part.field)
        if held is not None:
            _write_part(element, part, held if part.many else (held,), components)


def _write_part(element: Element, part: _Part, values: tuple[object, ...], components: str) -> None:
    if part.place.is_attribute:
        element.set(part.options[0][0], str(values[0]))
        return
    shared = _around(element, part) if part.place.together and values else None
    for value in values:
        _write_value(shared if shared is not None else _around(element, part), part.tag_of(value), value, components)


def _around(element: Element, part: _Part) -> Element:
    for tag in part.around:
        element = add(element, tag)
    return element


def _write_value(parent: Element, tag: str, value: object, components: str) -> None:
    match value:
        case bool():
            add_flag(parent, tag, value)
        case str():
            add_text(parent, tag, value)
        case int():
            add_text(parent, tag, str(value))
        case Decimal():
            add_text(parent, tag, f"{value:f}")
        case date():
            add_date(parent, tag, value)
        case Moment():
            add_text(parent, tag, value.text)
        case Timestamp():
            add_time(parent, tag, value)
        case Code():
            add_code(parent, tag, value)
        case Quantity():
            element = add(parent, tag)
            for name, text in (("V", value.number), ("U", value.unit)):
                if text is not None:
                    element.set(name, text)
        case Person():
            write_person(add(parent, tag), value, IN_CONTENT)
        case Professional():
            write_professional(add(parent, tag), value, IN_CONTENT)
        case Organisation():
            write_organisation(add(parent, tag), value, IN_CONTENT)
        case TimedEvent():
            fill_event(add(parent, tag), value, components)
        case Top():
            write_top(add(parent, tag), value, components)
        case _:
            write_table(add(parent, tag), value, components)
