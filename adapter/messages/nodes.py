"""What a parsed document holds, laid out once for reading: elements as plain values with their children and attributes.

lxml makes a new proxy for every element that is looked at, which costs more than the schema check when a message is
looked at some hundred times. One walk lays the tree out; readers and rules then use only this. The lxml element stays
at hand for a line number, a path, or text of mixed content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from adapter.messages.xml import Element


class Node:
    """One element. `text` is what stands before the first child, stripped, None if that is nothing.

    `first` has the first child of each tag. Laid out by `Nodes`, attribute by attribute: a constructor would cost as
    much as the rest.
    """

    __slots__ = ("attributes", "children", "element", "first", "tag", "text")

    element: Element
    tag: str
    attributes: Mapping[str, str]
    text: str | None
    children: list[Node]
    first: dict[str, Node]


_NO_ATTRIBUTES: Final[Mapping[str, str]] = {}
_NO_CHILDREN: Final[list[Node]] = []
_NO_FIRST: Final[dict[str, Node]] = {}
"""What most elements have; they share these three, which stay empty."""


class Nodes:
    """A document laid out: the root, every node in document order, and the nodes of each tag.

    Made from a tree that was parsed bare. Elements come in document order, so how many children of the innermost open
    one are still to come tells where each belongs; `above` has the same of the ones around it.
    """

    __slots__ = ("all", "by_tag", "root")

    def __init__(self, root: Element) -> None:
        everything: list[Node] = []
        by_tag: dict[str, list[Node]] = {}
        children: list[Node] = []
        first: dict[str, Node] = {}
        to_come, above = 1, list[tuple[int, list[Node], dict[str, Node]]]()
        for element in root.iter():
            node = Node()
            node.element = element
            tag: str = element.tag  # type: ignore[assignment]  # no comment, so it is a text
            node.tag = tag
            items, text = element.items(), element.text
            node.attributes = dict(items) if items else _NO_ATTRIBUTES
            node.text = (text.strip() or None) if text else None
            while to_come == 0:
                to_come, children, first = above.pop()
            to_come -= 1
            children.append(node)
            if tag not in first:
                first[tag] = node
            inside = len(element)
            if inside == 0:
                node.children, node.first = _NO_CHILDREN, _NO_FIRST
            else:
                above.append((to_come, children, first))
                to_come = inside
                children = node.children = []
                first = node.first = {}
            everything.append(node)
            if tag in by_tag:
                by_tag[tag].append(node)
            else:
                by_tag[tag] = [node]
        self.by_tag = by_tag
        self.all = everything
        self.root = everything[0]

    def tagged(self, *tags: str) -> Iterator[Node]:
        """The nodes of these tags, tag by tag, each in document order."""
        for tag in tags:
            yield from self.by_tag.get(tag, ())
