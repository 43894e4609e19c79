"""Does an answer fit the question that it answers, and a change the message that it changes? LK-016, PL-044, PL-075.

What is compared is the message that RefToParent names. Where that is not known here, nothing follows from another one
of its dialogue; nor from one that is not linked (another patient, other organisations; LK-007).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from adapter.messages.datatypes import Code, child, child_code, child_text, children
from adapter.messages.dialog import Dialog, Question, is_dialog, read_dialog
from adapter.messages.namespaces import MH, clark, namespace_of
from adapter.messages.nodes import Node
from adapter.messages.reading import Reading
from adapter.messages.rules.known import Content, Earlier, Row, Surroundings
from adapter.messages.rules.places import in_payload
from adapter.messages.rules.rule import Consequence, Fault

_BLOCK, _WARN, _INFO = Consequence.BLOCK, Consequence.WARN, Consequence.INFO


def asked_in(reading: Reading) -> tuple[Question, ...]:
    """The questions that a message asks."""
    payload = reading.payload
    return read_dialog(payload).questions if payload is not None and is_dialog(payload.tag) else ()


def content_of(reading: Reading) -> Content | None:
    """What a nursing and care message holds; None for any other."""
    payload = reading.payload
    if payload is None or reading.standard is None or not reading.standard.is_plo:
        return None
    parts: list[tuple[str, ...]] = [(one.tag,) for one in payload.children]
    for container in payload.children:
        if _local(container.tag) in _CONTAINERS:
            parts += [(container.tag, part.tag) for part in container.children]
    return Content(payload.tag, frozenset(parts), len(reading.parts.documents))


_CONTAINERS: Final = frozenset(
    {"FellesAdministrativeOpplysninger", "MedisinskfagligeOpplysninger", "Sykepleierdokumentasjon"}
)
"""Parts that only hold other ones: what is missing in them is missing in the message."""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _linked(reading: Reading, known: Surroundings) -> Earlier | None:
    """The message that RefToParent names, where it is known and may be linked."""
    earlier, link = known.earlier, reading.head.conversation if reading.head is not None else None
    if earlier is None or not earlier.same_pair or link is None or link.parent is None:
        return None
    if link.parent.value.casefold() != earlier.msg_id.value.casefold():
        return None
    other = earlier.patient and known.patient and earlier.patient != known.patient
    return None if other else earlier


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Copy:
    """The question as an answer has it copied in (Foresporsel), and the id by which it names it, if by any."""

    type: Code | None
    text: str | None
    named: str | None
    at: Node


def _copies(reading: Reading) -> list[_Copy]:
    """The copied questions of an answer: of each note of DIALOG_SVAR, or the one of a nursing and care message."""
    message, payload, found = reading.message, reading.payload, []
    if isinstance(message, Dialog) and payload is not None:
        own = clark(namespace_of(payload.tag))
        for note, place in zip(message.notes, children(payload, own + "Notat"), strict=False):
            asked, at = note.question, child(place, own + "Foresporsel")
            if asked is not None and at is not None:
                found.append(_Copy(asked.type, asked.question, asked.document_id, at))
        return found
    at = in_payload(reading, "InformasjonOmForsendelsen", "Foresporsel")
    if at is not None and at.tag == reading.po + "Foresporsel":
        type_, text = child_code(at, reading.po + "TypeForesp"), child_text(at, reading.po + "Sporsmal")
        found.append(_Copy(type_, text, child_text(at, reading.po + "RefDokIdForesp"), at))
    return found


def _asked(reading: Reading, known: Surroundings) -> tuple[Question, ...]:
    """What the other side asked in the message that is named."""
    earlier = _linked(reading, known)
    return earlier.asked if earlier is not None and not earlier.from_sender else ()


def _names_question(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """By Document/EnquiryRefId, or in the copied Foresporsel by DokIdForesp (dialog) or RefDokIdForesp (PLO).

    A question without an id can be named by none: its copy alone tells it, and so it is with a single question.
    """
    asked = _asked(reading, known)
    ids = {question.document_id for question in asked if question.document_id is not None}
    if not ids:
        return
    copies, whole = _copies(reading), _enquiry(reading)
    named = [(copy.named, copy.at) for copy in copies if copy.named is not None]
    if whole is not None and whole.text is not None:
        named.append((whole.text, whole))
    for id_, at in named:
        if id_ not in ids:
            yield Fault("the answer names a question that was not asked; write its DokIdForesp as it came", at)
    if whole is not None:
        if len(copies) == 1 and len({id_ for id_, _ in named if id_ in ids}) > 1:
            yield Fault("the answer names one question in EnquiryRefId and another in Foresporsel; write one", whole)
        return
    if len(asked) < 2:
        return
    nameless = [question for question in asked if question.document_id is None]
    for copy in copies:
        if copy.named is None and not any(_is_copy(copy, question) for question in nameless):
            says = "several questions were asked and the answer does not say which it is about; write its DokIdForesp"
            yield Fault(says, copy.at)


def _enquiry(reading: Reading) -> Node | None:
    """EnquiryRefId of the document that is the message."""
    return next((found for one in reading.parts.documents[:1] if (found := child(one, MH + "EnquiryRefId"))), None)


def _copies_question(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """Type and text of a question that was asked, of the one that is named where one is."""
    asked = _asked(reading, known)
    if not asked:
        return
    enquiry = _enquiry(reading)
    for copy in _copies(reading):
        named = copy.named or (enquiry.text if enquiry is not None else None)
        meant = [question for question in asked if named is not None and question.document_id == named] or asked
        if not any(_is_copy(copy, question) for question in meant):
            yield Fault("Foresporsel is not as it was asked; copy TypeForesp and Sporsmal from the question", copy.at)


def _is_copy(copy: _Copy, question: Question) -> bool:
    """Codes are compared by V alone (ID-014), texts without their white space: formatted text (XHTML) gets another
    one when it is made plain."""
    types = [one.v if one is not None else None for one in (copy.type, question.type)]
    texts = ["".join((text or "").split()) for text in (copy.text, question.question)]
    return types[0] == types[1] and texts[0] == texts[1]


# ── changes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _complete(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """What the message before had and the change has no more.

    The parts that must be there are those of the schema and of the rules for every message, and are refused there. That
    another part is gone may be the very change, which only its author knows; so it is warned of. Between versions of
    the standard nothing is compared but the number of documents.
    """
    earlier, now = _linked(reading, known), content_of(reading)
    if earlier is None or not earlier.from_sender or earlier.type != reading.type or reading.status not in {"M", "O"}:
        return
    before = earlier.content
    if before is None or now is None:
        return
    if before.form == now.form:
        gone = before.parts - now.parts
        highest = sorted({_local(path[-1]) for path in gone if path[:-1] not in gone})
        if highest:
            says = f"the change lacks what the message before has: {', '.join(highest)}; {_WHOLE}"
            yield Fault(says, reading.payload)
    if now.documents < before.documents:
        says = f"the change has {now.documents} documents and the message before {before.documents}; {_WHOLE}"
        yield Fault(says, reading.payload)


_WHOLE: Final = "a change carries the complete content, so write also what stays as it was"

ROWS: Final[tuple[Row, ...]] = (
    Row("LK-016", _BLOCK, _WARN, _names_question),
    Row("PL-044", _WARN, None, _complete),
    Row("PL-075", _BLOCK, _INFO, _copies_question),
)
"""The rules that compare two messages: id, consequence when sending and when receiving, check."""
