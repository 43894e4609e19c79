"""Sealing: the golden form of what we send, and that nothing bad is ever sent."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.crypto.certificates import Usage
from adapter.crypto.cms import ContentCipher, content_algorithm, decrypt
from adapter.crypto.keys import SigningIdentity
from adapter.crypto.policy import NATIONAL, Use, find
from adapter.envelope.classify import Kind
from adapter.envelope.header import ReturnAddress
from adapter.envelope.manifest import Manifest
from adapter.envelope.monitoring import Monitoring
from adapter.envelope.plaintext import Packing, PlaintextForm
from adapter.envelope.routing import Process
from adapter.envelope.seal import fault_body
from adapter.envelope.signals import (
    AckMatch,
    Acknowledgment,
    EbError,
    ErrorList,
    ErrorSeverity,
    SoapFault,
    match,
)
from adapter.envelope.unpack import FaultMail, Unpacked, unpack
from adapter.errors import AdapterError
from adapter.messages.findings import Finding, Severity
from adapter.testing.forger import C14N, ENVELOPED, EXPRESSION, reference, xpath_transform
from adapter.values import MessageId


def test_a_sealed_message_opens_byte_for_byte(world):
    """Seal, mail, unpack, read, verify, decrypt: the document, without a single remark on our own mail."""
    verified = world.verify(world.mail(world.seal().body))
    (document,) = world.open(world.mail(world.seal().body))
    assert document.octets == world.payload
    assert document.schemas[0].version == "1.6"
    assert verified.findings == document.findings == ()
    assert verified.message.kind is Kind.PAYLOAD


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=300))
@example(b"")
@example(b"\xef\xbb\xbf<a>\r\n\n\r</a>\x00")
def test_any_payload_that_looks_like_xml_travels_unchanged(world, octets):
    """Line ends, BOM and null octets of a document are the receiver's to see."""
    (document,) = world.open(world.mail(world.seal(b"<a/>" + octets).body))
    assert document.octets == b"<a/>" + octets


def test_the_header_says_what_the_routing_said(world):
    """Parties, roles, CPAId, Service, Action, ids, UTC time to the second, monitoring (golden rules of §10.3)."""
    sealed = world.seal()
    header = world.read(world.mail(sealed.body)).header
    assert (header.sender.her, header.sender.role) == (world.hospital_her, "LOG_INNLAGTsender")
    assert (header.receiver.her, header.receiver.role) == (world.municipality_her, "LOG_INNLAGTreceiver")
    assert (header.service.value, header.service.type, header.action) == ("S-LOG_INNLAGT", "kithService", "LOG_INNLAGT")
    assert (header.cpa_id, header.message_id, header.refers_to) == ("9_10", world.message_id, None)
    assert header.timestamp.text == "2012-03-05T10:15:30Z"
    assert header.eliminate_duplicates
    assert (header.monitoring.system, header.monitoring.application) == ("adapter", "Journal")
    assert (sealed.message_id, sealed.conversation_id, sealed.timestamp) == (
        header.message_id,
        header.conversation_id,
        header.timestamp,
    )


def test_the_elements_stand_in_the_order_of_the_schema(world):
    """MessageHeader, AckRequested, Signature in the Header, a Manifest in the Body (§3.1, §3.3)."""
    root = world.read(world.mail(world.seal().body)).unpacked.envelope.document.getroot()

    def names(element):
        return [etree.QName(child).localname for child in element]

    assert names(root) == ["Header", "Body"]
    assert names(root[0]) == ["MessageHeader", "AckRequested", "Signature"]
    order = "From To CPAId ConversationId Service Action MessageData DuplicateElimination Description"
    assert names(root[0][0]) == order.split()
    assert names(root[1]) == ["Manifest"]
    assert names(root[1][0]) == ["Reference"]


def test_the_mail_has_the_golden_form(world):
    """Headers and parts as §2.1 has them, read by the standard library."""
    sealed = world.seal()
    message = email.message_from_bytes(world.mail(sealed.body))
    assert message["From"] == "sykehus@edi.example"
    assert message["Date"] == "Mon, 05 Mar 2012 10:15:30 +0000"
    assert message["Message-ID"] == "<7b0e3b1c@edi.example>"
    assert message["SOAPAction"] == '"ebXML"'
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/related"
    assert message.get_param("type") == "text/xml"
    first, second = message.get_payload()
    assert message.get_param("start") == first["Content-ID"] == "<env-9f2@edi.example>"
    assert (first.get_content_type(), first.get_param("charset")) == ("text/xml", "UTF-8")
    assert second.get_content_type() == "application/pkcs7-mime"
    assert second.get_param("smime-type") == "enveloped-data"
    assert second["Content-ID"] == f"<{world.ids.payload_content_id}>"
    assert {part["Content-Transfer-Encoding"] for part in (first, second)} == {"base64"}
    octets = world.mail(sealed.body)
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert b"\n" not in octets.replace(b"\r\n", b"")


def test_a_resend_is_the_same_body_in_a_new_mail(world):
    """The stored body does not depend on the mail headers."""
    sealed = world.seal()
    assert world.mail(sealed.body).endswith(sealed.body)


def test_an_apprec_travels_in_the_service_of_its_message(world):
    """EB-620: Service of the original, Action APPREC, roles mirrored."""
    routing = replace(
        world.routing,
        sender=world.municipality_her,
        receiver=world.hospital_her,
        process=Process("LOG_INNLAGT", receipt=True),
    )
    sealed = world.municipality_seals.seal(
        world.payload, routing, world.hospital.encryption.certificate, world.ids, world.now
    )
    header = world.verify(world.mail(sealed.body)).header
    assert (header.service.value, header.action) == ("S-LOG_INNLAGT", "APPREC")
    assert (header.sender.role, header.receiver.role) == ("LOG_INNLAGTreceiver", "LOG_INNLAGTsender")


def _acknowledged(world):
    sealed = world.seal()
    verified = world.verify(world.mail(sealed.body))
    accepted, now = world.now + timedelta(seconds=11), world.now + timedelta(seconds=12)
    answer = world.municipality_seals.acknowledge(verified, world.signal_id, accepted, now)
    return sealed, world.verify(world.mail(answer.body))


def test_an_acknowledgment_copies_every_reference(world):
    """It is signed by the receiver, tells when it accepted, and its digests are those we sent (§4.6)."""
    sealed, answer = _acknowledged(world)
    content = answer.message.content
    assert isinstance(content, Acknowledgment)
    assert answer.message.kind is Kind.ACKNOWLEDGMENT
    assert content.refers_to == world.message_id
    assert content.accepted_at is not None
    assert content.accepted_at.text == "2012-03-05T10:15:41Z"
    assert match(content.references, sealed.references) is AckMatch.COMPLETE
    assert answer.findings == ()
    assert answer.check.signer == world.municipality.signing.certificate


def test_a_signal_has_nothing_of_a_payload_message(world):
    """No Role, DuplicateElimination, AckRequested or RefToMessageId in MessageData; empty Body; bare text/xml."""
    _, answer = _acknowledged(world)
    header = answer.header
    assert (header.sender.role, header.receiver.role, header.refers_to) == ("", "", None)
    assert not header.eliminate_duplicates
    assert (header.service.value, header.service.type) == ("urn:oasis:names:tc:ebxml-msg:service", "")
    assert (header.cpa_id, header.conversation_id) == ("9_10", world.ids.conversation_id)
    assert len(answer.message.unpacked.body) == 0
    assert [row.uri for row in answer.check.references] == [""]


def _errors():
    return (
        EbError("SecurityFailure", ErrorSeverity.ERROR, "/SOAP:Envelope/SOAP:Header/ds:Signature", 'a "text" <&> æ'),
        EbError("Inconsistent", ErrorSeverity.WARNING, "", "another"),
    )


def test_an_error_list_reads_back(world):
    """Every error with code, severity, place and text; the message in error in MessageData."""
    to = ReturnAddress(world.hospital_her, world.municipality_her, "9_10", "conversation", "m-1")
    sealed = world.municipality_seals.object_to(to, _errors(), world.signal_id, world.now)
    answer = world.verify(world.mail(sealed.body))
    assert answer.message.content == ErrorList(_errors(), ErrorSeverity.ERROR)
    assert answer.message.kind is Kind.ERROR
    assert answer.header.action == "MessageError"
    assert str(answer.header.refers_to) == "m-1"
    assert answer.findings == ()


@pytest.mark.parametrize("marked", [False, True])
def test_a_renewed_signal_says_the_same(world, marked):
    """Another id, time and signature around the very octets of the Acknowledgment, the ErrorList or the Pong."""
    seals = replace(world.municipality_seals, test_mark=marked)
    message = world.verify(world.mail(world.seal().body))
    to = ReturnAddress(world.hospital_her, world.municipality_her, "9_10", "conversation", "m-1")
    made = (
        seals.acknowledge(message, world.signal_id, world.now, world.now),
        seals.object_to(to, _errors(), world.signal_id, world.now),
        seals.answer_service(message, "Pong", "", world.signal_id, world.now),
    )
    another = MessageId("5f0c2c1d-9a3e-4f6a-8a53-6c1f6f5e6a11")
    for one in made:
        renewed = seals.renew(one.body, another, world.now + timedelta(hours=20))
        old, new = world.verify(world.mail(one.body)), world.verify(world.mail(renewed.body))
        assert new.message.content == old.message.content
        assert new.header == replace(old.header, message_id=another, timestamp=new.header.timestamp)
        assert new.header.timestamp.instant == world.now.replace(microsecond=0) + timedelta(hours=20)
        assert _said(renewed) == _said(one) != []
    with pytest.raises(AdapterError, match="EB-445"):
        seals.renew(world.seal().body, another, world.now)


def _said(sealed):
    unpacked = unpack(sealed.body)
    assert isinstance(unpacked, Unpacked)
    return re.findall(rb"</eb:MessageHeader>(.*)<ds:Signature ", unpacked.envelope.octets, re.DOTALL)


_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\t\n\r"), max_size=40)


@settings(max_examples=40, deadline=None)
@given(_TEXT, _TEXT)
def test_whatever_is_told_stands_in_the_envelope_in_canonical_form(world, location, description):
    """Text and attribute values are written as canonicalisation would write them, so that the signature holds."""
    to = ReturnAddress(world.hospital_her, world.municipality_her, "9_10", "a > b & 'c' \"d\" <e>", "m-1")
    error = EbError("Unknown", ErrorSeverity.ERROR, location, description)
    sealed = world.municipality_seals.object_to(to, (error,), world.signal_id, world.now)
    answer = world.verify(world.mail(sealed.body))
    root = answer.message.unpacked.envelope.document.getroot()
    written = answer.message.unpacked.envelope.octets.partition(b"?>")[2]
    assert written == etree.tostring(root, method="c14n", with_comments=False)
    (told,) = answer.message.content.errors
    assert (told.location, told.description) == (location.strip(), description.strip())


@pytest.mark.parametrize("prefix", ["SOAP", "SOAP-ENV", "eb", "S"])
def test_a_reference_that_declares_what_our_envelope_declares_is_copied(world, prefix):
    """The expression of a peer names SOAP by any prefix, also by one of ours (§4.2): the Acknowledgment holds."""
    transforms = ENVELOPED + xpath_transform(EXPRESSION.replace("@S:", f"@{prefix}:"), prefix) + C14N
    references = reference("", transforms) + reference(f"cid:{world.ids.payload_content_id}")
    sent = world.peer(str, references=references)
    verified = world.verify(sent)
    body = world.municipality_seals.acknowledge(verified, world.signal_id, world.now, world.now).body
    content = world.verify(world.mail(body)).message.content
    assert isinstance(content, Acknowledgment)
    assert match(content.references, verified.check.references) is AckMatch.COMPLETE


def test_an_error_can_be_sent_about_a_header_that_lacks_almost_everything(world):
    """CPAId and ConversationId are made up where the message in error has none; its MessageId cannot be."""
    nothing = ReturnAddress(world.hospital_her, world.municipality_her, "", "", "")
    with pytest.raises(AdapterError, match="EB-423"):
        world.municipality_seals.object_to(nothing, _errors(), world.signal_id, world.now)
    to = replace(nothing, message_id="m-1")
    sealed = world.municipality_seals.object_to(to, _errors(), world.signal_id, world.now)
    unpacked = unpack(world.mail(sealed.body))
    assert unpacked.reply_to is not None
    assert unpacked.reply_to.cpa_id == "9_10"


def test_a_fault_reads_back(world):
    """A Fault is a mail of its own kind and comes with what it may be about."""
    body = fault_body(SoapFault("Client", "No text/xml part & more"))
    octets = world.mail(body).replace(b"MIME-Version", b"In-Reply-To: <a@b>\r\nReferences: <a@b>\r\nMIME-Version", 1)
    assert unpack(octets) == FaultMail(SoapFault("Client", "No text/xml part & more"), ("a@b",))


def test_nothing_is_sealed_with_or_to_a_certificate_that_cannot_be_used(world):
    """EB-255 and our own: expired, wrong use, or of another root is said before anything is made."""
    end = world.now - timedelta(days=1)
    late = world.pki.pair("X", "123456789", Usage.ENCRYPTION, valid_until=end)
    for certificate in (late.certificate, world.municipality.signing.certificate):
        with pytest.raises(AdapterError) as error:
            world.hospital_seals.seal(world.payload, world.routing, certificate, world.ids, world.now)
        assert error.value.id == "RECIPIENT-UNUSABLE"
        assert "thumbprint" in str(error.value)
    old = world.pki.pair("X", "123456789", Usage.SIGNING, valid_until=end)
    sealer = replace(world.hospital_seals, signer=SigningIdentity(old.key, old.certificate))
    recipient = world.municipality.encryption.certificate
    with pytest.raises(AdapterError) as error:
        sealer.seal(world.payload, world.routing, recipient, world.ids, world.now)
    assert error.value.id == "SIGNER-UNUSABLE"


def test_what_the_schema_check_finds_is_not_sent(world):
    """An error of the installation's schema check is SEAL-REFUSED, a warning is not."""
    recipient = world.municipality.encryption.certificate
    for severity in (Severity.ERROR, Severity.WARNING):
        finding = Finding("XSD", severity, "Envelope", 1, "x", "y")
        sealer = replace(world.hospital_seals, check=lambda document, finding=finding: (finding,))
        if severity is Severity.WARNING:
            sealer.seal(world.payload, world.routing, recipient, world.ids, world.now)
            continue
        with pytest.raises(AdapterError) as error:
            sealer.seal(world.payload, world.routing, recipient, world.ids, world.now)
        assert error.value.id == "SEAL-REFUSED"


def test_a_value_that_does_not_read_back_is_not_sent(world):
    """White space around an identifier would come back different, so the message is refused."""
    ids = replace(world.ids, conversation_id=" with blanks ")
    with pytest.raises(AdapterError) as error:
        world.hospital_seals.seal(
            world.payload, world.routing, world.municipality.encryption.certificate, ids, world.now
        )
    assert error.value.id == "SEAL-REFUSED"


def test_what_the_net_does_not_carry_is_not_sealed(world):
    """More than 51 200 000 octets of mail are MAIL-TOO-LARGE."""
    with pytest.raises(AdapterError) as error:
        world.seal(b"<a>" + b" " * 38_000_000 + b"</a>")
    assert error.value.id == "MAIL-TOO-LARGE"


def test_time_is_written_in_utc(world):
    """A clock with another offset makes the same Timestamp."""
    sealed = world.hospital_seals.seal(
        world.payload,
        world.routing,
        world.municipality.encryption.certificate,
        world.ids,
        datetime(2012, 3, 5, 23, 59, 59, tzinfo=UTC).astimezone(),
    )
    assert sealed.timestamp.text == "2012-03-05T23:59:59Z"


def test_the_manifest_names_the_document(world):
    """Content-ID, namespace and version of what is inside (§3.7, §9.2)."""
    content = world.read(world.mail(world.seal().body)).content
    assert isinstance(content, Manifest)
    (reference,) = content.references
    assert reference.href == f"cid:{world.ids.payload_content_id}"
    assert reference.schemas[0].location.endswith("Pasientlogistikk/2012-04-01")


def test_what_breaks_a_rule_is_not_sealed(world):
    """Every rule is run on the finished body, strictly: a software without name, a version that is none (EB-618)."""
    nameless = replace(world.hospital_seals, monitoring=Monitoring("", "1.0"))
    with pytest.raises(AdapterError, match="EB-457"):
        nameless.acknowledge(world.verify(world.mail(world.seal().body)), world.signal_id, world.now, world.now)
    recipient = world.municipality.encryption.certificate
    old = replace(world.routing, version="1.5")
    with pytest.raises(AdapterError, match="EB-454"):
        world.hospital_seals.seal(world.payload, old, recipient, world.ids, world.now)


def test_a_signal_copies_what_the_answered_message_has_wrong(world):
    """CPAId and MessageId of an odd form are a partner's mistake, and its message is acknowledged none the less."""
    odd = world.peer(lambda text: text.replace(">9_10<", ">10_9<").replace(str(world.message_id), "20250124-1"))
    sealed = world.municipality_seals.acknowledge(world.verify(odd), world.signal_id, world.now, world.now)
    unpacked = unpack(world.mail(sealed.body))
    assert unpacked.reply_to.cpa_id == "10_9"


@pytest.mark.parametrize("form", PlaintextForm)
@pytest.mark.parametrize("cipher", ContentCipher)
def test_a_partner_gets_its_payloads_as_it_wants_them(world, form, cipher):
    """The plaintext is the document or a MIME part, by the cipher that is asked for; our own receiving side opens it,
    with a remark on Triple DES only."""
    recipient, beside = world.municipality.encryption.certificate, b"%PDF-1.7\n--\x00"
    ids = replace(world.ids, beside_content_ids=("file@edi.example",))
    packing = Packing(form, cipher)
    body = world.hospital_seals.seal(world.payload, world.routing, recipient, ids, world.now, (beside,), packing).body
    message = world.read(world.mail(body))
    for part, octets in zip(message.unpacked.attachments, (world.payload, beside), strict=True):
        assert find(Use.CONTENT, content_algorithm(part.octets)).name == cipher.value
        plain = decrypt(part.octets, world.municipality.keys, NATIONAL, world.now).plaintext
        assert plain.endswith(octets)
        assert plain.startswith(b"Content-Id: <") is (form is PlaintextForm.MIME)
    document, other = world.open(world.mail(body))
    assert (document.octets, other.octets) == (world.payload, beside)
    remarks = ["EB-503"] if cipher is ContentCipher.TRIPLE_DES else []
    assert [one.rule for one in document.findings] == remarks
