"""A hospital and a municipality with keys, that seal to and open from each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_bytes

import pytest

from adapter.crypto.policy import NATIONAL
from adapter.crypto.verification import ExpectedSigner
from adapter.crypto.verified import Part
from adapter.envelope.header import ReturnAddress
from adapter.envelope.mail import MailHeaders, mail, payload_body, signal_body
from adapter.envelope.monitoring import Monitoring
from adapter.envelope.open import Document, Message, VerifiedMessage, decrypt, read, verify
from adapter.envelope.routing import Process, Routing
from adapter.envelope.seal import PayloadIds, Sealed, Sealer
from adapter.envelope.signals import EbError, ErrorSeverity
from adapter.envelope.unpack import Unpacked, unpack
from adapter.testing.forger import ENVELOPE_REFERENCE, SIGNATURE_HERE, forge, reference
from adapter.testing.pki import Organisation, ThrowAwayPki
from adapter.values import EdiAddress, HerId, MessageId

NAMESPACE = "http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01"


@dataclass(frozen=True)
class World:
    """Who takes part, and the steps of an exchange."""

    pki: ThrowAwayPki
    hospital: Organisation
    municipality: Organisation
    now: datetime

    hospital_her = HerId("9")
    municipality_her = HerId("10")
    message_id = MessageId("5f1d4b7a-93b1-4b0f-8a0c-2f4f7e1b9c55")
    signal_id = MessageId("e2a7c3f1-0b0e-4c37-9a70-7b6f1d2c9a01")
    payload = "<MsgHead>æøå &amp; line\nline\r\n</MsgHead>\n".encode()

    @property
    def hospital_seals(self) -> Sealer:
        return Sealer(
            self.hospital.identity, self.pki.anchors, Monitoring("adapter", "1.0", "Journal", "2"), token_bytes
        )

    @property
    def municipality_seals(self) -> Sealer:
        return Sealer(self.municipality.identity, self.pki.anchors, Monitoring("adapter", "1.0"), token_bytes)

    @property
    def routing(self) -> Routing:
        return Routing(self.hospital_her, self.municipality_her, Process("LOG_INNLAGT"), "9_10", NAMESPACE, "1.6")

    @property
    def ids(self) -> PayloadIds:
        return PayloadIds(
            self.message_id,
            "0d1c6f0e-2a5c-4a59-8f3e-6c1f6f5e6a10",
            "c2a5d1de-38a4-4a87-8f55-8d6f0f3f0b8e",
            "env-9f2@edi.example",
            "=_eb_5f0c2c1d",
        )

    def seal(self, payload: bytes = payload) -> Sealed:
        recipient = self.municipality.encryption.certificate
        return self.hospital_seals.seal(payload, self.routing, recipient, self.ids, self.now)

    def peer(self, change: Callable[[str], str], attachments: tuple[Part, ...] | None = None, **how: str) -> bytes:
        """A payload message of the hospital, changed as told and then honestly signed by another implementation."""
        ours = unpack(self.mail(self.seal().body))
        assert isinstance(ours, Unpacked)
        parts = ours.attachments if attachments is None else attachments
        text = re.sub(
            r"<ds:Signature .*</ds:Signature>", SIGNATURE_HERE, ours.envelope.octets.decode(), flags=re.DOTALL
        )
        references = ENVELOPE_REFERENCE + "".join(reference(f"cid:{part.content_id}") for part in parts)
        octets = {part.content_id: part.octets for part in parts}
        envelope = forge(change(text), self.hospital.signing, octets, **({"references": references} | how))
        return self.mail(payload_body(envelope, "env", parts, "=_b"))

    def peer_signal(self, block: str, change: Callable[[str], str] = str) -> bytes:
        """A signal of the municipality with that block, changed as told and honestly signed."""
        to = ReturnAddress(self.hospital_her, self.municipality_her, "9_10", "conversation", "m-1")
        error = EbError("Unknown", ErrorSeverity.ERROR, "", "x")
        ours = unpack(self.mail(self.municipality_seals.object_to(to, (error,), self.signal_id, self.now).body))
        assert isinstance(ours, Unpacked)
        text = re.sub(
            r"<ds:Signature .*</ds:Signature>", SIGNATURE_HERE, ours.envelope.octets.decode(), flags=re.DOTALL
        )
        text = re.sub(r"<eb:ErrorList.*</eb:ErrorList>", block, text, flags=re.DOTALL)
        return self.mail(signal_body(forge(change(text), self.municipality.signing, {})))

    def mail(self, body: bytes) -> bytes:
        sender, recipient = EdiAddress("sykehus@edi.example"), EdiAddress("kommune@edi.example")
        return mail(MailHeaders(sender, recipient, self.now, "7b0e3b1c@edi.example"), body)

    def read(self, octets: bytes) -> Message:
        unpacked = unpack(octets)
        assert isinstance(unpacked, Unpacked)
        return read(unpacked)

    def expected(self, message: Message) -> ExpectedSigner:
        """What a directory of the two parties says about the sender."""
        known = {self.hospital_her: self.hospital, self.municipality_her: self.municipality}
        organisation = known.get(message.header.sender.her)
        certificates = () if organisation is None else (organisation.signing.certificate,)
        return ExpectedSigner(str(message.header.sender.her), "partner file", certificates, self.pki.anchors)

    def verify(self, octets: bytes) -> VerifiedMessage:
        message = self.read(octets)
        return verify(message, self.expected(message), NATIONAL, self.now)

    def open(self, octets: bytes) -> tuple[Document, ...]:
        return decrypt(self.verify(octets), self.municipality.keys, NATIONAL, self.now)


@pytest.fixture(scope="session")
def world() -> World:
    pki = ThrowAwayPki(2048)
    now = datetime(2012, 3, 5, 10, 15, 30, 250, tzinfo=UTC)
    return World(pki, pki.organisation("Sykehuset", "123456789"), pki.organisation("Kommunen", "987654321"), now)
