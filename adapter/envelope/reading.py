"""How a stranger's envelope is read: by absolute paths, exactly one of each element, and no text with a hole in it.

Canonical form drops comments, so a signature still holds when one is put into the middle of an identifier, and a reader
that takes the text up to it would act on another identifier than the one signed. A leaf that has any child is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adapter.crypto.refusal import RefusedError
from adapter.errors import ENVELOPE_INVALID, ErrorKind
from adapter.messages.xml import Element

Index = Mapping[str, Sequence[Element]]
"""Child elements by tag, in document order. One walk makes it: lxml takes longer to find a child than a dict does."""


def by_tag(parent: Element | None) -> Index:
    """The child elements by tag."""
    index: dict[str, list[Element]] = {}
    if parent is not None:
        for child in parent.iterchildren("*"):
            tag = str(child.tag)
            if tag in index:
                index[tag].append(child)
            else:
                index[tag] = [child]
    return index


def first(index: Index, tag: str) -> Element | None:
    """The first element of a tag, or None."""
    found = index.get(tag)
    return found[0] if found else None


def children(parent: Element) -> Iterator[Element]:
    """The child elements, without comments."""
    return parent.iterchildren("*")


def leaf(element: Element, rule: str, location: str) -> str:
    """The text of an element without surrounding white space.

    Raises `RefusedError` (ENVELOPE_INVALID) when it has an element, a comment or an instruction inside.
    """
    if len(element):
        raise RefusedError(ENVELOPE_INVALID, rule, "a value has something other than text inside", location)
    return (element.text or "").strip()


def at_most_one(inside: Index, name: str, location: str) -> Element | None:
    """The child of that name among those of one element, or None when there is none.

    Raises `RefusedError` (ENVELOPE_INVALID, EB-408) when there are several.
    """
    found = inside.get(name, ())
    if len(found) > 1:
        raise RefusedError(ENVELOPE_INVALID, "EB-408", "there are several of one element", location)
    return found[0] if found else None


def exactly_one(inside: Index, name: str, rule: str, location: str, kind: ErrorKind = ENVELOPE_INVALID) -> Element:
    """The one child of that name among those of one element.

    Raises `RefusedError`: `kind` with `rule` when there is none, ENVELOPE_INVALID with EB-408 when there are several.
    """
    found = at_most_one(inside, name, location)
    if found is None:
        raise RefusedError(kind, rule, "an element is missing", location)
    return found
