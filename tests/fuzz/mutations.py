"""How good documents are spoiled, piece by piece, for the fuzz runs: a grammar of damage over what is right.

Purely random octets are refused at the first of them. What finds mistakes is a document that is right but for a few
places, so every strategy here takes something valid and changes it where its own syntax has joints.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

from hypothesis import strategies as st
from lxml import etree

NASTY = st.sampled_from(
    [
        "",
        " ",
        "\t\n",
        "-1",
        "0",
        "1" * 400,
        "NaN",
        "1e999999999",
        "true",
        "TRUE",
        "2024-02-30",
        "2024-03-01T24:00:00",
        "9999-12-31T23:59:59.999999999-14:00",
        "0000-01-01",
        "-12345-01-01T00:00:00Z",
        "31.01.2018",
        "\u202e\u0000\ufffe"[:1],
        "\ud7ff\ue000\U0010ffff",
        "&amp;<![CDATA[",
        "../../etc/passwd",
        "urn:x",
        "%s%n{0}",
        "8140022",
        "12834130279",
        "O",
        "Ä" * 50,
    ]
) | st.text(max_size=20)


def _legal(text: str) -> str:
    return "".join(one for one in text if one in "\t\n\r" or 0x20 <= ord(one) < 0xD800 or 0xE000 <= ord(one) < 0xFFFE)


@st.composite
def spoiled_xml(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """A document with some elements missing, doubled, renamed, moved or filled with something else."""
    root = etree.fromstring(draw(st.sampled_from(originals)))
    others = [etree.fromstring(one) for one in draw(st.lists(st.sampled_from(originals), max_size=1))]
    for _ in range(draw(st.integers(1, 6))):
        elements = [one for one in root.iter() if isinstance(one.tag, str)]
        draw(st.sampled_from(_DAMAGES))(draw, draw(st.sampled_from(elements)), others)
    content: bytes = etree.tostring(root, xml_declaration=True, encoding=draw(st.sampled_from(_ENCODINGS)))
    return draw(spoiled_octets(content)) if draw(st.booleans()) else content


_ENCODINGS = ["UTF-8", "UTF-8", "UTF-8", "ISO-8859-1", "UTF-16", "US-ASCII"]


def _remove(_: st.DrawFn, element: etree._Element, __: list[etree._Element]) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _double(draw: st.DrawFn, element: etree._Element, _: list[etree._Element]) -> None:
    parent = element.getparent()
    if parent is not None:
        for _number in range(draw(st.sampled_from([1, 2, 30]))):
            parent.append(copy.deepcopy(element))


def _rename(draw: st.DrawFn, element: etree._Element, _: list[etree._Element]) -> None:
    namespace = draw(st.sampled_from(["urn:x", "http://www.kith.no/xmlstds/felleskomponent1", None]))
    name = draw(st.sampled_from(["Id", "Organisation", "TidsfestetHendelse", "Content", "x"]))
    element.tag = f"{{{namespace}}}{name}" if namespace is not None else name


def _fill(draw: st.DrawFn, element: etree._Element, _: list[etree._Element]) -> None:
    element.text = _legal(draw(NASTY))


def _mark(draw: st.DrawFn, element: etree._Element, _: list[etree._Element]) -> None:
    names = [
        *map(str, element.attrib),
        "V",
        "S",
        "DN",
        "OT",
        "xmlns_",
        "{http://www.w3.org/2001/XMLSchema-instance}nil",
    ]
    element.set(draw(st.sampled_from(names)), _legal(draw(NASTY)))


def _move(draw: st.DrawFn, element: etree._Element, others: list[etree._Element]) -> None:
    pool = [one for root in others for one in root.iter() if isinstance(one.tag, str)]
    if pool:
        element.append(copy.deepcopy(draw(st.sampled_from(pool))))


def _comment(draw: st.DrawFn, element: etree._Element, _: list[etree._Element]) -> None:
    element.append(draw(st.sampled_from([etree.Comment("x"), etree.ProcessingInstruction("x", "y")])))


def _nest(draw: st.DrawFn, element: etree._Element, _: list[etree._Element]) -> None:
    for _number in range(draw(st.sampled_from([1, 40, 300]))):
        element = etree.SubElement(element, element.tag)


_Damage = Callable[[st.DrawFn, etree._Element, list[etree._Element]], None]
_DAMAGES: list[_Damage] = [_remove, _double, _rename, _fill, _fill, _mark, _mark, _move, _comment, _nest]


@st.composite
def spoiled_octets(draw: st.DrawFn, content: bytes) -> bytes:
    """The octets cut, repeated, or with strange ones put in."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        until = min(len(content), at + draw(st.sampled_from([0, 0, 1, 7, 200])))
        put = draw(_OCTETS | st.binary(max_size=8))
        content = content[:at] + put + content[until:]
    return content


_OCTETS = st.sampled_from(
    [
        b"",
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"<!DOCTYPE a [<!ENTITY x 'y'>]>",
        b"&x;",
        b"<![CDATA[",
        b"]]>",
        b"<?xml version='1.0' encoding='EBCDIC-CP-US'?>",
        b"\r\n\r\n",
        b"--",
        b"=\r\n",
        b'"',
        b"<",
        b"[[",
        b"\n[x]\n",
        b";;;",
    ]
)


@st.composite
def spoiled_json(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """An object with some members missing, of another kind, or repeated."""
    value: object = json.loads(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 5))):
        places = _places(value)
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        change = draw(_JSON_VALUES | st.just(_GONE))
        if change is _GONE:
            del holder[key]  # type: ignore[attr-defined]
        else:
            holder[key] = change  # type: ignore[index]
    content = json.dumps(value).encode()
    return draw(spoiled_octets(content)) if draw(st.integers(0, 3)) == 0 else content


_GONE = object()
_JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=5,
)


def _places(value: object) -> list[tuple[object, object]]:
    found: list[tuple[object, object]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        found.append((value, key))
        found.extend(_places(inner))
    return found


@st.composite
def spoiled_lines(draw: st.DrawFn, original: str) -> bytes:
    """A text of lines (TOML, CSV) with some lost, repeated, or with another value."""
    lines = original.splitlines()
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(lines) - 1)))
        line = lines[at] if lines else ""
        left, sign, _right = line.partition("=")
        new = draw(
            st.sampled_from(["", line + line, left, line.upper(), line.replace('"', ""), line.replace(",", ";")])
            | NASTY.map(lambda text, left=left, sign=sign: f'{left}{sign} "{text}"')
            | st.sampled_from(["1", "[]", "{}", "[[]]", "1979-05-27", "inf", "true"]).map(
                lambda text, left=left, sign=sign: f"{left}{sign} {text}"
            )
        )
        lines[at : at + 1] = [new] if draw(st.booleans()) else [line, new]
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    return draw(spoiled_octets(content)) if draw(st.integers(0, 3)) == 0 else content
