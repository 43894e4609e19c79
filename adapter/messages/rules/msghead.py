"""Whether the head of a message keeps the rules MH-001 to MH-055 (`apprec.md` §10.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapter.errors import XML_DOCTYPE, AppRecCode
from adapter.messages.reading import Reading
from adapter.messages.rules.rule import Consequence, Context, Fault, RuleBook

BOOK: Final = RuleBook()
_BLOCK, _NEGATIVE = Consequence.BLOCK, Consequence.NEGATIVE


@BOOK.rule(
    "MH-001",
    "The document is well-formed XML 1.0",
    "HIS 80415:2012 §3.3.4",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.NOT_WELL_FORMED,
)
def well_formed(reading: Reading, _: Context) -> Iterator[Fault]:
    """A parser error, or a limit passed; the position is all that is told (80415:2012 §3.3.4)."""
    refusal = reading.refusal
    if refusal is not None and refusal.kind is not XML_DOCTYPE:
        detail = f" ({refusal.detail})" if refusal.detail else ""
        yield Fault(f"{refusal.kind.says}{detail}; {refusal.kind.remedy}")


@BOOK.rule(
    "MH-003",
    "No DOCTYPE and no entities",
    "own rule, msghead.md §7.4",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.NOT_WELL_FORMED,
)
def no_doctype(reading: Reading, _: Context) -> Iterator[Fault]:
    """No message needs a document type declaration (own rule)."""
    if reading.refusal is not None and reading.refusal.kind is XML_DOCTYPE:
        yield Fault(f"{XML_DOCTYPE.says}; {XML_DOCTYPE.remedy}")
