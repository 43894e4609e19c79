"""How is a sentence that the adapter says in English said on a page? One data file, found by the English text.

The core and the services speak English: a state's reason, a line of the journal, an error. Here such a sentence is
looked up in `data/bokmal.toml`, word by word or as a pattern with values in it. In bokmål, whatever has no row is shown
as it is and marked as foreign: the words of another machine or of a person, and the texts of the register of rules. In
English a sentence stays what it is, but for the codes in it, such as those of states, that the same patterns find: in
both languages they are words of the pages, with the code beside.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from adapter.errors import ErrorKind, catalogue
from adapter.lookups.packaged import bokmal

Words = Callable[[str], str | None]
"""The text of a key of the pages; None for a key that has none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence; `foreign` where it is in English on a page that is not, `code` what it stands for."""

    text: str
    foreign: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A sentence with values in it: how its English text is recognised, and how it reads in bokmål."""

    english: re.Pattern[str]
    kinds: Mapping[str, str]
    norwegian: tuple[str, ...]
    itself: tuple[str, ...]
    """The English text in parts, as the Norwegian: every second is the name of a value."""

    @property
    def has_words(self) -> bool:
        """Whether a code is one of its values, or may be in a sentence within it."""
        return any(self.kinds.values())


_VALUE = re.compile(r"\{(\w+)(?::(\w+))?\}")
_SENTENCE = "sentence"
_KEY = "key"
_BY_ID = {kind.id: kind for kind in catalogue()}


def unfolded(text: str) -> str:
    """The sentence of an error that a state names by its id alone; any other text as it is."""
    kind = _BY_ID.get(text)
    return text if kind is None else f"{kind.says} [{kind.id}]. {kind.remedy}"


def in_bokmal(text: str, words: Words) -> tuple[Piece, ...]:
    """A sentence in bokmål; one that has no row as it is and foreign, unless it is no sentence but a code or a name."""
    return _said(text, words) or (Piece(text, foreign=" " in text and _LOWER.search(text) is not None),)


def in_english(text: str, words: Words) -> tuple[Piece, ...]:
    """A sentence as it is, with words in the place of codes."""
    for pattern in _rows().patterns:
        matched = pattern.english.fullmatch(text) if pattern.has_words else None
        found = None if matched is None else _worded(pattern, matched.groupdict(), words)
        if found is not None:
            return found
    first, between, rest = text.partition("; ")
    if between:
        return (*in_english(first, words), Piece(between), *in_english(rest, words))
    return (Piece(text),)


def _worded(pattern: _Pattern, values: Mapping[str, str], words: Words) -> tuple[Piece, ...] | None:
    """A pattern in English; None where a value is no code that has a word."""
    pieces: list[Piece] = []
    for place, part in enumerate(pattern.itself):
        kind = pattern.kinds[part] if place % 2 else ""
        if not place % 2:
            pieces += [Piece(part)] if part else []
        elif kind == _SENTENCE:
            pieces += in_english(values[part], words)
        elif not kind:
            pieces.append(Piece(values[part]))
        elif (word := words(f"{kind}.{values[part]}")) is None:
            return None
        else:
            # A word that is not the end of a line of the journal stands as a quotation within the sentence.
            quoted = kind != _KEY and not pattern.itself[place - 1].endswith(": ")
            pieces.append(Piece(f"“{word}”" if quoted else word, code=values[part]))
    return tuple(pieces)


_LOWER = re.compile(r"(?<![\w-])[a-z]{2,}(?![\w-])")
"""A word of small letters, as no list of codes, ids or versions has one."""


_RULE_TEXT = re.compile(r"[A-Z]{2}-[0-9]{3}: ")
"""How the text of a rule begins; those stay in English, and may have the words of a pattern in them."""


def _said(text: str, words: Words) -> tuple[Piece, ...] | None:
    """A sentence, or several with "; " between, in bokmål; None where one has no row."""
    rows = _rows()
    if not text:
        return (Piece(""),)
    if text in rows.plain:
        return (Piece(rows.plain[text]),)
    found = _error(text, words)
    if found is not None:
        return found
    for pattern in () if _RULE_TEXT.match(text) else rows.patterns:
        matched = pattern.english.fullmatch(text)
        filled = None if matched is None else _filled(pattern, matched.groupdict(), words)
        if filled is not None:
            return filled
    first, between, rest = text.partition("; ")
    if between:
        one, others = _said(first, words), _said(rest, words)
        if one is not None and others is not None:
            return (*one, Piece(between), *others)
    return None


def _filled(pattern: _Pattern, values: Mapping[str, str], words: Words) -> tuple[Piece, ...] | None:
    known: dict[str, tuple[Piece, ...]] = {}
    for name, value in values.items():
        kind = pattern.kinds[name]
        if not kind:
            known[name] = (Piece(value),)
        elif kind == _SENTENCE:
            known[name] = in_bokmal(value, words)
        else:
            word = words(f"{kind}.{value}")
            if word is None:
                return None
            known[name] = (Piece(word, code=value),)
    pieces: list[Piece] = []
    for place, part in enumerate(pattern.norwegian):
        pieces += known[part] if place % 2 else [Piece(part)] if part else []
    return tuple(pieces)


def _error(text: str, words: Words) -> tuple[Piece, ...] | None:
    """An error of the catalogue, with or without its id before it, its detail and its remedy after it."""
    before, _, after = text.partition(": ")
    named = _BY_ID.get(before)
    text = after if named is not None else text
    for kind in catalogue() if named is None else (named,):
        if not text.startswith(kind.says):
            continue
        rest = text.removeprefix(kind.says)
        end = f" [{kind.id}]. {kind.remedy}"
        whole = rest.endswith(end)
        rest = rest.removesuffix(end)
        if rest and not rest.startswith(": "):
            continue
        return _told(kind, rest.removeprefix(": "), whole=whole, named=named is not None, words=words)
    if named is not None:  # an id with something else after it, such as the figures of a limit
        return (Piece(f"{_rows().errors[named.id][0]} ({named.id}): "), *in_bokmal(text, words))
    return None


def _told(kind: ErrorKind, detail: str, *, whole: bool, named: bool, words: Words) -> tuple[Piece, ...]:
    says, remedy = _rows().errors[kind.id]
    pieces = [Piece(f"{kind.id}: {says}" if named else says)]
    if detail:
        pieces += [Piece(": "), *in_bokmal(detail, words)]
    if whole:
        pieces.append(Piece(f" [{kind.id}]. {remedy}"))
    return tuple(pieces)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The data file, read."""

    errors: Mapping[str, tuple[str, str]]
    plain: Mapping[str, str]
    patterns: tuple[_Pattern, ...]


@cache
def _rows() -> _Rows:
    content = tomllib.loads(bokmal().decode())
    errors = {key: (row["says"], row["remedy"]) for key, row in content["errors"].items()}
    plain, patterns = {}, []
    for english, norwegian in content["sentences"].items():
        if _VALUE.search(english) is None:
            plain[english] = norwegian
        else:
            patterns.append((len(_VALUE.sub("", english)), _pattern(english, norwegian)))
    # The more of a sentence is fixed, the surer it is the one that is meant.
    patterns.sort(key=lambda one: -one[0])
    return _Rows(errors, plain, tuple(pattern for _, pattern in patterns))


def _pattern(english: str, norwegian: str) -> _Pattern:
    kinds: dict[str, str] = {}
    expression, at = "", 0
    for value in _VALUE.finditer(english):
        expression += re.escape(english[at : value.start()]) + f"(?P<{value[1]}>.+?)"
        kinds[value[1]] = value[2] or ""
        at = value.end()
    expression += re.escape(english[at:])
    return _Pattern(re.compile(expression, re.S), kinds, _parts(norwegian), _parts(english))


def _parts(text: str) -> tuple[str, ...]:
    """Text and name of a value in turn, beginning and ending with text."""
    parts: list[str] = []
    last = 0
    for value in _VALUE.finditer(text):
        parts += [text[last : value.start()], value[1]]
        last = value.end()
    return (*parts, text[last:])
