"""What a parsed document holds, laid out once for reading: elements as plain values with their children and attributes.

lxml makes a new proxy for every element that is looked at, which costs more than the schema check when a message is
looked at some hundred times. One walk lays the tree out; readers and rules then use only this. The lxml element stays
at hand for a line number, a path, or text of mixed content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from adapter.messages.xml import Element, tag_of

_NO_ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType({})


class Node:
    """One element. `text` is what stands before the first child, stripped, None if that is nothing."""

    __slots__ = ("attributes", "children", "element", "tag", "text")

    def __init__(self, element: Element, tag: str, attributes: Mapping[str, str], text: str | None) -> None:
        self.element = element
        self.tag = tag
        self.attributes = attributes
        self.text = text
        self.children: list[Node] = []


class Nodes:
    """A document laid out: the root, every node in document order, and the nodes of each tag."""

    __slots__ = ("all", "by_tag", "root")

    def __init__(self, root: Element) -> None:
        laid_out: dict[Element, Node] = {}
        self.by_tag: dict[str, list[Node]] = {}
        for element in list(root.iter("*")):
            items, text, tag = element.items(), element.text, tag_of(element)
            node = Node(
                element, tag, dict(items) if items else _NO_ATTRIBUTES, (text.strip() or None) if text else None
            )
            parent = element.getparent()
            if parent is not None and element is not root:
                laid_out[parent].children.append(node)
            laid_out[element] = node
            if tag in self.by_tag:
                self.by_tag[tag].append(node)
            else:
                self.by_tag[tag] = [node]
        self.all = tuple(laid_out.values())
        self.root = laid_out[root]

    def tagged(self, *tags: str) -> Iterator[Node]:
        """The nodes of these tags, tag by tag, each in document order."""
        for tag in tags:
            yield from self.by_tag.get(tag, ())
