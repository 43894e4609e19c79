"""What a revoked certificate, and one nobody can speak for, do to a message: refused, held, sent when it is known."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from io import StringIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from lxml import etree

from adapter.crypto.certificates import Usage
from adapter.crypto.refusal import RefusedError
from adapter.crypto.revocation import Outcome
from adapter.crypto.standing import Action
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import TransportState
from adapter.errors import LOOKUP_FAILED, REVOCATION_UNKNOWN, AdapterError
from adapter.observe.events import Level
from adapter.observe.log import Stream
from adapter.service import key_list, reload, vetting
from adapter.service.checking import State, look
from adapter.service.health import examine
from adapter.service.operating import By, resend
from adapter.service.revocations import Revocations
from adapter.store.port import CertificateCheck, OutboxState
from adapter.testing import scenarios
from adapter.testing.clock import DrivenClock
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.testing.pki import ThrowAwayPki
from adapter.testing.place import Place, place_at, prepare
from adapter.transports.port import Deferred, OutgoingMail, Refused

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
ASKING = """
[revocation]
SWITCH
[[revocation.address]]
ocsp = "http://ca.example/ocsp"
"""


@dataclass
class Responder:
    """Answers about every certificate of the root that it has been shown, unless it is away."""

    pki: ThrowAwayPki
    clock: DrivenClock
    known: dict[int, x509.Certificate]
    revoked: set[int] = field(default_factory=set)
    away: bool = False
    lasts: timedelta = timedelta(hours=2)
    asked: int = 0

    def ocsp(self, address: str, request: bytes) -> bytes:
        self.asked += 1
        if self.away:
            raise AdapterError(LOOKUP_FAILED, f"{address} takes longer than 5 seconds")
        now = self.clock.now()
        certificate = self.known[ocsp.load_der_ocsp_request(request).serial_number]
        moment = now - timedelta(hours=1) if certificate.serial_number in self.revoked else None
        return self.pki.ocsp_response(certificate, now, now + self.lasts, revoked_at=moment)

    def crl(self, address: str) -> bytes:
        raise AdapterError(LOOKUP_FAILED, address)


@dataclass
class Scene:
    """Two sides that both ask one responder."""

    world: World
    responder: Responder
    log: StringIO

    def certificate(self, side: Neighbour, usage: Usage) -> x509.Certificate:
        installation = side.installation
        if usage is Usage.SIGNING:
            return installation.sealer.signer.at(START).certificate
        return installation.keys.pairs[0].certificate

    def revoke(self, side: Neighbour, usage: Usage) -> None:
        self.responder.revoked.add(self.certificate(side, usage).serial_number)


@pytest.fixture(scope="module")
def pki() -> ThrowAwayPki:
    return ThrowAwayPki(2048)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, pki: ThrowAwayPki) -> Place:
    folder = tmp_path_factory.mktemp("ground")
    return prepare(folder, scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048, pki=pki)


@pytest.fixture
def switch() -> str:
    """Further lines of `[revocation]`; a test may give its own."""
    return ""


@pytest.fixture
async def scene(ground: Place, pki: ThrowAwayPki, tmp_path: Path, switch: str) -> AsyncIterator[Scene]:
    shutil.copytree(ground.folder, tmp_path / "place")
    place = place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY)
    for side in (place.hospital, place.municipality):
        config = side.folder / "config.toml"
        config.write_text(config.read_text("utf-8") + ASKING.replace("SWITCH", switch), "utf-8")
    log = StringIO()
    world = World(place, START, logs=(Stream(Level.DEBUG, log, "h"), Stream(Level.DEBUG, log, "m")))
    responder = Responder(pki, world.clock, {})
    for neighbour in (world.hospital, world.municipality):
        installation = neighbour.installation
        asking = Revocations(installation.settings.revocation, responder, installation.anchors)
        neighbour.daemon._installation = neighbour.installation = replace(installation, revocations=asking)
        for usage in Usage:
            made = Scene(world, responder, log).certificate(neighbour, usage)
            responder.known[made.serial_number] = made
    yield Scene(world, responder, log)
    await world.close()


def checks(side: Neighbour) -> list[CertificateCheck]:
    """Every check that a side keeps, of mails received and messages sent."""
    store = side.installation.store

    def look(reader):
        mails = [mail.raw for mail in reader.mails(tuple(ReceptionState))]
        sealed = [one.sealed for one in side.sent() if one.sealed is not None]
        return list(reader.certificate_checks([*mails, *sealed]))

    return store.read_now(look)


def codes(mail: OutgoingMail) -> list[str]:
    """The errorCodes of the ErrorList in a mail."""
    payload = message_from_bytes(mail.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return [str(code) for code in etree.fromstring(payload).xpath("//@*[local-name()='errorCode']")]


def mails(side: Neighbour, state: ReceptionState) -> int:
    return len(side.installation.store.read_now(lambda reader: reader.mails((state,))))


async def test_with_good_certificates_everything_is_kept_as_evidence(scene: Scene) -> None:
    """Each signature that came and each encryption has a check with the path and the answer, octet for octet."""
    scene.world.hospital.submit(scene.world.hospital.build("discharge-ready"))
    await scene.world.settle()
    assert scene.world.municipality.inbox()
    for side in (scene.world.hospital, scene.world.municipality):
        kept = checks(side)
        assert {one.usage for one in kept} == set(Usage)
        assert {(one.outcome, one.action) for one in kept} == {(Outcome.GOOD, Action.ACCEPT)}
        for one in kept:
            assert len(one.chain) == 2
            octets = side.installation.store.read_now(lambda reader, one=one: reader.blob(one.answers[0].octets))
            assert ocsp.load_der_ocsp_response(octets).certificate_status is ocsp.OCSPCertStatus.GOOD


async def test_the_answers_are_fetched_before_they_are_needed(scene: Scene) -> None:
    """The timer asks once per certificate, the messages of the hour ask nobody, and an hour later it asks again."""
    await scene.world.settle()
    first = scene.responder.asked
    assert first == 8
    scene.world.hospital.submit(scene.world.hospital.build("discharge-ready"))
    await scene.world.settle()
    assert scene.responder.asked == first
    await scene.world.go_on(timedelta(hours=1))
    assert scene.responder.asked == 2 * first


async def test_a_revoked_signer_is_refused(scene: Scene) -> None:
    """SecurityFailure to the partner's own address, nothing in the inbox, and the answer is kept as evidence."""
    scene.world.hospital.submit(scene.world.hospital.build("discharge-ready"))
    await scene.world.hospital.daemon.settle()
    scene.revoke(scene.world.hospital, Usage.SIGNING)
    await scene.world.road.carry()
    await scene.world.municipality.daemon.settle()
    [_, answer] = scene.world.road.taken
    assert codes(answer) == ["SecurityFailure"]
    assert not scene.world.municipality.inbox()
    assert not scene.world.municipality.received()
    assert [(one.outcome, one.action) for one in checks(scene.world.municipality)] == [(Outcome.REVOKED, Action.REFUSE)]
    assert "CERTIFICATE-REVOKED" in scene.log.getvalue()
    assert "certificate.revoked" in scene.log.getvalue()


async def test_a_responder_that_is_away_refuses_nobody(scene: Scene) -> None:
    """The mail waits without an answer; when the responder is back it is taken in, once."""
    scene.world.hospital.submit(scene.world.hospital.build("discharge-ready"))
    await scene.world.hospital.daemon.settle()
    scene.responder.away = True
    await scene.world.settle()
    assert mails(scene.world.municipality, ReceptionState.PENDING) == 1
    assert len(scene.world.road.taken) == 1
    await scene.world.go_on(timedelta(minutes=6))
    assert mails(scene.world.municipality, ReceptionState.PENDING) == 1
    scene.responder.away = False
    await scene.world.go_on(timedelta(minutes=20))
    assert len(scene.world.municipality.inbox()) == 1
    assert mails(scene.world.municipality, ReceptionState.PENDING) == 0


async def test_an_end_to_the_waiting(scene: Scene) -> None:
    """After the hours of the configuration the sender is told, so that it learns early: DeliveryFailure."""
    scene.world.hospital.submit(scene.world.hospital.build("discharge-ready"))
    await scene.world.hospital.daemon.settle()
    scene.responder.away = True
    for _ in range(8):
        await scene.world.go_on(timedelta(hours=5))
    answers = [codes(mail) for mail in scene.world.road.taken if is_signal(mail)]
    assert ["DeliveryFailure"] in answers
    assert not scene.world.municipality.inbox()


@pytest.mark.parametrize("switch", ['received = { unknown = "accept_and_warn" }'])
async def test_a_site_that_goes_on_without_an_answer(scene: Scene) -> None:
    """Where the configuration says so an outage stops nothing; the log tells of each message, and the check too."""
    scene.world.hospital.submit(scene.world.hospital.build("discharge-ready"))
    await scene.world.hospital.daemon.settle()
    scene.responder.away = True
    await scene.world.road.carry()
    await scene.world.municipality.daemon.settle()
    assert len(scene.world.municipality.inbox()) == 1
    assert "EB-325" in scene.log.getvalue()
    assert (Outcome.UNKNOWN, Action.WARN) in {(one.outcome, one.action) for one in checks(scene.world.municipality)}


@pytest.mark.parametrize("switch", ["enabled = false"])
async def test_a_site_that_asks_nobody(scene: Scene) -> None:
    """Switched off, nobody is asked, nothing is judged, and no check claims otherwise."""
    scene.revoke(scene.world.hospital, Usage.SIGNING)
    scene.world.hospital.submit(scene.world.hospital.build("discharge-ready"))
    await scene.world.settle()
    assert scene.world.municipality.inbox()
    assert scene.responder.asked == 0
    assert checks(scene.world.municipality) == []


async def test_nothing_is_encrypted_to_a_revoked_certificate(scene: Scene) -> None:
    """The message is not sent, and the exchange says why."""
    scene.revoke(scene.world.municipality, Usage.ENCRYPTION)
    scene.world.hospital.submit(scene.world.hospital.build("discharge-ready"))
    await scene.world.settle()
    (sent,) = scene.world.hospital.sent()
    assert sent.transport is not None
    assert sent.transport.state is TransportState.FAILED_LOCAL
    assert "CERTIFICATE-REVOKED" in sent.transport.reason
    assert scene.world.road.taken == []


async def test_a_message_waits_for_its_receivers_responder(scene: Scene) -> None:
    """With nothing known of the certificate it stays unsealed, is tried again with growing pauses, and is sent once."""
    scene.responder.away = True
    scene.world.hospital.submit(scene.world.hospital.build("discharge-ready"))
    await scene.world.settle()
    (sent,) = scene.world.hospital.sent()
    assert sent.transport is not None
    assert sent.transport.state is TransportState.NEW
    assert "exchange.put_off" in scene.log.getvalue()
    scene.responder.away = False
    await scene.world.go_on(timedelta(minutes=6))
    await scene.world.settle()
    assert len(scene.world.municipality.inbox()) == 1


async def test_an_answer_that_has_run_out_holds_back_no_message(scene: Scene) -> None:
    """An outage after good answers: what we send goes on as stale and is told so, what we receive waits."""
    await scene.world.settle()
    scene.responder.away = True
    scene.world.clock.advance(timedelta(hours=3))
    scene.world.hospital.submit(scene.world.hospital.build("discharge-ready"))
    await scene.world.settle()
    assert {(one.outcome, one.action) for one in checks(scene.world.hospital)} == {(Outcome.STALE, Action.WARN)}
    assert mails(scene.world.municipality, ReceptionState.PENDING) == 1


async def test_with_our_own_certificate_revoked_nothing_is_sent(scene: Scene) -> None:
    """What was handed in waits unsealed however long it takes, and the operator sees why in every place."""
    hospital = scene.world.hospital
    scene.revoke(hospital, Usage.SIGNING)
    sent = hospital.submit(hospital.build("discharge-ready"))
    for _ in range(5):
        await scene.world.go_on(timedelta(hours=20))
    transport = hospital.exchange(sent).transport
    assert transport is not None
    assert transport.state is TransportState.NEW
    assert scene.world.road.taken == []
    told = [json.loads(line) for line in scene.log.getvalue().splitlines()]
    assert {one["rule"] for one in told if one["event"] == "exchange.put_off"} == {"SIGNER-REVOKED"}
    assert [one["partner"] for one in told if one["event"] == "certificate.revoked"][:1] == ["ours"]
    found = examine(hospital.installation)
    assert not found.ready
    assert ["keys.signing has been revoked" in one.says for one in found.reasons if one.what == "revoked"] == [True]
    checked = await asyncio.to_thread(look, hospital.settings, scene.world.clock.now())
    assert {(one.what, one.state) for one in checked if "revoked" in one.says} == {
        ("keys.signing.certificate", State.PROBLEM)
    }
    (row,) = (one for one in key_list.rows(hospital.installation) if one.whose == "ours" and one.usage == "signing")
    assert (row.revocation, "nothing is signed" in row.plan) == ("revoked", True)


def _copies(folder: Path, certificate: x509.Certificate) -> list[Path]:
    """Every file of both sides that holds a certificate."""
    pem = certificate.public_bytes(Encoding.PEM)
    return [file for file in folder.rglob("*.crt") if file.read_bytes() == pem]


async def test_a_new_pair_lets_the_waiting_go(scene: Scene, pki: ThrowAwayPki) -> None:
    """After a reload with a good pair what waited is delivered, and acknowledged, once."""
    hospital, municipality = scene.world.hospital, scene.world.municipality
    scene.revoke(hospital, Usage.SIGNING)
    sent = hospital.submit(hospital.build("discharge-ready"))
    await scene.world.go_on(timedelta(hours=40))
    change_signing_pair(scene, pki)
    await scene.world.settle()
    transport = hospital.exchange(sent).transport
    assert transport is not None
    assert transport.state is TransportState.ACKED
    assert len(municipality.inbox()) == 1


def change_signing_pair(scene: Scene, pki: ThrowAwayPki, side: Neighbour | None = None) -> None:
    """The hospital, or another side, signs with a new pair, and both sides know it."""
    changed = side or scene.world.hospital
    new = pki.pair("Eksempel sykehus HF", "983974929", Usage.SIGNING)
    scene.responder.known[new.certificate.serial_number] = new.certificate
    (changed.side.folder / "keys" / "signing.key").write_bytes(new.key_pem())
    for file in _copies(scene.world.place.folder, scene.certificate(changed, Usage.SIGNING)):
        file.write_bytes(new.certificate_pem())
    for neighbour in (scene.world.hospital, scene.world.municipality):
        after = reload.renew(neighbour.installation, neighbour.side.config).installation
        asking = Revocations(after.settings.revocation, scene.responder, after.anchors)
        neighbour._settle_in(replace(after, revocations=asking))


async def test_what_was_sealed_and_never_left_is_sealed_anew(scene: Scene, pki: ThrowAwayPki) -> None:
    """No mail server took it before our certificate was revoked: it waits unsealed, and goes once, signed by the new
    pair under a new id."""
    hospital, municipality = scene.world.hospital, scene.world.municipality
    scene.world.road.tell(Deferred("451 later"), Deferred("451 later"))
    sent = hospital.submit(hospital.build("discharge-ready"))
    await scene.world.settle()
    await scene.world.go_on(timedelta(minutes=2))
    before = hospital.exchange(sent)
    assert before.transport is not None
    assert (before.transport.state, before.transport.deferrals) == (TransportState.READY, 2)
    scene.revoke(hospital, Usage.SIGNING)
    await scene.world.go_on(timedelta(hours=3))
    waiting = hospital.exchange(sent)
    assert waiting.transport is not None
    assert (waiting.transport.state, waiting.transport.reason) == (TransportState.NEW, "SIGNER-REVOKED")
    assert (waiting.sealed, waiting.message_id) == (None, None)
    assert scene.world.road.taken == []
    (item,) = hospital.installation.store.read_now(lambda reader: reader.outbox_of(sent))
    assert item.state is OutboxState.WITHDRAWN
    change_signing_pair(scene, pki)
    await scene.world.go_on(timedelta(minutes=1))
    after = hospital.exchange(sent)
    assert after.transport is not None
    assert after.transport.state is TransportState.ACKED
    assert after.message_id not in {None, before.message_id}
    assert (after.msg_id, after.conversation_id) == (before.msg_id, before.conversation_id)
    assert len(municipality.inbox()) == 1


async def test_what_was_handed_over_once_stays_the_same_octets(scene: Scene, pki: ThrowAwayPki) -> None:
    """A mail server took the first copy, and it was lost: whatever became of our certificate, the copy is the same."""
    hospital = scene.world.hospital
    scene.world.road.loses = lambda mail: True
    sent = hospital.submit(hospital.build("discharge-ready"))
    await scene.world.settle()
    before = hospital.exchange(sent)
    scene.revoke(hospital, Usage.SIGNING)
    change_signing_pair(scene, pki)
    await scene.world.go_on(timedelta(hours=13))
    after = hospital.exchange(sent)
    assert (after.sealed, after.message_id) == (before.sealed, before.message_id)
    first, second = (mail.content.partition(b"MIME-Version")[2] for mail in scene.world.road.taken)
    assert first == second


@pytest.mark.parametrize("revoked", [True, False], ids=["revoked", "replaced"])
async def test_an_operator_sends_again_what_our_old_certificate_signed(
    scene: Scene, pki: ThrowAwayPki, revoked: bool
) -> None:
    """The same octets would not be believed: where nothing is under way a new envelope goes, else that is said."""
    hospital = scene.world.hospital
    scene.world.road.tell(Refused("550 no such mailbox"))
    refused, waiting = (hospital.submit(hospital.build("discharge-ready")) for _ in range(2))
    scene.world.road.loses = lambda mail: True
    await scene.world.settle()
    if revoked:
        scene.revoke(hospital, Usage.SIGNING)
        scene.world.clock.advance(timedelta(hours=3))
        old_answers = scene.responder.asked
    else:
        change_signing_pair(scene, pki)
    under_way, ended = sorted((refused, waiting), key=lambda one: hospital.exchange(one).transport.state.value)  # type: ignore[union-attr]
    by, says = By("kari", "the address is mended"), "revoked" if revoked else "another certificate"
    done = resend(hospital.installation, ended, by)
    assert says in done.outcome
    assert done.goes_on_as != ended
    with pytest.raises(AdapterError, match=rf"{says}.*give it up first"):
        resend(hospital.installation, under_way, by)
    if revoked:
        assert scene.responder.asked > old_answers
        change_signing_pair(scene, pki)
    scene.world.road.loses = lambda mail: False
    await scene.world.settle()
    transport = hospital.exchange(done.goes_on_as).transport
    assert transport is not None
    assert transport.state is TransportState.ACKED


async def test_what_may_have_left_before_a_crash_stays_the_same_octets(scene: Scene) -> None:
    """A claim that ran out says nothing of what became of its mail: the same octets go, as after any crash."""
    hospital = scene.world.hospital
    scene.world.road.tell(Deferred("451 later"))
    sent = hospital.submit(hospital.build("discharge-ready"))
    await scene.world.settle()
    before = hospital.exchange(sent)
    store = hospital.installation.store
    scene.world.clock.advance(timedelta(minutes=2))
    now = scene.world.clock.now()
    (claimed,) = store.write_now(lambda writer: writer.claim_outbox(now, 10, timedelta(minutes=15), "a dead process"))
    assert claimed.attempts == 2
    scene.revoke(hospital, Usage.SIGNING)
    await scene.world.go_on(timedelta(hours=3))
    after = hospital.exchange(sent)
    assert after.transport is not None
    assert after.transport.first_sent is not None
    assert (after.sealed, after.message_id) == (before.sealed, before.message_id)


async def test_with_our_own_certificate_revoked_nothing_is_acknowledged(scene: Scene) -> None:
    """What comes in is not refused for it: it waits, unanswered; an acknowledgment of what we sent still counts."""
    hospital, municipality = scene.world.hospital, scene.world.municipality
    sent = hospital.submit(hospital.build("discharge-ready"))
    await hospital.daemon.settle()
    scene.revoke(municipality, Usage.SIGNING)
    await scene.world.road.carry()
    await municipality.daemon.settle()
    assert mails(municipality, ReceptionState.PENDING) == 1
    assert len(scene.world.road.taken) == 1
    assert "SIGNER-REVOKED" in scene.log.getvalue()
    scene.responder.revoked.clear()
    for hours in (2, 1):
        scene.world.clock.advance(timedelta(hours=hours))
        await municipality.daemon.settle()
    scene.revoke(hospital, Usage.SIGNING)
    await scene.world.settle()
    transport = hospital.exchange(sent).transport
    assert transport is not None
    assert transport.state is TransportState.ACKED


@pytest.mark.parametrize(
    ("switch", "unknown", "stale"),
    [("", "goes", "goes"), ('own = { unknown = "hold" }', "waits", "goes"), ('own.stale = "hold"', "goes", "waits")],
)
async def test_our_own_certificate_and_no_certain_answer(scene: Scene, unknown: str, stale: str) -> None:
    """Without an answer, and with one that has run out, [revocation] own says whether we sign; nothing is refused."""

    def signs() -> str:
        try:
            vetting.require_signer(scene.world.hospital.installation, scene.world.clock.now())
        except AdapterError as error:
            return "refused" if isinstance(error, RefusedError) or error.kind is not REVOCATION_UNKNOWN else "waits"
        return "goes"

    scene.responder.away = True
    assert signs() == unknown
    scene.responder.away = False
    await scene.world.go_on(timedelta(hours=1))
    assert signs() == "goes"
    scene.responder.away = True
    scene.world.clock.advance(timedelta(hours=3))
    assert signs() == stale


async def test_a_slow_responder_is_asked_once_in_its_pause(scene: Scene) -> None:
    """Ten mails while it is away are one attempt per certificate and not ten."""
    scene.responder.away = True
    for _ in range(3):
        scene.world.hospital.submit(scene.world.hospital.build("admitted"))
    await scene.world.hospital.daemon.settle()
    assert scene.responder.asked <= 8
