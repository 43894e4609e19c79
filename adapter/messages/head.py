"""What the common message head says (hodemelding, MsgHead 1.2): identity, parties, patient, links, documents.

`msghead.md` §2 and §3. Reading is tolerant and total: what is missing or unreadable is None or an empty tuple, and the
rules report it. The content of a document is not part of the head; a `Document` only names the roots it holds.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from adapter.messages.datatypes import (
    Code,
    Timestamp,
    add,
    add_code,
    add_text,
    add_time,
    child,
    child_code,
    child_text,
    child_time,
    children,
    moment,
)
from adapter.messages.kept import kept
from adapter.messages.namespaces import BASE64, MH
from adapter.messages.nodes import Node
from adapter.messages.parties import (
    IN_HEAD,
    Organisation,
    Person,
    Professional,
    her_of,
    read_organisation,
    read_person,
    read_professional,
    write_organisation,
    write_person,
    write_professional,
)
from adapter.messages.xml import Element
from adapter.values import HerId, Moment, MsgId

MIG_VERSION: Final = "v1.2 2006-05-24"


@dataclass(frozen=True, slots=True)
class ConversationRef:
    """The link to earlier messages: the one acted on, and the first of the dialogue (`msghead.md` §10)."""

    parent: MsgId | None
    conversation: MsgId | None


@dataclass(frozen=True, slots=True)
class Participant:
    """Sender or receiver of a message, on the two levels of service-based addressing (`msghead.md` §9.1)."""

    organisation: Organisation | None = None
    com_method: Code | None = None

    @property
    def organisation_her(self) -> HerId | None:
        """Level 1: the HER-id of the organisation."""
        return her_of(self.organisation.idents) if self.organisation is not None else None

    @property
    def party_her(self) -> HerId | None:
        """Level 2: the HER-id of the communication party, a service or a named person; a service wins (AD-015)."""
        if self.organisation is None:
            return None
        if self.organisation.unit is not None:
            return her_of(self.organisation.unit.idents)
        if self.organisation.professional is not None:
            return her_of(self.organisation.professional.person.idents)
        return None


@dataclass(frozen=True, slots=True)
class OtherReceiver:
    """A copy receiver and the like: its role (list 8112) and one of four kinds of addressee."""

    role: Code | None = None
    organisation: Organisation | None = None
    patient: Person | None = None
    person: Person | None = None
    professional: Professional | None = None
    com_method: Code | None = None

    @property
    def participant(self) -> Participant:
        """The addressee seen as a receiver; without organisation where it is a person."""
        return Participant(self.organisation, self.com_method)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a message: how it is described, and what its Content holds.

    `payloads` are the tags of the elements in Content, in Clark notation; `attachment` is the base64 text of a
    `Base64Container`; `has_content` tells an empty Content from a missing one.
    """

    connection: Code | None = None
    content_type: Code | None = None
    description: str | None = None
    category: Code | None = None
    consent: Code | None = None
    annotation: str | None = None
    from_date: Timestamp | None = None
    to_date: Timestamp | None = None
    oid_ref: str | None = None
    enquiry_ref: str | None = None
    issued: Timestamp | None = None
    msg_type: Code | None = None
    id: str | None = None
    mime_type: str | None = None
    ref_description: str | None = None
    compression: Code | None = None
    file_reference: str | None = None
    has_content: bool = False
    payloads: tuple[str, ...] = ()
    attachment: str | None = None

    def attached(self) -> bytes | None:
        """The bytes of the attachment; None if there is none or it cannot be decoded."""
        if self.attachment is None:
            return None
        try:
            return base64.b64decode("".join(self.attachment.split()), validate=True)
        except (binascii.Error, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that went along: what it is called, its MIME type as written, its octets."""

    description: str | None
    mime_type: str | None
    octets: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one business message (fagmelding). `generated` keeps the text of GenDate verbatim."""

    type: Code | None = None
    mig_version: str | None = MIG_VERSION
    generated: Moment | None = None
    msg_id: MsgId | None = None
    processing_status: Code | None = None
    priority: Code | None = None
    ack: Code | None = None
    conversation: ConversationRef | None = None
    sender: Participant = Participant()
    receiver: Participant = Participant()
    other_receivers: tuple[OtherReceiver, ...] = ()
    patient: Person | None = None
    documents: tuple[Document, ...] = ()

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files that went along and can be decoded, in their order."""
        found = ((document, document.attached()) for document in self.documents)
        return tuple(
            Attachment(document.ref_description, document.mime_type, octets)
            for document, octets in found
            if octets is not None
        )

    @property
    def copied_to(self) -> tuple[HerId, ...]:
        """The parties that get a copy over the net (role COP), each once: not one by letter, nor a person's.

        A party that passes a message on (FR, OR) is told of, not sent to.
        """
        copies = (
            other.participant.party_her
            for other in self.other_receivers
            if other.role is not None and other.role.v == "COP" and _goes_by_net(other.com_method)
        )
        return tuple(dict.fromkeys(her for her in copies if her is not None and her != self.receiver.party_her))

    @property
    def all_receivers(self) -> tuple[Participant, ...]:
        """The primary receiver and every other receiver that is an organisation, in the order of the message."""
        others = (other.participant for other in self.other_receivers if other.organisation is not None)
        return (self.receiver, *others)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class HeadParts:
    """The parts of the head in a `MsgHead` element, each read when it is first asked for; `Head` says what they are.

    `documents` are the elements. Never raises. Without a `MsgHead` every part is missing.
    """

    def __init__(self, root: Node | None) -> None:
        self._info = child(root, MH + "MsgInfo")
        self.documents = children(root, MH + "Document")

    @kept
    def type(self) -> Code | None:
        return child_code(self._info, MH + "Type")

    @property
    def mig_version(self) -> str | None:
        return child_text(self._info, MH + "MIGversion")

    @kept
    def generated(self) -> Moment | None:
        return moment(child_text(self._info, MH + "GenDate"))

    @property
    def msg_id(self) -> MsgId | None:
        return _msg_id(child_text(self._info, MH + "MsgId"))

    @property
    def processing_status(self) -> Code | None:
        return child_code(self._info, MH + "ProcessingStatus")

    @property
    def ack(self) -> Code | None:
        return child_code(self._info, MH + "Ack")

    @kept
    def conversation(self) -> ConversationRef | None:
        return _read_conversation(child(self._info, MH + "ConversationRef"))

    @kept
    def sender(self) -> Participant:
        return _read_participant(child(self._info, MH + "Sender"))

    @kept
    def receiver(self) -> Participant:
        return _read_participant(child(self._info, MH + "Receiver"))

    @kept
    def other_receivers(self) -> tuple[OtherReceiver, ...]:
        return tuple([_read_other_receiver(other) for other in children(self._info, MH + "OtherReceiver")])

    @kept
    def patient(self) -> Person | None:
        patient = child(self._info, MH + "Patient")
        return read_person(patient, IN_HEAD) if patient is not None else None

    def whole(self) -> Head:
        return Head(
            self.type,
            self.mig_version,
            self.generated,
            self.msg_id,
            self.processing_status,
            child_code(self._info, MH + "RequestedPriority"),
            self.ack,
            self.conversation,
            self.sender,
            self.receiver,
            self.other_receivers,
            self.patient,
            tuple([_read_document(document) for document in self.documents]),
        )


def first_payload(root: Node) -> Node | None:
    """The first element in the Content of the first document: what the message is about."""
    content = child(root, MH + "Document", MH + "RefDoc", MH + "Content")
    return next(iter(content.children), None) if content is not None else None


def _msg_id(text: str | None) -> MsgId | None:
    return MsgId(text) if text is not None else None


def _read_conversation(element: Node | None) -> ConversationRef | None:
    if element is None:
        return None
    return ConversationRef(
        _msg_id(child_text(element, MH + "RefToParent")), _msg_id(child_text(element, MH + "RefToConversation"))
    )


def _read_participant(element: Node | None) -> Participant:
    if element is None:
        return Participant()
    organisation = element.first.get(MH + "Organisation")
    return Participant(
        read_organisation(organisation, IN_HEAD) if organisation is not None else None,
        child_code(element, MH + "ComMethod"),
    )


def _goes_by_net(method: Code | None) -> bool:
    """Whether a receiver is reached electronically (list 8235, EDI), as it is where nothing is said."""
    return method is None or method.v in {None, "EDI"}


def _read_other_receiver(element: Node) -> OtherReceiver:
    organisation, patient = element.first.get(MH + "Organisation"), element.first.get(MH + "Patient")
    person, professional = element.first.get(MH + "Person"), element.first.get(MH + "HealthcareProfessional")
    return OtherReceiver(
        child_code(element, MH + "RoleReceiver"),
        read_organisation(organisation, IN_HEAD) if organisation is not None else None,
        read_person(patient, IN_HEAD) if patient is not None else None,
        read_person(person, IN_HEAD) if person is not None else None,
        read_professional(professional, IN_HEAD) if professional is not None else None,
        child_code(element, MH + "ComMethod"),
    )


def _read_document(element: Node) -> Document:
    ref, content = element.first.get(MH + "RefDoc"), child(element, MH + "RefDoc", MH + "Content")
    payloads = tuple([payload.tag for payload in content.children]) if content is not None else ()
    return Document(
        child_code(element, MH + "DocumentConnection"),
        child_code(element, MH + "ContentType"),
        child_text(element, MH + "ContentDescription"),
        child_code(element, MH + "ContentCategory"),
        child_code(element, MH + "Consent"),
        child_text(element, MH + "Annotation"),
        child_time(element, MH + "FromDate"),
        child_time(element, MH + "ToDate"),
        child_text(element, MH + "OidRef"),
        child_text(element, MH + "EnquiryRefId"),
        child_time(ref, MH + "IssueDate"),
        child_code(ref, MH + "MsgType"),
        child_text(ref, MH + "Id"),
        child_text(ref, MH + "MimeType"),
        child_text(ref, MH + "Description"),
        child_code(ref, MH + "Compression"),
        child_text(ref, MH + "FileReference"),
        content is not None,
        payloads,
        child_text(content, BASE64 + "Base64Container"),
    )


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_head(root: Element, head: Head) -> Element | None:
    """Write the head into an empty `MsgHead` element; gives the Content of the first document, to be filled.

    `Document.payloads` is not written: the caller puts the payload there. An attachment is written whole.
    """
    info = add(root, MH + "MsgInfo")
    add_code(info, MH + "Type", head.type)
    add_text(info, MH + "MIGversion", head.mig_version)
    add_text(info, MH + "GenDate", head.generated.text if head.generated is not None else None)
    add_text(info, MH + "MsgId", head.msg_id.value if head.msg_id is not None else None)
    add_code(info, MH + "ProcessingStatus", head.processing_status)
    add_code(info, MH + "RequestedPriority", head.priority)
    add_code(info, MH + "Ack", head.ack)
    if head.conversation is not None:
        link, parent, first = (
            add(info, MH + "ConversationRef"),
            head.conversation.parent,
            head.conversation.conversation,
        )
        add_text(link, MH + "RefToParent", parent.value if parent is not None else None)
        add_text(link, MH + "RefToConversation", first.value if first is not None else None)
    _write_participant(add(info, MH + "Sender"), head.sender)
    _write_participant(add(info, MH + "Receiver"), head.receiver)
    for other in head.other_receivers:
        _write_other_receiver(add(info, MH + "OtherReceiver"), other)
    if head.patient is not None:
        write_person(add(info, MH + "Patient"), head.patient, IN_HEAD)
    contents = [_write_document(add(root, MH + "Document"), document) for document in head.documents]
    return contents[0] if contents else None


def _write_participant(element: Element, participant: Participant) -> None:
    add_code(element, MH + "ComMethod", participant.com_method)
    if participant.organisation is not None:
        write_organisation(add(element, MH + "Organisation"), participant.organisation, IN_HEAD)


def _write_other_receiver(element: Element, other: OtherReceiver) -> None:
    add_code(element, MH + "ComMethod", other.com_method)
    add_code(element, MH + "RoleReceiver", other.role)
    if other.organisation is not None:
        write_organisation(add(element, MH + "Organisation"), other.organisation, IN_HEAD)
    if other.patient is not None:
        write_person(add(element, MH + "Patient"), other.patient, IN_HEAD)
    if other.person is not None:
        write_person(add(element, MH + "Person"), other.person, IN_HEAD)
    if other.professional is not None:
        write_professional(add(element, MH + "HealthcareProfessional"), other.professional, IN_HEAD)


def _write_document(element: Element, document: Document) -> Element | None:
    add_code(element, MH + "DocumentConnection", document.connection)
    add_code(element, MH + "ContentType", document.content_type)
    add_text(element, MH + "ContentDescription", document.description)
    add_code(element, MH + "ContentCategory", document.category)
    add_code(element, MH + "Consent", document.consent)
    add_text(element, MH + "Annotation", document.annotation)
    add_time(element, MH + "FromDate", document.from_date)
    add_time(element, MH + "ToDate", document.to_date)
    add_text(element, MH + "OidRef", document.oid_ref)
    add_text(element, MH + "EnquiryRefId", document.enquiry_ref)
    ref = add(element, MH + "RefDoc")
    add_time(ref, MH + "IssueDate", document.issued)
    add_code(ref, MH + "MsgType", document.msg_type)
    add_text(ref, MH + "Id", document.id)
    add_text(ref, MH + "MimeType", document.mime_type)
    add_text(ref, MH + "Description", document.ref_description)
    add_code(ref, MH + "Compression", document.compression)
    add_text(ref, MH + "FileReference", document.file_reference)
    if not document.has_content:
        return None
    content = add(ref, MH + "Content")
    if document.attachment is not None:
        add_text(content, BASE64 + "Base64Container", document.attachment)
    return content
