"""What one walk through a document finds for the rules about values: coded values, empty elements, stray blanks.

One walk instead of one for every rule, because the rules must cost less than the schema check beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from adapter.messages.datatypes import Code
from adapter.messages.namespaces import MSGHEAD_NS
from adapter.messages.xml import Element, tag_of

_OURS: Final = ("http://www.kith.no/", "http://ehelse.no/")
_CODE_ATTRIBUTES: Final = frozenset({"V", "DN", "S", "OT"})


@dataclass(frozen=True, slots=True)
class CodedValue:
    """An element with the attributes of a coded value, time or URL, or with none of them and nothing inside."""

    element: Element
    name: str
    code: Code
    in_head: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """What the walk found. `empty` are elements with nothing at all, `blanks` those with a stray blank in a value."""

    values: tuple[CodedValue, ...] = ()
    empty: tuple[Element, ...] = ()
    blanks: tuple[Element, ...] = ()


def survey(root: Element) -> Survey:
    """Walk through a document once; elements outside the national namespaces, such as XHTML, are passed over."""
    values: list[CodedValue] = []
    empty: list[Element] = []
    blanks: list[Element] = []
    for element in root.iter():
        tag = tag_of(element)
        if not tag.startswith(_OURS, 1):
            continue
        attributes = element.items()
        namespace, _, name = tag[1:].partition("}")
        if not attributes:
            if not len(element) and not (element.text or "").strip():
                empty.append(element)
                values.append(CodedValue(element, name, Code(None), namespace == MSGHEAD_NS))
            continue
        found: dict[str, str] = {}
        for key, value in attributes:
            if value != value.strip():
                blanks.append(element)
            if key in _CODE_ATTRIBUTES:
                found[key] = value.strip()
        if found:
            code = Code(
                found.get("V") or None, found.get("DN") or None, found.get("S") or None, found.get("OT") or None
            )
            values.append(CodedValue(element, name, code, namespace == MSGHEAD_NS))
    return Survey(tuple(values), tuple(empty), tuple(blanks))
