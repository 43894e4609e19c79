"""Documents laid out: whether every node has the children, attributes and text that its element has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter.messages.nodes import Nodes
from adapter.messages.xml import Element

_TAGS = st.sampled_from(("a", "b", "c"))
_TEXTS = st.sampled_from((None, "", " \n", " x "))


def _element(tag: str, text: str | None, v: str | None, children: list[Element]) -> Element:
    element = etree.Element(tag) if v is None else etree.Element(tag, V=v)
    element.text = text
    element.extend(children)
    return element


_LEAVES = st.builds(_element, _TAGS, _TEXTS, st.sampled_from((None, "1")), st.just([]))
_TREES = st.recursive(
    _LEAVES, lambda inside: st.builds(_element, _TAGS, _TEXTS, st.none(), st.lists(inside, max_size=4)), max_leaves=20
)


@given(_TREES)
def test_every_node_is_laid_out_as_its_element_stands(root: Element) -> None:
    """Order, children, first child of each tag, attributes and stripped text are those of the tree."""
    nodes = Nodes(root)
    assert nodes.root is nodes.all[0]
    assert [node.element for node in nodes.all] == list(root.iter())
    for node in nodes.all:
        element = node.element
        assert (node.tag, dict(node.attributes)) == (element.tag, dict(element.attrib))
        assert node.text == ((element.text or "").strip() or None)
        assert [child.element for child in node.children] == list(element)
        assert {tag: child.element for tag, child in node.first.items()} == {
            child.tag: child for child in reversed(list(element))
        }
        assert node in nodes.by_tag[node.tag]
    assert {tag: [node.element for node in alike] for tag, alike in nodes.by_tag.items()} == {
        tag: list(root.iter(tag)) for tag in nodes.by_tag
    }
