"""What does a JSON text say, and where: a strict reader that keeps the path and line of every value.

The reader of the standard library takes NaN and duplicate keys, forgets where a value stood, and answers deep nesting
with a RecursionError; a file that decides about money is told about each of these, with its place.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from adapter.liability.mistakes import Mistake, Mistakes, not_utf8, quoted

Value = str | int | float | bool | None | tuple["Node", ...] | Mapping[str, "Node"]

_DEEPEST = 32
_LONGEST_NUMBER = 30
_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_WORD = re.compile(r"[A-Za-z]+")
_CONSTANTS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document with its place. An object is a mapping, an array a tuple."""

    value: Value
    path: str
    line: int

    def shown(self) -> str:
        """The value as a mistake shows it."""
        match self.value:
            case str(text):
                return quoted(text)
            case tuple():
                return "an array"
            case Mapping():
                return "an object"
            case _:
                return json.dumps(self.value)

    def mistake(self, allowed: str) -> Mistake:
        return Mistake(self.path, self.shown(), allowed, self.line)


def read_json(content: bytes) -> Node | Mistakes:
    """Read a JSON text in UTF-8. A text that ends early or cannot be read on gives the mistakes up to there."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Mistakes((not_utf8(content, error.start, "JSON in UTF-8"),))
    reader = _Reader(text)
    try:
        root = reader.value("", 0)
        reader.skip()
        if reader.at < len(text):
            reader.stop("", "more text after the end", "one JSON document")
    except _Stopped:
        return Mistakes(tuple(reader.mistakes))
    return Mistakes(tuple(reader.mistakes)) if reader.mistakes else root


def node_of(value: object, path: str, line: int = 0) -> Node:
    """The same shape from values that another reader has made, such as that of TOML; dates become their ISO text."""
    match value:
        case Mapping():
            return Node({str(k): node_of(v, _member(path, str(k)), line) for k, v in value.items()}, path, line)
        case str() | bool() | int() | float() | None:
            return Node(value, path, line)
        case Sequence():
            return Node(tuple(node_of(v, f"{path}[{i}]", line) for i, v in enumerate(value)), path, line)
        case date():
            return Node(value.isoformat(), path, line)
        case _:
            return Node(str(value), path, line)


def _member(path: str, key: str) -> str:
    name = key if key.isidentifier() and len(key) <= 40 else quoted(key)
    return f"{path}.{name}" if path else name


class _Stopped(Exception):  # noqa: N818
    """The text cannot be read on."""


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.mistakes: list[Mistake] = []
        self._line, self._counted = 1, 0

    def line(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def add(self, path: str, found: str, allowed: str) -> None:
        self.mistakes.append(Mistake(path, found, allowed, self.line()))

    def stop(self, path: str, found: str, allowed: str) -> _Stopped:
        self.add(path, found, allowed)
        raise _Stopped

    def skip(self) -> str:
        """Pass white space; the next character, empty at the end."""
        match = _SPACE.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        return self.text[self.at : self.at + 1]

    def value(self, path: str, depth: int) -> Node:
        first, line = self.skip(), self.line()
        if depth > _DEEPEST:
            self.stop(path, "a value nested too deep", f"at most {_DEEPEST} levels")
        if first == "{":
            return Node(self.members(path, depth), path, line)
        if first == "[":
            return Node(self.items(path, depth), path, line)
        if first == '"':
            return Node(self.string(path), path, line)
        if match := _NUMBER.match(self.text, self.at):
            self.at = match.end()
            return Node(self.number(match, path), path, line)
        if match := _WORD.match(self.text, self.at):
            self.at = match.end()
            if match[0] not in _CONSTANTS:
                self.add(path, quoted(match[0]) + " without quotation marks", "a JSON value")
            return Node(_CONSTANTS.get(match[0]), path, line)
        found = quoted(first) if first else "the end of the text"
        raise self.stop(path, found, "a JSON value")

    def number(self, match: re.Match[str], path: str) -> int | float:
        if len(match[0]) > _LONGEST_NUMBER:
            self.add(path, f"a number of {len(match[0])} characters", f"at most {_LONGEST_NUMBER}")
            return 0
        if match[1] is None and match[2] is None:
            return int(match[0])
        if not math.isfinite(number := float(match[0])):
            self.add(path, quoted(match[0]), "a number that is not infinite")
        return number

    def string(self, path: str) -> str:
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise self.stop(path, "a string that does not end, or has a control character", "a JSON string")
        self.at = match.end()
        try:
            text = str(json.loads(match[0]))
            text.encode()
        except ValueError:
            self.add(path, "a string with a wrong escape", "a JSON string")
            return ""
        return text

    def items(self, path: str, depth: int) -> tuple[Node, ...]:
        items: list[Node] = []
        self.at += 1
        if self.skip() == "]":
            self.at += 1
            return ()
        while True:
            items.append(self.value(f"{path}[{len(items)}]", depth + 1))
            if self.separator("]", path):
                return tuple(items)

    def members(self, path: str, depth: int) -> Mapping[str, Node]:
        members: dict[str, Node] = {}
        self.at += 1
        if self.skip() == "}":
            self.at += 1
            return members
        while True:
            if self.skip() != '"':
                self.stop(path, quoted(self.text[self.at : self.at + 1]), "a key in quotation marks")
            key = self.string(path)
            if self.skip() != ":":
                self.stop(_member(path, key), quoted(self.text[self.at : self.at + 1]), "a colon after the key")
            self.at += 1
            if key in members:
                self.add(_member(path, key), "the key a second time", "each key once")
            node = self.value(_member(path, key), depth + 1)
            members.setdefault(key, node)
            if self.separator("}", path):
                return members

    def separator(self, end: str, path: str) -> bool:
        """Pass a comma, or the closing bracket; True at the latter."""
        character = self.skip()
        self.at += 1
        if character not in {",", end} or not character:
            self.stop(path, quoted(character) if character else "the end of the text", f"a comma or {end}")
        return character == end
