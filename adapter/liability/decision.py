"""What the answer of the engine is: payable nights with price, rules and facts, from which reason to which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from adapter.facts import Fact
from adapter.liability.rates import Rate
from adapter.liability.reasons import EndReason, Flag, Note, StartReason, ZeroCode


@dataclass(frozen=True, slots=True)
class Night:
    """A payable date: its price (None: it has none), the rules that apply, the facts that made it payable."""

    date: date
    rate: Rate | None
    rules: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch with its nights; or a period of readiness without any, with the code that says why."""

    nights: tuple[Night, ...]
    start_reason: StartReason
    end_reason: EndReason | ZeroCode


@dataclass(frozen=True, slots=True)
class Decision:
    """One reading of a case at a time of evaluation. `spans` is empty when it was decided before any period."""

    as_of: datetime
    spans: tuple[Span, ...]
    start_reason: StartReason
    end_reason: EndReason | ZeroCode
    notes: tuple[Note, ...]

    @property
    def nights(self) -> tuple[Night, ...]:
        """The payable nights in order of date, no date twice."""
        return tuple(sorted((night for span in self.spans for night in span.nights), key=lambda night: night.date))

    @property
    def known_nok(self) -> int:
        """The sum of the nights that have a price, in kroner."""
        return sum(night.rate.amount for span in self.spans for night in span.nights if night.rate)

    @property
    def amount_nok(self) -> int | None:
        """The amount in kroner; None where the price of a night is missing (LI-072)."""
        priced = all(night.rate for span in self.spans for night in span.nights)
        return self.known_nok if priced else None

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Each flag once, sorted by its text."""
        return tuple(sorted({note.flag for note in self.notes}))
