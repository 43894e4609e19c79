"""What an integrator hands in to have a report of version 2.0 built: one frozen dataclass per kind.

As in `messages/inputs.py`. The version is published and not in use; nobody is sent it before the parties have agreed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from pydantic import ConfigDict

from adapter.messages.input_parts import STRICT, CodeText, Phone, Text
from adapter.messages.reports.input_parts import (
    AllergyInput,
    AppointmentInput,
    DiagnosisInput,
    Number,
    NursingTextInput,
    TextInput,
)
from adapter.messages.reports.inputs import PersonalInput


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherContactInput:
    """Another person around the patient, with position and place of work."""

    family_name: Text
    given_name: Text
    position: Text | None = None
    workplace: Text | None = None
    phone: Phone | None = None
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedFunctionInput:
    """How the patient manages one thing, in words; variable of list 9111."""

    variable: CodeText | None = None
    text: Text
    day: date | None = None
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInput:
    """Whether there is an individual plan, and a coordinator."""

    exists: bool
    coordinator: bool | None = None
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentServiceInput:
    """The service that the patient receives; type of list 9151."""

    type: CodeText | None = None
    name: Text
    private: bool = False
    delivered_by: Text | None = None
    about: Text | None = None
    amount: Number | None = None
    unit: Text | None = None
    starts: date | None = None
    ends: date | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineHandlingInput:
    """Help with medicines, what was handed out, agreements, review and prescriptions."""

    help: Text | None = None
    taken_today: tuple[Text, ...] = ()
    handed_out: tuple[Text, ...] = ()
    handed_out_by_agreement: bool
    multidose: bool
    reviewed: date | None = None
    reconciled: date | None = None
    electronic_prescription: bool | None = None
    remark: Text | None = None
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingInput(PersonalInput):
    """What both reports of 2.0 say."""

    version: Literal["2.0"] = "2.0"
    receives_services: bool | None = None
    other_contacts: tuple[OtherContactInput, ...] = ()
    diagnoses: tuple[DiagnosisInput, ...] = ()
    critical: tuple[Text, ...] = ()
    texts: tuple[TextInput | NursingTextInput, ...] = ()
    functions: tuple[DescribedFunctionInput, ...] = ()
    plan: PlanInput | None = None
    service: CurrentServiceInput | None = None
    important: tuple[NursingTextInput, ...] = ()
    allergies: tuple[AllergyInput, ...] = ()
    remark: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHandlingInformationInput(ComingInput):
    """What the hospital tells the case handlers during a stay (helseopplysninger saksbehandling).

    The first message of a stay is new and an early notice, every later one a change and an update.
    """

    about: Literal["early_notice", "update"]
    own_application_sent: bool | None = None
    medicine_help: Text | None = None

    def __post_init__(self) -> None:
        ComingInput.__post_init__(self)
        if (self.status, self.about) in {("new", "update"), ("changed", "early_notice")}:
            raise ValueError("is new as early_notice and changed as update")


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryInput(ComingInput):
    """What is told when a period of care ends (sammenfatning)."""

    about: Literal["discharge", "birth", "after_consultation", "answer", "application"] = "discharge"
    medicines: MedicineHandlingInput | None = None
    dressing_material: bool | None = None
    change_of_function: Text | None = None
    appointments: tuple[AppointmentInput, ...] = ()


AnyComingInput = CaseHandlingInformationInput | SummaryInput
