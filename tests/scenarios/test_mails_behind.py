"""Whatever stands before it, an honest mail is delivered: absurd certificates, bombs and nests in the way."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.envelope.mail import payload_body
from adapter.envelope.unpack import Unpacked, unpack
from adapter.testing.neighbours import World
from adapter.testing.pki import LONG_AGO, ThrowAwayPki
from adapter.transports.port import OutgoingMail

SECONDS = 20
"""For all of them and the honest one; each alone takes a small part of a second."""


def made(key: rsa.RSAPublicKey, *extensions: x509.ExtensionType) -> bytes:
    """A certificate by nobody of ours, with a key and extensions."""
    by = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Absurd")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key).serial_number(7)
    builder = builder.not_valid_before(LONG_AGO).not_valid_after(LONG_AGO.replace(year=2040))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(by, hashes.SHA256()).public_bytes(Encoding.DER)


def negative(octets: bytes) -> bytes:
    parsed = asn1_x509.Certificate.load(octets)
    parsed["tbs_certificate"]["serial_number"] = -(1 << 800)
    return bytes(parsed.dump(force=True))


def certificates() -> dict[str, bytes]:
    key = rsa.generate_private_key(65537, 2048).public_key()
    names = x509.SubjectAlternativeName([x509.DNSName(f"n{number}.example") for number in range(20_000)])
    return {
        "a key of 16384 bits": made(rsa.RSAPublicNumbers(65537, (1 << 16383) + 1).public_key()),
        "twenty thousand names": made(key, names),
        "a negative serial number": negative(made(key)),
        "an authority": ThrowAwayPki(2048, name="Stranger").root.public_bytes(Encoding.DER),
        "half a certificate": made(key)[:300],
        "sequences in sequences": b"\x30\x80" * 50_000,
        "nothing": b"",
    }


def showing(mail: OutgoingMail, der: bytes) -> OutgoingMail:
    """The mail with another certificate in its KeyInfo."""
    unpacked = unpack(mail.content)
    assert isinstance(unpacked, Unpacked)
    shown = b"<ds:X509Certificate>" + base64.b64encode(der) + b"</ds:X509Certificate>"
    form = rb"<ds:X509Certificate>.*?</ds:X509Certificate>"
    envelope, count = re.subn(form, shown.replace(b"\\", b"\\\\"), unpacked.envelope.octets, flags=re.DOTALL)
    assert count == 1
    headers, _, _ = mail.content.partition(b"MIME-Version:")
    return replace(mail, content=headers + payload_body(envelope, "env@edi.example", unpacked.attachments, "=_again"))


TOP = b'From: hospital@edi.example\r\nTo: municipality@edi.example\r\nMIME-Version: 1.0\r\nSOAPAction: "ebXML"\r\n'
RELATED = TOP + b'Content-Type: multipart/related; boundary=b; type="text/xml"\r\n\r\n'
MAILS = {
    "a megabyte of headers": b"X-A: b\r\n" * 140_000 + RELATED,
    "multiparts 1000 deep": TOP
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1000)),
    "elements 100000 deep": TOP
    + b'Content-Type: text/xml; charset="UTF-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    + b"<a>" * 100_000,
    "a million parts": RELATED + b"--b\r\n\r\n\r\n" * 1_000_000 + b"--b--\r\n",
    "CMS that claims gigabytes": RELATED
    + b"--b\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n"
    + b"Content-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode(b"\x30\x84\xff\xff\xff\xff" + bytes.fromhex("06092a864886f70d010703a0"))
    + b"\r\n--b--\r\n",
}


@pytest.fixture
def honest(world: World) -> Callable[[], object]:
    """Two messages of the hospital that are on their way, and are taken off the road."""

    async def make() -> list[OutgoingMail]:
        for _ in range(2):
            world.hospital.submit(world.hospital.build("discharge-ready"))
        await world.hospital.daemon.settle()
        mails, world.road.under_way = world.road.under_way, []
        return mails

    return make


async def test_absurd_certificates_stand_in_nobodys_way(world: World, honest) -> None:
    """Each is refused by SecurityFailure or put aside, and the honest mail behind them is in the inbox."""
    first, second = await honest()
    absurd = [showing(first, der) for der in certificates().values()]
    began = time.process_time()
    for mail in (*absurd, second):
        await world.road.arrive(mail)
    await world.municipality.daemon.settle()
    assert len(world.municipality.inbox()) == 1
    states = [mail.reception.state.value for mail in world.municipality.mails()]
    assert not {"stored", "pending", "parsed", "validating"} & set(states)
    assert len(states) == len(absurd) + 1
    assert not any("defect" in mail.reception.reason for mail in world.municipality.mails())
    assert time.process_time() - began < SECONDS


async def test_hostile_mails_stand_in_nobodys_way(world: World, honest) -> None:
    """The same behind mails that meet a limit of their own."""
    _, good = await honest()
    began = time.process_time()
    for content in MAILS.values():
        await world.road.arrive(replace(good, content=content))
    await world.road.arrive(good)
    await world.municipality.daemon.settle()
    assert len(world.municipality.inbox()) == 1
    reasons = [mail.reception.reason for mail in world.municipality.mails() if mail.exchange_id is None]
    assert len(reasons) == len(MAILS)
    assert all(reasons)
    assert not any("defect" in reason for reason in reasons)
    assert time.process_time() - began < SECONDS
