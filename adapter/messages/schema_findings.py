"""How a complaint of libxml2 becomes a sentence an integrator can act on, without a word of the document.

libxml2 quotes the value it refuses, and a value may be a name or a national identity number. So nothing of its text
is passed on; the table below takes out of it only what comes from the schema (names expected, facets, types). That
always stands behind the value, at the very end, and the patterns reach from there back to the last quotation mark or
bracket, which a value cannot bridge, whatever it imitates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from lxml import etree

from adapter.messages.namespaces import local_name, namespace_of
from adapter.messages.xml import Element, tag_of

Says = Callable[[re.Match[str], Element], str]

_STEP = re.compile(r"(?:(?P<any>\*)|(?:(?P<prefix>[^:\[]+):)?(?P<name>[^\[]+))(?:\[(?P<number>\d+)\])?")

_ENDING: Final = 8_000
"""As much of a complaint as is looked at: room for the longest list of expected names, whatever the value's length."""

_TYPES: Final = {
    "xs:dateTime": "a date and time with seconds, such as 2024-03-05T10:15:00+01:00",
    "xs:date": "a date, such as 2024-03-05",
    "xs:gYear": "a year, such as 2024",
    "xs:boolean": "true or false",
    "xs:integer": "a whole number",
    "xs:nonNegativeInteger": "a whole number, not negative",
    "xs:double": "a number with a decimal point",
    "xs:decimal": "a number with a decimal point",
    "xs:duration": "a duration, such as PT4H",
    "xs:anyURI": "a URI",
    "xs:base64Binary": "base64",
    "CryptoBinary": "base64",
    "DigestValueType": "base64",
    "HMACOutputLengthType": "a whole number",
    "xs:ID": "a name that occurs once in the document",
}


def explain(complaint: str, element: Element) -> tuple[str, str]:
    """The path and the message of a finding. `complaint` is libxml2's text, `element` what it is about."""
    attribute = _attribute(complaint, element)
    path = _path(element) + (f"/@{attribute}" if attribute else "")
    ending = complaint[-_ENDING:]
    for pattern, says in _SENTENCES:
        match = pattern.search(ending)
        if match is not None:
            return path, says(match, element)
    return path, "this is not as the schema wants it"


def locate(root: Element, path: str | None) -> Element:
    """The element a path of libxml2 leads to, such as `/*/*[2]/p8:Notat`; as far as it can be followed."""
    element = root
    for step in (path or "").split("/")[2:]:
        match = _STEP.fullmatch(step)
        if match is None:
            break
        alike = [child for child in element.iterchildren(etree.Element) if _fits(child, match)]
        number = int(match["number"] or 1)
        if number > len(alike):
            break
        element = alike[number - 1]
    return element


def _fits(child: Element, step: re.Match[str]) -> bool:
    return step["any"] is not None or (child.prefix == step["prefix"] and local_name(tag_of(child)) == step["name"])


def _path(element: Element) -> str:
    """Local names from the root, with a 1-based number where siblings of the same name repeat."""
    steps = []
    for node in (element, *element.iterancestors()):
        name = local_name(tag_of(node))
        parent = node.getparent()
        alike = (
            [] if parent is None else [n for n in parent.iterchildren(etree.Element) if local_name(tag_of(n)) == name]
        )
        steps.append(f"{name}[{alike.index(node) + 1}]" if len(alike) > 1 else name)
    return "/".join(reversed(steps))


def _attribute(complaint: str, element: Element) -> str:
    """The local name of the attribute complained about; empty when it is about the element."""
    match = re.match(r"Element '[^']*', attribute '([^']*)': ", complaint)
    name = local_name(match[1]) if match is not None else ""
    return name if name in {local_name(str(key)) for key in element.attrib} else ""


def _expected(names: str, parent: Element) -> str:
    """The names a content model allows next. A namespace is told where it is not the parent's."""
    home = namespace_of(tag_of(parent))
    said = []
    for name in names.split(", "):
        if name.startswith("##"):
            said.append("an element of another namespace" if name.startswith("##other") else "any element")
        elif namespace_of(name) in {"", home}:
            said.append(local_name(name))
        else:
            said.append(f"{local_name(name)} (namespace {namespace_of(name)})")
    return said[0] if len(said) == 1 else f"one of {', '.join(said)}"


def _not_expected(match: re.Match[str], element: Element) -> str:
    name, parent = local_name(tag_of(element)), element.getparent()
    if parent is None:
        return f"{name} is not expected"
    names = match["names"]
    if names is None:
        return f"{name} is not expected: {local_name(tag_of(parent))} ends before it"
    for expected in names.split(", "):
        if local_name(expected) == name and expected != tag_of(element):
            where = f"in the namespace {namespace_of(expected)}" if namespace_of(expected) else "in no namespace"
            return f"{name} has to be {where}"
    return f"{name} is not expected here; expected is {_expected(names, parent)}"


def _value(match: re.Match[str], element: Element) -> str:
    name = match["type"]
    if name is not None:
        plain = name if name.startswith("xs:") else local_name(name)
        return f"the value has to be {_TYPES.get(plain, f'of the type {plain}')}"
    if "V" in element.attrib:
        return "the value has to be a date (2024, 2024-03, 2024-03-05), a time, or a date and time with seconds"
    return "the value has none of the forms allowed"


_SENTENCES: Final[tuple[tuple[re.Pattern[str], Says], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), says)
    for pattern, says in (
        (
            r": This element is not expected\.(?: Expected is (?:one of )?\( (?P<names>[^()]*) \)\.)?$",
            _not_expected,
        ),
        (
            r": Missing child element\(s\)\.(?: Expected is (?:one of )?\( (?P<names>[^()]*) \)\.)?$",
            lambda match, element: (
                f"{local_name(tag_of(element))} is not complete; expected next is "
                f"{_expected(match['names'] or '##any', element)}"
            ),
        ),
        (
            r"because the content type is 'element-only'\.$",
            lambda _, element: f"{local_name(tag_of(element))} takes elements only, no text between them",
        ),
        (
            r"content is not allowed, because the content type is empty\.$",
            lambda _, element: f"{local_name(tag_of(element))} has to be empty; what it says stands in attributes",
        ),
        (
            r"Element content is not allowed, because the [a-z ]* simple[a-z ]*\.$",
            lambda _, element: f"{local_name(tag_of(element))} takes text only, no elements",
        ),
        (
            r" is not accepted by the pattern '(?P<pattern>[^']*)'\.$",
            lambda match, _: f"the value has to match the pattern {match['pattern']}",
        ),
        (
            r" is not an element of the set \{(?P<set>[^{}]*)\}\.$",
            lambda match, _: f"the value has to be one of {match['set']}",
        ),
        (
            r" underruns the allowed minimum length of '(?P<least>\d+)'\.$",
            lambda match, _: f"the value has to have at least {match['least']} character",
        ),
        (
            r" does not match the fixed value constraint '(?P<fixed>[^']*)'\.$",
            lambda match, _: f"the value has to be exactly {match['fixed']!r}",
        ),
        (
            r" is not a valid value of the (?:local )?(?:atomic|list|union) type(?: '(?P<type>[^']*)')?\.$",
            _value,
        ),
        (
            r"The attribute '(?P<name>[^']*)' is required but missing\.$",
            lambda match, _: f"the attribute {local_name(match['name'])} is missing",
        ),
        (
            r" is not allowed\.$",
            lambda _, element: f"{local_name(tag_of(element))} does not take this attribute",
        ),
        (
            r"demanded by the strict wildcard\.$",
            lambda _, element: f"{local_name(tag_of(element))} is not an element that an installed schema knows",
        ),
        (
            r"declaration available for the validation root\.$",
            lambda _, element: (
                f"{local_name(tag_of(element))} is not the root of any document that an installed schema knows"
            ),
        ),
        (r"The element is not 'nillable'\.$", lambda *_: "xsi:nil is not allowed here"),
        (
            r"no corresponding namespace declaration in scope\.$",
            lambda *_: "the value has a prefix that is not declared",
        ),
        (r"xsi:type", lambda *_: "xsi:type does not name a type that fits here"),
    )
)
"""What libxml2 says, and what we say: the first pattern that fits decides."""
