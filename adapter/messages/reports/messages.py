"""What the reports of nursing and care say: their parts in the order of the wire, in every version.

`plo.md` §2.5. All begin with the common top. The two versions share their structure but for a few parts that only 1.6
has; those are None or empty when read from 1.5. The two reports of 2.0 are others (`coming.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from adapter.messages.datatypes import add
from adapter.messages.kinds import CONTENTS, Content, Family, content_of
from adapter.messages.logistics import TimedEvent, Version
from adapter.messages.namespaces import clark
from adapter.messages.nodes import Node
from adapter.messages.reports.care import (
    Absence,
    Aids,
    Appointment,
    AppointmentToBook,
    AssistedCommunication,
    ConsultationKind,
    ContentKind,
    Diagnosis,
    Functions,
    InformationGiven,
    MedicalRecord,
    OtherImportant,
    OwnApplication,
    RegisterInformation,
    Reservation,
    Service,
    ServiceNeed,
    TentativeAppointment,
)
from adapter.messages.reports.coming import CaseHandlingInformation, Summary
from adapter.messages.reports.nursing import Nursing, OtherProfession
from adapter.messages.reports.record import Medication
from adapter.messages.reports.table import epj3, one_of, po, read_table, write_table
from adapter.messages.top import Top, read_top, write_top
from adapter.messages.xml import Element

_DIAGNOSES: Final = po("InfoMedisinskDiagnose", "MedisinskDiagnose", together=True)
_INFORMATION: Final = po("InfoInformasjonGitt", "InformasjonGitt", together=True)
_RESERVATIONS: Final = po("InfoReservasjon", "ReservasjonOnske", together=True)
_COMMUNICATION: Final = po("InfoAssistertKommunikasjon", "AssistertKommunikasjon")
_STAY: Final = po("OpplysningOpphold", "TidsfestetHendelse")


@dataclass(frozen=True, slots=True)
class AdmissionReport:
    """What the municipality tells the hospital of a patient admitted (innleggelsesrapport)."""

    version: Version
    top: Top
    diagnoses: Annotated[tuple[Diagnosis, ...], _DIAGNOSES] = ()
    medical: Annotated[MedicalRecord | None, po("MedisinskfagligeOpplysninger")] = None
    medications: Annotated[tuple[Medication, ...], epj3("Legemiddelinfo")] = ()
    services: Annotated[tuple[Service, ...], po("EksisterendeTjeneste")] = ()
    functions: Annotated[Functions | None, po("InfoKartleggingFunksjonsniva")] = None
    important: Annotated[OtherImportant | None, po("InfoAndreViktigeOpplysninger")] = None
    nursing: Annotated[Nursing | None, po("Sykepleierdokumentasjon")] = None
    other_professions: Annotated[OtherProfession | None, po("OpplysningerAndreFaggrupper")] = None
    aids: Annotated[Aids | None, po("OpplysningerOmHjelpemidler")] = None
    communication: Annotated[tuple[AssistedCommunication, ...], _COMMUNICATION] = ()
    reservations: Annotated[tuple[Reservation, ...], _RESERVATIONS] = ()
    information_given: Annotated[tuple[InformationGiven, ...], _INFORMATION] = ()


@dataclass(frozen=True, slots=True)
class DischargeReport:
    """What the hospital tells at the discharge (utskrivningsrapport; the element is called TverrfagligEpikrise)."""

    version: Version
    top: Top
    content: Annotated[ContentKind | None, po("TypeInnholdIMelding")] = None
    stay: Annotated[tuple[TimedEvent, ...], _STAY] = ()
    diagnoses: Annotated[tuple[Diagnosis, ...], _DIAGNOSES] = ()
    medical: Annotated[MedicalRecord | None, po("MedisinskfagligeOpplysninger")] = None
    medications: Annotated[tuple[Medication, ...], epj3("Legemiddelinfo")] = ()
    important: Annotated[OtherImportant | None, po("InfoAndreViktigeOpplysninger")] = None
    nursing: Annotated[Nursing | None, po("Sykepleierdokumentasjon")] = None
    other_professions: Annotated[tuple[OtherProfession, ...], po("OpplysningerAndreFaggrupper")] = ()
    functions: Annotated[Functions | None, po("InfoKartleggingFunksjonsniva")] = None
    needs: Annotated[tuple[ServiceNeed, ...], po("TjenesteBehov")] = ()
    information_given: Annotated[tuple[InformationGiven, ...], _INFORMATION] = ()
    communication: Annotated[tuple[AssistedCommunication, ...], _COMMUNICATION] = ()
    reservations: Annotated[tuple[Reservation, ...], _RESERVATIONS] = ()
    appointments: Annotated[
        tuple[Appointment | AppointmentToBook | TentativeAppointment, ...],
        one_of(
            "po",
            "InfoKontrolltime",
            InformasjonOmTime=Appointment,
            KontrolltimeBestill=AppointmentToBook,
            InformasjonOmTentativTime=TentativeAppointment,
        ),
    ] = ()
    aids: Annotated[Aids | None, po("OpplysningerOmHjelpemidler")] = None


@dataclass(frozen=True, slots=True)
class HealthInformation:
    """What the hospital tells during a stay (helseopplysninger): the early notice first, updates later (list 9140).

    The kind and the stay are in 1.6 only; `stay` holds the expected ready date (PL-059).
    """

    version: Version
    top: Top
    content: Annotated[ContentKind | None, po("TypeInnholdIMelding")] = None
    stay: Annotated[tuple[TimedEvent, ...], _STAY] = ()
    application: Annotated[OwnApplication | None, po("OpplysningerTilSoknad")] = None
    diagnoses: Annotated[tuple[Diagnosis, ...], _DIAGNOSES] = ()
    medical: Annotated[MedicalRecord | None, po("MedisinskfagligeOpplysninger")] = None
    nursing: Annotated[Nursing | None, po("Sykepleierdokumentasjon")] = None
    other_professions: Annotated[tuple[OtherProfession, ...], po("OpplysningerAndreFaggrupper")] = ()
    functions: Annotated[Functions | None, po("InfoKartleggingFunksjonsniva")] = None
    communication: Annotated[tuple[AssistedCommunication, ...], _COMMUNICATION] = ()
    information_given: Annotated[tuple[InformationGiven, ...], _INFORMATION] = ()
    needs: Annotated[tuple[ServiceNeed, ...], po("TjenesteBehov")] = ()


@dataclass(frozen=True, slots=True)
class HealthInformationToGp:
    """What the municipality tells the GP (helseopplysninger til lege; the element is called Konsultasjon)."""

    version: Version
    top: Top
    content: Annotated[ConsultationKind | None, po("InnholdKonsultasjon")] = None
    diagnoses: Annotated[tuple[Diagnosis, ...], _DIAGNOSES] = ()
    medical: Annotated[MedicalRecord | None, po("MedisinskfagligeOpplysninger")] = None
    medications: Annotated[tuple[Medication, ...], epj3("Legemiddelinfo")] = ()
    important: Annotated[OtherImportant | None, po("InfoAndreViktigeOpplysninger")] = None
    nursing: Annotated[Nursing | None, po("Sykepleierdokumentasjon")] = None
    functions: Annotated[Functions | None, po("InfoKartleggingFunksjonsniva")] = None
    information_given: Annotated[tuple[InformationGiven, ...], _INFORMATION] = ()
    communication: Annotated[tuple[AssistedCommunication, ...], _COMMUNICATION] = ()
    reservations: Annotated[tuple[Reservation, ...], _RESERVATIONS] = ()


@dataclass(frozen=True, slots=True)
class MedicalInformation:
    """What a doctor tells the municipality (medisinske opplysninger; list 9138)."""

    version: Version
    top: Top
    content: Annotated[ContentKind | None, po("TypeInnholdIMelding")] = None
    application: Annotated[OwnApplication | None, po("OpplysningerTilSoknad")] = None
    diagnoses: Annotated[tuple[Diagnosis, ...], _DIAGNOSES] = ()
    medical: Annotated[MedicalRecord | None, po("MedisinskfagligeOpplysninger")] = None
    medications: Annotated[tuple[Medication, ...], epj3("Legemiddelinfo")] = ()
    register: Annotated[RegisterInformation | None, po("InfoIPLOSrelevantInformasjon")] = None
    other_professions: Annotated[tuple[OtherProfession, ...], po("OpplysningerAndreFaggrupper")] = ()
    functions: Annotated[Functions | None, po("InfoKartleggingFunksjonsniva")] = None
    communication: Annotated[tuple[AssistedCommunication, ...], _COMMUNICATION] = ()
    information_given: Annotated[tuple[InformationGiven, ...], _INFORMATION] = ()
    needs: Annotated[tuple[ServiceNeed, ...], po("TjenesteBehov")] = ()
    important: Annotated[OtherImportant | None, po("InfoAndreViktigeOpplysninger")] = None
    reservations: Annotated[tuple[Reservation, ...], _RESERVATIONS] = ()


@dataclass(frozen=True, slots=True)
class ServicesOffered:
    """Which services the municipality gives the patient (orientering om tjenestetilbud)."""

    version: Version
    top: Top
    services: Annotated[tuple[Service, ...], po("EksisterendeTjeneste")] = ()
    communication: Annotated[tuple[AssistedCommunication, ...], po("AssistertKommunikasjon")] = ()


@dataclass(frozen=True, slots=True)
class AbsenceNotice:
    """That the receiver is away (melding om fravær); dropped after 1.5."""

    version: Version
    top: Top
    absence: Annotated[Absence | None, po("Fraversassistent")] = None


Report = (
    AdmissionReport
    | DischargeReport
    | HealthInformation
    | HealthInformationToGp
    | MedicalInformation
    | ServicesOffered
    | AbsenceNotice
    | CaseHandlingInformation
    | Summary
)

_V1: Final = (Version.V1_5, Version.V1_6)
_TABLES: Final[tuple[tuple[Family, type[Report], tuple[Version, ...]], ...]] = (
    (Family.ADMISSION_REPORT, AdmissionReport, _V1),
    (Family.DISCHARGE_REPORT, DischargeReport, _V1),
    (Family.HEALTH_INFORMATION, HealthInformation, _V1),
    (Family.HEALTH_INFORMATION_TO_GP, HealthInformationToGp, _V1),
    (Family.MEDICAL_INFORMATION, MedicalInformation, _V1),
    (Family.SERVICES_OFFERED, ServicesOffered, _V1),
    (Family.ABSENCE, AbsenceNotice, (Version.V1_5,)),
    (Family.HEALTH_INFORMATION, CaseHandlingInformation, (Version.V2_0,)),
    (Family.SUMMARY, Summary, (Version.V2_0,)),
)
"""Which content standard has which model in which versions."""

_BY_STANDARD: Final = {
    (family, version.value): (table, version) for family, table, versions in _TABLES for version in versions
}
_STANDARDS: Final = {
    _BY_STANDARD[content.family, content.version]: content
    for content in CONTENTS
    if (content.family, content.version) in _BY_STANDARD
}


def standard_of(report: Report) -> Content:
    """The content standard that a report is written in. Raises `KeyError` for a version that has no such report."""
    return _STANDARDS[type(report), report.version]


def is_report(tag: str) -> bool:
    """Whether a payload root of this tag is one of these reports, in a version read here."""
    standard = content_of(tag)
    return standard is not None and (standard.family, standard.version) in _BY_STANDARD


def read_report(payload: Node) -> Report:
    """Read the content of a report; `is_report(payload.tag)` holds. Never raises for what is inside."""
    standard = content_of(payload.tag)
    assert standard is not None
    components = clark(standard.components)
    table: type[Report]
    table, version = _BY_STANDARD[standard.family, standard.version]
    if version is Version.V2_0:
        return read_table(table, payload, components, version=version)
    return read_table(table, payload, components, version=version, top=read_top(payload, components))


def write_report(content: Element, report: Report) -> None:
    """Write the report into the Content of a document."""
    standard = standard_of(report)
    components = clark(standard.components)
    payload = add(content, standard.tag)
    if report.version is not Version.V2_0:
        write_top(payload, report.top, components)
    write_table(payload, report, components)
