"""A mail that xmlsec1 has signed with SHA-1: taken while the dated switch is on, refused after; and what it proves."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from adapter.crypto.verified import Part
from adapter.envelope.mail import payload_body
from adapter.envelope.signals import read_error_list
from adapter.envelope.unpack import Unpacked, unpack
from adapter.evidence import layout
from adapter.evidence.container import Member, read, write
from adapter.evidence.manifest import Manifest, listed, read_manifest, sign, write_manifest
from adapter.evidence.package import pack
from adapter.evidence.report import Check, Line, Outcome
from adapter.evidence.verify import verify
from adapter.service import dossier
from adapter.service.accounts import known_stays
from adapter.service.installation import signer
from adapter.testing.forger import C14N, ENVELOPED, METHODS, RSA_SHA1, RSA_SHA256, SHA1, SHA256, reference
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.transports.port import OutgoingMail

END = date(2024, 3, 7)
Configure = Callable[[str, str, str], None]
Start = Callable[[], World]


@pytest.fixture
def xmlsec1() -> str:
    if shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not installed")
    return "xmlsec1"


@pytest.fixture
def switched(configure: Configure) -> None:
    """The municipality takes SHA-1 from messages that come before 7 March 2024."""
    configure("municipality", "[store]", f"[validation]\nsha1_before = {END}\n\n[store]")


def resigned(
    side: Neighbour, sent: OutgoingMail, xmlsec1: str, folder: Path, methods: str, digest: str
) -> OutgoingMail:
    """The same mail with another signature: the envelope without ours, signed by xmlsec1 with the sender's key."""
    unpacked = unpack(sent.content)
    assert isinstance(unpacked, Unpacked)
    octets = unpacked.envelope.octets.decode()
    start, end = octets.index("<ds:Signature "), octets.index("</ds:Signature>") + len("</ds:Signature>")
    (part,) = unpacked.attachments
    references = reference("", ENVELOPED + C14N, digest) + reference(f"cid:{part.content_id}", digest=digest)
    template = (
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
        f"{methods}{references}</ds:SignedInfo><ds:SignatureValue/>"
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo></ds:Signature>"
    )
    (folder / "template.xml").write_text(octets[:start] + template + octets[end:], "utf-8")
    (folder / "payload").write_bytes(part.octets)
    keys = side.side.folder / "keys"
    command = [xmlsec1, "--sign", "--privkey-pem", f"{keys / 'signing.key'},{keys / 'signing.crt'}"]
    command += [f"--url-map:cid:{part.content_id}", "payload", "--output", "signed.xml", "template.xml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    envelope = (folder / "signed.xml").read_bytes()
    headers, _, _ = sent.content.partition(b"MIME-Version:")
    body = payload_body(envelope, "env@edi.example", (Part(part.content_id, part.octets),), "=_again")
    return replace(sent, content=headers + body)


OLD = METHODS.replace(RSA_SHA256, RSA_SHA1)


@pytest.fixture
def arrive(xmlsec1: str, tmp_path: Path) -> Callable[..., object]:
    """Send a readiness message from the hospital, signed in another way, and let it arrive after a while."""

    async def send(world: World, after: timedelta, methods: str = OLD, digest: str = SHA1) -> list[OutgoingMail]:
        world.hospital.submit(world.hospital.build("discharge-ready"))
        await world.hospital.daemon.settle()
        [sent] = world.road.under_way
        world.road.under_way = []
        world.clock.advance(after)
        await world.road.arrive(resigned(world.hospital, sent, xmlsec1, tmp_path, methods, digest))
        await world.municipality.daemon.settle()
        return [mail for mail in world.road.taken if is_signal(mail)]

    return send


def codes(mail: OutgoingMail) -> set[str]:
    """The errorCodes of an ErrorList, which names everything wrong; none of an Acknowledgment."""
    unpacked = unpack(mail.content)
    assert isinstance(unpacked, Unpacked)
    element = unpacked.header.find("{*}ErrorList")
    return set() if element is None else {error.code for error in read_error_list(element)[0].errors}


@pytest.mark.parametrize(
    ("methods", "digest"), [(OLD, SHA1), (OLD, SHA256), (METHODS, SHA1)], ids=["both", "signature", "digests"]
)
async def test_sha1_is_taken_before_its_day(start: Start, switched: None, arrive, methods: str, digest: str) -> None:
    """A day before the end of the switch the mail is acknowledged and delivered."""
    world = start()
    [answer] = await arrive(world, timedelta(days=1), methods, digest)
    assert codes(answer) == set()
    assert len(world.municipality.inbox()) == 1


@pytest.mark.parametrize(
    ("methods", "digest"), [(OLD, SHA1), (OLD, SHA256), (METHODS, SHA1)], ids=["both", "signature", "digests"]
)
async def test_sha1_is_refused_from_its_day_on(start: Start, switched: None, arrive, methods: str, digest: str) -> None:
    """On the day itself the same mail is answered by SecurityFailure: who made it can write any Timestamp."""
    world = start()
    [answer] = await arrive(world, timedelta(days=2), methods, digest)
    assert codes(answer) == {"SecurityFailure"}
    assert world.municipality.inbox() == {}


async def test_sha1_is_refused_without_a_switch(start: Start, arrive) -> None:
    """Where nothing is configured SHA-1 is refused."""
    world = start()
    [answer] = await arrive(world, timedelta(0))
    assert codes(answer) == {"SecurityFailure"}


async def test_a_second_opinion_with_sha256_is_taken(start: Start, arrive) -> None:
    """The same mail signed by the same tool with SHA-256 needs no switch: it was SHA-1 that was refused."""
    world = start()
    [answer] = await arrive(world, timedelta(0), METHODS, SHA256)
    assert codes(answer) == set()


async def _package(world: World) -> tuple[bytes, Neighbour]:
    """The municipality's proof of the stay, exported when the switch has long been taken out of the configuration."""
    side = world.municipality
    settings = side.settings.model_copy(
        update={"validation": side.settings.validation.model_copy(update={"sha1_before": None})}
    )
    world.clock.advance(timedelta(days=90))
    today = replace(side.installation, settings=settings)
    (known,) = known_stays(today.store)
    collected = dossier.collect(today, known, world.clock.now())
    return pack(collected, signer(settings).at(world.clock.now())), side


def _about(package: bytes, side: Neighbour) -> list[Line]:
    lines = verify(package, side.installation.anchors.roots).lines
    return [line for line in lines if line.check is Check.SIGNATURE and line.member.endswith("mail.eml")]


async def test_old_proof_is_judged_by_the_policy_of_its_time(start: Start, switched: None, arrive) -> None:
    """The package holds; a line of its own says that the mail is signed with SHA-1, and until when that was taken."""
    world = start()
    await arrive(world, timedelta(days=1))
    package, side = await _package(world)
    assert verify(package, side.installation.anchors.roots).holds
    [sound, noted] = _about(package, side)
    assert (sound.outcome, noted.outcome) == (Outcome.HOLDS, Outcome.NOTED)
    assert "SHA-1" in noted.says
    assert "before 2024-03-07" in noted.says
    assert "2024-03-06T09:00:00Z" in noted.says


def _changed(package: bytes, side: Neighbour, algorithms: bytes | None) -> bytes:
    """The package with another list of what was taken, or none, honestly signed again."""
    members = {one.name: one.content for one in read(package).members}
    manifest = read_manifest(members.pop(layout.MANIFEST))
    del members[layout.SIGNATURE]
    members.pop(layout.ALGORITHMS)
    if algorithms is not None:
        members[layout.ALGORITHMS] = algorithms
    kept = tuple(Member(name, content) for name, content in members.items())
    octets = write_manifest(
        Manifest(manifest.form, manifest.stay, manifest.made_at, manifest.software, tuple(map(listed, kept)))
    )
    signature = sign(octets, signer(side.settings).at(manifest.made_at))
    return write((Member(layout.MANIFEST, octets), Member(layout.SIGNATURE, signature), *kept))


async def test_sha1_without_a_policy_that_took_it_proves_nothing(start: Start, switched: None, arrive) -> None:
    """Without the list, with one that cannot be read, and with one whose end lies before the mail, the mail fails."""
    world = start()
    await arrive(world, timedelta(days=1))
    package, side = await _package(world)
    listing = next(one.content for one in read(package).members if one.name == layout.ALGORITHMS)
    for other in (None, b"nonsense", listing.replace(b"2024-03-07", b"2024-03-06")):
        [line] = _about(_changed(package, side, other), side)
        assert line.outcome is Outcome.FAILS
        assert "rsa-sha1 is not accepted" in line.says or "sha1 is not accepted" in line.says
    assert "SHA-1 was taken only before 2024-03-06" in line.says
