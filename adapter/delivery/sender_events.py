"""What can happen to a message that we send, and what follows from it?

Events go into `sender.step`, effects come out. A `reason` explains for a person and never holds patient data: it is a
code, an SMTP answer without addresses of patients, an operator's own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# ── events ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Sealed:
    """Validation, lookup, encryption and signature went well; the finished bytes are stored."""


@dataclass(frozen=True, slots=True)
class SendRuleFailed:
    """A rule for what we send is broken; the message must not leave."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unsealed:
    """The finished bytes may not go any more, and no mail server was given them: the message is to be sealed anew."""

    reason: str


@dataclass(frozen=True, slots=True)
class SealingDeferred:
    """It cannot be sealed now for a reason that may pass: it waits, unsealed. `reason` is the id of the error."""

    reason: str


@dataclass(frozen=True, slots=True)
class MailAccepted:
    """A mail server took the message (SMTP 2xx after DATA)."""


@dataclass(frozen=True, slots=True)
class MailDeferred:
    """A mail server said "later" (4xx), or there was no connection; it does not have the message."""

    reason: str


@dataclass(frozen=True, slots=True)
class MailRefused:
    """A mail server refused for good (5xx); it does not have the message, and nobody knows another address."""

    reason: str


@dataclass(frozen=True, slots=True)
class MailUnknown:
    """The connection ended after the message was written and before the answer: it may or may not have it."""

    reason: str


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """A mail server refused for good (5xx), and the address register has another EDI address of the receiver by now."""

    reason: str


@dataclass(frozen=True, slots=True)
class AckVerified:
    """An Acknowledgment from the receiver: signature verified, references those that we signed."""


@dataclass(frozen=True, slots=True)
class WarningVerified:
    """A MessageError with highestSeverity Warning, verified: received, with a remark."""

    reason: str


@dataclass(frozen=True, slots=True)
class ErrorVerified:
    """A MessageError with highestSeverity Error, verified: received and refused. `reason` is code and description."""

    reason: str


@dataclass(frozen=True, slots=True)
class AckMismatched:
    """A verified Acknowledgment whose references are not those that we signed."""


@dataclass(frozen=True, slots=True)
class SignalUnverified:
    """A signal that names our message but whose signature or sender does not hold."""

    reason: str


@dataclass(frozen=True, slots=True)
class FaultReceived:
    """A SOAP Fault that belongs to our mail (`In-Reply-To`, `References`)."""

    reason: str


@dataclass(frozen=True, slots=True)
class BounceReceived:
    """A delivery status notification `failed` for our mail."""

    reason: str


@dataclass(frozen=True, slots=True)
class TimerFired:
    """`due` has come. `mailbox_emptied` is when the mailbox was last read to its end, None if never."""

    mailbox_emptied: datetime | None


@dataclass(frozen=True, slots=True)
class AppRecArrived:
    """A verified AppRec for the payload of this message, of whatever status."""


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """An operator gives the message up."""

    reason: str


@dataclass(frozen=True, slots=True)
class ResendRequested:
    """An operator wants the same bytes on the wire again, now (`delivery/resending.py` says when that is right)."""

    reason: str


Event = (
    Sealed
    | SendRuleFailed
    | SealingDeferred
    | Unsealed
    | MailAccepted
    | MailDeferred
    | MailRefused
    | MailUnknown
    | AddressChanged
    | AckVerified
    | WarningVerified
    | ErrorVerified
    | AckMismatched
    | SignalUnverified
    | FaultReceived
    | BounceReceived
    | TimerFired
    | AppRecArrived
    | CancelRequested
    | ResendRequested
)

# ── effects ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class News(StrEnum):
    """What the application that handed the message over is told."""

    NOT_SENT = "not_sent"
    TRANSPORT_OK = "transport_ok"
    TRANSPORT_OK_WITH_WARNING = "transport_ok_with_warning"
    TRANSPORT_OK_LATE = "transport_ok_late"
    REFUSED = "refused"
    NOT_DELIVERED = "not_delivered"
    OUTCOME_UNKNOWN = "outcome_unknown"
    """Nobody answered: the receiver may have the message. Never to be shown as "not received"."""
    CANCELLED = "cancelled"
    NOTHING_TO_CANCEL = "nothing_to_cancel"


class AlarmRule(StrEnum):
    """Why an operator is told."""

    SEND_RULE = "send_rule"
    MAIL_WAITING = "mail_waiting"
    MAIL_REFUSED = "mail_refused"
    SENT_AFTER_CANCEL = "sent_after_cancel"
    ACK_REFERENCES = "ack_references"
    SIGNAL_NOT_VERIFIED = "signal_not_verified"
    REFUSED = "refused"
    FAULT = "fault"
    BOUNCE = "bounce"
    NO_ANSWER = "no_answer"
    LATE_ANSWER = "late_answer"
    APPREC_WITHOUT_ACK = "apprec_without_ack"
    SIGNALS_CONTRADICT = "signals_contradict"
    """Protocol violation: the receiver has said two different things of one message."""
    APPREC_NOT_EXPECTED = "apprec_not_expected"
    """Protocol violation: an AppRec for a message that was never sent, or was refused."""


@dataclass(frozen=True, slots=True)
class Transmit:
    """Put the stored bytes on a socket at `at` or after. `resend` is 0 for the first hand-over."""

    resend: int
    at: datetime


@dataclass(frozen=True, slots=True)
class PollMailbox:
    """Read the mailbox to its end, then fire the timer again (HITS 1171 §8.1)."""


@dataclass(frozen=True, slots=True)
class TellApplication:
    news: News
    reason: str


@dataclass(frozen=True, slots=True)
class Alarm:
    rule: AlarmRule
    reason: str


Effect = Transmit | PollMailbox | TellApplication | Alarm
