"""What is wrong with a file, and where: each mistake with its place, what was found and what is allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_LONG = 60
_IDENTITY_NUMBER = re.compile(r"\d{11}")


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake. `where` is a path such as `facts[3].apprec`, empty for the whole; `line` is 0 if not known."""

    where: str
    found: str
    allowed: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.where or 'the file'} (line {self.line})" if self.line else self.where or "the file"
        return f"{place}: found {self.found}; allowed: {self.allowed}"


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Every mistake of a file, in the order of the file; never empty."""

    all: tuple[Mistake, ...]

    def __post_init__(self) -> None:
        if not self.all:
            raise ValueError("a file without mistakes has no Mistakes")

    def lines(self) -> tuple[str, ...]:
        return tuple(str(mistake) for mistake in self.all)

    def within(self, file: str) -> Mistakes:
        """The same, each with the name of the file before its place."""
        return Mistakes(tuple(replace(one, where=f"{file}: {one.where}" if one.where else file) for one in self.all))


def not_utf8(content: bytes, position: int, allowed: str) -> Mistake:
    """The mistake of a file with a byte that is no UTF-8."""
    found = f"a byte at position {position} that is not UTF-8"
    return Mistake("", found, allowed, content.count(b"\n", 0, position) + 1)


def quoted(text: str) -> str:
    """A text as a mistake may show it: shortened, printable, anything like a national identity number hidden."""
    hidden = _IDENTITY_NUMBER.sub("<11 digits>", text)
    short = hidden if len(hidden) <= _LONG else hidden[:_LONG] + "…"
    return '"' + short.encode("unicode_escape", "backslashreplace").decode("ascii") + '"'
