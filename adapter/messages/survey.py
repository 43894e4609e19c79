"""What one walk through a document finds for the rules about values: coded values, empty elements, stray blanks.

One walk instead of one for every rule, and each distinct value once, because a message repeats the same few codes and
the rules must cost less than the schema check beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from adapter.messages.datatypes import Code, code_of
from adapter.messages.namespaces import MSGHEAD_NS
from adapter.messages.nodes import Node, Nodes

_CODE_ATTRIBUTES: Final = ("V", "DN", "S", "OT")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kind of value stands: the local name of its element, and whether that is one of the head."""

    name: str
    in_head: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """What the walk found.

    `values` are the elements with attributes of a coded value, time or URL, or with nothing at all, by place and
    value. `empty` are elements with nothing at all, `blanks` those with a blank around an attribute's value.
    """

    values: Mapping[tuple[Place, Code], list[Node]]
    empty: tuple[Node, ...] = ()
    blanks: tuple[Node, ...] = ()


NOTHING: Final = Survey({})


def survey(nodes: Nodes) -> Survey:
    """Walk through a document once; elements outside the national namespaces, such as XHTML, are passed over."""
    values: dict[tuple[Place, Code], list[Node]] = {}
    empty: list[Node] = []
    blanks: list[Node] = []
    for node in nodes.all:
        attributes = node.attributes
        if not attributes:
            if node.text is not None or node.children:
                continue
            place = _place(node.tag)
            if place is not None:
                empty.append(node)
                values.setdefault((place, _NO_CODE), []).append(node)
            continue
        place = _place(node.tag)
        if place is None:
            continue
        for value in attributes.values():
            if value[:1].isspace() or value[-1:].isspace():
                blanks.append(node)
        if any(name in attributes for name in _CODE_ATTRIBUTES):
            code = code_of(node)
            assert code is not None
            key = (place, code)
            if key in values:
                values[key].append(node)
            else:
                values[key] = [node]
    return Survey(values, tuple(empty), tuple(blanks))


_NO_CODE: Final = Code(None)


@lru_cache(maxsize=1024)
def _place(tag: str) -> Place | None:
    """The place of a tag; None outside the national namespaces."""
    namespace, _, name = tag[1:].partition("}")
    if not namespace.startswith(("http://www.kith.no/", "http://ehelse.no/")):
        return None
    return Place(name, namespace == MSGHEAD_NS)
