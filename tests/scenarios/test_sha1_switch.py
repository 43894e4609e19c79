"""A mail that xmlsec1 has signed with SHA-1: taken while the dated switch is on, refused after; and what it proves."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from adapter.cli.judging import Asked, Judge
from adapter.cli.site import Site
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
from adapter.messages.findings import Severity
from adapter.observe.log import Silent
from adapter.service import dossier, partners
from adapter.service.accounts import known_stays
from adapter.service.checking import State, look
from adapter.service.installation import open_directory, signer
from adapter.testing.forger import C14N, ENVELOPED, METHODS, RSA_SHA1, RSA_SHA256, SHA1, SHA256, reference
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.testing.place import Place
from adapter.transports.port import OutgoingMail
from adapter.values import HerId

END = date(2024, 3, 7)
Start = Callable[[], World]


@pytest.fixture
def xmlsec1() -> str:
    if shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not installed")
    return "xmlsec1"


WARD, OTHER_WARD = HerId("8140011"), HerId("8140099")


def put(place: Place, her: HerId, line: str) -> None:
    """Put a line into the file that the municipality has of a partner."""
    file = place.municipality.folder / "partners" / f"{her}.toml"
    file.write_text(f"{line}\n{file.read_text('utf-8')}", "utf-8")


@pytest.fixture
def switched(place: Place) -> None:
    """The municipality takes SHA-1 from the ward in messages that come before 7 March 2024."""
    put(place, WARD, f"sha1_before = {END}")


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


async def test_sha1_is_refused_from_whom_it_is_not_switched_on(start: Start, place: Place, arrive) -> None:
    """The switch of one partner lets in nothing of another."""
    folder = place.municipality.folder / "partners"
    ward = (folder / f"{WARD}.toml").read_text("utf-8")
    (folder / f"{OTHER_WARD}.toml").write_text(ward.replace(f'her = "{WARD}"', f'her = "{OTHER_WARD}"', 1), "utf-8")
    put(place, OTHER_WARD, f"sha1_before = {END}")
    world = start()
    [answer] = await arrive(world, timedelta(days=1))
    assert codes(answer) == {"SecurityFailure"}
    assert world.municipality.inbox() == {}


@pytest.mark.parametrize(
    ("days", "state", "says", "held"),
    [
        (0, State.WARNING, "2 days left", "taken before 2024-03-07"),
        (1, State.WARNING, "1 days left", "taken before 2024-03-07"),
        (2, State.OK, "refused from it since 2024-03-07", "refused"),
    ],
)
async def test_a_switch_is_warned_of_and_explained(
    start: Start, switched: None, days: int, state: State, says: str, held: str
) -> None:
    """`check` warns of it until its day and lets it rest after; `partners explain` says what holds, and why."""
    world = start()
    world.clock.advance(timedelta(days=days))
    side = world.municipality
    seen = await asyncio.to_thread(look, side.settings, world.clock.now())
    [row] = [one for one in seen if one.what == f"partner {WARD} sha1_before"]
    assert (row.state, says in row.says) == (state, True)
    [why] = [one for one in partners.explain(side.installation, WARD) if one.what == "signed with SHA-1"]
    assert why.holds.startswith(held)
    assert f"partner file {WARD}.toml" in why.because


async def test_a_partner_without_switch_signs_with_sha_256(start: Start) -> None:
    """Where a file has no switch nothing is warned of, and the national rule is what holds."""
    world = start()
    side = world.municipality
    seen = await asyncio.to_thread(look, side.settings, world.clock.now())
    assert not [one for one in seen if "sha1_before" in one.what]
    [why] = [one for one in partners.explain(side.installation, WARD) if one.what == "signed with SHA-1"]
    assert (why.holds, "national rule" in why.because) == ("refused", True)


async def _package(world: World, place: Place) -> tuple[bytes, Neighbour]:
    """The municipality's proof of the stay, exported when the switch has long been taken out of the partner's file."""
    side = world.municipality
    file = place.municipality.folder / "partners" / f"{WARD}.toml"
    file.write_text(file.read_text("utf-8").replace(f"sha1_before = {END}\n", ""), "utf-8")
    world.clock.advance(timedelta(days=90))
    today = replace(side.installation, partners=open_directory(side.settings, world.clock, Silent()))
    (known,) = known_stays(today.store)
    collected = dossier.collect(today, known, world.clock.now())
    return pack(collected, signer(side.settings).at(world.clock.now())), side


def _about(package: bytes, side: Neighbour) -> list[Line]:
    lines = verify(package, side.installation.anchors.roots).lines
    return [line for line in lines if line.check is Check.SIGNATURE and line.member.endswith("mail.eml")]


async def test_old_proof_is_judged_by_the_policy_of_its_time(
    start: Start, switched: None, place: Place, arrive
) -> None:
    """The package holds; a line of its own says that the mail is signed with SHA-1, until when that was taken, and by
    which file."""
    world = start()
    await arrive(world, timedelta(days=1))
    package, side = await _package(world, place)
    assert verify(package, side.installation.anchors.roots).holds
    [sound, noted] = _about(package, side)
    assert (sound.outcome, noted.outcome) == (Outcome.HOLDS, Outcome.NOTED)
    assert "SHA-1" in noted.says
    assert f"before 2024-03-07, by partner file {WARD}.toml" in noted.says
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


async def test_sha1_without_a_policy_that_took_it_proves_nothing(
    start: Start, switched: None, place: Place, arrive
) -> None:
    """Without the list, with one that cannot be read, and with one whose end lies before the mail, the mail fails."""
    world = start()
    await arrive(world, timedelta(days=1))
    package, side = await _package(world, place)
    listing = next(one.content for one in read(package).members if one.name == layout.ALGORITHMS)
    assert _about(_changed(package, side, listing.replace(b"allowed_by", b"_")), side)[-1].outcome is Outcome.NOTED
    for other in (None, b"nonsense", listing.replace(b"2024-03-07", b"2024-03-06")):
        [line] = _about(_changed(package, side, other), side)
        assert line.outcome is Outcome.FAILS
        assert "rsa-sha1 is not accepted" in line.says or "sha1 is not accepted" in line.says
    assert "SHA-1 was taken only before 2024-03-06" in line.says


@pytest.mark.parametrize("is_on", [True, False])
async def test_validate_judges_by_the_switch_of_the_sender(
    start: Start, place: Place, xmlsec1: str, tmp_path: Path, is_on: bool
) -> None:
    """With the sender's file at hand SHA-1 is a remark while its switch is on, and an error otherwise."""
    if is_on:
        put(place, WARD, "sha1_before = 2999-12-31")
    world = start()
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    mail = resigned(world.hospital, world.road.under_way[0], xmlsec1, tmp_path, OLD, SHA1)
    config = place.municipality.config
    verdict = Judge(Asked("receive", Site(), config)).verdict("mail.eml", mail.content)
    about = {(one.rule, one.severity) for one in verdict.findings if one.rule in {"EB-311", "EB-317"}}
    remarked = {("EB-317", Severity.WARNING)}
    assert about == (remarked if is_on else {("EB-311", Severity.ERROR), ("EB-317", Severity.ERROR)})
