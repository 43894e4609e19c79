"""What an integrator hands in to have a message built: one frozen dataclass per kind, in English.

From these models come the JSON Schema, the validation (pydantic, every mistake at once) and the messages themselves
(`building.py`). Parties are named by HER-id; a name and an organisation may be given along, otherwise the partner
directory knows them. What the kinds share is in `input_parts.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from adapter.messages.datatypes import Timestamp
from adapter.messages.input_parts import (
    STRICT,
    AskedInput,
    AttachmentInput,
    ClockTime,
    CodeText,
    DateOrClockTime,
    PartyInput,
    PatientInput,
    ProfessionalInput,
    ReferenceInput,
    Text,
    UnitInput,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageInput:
    """What every message says. `written` is when the document was written; without it the time of building."""

    sender: PartyInput
    receiver: PartyInput
    copies: tuple[PartyInput, ...] = ()
    patient: PatientInput
    reference: ReferenceInput | None = None
    written: ClockTime | None = None
    attachments: tuple[AttachmentInput, ...] = ()
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class CareInput(MessageInput):
    """What every nursing and care message says: whether it is new, and who answers for it."""

    status: Literal["new", "changed", "cancelled"] = "new"
    unit: UnitInput
    responsible: tuple[ProfessionalInput, ...] = ()

    def __post_init__(self) -> None:
        if self.status != "new" and self.reference is None:
            raise ValueError("that changes or cancels an earlier one names it in reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticsInput(CareInput):
    """What every logistics message says. It may be new or cancel an earlier one, never change it (HISD 1154 §3.1).

    Version 2.0 is coming and not yet in use; there every time has a clock.
    """

    version: Literal["1.6", "1.5", "2.0"] = "1.6"
    status: Literal["new", "cancelled"] = "new"
    remark: Text | None = None

    def __post_init__(self) -> None:
        CareInput.__post_init__(self)
        if self.version != "2.0":
            return
        times = [(name, getattr(self, name, None)) for name in ("admitted", "ready", "withdrawn", "discharged", "died")]
        bare = [name for name, time in times if time is not None and not Timestamp.read(time).has_clock]
        if bare:
            names = " and ".join(bare)
            raise ValueError(f"of version 2.0 needs a clock in {names}, such as 2024-03-05T10:00:00+01:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedInput(LogisticsInput):
    """The patient is admitted (innlagt)."""

    admitted: ClockTime
    place: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeReadyInput(LogisticsInput):
    """The patient is ready for discharge (utskrivningsklar); the first of `responsible` decided it."""

    admitted: DateOrClockTime
    ready: DateOrClockTime
    responsible: Annotated[tuple[ProfessionalInput, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalInput(LogisticsInput):
    """The patient is no longer ready (avmelding); the first of `responsible` decided it."""

    withdrawn: DateOrClockTime
    admitted: DateOrClockTime | None = None
    ready: DateOrClockTime | None = None
    responsible: Annotated[tuple[ProfessionalInput, ...], Field(min_length=1)]


Destination = Literal[
    "home",
    "place_of_injury",
    "other_specialist_institution",
    "institution_abroad",
    "other_somatic_unit",
    "other_unit",
    "patient_hotel",
    "nursing_home",
    "municipal_acute_unit",
    "other",
    "unknown",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargedInput(LogisticsInput):
    """The patient has left (utskrevet), alive or dead."""

    discharged: DateOrClockTime
    destination: Destination
    state: Literal["alive", "dead", "suicide"] = "alive"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathInput(LogisticsInput):
    """A receiver of municipal services has died at home (orientering om dødsfall); between municipality and GP."""

    died: DateOrClockTime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessAnswerInput(MessageInput):
    """The municipality's answer to a discharge-ready patient; `text` follows the line that says it."""

    answer: Literal["accept", "later", "refuse", "withdraw"]
    day: date | None = None
    text: Text | None = None
    contact: ProfessionalInput
    reference: ReferenceInput

    def __post_init__(self) -> None:
        if (self.day is not None) != (self.answer in {"accept", "later"}):
            raise ValueError("has a day with the answers accept and later, and none with refuse and withdraw")
        if self.contact.phone is None:
            raise ValueError("needs a phone number of the contact")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionInput(MessageInput):
    """A request for information (forespørsel)."""

    version: Literal["1.0", "1.1"] = "1.0"
    question: AskedInput
    contact: ProfessionalInput


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerInput(MessageInput):
    """The answer to a request (svar på forespørsel), with the request copied in."""

    version: Literal["1.0", "1.1"] = "1.0"
    reference: ReferenceInput
    question: AskedInput
    text: Text
    contact: ProfessionalInput


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteInput(MessageInput):
    """A note about the patient (notat), of its own or about an earlier message; the readiness answer is not one."""

    version: Literal["1.0", "1.1"] = "1.0"
    theme: Literal["about_patient", "unspecified", "supplementary", "enquiry"]
    text: Text
    contact: ProfessionalInput


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalDialogInput(MessageInput):
    """A clinical dialog (helsefaglig dialog): theme, subject and text. A first enquiry names whom it is for in `to`."""

    theme: Literal["enquiry", "health_information", "medication_information"]
    subject: Text
    text: Text
    contact: ProfessionalInput
    to: ProfessionalInput | None = None

    def __post_init__(self) -> None:
        if self.contact.phone is None:
            raise ValueError("needs a phone number of the contact")
        if self.theme == "enquiry" and self.reference is None and self.to is None:
            raise ValueError("that opens an enquiry names the receiver's contact in to")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationInput(MessageInput):
    """Something wrong with a message that was accepted (tilbakemelding om feil i mottatt melding)."""

    reference: ReferenceInput
    reason: Literal["wrong_addressee", "incomplete", "other"]
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRecErrorInput:
    """An error of list 8221; `explanation` is demanded by X99, T99 and S99."""

    code: CodeText
    explanation: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if self.code in {"X99", "T99", "S99"} and self.explanation is None:
            raise ValueError(f"{self.code} says nothing by itself: write in explanation what is wrong, in a few words")


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalInput:
    """The message that is receipted: its type (list 8279), MsgId and GenDate."""

    type: CodeText
    id: Text
    generated: ClockTime
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRecInput:
    """An application receipt: positive without errors. `sender` is the receiver of the original."""

    version: Literal["1.1", "1.0"] = "1.1"
    sender: PartyInput
    receiver: PartyInput
    role: Literal["primary", "copy"] = "primary"
    errors: tuple[AppRecErrorInput, ...] = ()
    original: OriginalInput
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


Input = (
    AdmittedInput
    | DischargeReadyInput
    | WithdrawalInput
    | DischargedInput
    | DeathInput
    | ReadinessAnswerInput
    | QuestionInput
    | AnswerInput
    | NoteInput
    | ClinicalDialogInput
    | DeviationInput
    | AppRecInput
)
