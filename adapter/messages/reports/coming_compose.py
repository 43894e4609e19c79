"""How the input of a report of version 2.0 becomes its head and model."""

from __future__ import annotations

from dataclasses import replace

from adapter.messages.compose import Composed, Composer, telephone
from adapter.messages.logistics import Version
from adapter.messages.parties import Person
from adapter.messages.reports.care import ContentKind, CurrentService, OtherImportant, OwnApplication
from adapter.messages.reports.coming import (
    CaseHandlingInformation,
    DescribedFunction,
    FollowUpFacts,
    IndividualPlan,
    MedicineAgreement,
    MedicineHandling,
    MedicineHelp,
    MedicineReview,
    MedicinesHandedOut,
    Prescribing,
    Summary,
)
from adapter.messages.reports.coming_inputs import (
    CaseHandlingInformationInput,
    ComingInput,
    CurrentServiceInput,
    DescribedFunctionInput,
    MedicineHandlingInput,
    OtherContactInput,
    PlanInput,
    SummaryInput,
)
from adapter.messages.reports.compose import kind_of_content, personal_top
from adapter.messages.reports.input_parts import CommunicationInput
from adapter.messages.reports.parts import Parts, decimal, each
from adapter.messages.reports.table import FlowingText
from adapter.messages.top import Interpreting, PatientContact, PatientDetails, Top


def case_handling_information(composer: Composer, message: CaseHandlingInformationInput) -> Composed:
    parts, sent, help_ = Parts(composer), message.own_application_sent, message.medicine_help
    report = CaseHandlingInformation(
        Version(message.version),
        ContentKind(kind_of_content(composer, message.about)),
        _top(parts, message),
        OwnApplication(sent) if sent is not None else None,
        diagnoses=tuple(map(parts.diagnosis, message.diagnoses)),
        cave=parts.cave(message.critical),
        notes=parts.note(parts.texts(message.texts, "$.texts")),
        medicine_help=MedicineHelp(remark=help_) if help_ is not None else None,
        functions=_functions(parts, message),
        plan=_plan(message.plan),
        service=_service(parts, message.service),
        important=_important(parts, message),
    )
    return Composed(composer.head(message, "HELSEOPPL_SOKNAD"), report)


def summary(composer: Composer, message: SummaryInput) -> Composed:
    parts = Parts(composer)
    follow_up = FollowUpFacts(message.dressing_material, message.change_of_function)
    report = Summary(
        Version(message.version),
        ContentKind(kind_of_content(composer, message.about)),
        _top(parts, message),
        diagnoses=tuple(map(parts.diagnosis, message.diagnoses)),
        cave=parts.cave(message.critical),
        notes=parts.note(parts.texts(message.texts, "$.texts")),
        medicines=_medicines(message.medicines),
        functions=_functions(parts, message),
        plan=_plan(message.plan),
        follow_up=follow_up if follow_up != FollowUpFacts() else None,
        service=_service(parts, message.service),
        important=_important(parts, message),
        appointments=tuple(map(parts.appointment, message.appointments)),
    )
    return Composed(composer.head(message, "SAMMENFATNING"), report)


# ── what both share ─────────────────────────────────────────────────────────────────────────────────────────────────


def _top(parts: Parts, message: ComingInput) -> Top:
    top = personal_top(parts, message)
    if message.receives_services is not None:
        top = replace(
            top, patient=replace(top.patient or PatientDetails(), receives_services=message.receives_services)
        )

    def interpreting(one: CommunicationInput, path: str) -> Interpreting:
        told = parts.communication(one, path)
        return Interpreting(None, told.hearing_loss, told.sight_loss, told.language, remark=told.remark)

    return replace(
        top,
        remark=message.remark,
        interpreting=each(message.communication, "$.communication", interpreting),
        other_contacts=tuple(map(_other_contact, message.other_contacts)),
    )


def _other_contact(one: OtherContactInput) -> PatientContact:
    phones = (telephone(one.phone),) if one.phone is not None else ()
    person = Person(one.family_name, None, one.given_name, telecoms=phones)
    return PatientContact(person, one.position, one.workplace, one.remark)


def _functions(parts: Parts, message: ComingInput) -> tuple[DescribedFunction, ...]:
    def described(one: DescribedFunctionInput, path: str) -> DescribedFunction:
        variable = parts.optional("9111", one.variable, f"{path}.variable")
        return DescribedFunction(variable, FlowingText(one.text), one.day, one.remark)

    return each(message.functions, "$.functions", described)


def _plan(one: PlanInput | None) -> IndividualPlan | None:
    return IndividualPlan(one.exists, one.coordinator, one.remark) if one is not None else None


def _service(parts: Parts, one: CurrentServiceInput | None) -> CurrentService | None:
    if one is None:
        return None
    return CurrentService(
        parts.optional("9151", one.type, "$.service.type"),
        one.name,
        one.private,
        one.delivered_by,
        one.about,
        decimal(one.amount),
        one.unit,
        one.starts,
        one.ends,
    )


def _important(parts: Parts, message: ComingInput) -> OtherImportant | None:
    notes = parts.note(parts.texts(message.important, "$.important"))
    told = OtherImportant(notes, tuple(map(parts.allergy, message.allergies)))
    return told if told != OtherImportant() else None


def _medicines(one: MedicineHandlingInput | None) -> MedicineHandling | None:
    """All five parts, which the schema demands, however little they say."""
    if one is None:
        return None
    return MedicineHandling(
        MedicineHelp(remark=one.help),
        MedicinesHandedOut(one.taken_today, one.handed_out),
        MedicineAgreement(one.handed_out_by_agreement, one.multidose),
        MedicineReview(one.reviewed, one.reconciled),
        Prescribing(electronic=one.electronic_prescription, remark=one.remark),
    )
