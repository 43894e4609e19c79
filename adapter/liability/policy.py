"""Which readings of the regulation are in force: every policy key of `liability.md` §3.10 as one frozen value.

The law leaves questions open and parties agree on deviations, so nothing below is a constant of the engine. A policy
comes from a profile file; `NO-BASE` is the baseline that the others inherit from (`profiles.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from adapter.liability.case import SenderType


class NoticeTime(StrEnum):
    """Which moment dates a notice (LI-030)."""

    TRANSPORT_RECEIVED = "transport_received"
    APPREC_OK = "apprec_ok"
    GENERATED = "gen_date"
    SENT = "sent"


class AnswerTime(StrEnum):
    """Which moment dates an answer (LI-048)."""

    TRANSPORT_RECEIVED = "transport_received"
    GENERATED = "gen_date"
    SENT = "sent"


class AdmissionMissing(StrEnum):
    """What a missing notice of admission does (LI-016)."""

    VOID_UNTIL_CURED = "void_until_cured"
    IGNORE = "ignore"


class AdmissionLate(StrEnum):
    """What a late notice of admission does (LI-018)."""

    FLAG = "flag"
    VOID = "void"
    IGNORE = "ignore"


class AdmissionAnchor(StrEnum):
    """From when the 24 hours run (LI-014)."""

    ADMISSION = "admission"
    NEED_IDENTIFIED = "need_identified"


class AdmissionHours(StrEnum):
    """How the 24 hours are measured (LI-015)."""

    ELAPSED = "elapsed"
    WALL_CLOCK = "wall_clock"


class AfterCutoff(StrEnum):
    """On which date a notice at or after the cut-off counts (LI-038)."""

    NEXT_DAY = "next_day"
    NEXT_WORKING_DAY = "next_working_day"


class AnswerUnacked(StrEnum):
    """What an answer is worth that was rejected or never receipted (LI-048)."""

    NOT_GIVEN = "not_given"
    GIVEN = "given"


class EarlyAccept(StrEnum):
    """What an accept before the notice does (LI-100)."""

    IGNORED = "ignored"
    COUNTS = "counts"


class AcceptanceEnds(StrEnum):
    """What of the municipality's words ends liability (LI-062)."""

    EXPRESS_OFFER_READY = "express_offer_ready"
    PROMISED_DATE = "promised_date"
    DEPARTURE_ONLY = "departure_only"


class WithdrawnReady(StrEnum):
    """Whether the date counts on which readiness was withdrawn and declared anew (LI-059)."""

    COUNT_ONCE = "count_once"
    NOT_COUNTED = "not_counted"


class CancelEffect(StrEnum):
    """What cancelling the ready notice does (LI-065)."""

    VOID = "void"
    ENDS_AT_CANCEL = "ends_at_cancel"


class FutureReady(StrEnum):
    """Whether a ready date ahead needs confirmation (LI-023)."""

    PROVISIONAL = "provisional"
    TRUST_MESSAGE = "trust_message"


class RateBy(StrEnum):
    """Which date's price a night has (LI-070)."""

    NIGHT_DATE = "night_date"
    START_DATE = "start_date"
    END_DATE = "end_date"


class ManualNotice(StrEnum):
    """Whether a notice by telephone or paper counts (LI-037)."""

    ALLOWED_WITH_EVIDENCE = "allowed_with_evidence"
    NEVER = "never"


class Payer(StrEnum):
    """Which municipality is billed (LI-006)."""

    REGISTERED = "registered"
    STAY = "stay"


@dataclass(frozen=True, slots=True)
class PayerRule:
    """The municipality of registration before the first day of `stay_from`, the municipality of stay from then on."""

    stay_from: date

    def payer(self, night: date) -> Payer:
        return Payer.STAY if night >= self.stay_from else Payer.REGISTERED


@dataclass(frozen=True, slots=True)
class SectorDates:
    """From when the nights of each sector can be payable (LI-004)."""

    SOM: date
    PHV: date
    TSB: date


@dataclass(frozen=True, slots=True)
class Policy:
    """The value of every key, under the name it has in profile files. Hours are elapsed hours; None is `none`."""

    notice_time: NoticeTime
    apprec_timeout_h: float
    adm_missing: AdmissionMissing
    adm_late: AdmissionLate
    adm_anchor: AdmissionAnchor
    adm_24h: AdmissionHours
    adm_notice_types: tuple[str, ...]
    cutoff: time | None
    after_cutoff: AfterCutoff
    holiday_calendar: tuple[date, ...]
    lead_h: float
    answer_deadline_h: float | None
    answer_time: AnswerTime
    answer_unacked: AnswerUnacked
    early_accept: EarlyAccept
    acceptance_ends: AcceptanceEnds
    same_day_departure: int
    avmeld_reready: WithdrawnReady
    cancel_effect: CancelEffect
    future_ready: FutureReady
    require_doc: bool
    rate_by: RateBy
    payer_rule: PayerRule
    sector_dates: SectorDates
    manual_notice: ManualNotice
    exclusion_list: tuple[str, ...]
    payable_sender_types: tuple[SenderType, ...]
