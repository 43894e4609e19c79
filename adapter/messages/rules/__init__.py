"""Which rules there are, and what they find in a document: the register of every rule row of the standards."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from adapter.messages.findings import Finding
from adapter.messages.identifiers import Flaw
from adapter.messages.reading import Reading, Recognised
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
    for rule, check in _asked(scopes_of(reading), context.side, matter_of(reading, context)):
        left = MAX_FAULTS
        for fault in check(reading, context):
            finding = rule.finding(fault, context.side)
            if finding is not None:
                found.append(finding)
            left -= 1
            if left == 0:
                break
    return tuple(found)


def matter_of(reading: Reading, context: Context) -> frozenset[str]:
    """What of a document decides which rules are asked: what it is, tags that it holds, flaws of its values."""
    held = _MATTER.intersection(reading.nodes.by_tag) if reading.nodes is not None else _NOTHING
    if reading.recognised is not Recognised.BUSINESS:
        return held.union((reading.recognised,))
    flaws: list[str] = [flaw for value in reading.flawed_values(context.codes) for flaw in value.judged.flaws]
    flaws += [ident.flaw for ident in reading.flawed_idents]
    flaws += [number.judged for number in reading.patient_numbers if isinstance(number.judged, Flaw)]
    return held.union(flaws) if flaws else held


_MATTER: Final = frozenset(what for rule in RULES for what in rule.about)
_NOTHING: Final[frozenset[str]] = frozenset()


@lru_cache(maxsize=1024)
def _asked(scopes: frozenset[Scope], side: Side, held: frozenset[str]) -> tuple[tuple[Rule, Check], ...]:
    """The rules that may have something to say of a document of these scopes in which this stands."""
    return tuple(
        (rule, rule.check)
        for rule in RULES
        if rule.scope in scopes and rule.check and rule.applies(side)
        if not rule.about or not held.isdisjoint(rule.about)
    )
