"""What a parsed document holds, laid out once for reading: elements as plain values with their children and attributes.

lxml makes a new proxy for every element that is looked at, which costs more than the schema check when a message is
looked at some hundred times. One walk lays the tree out; readers and rules then use only this. The lxml element stays
at hand for a line number, a path, or text of mixed content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from adapter.messages.xml import Element

_NO_ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType({})


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


_NO_CHILDREN: Final[list[Node]] = []
_NO_FIRST: Final[dict[str, Node]] = {}
"""What most elements have inside; they share these two, which stay empty."""


class Nodes:
    """A document laid out: the root, every node in document order, and the nodes of each tag."""

    __slots__ = ("all", "by_tag", "root")

    def __init__(self, root: Element) -> None:
        laid_out: dict[Element | None, Node] = {}
        by_tag: dict[str, list[Node]] = {}
        for element in root.iter("*"):
            node = Node()
            node.element = element
            tag: str = element.tag  # type: ignore[assignment]  # no comment, so it is a text
            node.tag = tag
            items, text = element.items(), element.text
            node.attributes = dict(items) if items else _NO_ATTRIBUTES
            node.text = (text.strip() or None) if text else None
            node.children, node.first = _NO_CHILDREN, _NO_FIRST
            parent = laid_out.get(element.getparent())
            if parent is not None:
                if parent.children is _NO_CHILDREN:
                    parent.children, parent.first = [node], {tag: node}
                else:
                    parent.children.append(node)
                    parent.first.setdefault(tag, node)
            laid_out[element] = node
            alike = by_tag.get(tag)
            if alike is None:
                by_tag[tag] = [node]
            else:
                alike.append(node)
        self.by_tag = by_tag
        self.all = tuple(laid_out.values())
        self.root = laid_out[root]

    def tagged(self, *tags: str) -> Iterator[Node]:
        """The nodes of these tags, tag by tag, each in document order."""
        for tag in tags:
            yield from self.by_tag.get(tag, ())
