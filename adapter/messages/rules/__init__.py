"""Which rules there are, and what they find in a document: the register of every rule row of the standards."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from adapter.messages.findings import Finding
from adapter.messages.reading import Reading
from adapter.messages.rules import msghead
from adapter.messages.rules.rule import Context, Rule

RULES: Final[tuple[Rule, ...]] = (*msghead.BOOK.rules,)
"""Every rule, in the order of the reference tables."""

BY_ID: Final[Mapping[str, Rule]] = MappingProxyType({rule.id: rule for rule in RULES})


def judge(reading: Reading, context: Context) -> tuple[Finding, ...]:
    """Everything the rules have to say about a document."""
    return tuple(finding for rule in RULES for finding in rule.findings(reading, context))
