"""An answer of ours that waits while our certificate loses its standing: what never left is signed anew, nothing else.

The municipality's mail server puts its acknowledgment off; meanwhile its certificate is revoked, or its pair is
replaced by plan.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.crypto.certificates import Usage
from adapter.crypto.keys import DecryptionKeys, SigningIdentity, SigningPlan
from adapter.delivery.sender import TransportState
from adapter.envelope.open import read
from adapter.envelope.sealed_for import sealed_for
from adapter.envelope.signals import Acknowledgment
from adapter.envelope.unpack import Unpacked, unpack
from adapter.store.port import OutboxKind, OutboxState
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.testing.pki import ThrowAwayPki
from adapter.transports.port import Deferred, OutcomeUnknown, OutgoingMail
from tests.scenarios.test_revocation import Scene, change_signing_pair, codes, ground, pki, scene, switch

__all__ = ["ground", "pki", "scene", "switch"]

HOUR = timedelta(hours=1)
BOTH_LATER = (Deferred("451 later"), Deferred("451 later"))
"""What a mail server says to the acknowledgment and to the AppRec."""


def acknowledged(side: Neighbour, sent: str) -> bool:
    transport = side.exchange(sent).transport
    return transport is not None and transport.state is TransportState.ACKED


def signals(world: World) -> list[OutgoingMail]:
    """The answers of the municipality that a mail server took."""
    address = world.municipality.side.address
    return [one for one in world.road.taken if is_signal(one) and one.sender.value == address]


def ack(mail: OutgoingMail) -> tuple[str, Acknowledgment]:
    """The eb:MessageId of an acknowledgment, and what it says."""
    unpacked = unpack(mail.content)
    assert isinstance(unpacked, Unpacked)
    message = read(unpacked)
    assert isinstance(message.content, Acknowledgment)
    return message.header.message_id.value, message.content


async def answer_put_off(world: World, *outcomes: Deferred | OutcomeUnknown) -> str:
    """A message of the hospital that the municipality has taken and tried to acknowledge."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    world.road.tell(*outcomes)
    await world.road.carry()
    await world.municipality.daemon.settle()
    return sent


async def test_an_answer_that_never_left_waits_and_is_sealed_anew(scene: Scene, pki: ThrowAwayPki) -> None:
    """Signed by a revoked certificate it does not go, not even when a copy asks; with the new pair it goes, and says
    what it said; a copy that comes later gets these very octets."""
    world, municipality = scene.world, scene.world.municipality
    sent = await answer_put_off(world, *BOTH_LATER)
    (kept,) = municipality.received("LOG_UTSKRIVNINGSKLAR")
    accepted = world.clock.now()
    scene.revoke(municipality, Usage.SIGNING)
    for _ in range(3):
        await world.go_on(13 * HOUR)
    assert signals(world) == []
    assert len([one for one in world.road.taken if not is_signal(one)]) == 4
    assert "the answer waits to be sealed anew SIGNER-REVOKED" in municipality.journal(kept.id)
    assert '"event": "exchange.put_off"' in scene.log.getvalue()
    change_signing_pair(scene, pki, municipality)
    await world.go_on(2 * HOUR)
    assert acknowledged(world.hospital, sent)
    (answer,) = signals(world)
    _, says = ack(answer)
    assert says.accepted_at is not None
    assert says.accepted_at.instant == accepted
    assert len(says.references) == 2
    assert any("the answer was sealed anew" in line for line in municipality.journal(kept.id))
    await world.road.arrive(next(one for one in world.road.taken if not is_signal(one)))
    await world.settle()
    first, second = signals(world)
    assert first.content.partition(b"MIME-Version")[2] == second.content.partition(b"MIME-Version")[2]


async def test_an_answer_that_may_have_left_stays_the_same_octets(scene: Scene, pki: ThrowAwayPki) -> None:
    """A connection lost after DATA, then a server that puts off: the receiver may have it, so it goes as it is."""
    world, municipality = scene.world, scene.world.municipality
    world.road.loses = lambda mail: mail.sender.value == municipality.side.address
    lost = OutcomeUnknown("lost after DATA")
    await answer_put_off(world, lost, lost, Deferred("451 later"))
    await world.go_on(timedelta(minutes=3))
    (first,) = signals(world)
    scene.revoke(municipality, Usage.SIGNING)
    change_signing_pair(scene, pki, municipality)
    await world.go_on(HOUR)
    again = signals(world)[-1]
    assert len(signals(world)) == 2
    assert again.content.partition(b"MIME-Version")[2] == first.content.partition(b"MIME-Version")[2]


async def test_an_answer_that_was_sent_is_repeated_as_it_was(scene: Scene, pki: ThrowAwayPki) -> None:
    """To a copy of a message the stored answer goes, whatever became of the certificate since it left (HIS 1037)."""
    world = scene.world
    world.road.loses = lambda mail: mail.sender.value == world.municipality.side.address
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    scene.revoke(world.municipality, Usage.SIGNING)
    change_signing_pair(scene, pki, world.municipality)
    await world.go_on(13 * HOUR)
    bodies = {one.content.partition(b"MIME-Version")[2] for one in signals(world)}
    assert (len(signals(world)), len(bodies)) == (2, 1)


async def test_with_nothing_to_sign_with_an_answer_is_given_up_in_the_end(scene: Scene) -> None:
    """After 72 hours the sender waits no more either; the exchange says why it got no answer."""
    world, municipality = scene.world, scene.world.municipality
    await answer_put_off(world, *BOTH_LATER)
    scene.revoke(municipality, Usage.SIGNING)
    for _ in range(9):
        world.clock.advance(9 * HOUR)
        await municipality.daemon.settle()
    (kept,) = municipality.received("LOG_UTSKRIVNINGSKLAR")
    items = municipality.installation.store.read_now(lambda reader: reader.outbox_of(kept.id))
    (answer,) = (one for one in items if one.kind is OutboxKind.SIGNAL)
    assert (answer.state, answer.reason) == (OutboxState.REFUSED, "SIGNER-REVOKED")
    assert "the answer could not be sent SIGNER-REVOKED" in municipality.journal(kept.id)


def plan_a_change(scene: Scene, side: Neighbour, pki: ThrowAwayPki, after: timedelta) -> None:
    """Another pair signs from a moment on; nothing else is different."""
    now, sealer = scene.world.clock.now(), side.installation.sealer
    new = pki.pair("Eksempel kommune", "974744570", Usage.SIGNING)
    scene.responder.known[new.certificate.serial_number] = new.certificate
    identity = SigningIdentity(new.key, new.certificate)
    planned = SigningPlan(sealer.signer.identities[0], ((now + after, identity),))
    side._settle_in(replace(side.installation, sealer=replace(sealer, signer=planned)))


@pytest.mark.parametrize("message", [True, False], ids=["message", "answer"])
async def test_what_waits_over_a_planned_change_goes_signed_by_the_next_pair(
    scene: Scene, pki: ThrowAwayPki, message: bool
) -> None:
    """A message or an answer that no mail server took before the moment goes signed by the pair that took over."""
    world = scene.world
    side = world.hospital if message else world.municipality
    plan_a_change(scene, side, pki, 2 * HOUR)
    if message:
        world.road.tell(Deferred("451 later"))
        sent = side.submit(side.build("discharge-ready"))
        await side.daemon.settle()
    else:
        sent = await answer_put_off(world, *BOTH_LATER)
    world.clock.advance(3 * HOUR)
    await side.daemon.settle()
    gone = next(one for one in world.road.taken if one.sender.value == side.side.address)
    signer = sealed_for(gone.content[gone.content.index(b"MIME-Version") :]).signer
    assert signer == side.installation.sealer.signer.identities[1].certificate
    if message:
        assert "transport: new our signing pair was replaced" in side.journal(sent)


async def test_a_refusal_that_never_left_is_sealed_anew_too(scene: Scene, pki: ThrowAwayPki) -> None:
    """An ErrorList about a message that became no exchange keeps its words, and a copy hears the renewed one."""
    world, municipality = scene.world, scene.world.municipality
    municipality._settle_in(replace(municipality.installation, keys=DecryptionKeys(())))
    await answer_put_off(world, Deferred("451 later"))
    (mail,) = world.road.taken
    plan_a_change(scene, municipality, pki, HOUR)
    world.road.loses = is_signal
    await world.go_on(2 * HOUR)
    await world.road.arrive(mail)
    await municipality.daemon.settle()
    first, second = signals(world)
    assert codes(first) == codes(second) != []
    assert first.content.partition(b"MIME-Version")[2] == second.content.partition(b"MIME-Version")[2]
    signer = sealed_for(first.content[first.content.index(b"MIME-Version") :]).signer
    assert signer == municipality.installation.sealer.signer.identities[1].certificate
