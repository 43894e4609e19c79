"""What is a fact in its place on the timeline: ordered, dated, judged by its receipt, corrected, or cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Generic, TypeVar

from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    Cancellation,
    Carrier,
    Correction,
    Death,
    Discharged,
    DischargeDocument,
    Fact,
    Leave,
    ReadyNotice,
    Withdrawal,
)
from adapter.liability.calendar import clamped

Happening = (
    Admitted
    | AdmissionNotice
    | ReadyNotice
    | Withdrawal
    | Answer
    | Cancellation
    | Correction
    | DischargeDocument
    | Discharged
    | Death
    | Leave
)
"""Every kind of fact that is not about another one's receipt or reading."""

H_co = TypeVar("H_co", bound=Happening, covariant=True)


class Standing(Enum):
    """What a message is worth by its receipt (LI-031, LI-032)."""

    VALID = "valid"
    PROVISIONAL = "provisional"
    REJECTED = "rejected"
    UNACKED = "unacked"

    @property
    def counts(self) -> bool:
        return self in {Standing.VALID, Standing.PROVISIONAL}


@dataclass(frozen=True, slots=True)
class Entry(Generic[H_co]):
    """A fact on the timeline.

    `fact` is what was handed in, `what` its content after corrections. `at` is the instant that orders it, `day` its
    local date. `positive` is when its positive AppRec was made; None without a known one. `cancelled` is the instant of
    the cancellation that met it; None where none did.
    """

    fact: Fact
    what: H_co
    at: datetime
    day: date
    standing: Standing
    positive: datetime | None = None
    cancelled: datetime | None = None

    @property
    def carrier(self) -> Carrier:
        return self.what.carrier

    @property
    def generated(self) -> datetime:
        return self.at if self.carrier.generated is None else clamped(self.carrier.generated.instant)

    @property
    def sent(self) -> datetime:
        return self.at if self.carrier.sent is None else clamped(self.carrier.sent.instant)

    @property
    def counts(self) -> bool:
        """Whether it is neither void by its receipt nor cancelled."""
        return self.standing.counts and self.cancelled is None
