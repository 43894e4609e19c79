"""Which rules there are about envelopes, and what they find in a mail: the register of `ebxml.md` chapter 10."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import Final

from adapter.envelope.rules import (
    conduct,
    documents,
    headers,
    kinds,
    mails,
    monitoring,
    payloads,
    registers,
    signatures,
)
from adapter.envelope.rules.rule import Breach, Check, Context, Rule
from adapter.envelope.rules.subject import Subject
from adapter.messages.findings import Finding
from adapter.messages.rules.rule import Side

_BOOKS: Final = (mails, documents, headers, registers, signatures, kinds, monitoring, payloads, conduct)

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted((rule for book in _BOOKS for rule in book.BOOK.rules), key=lambda rule: rule.id)
)
"""Every rule, in the order of the reference tables."""

BY_ID: Final[Mapping[str, Rule]] = MappingProxyType({rule.id: rule for rule in RULES})

MAX_BREACHES: Final = 20
"""How often one rule speaks about one mail; more helps nobody, and a hostile mail could be all breaches."""

ADDRESSING: Final = frozenset({f"EB-{number:03}" for number in range(1, 9)} | {"EB-031"})
"""The rules about headers that are new in every transmission; a sealed body has none of them yet."""


_STRICTER: Final = frozenset({"EB-210", "EB-230", "EB-426"})
"""Rules that opening decides as a receiver does, while they ask for more of a sender."""


def judge(subject: Subject, context: Context, but: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    """Everything that the rules have to say about a mail, in their order; those of `but` are not asked."""
    return tuple(
        finding
        for rule, breach in _breaches(subject, context, _asked(context.side), but)
        if (finding := rule.finding(breach, subject, context.side)) is not None
    )


def judge_opened(subject: Subject, context: Context) -> tuple[Finding, ...]:
    """What the rules have to say about a received mail beyond what opening and verifying it has said already."""
    return tuple(
        finding
        for rule, breach in _breaches(subject, context, _not_opened(), frozenset())
        if (finding := rule.finding(breach, subject, Side.RECEIVE)) is not None
    )


def judge_sealed(subject: Subject) -> tuple[Finding, ...]:
    """What the rules have to say about a message of ours beyond what opening and verifying it has said already."""
    return tuple(
        finding
        for rule, breach in _breaches(subject, Context(Side.SEND), _not_sealed(), frozenset())
        if (finding := rule.finding(breach, subject, Side.SEND)) is not None
    )


def _breaches(
    subject: Subject, context: Context, asked: tuple[tuple[Rule, Check], ...], but: frozenset[str]
) -> Iterator[tuple[Rule, Breach]]:
    for rule, check in asked:
        if rule.id not in but:
            for breach in islice(check(subject, context), MAX_BREACHES):
                yield rule, breach


@cache
def _asked(side: Side) -> tuple[tuple[Rule, Check], ...]:
    return tuple(
        (rule, rule.check)
        for rule in RULES
        if rule.check is not None and (rule.send if side is Side.SEND else rule.receive) is not None
    )


@cache
def _not_opened() -> tuple[tuple[Rule, Check], ...]:
    return tuple((rule, check) for rule, check in _asked(Side.RECEIVE) if not rule.opened)


@cache
def _not_sealed() -> tuple[tuple[Rule, Check], ...]:
    return tuple((rule, check) for rule, check in _asked(Side.SEND) if not rule.opened or rule.id in _STRICTER)
