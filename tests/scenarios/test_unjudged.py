"""A message that could not be judged for a day: its sender is told where it is known, and a person sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from io import StringIO
from pathlib import Path

import pytest
from lxml import etree

from adapter.delivery.receiver import ReceptionState
from adapter.envelope.mail import payload_body
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import DELIVERY_IMPOSSIBLE, STORE_LOCKED, AdapterError
from adapter.observe import events
from adapter.observe.events import Level
from adapter.observe.log import Silent, Stream
from adapter.service import answers, intake, payloads, unjudged
from adapter.service.health import examine
from adapter.service.operating import By, resend
from adapter.service.views import transport_word
from adapter.testing.neighbours import World, is_signal
from adapter.testing.place import Place
from adapter.testing.registry import Registry
from adapter.transports.port import OutgoingMail
from tests.scenarios.test_register import registry
from tests.scenarios.test_revocation import Scene, codes, ground, pki, scene
from tests.scenarios.test_several_attachments import with_attachments

__all__ = ["ground", "pki", "registry", "scene"]

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
HALF_A_DAY = timedelta(hours=12)
AGREED = "4b1f0a52-7a56-4d0c-8d51-0d6a8bd6f0b1"


def described(mail: OutgoingMail) -> str:
    """The Description of the ErrorList in a mail."""
    payload = message_from_bytes(mail.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return " ".join(str(one) for one in etree.fromstring(payload).xpath("//*[local-name()='Error']//text()"))


@pytest.fixture
def switch() -> str:
    """Half a day, then the sender is told."""
    return "received = { hold_hours = 12 }"


async def test_a_copy_hears_what_the_first_heard(scene: Scene) -> None:
    """Refused after the hours of the configuration, it stays refused though the responder has come back."""
    hospital, municipality = scene.world.hospital, scene.world.municipality
    hospital.submit(hospital.build("discharge-ready"))
    await hospital.daemon.settle()
    [carried] = scene.world.road.taken
    scene.responder.away = True
    await scene.world.road.carry()
    for _ in range(20):
        await municipality.daemon.settle()
        scene.world.clock.advance(timedelta(hours=1))
    scene.responder.away = False
    await scene.world.road.arrive(replace(carried, envelope_id="a copy"))
    await municipality.daemon.settle()
    assert [row.reason for row in municipality.listing()] == ["REVOCATION-UNKNOWN"]
    first, again = [one for one in scene.world.road.taken if is_signal(one)]
    assert codes(first)[0] == "DeliveryFailure"
    assert message_from_bytes(first.content).get_payload() == message_from_bytes(again.content).get_payload()
    assert not municipality.inbox()


async def test_an_unknown_sender_is_not_answered(place: Place, registry: Registry, start: Callable[[], World]) -> None:
    """With the register away nobody knows who sent it and where it lives: quarantine, with the reason."""
    world = start()
    world.hospital.submit(world.hospital.build("discharge-ready"))
    while await world.hospital.daemon.turn():
        pass
    registry.behaves = "hang up"
    await world.road.carry()
    for _ in range(3):
        while await world.municipality.daemon.turn():
            pass
        world.clock.advance(HALF_A_DAY)
    [mail] = world.municipality.mails()
    assert mail.reception.state is ReceptionState.QUARANTINE
    assert "REGISTER-UNREACHABLE" in mail.reception.reason
    assert "24 hours" in mail.reception.reason
    assert not [one for one in world.road.taken if is_signal(one)]


async def test_a_known_sender_under_an_agreement_that_nobody_could_fetch_is_answered(
    place: Place, registry: Registry
) -> None:
    """The signature holds and only the CPA register is away: DeliveryFailure, and its id is kept with that answer."""
    partners = place.municipality.folder / "partners" / "8140011.toml"
    write_partner(place, partners)
    log = StringIO()
    world = World(place, START, logs=(Silent(), Stream(Level.DEBUG, log, "m")))
    carried = with_attachments(
        world.hospital, "LOG_UTSKRIVNINGSKLAR", [world.hospital.build("discharge-ready")], cpa_id=AGREED
    )
    registry.behaves = "hang up"
    await world.road.arrive(carried)
    for _ in range(3):
        while await world.municipality.daemon.turn():
            pass
        world.clock.advance(HALF_A_DAY)
    [answer] = world.road.taken
    assert codes(answer)[0] == "DeliveryFailure"
    assert "24 hours" in described(answer)
    [mail] = world.municipality.mails()
    assert mail.reception.state is ReceptionState.REJECTED
    registry.behaves = ""
    await world.road.arrive(replace(carried, envelope_id="a copy"))
    while await world.municipality.daemon.turn():
        pass
    assert not world.municipality.inbox()
    assert "mail.unjudged" in log.getvalue()
    await world.close()


@pytest.mark.parametrize("where", ["verify", "judge_opened"], ids=["before the signature", "after it"])
async def test_a_defect_is_tried_for_a_day_and_then_answered_by_unknown(
    world: World, journal: StringIO, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The operator hears of it at once, it is tried a few times only, and the sender learns the end within a day."""

    def broken(*arguments: object) -> None:
        tries.append(world.clock.now())
        raise KeyError(world.hospital.settings.mode)

    tries: list[datetime] = []
    monkeypatch.setattr(payloads.agreements if where == "verify" else payloads, where, broken)
    monkeypatch.setattr(answers, "judge", broken)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    await world.municipality.daemon.settle()
    assert '"mail.judging_failed"' in journal.getvalue()
    assert "defect KeyError" in journal.getvalue()
    [reason] = [one for one in examine(world.municipality.installation).reasons if one.what == "defect"]
    assert reason.says.startswith("1 mails met a defect")
    for _ in range(24 * 6):
        world.clock.advance(timedelta(minutes=10))
        await world.municipality.daemon.settle()
    [answer] = [one for one in world.road.taken if is_signal(one)]
    assert codes(answer) == ["Unknown"]
    assert "24 hours" in described(answer)
    assert "KeyError" not in described(answer)
    assert 5 <= len(tries) <= 8
    [mail] = world.municipality.mails()
    assert mail.reception.state is ReceptionState.REJECTED
    assert [row.reason for row in world.municipality.listing()] == ["JUDGING-DEFECT"]
    assert '"mail.unjudged"' in journal.getvalue()
    assert not [one for one in examine(world.municipality.installation).reasons if one.what == "defect"]
    monkeypatch.undo()
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "rejected"


async def refused_unverified(world: World, monkeypatch: pytest.MonkeyPatch, mail: OutgoingMail) -> OutgoingMail:
    """The answer to a mail whose signature nobody could look at for a day."""

    def broken(*arguments: object) -> None:
        raise KeyError

    with monkeypatch.context() as defect:
        defect.setattr(payloads.agreements, "verify", broken)
        defect.setattr(unjudged.opening, "verify", broken)
        await world.road.arrive(mail)
        for _ in range(25):
            await world.municipality.daemon.settle()
            world.clock.advance(timedelta(hours=1))
    [answer] = [one for one in world.road.taken if is_signal(one)]
    assert codes(answer) == ["Unknown"]
    assert not world.municipality.received()
    return answer


@pytest.mark.parametrize("days", [0, 10], ids=["a copy under way", "a copy long after"])
async def test_a_copy_of_what_was_refused_unverified_hears_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """Once its signature can be looked at and holds, the very octets get the Error again and no Acknowledgment after
    it (HITS 1171 §8.2); the document is taken in the new envelope that its sender makes."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [carried] = world.road.taken
    world.road.under_way.clear()
    answer = await refused_unverified(world, monkeypatch, carried)
    await world.road.carry()
    await world.go_on(timedelta(days=days))
    for _ in range(2):
        await world.road.arrive(carried)
        await world.municipality.daemon.settle()
    again = [one for one in world.road.taken if is_signal(one)]
    assert len(again) == 3
    assert {message_from_bytes(one.content).get_payload() for one in again} == {
        message_from_bytes(answer.content).get_payload()
    }
    assert not world.municipality.inbox()
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "rejected"
    if days == 0:
        resend(world.hospital.installation, sent, By("kari", "the receiver has mended it"))
        await world.settle()
        assert len(world.municipality.inbox()) == 1


async def test_an_id_that_was_refused_unverified_is_free_for_its_owner(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other octets came under it, by whomever: the message that bears it and is verified is taken and acknowledged."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [carried] = world.road.taken
    world.road.under_way.clear()
    forged = forged_from(carried)
    await refused_unverified(world, monkeypatch, forged)
    world.road.under_way.clear()
    await world.road.arrive(carried)
    await world.settle()
    assert len(world.municipality.inbox()) == 1
    assert codes([one for one in world.road.taken if is_signal(one)][1]) == []


def forged_from(mail: OutgoingMail) -> OutgoingMail:
    """A mail of anybody under the same id and with the same payload: one octet of the envelope is another."""
    unpacked = unpack(mail.content)
    assert isinstance(unpacked, Unpacked)
    headers, _, _ = mail.content.partition(b"MIME-Version:")
    envelope = unpacked.envelope.octets.replace(b"<SOAP:Body>", b"<SOAP:Body> ", 1)
    assert envelope != unpacked.envelope.octets
    body = payload_body(envelope, "env@edi.example", unpacked.attachments, "=_forged")
    return replace(mail, content=headers + body)


@pytest.mark.parametrize("defect", [ValueError(), AdapterError(DELIVERY_IMPOSSIBLE)], ids=["exception", "our own"])
async def test_a_defect_that_is_mended_in_time_leaves_no_trace(
    world: World, monkeypatch: pytest.MonkeyPatch, defect: Exception
) -> None:
    """The next version judges the mail by itself, and its sender never hears of the defect."""

    def broken(*arguments: object) -> None:
        raise defect

    monkeypatch.setattr(payloads, "judge_opened", broken)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    monkeypatch.undo()
    await world.municipality.restart()
    await world.go_on(timedelta(minutes=5))
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"
    assert len(world.municipality.inbox()) == 1


SECOND_DEFECTS = pytest.mark.parametrize(
    ("another", "name"),
    [(IndexError(), "IndexError"), (AdapterError(DELIVERY_IMPOSSIBLE), "DELIVERY-IMPOSSIBLE")],
    ids=["exception", "our own"],
)


@SECOND_DEFECTS
async def test_a_mail_that_breaks_even_its_refusal_is_in_quarantine(
    world: World, journal: StringIO, monkeypatch: pytest.MonkeyPatch, another: Exception, name: str
) -> None:
    """It is never lost: after the day a person finds it with the name of the defect, and the log names the second."""

    def broken(*arguments: object) -> None:
        raise ValueError

    def broken_otherwise(*arguments: object) -> None:
        raise another

    monkeypatch.setattr(intake, "unpack", broken)
    monkeypatch.setattr(unjudged, "unpack", broken_otherwise)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    for _ in range(25):
        await world.municipality.daemon.settle()
        world.clock.advance(timedelta(hours=1))
    [mail] = world.municipality.mails()
    assert mail.reception.state is ReceptionState.QUARANTINE
    assert mail.reception.reason == "defect ValueError: it could not be judged within 24 hours"
    assert f"defect {name}" in told_defects(journal)
    assert not [one for one in world.road.taken if is_signal(one)]


@SECOND_DEFECTS
async def test_a_defect_that_the_last_look_at_the_signature_meets_is_told(
    world: World, journal: StringIO, monkeypatch: pytest.MonkeyPatch, another: Exception, name: str
) -> None:
    """Its sender is answered as one that could not be verified, and the operator learns the name of the defect."""

    def broken(*arguments: object) -> None:
        raise ValueError

    def broken_otherwise(*arguments: object) -> None:
        raise another

    monkeypatch.setattr(payloads.agreements, "verify", broken)
    monkeypatch.setattr(unjudged, "expected_signer", broken_otherwise)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    for _ in range(25):
        await world.municipality.daemon.settle()
        world.clock.advance(timedelta(hours=1))
    [answer] = [one for one in world.road.taken if is_signal(one)]
    assert codes(answer) == ["Unknown"]
    assert told_defects(journal).count(f"defect {name}") == 1


async def test_a_store_that_is_away_at_the_end_of_the_day_lets_the_mail_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for a message that nobody could verify: it is judged when the store is there again."""

    def broken(*arguments: object) -> None:
        raise ValueError

    def away(*arguments: object) -> None:
        raise AdapterError(STORE_LOCKED)

    monkeypatch.setattr(payloads.agreements, "verify", broken)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    await world.municipality.daemon.settle()
    world.clock.advance(timedelta(hours=25))
    with monkeypatch.context() as locked:
        locked.setattr(unjudged, "expected_signer", away)
        with pytest.raises(AdapterError, match="the store is locked"):
            await world.municipality.daemon.settle()
    assert not [one for one in world.road.taken if is_signal(one)]
    [mail] = world.municipality.mails()
    assert mail.reception.state is ReceptionState.PENDING


def told_defects(journal: StringIO) -> list[str]:
    """The rules of the lines that tell a defect."""
    lines = [json.loads(line) for line in journal.getvalue().splitlines()]
    return [line["rule"] for line in lines if line["event"] == events.MAIL_JUDGING_FAILED.name]


def write_partner(place: Place, file: Path) -> None:
    """Let the municipality know the hospital without a register."""
    keys = place.hospital.folder / "keys"
    folder = place.municipality.folder / "known"
    folder.mkdir()
    for name in ("signing", "encryption"):
        (folder / f"{name}.crt").write_bytes((keys / f"{name}.crt").read_bytes())
    with file.open("a") as open_file:
        open_file.write(
            f'address = "{place.hospital.address}"\n'
            'signing_certificates = ["../known/signing.crt"]\n'
            'encryption_certificate = "../known/encryption.crt"\n'
        )
