"""How the input of a report becomes its head and model, one function per kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from adapter.messages.codes import Event
from adapter.messages.compose import Composed, Composer
from adapter.messages.datatypes import Code, Timestamp
from adapter.messages.logistics import TimedEvent, Version
from adapter.messages.reports.care import ConsultationKind, ContentKind, MedicalRecord
from adapter.messages.reports.inputs import (
    AdmissionReportInput,
    ClinicalInput,
    DischargeReportInput,
    EarlyNoticeInput,
    HealthInformationInput,
    HealthInformationToGpInput,
    HealthInformationUpdateInput,
    MedicalInformationInput,
    PersonalInput,
    ReportInput,
    ServicesOfferedInput,
)
from adapter.messages.reports.lists import CONTENT_KINDS, HEADINGS
from adapter.messages.reports.messages import (
    AdmissionReport,
    DischargeReport,
    HealthInformation,
    HealthInformationToGp,
    MedicalInformation,
    ServicesOffered,
)
from adapter.messages.reports.parts import Parts, each
from adapter.messages.reports.record import JournalText
from adapter.messages.top import Contact, PatientDetails, Request, SentDocument, Top
from adapter.values import HerId

_OWN_APPLICATION: Final = "1"
"""Of list 8329: the patient's own application (egensøknad)."""


def admission_report(composer: Composer, message: AdmissionReportInput) -> Composed:
    parts = Parts(composer)
    other = message.other_profession
    report = AdmissionReport(
        Version(message.version),
        _top(parts, message),
        diagnoses=tuple(map(parts.diagnosis, message.diagnoses)),
        medical=_medical(parts, message),
        medications=each(message.medicines, "$.medicines", parts.medication),
        services=each(message.services, "$.services", parts.service),
        functions=parts.functions(message.functions, message.functions_remark),
        important=parts.important(message.important),
        nursing=parts.nursing(message.nursing),
        other_professions=parts.other_profession(other, "$.other_profession") if other is not None else None,
        communication=each(message.communication, "$.communication", parts.communication),
        reservations=tuple(map(parts.reservation, message.reservations)),
        information_given=each(message.information_given, "$.information_given", parts.information),
    )
    return Composed(composer.head(message, "INNLEGGELSESRAPPORT"), report)


def discharge_report(composer: Composer, message: DischargeReportInput) -> Composed:
    parts = Parts(composer)
    report = DischargeReport(
        Version(message.version),
        _top(parts, message),
        ContentKind(kind_of_content(composer, message.about)),
        _stay(composer, message),
        diagnoses=tuple(map(parts.diagnosis, message.diagnoses)),
        medical=_medical(parts, message),
        medications=each(message.medicines, "$.medicines", parts.medication),
        important=parts.important(message.important),
        nursing=parts.nursing(message.nursing),
        other_professions=each(message.other_professions, "$.other_professions", parts.other_profession),
        functions=parts.functions(message.functions, message.functions_remark),
        needs=each(message.needs, "$.needs", parts.need),
        information_given=each(message.information_given, "$.information_given", parts.information),
        communication=each(message.communication, "$.communication", parts.communication),
        reservations=tuple(map(parts.reservation, message.reservations)),
        appointments=tuple(map(parts.appointment, message.appointments)),
    )
    return Composed(composer.head(message, "UTSKRIVNINGSRAPPORT"), report)


def early_notice(composer: Composer, message: EarlyNoticeInput) -> Composed:
    return _health_information(composer, message, "early_notice")


def health_information_update(composer: Composer, message: HealthInformationUpdateInput) -> Composed:
    return _health_information(composer, message, "update")


def _health_information(composer: Composer, message: HealthInformationInput, kind: str) -> Composed:
    """The expected ready date is an estimate, a date without clock (PL-059)."""
    parts = Parts(composer)
    takes_5 = HerId(message.receiver.her) in composer.choices.takes_event_5
    chosen = message.expected_ready_code or ("5" if takes_5 else "3")
    event = Event.READY if chosen == "3" else Event.EXPECTED_READY
    ready = TimedEvent(event.cv(), Timestamp.read(message.expected_ready.isoformat()), estimate=True)
    course = tuple(
        JournalText(composer.code(*HEADINGS[heading], f"$.{heading}"), text)
        for heading, text in (
            ("patient_status", message.patient_status),
            ("expected_course", message.expected_course),
        )
    )
    report = HealthInformation(
        Version(message.version),
        _top(parts, message),
        ContentKind(kind_of_content(composer, kind)),
        (ready,),
        diagnoses=tuple(map(parts.diagnosis, message.diagnoses)),
        medical=_medical(parts, message, course),
        nursing=parts.nursing(message.nursing),
        other_professions=each(message.other_professions, "$.other_professions", parts.other_profession),
        functions=parts.functions(message.functions, message.functions_remark),
        communication=each(message.communication, "$.communication", parts.communication),
        information_given=each(message.information_given, "$.information_given", parts.information),
        needs=each(message.needs, "$.needs", parts.need),
    )
    return Composed(composer.head(message, "HELSEOPPL_SOKNAD"), report)


def health_information_to_gp(composer: Composer, message: HealthInformationToGpInput) -> Composed:
    parts = Parts(composer)
    report = HealthInformationToGp(
        Version(message.version),
        _top(parts, message),
        ConsultationKind(kind_of_content(composer, message.about).without_list()),
        diagnoses=tuple(map(parts.diagnosis, message.diagnoses)),
        medical=_medical(parts, message),
        medications=each(message.medicines, "$.medicines", parts.medication),
        important=parts.important(message.important),
        nursing=parts.nursing(message.nursing),
        functions=parts.functions(message.functions, message.functions_remark),
        information_given=each(message.information_given, "$.information_given", parts.information),
        communication=each(message.communication, "$.communication", parts.communication),
        reservations=tuple(map(parts.reservation, message.reservations)),
    )
    return Composed(composer.head(message, "HELSEOPPLYSNINGER_LEGE"), report)


def medical_information(composer: Composer, message: MedicalInformationInput) -> Composed:
    parts, sent = Parts(composer), message.own_application_sent
    top = _top(parts, message)
    if sent is not None:
        application = composer.code("8329", _OWN_APPLICATION, "$.own_application_sent")
        top = replace(top, sent_documents=(SentDocument(application, sent),))
    report = MedicalInformation(
        Version(message.version),
        top,
        ContentKind(kind_of_content(composer, message.about)),
        diagnoses=tuple(map(parts.diagnosis, message.diagnoses)),
        medical=_medical(parts, message),
        medications=each(message.medicines, "$.medicines", parts.medication),
        other_professions=each(message.other_professions, "$.other_professions", parts.other_profession),
        functions=parts.functions(message.functions, message.functions_remark),
        communication=each(message.communication, "$.communication", parts.communication),
        information_given=each(message.information_given, "$.information_given", parts.information),
        needs=each(message.needs, "$.needs", parts.need),
        important=parts.important(message.important),
        reservations=tuple(map(parts.reservation, message.reservations)),
    )
    return Composed(composer.head(message, "MEDISINSKE_OPPLYSNINGER"), report)


def services_offered(composer: Composer, message: ServicesOfferedInput) -> Composed:
    parts = Parts(composer)
    report = ServicesOffered(
        Version(message.version),
        _top(parts, message),
        each(message.services, "$.services", parts.service),
        each(message.communication, "$.communication", parts.communication),
    )
    return Composed(composer.head(message, "ORIENTERING_TJENESTETILBUD"), report)


# ── what several kinds share ────────────────────────────────────────────────────────────────────────────────────────


def personal_top(parts: Parts, message: PersonalInput) -> Top:
    """What every version has in its common top."""
    composer = parts.composer
    details = PatientDetails(
        composer.code("8724", message.marital_status, "$.marital_status").without_list()
        if message.marital_status is not None
        else None,
        message.lives_alone,
        composer.code("3303", message.language, "$.language").without_list() if message.language is not None else None,
    )
    top = composer.top(message)
    return replace(
        top,
        patient=details if details != PatientDetails() else None,
        relatives=each(message.relatives, "$.relatives", parts.relative),
        contacts=tuple(map(Contact, each(message.contacts, "$.contacts", composer.professional))),
        responsible=tuple(replace(one, approved=message.approved) for one in top.responsible),
    )


def _top(parts: Parts, message: ReportInput) -> Top:
    top, asked = personal_top(parts, message), message.answers
    if asked is None:
        return top
    request = parts.composer.asked(asked, "$.answers")
    return replace(
        top,
        answers_request=True,
        request=Request(request.type, question=request.question, document_id=request.document_id),
    )


def _medical(parts: Parts, message: ClinicalInput, texts: tuple[JournalText, ...] = ()) -> MedicalRecord | None:
    """Texts that a kind demands stand before the others, in one note with them."""
    told = MedicalRecord(
        earlier_illnesses=tuple(map(parts.earlier_illness, message.earlier_illnesses)),
        cave=parts.cave(message.critical),
        allergies=tuple(map(parts.allergy, message.allergies)),
        notes=parts.note((*texts, *parts.texts(message.texts, "$.texts"))),
    )
    return told if told != MedicalRecord() else None


def kind_of_content(composer: Composer, word: str) -> Code:
    """The code behind the word for what a message is about."""
    number, v = CONTENT_KINDS[word]
    return composer.code(number, v, "$.about")


def _stay(composer: Composer, message: DischargeReportInput) -> tuple[TimedEvent, ...]:
    times = ((Event.ADMITTED, message.admitted), (Event.DISCHARGED, message.discharged))
    return tuple(composer.event(event, time) for event, time in times if time is not None)
