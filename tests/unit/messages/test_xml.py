"""Whether hostile and broken documents are refused by name, and honest ones in any usual encoding are read."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import XML_DOCTYPE, XML_ENCODING, XML_NOT_WELL_FORMED, XML_TOO_LARGE, AdapterError, ErrorKind
from adapter.messages.xml import DOCUMENT, ENVELOPE, Limits, NotParsedError, declared_encoding, parse, path_of

DTD = '<!DOCTYPE a [<!ENTITY b "cccccccccc">]>'
BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]>"
)

REFUSED: list[tuple[str, bytes, ErrorKind]] = [
    ("empty", b"", XML_NOT_WELL_FORMED),
    ("blank", b"   ", XML_NOT_WELL_FORMED),
    ("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", XML_NOT_WELL_FORMED),
    ("zeroes", b"\x00" * 100, XML_ENCODING),
    ("open", b"<a>", XML_NOT_WELL_FORMED),
    ("mismatch", b"<a></b>", XML_NOT_WELL_FORMED),
    ("two roots", b"<a/><b/>", XML_NOT_WELL_FORMED),
    ("doctype", f"{DTD}<a/>".encode(), XML_DOCTYPE),
    ("doctype after comments", f"<?xml version='1.0'?><!-- x -->\n<?p i?> {DTD}<a/>".encode(), XML_DOCTYPE),
    ("doctype after byte order mark", b"\xef\xbb\xbf" + f"{DTD}<a/>".encode(), XML_DOCTYPE),
    ("doctype in UTF-16", f"{DTD}<a/>".encode("utf-16"), XML_DOCTYPE),
    ("doctype in UTF-16 after 100 000 characters", f"<!--{'x' * 100_000}-->{DTD}<a/>".encode("utf-16"), XML_DOCTYPE),
    ("external entity", b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', XML_DOCTYPE),
    ("entity bomb", f"{BOMB}<a>&j;</a>".encode(), XML_DOCTYPE),
    ("entity bomb in an attribute", f'{BOMB}<a b="&j;"/>'.encode(), XML_DOCTYPE),
    ("undeclared entity", b"<a>&b;</a>", XML_NOT_WELL_FORMED),
    ("UTF-7", b"<?xml version='1.0' encoding='UTF-7'?>+ADw-a/+AD4-", XML_ENCODING),
    ("EBCDIC", b"<?xml version='1.0' encoding='EBCDIC-CP-US'?><a/>", XML_ENCODING),
    ("UTF-16 declared, ASCII written", b"<?xml version='1.0' encoding='UTF-16'?><a/>", XML_ENCODING),
    ("UTF-32", "<a/>".encode("utf-32-be"), XML_ENCODING),
    ("half a UTF-16 character", b"\xff\xfe<", XML_NOT_WELL_FORMED),
    ("ISO-8859-1 bytes in UTF-8", b"<?xml version='1.0' encoding='UTF-8'?><a>\xe5</a>", XML_NOT_WELL_FORMED),
    ("100 000 levels", b"<a>" * 100_000 + b"</a>" * 100_000, XML_TOO_LARGE),
    ("257 levels", b"<a>" * 257 + b"</a>" * 257, XML_TOO_LARGE),
    ("1001 attributes", b"<a " + b" ".join(b'a%d=""' % i for i in range(1_001)) + b"/>", XML_TOO_LARGE),
    ("and a bracket in one", b'<a b=">" ' + b" ".join(b'a%d=""' % i for i in range(1_001)) + b"/>", XML_TOO_LARGE),
    ("a million attributes", b"<a " + b" ".join(b'a%d=""' % i for i in range(1_000_001)) + b"/>", XML_TOO_LARGE),
    ("too many elements", b"<a>" + b"<b/>" * 400_001 + b"</a>", XML_TOO_LARGE),
    ("too many octets", b"<a>" + b" " * DOCUMENT.octets + b"</a>", XML_TOO_LARGE),
]


@pytest.mark.parametrize(("content", "kind"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_bad_document_is_refused_by_name(content: bytes, kind: ErrorKind) -> None:
    """What is no message for anybody is refused with the row of the catalogue that says why."""
    with pytest.raises(AdapterError) as refused:
        parse(content)
    assert refused.value.kind is kind


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b" \n", "it is empty"),
        (b"%PDF-1.7", "it does not begin with <, so it is something else than XML"),
        (b"<?xml version='1.0' encoding='UTF-8'?><a>\xe5</a>", "line 1, column 42: octets that are not utf-8"),
        (b"<a>", "line 1, column 4"),
    ],
)
def test_the_detail_says_what_to_look_for(content: bytes, detail: str) -> None:
    """No XML at all, another encoding than declared, or only the place where the parser gave up."""
    with pytest.raises(AdapterError) as refusal:
        parse(content)
    assert refusal.value.detail.startswith(detail)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"<a>\n<b>\n</a>", 3),
        (b"<?xml version='1.0'?>\n<!-- x -->\n" + DTD.encode() + b"<a/>", 3),
        (b"<a>\n" * 300, 257),
        (b"<a>\n<b/>\n<b " + b" ".join(b'a%d=""' % i for i in range(1_001)) + b"/></a>", 3),
        (b'<a>\n<b b=">" ' + b" ".join(b'a%d=""' % i for i in range(1_001)) + b"/></a>", 2),
        (b"<?xml version='1.0' encoding='EBCDIC'?>\n<a/>", 1),
        ("<a>\n</b>".encode("utf-16"), 2),
        (b"<a>" + b"<b/>" * 400_001 + b"</a>", None),
    ],
)
def test_a_refusal_has_the_line_where_reading_ended(content: bytes, line: int | None) -> None:
    """The line is a value of its own, not only a word in the sentence; a document too large as a whole has none."""
    with pytest.raises(NotParsedError) as refused:
        parse(content)
    assert refused.value.line == line


def test_refusal_quotes_nothing() -> None:
    """The detail of a refusal is a position and never a piece of the document."""
    with pytest.raises(AdapterError) as refused:
        parse(b"<a><hemmelig>12834130279</wrong></a>")
    assert "hemmelig" not in str(refused.value)
    assert "1283" not in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252"])
def test_usual_encodings_are_read(encoding: str) -> None:
    """A document is read in the encodings that are in use, with or without byte order mark."""
    declared = "utf-16" if encoding.startswith("utf-16") else encoding
    content = f"<?xml version='1.0' encoding='{declared}'?><a>blåbær</a>".encode(encoding)
    assert parse(content).getroot().text == "blåbær"
    assert declared_encoding(content) == declared


def test_bare_text_is_whole() -> None:
    """Read bare, a comment inside a value hides nothing; read whole, it stays where it is."""
    content = b"<a>one<!-- x -->two<?p i?>three</a>"
    assert parse(content, bare=True).getroot().text == "onetwothree"
    assert len(parse(content).getroot()) == 2


def test_a_large_attachment_is_read() -> None:
    """A text of thirty million characters is within the limits of a document and not of an envelope."""
    content = b"<a>" + b"QUJD" * 7_500_000 + b"</a>"
    assert len(parse(content).getroot().text or "") == 30_000_000
    with pytest.raises(AdapterError):
        parse(content, ENVELOPE)


def test_path_names_the_way() -> None:
    """An element is named by the local names from the root."""
    root = parse(b'<x:a xmlns:x="u"><x:b><c/></x:b></x:a>').getroot()
    assert path_of(root[0][0]) == "a/b/c"


@given(st.binary(max_size=200))
def test_any_bytes_give_a_tree_or_a_refusal(content: bytes) -> None:
    """Whatever the bytes, there is a tree or a refusal of the catalogue, and no other exception."""
    with contextlib.suppress(AdapterError):
        parse(content, Limits(octets=1000, tags=100, equals=100))


@given(
    st.lists(
        st.sampled_from(["<a>", "</a>", "<!--", "-->", "<![CDATA[", "]]>", "&amp;", "&#0;", "<?", "?>", "x", '="', DTD])
    )
)
def test_any_markup_gives_a_tree_or_a_refusal(pieces: list[str]) -> None:
    """Whatever the markup, there is a tree or a refusal, and never a document with a DOCTYPE."""
    try:
        tree = parse("".join(pieces).encode())
    except AdapterError:
        return
    assert not tree.docinfo.doctype
