"""What a received envelope says, who says it, and what is inside: the stages between `unpack` and the inbox.

`read` gives types to what stands in the envelope, `admit` asks whether it is for us and in time, `verify` whether the
signature holds and is the sender's, `decrypt` opens the attachments. They are separate because the service acts between
them: it looks the sender up by HER-id, answers duplicates, and has to be able to answer a failure of any stage. The
order is R6 to R11 of `ebxml.md` §1.3; each failure carries its rule of chapter 10.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.crypto import cms, verification
from adapter.crypto.dsig import self_contained
from adapter.crypto.keys import DecryptionKeys
from adapter.crypto.policy import Policy
from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import tolerated
from adapter.crypto.verification import ExpectedSigner
from adapter.crypto.verified import SignatureCheck, SignedEnvelope, Verified
from adapter.envelope.blocks import check_blocks, check_kind
from adapter.envelope.classify import Kind
from adapter.envelope.header import MessageHeader, read_header
from adapter.envelope.manifest import Manifest, Schema, read_manifest
from adapter.envelope.names import ds, eb
from adapter.envelope.plaintext import Form, unwrap
from adapter.envelope.reading import at_most_one, first
from adapter.envelope.routing import process_of
from adapter.envelope.signals import Acknowledgment, ErrorList, read_acknowledgment, read_error_list
from adapter.envelope.unpack import Unpacked, check_encoding
from adapter.errors import (
    ATTACHMENT_MISMATCH,
    ENVELOPE_INCONSISTENT,
    ENVELOPE_INVALID,
    ENVELOPE_NOT_SUPPORTED,
    ENVELOPE_VALUE,
    MESSAGE_EXPIRED,
    SIGNATURE_FORM,
)
from adapter.messages.findings import Finding
from adapter.messages.xml import Element
from adapter.values import HerId

_HEADER = "/SOAP:Envelope/SOAP:Header"
_MANIFEST = "/SOAP:Envelope/SOAP:Body/eb:Manifest"
_REFERENCES = "/".join(map(ds, ("Signature", "SignedInfo", "Reference")))
_CLOCK_ERROR = timedelta(minutes=5)
_OLD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ServiceMessage:
    """A Ping, Pong, StatusRequest or StatusResponse; the kind says which (`ebxml.md` §3.8)."""


Content = Manifest | Acknowledgment | ErrorList | ServiceMessage


@dataclass(frozen=True, slots=True)
class Message:
    """An envelope that could be read and that nobody has vouched for yet."""

    unpacked: Unpacked
    header: MessageHeader
    content: Content
    findings: tuple[Finding, ...]

    @property
    def kind(self) -> Kind:
        return self.unpacked.kind


@dataclass(frozen=True, slots=True)
class VerifiedMessage:
    """An envelope whose signature was checked. `message` was read from the very octets that `verified` covers."""

    message: Message
    verified: Verified[SignedEnvelope]

    def __post_init__(self) -> None:
        if self.verified.content.envelope != self.message.unpacked.envelope.octets:
            raise ValueError("a message and the signature that vouches for it are of one envelope")

    @property
    def header(self) -> MessageHeader:
        return self.message.header

    @property
    def check(self) -> SignatureCheck:
        return self.verified.check

    @property
    def copies(self) -> tuple[bytes, ...]:
        """Every reference of the signature as XML that stands by itself, for an Acknowledgment (`ebxml.md` §4.6)."""
        return tuple(map(self_contained, self.message.unpacked.header.iterfind(_REFERENCES)))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was tolerated up to here."""
        return (*self.message.findings, *self.check.warnings)


@dataclass(frozen=True, slots=True)
class Document:
    """One decrypted attachment. `form` tells whether it looks like XML; `schemas` is what the Manifest says it is."""

    content_id: str
    octets: bytes
    form: Form
    schemas: tuple[Schema, ...]
    findings: tuple[Finding, ...]


def read(unpacked: Unpacked) -> Message:
    """The typed content of an envelope.

    Raises `RefusedError` with the rule broken; answer it by `adapter.envelope.respond.refusal`.
    """
    findings = [*unpacked.findings, *check_encoding(unpacked)]
    header, about_header = read_header(unpacked.blocks)
    findings += about_header
    findings += check_blocks(unpacked)
    content, about_content = _READERS[unpacked.kind](unpacked)
    findings += about_content
    findings += check_kind(unpacked, header)
    return Message(unpacked, header, content, tuple(findings))


def admit(message: Message, ours: frozenset[HerId], received: datetime) -> tuple[Finding, ...]:
    """Whether a message is for one of our HER-ids, in a process we know, and was alive when it arrived; remarks on
    clock and roles. A TimeToLive is a payload message's: what a signal says counts however late it comes (EB-236).

    Raises `RefusedError`: ENVELOPE_VALUE with EB-233, MESSAGE_EXPIRED with EB-234, ENVELOPE_NOT_SUPPORTED with EB-230.
    """
    header = message.header
    if header.receiver.her not in ours:
        raise RefusedError(
            ENVELOPE_VALUE, "EB-233", "the receiver's HER-id is none of ours", f"{_HEADER}/eb:MessageHeader/eb:To"
        )
    carries = isinstance(message.content, Manifest)
    if carries and header.time_to_live is not None and header.time_to_live.instant < received:
        raise RefusedError(MESSAGE_EXPIRED, "EB-234", "", f"{_HEADER}/eb:MessageHeader/eb:MessageData/eb:TimeToLive")
    remarks = _check_process(header) if carries else ()
    if not received - _OLD <= header.timestamp.instant <= received + _CLOCK_ERROR:
        path = "Envelope/Header/MessageHeader/MessageData/Timestamp"
        remarks += (tolerated("EB-211", path, "Timestamp is in the future or older than 30 days", "ebxml.md §10.3"),)
    return remarks


def _check_process(header: MessageHeader) -> tuple[Finding, ...]:
    """Whether Service, Action and roles belong together (HISD 1209 §4); roles that do not are only remarked on."""
    process, remarks = process_of(header.service.value, header.action)
    if (header.sender.role, header.receiver.role) != process.roles:
        path = "Envelope/Header/MessageHeader"
        remarks += (tolerated("EB-230", path, "a Role does not belong to Service and Action", "HISD 1209 §4"),)
    return remarks


def verify(message: Message, expected: ExpectedSigner, policy: Policy, now: datetime) -> VerifiedMessage:
    """Check the signature against what the directory says about the From HER-id.

    Raises `RefusedError`, all with wire code SecurityFailure but for a block to the next hop (NotSupported).
    """
    unpacked = message.unpacked
    verified = verification.verify(
        unpacked.envelope,
        unpacked.attachments,
        expected,
        timestamp=message.header.timestamp.instant,
        now=now,
        policy=policy,
        signal=message.kind.is_signal,
    )
    if isinstance(message.content, Manifest):
        named = {reference.href for reference in message.content.references}
        signed = {reference.uri for reference in verified.check.references if reference.uri}
        if named != signed:
            raise RefusedError(
                SIGNATURE_FORM, "EB-327", "a cid reference is not written as in the Manifest", f"{_HEADER}/ds:Signature"
            )
    return VerifiedMessage(message, verified)


def decrypt(verified: VerifiedMessage, keys: DecryptionKeys, policy: Policy, now: datetime) -> tuple[Document, ...]:
    """The attachments in the order of the Manifest, opened with our keys.

    Raises `RefusedError` (DECRYPTION_FAILED, ALGORITHM_REFUSED), both SecurityFailure. A plaintext of unknown form is
    no error on this level (EB-509).
    """
    content = verified.message.content
    if not isinstance(content, Manifest):
        return ()
    octets = {part.content_id: part.octets for part in verified.verified.content.parts}
    documents = []
    for reference in content.references:
        opened = cms.decrypt(octets[reference.content_id], keys, policy, now)
        plain = unwrap(opened.plaintext)
        findings = (*opened.warnings, *plain.findings)
        documents.append(Document(reference.content_id, plain.octets, plain.form, reference.schemas, findings))
    return tuple(documents)


def _read_payload(unpacked: Unpacked) -> tuple[Manifest, tuple[Finding, ...]]:
    for name, rule in (("Acknowledgment", "EB-405"), ("ErrorList", "EB-407")):
        if eb(name) in unpacked.blocks:
            raise RefusedError(ENVELOPE_NOT_SUPPORTED, rule, f"a payload message with {name}", _HEADER)
    element = at_most_one(unpacked.inside, eb("Manifest"), _MANIFEST)
    if element is None:
        rule = "EB-446" if unpacked.attachments else "EB-635"
        raise RefusedError(ATTACHMENT_MISMATCH, rule, "a payload message has no Manifest", "/SOAP:Envelope/SOAP:Body")
    manifest, findings = read_manifest(element)
    named = {reference.content_id for reference in manifest.references}
    there = {part.content_id for part in unpacked.attachments}
    if named - there:
        raise RefusedError(
            ATTACHMENT_MISMATCH, "EB-445", "the Manifest names an attachment that is not there", _MANIFEST
        )
    if there - named:
        raise RefusedError(ATTACHMENT_MISMATCH, "EB-026", "an attachment is not in the Manifest", _MANIFEST)
    return manifest, findings


def _read_ack(unpacked: Unpacked) -> tuple[Acknowledgment, tuple[Finding, ...]]:
    return read_acknowledgment(_block(unpacked, "Acknowledgment", "ErrorList"))


def _read_errors(unpacked: Unpacked) -> tuple[ErrorList, tuple[Finding, ...]]:
    return read_error_list(_block(unpacked, "ErrorList", "Acknowledgment"))


def _block(unpacked: Unpacked, name: str, contrary: str) -> Element:
    """The block of a signal. What also says the contrary is not believed in either (EB-403)."""
    element = first(unpacked.blocks, eb(name))
    if element is None:
        raise RefusedError(ENVELOPE_INVALID, "EB-408", f"{name} is missing", _HEADER)
    if eb(contrary) in unpacked.blocks:
        raise RefusedError(ENVELOPE_INCONSISTENT, "EB-403", "an Acknowledgment and an ErrorList in one", _HEADER)
    return element


def _read_service(unpacked: Unpacked) -> tuple[ServiceMessage, tuple[Finding, ...]]:
    return ServiceMessage(), ()


def _contradictory(unpacked: Unpacked) -> tuple[ServiceMessage, tuple[Finding, ...]]:
    if unpacked.kind is not Kind.MIXED:
        raise RefusedError(ENVELOPE_INCONSISTENT, "EB-401", "the message is of no known type", _HEADER)
    raise RefusedError(ENVELOPE_INCONSISTENT, "EB-403", "blocks of several types of message are mixed", _HEADER)


_READERS: dict[Kind, Callable[[Unpacked], tuple[Content, tuple[Finding, ...]]]] = {
    Kind.PAYLOAD: _read_payload,
    Kind.ACKNOWLEDGMENT: _read_ack,
    Kind.ERROR: _read_errors,
    Kind.PING: _read_service,
    Kind.PONG: _read_service,
    Kind.STATUS_REQUEST: _read_service,
    Kind.STATUS_RESPONSE: _read_service,
    Kind.MIXED: _contradictory,
    Kind.BARE: _contradictory,
    Kind.EMPTY: _contradictory,
}
