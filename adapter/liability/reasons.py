"""In which words does the engine answer: start and end reasons, zero codes, flags (`liability.md` §3.11)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.facts import Fact


class StartReason(StrEnum):
    """Why the first payable date of a stretch is payable."""

    LATER = "LATER"
    """the municipality said: not now, later"""
    REFUSED = "REFUSED"
    """the municipality said no"""
    NO_ANSWER = "NO_ANSWER"
    """neither of the two by the end of that date"""
    ACCEPTED = "ACCEPTED"
    """accepted by then, but the agreement counts to departure"""
    NOTHING = "-"
    """no payable night"""


class EndReason(StrEnum):
    """What ended a stretch. When several fall on one date, the first in this order is given."""

    OFFER_READY = "OFFER_READY"
    DISCHARGED = "DISCHARGED"
    DEATH = "DEATH"
    WITHDRAWN = "AVMELDT"
    CANCELLED = "CANCELLED"
    OPEN = "OPEN"
    """still waiting at the time of evaluation"""


class ZeroCode(StrEnum):
    """Why there is no payable night. The first that fits, in this order, is given."""

    OUT_OF_SCOPE = "ZR_OUT_OF_SCOPE"
    NO_READY_NOTICE = "ZR_NO_READY_NOTICE"
    CANCELLED = "ZR_CANCELLED"
    NOTICE_REJECTED = "ZR_NOTICE_REJECTED"
    NOTICE_UNACKED = "ZR_NOTICE_UNACKED"
    NO_ADMISSION_NOTICE = "ZR_NO_ADM_NOTICE"
    ACCEPTED_SAME_DAY = "ZR_ACCEPTED_SAME_DAY"
    LEFT_SAME_DAY = "ZR_LEFT_SAME_DAY"
    DIED_SAME_DAY = "ZR_DIED_SAME_DAY"
    WITHDRAWN_SAME_DAY = "ZR_AVMELDT_SAME_DAY"
    DOCUMENT_MISSING = "ZR_DOC_MISSING"


END_ORDER = tuple(EndReason)

ENDED_AT_ONCE = {
    EndReason.OFFER_READY: ZeroCode.ACCEPTED_SAME_DAY,
    EndReason.DISCHARGED: ZeroCode.LEFT_SAME_DAY,
    EndReason.DEATH: ZeroCode.DIED_SAME_DAY,
    EndReason.WITHDRAWN: ZeroCode.WITHDRAWN_SAME_DAY,
    EndReason.CANCELLED: ZeroCode.CANCELLED,
}
"""The zero code of what ended the wait on or before its first date; on equal dates the first of these."""


class Flag(StrEnum):
    """What a person should look at. A flag changes no number."""

    ADM_NOTICE_LATE = "FL_ADM_NOTICE_LATE"
    ADM_NOTICE_CURED_LATE = "FL_ADM_NOTICE_CURED_LATE"
    BACKDATED_READY = "FL_BACKDATED_READY"
    FUTURE_READY = "FL_FUTURE_READY"
    CORRECTED = "FL_CORRECTED"
    LATE_WITHDRAWAL = "FL_LATE_AVMELD"
    DUPLICATE = "FL_DUPLICATE"
    PROVISIONAL_ACK = "FL_PROVISIONAL_ACK"
    DOCUMENT_MISSING = "FL_DOC_MISSING"
    EARLY_ANSWER = "FL_EARLY_ANSWER"
    PROMISE_NOT_KEPT = "FL_PROMISE_NOT_KEPT"
    ANSWER_AFTER_DEADLINE = "FL_ANSWER_AFTER_DEADLINE"
    MANUAL_NOTICE = "FL_MANUAL_NOTICE"
    SPECIAL_GROUP = "FL_SPECIAL_GROUP"
    LEAVE = "FL_LEAVE"
    RATE_UNVERIFIED = "FL_RATE_UNVERIFIED"
    RATE_BLOCKED = "BLOCKED_RATE"
    AMBIGUOUS_LOCAL_TIME = "FL_AMBIGUOUS_LOCAL_TIME"
    REVIEW = "FL_REVIEW"


@dataclass(frozen=True, slots=True)
class Note:
    """A flag with the rule that raises it and the fact it is about; None where it is about the case as a whole."""

    flag: Flag
    rule: str
    about: Fact | None = None
