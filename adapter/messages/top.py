"""What every nursing and care message (PLO) begins with: status, patient details, relatives, units, who answers for it.

The common top (`plo.md` §2.3): the same seven elements in the same order in every version, in the component namespace
of the version. In 2.0 they stand in an element of their own (`plo.md` §2.4.3), have a few parts more, and are followed
by two further elements about contacts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from adapter.messages.datatypes import (
    Code,
    add,
    add_code,
    add_date,
    add_flag,
    add_text,
    child,
    child_code,
    child_flag,
    child_text,
    children,
    plain_date,
)
from adapter.messages.namespaces import PO_20_NS, clark
from adapter.messages.nodes import Node
from adapter.messages.parties import (
    IN_CONTENT,
    Organisation,
    Person,
    Professional,
    read_organisation,
    read_person,
    read_professional,
    write_organisation,
    write_person,
    write_professional,
)
from adapter.messages.xml import Element

PO_20: Final = clark(PO_20_NS)


@dataclass(frozen=True, slots=True)
class Request:
    """The request that a message answers (forespørsel), copied from the asking message."""

    type: Code | None = None
    purpose: Code | None = None
    urgency: Code | None = None
    record_category: Code | None = None
    question: str | None = None
    reason: str | None = None
    from_date: date | None = None
    to_date: date | None = None
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class PatientDetails:
    """Further facts about the patient: marital status (8724), whether alone at home, language (3303); the rest 2.0."""

    marital_status: Code | None = None
    lives_alone: bool | None = None
    language: Code | None = None
    receives_services: bool | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Relative:
    """Next of kin or guardian (pårørende, foresatt); `child_born` is the birth year of a child under 18, from 1.6 on.

    `nearest` tells the next of kin proper, in 2.0 only.
    """

    person: Person
    kinship: Code | None = None
    care_function: Code | None = None
    child_born: str | None = None
    remark: str | None = None
    nearest: bool | None = None


@dataclass(frozen=True, slots=True)
class ContactUnit:
    """The unit that answers questions (tilknyttet enhet)."""

    organisation: Organisation
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A health professional to contact, such as the GP with role 6."""

    professional: Professional
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Responsible:
    """Who answers for the report (ansvar for rapport); in readiness and withdrawal the one who decided."""

    professional: Professional
    approved: date | None = None
    relation: Code | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class SentDocument:
    """A document sent elsewhere about the same matter."""

    information: Code | None
    sent: bool | None
    sent_on: date | None = None
    receiver_type: Code | None = None
    receiver_name: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Interpreting:
    """How to talk with the patient or a relative (assistert kommunikasjon), in the top from 2.0 on."""

    person: Person | None = None
    hearing_loss: bool | None = None
    sight_loss: bool | None = None
    language: Code | None = None
    interpreter: Person | None = None
    until: date | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class PatientContact:
    """Another person around the patient (pasientrelatert kontaktperson), from 2.0 on."""

    person: Person
    position: str | None = None
    workplace: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Top:
    """The common top. `status` is the shipment status (forsendelsesstatus, list 7309).

    `remark`, `interpreting` and `other_contacts` are of 2.0.
    """

    status: Code | None = None
    objects_to_forwarding: bool | None = None
    answers_request: bool | None = None
    request: Request | None = None
    patient: PatientDetails | None = None
    relatives: tuple[Relative, ...] = ()
    units: tuple[ContactUnit, ...] = ()
    contacts: tuple[Contact, ...] = ()
    responsible: tuple[Responsible, ...] = ()
    sent_documents: tuple[SentDocument, ...] = ()
    remark: str | None = None
    interpreting: tuple[Interpreting, ...] = ()
    other_contacts: tuple[PatientContact, ...] = ()


NO_TOP: Final = Top()
"""A top that says nothing."""


def read_top(root: Node, po: str) -> Top:
    """Read the common top of a content root; `po` is the component namespace in Clark notation. Never raises."""
    info = child(root, po + "InformasjonOmForsendelsen")
    details = child(root, po + "TilleggsopplysningPasient")
    return Top(
        child_code(info, po + "Forsendelsesstatus"),
        child_flag(info, po + "ForbeholdOmVideresending"),
        child_flag(info, po + "SvarPaaForesporsel"),
        _read_request(child(info, po + "Foresporsel"), po),
        None
        if details is None
        else PatientDetails(
            child_code(details, po + "SivilStatus"),
            child_flag(details, po + "BorAlene"),
            child_code(details, po + "Sprak"),
            child_flag(details, po + "MottarKommunaleTjenester"),
            child_text(details, po + "Merknad"),
        ),
        tuple(
            Relative(
                read_person(person, IN_CONTENT),
                child_code(relative, po + "Slektskap"),
                child_code(relative, po + "Omsorgsfunksjon"),
                child_text(relative, po + "FodselsarMindrearigParorende"),
                child_text(relative, po + "Merknad"),
                child_flag(relative, po + "NarmesteParorende"),
            )
            for relative in children(root, po + "ParorendeForesatt")
            for person in children(relative, po + "Referanseperson")
        ),
        tuple(
            ContactUnit(read_organisation(unit, IN_CONTENT), child_text(linked, po + "Merknad"))
            for linked in children(root, po + "TilknyttetEnhet")
            for unit in children(linked, po + "Kontaktenhet")
        ),
        tuple(
            Contact(read_professional(person, IN_CONTENT), child_text(contact, po + "Merknad"))
            for contact in children(root, po + "KontaktpersonHelsepersonell")
            for person in children(contact, po + "Kontaktperson")
        ),
        tuple(
            Responsible(
                read_professional(person, IN_CONTENT),
                plain_date(child_text(responsible, po + "GodkjentDato")),
                child_code(responsible, po + "TypeRelasjon"),
                child_text(responsible, po + "Merknad"),
            )
            for responsible in children(root, po + "AnsvarForRapport")
            for person in children(responsible, po + "AnsvarligRapport")
        ),
        tuple(
            SentDocument(
                child_code(sent, po + "Opplysning"),
                child_flag(sent, po + "JaNei"),
                plain_date(child_text(sent, po + "DatoSendt")),
                child_code(sent, po + "TypeMottaker"),
                child_text(sent, po + "NavnMottaker"),
                child_text(sent, po + "Merknad"),
            )
            for sent in children(root, po + "SendtDokument")
        ),
        child_text(info, po + "Merknad"),
        *(_read_contacts(root, po) if po == PO_20 else ()),
    )


def _read_contacts(root: Node, po: str) -> tuple[tuple[Interpreting, ...], tuple[PatientContact, ...]]:
    def person(element: Node, name: str) -> Person | None:
        found = child(element, po + name)
        return read_person(found, IN_CONTENT) if found is not None else None

    return (
        tuple(
            Interpreting(
                person(element, "PersonTolkebehov"),
                child_flag(element, po + "Horselsvikt"),
                child_flag(element, po + "Synsvikt"),
                child_code(element, po + "BehovTolkSprak"),
                person(element, "PreferertTolk"),
                plain_date(child_text(element, po + "BehovOpphortDato")),
                child_text(element, po + "Merknad"),
            )
            for element in children(root, po + "AssistertKommunikasjon")
        ),
        tuple(
            PatientContact(
                read_person(known, IN_CONTENT),
                child_text(element, po + "StillingRolle"),
                child_text(element, po + "Arbeidssted"),
                child_text(element, po + "Merknad"),
            )
            for element in children(root, po + "PasientrelatertKontaktperson")
            for known in children(element, po + "Referanseperson")
        ),
    )


def _read_request(element: Node | None, po: str) -> Request | None:
    if element is None:
        return None
    return Request(
        child_code(element, po + "TypeForesp"),
        child_code(element, po + "Formål"),
        child_code(element, po + "Hastegrad"),
        child_code(element, po + "TypeJournalinfo"),
        child_text(element, po + "Sporsmal"),
        child_text(element, po + "Begrunnelse"),
        plain_date(child_text(element, po + "FraDato")),
        plain_date(child_text(element, po + "TilDato")),
        child_text(element, po + "RefDokIdForesp"),
    )


def write_top(root: Element, top: Top, po: str) -> None:
    """Write the common top into a content root that is still empty."""
    info = add(root, po + "InformasjonOmForsendelsen")
    add_code(info, po + "Forsendelsesstatus", top.status)
    add_flag(info, po + "ForbeholdOmVideresending", top.objects_to_forwarding)
    add_flag(info, po + "SvarPaaForesporsel", top.answers_request)
    if top.request is not None:
        _write_request(add(info, po + "Foresporsel"), top.request, po)
    add_text(info, po + "Merknad", top.remark)
    if top.patient is not None:
        details = add(root, po + "TilleggsopplysningPasient")
        add_code(details, po + "SivilStatus", top.patient.marital_status)
        add_flag(details, po + "BorAlene", top.patient.lives_alone)
        add_code(details, po + "Sprak", top.patient.language)
        add_flag(details, po + "MottarKommunaleTjenester", top.patient.receives_services)
        add_text(details, po + "Merknad", top.patient.remark)
    for relative in top.relatives:
        element = add(root, po + "ParorendeForesatt")
        add_code(element, po + "Slektskap", relative.kinship)
        add_code(element, po + "Omsorgsfunksjon", relative.care_function)
        add_text(element, po + "FodselsarMindrearigParorende", relative.child_born)
        add_flag(element, po + "NarmesteParorende", relative.nearest)
        write_person(add(element, po + "Referanseperson"), relative.person, IN_CONTENT)
        add_text(element, po + "Merknad", relative.remark)
    for unit in top.units:
        element = add(root, po + "TilknyttetEnhet")
        write_organisation(add(element, po + "Kontaktenhet"), unit.organisation, IN_CONTENT)
        add_text(element, po + "Merknad", unit.remark)
    for contact in top.contacts:
        element = add(root, po + "KontaktpersonHelsepersonell")
        write_professional(add(element, po + "Kontaktperson"), contact.professional, IN_CONTENT)
        add_text(element, po + "Merknad", contact.remark)
    for responsible in top.responsible:
        element = add(root, po + "AnsvarForRapport")
        write_professional(add(element, po + "AnsvarligRapport"), responsible.professional, IN_CONTENT)
        add_date(element, po + "GodkjentDato", responsible.approved)
        add_code(element, po + "TypeRelasjon", responsible.relation)
        add_text(element, po + "Merknad", responsible.remark)
    for sent in top.sent_documents:
        element = add(root, po + "SendtDokument")
        add_code(element, po + "Opplysning", sent.information)
        add_flag(element, po + "JaNei", sent.sent)
        add_date(element, po + "DatoSendt", sent.sent_on)
        add_code(element, po + "TypeMottaker", sent.receiver_type)
        add_text(element, po + "NavnMottaker", sent.receiver_name)
        add_text(element, po + "Merknad", sent.remark)
    _write_contacts(root, top, po)


def _write_contacts(root: Element, top: Top, po: str) -> None:
    for one in top.interpreting:
        element = add(root, po + "AssistertKommunikasjon")
        if one.person is not None:
            write_person(add(element, po + "PersonTolkebehov"), one.person, IN_CONTENT)
        add_flag(element, po + "Horselsvikt", one.hearing_loss)
        add_flag(element, po + "Synsvikt", one.sight_loss)
        add_code(element, po + "BehovTolkSprak", one.language)
        if one.interpreter is not None:
            write_person(add(element, po + "PreferertTolk"), one.interpreter, IN_CONTENT)
        add_date(element, po + "BehovOpphortDato", one.until)
        add_text(element, po + "Merknad", one.remark)
    for known in top.other_contacts:
        element = add(root, po + "PasientrelatertKontaktperson")
        add_text(element, po + "StillingRolle", known.position)
        add_text(element, po + "Arbeidssted", known.workplace)
        write_person(add(element, po + "Referanseperson"), known.person, IN_CONTENT)
        add_text(element, po + "Merknad", known.remark)


def _write_request(element: Element, request: Request, po: str) -> None:
    add_code(element, po + "TypeForesp", request.type)
    add_code(element, po + "Formål", request.purpose)
    add_code(element, po + "Hastegrad", request.urgency)
    add_code(element, po + "TypeJournalinfo", request.record_category)
    add_text(element, po + "Sporsmal", request.question)
    add_text(element, po + "Begrunnelse", request.reason)
    add_date(element, po + "FraDato", request.from_date)
    add_date(element, po + "TilDato", request.to_date)
    add_text(element, po + "RefDokIdForesp", request.document_id)
