"""The strict JSON reader."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.liability.document import Node, Value, node_of, read_json
from adapter.liability.mistakes import Mistakes


def plain(value: Value) -> object:
    match value:
        case tuple():
            return [plain(node.value) for node in value]
        case dict():
            return {key: plain(node.value) for key, node in value.items()}
        case _:
            return value


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda children: st.lists(children) | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), children),
    max_leaves=12,
)


@settings(deadline=None)
@given(_JSON, st.sampled_from([None, 2]))
def test_round_trip(value: object, indent: int | None) -> None:
    """What the standard library writes is read as the same value."""
    found = read_json(json.dumps(value, indent=indent).encode())
    assert isinstance(found, Node)
    assert plain(found.value) == value


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text('[]{}",:0123eE.-+ \\nul"truefals\u00e6', max_size=40).map(str.encode))
def test_agrees_with_the_standard_library(content: bytes) -> None:
    """Any bytes are either read, or refused with mistakes; nothing that the library refuses is read."""
    found = read_json(content)
    if isinstance(found, Node):
        assert json.loads(content.decode("utf-8-sig")) == plain(found.value)


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ('{"a": NaN}', "a", '"NaN" without quotation marks'),
        ('{"a": [1, Infinity]}', "a[1]", '"Infinity" without quotation marks'),
        ('{"a": -Infinity}', "a", '"-"'),
        ('{"a": 1e999}', "a", '"1e999"'),
        ('{"a": 1' + "0" * 5000 + "}", "a", "a number of 5001 characters"),
        ('{"a": 1, "a": 2}', "a", "the key a second time"),
        ('{"a": {"b b": 1, "b b": 2}}', 'a."b b"', "the key a second time"),
        ('{"a": "\\ud800"}', "a", "a string with a wrong escape"),
        ('{"a": "\\x"}', "a", "a string with a wrong escape"),
        ('{"a": "b', "a", "a string that does not end, or has a control character"),
        ('{"a": "b\nc"}', "a", "a string that does not end, or has a control character"),
        ('{"a" 1}', "a", '"1"'),
        ("{1: 2}", "", '"1"'),
        ('{"a": 1', "", "the end of the text"),
        ("[1 2]", "", '"2"'),
        ("[1,]", "[1]", '"]"'),
        ("", "", "the end of the text"),
        ("{} {}", "", "more text after the end"),
        ("[" * 100_000, "[0]" * 33, "a value nested too deep"),
        ('{"a":' * 100_000, ".".join("a" * 33), "a value nested too deep"),
    ],
)
def test_mistake(text: str, where: str, found: str) -> None:
    """What is no JSON for us is told with its path and what was found."""
    result = read_json(text.encode())
    assert isinstance(result, Mistakes)
    assert (result.all[0].where, result.all[0].found) == (where, found)


def test_not_utf8() -> None:
    """Bytes that are not UTF-8 are told by their position."""
    result = read_json(b'{"a": "\xe6"}')
    assert isinstance(result, Mistakes)
    assert "position 7" in result.all[0].found


def test_all_mistakes_at_once() -> None:
    """Mistakes that leave the text readable are told together, each with its line."""
    result = read_json(b'{"a": NaN,\n "b": 1e999,\n "a": 2}')
    assert isinstance(result, Mistakes)
    assert [(one.where, one.line) for one in result.all] == [("a", 1), ("b", 2), ("a", 3)]


def test_lines_and_paths() -> None:
    """Every value knows its path and its line."""
    root = read_json(b'{\n "facts": [\n  {"kind": "x"}\n ]\n}')
    assert isinstance(root, Node)
    facts = root.value["facts"]  # type: ignore[index, call-overload]
    assert (facts.value[0].value["kind"].path, facts.value[0].line) == ("facts[0].kind", 3)


def test_no_identity_number_is_quoted() -> None:
    """A mistake never quotes anything that could be a national identity number."""
    assert node_of("born 13116900216, ill", "a").shown() == '"born <11 digits>, ill"'
    assert "13116900216" not in node_of("x" * 55 + "13116900216", "a").shown()
