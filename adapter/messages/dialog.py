"""What a dialog message says (Dialogmelding 1.0 and 1.1): questions, or notes with a theme and a text.

`plo.md` §2.7. Version 1.0 and 1.1 differ in a few elements only; what a version does not have is None when read and
left out when written. Text of any content (plain or XHTML) is read as flowing text and written plain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from adapter.messages.datatypes import (
    Code,
    add,
    add_code,
    add_date,
    add_text,
    child,
    child_code,
    child_text,
    children,
    code_of,
    flowing_text,
    plain_date,
)
from adapter.messages.namespaces import DIALOG_10_NS, DIALOG_11_NS, clark, namespace_of
from adapter.messages.nodes import Node
from adapter.messages.parties import (
    IN_CONTENT,
    IN_DIALOG_10,
    IN_DIALOG_11,
    Dialect,
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


class DialogVersion(StrEnum):
    """The versions of the dialog message."""

    V1_0 = "1.0"
    V1_1 = "1.1"

    @property
    def namespace(self) -> str:
        return DIALOG_10_NS if self is DialogVersion.V1_0 else DIALOG_11_NS

    @property
    def dialect(self) -> Dialect:
        return IN_DIALOG_10 if self is DialogVersion.V1_0 else IN_DIALOG_11


_VERSIONS: Final = {version.namespace: version for version in DialogVersion}


@dataclass(frozen=True, slots=True)
class NoteUnit:
    """A unit with a role in a note, and the person to ask for there; 1.1 only."""

    organisation: Organisation
    remark: str | None = None
    professional: Professional | None = None
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class NoteRole:
    """Who has to do with a note (roller relatert notat): role in the note (9057), role towards the patient (9034)."""

    role: Code | None = None
    role_to_patient: Code | None = None
    unit: NoteUnit | None = None
    professional: Professional | None = None
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A request (forespørsel) in a dialog message, or the copy of one in its answer."""

    type: Code | None = None
    subject: str | None = None
    question: str | None = None
    purpose: Code | None = None
    reason: str | None = None
    urgency: Code | None = None
    from_date: date | None = None
    to_date: date | None = None
    record_categories: tuple[Code, ...] = ()
    detail: Code | None = None
    document_id: str | None = None
    roles: tuple[NoteRole, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A note (notat): its theme as a code, the theme in words (1.1), the text."""

    theme_code: Code | None = None
    theme: str | None = None
    text: str | None = None
    remark: str | None = None
    document_id: str | None = None
    written: date | None = None
    question: Question | None = None
    roles: tuple[NoteRole, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialog:
    """A dialog message: questions or notes, never both."""

    version: DialogVersion
    questions: tuple[Question, ...] = ()
    notes: tuple[Note, ...] = ()


def is_dialog(tag: str) -> bool:
    """Whether a payload root of this tag is a dialog message of a version read here."""
    version = _VERSIONS.get(namespace_of(tag))
    return version is not None and tag == clark(version.namespace) + "Dialogmelding"


def read_dialog(payload: Node) -> Dialog:
    """Read the content of a dialog message; `is_dialog(payload.tag)` holds. Never raises for what is inside."""
    version = _VERSIONS[namespace_of(payload.tag)]
    own = clark(version.namespace)
    return Dialog(
        version,
        tuple(_read_question(question, own, version.dialect) for question in children(payload, own + "Foresporsel")),
        tuple(_read_note(note, own, version.dialect) for note in children(payload, own + "Notat")),
    )


def _read_note(element: Node, own: str, dialect: Dialect) -> Note:
    question = child(element, own + "Foresporsel")
    return Note(
        child_code(element, own + "TemaKodet"),
        child_text(element, own + "Tema"),
        flowing_text(child(element, own + "TekstNotatInnhold")),
        child_text(element, own + "Merknad"),
        child_text(element, own + "DokIdNotat"),
        plain_date(child_text(element, own + "DatoNotat")),
        _read_question(question, own, dialect) if question is not None else None,
        _read_roles(element, own, dialect),
    )


def _read_question(element: Node, own: str, dialect: Dialect) -> Question:
    return Question(
        child_code(element, own + "TypeForesp"),
        child_text(element, own + "EmneSporsmal"),
        flowing_text(child(element, own + "Sporsmal")),
        child_code(element, own + "Formål"),
        child_text(element, own + "Begrunnelse"),
        child_code(element, own + "Hastegrad"),
        plain_date(child_text(element, own + "FraDato")),
        plain_date(child_text(element, own + "TilDato")),
        tuple(code for part in children(element, own + "TypeJournalinfo") if (code := code_of(part)) is not None),
        child_code(element, own + "KodetOpplysning"),
        child_text(element, own + "DokIdForesp"),
        _read_roles(element, own, dialect),
    )


def _read_roles(element: Node, own: str, dialect: Dialect) -> tuple[NoteRole, ...]:
    return tuple(
        NoteRole(
            child_code(role, own + "RolleNotat"),
            child_code(role, own + "RoleToPatient"),
            _read_unit(child(role, own + "TilknyttetEnhet"), own, dialect),
            _read_professional(role, own, dialect),
            _read_person(role, own, dialect),
        )
        for role in children(element, own + "RollerRelatertNotat")
    )


def _read_unit(element: Node | None, own: str, dialect: Dialect) -> NoteUnit | None:
    unit = child(element, own + "Kontaktenhet")
    if element is None or unit is None:
        return None
    return NoteUnit(
        read_organisation(unit, IN_CONTENT),
        child_text(element, own + "Merknad"),
        _read_professional(element, own, dialect),
        _read_person(element, own, dialect),
    )


def _read_professional(element: Node, own: str, dialect: Dialect) -> Professional | None:
    found = child(element, own + "HealthcareProfessional")
    return read_professional(found, dialect) if found is not None else None


def _read_person(element: Node, own: str, dialect: Dialect) -> Person | None:
    found = child(element, own + "Person")
    return read_person(found, dialect) if found is not None else None


def write_dialog(content: Element, message: Dialog) -> None:
    """Write the message into the Content of a document."""
    own, dialect = clark(message.version.namespace), message.version.dialect
    payload = add(content, own + "Dialogmelding")
    for question in message.questions:
        _write_question(add(payload, own + "Foresporsel"), question, own, dialect)
    for note in message.notes:
        element = add(payload, own + "Notat")
        add_code(element, own + "TemaKodet", note.theme_code)
        add_text(element, own + "Tema", note.theme)
        add_text(element, own + "TekstNotatInnhold", note.text)
        add_text(element, own + "Merknad", note.remark)
        add_text(element, own + "DokIdNotat", note.document_id)
        add_date(element, own + "DatoNotat", note.written)
        if note.question is not None:
            _write_question(add(element, own + "Foresporsel"), note.question, own, dialect)
        _write_roles(element, note.roles, own, dialect)


def _write_question(element: Element, question: Question, own: str, dialect: Dialect) -> None:
    add_code(element, own + "TypeForesp", question.type)
    add_text(element, own + "EmneSporsmal", question.subject)
    add_text(element, own + "Sporsmal", question.question)
    add_code(element, own + "Formål", question.purpose)
    add_text(element, own + "Begrunnelse", question.reason)
    add_code(element, own + "Hastegrad", question.urgency)
    add_date(element, own + "FraDato", question.from_date)
    add_date(element, own + "TilDato", question.to_date)
    for category in question.record_categories:
        add_code(element, own + "TypeJournalinfo", category)
    add_code(element, own + "KodetOpplysning", question.detail)
    add_text(element, own + "DokIdForesp", question.document_id)
    _write_roles(element, question.roles, own, dialect)


def _write_roles(parent: Element, roles: tuple[NoteRole, ...], own: str, dialect: Dialect) -> None:
    for role in roles:
        element = add(parent, own + "RollerRelatertNotat")
        add_code(element, own + "RolleNotat", role.role)
        add_code(element, own + "RoleToPatient", role.role_to_patient)
        if role.unit is not None:
            unit = add(element, own + "TilknyttetEnhet")
            write_organisation(add(unit, own + "Kontaktenhet"), role.unit.organisation, IN_CONTENT)
            add_text(unit, own + "Merknad", role.unit.remark)
            _write_someone(unit, role.unit.professional, role.unit.person, own, dialect)
        _write_someone(element, role.professional, role.person, own, dialect)


def _write_someone(
    element: Element, professional: Professional | None, person: Person | None, own: str, dialect: Dialect
) -> None:
    if professional is not None:
        write_professional(add(element, own + "HealthcareProfessional"), professional, dialect)
    if person is not None:
        write_person(add(element, own + "Person"), person, dialect)
