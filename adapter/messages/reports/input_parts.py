"""What an integrator hands in about the parts of a report: relatives, texts, diagnoses, medicines, services, and so on.

As in `messages/inputs.py`. Headings and uses of medicines are English words; `lists.py` knows the codes behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from adapter.messages.input_parts import STRICT, ClockTime, CodeText, DateOrClockTime, Phone, ProfessionalInput, Text

Number = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,4})?$", description="a number, as 2 or 0.5")]
Minutes = Annotated[int, Field(ge=1, le=1440, description="minutes")]

Heading = Literal[
    "reason_for_admission",
    "problem",
    "family_and_social",
    "course_and_treatment",
    "findings",
    "function_and_aid",
    "information_given",
    "plans",
    "sick_leave",
    "earlier_illnesses",
    "wanted_examination",
    "assessment",
    "patient_status",
    "expected_course",
]
NursingHeading = Literal[
    "admission_status",
    "nursing_diagnosis",
    "nursing_summary",
    "discharge_status",
    "patient_view",
    "practical",
    "other",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeInput:
    """Next of kin or guardian: kinship of list 9033 (`SO`), care function of list 9050; a minor with birth year."""

    family_name: Text
    given_name: Text
    kinship: CodeText | None = None
    care_function: CodeText | None = None
    child_born: Annotated[int, Field(ge=1990, le=2100, description="birth year of a child under 18")] | None = None
    phone: Phone | None = None
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class TextInput:
    """A medical text under a heading."""

    heading: Heading
    text: Text
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class NursingTextInput:
    """A nursing text under a heading."""

    heading: NursingHeading
    text: Text
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisCodeInput:
    """A code of a diagnosis with its name; the classifications are too large to be kept here."""

    system: Literal["ICD-10", "ICPC-2"]
    code: CodeText
    name: Text
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisInput:
    """A diagnosis: code, words, or both."""

    code: DiagnosisCodeInput | None = None
    text: Text | None = None
    main: bool = False
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if self.code is None and self.text is None:
            raise ValueError("has a code, a text, or both")


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierIllnessInput:
    """An earlier illness in a few words."""

    illness: Text
    chronic: bool = False
    code: DiagnosisCodeInput | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyInput:
    """An allergy, and what has to be minded because of it."""

    allergic_to: Text
    on_prescribing: bool = False
    food_or_drink: bool = False
    contact: bool = False
    pollen_or_sting: bool = False
    text: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthInput:
    """How strong a medicine is, as 2.5 mg."""

    number: Number
    unit: CodeText
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineInput:
    """A medicine in use, or stopped; form of list 7448 (`53` is a tablet)."""

    name: Text
    generic_name: Text | None = None
    form: CodeText | None = None
    strength: StrengthInput | None = None
    dosage: Text | None = None
    purpose: Text | None = None
    use: Literal["regular", "course", "as_needed", "vaccine", "nutrition"] | None = None
    multidose: bool = False
    stopped: bool = False
    starts: date | None = None
    ends: date | None = None
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMedicineInput:
    """A medicine given by health personnel around the transfer, or handed out to the patient in so many doses."""

    name: Text
    at: DateOrClockTime
    handed_out_doses: Annotated[int, Field(ge=1, le=10_000)] | None = None
    quantity: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if self.handed_out_doses is not None and self.quantity is not None:
            raise ValueError("has handed_out_doses for what is handed out, quantity for what was given, not both")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInput:
    """A service that the patient receives: type of list 9151 (`15`), name, or both."""

    type: CodeText | None = None
    name: Text | None = None
    private: bool = False
    delivered_by: Text | None = None
    about: Text | None = None
    amount: Number | None = None
    unit: Text | None = None
    starts: date
    ends: date | None = None
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if self.type is None and self.name is None:
            raise ValueError("has a type, a name, or both")


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedInput:
    """A service that the patient will need: type of list 9151, name, or both."""

    type: CodeText | None = None
    name: Text | None = None
    institution: Text | None = None
    description: Text | None = None
    amount: Number | None = None
    unit: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if self.type is None and self.name is None:
            raise ValueError("has a type, a name, or both")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionInput:
    """How the patient manages one thing: variable of list 9111, score 1 (well) to 5, or 9 for not relevant."""

    variable: CodeText
    score: Literal[1, 2, 3, 4, 5, 9]
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class NursingInput:
    """What the nurse tells: texts, help that is needed, measures, medicines given at the transfer."""

    texts: tuple[NursingTextInput, ...] = ()
    dressing_material: bool | None = None
    help_with_medicines: bool | None = None
    change_of_function: Text | None = None
    measures_taken: tuple[Text, ...] = ()
    measures_recommended: tuple[Text, ...] = ()
    transfer_medicines: tuple[GivenMedicineInput, ...] = ()
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfessionReportInput:
    """The report of another profession, such as a physiotherapist."""

    responsible: ProfessionalInput
    text: Text
    expected_at_discharge: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationInput:
    """How to talk with the patient; language of list 3303."""

    language: CodeText | None = None
    hearing_loss: bool | None = None
    sight_loss: bool | None = None
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if (self.language, self.hearing_loss, self.sight_loss, self.remark) == (None, None, None, None):
            raise ValueError("says something")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInput:
    """A person by name."""

    family_name: Text
    given_name: Text
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationInput:
    """That somebody was informed; type of list 9502 (`K`)."""

    to: PersonInput
    by: ProfessionalInput
    day: date
    type: CodeText | None = None
    text: Text | None = None
    spoken: bool = False
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationInput:
    """Something that the patient does not want."""

    about: Text
    by: PersonInput
    day: date
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentInput:
    """A control appointment: booked (`at`), about known (`about_when`, not in 1.5), or to be booked by somebody."""

    at: ClockTime | None = None
    minutes: Minutes | None = None
    about_when: Text | None = None
    place: Text | None = None
    to_be_booked_by: Literal["patient_or_relatives", "others"] | None = None
    patient_informed: bool = False
    relatives_informed: bool = False
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def __post_init__(self) -> None:
        if sum(told is not None for told in (self.at, self.about_when, self.to_be_booked_by)) != 1:
            raise ValueError("has one of at, about_when and to_be_booked_by")
        if self.minutes is not None and self.at is None:
            raise ValueError("has minutes only together with at")
        if self.place is not None and self.to_be_booked_by is not None:
            raise ValueError("has no place before it is booked")
