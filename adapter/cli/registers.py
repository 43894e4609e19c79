"""Which registers of rules there are: the rows of each in one shape, for `adapter rules` and the page in `docs/`.

A package that judges by rules keeps its own register. A row of `REGISTERS` names it and says how its rules look here;
the register is loaded only when its rows are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Standing(StrEnum):
    """How far a rule is implemented."""

    IMPLEMENTED = "implemented"
    DEFERRED = "deferred"
    NOT_CHECKABLE = "not checkable"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as it is shown.

    `send` and `receive` are what follows when it is broken on that side, None where it does not apply or no document
    is refused by it. `apprec` is the code of a refusal. `by` says what judges the rule where `standing` is
    `IMPLEMENTED`, and otherwise why nothing does.
    """

    id: str
    text: str
    source: str
    standing: Standing
    by: str
    send: str | None = None
    receive: str | None = None
    apprec: str | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """One register: what its rules are about, the families of ids it holds, and its rows in their order."""

    name: str
    families: tuple[str, ...]
    rows: Callable[[], Iterable[RuleRow]]


def _messages() -> Iterable[RuleRow]:
    from adapter.messages.rules import RULES
    from adapter.messages.rules.elsewhere import DEFERRED, HELD, NOT_CHECKABLE
    from adapter.messages.rules.surroundings import ROWS

    beside = {row.id: row for row in ROWS}
    for rule in RULES:
        if rule.check is not None:
            standing, by = Standing.IMPLEMENTED, "the document"
        elif rule.judged_as:
            standing, by = Standing.IMPLEMENTED, ", ".join(rule.judged_as)
        elif rule.id in HELD:
            standing, by = Standing.IMPLEMENTED, HELD[rule.id]
        elif rule.id in DEFERRED:
            standing, by = Standing.DEFERRED, DEFERRED[rule.id]
        else:
            standing, by = Standing.NOT_CHECKABLE, NOT_CHECKABLE[rule.id]
        row = beside.get(rule.id)
        yield RuleRow(
            rule.id,
            rule.text,
            rule.source,
            standing,
            by,
            send=row.send if row is not None else rule.send,
            receive=row.receive if row is not None else rule.receive,
            apprec=rule.code,
        )


def _envelopes() -> Iterable[RuleRow]:
    from adapter.envelope.rules import RULES

    for rule in RULES:
        standing, by = Standing.IMPLEMENTED, rule.by
        if rule.check is not None:
            by = "the mail"
        elif rule.judged_as:
            by = ", ".join(rule.judged_as)
        elif not by:
            standing, by = Standing.NOT_CHECKABLE, rule.why
        source = f"{rule.source} (HITS 1172 no. {rule.hits})" if rule.hits else rule.source
        answer = f"{rule.receive} ({rule.code})" if rule.receive and rule.code else rule.receive
        yield RuleRow(rule.id, rule.text, source, standing, by, send=rule.send, receive=answer)


def _liability() -> Iterable[RuleRow]:
    from adapter.liability.choices import CHOICES
    from adapter.liability.register import Place, listed

    standings = {
        Place.CARRIED_OUT: Standing.IMPLEMENTED,
        Place.FOR_PEOPLE: Standing.NOT_CHECKABLE,
    }
    for one in listed():
        yield RuleRow(one.id, one.text, one.source, standings[one.place], one.by)
    for choice in CHOICES:
        text = f"{choice.english}, {choice.reason}"
        yield RuleRow(choice.id, text, f"our own choice about {choice.rule}", Standing.IMPLEMENTED, choice.module)


REGISTERS: Final[tuple[Register, ...]] = (
    Register("messages", ("MH", "AD", "LK", "ID", "AR", "PL"), _messages),
    Register("envelopes", ("EB",), _envelopes),
    Register("liability", ("LI", "LC"), _liability),
)
"""Every register, in the order in which the rules are listed."""


def rule_rows() -> tuple[RuleRow, ...]:
    """Every rule of every register."""
    return tuple(row for register in REGISTERS for row in register.rows())
