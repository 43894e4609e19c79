"""Mails that are odd in one respect, each by its own octets: what is answered, by which code, and what comes behind.

Each is made from a good mail by hand; where the envelope is changed it is signed again, so that nothing else is wrong.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from cryptography.x509 import load_pem_x509_certificate

from adapter.cli.judging import Asked, Judge
from adapter.cli.site import Site
from adapter.crypto.keys import load_private_key
from adapter.envelope.mail import payload_body
from adapter.envelope.signals import read_error_list
from adapter.envelope.unpack import FaultMail, Unpacked, unpack
from adapter.testing.forger import ENVELOPE_REFERENCE, SIGNATURE_HERE, forge, reference
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.testing.pki import Pair
from adapter.transports.port import OutgoingMail

FROM = '<eb:PartyId eb:type="HER">8140011</eb:PartyId>'
TO = '<eb:PartyId eb:type="HER">8140022</eb:PartyId>'


@dataclass(frozen=True)
class Odd:
    """What is changed in the envelope before it is signed, in the mail after that, and what is answered: `ACK`, the
    code of an ErrorList, `WARNING`, `FAULT`, or `nothing`."""

    answer: str
    envelope: Callable[[str], str] = str
    mail: Callable[[bytes], bytes] = bytes


def swap(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def mended(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(octets: bytes) -> bytes:
        assert old in octets
        return octets.replace(old, new, 1)

    return change


def signed_anew(side: Neighbour, mail: OutgoingMail, change: Callable[[str], str]) -> bytes:
    """The mail with another envelope, signed with the sender's key."""
    unpacked = unpack(mail.content)
    assert isinstance(unpacked, Unpacked)
    text = re.sub("<ds:Signature .*</ds:Signature>", SIGNATURE_HERE, unpacked.envelope.octets.decode(), flags=re.S)
    keys = side.side.folder / "keys"
    key, certificate = (keys / "signing.key").read_bytes(), (keys / "signing.crt").read_bytes()
    pair = Pair(load_private_key(key), load_pem_x509_certificate(certificate))
    parts = unpacked.attachments
    envelope = forge(
        change(text),
        pair,
        {part.content_id: part.octets for part in parts},
        references=ENVELOPE_REFERENCE + "".join(reference(f"cid:{part.content_id}") for part in parts),
    )
    headers, _, _ = mail.content.partition(b"MIME-Version:")
    return headers + payload_body(envelope, "env@edi.example", parts, "=_odd")


def recoded(declared: str, encoding: str, charset: str) -> Callable[[bytes], bytes]:
    """The envelope in another encoding, which declaration and charset tell or do not; the signature holds over both."""

    def change(octets: bytes) -> bytes:
        text = re.search(rb"\r\n\r\n(PD94[^-]*)\r\n--", octets)
        assert text is not None
        envelope = base64.b64decode(text[1]).decode().replace("UTF-8", declared, 1).encode(encoding)
        there = octets.replace(text[1], base64.encodebytes(envelope).replace(b"\n", b"\r\n").rstrip(), 1)
        return there.replace(b'charset="UTF-8"', f'charset="{charset}"'.encode(), 1)

    return change


ODD = {
    "UTF-16 that is called so": Odd("WARNING", mail=recoded("UTF-16", "utf-16", "UTF-16")),
    "UTF-16 in a part of UTF-8": Odd("ValueNotRecognized", mail=recoded("UTF-16", "utf-16", "UTF-8")),
    "UTF-16 that calls itself UTF-8": Odd("ValueNotRecognized", mail=recoded("UTF-8", "utf-16-be", "UTF-8")),
    "Latin-1 in a part of UTF-8": Odd("ValueNotRecognized", mail=recoded("ISO-8859-1", "latin-1", "UTF-8")),
    "a BOM": Odd("ACK", mail=recoded("UTF-8", "utf-8-sig", "UTF-8")),
    "two HER-ids in From": Odd("Inconsistent", swap(FROM, FROM + FROM.replace("8140011", "8140012"))),
    "one HER-id twice": Odd("Inconsistent", swap(FROM, FROM + FROM)),
    "two HER-ids in To": Odd("Inconsistent", swap(TO, TO + TO.replace("8140022", "8140021"))),
    "an id without type": Odd("Inconsistent", swap(FROM, FROM + "<eb:PartyId>983974929</eb:PartyId>")),
    "no HER-id": Odd("FAULT", swap(FROM, FROM.replace('"HER"', '"ENH"'))),
    "other digits": Odd("FAULT", swap("8140011", "٨١٤٠٠١١")),
    "two From": Odd("FAULT", swap("<eb:To>", "<eb:From><eb:PartyId/></eb:From><eb:To>")),
    "comments in the headers": Odd(
        "ACK",
        mail=lambda octets: (
            octets.replace(b"MIME-Version: 1.0", b'MIME-Version: (x) 1.0 (y (z\\)) "q")')
            .replace(b'charset="UTF-8"', b"charset=UTF-8 (plain; text)")
            .replace(b"Transfer-Encoding: base64", b"Transfer-Encoding: (a) BASE64 (b)")
        ),
    ),
    "a bracket inside quotes": Odd("ACK", mail=mended(b'filename="', b'filename="(')),
    "another MIME": Odd("FAULT", mail=mended(b"MIME-Version: 1.0", b"MIME-Version: 1.05")),
    "no closing boundary": Odd("FAULT", mail=lambda octets: octets.rstrip()[:-2] + b"\r\n"),
    "an unknown encoding": Odd("FAULT", mail=mended(b"Encoding: base64", b"Encoding: x-uuencode")),
    "base64 with junk": Odd("FAULT", mail=mended(b"\r\nPD94", b"\r\nPD94!!!=")),
    "a bounce cut off": Odd(
        "nothing",
        mail=lambda octets: re.sub(
            rb"multipart/related", b"multipart/report; report-type=delivery-status", octets.rstrip()[:-2], count=1
        ),
    ),
}


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_mail_is_answered_as_the_profile_says(world: World, name: str) -> None:
    """By the road and by `validate` alike; nothing of it is a defect, and the good mail behind it is taken."""
    odd = ODD[name]
    hospital, municipality = world.hospital, world.municipality
    hospital.submit(hospital.build("discharge-ready"))
    await hospital.daemon.settle()
    [good] = world.road.under_way
    world.road.under_way.clear()
    octets = odd.mail(signed_anew(hospital, good, odd.envelope))
    await world.road.arrive(replace(good, content=octets))
    await municipality.daemon.settle()
    answers = [one for one in world.road.taken if one.sender.value == municipality.side.address and is_signal(one)]
    assert [told(one) for one in answers] == ([] if odd.answer == "nothing" else [odd.answer])
    [mail] = municipality.mails()
    assert "defect" not in mail.reception.reason
    config = municipality.side.config
    verdict = Judge(Asked("receive", Site(), config)).verdict("mail.eml", octets)
    assert verdict.valid == (odd.answer in {"ACK", "WARNING", "nothing"})
    world.road.under_way.clear()
    before = len(municipality.received())
    hospital.submit(hospital.build("withdrawal"))
    await world.settle()
    assert len(municipality.received()) == before + 1


def told(mail: OutgoingMail) -> str:
    unpacked = unpack(mail.content)
    if isinstance(unpacked, FaultMail):
        return "FAULT"
    assert isinstance(unpacked, Unpacked)
    element = unpacked.header.find("{*}ErrorList")
    if element is None:
        return "ACK"
    said, _ = read_error_list(element)
    return said.errors[0].code if said.rejects else "WARNING"
