"""A stay that is really played between two neighbours, as the dossier and the package of either side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from adapter.crypto.keys import SigningIdentity
from adapter.evidence.container import Member, read, write
from adapter.evidence.dossier import Dossier
from adapter.evidence.layout import MANIFEST, SIGNATURE
from adapter.evidence.manifest import Manifest, listed, read_manifest, sign, write_manifest
from adapter.evidence.package import pack
from adapter.evidence.report import Outcome
from adapter.evidence.verify import verify
from adapter.facts import AnswerKind
from adapter.service import asking, dossier
from adapter.service.accounts import known_stays
from adapter.service.installation import signer
from adapter.testing import scenarios
from adapter.testing.neighbours import Neighbour, World
from adapter.testing.pki import ThrowAwayPki
from adapter.testing.place import prepare

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, repr=False)
class Exporter:
    """One side: its dossier, the full package of it, and the key that signs. Without a repr: it would be half a
    megabyte, more than hypothesis prints of a failing case.
    """

    dossier: Dossier
    package: bytes
    identity: SigningIdentity
    roots: tuple[x509.Certificate, ...]

    def pack(self, dossier: Dossier) -> bytes:
        return pack(dossier, self.identity)

    def repack(self, changes: Mapping[str, bytes | None]) -> bytes:
        """The package with members changed, left out (None) or added, and honestly signed again."""
        members = {one.name: one.content for one in read(self.package).members}
        manifest = read_manifest(members.pop(MANIFEST))
        del members[SIGNATURE]
        changed: dict[str, bytes | None] = {**members, **changes}
        kept = tuple(Member(name, content) for name, content in changed.items() if content is not None)
        again = Manifest(manifest.form, manifest.stay, manifest.made_at, manifest.software, tuple(map(listed, kept)))
        octets = write_manifest(again)
        return write((Member(MANIFEST, octets), Member(SIGNATURE, sign(octets, self.identity)), *kept))

    def member(self, name: str) -> bytes:
        return next(one.content for one in read(self.package).members if one.name == name)


@dataclass(frozen=True)
class Played:
    hospital: Exporter
    municipality: Exporter
    pki: ThrowAwayPki


async def play(folder: Path) -> Played:
    pki = ThrowAwayPki(2048)
    world = World(prepare(folder, scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048, pki=pki), START)
    hospital, municipality = world.hospital, world.municipality
    hospital.submit(hospital.build("admitted"))
    await world.settle()
    hospital.note_early_notice()
    municipality.note_early_notice()
    hospital.submit(hospital.build("discharge-ready"))
    await world.settle()
    await world.go_on(timedelta(hours=2))
    (readiness,) = municipality.received("LOG_UTSKRIVNINGSKLAR")
    said = asking.Said(AnswerKind.LATER, (START + timedelta(days=3)).date())
    asking.answer(municipality.installation, readiness, said)
    await world.settle()
    await world.go_on(timedelta(days=3))
    (ready,) = hospital.sent("LOG_UTSKRIVNINGSKLAR")
    assert ready.msg_id is not None
    hospital.submit(hospital.build("discharged", reference={"parent": ready.msg_id.value}))
    await world.settle()
    found = Played(_exporter(hospital), _exporter(municipality), pki)
    await world.close()
    return found


def _exporter(side: Neighbour) -> Exporter:
    installation = side.installation
    (known,) = known_stays(installation.store)
    collected = dossier.collect(installation, known, START + timedelta(days=30))
    identity = signer(installation.settings).at(START)
    return Exporter(collected, pack(collected, identity), identity, installation.anchors.roots)


def failures(package: bytes, roots: tuple[x509.Certificate, ...] = ()) -> list[tuple[str, str]]:
    """What fails in a package: the kinds of check and the members."""
    lines = verify(package, roots).lines
    return [(line.check.value, line.member) for line in lines if line.outcome is Outcome.FAILS]
