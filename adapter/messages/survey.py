"""Which values a message holds, each distinct one once: for the rules about coded values, empty elements, stray blanks.

A message repeats the same few codes, so what is wrong with each is found out once.
"""

from __future__ import annotations

from typing import NamedTuple

from adapter.messages.nodes import Node, Nodes


class Written(NamedTuple):
    """A value as written: the tag in Clark notation and the attributes of a coded value; `bare` without anything."""

    tag: str
    v: str | None
    dn: str | None
    s: str | None
    ot: str | None
    bare: bool


Survey = dict[Written, list[Node]]
"""The values of a document, and where each stands."""


def survey(nodes: Nodes) -> Survey:
    """The values of every element that has attributes, and of every one that has nothing at all."""
    found: Survey = {}
    for node in nodes.all:
        attributes = node.attributes
        if attributes:
            get = attributes.get
            key = Written(node.tag, get("V"), get("DN"), get("S"), get("OT"), False)
        elif node.text is None and not node.children:
            key = Written(node.tag, None, None, None, None, True)
        else:
            continue
        if key in found:
            found[key].append(node)
        else:
            found[key] = [node]
    return found
