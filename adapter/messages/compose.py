"""How the input of an integrator becomes the models of a message: head, logistics content, answer, receipt.

Codes get their Norwegian text (DN) from the code lists, parties come from the input itself or from the partner
directory. What cannot be resolved is a `Mistake` with the path of the field; all are collected before anything fails.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from adapter.messages import input_parts, inputs
from adapter.messages.answering import ReceiverRole, Software, error, receipt
from adapter.messages.apprec import AppRec, AppRecVersion, Original
from adapter.messages.choices import RECOMMENDED, Choices, Happened, ReadyEstimate
from adapter.messages.codes import ATTACHMENT, XML_INSTANCE, CodeLists, Event, IdType, Sex, State, Status
from adapter.messages.datatypes import Code, Timestamp, cs, cv
from adapter.messages.dialog import Dialog, DialogVersion, Note, NoteRole, Question
from adapter.messages.head import ConversationRef, Document, Head, OtherReceiver, Participant
from adapter.messages.logistics import Destination, Logistics, TimedEvent, Use, Version
from adapter.messages.namespaces import BASE64
from adapter.messages.parties import Address, Ident, Organisation, Person, Professional, Telecom
from adapter.messages.party import Party, PersonName
from adapter.messages.readiness import FORM_A_THEME, FORM_B_THEME, ReadinessAnswer, Reply, first_line
from adapter.messages.reading import Message
from adapter.messages.top import ContactUnit, Responsible, Top
from adapter.values import HerId, Moment, MsgId, oslo_day

_SEXES: Final = {"male": Sex.MALE, "female": Sex.FEMALE, "unknown": Sex.UNKNOWN, "unspecified": Sex.UNSPECIFIED}
_STATES: Final = {"alive": State.ALIVE, "dead": State.DEAD, "suicide": State.SUICIDE}
_STATUSES: Final = {"new": Status.NEW, "changed": Status.CHANGED, "cancelled": Status.CANCELLED}
_DESTINATIONS: Final = {
    "home": "1",
    "place_of_injury": "2",
    "other_specialist_institution": "3",
    "institution_abroad": "5",
    "other_somatic_unit": "7",
    "other_unit": "8",
    "patient_hotel": "10",
    "nursing_home": "11",
    "municipal_acute_unit": "21",
    "other": "88",
    "unknown": "98",
}
_QUESTION_LISTS: Final = {"municipality": "9152", "gp": "9153", "hospital": "9154"}
_THEMES: Final = {"enquiry": "6", "health_information": "8", "medication_information": "9"}
_NOTES: Final = {"about_patient": "1", "unspecified": "3", "supplementary": "4", "enquiry": "6"}
_MAIN, _ATTACHED = "H", "V"
"""How a document stands to the others (list 4702)."""

_REASONS: Final = {"wrong_addressee": "1", "incomplete": "2", "other": "9"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A field of the input that cannot be used: its JSON path, and what to change."""

    path: str
    says: str


@dataclass(slots=True)
class Composer:
    """What is known when a message is composed, and the mistakes met on the way."""

    parties: Mapping[HerId, Party]
    codes: CodeLists
    now: datetime
    msg_id: MsgId
    software: Software
    choices: Choices = RECOMMENDED
    files: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    mistakes: list[Mistake] = field(default_factory=list)

    # ── the parts ───────────────────────────────────────────────────────────────────────────────────────────────────

    def participant(self, party: input_parts.PartyInput, path: str) -> Participant:
        """The party as written in the input, or as the partner directory knows it."""
        resolved = inline_party(party) or self.parties.get(HerId(party.her))
        if resolved is None:
            self.mistakes.append(
                Mistake(
                    f"{path}.her", "is not in the partner directory; add the partner, or name and organisation here"
                )
            )
            return Participant()
        return resolved.participant()

    def code(self, number: str, v: str, path: str) -> Code:
        """A code that must be on its list, as a CV."""
        text = self.codes.text(number, v)
        if text is None:
            self.mistakes.append(Mistake(path, f"is no code of list {number}"))
        return cv(v, text, number)

    def professional(self, person: input_parts.ProfessionalInput, path: str) -> Professional:
        if person.hpr is not None:
            ident = Ident(person.hpr, IdType.HPR.of_person())
        else:
            ident = Ident(person.local_id, cv("XXX", "Annet", "8116"))
        return Professional(
            Person(
                person.family_name,
                None,
                person.given_name,
                idents=(ident,),
                telecoms=(telephone(person.phone),) if person.phone is not None else (),
            ),
            self.code("9060", person.profession, f"{path}.profession").without_list(),
            self.code("9034", person.role, f"{path}.role"),
        )

    def head(self, message: inputs.MessageInput, type_: str) -> Head:
        written = Timestamp.read(message.written) if message.written is not None else Timestamp.read(self.moment.text)
        return Head(
            type=cs(type_, self.codes.text("8279", type_)),
            generated=self.moment,
            msg_id=self.msg_id,
            conversation=_conversation(message.reference),
            sender=self.participant(message.sender, "$.sender"),
            receiver=self.participant(message.receiver, "$.receiver"),
            other_receivers=tuple(
                OtherReceiver(
                    self.code("8112", "COP", "$.copies").without_list(),
                    self.participant(copy, f"$.copies[{index}]").organisation,
                    com_method=cs("EDI", "EDI"),
                )
                for index, copy in enumerate(message.copies)
            ),
            patient=_patient(message.patient, self.codes),
            documents=(
                Document(
                    connection=self.code("4702", _MAIN, "$").without_list() if message.attachments else None,
                    issued=written,
                    msg_type=XML_INSTANCE,
                    has_content=True,
                ),
                *(self.attachment(one, f"$.attachments[{number}]") for number, one in enumerate(message.attachments)),
            ),
        )

    def attachment(self, one: input_parts.AttachmentInput, path: str) -> Document:
        """A document of its own after the content, in base64 (HIS 1036 §4.2)."""
        if one.file is None:
            encoded = "".join((one.base64 or "").split())
            try:
                base64.b64decode(encoded, validate=True)
            except ValueError:
                self.mistakes.append(Mistake(f"{path}.base64", "is not base64"))
        else:
            octets = self.files.get(one.file)
            encoded = base64.b64encode(octets or b"").decode()
            if not octets:
                says = "is empty" if octets is not None else "cannot be read; give a file below the folder of the input"
                self.mistakes.append(Mistake(f"{path}.file", says))
        return Document(
            connection=self.code("4702", _ATTACHED, path).without_list(),
            issued=Timestamp.read(one.written if one.written is not None else self.moment.text),
            msg_type=ATTACHMENT,
            mime_type=one.mime_type,
            ref_description=one.description,
            has_content=True,
            payloads=(BASE64 + "Base64Container",),
            attachment=encoded,
        )

    @property
    def moment(self) -> Moment:
        return Moment.at(self.now)

    def event(self, event: Event, time: str, remark: str | None = None, place: str | None = None) -> TimedEvent:
        """An event; its `Anslag` is false for what has happened and true for a ready time still to come.

        Sources contradict each other about both (`plo.md` X-1, X-2), so both are choices.
        """
        stamp = Timestamp.read(time)
        if event is Event.READY:
            estimate = self.choices.ready_estimate is ReadyEstimate.ALWAYS or self._is_ahead(stamp)
        else:
            estimate = self.choices.happened is Happened.FINAL
        return TimedEvent(event.cv(), stamp, estimate, None, remark, place)

    def _is_ahead(self, stamp: Timestamp) -> bool:
        if isinstance(stamp.value, Moment):
            return stamp.value.instant > self.now
        return stamp.value is not None and stamp.value > oslo_day(self.now)

    def top(self, message: inputs.CareInput) -> Top:
        """Status, unit and those who answer for it."""
        return Top(
            _STATUSES[message.status].cs(),
            units=(_unit(message.unit),),
            responsible=tuple(
                Responsible(self.professional(person, f"$.responsible[{index}]"))
                for index, person in enumerate(message.responsible)
            ),
        )

    # ── the messages ────────────────────────────────────────────────────────────────────────────────────────────────

    def logistics(
        self,
        message: inputs.LogisticsInput,
        use: Use,
        events: tuple[TimedEvent, ...],
        destination: Destination | None = None,
    ) -> Logistics:
        return Logistics(Version(message.version), self.top(message), use, events, destination)

    def answer(self, message: inputs.ReadinessAnswerInput, version: DialogVersion) -> Dialog:
        """The answer in form A (1.0, note) or form B (1.1, clinical dialog); `plo.md` §1.5."""
        line = first_line(ReadinessAnswer(Reply(message.answer), message.day))
        text = line if message.text is None else f"{line}\n{message.text}"
        role = self.contact(message.contact, "$.contact")
        if version is DialogVersion.V1_0:
            return Dialog(version, notes=(Note(FORM_A_THEME, None, text, written=oslo_day(self.now), roles=(role,)),))
        theme = "Svar på melding om utskrivningsklar pasient"
        return Dialog(version, notes=(Note(FORM_B_THEME, theme, text, roles=(role,)),))

    def contact(self, person: input_parts.ProfessionalInput, path: str) -> NoteRole:
        """A person with a role in a note; the role stands beside the person."""
        professional = self.professional(person, path)
        return NoteRole(
            role_to_patient=professional.role, professional=Professional(professional.person, professional.profession)
        )

    def asked(self, question: input_parts.AskedInput, path: str = "$.question") -> Question:
        number = _QUESTION_LISTS[question.asker]
        return Question(
            self.code(number, question.type, f"{path}.type"), question=question.text, document_id=question.id
        )

    def apprec(self, message: inputs.AppRecInput) -> AppRec:
        errors = []
        for index, mistake in enumerate(message.errors):
            code = self.code("8221", mistake.code, f"$.errors[{index}].code")
            errors.append(error(mistake.code, code.dn or "", mistake.explanation))
        return receipt(
            self.participant(message.sender, "$.sender"),
            ReceiverRole(message.role),
            self.participant(message.receiver, "$.receiver"),
            Original(
                cs(message.original.type, self.codes.text("8279", message.original.type)),
                message.original.generated,
                MsgId(message.original.id),
            ),
            tuple(errors),
            version=AppRecVersion(message.version),
            now=self.moment,
            receipt_id=self.msg_id,
            software=self.software,
        )


def inline_party(party: input_parts.PartyInput) -> Party | None:
    """The party that the input describes whole; None where the partner directory has to be asked."""
    organisation = party.organisation
    if party.name is None or organisation is None:
        return None
    name = party.name if party.given_name is None else PersonName(party.name, party.given_name)
    return Party(HerId(party.her), name, HerId(organisation.her), organisation.name, organisation.number or "")


def _conversation(reference: input_parts.ReferenceInput | None) -> ConversationRef | None:
    """Both fields always; where one earlier message is named, it is also the first (`msghead.md` §10.1)."""
    if reference is None:
        return None
    return ConversationRef(MsgId(reference.parent), MsgId(reference.conversation or reference.parent))


def _patient(patient: input_parts.PatientInput, codes: CodeLists) -> Person:
    ident = Ident(patient.id.number, codes.cv("8116", patient.id.type))
    address = patient.address
    return Person(
        patient.family_name,
        patient.middle_name,
        patient.given_name,
        patient.birth_date,
        _SEXES[patient.sex].cs() if patient.sex is not None else None,
        None,
        (ident,),
        None if address is None else Address(None, address.street, address.postal_code, address.city),
    )


def telephone(number: str) -> Telecom:
    """The number of a place of work."""
    return Telecom(f"tel:{number}", cs("WP", "Arbeidsplass"))


def _unit(unit: input_parts.UnitInput) -> ContactUnit:
    return ContactUnit(
        Organisation(
            unit.name,
            idents=(Ident(unit.id, IdType.LAV.of_organisation()),),
            telecoms=(Telecom(f"tel:{unit.phone}", cs("HP", "Hovedtelefon")),),
        )
    )


# ── one function per kind ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to be written."""

    head: Head
    message: Message


def admitted(composer: Composer, message: inputs.AdmittedInput) -> Composed:
    event = composer.event(Event.ADMITTED, message.admitted, message.remark, message.place)
    return Composed(composer.head(message, "LOG_INNLAGT"), composer.logistics(message, Use.ADMITTED, (event,)))


def discharge_ready(composer: Composer, message: inputs.DischargeReadyInput) -> Composed:
    events = (
        composer.event(Event.ADMITTED, message.admitted),
        composer.event(Event.READY, message.ready, message.remark),
    )
    head = composer.head(message, "LOG_UTSKRIVNINGSKLAR")
    return Composed(head, composer.logistics(message, Use.DISCHARGE_READY, events))


def withdrawal(composer: Composer, message: inputs.WithdrawalInput) -> Composed:
    events = []
    if message.admitted is not None:
        events.append(composer.event(Event.ADMITTED, message.admitted))
    if message.ready is not None:
        events.append(composer.event(Event.READY, message.ready))
    events.append(composer.event(Event.WITHDRAWN, message.withdrawn, message.remark))
    head = composer.head(message, "LOG_AVMELDING")
    return Composed(head, composer.logistics(message, Use.WITHDRAWAL, tuple(events)))


def discharged(composer: Composer, message: inputs.DischargedInput) -> Composed:
    event = composer.event(Event.DISCHARGED, message.discharged, message.remark)
    destination = Destination(
        composer.code("8408", _DESTINATIONS[message.destination], "$.destination"), _STATES[message.state].cv()
    )
    head = composer.head(message, "LOG_UTSKREVET")
    return Composed(head, composer.logistics(message, Use.DISCHARGED, (event,), destination))


def death(composer: Composer, message: inputs.DeathInput) -> Composed:
    event = composer.event(Event.DEAD, message.died, message.remark)
    return Composed(composer.head(message, "LOG_DOD"), composer.logistics(message, Use.DEATH, (event,)))


def readiness_answer(composer: Composer, message: inputs.ReadinessAnswerInput) -> Composed:
    return Composed(composer.head(message, "DIALOG_HELSEFAGLIG"), composer.answer(message, DialogVersion.V1_1))


def readiness_answer_note(composer: Composer, message: inputs.ReadinessAnswerInput) -> Composed:
    return Composed(composer.head(message, "DIALOG_NOTAT"), composer.answer(message, DialogVersion.V1_0))


def question(composer: Composer, message: inputs.QuestionInput) -> Composed:
    asked = composer.asked(message.question)
    whole = replace(asked, roles=(composer.contact(message.contact, "$.contact"),))
    dialog = Dialog(DialogVersion(message.version), questions=(whole,))
    return Composed(composer.head(message, "DIALOG_FORESPORSEL"), dialog)


def answer(composer: Composer, message: inputs.AnswerInput) -> Composed:
    note = Note(
        composer.code("9069", "5", "$"),
        text=message.text,
        written=oslo_day(composer.now),
        question=composer.asked(message.question),
        roles=(composer.contact(message.contact, "$.contact"),),
    )
    return Composed(composer.head(message, "DIALOG_SVAR"), Dialog(DialogVersion(message.version), notes=(note,)))


def note(composer: Composer, message: inputs.NoteInput) -> Composed:
    theme = composer.code("7321", _NOTES[message.theme], "$.theme")
    roles = (composer.contact(message.contact, "$.contact"),)
    told = Note(theme, text=message.text, written=oslo_day(composer.now), roles=roles)
    return Composed(composer.head(message, "DIALOG_NOTAT"), Dialog(DialogVersion(message.version), notes=(told,)))


def clinical_dialog(composer: Composer, message: inputs.ClinicalDialogInput) -> Composed:
    roles = [composer.contact(message.contact, "$.contact")]
    if message.to is not None:
        roles.append(composer.contact(message.to, "$.to"))
    theme = composer.code("7322", _THEMES[message.theme], "$.theme")
    note = Note(theme, message.subject, message.text, roles=tuple(roles))
    return Composed(composer.head(message, "DIALOG_HELSEFAGLIG"), Dialog(DialogVersion.V1_1, notes=(note,)))


def deviation(composer: Composer, message: inputs.DeviationInput) -> Composed:
    """Theme and text only (HIS 1151 §4.3)."""
    note = Note(composer.code("8117", _REASONS[message.reason], "$.reason"), text=message.text)
    return Composed(composer.head(message, "DIALOG_AVVIK"), Dialog(DialogVersion.V1_0, notes=(note,)))
