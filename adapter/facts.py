"""What has happened to a stay: each fact is (what, when, how known, digest), never a boolean.

Facts are what delivery, liability and evidence share. A fact is never changed and never taken away; a cancellation,
a correction, a receipt or a person's classification is a fact of its own that refers to the message it is about.
`Fact.when` is when the addressee had the message, or when the thing happened; a plain `date` where only the date is
known (a date is never turned into midnight, LI-022). Every fact but the two about another message has a `Carrier`,
because any message can be repeated, and can be cancelled; what happened to a patient (admitted, discharged, death,
leave) stands whatever its receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from adapter.values import Digest, Moment, MsgId


class HowKnown(StrEnum):
    """What a fact rests on."""

    THEIR_MESSAGE = "their_signed_message"
    """a message the other party signed and we verified"""
    THEIR_RECEIPT = "their_signed_receipt"
    """an Acknowledgment or AppRec the other party signed for a message of ours"""
    OUR_MESSAGE = "our_message"
    """a message we sent; its arrival is not proved by it alone"""
    PERSON = "person"
    """somebody's note, with who and why in the exchange's journal"""
    IMPORT = "import"
    """a file handed in, such as a case file"""


class AnswerKind(StrEnum):
    """The municipality's answer in the words of LI-042."""

    ACCEPT = "accept"
    LATER = "later"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    UNCLEAR = "unclear"


class ReceiptStatus(StrEnum):
    """What is known of the AppRec of a message."""

    OK = "ok"
    NEGATIVE = "neg"
    NONE = "none"


class Channel(StrEnum):
    """How a notice was given (LI-037)."""

    MESSAGE = "message"
    MANUAL = "manual"


class MunicipalService(StrEnum):
    """The service of a municipality that a message was addressed to (LI-036; code list 8663)."""

    CASE_WORK = "case_work"
    """decides who gets which service (Saksbehandling, KD0501)"""
    NURSING = "nursing"
    """gives nursing care (Sykepleietjeneste, KP02)"""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The AppRec of a message. `at` is when a positive one was made; None means at the time of the message itself."""

    status: ReceiptStatus = ReceiptStatus.OK
    at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """The message that carried a fact: its MsgId (None for a fact without one), its other clocks, its AppRec.

    `generated` is the sender's GenDate and `sent` the first hand-over to transport; None means the time of the fact.
    `service` is what the addressee is in the municipality by the directory, None where the directory does not say.
    """

    message: MsgId | None = None
    generated: Moment | None = None
    sent: Moment | None = None
    receipt: Receipt = Receipt()
    service: MunicipalService | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """The patient was admitted (innlagt)."""

    carrier: Carrier = Carrier()


@dataclass(frozen=True, slots=True)
class AdmissionNotice:
    """Notice of an admitted patient (varsel etter § 8, tidligvarsel): `type` as in `HELSEOPPL_SOKNAD/1`."""

    carrier: Carrier
    type: str = "HELSEOPPL_SOKNAD/1"
    need_identified: Moment | None = None


@dataclass(frozen=True, slots=True)
class ReadyNotice:
    """Notice of a discharge-ready patient (varsel etter § 10, utskrivningsklar) with the ready date."""

    carrier: Carrier
    ready: date
    channel: Channel = Channel.MESSAGE


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Readiness withdrawn (avmelding): from `effective` on; None where the message names no date (LI-057)."""

    carrier: Carrier
    effective: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The municipality's answer (§ 11), classified."""

    carrier: Carrier
    answer: AnswerKind
    promised: date | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A message said never to have been (kansellering, Forsendelsesstatus C)."""

    carrier: Carrier
    refers_to: MsgId | None


@dataclass(frozen=True, slots=True)
class Correction:
    """A message with new content (Forsendelsesstatus M); what is None is not replaced (LI-064)."""

    carrier: Carrier
    refers_to: MsgId | None
    ready: date | None = None
    effective: date | None = None
    answer: AnswerKind | None = None
    promised: date | None = None


@dataclass(frozen=True, slots=True)
class DischargeDocument:
    """A discharge document arrived (epikrise, utskrivningsrapport; LI-066)."""

    carrier: Carrier


@dataclass(frozen=True, slots=True)
class Discharged:
    """The patient left the hospital (utskrevet)."""

    carrier: Carrier = Carrier()


@dataclass(frozen=True, slots=True)
class Death:
    """The patient died."""

    carrier: Carrier = Carrier()


@dataclass(frozen=True, slots=True)
class Leave:
    """The patient was on leave (permisjon); raises a flag only (LI-068)."""

    carrier: Carrier = Carrier()


@dataclass(frozen=True, slots=True)
class ReceiptGiven:
    """An AppRec for `refers_to` was made by its receiver; it takes the place of what the carrier says."""

    refers_to: MsgId
    status: ReceiptStatus


@dataclass(frozen=True, slots=True)
class AnswerClassified:
    """A person read the answer `refers_to` and said what it means (LI-042); the latest such reading holds."""

    refers_to: MsgId
    answer: AnswerKind
    promised: date | None = None


What = (
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
    | ReceiptGiven
    | AnswerClassified
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened: `digest` is that of the bytes that prove it, None for a person's note."""

    what: What
    when: Moment | date
    how: HowKnown
    digest: Digest | None = None
