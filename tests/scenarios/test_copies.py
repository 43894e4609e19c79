"""Copies to other receivers: a mail of its own for each, acknowledged, receipted and given up on its own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter.delivery.receipts import AppRecState
from adapter.delivery.sender import TransportState
from adapter.errors import PARTNER_UNKNOWN, AdapterError
from adapter.observe.log import Silent
from adapter.service import operating
from adapter.service.clock import RandomIds
from adapter.service.submission import submit_now
from adapter.store.port import Exchange
from adapter.testing import scenarios
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.testing.pki import ThrowAwayPki
from adapter.testing.place import Place, PlaceParty, Side, place_at, prepare
from adapter.values import HerId, MsgId

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
SURGERY = PlaceParty(HerId("8140031"), "Fastlege", HerId("8140030"), "Prøvefjord legesenter", role="other")
PRIMARY, SECOND = scenarios.CASE_WORK.her, scenarios.NURSING.her
GP_ADDRESS = "surgery@edi.example"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A hospital, a municipality, and in the folder `surgery` a GP's surgery that knows the hospital."""
    pki = ThrowAwayPki(2048)
    place = prepare(
        tmp_path_factory.mktemp("original"), scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048, pki=pki
    )
    other = prepare(tmp_path_factory.mktemp("other"), scenarios.HOSPITAL, (SURGERY,), key_size=2048, pki=pki)
    folder = place.folder / "surgery"
    shutil.copytree(other.municipality.folder, folder)
    rewrite(folder / "config.toml", other.municipality.address, GP_ADDRESS)
    partner = place.hospital.folder / "partners" / f"{SURGERY.her}.toml"
    shutil.copy(other.hospital.folder / "partners" / f"{SURGERY.her}.toml", partner)
    rewrite(partner, other.municipality.address, GP_ADDRESS)
    rewrite(partner, "../../municipality/", "../../surgery/")
    return place


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
async def world(original: Place, tmp_path: Path) -> AsyncIterator[World]:
    shutil.copytree(original.folder, tmp_path / "place")
    made = World(place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY), START)
    yield made
    await made.close()


@pytest.fixture
async def surgery(world: World) -> AsyncIterator[Neighbour]:
    """The surgery on the same road."""
    side = Side("surgery", world.place.folder / "surgery", GP_ADDRESS, 1, (SURGERY,))
    made = Neighbour(side, world.road, world.clock, RandomIds(), Silent())
    yield made
    await made.daemon.close()


async def settle(world: World, surgery: Neighbour) -> None:
    while await surgery.daemon.turn() + await world.hospital.daemon.turn() + await world.municipality.daemon.turn():
        await world.road.carry()
    if await world.road.carry():
        await settle(world, surgery)


def copied(world: World, *hers: HerId) -> bytes:
    return world.hospital.build("discharge-ready", copies=[{"her": her.value} for her in hers])


def to(world: World, her: HerId) -> Exchange:
    [found] = [one for one in world.hospital.sent("LOG_UTSKRIVNINGSKLAR") if one.receiver == her]
    return found


def state(exchange: Exchange) -> tuple[TransportState, AppRecState]:
    assert exchange.transport is not None
    assert exchange.receipt is not None
    return exchange.transport.state, exchange.receipt.state


async def test_each_receiver_gets_a_mail_of_its_own(world: World, surgery: Neighbour) -> None:
    """One MsgId and the same octets under three eb:MessageIds; each is acknowledged and receipted for itself."""
    content = copied(world, SECOND, SURGERY.her)
    sent = world.hospital.submit(content)
    await settle(world, surgery)
    exchanges = world.hospital.sent("LOG_UTSKRIVNINGSKLAR")
    assert {one.receiver for one in exchanges} == {PRIMARY, SECOND, SURGERY.her}
    assert to(world, PRIMARY).id == sent
    assert len({one.message_id for one in exchanges}) == 3
    assert len({(one.msg_id, one.payload) for one in exchanges}) == 1
    assert {state(one) for one in exchanges} == {(TransportState.ACKED, AppRecState.ACCEPTED)}
    assert list(world.municipality.inbox().values()) == [content]
    assert list(surgery.inbox().values()) == [content]
    journal = world.hospital.journal(sent)
    assert f"a copy goes out exchange {to(world, SURGERY.her).id}" in journal
    assert f"it is a copy exchange {sent}" in world.hospital.journal(to(world, SURGERY.her).id)


async def test_two_receivers_in_one_system_are_one_message_with_two_receipts(world: World) -> None:
    """The first mail is imported and receipted for both, as PRIM and as COP; the second is a duplicate without any."""
    world.hospital.submit(copied(world, SECOND))
    await world.settle()
    assert len(world.municipality.received("LOG_UTSKRIVNINGSKLAR")) == 2
    assert len(world.municipality.inbox()) == 1
    receipts = world.municipality.sent("APPREC")
    roles = sorted(b"COP" in world.municipality.payload(one) for one in receipts)
    assert roles == [False, True]
    assert {state(to(world, her))[1] for her in (PRIMARY, SECOND)} == {AppRecState.ACCEPTED}


async def test_a_copy_that_nobody_answers_is_given_up_alone(world: World) -> None:
    """With the surgery away its copy is sent again and given up; the message itself was acknowledged long before."""
    world.hospital.submit(copied(world, SURGERY.her))
    await world.settle()
    assert state(to(world, PRIMARY)) == (TransportState.ACKED, AppRecState.ACCEPTED)
    assert state(to(world, SURGERY.her))[0] is TransportState.AWAIT_ACK
    for _ in range(9):
        await world.go_on(timedelta(hours=12))
    assert state(to(world, PRIMARY)) == (TransportState.ACKED, AppRecState.ACCEPTED)
    assert state(to(world, SURGERY.her))[0] is TransportState.DELIVERY_FAILED
    mails = [one for one in world.road.taken if not is_signal(one) and one.recipient.value == GP_ADDRESS]
    assert len(mails) == 6


async def test_a_copy_proves_nothing_about_the_addressee(world: World, surgery: Neighbour) -> None:
    """That the surgery had its copy is no moment of the stay: only what the municipality had counts."""
    world.road.loses = lambda mail: mail.recipient.value == world.place.municipality.address
    world.hospital.submit(copied(world, SURGERY.her))
    await settle(world, surgery)
    assert state(to(world, SURGERY.her)) == (TransportState.ACKED, AppRecState.ACCEPTED)
    assert state(to(world, PRIMARY))[0] is TransportState.AWAIT_ACK
    assert world.hospital.facts() == ()
    assert surgery.facts() == ()
    world.road.loses = lambda mail: False
    world.clock.advance(timedelta(hours=12))
    await settle(world, surgery)
    assert {one.entry.exchange_id for one in world.hospital.facts()} == {to(world, PRIMARY).id}


async def test_a_receiver_that_nobody_knows_stops_the_whole(world: World) -> None:
    """A copy is not left out in silence: the message is refused, and nothing of it is kept."""
    content = copied(world, SURGERY.her).replace(SURGERY.her.value.encode(), b"8149999")
    with pytest.raises(AdapterError, match="8149999") as refused:
        submit_now(world.hospital.installation, content)
    assert refused.value.kind is PARTNER_UNKNOWN
    assert world.hospital.sent() == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'RoleReceiver V="COP" DN="Kopimottaker"', b'RoleReceiver V="OR" DN="Opprinnelig mottaker"'),
        (b'ComMethod V="EDI" DN="EDI"', b'ComMethod V="PST" DN="Post"'),
    ],
)
async def test_who_is_only_named_gets_nothing(world: World, old: bytes, new: bytes) -> None:
    """An original receiver, or a copy that goes as a letter, is in the message and not on the net."""
    content = copied(world, SURGERY.her)
    assert old in content
    submit_now(world.hospital.installation, content.replace(old, new))
    assert [one.receiver for one in world.hospital.sent()] == [PRIMARY]


async def test_sent_again_under_its_msg_id_a_copy_that_arrived_is_left_alone(world: World, surgery: Neighbour) -> None:
    """What was refused on the way goes again (HITS 1171 §9.7); the copy that was acknowledged does not."""
    content = copied(world, SURGERY.her)
    world.road.loses = lambda mail: mail.recipient.value == world.place.municipality.address
    sent = world.hospital.submit(content)
    await settle(world, surgery)

    operating.give_up(world.hospital.installation, sent, operating.By("op", "by telephone"))
    again = world.hospital.submit(content)
    assert again != sent
    assert len([one for one in world.hospital.sent() if one.receiver == SURGERY.her]) == 1


async def test_an_answer_belongs_to_the_message_and_not_to_its_copy(world: World, surgery: Neighbour) -> None:
    """A dialogue that names the MsgId is linked with the exchange of the party that writes it."""
    world.hospital.submit(copied(world, SURGERY.her))
    await settle(world, surgery)
    [received] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    assert isinstance(received.msg_id, MsgId)
    answer = world.municipality.build(
        "note",
        sender={"her": PRIMARY.value},
        receiver={"her": "8140011"},
        reference={"conversation": received.msg_id.value, "parent": received.msg_id.value},
    )
    world.municipality.submit(answer)
    await settle(world, surgery)
    [came] = world.hospital.received("DIALOG_NOTAT")
    assert came.answers == to(world, PRIMARY).id
