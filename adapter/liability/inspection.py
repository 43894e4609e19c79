"""Is a value of a document what it may be: checks that collect every mistake instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from adapter.liability.document import Node
from adapter.liability.mistakes import Mistake
from adapter.values import Moment, parse_moment

E = TypeVar("E", bound=StrEnum)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
FIRST_YEAR, LAST_YEAR = 1900, 2199
_A_DAY = f"a date such as 2012-03-05, of the years {FIRST_YEAR} to {LAST_YEAR}"
_A_TIME = "a time such as 2012-03-05T10:15:00+01:00, of the same years"


def words(values: Iterable[str]) -> str:
    """A list of the words allowed, as a mistake shows it."""
    return ", ".join(values)


class Inspection:
    """The mistakes found so far. Each check returns None where the value was not what it may be, and has noted it."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def wrong(self, node: Node, allowed: str) -> None:
        self.mistakes.append(node.mistake(allowed))

    def members(self, node: Node, allowed: Iterable[str]) -> Mapping[str, Node] | None:
        """The members of an object that has no other keys than those allowed; unknown ones are noted and left out."""
        if not isinstance(node.value, Mapping):
            self.wrong(node, "an object")
            return None
        known = tuple(allowed)
        for key, member in node.value.items():
            if key not in known:
                self.mistakes.append(Mistake(member.path, "an unknown key", words(known), member.line))
        return {key: member for key, member in node.value.items() if key in known}

    def items(self, node: Node, of: str) -> tuple[Node, ...] | None:
        if isinstance(node.value, tuple):
            return node.value
        self.wrong(node, f"an array of {of}")
        return None

    def text(self, node: Node, what: str = "a text that is not empty") -> str | None:
        if isinstance(node.value, str) and node.value.strip():
            return node.value
        self.wrong(node, what)
        return None

    def word(self, node: Node, of: type[E]) -> E | None:
        if isinstance(node.value, str) and node.value in {member.value for member in of}:
            return of(node.value)
        self.wrong(node, words(of))
        return None

    def number(self, node: Node, low: float, high: float, what: str) -> float | None:
        if isinstance(node.value, int | float) and not isinstance(node.value, bool) and low <= node.value <= high:
            return node.value
        self.wrong(node, what)
        return None

    def day(self, node: Node) -> date | None:
        if isinstance(node.value, str) and _DAY.fullmatch(node.value):
            try:
                day = date.fromisoformat(node.value)
            except ValueError:
                pass
            else:
                if FIRST_YEAR <= day.year <= LAST_YEAR:
                    return day
        self.wrong(node, _A_DAY)
        return None

    def moment(self, node: Node, prefix: str = "", allowed: str = _A_TIME) -> Moment | None:
        """A time; `prefix` is what stands before it in the text of the value."""
        if isinstance(node.value, str) and node.value.startswith(prefix):
            try:
                moment = parse_moment(node.value.removeprefix(prefix))
            except (ValueError, OverflowError):
                pass
            else:
                if FIRST_YEAR <= moment.instant.year <= LAST_YEAR:
                    return moment
        self.wrong(node, allowed)
        return None

    def day_or_moment(self, node: Node) -> date | Moment | None:
        if isinstance(node.value, str) and _DAY.fullmatch(node.value):
            return self.day(node)
        return self.moment(node, allowed=f"{_A_TIME}, or only its date")
