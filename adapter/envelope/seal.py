"""How a message is sealed: encrypted to the receiver, wrapped, signed, checked by ourselves, made into a MIME body.

The steps S4 to S10 of `ebxml.md` §1.2. The result is finished octets: a resend sends the same ones (§7.2). What does
not pass our own check is not sent (EB-618). Ids, boundary and time are arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509

from adapter.crypto.certificates import TrustAnchors, Usage, describe, problems
from adapter.crypto.cms_old import Random
from adapter.crypto.dsig import canonical
from adapter.crypto.keys import Signer
from adapter.crypto.policy import NATIONAL
from adapter.crypto.refusal import RefusedError
from adapter.crypto.signing import sign
from adapter.crypto.verification import ExpectedSigner, verify
from adapter.crypto.verified import Part, Reference
from adapter.envelope.agreement import pair_id
from adapter.envelope.header import MessageHeader, Party, ReturnAddress, Service
from adapter.envelope.mail import MAX_OCTETS, payload_body, signal_body
from adapter.envelope.manifest import Manifest, ManifestReference, Schema
from adapter.envelope.monitoring import Monitoring
from adapter.envelope.names import EB, SIGNAL_SERVICE, SOAP, TO_PARTY, XLINK
from adapter.envelope.open import VerifiedMessage, read
from adapter.envelope.plaintext import NATIONAL_PACKING, Packing
from adapter.envelope.routing import Routing
from adapter.envelope.rules import ADDRESSING, BY_ID, judge_sealed
from adapter.envelope.rules.subject import of_unpacked
from adapter.envelope.signals import EbError, SoapFault, acknowledgment_xml, error_list_xml, fault_xml
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import MAIL_TOO_LARGE, RECIPIENT_UNUSABLE, SEAL_REFUSED, SIGNER_UNUSABLE, AdapterError
from adapter.messages.findings import Finding, Severity
from adapter.messages.xml import ENVELOPE, Tree, parse
from adapter.values import HerId, MessageId, Moment, utc_text

EnvelopeCheck = Callable[[Tree], tuple[Finding, ...]]
"""The schema check of a finished envelope, made from the schema set of this installation."""

_ACK_REQUESTED = (
    f'<eb:AckRequested SOAP:actor="{TO_PARTY}" SOAP:mustUnderstand="1" eb:signed="true" eb:version="2.0">'
    "</eb:AckRequested>"
)


_FOREIGN = re.compile(r" xmlns(?!:(?:ds|SOAP-ENV)=)")
"""A declaration that no reference of ours has. In a reference that an Acknowledgment copies it may repeat one of our
envelope, which canonical form leaves out; all else here is written in canonical form, as `sign` wants it."""

_HEADER_START = b"<SOAP:Header>"
_TEST_MARK = "<!-- TEST. TEST. Sendt i testøyemed. Har ingen andre formål. -->".encode()
_TEST_PREAMBLE = "TEST. TEST. Sendt i testoyemed. Har ingen andre formal.\r\n"
"""The mark of HITS 1172 §5.15.2 as a comment, which canonical form drops, and before the first part of the mail, where
only ASCII travels safely."""

_SIGNAL = re.compile(
    rb"</eb:MessageHeader>\n(?P<block>.*)\n<ds:Signature .*<SOAP:Body>(?P<body>.*)</SOAP:Body>", re.DOTALL
)
"""What a signal of ours says, beside its header: a block of SOAP:Header, or the content of SOAP:Body."""

COPIED = frozenset({"EB-213", "EB-214", "EB-413", "EB-423"})
"""Rules about what a signal copies from the message that it answers: not ours to correct (HIS 1037 §7.2.1)."""


def no_check(document: Tree) -> tuple[Finding, ...]:
    """The check of an installation without schemas."""
    return ()


@dataclass(frozen=True, slots=True)
class PayloadIds:
    """The identifiers of one payload message, all made by the caller: UUIDs, and a boundary that base64 cannot hold.

    `beside_content_ids` are those of what goes beside the business document, one for each.
    """

    message_id: MessageId
    conversation_id: str
    payload_content_id: str
    envelope_content_id: str
    boundary: str
    beside_content_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message ready to send. `body` is the MIME body with its own headers: prepend mail headers by `mail`."""

    body: bytes
    message_id: MessageId
    conversation_id: str
    timestamp: Moment
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Sealer:
    """What stays the same from message to message: who signs, whom we trust, which software we are, who draws lots."""

    signer: Signer
    anchors: TrustAnchors
    monitoring: Monitoring
    random: Random
    check: EnvelopeCheck = no_check
    test_mark: bool = False
    """whether what we send says that it was sent to test (EB-626)"""

    def seal(
        self,
        payload: bytes,
        routing: Routing,
        recipient: x509.Certificate,
        ids: PayloadIds,
        now: datetime,
        beside: tuple[bytes, ...] = (),
        packing: Packing = NATIONAL_PACKING,
    ) -> Sealed:
        """Seal a business document and what belongs to it: their octets arrive unchanged at the receiver.

        Each is a payload part of its own (HIS 1037 §6.3.1), encrypted as `packing` says; the monitoring is told the
        type of the document only.
        Raises `AdapterError` (RECIPIENT_UNUSABLE, SIGNER_UNUSABLE, MAIL_TOO_LARGE, SEAL_REFUSED).
        """
        self.require_recipient(recipient, routing.receiver, now)
        sender_role, receiver_role = routing.process.roles
        header = MessageHeader(
            sender=Party(routing.sender, sender_role),
            receiver=Party(routing.receiver, receiver_role),
            cpa_id=routing.cpa_id,
            conversation_id=ids.conversation_id,
            service=Service(routing.process.service, routing.service_type),
            action=routing.process.action,
            message_id=ids.message_id,
            timestamp=_utc(now),
            eliminate_duplicates=True,
            monitoring=self.monitoring,
        )
        others = zip(ids.beside_content_ids, beside, strict=True)
        parts = tuple(
            Part(content_id, packing.encrypt(octets, content_id, recipient, self.random))
            for content_id, octets in ((ids.payload_content_id, payload), *others)
        )
        told: tuple[Schema, ...] = (Schema(routing.namespace, routing.version),)
        named = (f"cid:{part.content_id}" for part in parts)
        manifest = Manifest(tuple(ManifestReference(href, () if place else told) for place, href in enumerate(named)))
        envelope, references = self._sign(header, _ACK_REQUESTED, manifest.xml(), parts, now)
        preamble = _TEST_PREAMBLE if self.test_mark else ""
        body = payload_body(envelope, ids.envelope_content_id, parts, ids.boundary, preamble)
        if len(body) > MAX_OCTETS:
            raise AdapterError(MAIL_TOO_LARGE, f"{len(body)} octets, the net carries {MAX_OCTETS}")
        self._check(body, header, ADDRESSING, now)
        return Sealed(body, header.message_id, header.conversation_id, header.timestamp, references)

    def acknowledge(
        self, message: VerifiedMessage, message_id: MessageId, accepted_at: datetime, now: datetime
    ) -> Sealed:
        """Seal the Acknowledgment (transportkvittering) of a message that was verified and opened.

        `accepted_at` is when the mail was kept here, the moment that both sides count from (HITS 1171 §5.2.3.1).
        """
        theirs = message.header
        block = acknowledgment_xml(theirs.message_id, _utc(accepted_at), theirs.receiver.her, message.copies)
        header = MessageHeader(
            sender=Party(theirs.receiver.her),
            receiver=Party(theirs.sender.her),
            cpa_id=theirs.cpa_id,
            conversation_id=theirs.conversation_id,
            service=Service(SIGNAL_SERVICE),
            action="Acknowledgment",
            message_id=message_id,
            timestamp=_utc(now),
            monitoring=self.monitoring,
        )
        return self._seal_signal(header, block, now)

    def object_to(
        self,
        to: ReturnAddress,
        errors: tuple[EbError, ...],
        message_id: MessageId,
        now: datetime,
        answering: HerId | None = None,
    ) -> Sealed:
        """Seal an ErrorList about a message whose header names both parties.

        `answering` is who answers where the message was not for us: nobody signs under another's HER-id.
        """
        header = MessageHeader(
            sender=Party(answering or to.receiver),
            receiver=Party(to.sender),
            cpa_id=to.cpa_id or pair_id(to.sender, to.receiver),
            conversation_id=to.conversation_id or message_id.value,
            service=Service(SIGNAL_SERVICE),
            action="MessageError",
            message_id=message_id,
            timestamp=_utc(now),
            refers_to=MessageId(to.message_id) if to.message_id else None,
            monitoring=self.monitoring,
        )
        return self._seal_signal(header, error_list_xml(errors), now)

    def answer_service(
        self, question: VerifiedMessage, action: str, body: str, message_id: MessageId, now: datetime
    ) -> Sealed:
        """Seal the Pong or StatusResponse (`action`) that a Ping or StatusRequest is answered with."""
        asked = question.header
        header = MessageHeader(
            sender=Party(asked.receiver.her),
            receiver=Party(asked.sender.her),
            cpa_id=asked.cpa_id,
            conversation_id=asked.conversation_id,
            service=Service(SIGNAL_SERVICE),
            action=action,
            message_id=message_id,
            timestamp=_utc(now),
            refers_to=asked.message_id,
            monitoring=self.monitoring,
        )
        return self._seal_signal(header, "", now, body)

    def renew(self, body: bytes, message_id: MessageId, now: datetime) -> Sealed:
        """Seal a signal of ours anew: it says the same octet for octet, under a new id, time and signature.

        For one that nobody was given; what may have left is repeated as it is (`ebxml.md` §7.2). Raises `AdapterError`
        (SIGNER_UNUSABLE, SEAL_REFUSED).
        """
        try:
            unpacked = unpack(body)
            if not isinstance(unpacked, Unpacked):
                raise AdapterError(SEAL_REFUSED, "kept octets are no signal of ours")
            header = replace(
                read(unpacked).header, message_id=message_id, timestamp=_utc(now), monitoring=self.monitoring
            )
        except RefusedError as error:
            raise AdapterError(SEAL_REFUSED, f"{error.rule}: {error}") from error
        said = _SIGNAL.search(unpacked.envelope.octets)
        if said is None:
            raise AdapterError(SEAL_REFUSED, "kept octets are no signal of ours")
        return self._seal_signal(header, said["block"].decode(), now, said["body"].decode())

    def _seal_signal(self, header: MessageHeader, block: str, now: datetime, soap_body: str = "") -> Sealed:
        envelope, references = self._sign(header, block, soap_body, (), now)
        body = signal_body(envelope)
        self._check(body, header, ADDRESSING | COPIED, now)
        return Sealed(body, header.message_id, header.conversation_id, header.timestamp, references)

    def _sign(
        self, header: MessageHeader, block: str, body: str, parts: tuple[Part, ...], now: datetime
    ) -> tuple[bytes, tuple[Reference, ...]]:
        """Sign an envelope with a certificate that is good for it now."""
        identity = self.signer.at(now)
        certificate = identity.certificate
        found = problems(certificate, Usage.SIGNING, self.anchors, now)
        if found:
            raise AdapterError(SIGNER_UNUSABLE, f"{'; '.join(found)}: {describe(certificate, 'our keys', 'ourselves')}")
        envelope = _envelope(header.xml(), block, body)
        if _FOREIGN.search(block) is not None:
            envelope = canonical(parse(envelope, ENVELOPE))
        signed = sign(envelope, parts, identity)
        if self.test_mark:
            return signed.envelope.replace(_HEADER_START, _HEADER_START + _TEST_MARK, 1), signed.references
        return signed.envelope, signed.references

    def _check(self, body: bytes, header: MessageHeader, but: frozenset[str], now: datetime) -> None:
        """Open a finished body as its receiver would, and judge it by every rule but some, strictly (EB-618)."""
        expected = ExpectedSigner(str(header.sender.her), "our keys", (self.signer.at(now).certificate,), self.anchors)
        try:
            unpacked = unpack(body)
            if not isinstance(unpacked, Unpacked):
                raise AdapterError(SEAL_REFUSED, "it does not read back as a message")
            message = read(unpacked)
            verify(
                unpacked.envelope,
                unpacked.attachments,
                expected,
                timestamp=header.timestamp.instant,
                now=now,
                policy=NATIONAL,
                signal=False,
            )
        except RefusedError as error:
            raise AdapterError(SEAL_REFUSED, f"{error.rule}: {error}") from error
        if message.header != header:
            raise AdapterError(SEAL_REFUSED, "the header does not read back as it was written")
        broken = [one for one in (*message.findings, *judge_sealed(of_unpacked(unpacked))) if one.rule not in but]
        broken = [one for one in broken if BY_ID[one.rule].send is not None]
        broken += [one for one in self.check(unpacked.envelope.document) if one.severity is Severity.ERROR]
        if broken:
            raise AdapterError(SEAL_REFUSED, "; ".join(f"{one.rule} at {one.path}" for one in broken))

    def require_recipient(self, recipient: x509.Certificate, receiver: HerId, now: datetime) -> None:
        """Raises `AdapterError` (RECIPIENT_UNUSABLE) when nothing may be encrypted to that certificate now."""
        found = problems(recipient, Usage.ENCRYPTION, self.anchors, now)
        if found:
            named = describe(recipient, "the partner directory", str(receiver))
            raise AdapterError(RECIPIENT_UNUSABLE, f"{'; '.join(found)}: {named}")


def fault_body(fault: SoapFault) -> bytes:
    """The MIME body of a SOAP Fault; it is not signed (`ebxml.md` §6.3)."""
    return signal_body(fault_xml(fault))


def _envelope(header: str, block: str, body: str) -> bytes:
    return (
        f'<SOAP:Envelope xmlns:SOAP="{SOAP}" xmlns:eb="{EB}" xmlns:xlink="{XLINK}">\n'
        f"<SOAP:Header>\n{header}\n{block}\n</SOAP:Header>\n<SOAP:Body>{body}</SOAP:Body>\n</SOAP:Envelope>"
    ).encode()


def _utc(now: datetime) -> Moment:
    return Moment(now.replace(microsecond=0), utc_text(now))
