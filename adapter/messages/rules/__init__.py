"""Which rules there are, and what they find in a document: the register of every rule row of the standards."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from adapter.messages.findings import Finding
from adapter.messages.reading import Reading
from adapter.messages.rules import (
    addressing,
    dialogs,
    documents,
    linking,
    logistics,
    msghead,
    patient,
    receipts,
    reports,
    values,
)
from adapter.messages.rules.places import scopes_of
from adapter.messages.rules.rule import Check, Context, Rule, Scope, Side

_BOOKS: Final = (msghead, patient, documents, values, addressing, linking, receipts, reports, logistics, dialogs)
_FAMILIES: Final = ("MH", "AD", "LK", "ID", "AR", "PL")


def _place(rule: Rule) -> tuple[int, int]:
    family, _, number = rule.id.partition("-")
    return _FAMILIES.index(family), int(number)


RULES: Final[tuple[Rule, ...]] = tuple(sorted((rule for book in _BOOKS for rule in book.BOOK.rules), key=_place))
"""Every rule, in the order of the reference tables."""

BY_ID: Final[Mapping[str, Rule]] = MappingProxyType({rule.id: rule for rule in RULES})


MAX_FAULTS: Final = 50
"""How often one rule speaks about one document; more helps nobody, and a hostile document could be all faults."""


def judge(reading: Reading, context: Context) -> tuple[Finding, ...]:
    """Everything the rules have to say about a document, in the order of the rules."""
    found = []
    held = _MATTER.intersection(reading.nodes.by_tag) if reading.nodes is not None else _NOTHING
    for rule, check in _asked(scopes_of(reading), context.side, held):
        for number, fault in enumerate(check(reading, context), 1):
            finding = rule.finding(fault, context.side)
            if finding is not None:
                found.append(finding)
            if number == MAX_FAULTS:
                break
    return tuple(found)


_MATTER: Final = frozenset(tag for rule in RULES for tag in rule.about)
"""The tags that decide which rules are asked."""
_NOTHING: Final[frozenset[str]] = frozenset()


@lru_cache(maxsize=1024)
def _asked(scopes: frozenset[Scope], side: Side, held: frozenset[str]) -> tuple[tuple[Rule, Check], ...]:
    """The rules that may have something to say of a document of these scopes that holds these of the tags above."""
    return tuple(
        (rule, rule.check)
        for rule in RULES
        if rule.scope in scopes and rule.check and rule.applies(side)
        if not rule.about or not held.isdisjoint(rule.about)
    )
