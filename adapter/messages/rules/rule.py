"""What a rule is: id, text, source, its consequence on each side, and the function that finds what breaks it.

Sending is strict and receiving tolerant, so a rule has two consequences. A rule that cannot be judged from the
document alone says what it needs and has no function here; it is checked where that exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from adapter.errors import AppRecCode
from adapter.messages.choices import RECOMMENDED, Choices
from adapter.messages.codes import CodeLists
from adapter.messages.findings import Finding, Severity
from adapter.messages.nodes import Node
from adapter.messages.reading import Reading
from adapter.messages.xml import path_of


class Side(StrEnum):
    """Whether a message is about to be sent or was received."""

    SEND = "send"
    RECEIVE = "receive"


class Consequence(StrEnum):
    """What follows when a rule is broken (`apprec.md` §10, `plo.md` §5)."""

    BLOCK = "block"
    """it is not sent"""
    NEGATIVE = "negative"
    """it is refused with a negative AppRec"""
    NO_RECEIPT = "no receipt"
    """no AppRec is possible or allowed; the operator is told"""
    PARK = "park"
    """held until a person decides; no AppRec before that"""
    MANUAL = "manual"
    """accepted and put before a person"""
    WARN = "warn"
    """accepted, logged and counted"""
    INFO = "info"
    """only told"""
    ACCEPT = "accept"
    """tolerated without a word"""


_SEVERITY = {
    Consequence.BLOCK: Severity.ERROR,
    Consequence.NEGATIVE: Severity.ERROR,
    Consequence.NO_RECEIPT: Severity.ERROR,
    Consequence.PARK: Severity.ERROR,
    Consequence.MANUAL: Severity.WARNING,
    Consequence.WARN: Severity.WARNING,
    Consequence.INFO: Severity.INFO,
}


class Scope(StrEnum):
    """Which documents a rule is about."""

    ANY = "any document"
    HEAD = "messages with the common head"
    PLO = "nursing and care messages"
    LOGISTICS = "patient logistics"
    HEALTH_INFORMATION = "Helseopplysninger"
    DIALOG = "dialog messages"
    APPREC = "receipts"


class Needs(StrEnum):
    """What a rule needs beside the document."""

    STORE = "store"
    REGISTER = "register"
    ENVELOPE = "envelope"
    PERSON = "person"
    CLOCK = "clock"
    CONDUCT = "conduct"
    """it is about how the adapter behaves and is held by its tests"""


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may know beside the document: side, code lists, clock, production, choices made.

    `now` None leaves out what compares with the clock. In production test marks and synthetic persons are refused.
    """

    side: Side
    codes: CodeLists
    now: datetime | None = None
    production: bool = False
    choices: Choices = RECOMMENDED


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where a rule is broken: an element, or only a line where there is no element to point at.

    `send` and `receive` replace the rule's consequences for this case.
    """

    says: str
    at: Node | None = None
    send: Consequence | None = None
    receive: Consequence | None = None
    line: int | None = None


Check = Callable[[Reading, Context], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `send` or `receive` is None where the rule does not apply on that side.

    `about` are tags, flaws of values, or what a document is (`Recognised`): one of them must hold for the rule to have
    anything to say; empty: it may always have.
    `code` is the AppRec error that a `NEGATIVE` consequence gives. `check` is None where `needs` says why, or where
    `judged_as` names the rules (or `XSD`) that find the same fault, so that one fault is told once.
    """

    id: str
    text: str
    source: str
    scope: Scope
    send: Consequence | None = None
    receive: Consequence | None = None
    code: AppRecCode | None = None
    check: Check | None = None
    about: tuple[str, ...] = ()
    needs: Needs | None = None
    judged_as: tuple[str, ...] = ()

    def applies(self, side: Side) -> bool:
        """Whether the rule is checked on this side."""
        return self.check is not None and (self.send if side is Side.SEND else self.receive) is not None

    def finding(self, fault: Fault, side: Side) -> Finding | None:
        """What is told of a place where the rule is broken; None where it is tolerated without a word."""
        consequence = fault.send or self.send if side is Side.SEND else fault.receive or self.receive
        return self.told(fault, consequence)

    def told(self, fault: Fault, consequence: Consequence | None) -> Finding | None:
        """What is told of a fault with this consequence; None where there is nothing to tell."""
        if consequence is None or consequence is Consequence.ACCEPT:
            return None
        path = path_of(fault.at.element) if fault.at is not None else ""
        line = fault.at.element.sourceline if fault.at is not None else fault.line
        return Finding(self.id, _SEVERITY[consequence], path, line, fault.says, self.source)


class RuleBook:
    """Where a module of rules collects its rows, in the order in which it writes them."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._rules: list[Rule] = []

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(self._rules)

    def rule(
        self,
        id_: str,
        text: str,
        source: str,
        *,
        send: Consequence | None = None,
        receive: Consequence | None = None,
        code: AppRecCode | None = None,
        scope: Scope | None = None,
        about: tuple[str, ...] = (),
    ) -> Callable[[Check], Check]:
        """Register the function below as the check of a rule."""

        def register(check: Check) -> Check:
            self._rules.append(Rule(id_, text, source, scope or self._scope, send, receive, code, check, about))
            return check

        return register

    def elsewhere(self, needs: Needs, id_: str, text: str, source: str, code: AppRecCode | None = None) -> None:
        """Register a rule that is judged where what it needs exists."""
        self._rules.append(Rule(id_, text, source, self._scope, code=code, needs=needs))

    def judged_as(self, others: tuple[str, ...], id_: str, text: str, source: str) -> None:
        """Register a rule whose faults other rules find."""
        self._rules.append(Rule(id_, text, source, self._scope, judged_as=others))
