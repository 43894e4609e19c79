"""Whether a dialog message says what its use demands: PL-079 to PL-086 (`plo.md` §2.7.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapter.messages.datatypes import Code, child, children
from adapter.messages.dialog import Dialog, Note, NoteRole, Question
from adapter.messages.namespaces import clark, namespace_of
from adapter.messages.nodes import Node
from adapter.messages.readiness import FORM_A_THEME, FORM_B_THEME
from adapter.messages.reading import Reading
from adapter.messages.rules.linking import has_reference
from adapter.messages.rules.places import in_info, tagged
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope

BOOK: Final = RuleBook(Scope.DIALOG)
_BLOCK, _WARN, _MANUAL = Consequence.BLOCK, Consequence.WARN, Consequence.MANUAL

_QUESTION_LISTS: Final = frozenset({"9152", "9153", "9154", "8331"})
_NEEDS_TEXT: Final = frozenset({"99", "5"})


def _message(reading: Reading) -> Dialog:
    message = reading.message
    assert isinstance(message, Dialog)
    return message


def _own(reading: Reading) -> str:
    """The namespace of the dialog message in Clark notation."""
    return clark(namespace_of(reading.payload.tag if reading.payload is not None else ""))


def _notes(reading: Reading) -> Iterator[tuple[Note, Node]]:
    """The notes of the message, and where each stands."""
    return zip(_message(reading).notes, children(reading.payload, _own(reading) + "Notat"), strict=False)


def _questions(reading: Reading) -> Iterator[tuple[Question, Node]]:
    """The questions of the message, and where each stands."""
    return zip(_message(reading).questions, children(reading.payload, _own(reading) + "Foresporsel"), strict=False)


def _is(code: Code | None, theme: Code) -> bool:
    return code is not None and (code.v, code.list) == (theme.v, theme.list)


def _has_phone(note: Note) -> bool:
    return any(_role_has_phone(role) for role in note.roles)


def _role_has_phone(role: NoteRole) -> bool:
    people = [role.professional]
    if role.unit is not None:
        if role.unit.organisation.telecoms:
            return True
        people.append(role.unit.professional)
    return any(person is not None and person.person.telecoms for person in people)


@BOOK.rule(
    "PL-079",
    "The answer as DIALOG_NOTAT has theme 9155/1, a text and a reference",
    "HIS 80704:2014 annex C (first edition); HISD 80806 §9.4",
    send=_BLOCK,
    receive=_WARN,
)
def answer_form_a(reading: Reading, _: Context) -> Iterator[Fault]:
    """Received without reference it goes to a person, who links it."""
    if reading.type != "DIALOG_NOTAT":
        return
    for note, place in _notes(reading):
        if _is(note.theme_code, FORM_B_THEME):
            yield Fault("TemaKodet is that of the answer as DIALOG_HELSEFAGLIG; write 1 of list 9155", place)
        if not _is(note.theme_code, FORM_A_THEME):
            continue
        if note.text is None:
            yield Fault("the answer has no text; write TekstNotatInnhold", place)
        if not has_reference(reading):
            yield Fault(
                "the answer does not name the readiness message; write ConversationRef",
                in_info(reading),
                receive=_MANUAL,
            )


@BOOK.rule(
    "PL-080",
    "A note of DIALOG_HELSEFAGLIG has theme, text, and somebody with a telephone; the answer a reference",
    "HIS 1077 §5.2.1",
    send=_BLOCK,
    receive=_WARN,
)
def clinical_dialog(reading: Reading, _: Context) -> Iterator[Fault]:
    """Theme 7 of list 7322 is the answer to a discharge-ready patient; it names the message it answers."""
    if reading.type != "DIALOG_HELSEFAGLIG":
        return
    if _message(reading).questions:
        yield Fault("DIALOG_HELSEFAGLIG holds a Foresporsel; write a Notat", reading.payload)
    for note, place in _notes(reading):
        if note.theme_code is not None and note.theme_code.list not in {None, "7322"}:
            yield Fault("TemaKodet is of another list than 7322; take the code from that one", place)
        if note.theme is None:
            yield Fault("the note has no Tema; write what it is about", place)
        if note.text is None:
            yield Fault("the note has no text; write TekstNotatInnhold", place)
        if not _has_phone(note):
            yield Fault("RollerRelatertNotat names nobody with a telephone number; write a TeleCom", place)
        if _is(note.theme_code, FORM_B_THEME) and not has_reference(reading):
            yield Fault(
                "the answer does not name the readiness message; write ConversationRef",
                in_info(reading),
                receive=_MANUAL,
            )


@BOOK.rule(
    "PL-081",
    "A first enquiry (theme 6) names the contact at the receiver with profession",
    "HIS 1077 §5.2.1",
    send=_BLOCK,
    receive=_WARN,
)
def contact_at_receiver(reading: Reading, _: Context) -> Iterator[Fault]:
    """Role 24 of list 9034, where no earlier message is answered."""
    if reading.type != "DIALOG_HELSEFAGLIG" or has_reference(reading):
        return
    for note, place in _notes(reading):
        if note.theme_code is None or note.theme_code.v != "6":
            continue
        named = any(
            role.role_to_patient is not None
            and role.role_to_patient.v == "24"
            and role.professional is not None
            and role.professional.profession is not None
            for role in note.roles
        )
        if not named:
            yield Fault(
                "an enquiry without reference names no contact at the receiver; write one with profession and role 24",
                place,
            )


@BOOK.rule(
    "PL-082",
    "DIALOG_SVAR has theme 9069/5 and the question copied in",
    "HIS 80704:2014 annex C (first edition); HIS 80603:2017 §5.1.1",
    send=_BLOCK,
    receive=_WARN,
)
def answer_to_question(reading: Reading, _: Context) -> Iterator[Fault]:
    """The reference is LK-005's."""
    if reading.type != "DIALOG_SVAR":
        return
    if _message(reading).questions:
        yield Fault("an answer holds a question alone; write a Notat, and the Foresporsel inside it", reading.payload)
    for note, place in _notes(reading):
        if note.theme_code is None or (note.theme_code.v, note.theme_code.list) != ("5", "9069"):
            yield Fault("TemaKodet of an answer is another code; write 5 of list 9069", place)
        if note.question is None:
            yield Fault("an answer lacks the question; copy Foresporsel of the message answered", place)


@BOOK.rule(
    "PL-083",
    "A question has a type of the asker's list, and words where the type says nothing",
    "HIS 80704:2014 annex C (first edition); HIS 80603:2017 §5.1.2",
    send=_BLOCK,
    receive=_WARN,
)
def question_asked(reading: Reading, _: Context) -> Iterator[Fault]:
    """Lists 9152 municipality, 9153 GP, 9154 hospital; types 99 and 5 need words. Who asks needs the register."""
    if reading.type != "DIALOG_FORESPORSEL":
        return
    if _message(reading).notes:
        yield Fault("a question holds a note; write a Foresporsel in place of the Notat", reading.payload)
    for question, place in _questions(reading):
        if question.type is None or question.type.list not in _QUESTION_LISTS:
            yield Fault(
                "TypeForesp is of none of the lists 9152, 9153 and 9154; take the code from the list of the asker",
                place,
            )
        elif question.type.v in _NEEDS_TEXT and question.question is None:
            yield Fault("a question of this type says nothing by itself; write words in Sporsmal", place)


BOOK.judged_as(("LK-013", "LK-014"), "PL-084", "DIALOG_AVVIK: theme 8117, text, reference", "HIS 1151 §4")


@BOOK.rule(
    "PL-085", "A dialog message holds a question or a note", "HIS 80603:2017 §3.4.1", send=_BLOCK, receive=_MANUAL
)
def not_empty(reading: Reading, _: Context) -> Iterator[Fault]:
    """Empty is valid in the schema; both kinds at once are not."""
    message = _message(reading)
    if not message.notes and not message.questions:
        yield Fault("the dialog message is empty; write a Notat or a Foresporsel", reading.payload)


@BOOK.rule("PL-086", "RollerRelatertNotat has a role", "HIS 80603:2017 §5.1.5", send=_BLOCK, receive=_WARN)
def roles_named(reading: Reading, _: Context) -> Iterator[Fault]:
    """RolleNotat or RoleToPatient."""
    own = _own(reading)
    for role in tagged(reading, own + "RollerRelatertNotat"):
        if child(role, own + "RolleNotat") is None and child(role, own + "RoleToPatient") is None:
            yield Fault("RollerRelatertNotat has neither RolleNotat nor RoleToPatient; write one of them", role)


BOOK.elsewhere(Needs.STORE, "PL-087", "Times that payment depends on are kept with text and clocks", "plo.md §4")
BOOK.elsewhere(Needs.CONDUCT, "PL-088", "The answer is never derived from free text by guessing", "plo.md §1.5")
BOOK.elsewhere(Needs.STORE, "PL-089", "Exactly one AppRec per own receiver", "HITS 1168 §5.1")
BOOK.elsewhere(Needs.STORE, "PL-090", "The original is kept unchanged and can be shown", "AT-M 6, 7")
BOOK.elsewhere(Needs.STORE, "PL-091", "The same document as receiver and copy receiver is shown once", "AT-M 19, 20")
BOOK.elsewhere(Needs.REGISTER, "PL-092", "Patient unknown here: to a person, never refused", "AT-M 12")
BOOK.elsewhere(Needs.REGISTER, "PL-093", "Patient known under another number: to a person", "AT-M 16, 17")
BOOK.elsewhere(Needs.ENVELOPE, "PL-096", "Service, Action and Role fit the type", "HISD 1209")
