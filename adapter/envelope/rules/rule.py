"""What a rule about envelopes is: id, text, source, its consequence on each side, and the function that looks.

The columns of `ebxml.md` chapter 10. On sending, the consequence of every rule is the same: the message is not sent. On
receiving it runs from a remark to a refusal, and a refusal names the ebXML error code. What a peer is known to do
otherwise, and what can be handled safely, is a remark: HITS 1172 §1.1 says that a message handler must not stop
handling messages because a rule failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from adapter.envelope.rules.subject import Subject
from adapter.errors import WireCode
from adapter.messages.findings import Finding, Severity
from adapter.messages.rules.rule import Side
from adapter.messages.xml import Element, path_of


class Consequence(StrEnum):
    """What follows when a rule is broken (`ebxml.md` ch. 10)."""

    BLOCK = "block"
    """it is not sent"""
    FAULT = "fault"
    """answered by a SOAP Fault, where the guard allows"""
    ERROR = "error"
    """refused with an ErrorList of severity Error"""
    WARN = "warning"
    """delivered, and answered by an ErrorList of severity Warning"""
    REMARK = "remark"
    """accepted as if nothing were, named and counted"""
    DROP = "drop"
    """kept aside with an alarm, never answered"""


_SEVERITY = {
    Consequence.BLOCK: Severity.ERROR,
    Consequence.FAULT: Severity.ERROR,
    Consequence.ERROR: Severity.ERROR,
    Consequence.DROP: Severity.ERROR,
    Consequence.WARN: Severity.WARNING,
    Consequence.REMARK: Severity.WARNING,
}


class Needs(StrEnum):
    """What a rule needs beside the mail."""

    REGISTER = "register"
    """the partner directory: addresses, certificates, agreements"""
    KEYS = "keys"
    STORE = "store"
    DOCUMENT = "document"
    """the decrypted business document"""
    CONDUCT = "conduct"
    """it is about how the adapter behaves and is held by its tests"""


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may know beside the mail: the side, and the clock; `now` None leaves out what compares with it."""

    side: Side
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """One place where a rule is broken: an element, or the path of what is missing, or a line where neither shows it.

    `receive` replaces the rule's consequence.
    """

    says: str
    at: Element | str = ""
    receive: Consequence | None = None
    line: int | None = None


Check = Callable[[Subject, Context], Iterator[Breach]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `send` or `receive` is None where the rule does not apply on that side.

    `hits` is its own number in HITS 1172, empty where it has none. `code` is the ebXML error of an `ERROR` or `WARN`.
    `opened` tells that opening a mail decides the rule too, so that a mail that was opened need not be asked again.
    `check` is None where `needs` says why, or where `judged_as` names the rules (or `XSD`) that find the same fault.
    `by` is the function that judges or keeps a rule with `needs`, empty where no program can; then `why` says so.
    """

    id: str
    text: str
    source: str
    hits: str = ""
    send: Consequence | None = None
    receive: Consequence | None = None
    code: WireCode | None = None
    check: Check | None = None
    opened: bool = False
    needs: Needs | None = None
    by: str = ""
    why: str = ""
    judged_as: tuple[str, ...] = ()

    def consequence(self, breach: Breach, side: Side) -> Consequence | None:
        """What follows from a breach; None where the rule does not apply on that side."""
        if side is Side.SEND:
            return self.send
        return breach.receive or self.receive

    def finding(self, breach: Breach, subject: Subject, side: Side) -> Finding | None:
        """What is told of a breach; None where the rule does not apply on that side.

        The line is that of the element, or of the nearest around one that is missing; a field of the mail has none.
        """
        consequence = self.consequence(breach, side)
        if consequence is None:
            return None
        if isinstance(breach.at, str):
            line = breach.line or subject.envelope.line(breach.at)
            return Finding(self.id, _SEVERITY[consequence], breach.at, line, breach.says, self.source)
        path, line = path_of(breach.at), breach.at.sourceline
        return Finding(self.id, _SEVERITY[consequence], path, line, breach.says, self.source)


class RuleBook:
    """Where a module of rules collects its rows, in the order in which it writes them."""

    def __init__(self) -> None:
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
        hits: str = "",
        send: bool = True,
        receive: Consequence | None = None,
        code: WireCode | None = None,
        opened: bool = False,
    ) -> Callable[[Check], Check]:
        """Register the function below as the check of a rule; `send` tells whether we may not send what breaks it."""

        def register(check: Check) -> Check:
            blocks = Consequence.BLOCK if send else None
            self._rules.append(Rule(id_, text, source, hits, blocks, receive, code, check, opened))
            return check

        return register

    def elsewhere(
        self,
        needs: Needs,
        id_: str,
        text: str,
        source: str,
        *,
        by: str = "",
        why: str = "",
        hits: str = "",
        receive: Consequence | None = None,
        code: WireCode | None = None,
    ) -> None:
        """Register a rule that is judged, or kept, by a function elsewhere; or by nobody, and why not."""
        self._rules.append(Rule(id_, text, source, hits, receive=receive, code=code, needs=needs, by=by, why=why))

    def judged_as(self, others: tuple[str, ...], id_: str, text: str, source: str, *, hits: str = "") -> None:
        """Register a rule whose faults other rules find."""
        self._rules.append(Rule(id_, text, source, hits, judged_as=others))
