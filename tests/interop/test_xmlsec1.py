"""The neutral referee for XML signatures: what we sign it verifies, what it signs we verify."""

from __future__ import annotations

from datetime import date
from secrets import token_bytes

import pytest
from lxml import etree

from adapter.crypto.policy import NATIONAL, Policy, Use, algorithms, find, sent
from adapter.crypto.verification import ExpectedSigner, verify
from adapter.crypto.verified import Part, Unverified
from adapter.envelope.mail import MailHeaders, mail
from adapter.envelope.monitoring import Monitoring
from adapter.envelope.open import read
from adapter.envelope.open import verify as verify_message
from adapter.envelope.routing import Process, Routing
from adapter.envelope.seal import PayloadIds, Sealer
from adapter.envelope.unpack import Unpacked, unpack
from adapter.testing.forger import (
    C14N,
    DS,
    ENVELOPED,
    EXPRESSION,
    METHODS,
    RSA_SHA1,
    RSA_SHA256,
    SHA1,
    SHA256,
    SOAP,
    reference,
    xpath_transform,
)
from adapter.values import EdiAddress, HerId, MessageId

CID = "c2a5d1de-38a4-4a87-8f55-8d6f0f3f0b8e"
HOSPITAL, MUNICIPALITY = HerId("2001"), HerId("13002")


def _mail(body, now):
    return mail(MailHeaders(EdiAddress("a@edi.example"), EdiAddress("b@edi.example"), now, "m@edi.example"), body)


def _sealed(bench):
    routing = Routing(HOSPITAL, MUNICIPALITY, Process("LOG_INNLAGT"), "2001_13002", "urn:document", "1.6")
    ids = PayloadIds(MessageId("5f1d4b7a-93b1-4b0f-8a0c-2f4f7e1b9c55"), "conversation", CID, "env@edi.example", "=_eb")
    sealer = Sealer(bench.hospital.identity, bench.pki.anchors, Monitoring("adapter", "1.0"), token_bytes)
    body = sealer.seal("<a>æ</a>".encode(), routing, bench.municipality.encryption.certificate, ids, bench.now).body
    unpacked = unpack(_mail(body, bench.now))
    assert isinstance(unpacked, Unpacked)
    return unpacked


def _write(bench, unpacked):
    (bench.folder / "envelope.xml").write_bytes(unpacked.envelope.octets)
    for part in unpacked.attachments:
        (bench.folder / "payload.p7m").write_bytes(part.octets)


def _referee(bench, xmlsec1):
    return bench.run(
        xmlsec1, "--verify", "--trusted-pem", "ca.crt", f"--url-map:cid:{CID}", "payload.p7m", "envelope.xml"
    )


def test_xmlsec1_verifies_a_payload_message_of_ours(bench, xmlsec1):
    """Signature, both references and the certificate path up to the root alone."""
    _write(bench, _sealed(bench))
    result = _referee(bench, xmlsec1)
    assert result.returncode == 0, result.stderr.decode()
    assert b"SignedInfo References (ok/all): 2/2" in result.stderr + result.stdout


def test_xmlsec1_notices_a_changed_payload_and_a_changed_envelope(bench, xmlsec1):
    """The referee is not blind."""
    unpacked = _sealed(bench)
    _write(bench, unpacked)
    (bench.folder / "payload.p7m").write_bytes(unpacked.attachments[0].octets + b"\n")
    assert _referee(bench, xmlsec1).returncode != 0
    _write(bench, unpacked)
    (bench.folder / "envelope.xml").write_bytes(unpacked.envelope.octets.replace(b"LOG_INNLAGT<", b"LOG_UTSKREVET<"))
    assert _referee(bench, xmlsec1).returncode != 0


def test_xmlsec1_verifies_an_acknowledgment_of_ours(bench, xmlsec1):
    """A signal that carries copied references is signed by one reference of its own."""
    message = read(_sealed(bench))
    expected = ExpectedSigner("2001", "test", (bench.hospital.signing.certificate,), bench.pki.anchors)
    verified = verify_message(message, expected, NATIONAL, bench.now)
    sealer = Sealer(bench.municipality.identity, bench.pki.anchors, Monitoring("adapter", "1.0"), token_bytes)
    answer = sealer.acknowledge(verified, MessageId("e2a7c3f1-0b0e-4c37-9a70-7b6f1d2c9a01"), bench.now, bench.now)
    unpacked = unpack(_mail(answer.body, bench.now))
    assert isinstance(unpacked, Unpacked)
    _write(bench, unpacked)
    result = _referee(bench, xmlsec1)
    assert result.returncode == 0, result.stderr.decode()


TRANSFORMS = {
    "three transforms": ENVELOPED + xpath_transform() + C14N,
    "three transforms, prefix SOAP-ENV": ENVELOPED
    + xpath_transform(EXPRESSION.replace("@S:", "@SOAP-ENV:"), "SOAP-ENV")
    + C14N,
    "two transforms": ENVELOPED + C14N,
}


SIGNED = {
    "sha-256": (METHODS, SHA256, NATIONAL),
    "sha-1": (METHODS.replace(RSA_SHA256, RSA_SHA1), SHA1, Policy(sha1_before=date.max)),
}
"""Methods of the template, its digests, and the policy that takes them."""


def _rows(octets: bytes) -> set[str]:
    """The rows of our table that a signature names."""
    root = etree.fromstring(octets)
    names = {"SignatureMethod": Use.SIGNATURE, "DigestMethod": Use.DIGEST, "CanonicalizationMethod": Use.CANONICAL_FORM}
    found = [(use, one.get("Algorithm", "")) for name, use in names.items() for one in root.iter(f"{{{DS}}}{name}")]
    rows = [find(use, identifier) for use, identifier in found]
    return {row.name if row is not None else "unknown" for row in rows}


def test_the_signatures_are_all_that_we_take():
    """No row of the table of algorithms for signatures is without a signature of xmlsec1, and none without its row."""
    wanted = {row.name for row in algorithms() if row.use in {Use.SIGNATURE, Use.DIGEST, Use.CANONICAL_FORM}}
    shown = [
        f'<a xmlns:ds="{DS}">{methods}{reference("", digest=digest)}</a>' for methods, digest, _ in SIGNED.values()
    ]
    assert set().union(*(_rows(one.encode()) for one in shown)) == wanted


def test_we_sign_with_what_we_offer(bench):
    """What xmlsec1 verifies of ours is by the rows that the table has for sending."""
    offered = {sent(use).name for use in (Use.SIGNATURE, Use.DIGEST, Use.CANONICAL_FORM)}
    assert _rows(_sealed(bench).envelope.octets) == offered


@pytest.mark.parametrize(("methods", "digest", "policy"), SIGNED.values(), ids=SIGNED)
@pytest.mark.parametrize("transforms", TRANSFORMS.values(), ids=TRANSFORMS)
def test_we_verify_what_xmlsec1_signs(bench, xmlsec1, transforms, methods, digest, policy):
    """A template of the profile, filled in by the tool, with a comment, other white space and more namespaces."""
    template = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- before -->'
        f'<s:Envelope xmlns:s="{SOAP}" xmlns="urn:x" xmlns:y="urn:y">'
        "\n\t<s:Header>\n<!-- TEST --> <y:A b='1'\n a=\"2\">æ</y:A>\n"
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>\n {methods}'
        f"{reference('', transforms, digest)}\n{reference('cid:' + CID, digest=digest)}"
        "</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo>"
        "</ds:Signature>\n tail</s:Header><s:Body/>\n</s:Envelope>\n<!-- behind -->"
    )
    (bench.folder / "template.xml").write_text(template, encoding="utf-8")
    octets = bytes(range(256))
    (bench.folder / "payload.p7m").write_bytes(octets)
    result = bench.run(
        xmlsec1,
        "--sign",
        "--privkey-pem",
        "hospital/signing.key,hospital/signing.crt",
        f"--url-map:cid:{CID}",
        "payload.p7m",
        "--output",
        "signed.xml",
        "template.xml",
    )
    assert result.returncode == 0, result.stderr.decode()
    expected = ExpectedSigner("2001", "test", (bench.hospital.signing.certificate,), bench.pki.anchors)
    verified = verify(
        Unverified((bench.folder / "signed.xml").read_bytes()),
        (Part(CID, octets),),
        expected,
        timestamp=bench.now,
        now=bench.now,
        policy=policy,
        signal=False,
    )
    assert verified.content.parts[0].octets == octets
