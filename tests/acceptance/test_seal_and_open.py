"""`adapter seal` and `adapter open`: the envelope offline, checked with other people's tools and with broken bits."""

from __future__ import annotations

import email
import email.policy
import random
import re
import shutil
import string
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import MESSAGES, adapter, many

from adapter.testing.place import Place

MESSAGE = MESSAGES / "discharge-ready.xml"


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A sealed mail, what `seal --json` said of it, and its two parts."""

    file: Path
    told: dict[str, str]

    def parts(self) -> tuple[bytes, bytes]:
        mail = email.message_from_bytes(self.file.read_bytes(), policy=email.policy.default)
        envelope, payload = (part.get_payload(decode=True) for part in mail.iter_parts())
        assert isinstance(envelope, bytes)
        assert isinstance(payload, bytes)
        return envelope, payload


@pytest.fixture(scope="module")
def sealed(place: Place, tmp_path_factory: pytest.TempPathFactory) -> SealedFile:
    file = tmp_path_factory.mktemp("sealed") / "out.eml"
    said = adapter(
        *("seal", MESSAGE, "--from", "8140011", "--to", "8140022", "-o", file),
        *("--json", "--config", place.hospital.config),
    )
    return SealedFile(file, said.expect(0).json())


def test_open_gives_back_what_was_sealed(place: Place, sealed: SealedFile, tmp_path: Path) -> None:
    """The receiver opens the very octets that were sealed, and is told who signed, when, and what was checked."""
    out = tmp_path / "out.xml"
    told = adapter("open", sealed.file, "-o", out, "--json", "--config", place.municipality.config).expect(0).json()
    assert out.read_bytes() == MESSAGE.read_bytes()
    assert told["opened"] is True
    assert told["message_id"] == sealed.told["message_id"]
    assert "Prøvefjord sykehus HF" in told["signer"]
    assert told["timestamp"].endswith("Z")
    assert len(told["checked"]) >= 4
    assert (told["sender"], told["receiver"]) == ("8140011", "8140022")
    shown = adapter("open", sealed.file, "-o", "-", "--config", place.municipality.config).expect(0)
    assert shown.out.encode() == MESSAGE.read_bytes()
    both = adapter("open", sealed.file, "-o", "-", "--json", "--config", place.municipality.config).expect(2)
    assert both.out == ""


def test_silence_about_revocation_is_no_good_news(place: Place, sealed: SealedFile, tmp_path: Path) -> None:
    """Sealing, opening and judging a mail say, for people and for programs, that revocation was not looked at."""
    receiver, sender = ("--config", place.municipality.config), ("--config", place.hospital.config)
    opened = adapter("open", sealed.file, "-o", tmp_path / "a.xml", "--json", *receiver).expect(0).json()
    assert opened["revocation"].startswith("not looked at")
    assert sealed.told["revocation"].startswith("not looked at")
    assert not any("revo" in one for one in opened["checked"])
    parties = ("--from", "8140011", "--to", "8140022")
    for result in (
        adapter("open", sealed.file, "-o", tmp_path / "b.xml", *receiver),
        adapter("seal", MESSAGE, *parties, "-o", tmp_path / "b.eml", *sender),
        adapter("validate", sealed.file, "--side", "receive", *receiver),
    ):
        said = result.expect(0)
        assert "not looked at: nobody is asked offline" in said.out + said.error
    (verdict,) = adapter("validate", sealed.file, "--side", "receive", "--json", *receiver).expect(0).json()
    (finding,) = (one for one in verdict["findings"] if one["rule"] == "EB-325")
    assert finding["severity"] == "info"
    assert "not looked at" in finding["message"]


def test_only_the_receiver_opens(place: Place, sealed: SealedFile, tmp_path: Path) -> None:
    """The sender's own adapter refuses what it sealed for another, and writes nothing."""
    out = tmp_path / "out.xml"
    told = adapter("open", sealed.file, "-o", out, "--json", "--config", place.hospital.config).expect(1).json()
    assert told["opened"] is False
    assert not out.exists()


def test_xmlsec1_verifies(place: Place, sealed: SealedFile, tmp_path: Path) -> None:
    """The xmlsec1 command line verifies the signature over the envelope and its attachment."""
    xmlsec = shutil.which("xmlsec1")
    if xmlsec is None:
        pytest.skip("xmlsec1 is not installed")
    envelope, payload = sealed.parts()
    (tmp_path / "envelope.xml").write_bytes(envelope)
    (tmp_path / "payload").write_bytes(payload)
    reference = envelope.split(b'URI="cid:')[1].split(b'"')[0].decode()
    options = ["--verify", "--trusted-pem", place.root, "--enabled-reference-uris", "empty,local,remote"]
    files = [f"--url-map:cid:{reference}", tmp_path / "payload", tmp_path / "envelope.xml"]
    done = subprocess.run([xmlsec, *options, *files], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-1000:]


def test_openssl_decrypts(place: Place, sealed: SealedFile, tmp_path: Path) -> None:
    """The openssl command line decrypts the attachment with the receiver's key to the octets that were sealed."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    (tmp_path / "payload").write_bytes(sealed.parts()[1])
    key = place.municipality.folder / "keys" / "encryption.key"
    files = ["-in", tmp_path / "payload", "-inkey", key, "-out", tmp_path / "plain.xml"]
    done = subprocess.run([openssl, "cms", "-decrypt", "-inform", "DER", *files], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "plain.xml").read_bytes() == MESSAGE.read_bytes()


_BODY = re.compile(rb"\r\n\r\n((?:[A-Za-z0-9+/=]{1,76}\r\n)+)--")
_BASE64 = frozenset(string.ascii_letters.encode() + string.digits.encode() + b"+/")


@dataclass(frozen=True, slots=True)
class Flip:
    """One bit of a mail: where it lies, which it is, and whether it lies in the base64 of the payload."""

    position: int
    bit: int
    in_payload: bool


def flips(whole: bytes, chance: random.Random) -> list[Flip]:
    """Bits of the mail header, of its body anywhere, and of the payload's base64, which stays base64."""
    begin = whole.index(b"\r\n\r\n")
    _, payload = (found.span(1) for found in _BODY.finditer(whole))
    anywhere = [*chance.sample(range(begin), 12), *chance.sample(range(begin, len(whole)), 18)]
    # The last four signs may hold bits that mean nothing, which the form of base64 refuses before any signature.
    inside = [place for place in range(payload[0], payload[1] - 6) if whole[place] in _BASE64]
    found = [Flip(place, 1 << chance.randrange(8), in_payload=False) for place in anywhere]
    for place in chance.sample(inside, 18):
        bits = [1 << bit for bit in range(8) if whole[place] ^ 1 << bit in _BASE64]
        found.append(Flip(place, chance.choice(bits), in_payload=True))
    return found


def test_one_bit_flipped(place: Place, sealed: SealedFile, tmp_path: Path) -> None:
    """A mail with one bit flipped is refused, or yields the same octets where the bit means nothing; never others.

    In the payload every bit means something: the signature over it fails, and the refusal says so.
    """
    whole = sealed.file.read_bytes()
    flipped_bits = flips(whole, random.Random(len(whole)))
    calls = []
    for number, flip in enumerate(flipped_bits):
        flipped = bytearray(whole)
        flipped[flip.position] ^= flip.bit
        file = tmp_path / f"{number}.eml"
        file.write_bytes(flipped)
        out = tmp_path / f"{number}.xml"
        calls.append(("open", file, "-o", out, "--json", "--config", place.municipality.config))
    for number, (flip, result) in enumerate(zip(flipped_bits, many(calls), strict=True)):
        out = tmp_path / f"{number}.xml"
        told = result.json()
        if result.code == 0:
            assert not flip.in_payload, flip
            assert out.read_bytes() == MESSAGE.read_bytes(), flip
        else:
            assert result.code == 1
            assert told["opened"] is False
            assert not out.exists()
            assert not flip.in_payload or told["wire"] == "SecurityFailure", flip


def test_what_may_not_be_sent_is_not_sealed(place: Place, tmp_path: Path) -> None:
    """A message with an error in it is not sealed, and every finding is told."""
    wrong = tmp_path / "wrong.xml"
    wrong.write_bytes(
        MESSAGE.read_bytes().replace(b"<FamilyName>", b"<Family>").replace(b"</FamilyName>", b"</Family>")
    )
    out = tmp_path / "out.eml"
    options = ("--from", "8140011", "--to", "8140022", "-o", out, "--config", place.hospital.config)
    assert "XSD" in adapter("seal", wrong, *options).expect(1).error
    told = adapter("seal", wrong, *options, "--json").expect(1).json()
    assert {finding["rule"] for finding in told["findings"]} >= {"XSD"}
    assert not out.exists()


def test_parties_that_do_not_fit(place: Place, tmp_path: Path) -> None:
    """A sender that is not ours, a receiver that nobody knows and a HER-id that is none are said as such."""
    config = ("-o", tmp_path / "out.eml", "--config", place.hospital.config)
    assert "PARTY-NOT-OURS" in adapter("seal", MESSAGE, "--from", "8140022", "--to", "8140011", *config).expect(2).error
    assert "PARTNER-UNKNOWN" in adapter("seal", MESSAGE, "--from", "8140011", "--to", "99", *config).expect(2).error
    assert "--from" in adapter("seal", MESSAGE, "--from", "x", "--to", "99", *config).expect(2).error
