"""What an integrator hands in to have a report built: one frozen dataclass per kind.

As in `messages/inputs.py`. Kinds of content are English words; `lists.py` knows the codes behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from adapter.messages.input_parts import AskedInput, CodeText, DateOrClockTime, ProfessionalInput, Text
from adapter.messages.inputs import CareInput
from adapter.messages.reports.input_parts import (
    AllergyInput,
    AppointmentInput,
    CommunicationInput,
    DiagnosisInput,
    EarlierIllnessInput,
    FunctionInput,
    InformationInput,
    MedicineInput,
    NeedInput,
    NursingInput,
    NursingTextInput,
    ProfessionReportInput,
    RelativeInput,
    ReservationInput,
    ServiceInput,
    TextInput,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalInput(CareInput):
    """What every report of every version says of the patient's circumstances. `approved` is the day of its approval."""

    approved: date | None = None
    marital_status: CodeText | None = None
    lives_alone: bool | None = None
    language: CodeText | None = None
    relatives: tuple[RelativeInput, ...] = ()
    contacts: tuple[ProfessionalInput, ...] = ()
    communication: tuple[CommunicationInput, ...] = ()

    def __post_init__(self) -> None:
        CareInput.__post_init__(self)
        if self.approved is not None and not self.responsible:
            raise ValueError("that is approved names who is responsible")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput(PersonalInput):
    """What every report of the versions in use says. `answers` is the question it answers."""

    version: Literal["1.6", "1.5"] = "1.6"
    answers: AskedInput | None = None

    def __post_init__(self) -> None:
        PersonalInput.__post_init__(self)
        if self.answers is not None and self.reference is None:
            raise ValueError("that answers a question names it in reference")
        if self.version == "1.5" and any(relative.child_born is not None for relative in self.relatives):
            raise ValueError("of version 1.5 takes no child_born; leave it out")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalInput(ReportInput):
    """What all reports but the list of services may say about the patient."""

    diagnoses: tuple[DiagnosisInput, ...] = ()
    earlier_illnesses: tuple[EarlierIllnessInput, ...] = ()
    critical: tuple[Text, ...] = ()
    allergies: tuple[AllergyInput, ...] = ()
    texts: tuple[TextInput, ...] = ()
    functions: tuple[FunctionInput, ...] = ()
    functions_remark: Text | None = None
    information_given: tuple[InformationInput, ...] = ()

    def __post_init__(self) -> None:
        ReportInput.__post_init__(self)
        if self.functions_remark is not None and not self.functions:
            raise ValueError("has functions_remark only together with functions")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionReportInput(ClinicalInput):
    """What the municipality tells the hospital of a patient admitted (innleggelsesrapport)."""

    medicines: tuple[MedicineInput, ...] = ()
    services: tuple[ServiceInput, ...] = ()
    nursing: NursingInput | None = None
    other_profession: ProfessionReportInput | None = None
    reservations: tuple[ReservationInput, ...] = ()
    important: tuple[NursingTextInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeReportInput(ClinicalInput):
    """What the hospital tells at the discharge (utskrivningsrapport)."""

    about: Literal["discharge", "birth"] = "discharge"
    admitted: DateOrClockTime | None = None
    discharged: DateOrClockTime | None = None
    medicines: tuple[MedicineInput, ...] = ()
    nursing: NursingInput | None = None
    other_professions: tuple[ProfessionReportInput, ...] = ()
    needs: tuple[NeedInput, ...] = ()
    appointments: tuple[AppointmentInput, ...] = ()
    reservations: tuple[ReservationInput, ...] = ()
    important: tuple[NursingTextInput, ...] = ()

    def __post_init__(self) -> None:
        ClinicalInput.__post_init__(self)
        if self.version == "1.5" and any(one.about_when is not None for one in self.appointments):
            raise ValueError("of version 1.5 takes no about_when in an appointment; leave it out")


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthInformationInput(ClinicalInput):
    """What the hospital tells during a stay (helseopplysninger): when ready, how the patient is, what is expected.

    `expected_ready_code` 5 (expected ready) is for receivers known to take it; all official examples send 3 as an
    estimate (`plo.md` X-3). Left out, the configuration decides by the receiver (`choices.takes_event_5`).
    """

    version: Literal["1.6"] = "1.6"
    expected_ready: date
    expected_ready_code: Literal["3", "5"] | None = None
    patient_status: Text
    expected_course: Text
    nursing: NursingInput | None = None
    other_professions: tuple[ProfessionReportInput, ...] = ()
    needs: tuple[NeedInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyNoticeInput(HealthInformationInput):
    """The early notice (tidligmelding, varsel om innlagt pasient): first of a stay, within 24 hours of admission."""

    status: Literal["new", "cancelled"] = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthInformationUpdateInput(HealthInformationInput):
    """A later message of the stay, with the complete content again; `reference` names the one before."""

    status: Literal["changed", "cancelled"] = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthInformationToGpInput(ClinicalInput):
    """What the municipality tells the GP (helseopplysninger til lege)."""

    status: Literal["new", "cancelled"] = "new"
    about: Literal["status_report", "assessment_wanted"]
    medicines: tuple[MedicineInput, ...] = ()
    nursing: NursingInput | None = None
    reservations: tuple[ReservationInput, ...] = ()
    important: tuple[NursingTextInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicalInformationInput(ClinicalInput):
    """What a doctor tells the municipality (medisinske opplysninger)."""

    status: Literal["new", "cancelled"] = "new"
    about: Literal["after_consultation", "answer", "application"]
    own_application_sent: bool | None = None
    medicines: tuple[MedicineInput, ...] = ()
    other_professions: tuple[ProfessionReportInput, ...] = ()
    needs: tuple[NeedInput, ...] = ()
    reservations: tuple[ReservationInput, ...] = ()
    important: tuple[NursingTextInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesOfferedInput(ReportInput):
    """Which services the municipality gives the patient, each with its start (orientering om tjenestetilbud)."""

    status: Literal["new", "cancelled"] = "new"
    services: Annotated[tuple[ServiceInput, ...], Field(min_length=1)]


AnyReportInput = (
    AdmissionReportInput
    | DischargeReportInput
    | EarlyNoticeInput
    | HealthInformationUpdateInput
    | HealthInformationToGpInput
    | MedicalInformationInput
    | ServicesOfferedInput
)
