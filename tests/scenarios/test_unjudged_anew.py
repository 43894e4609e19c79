"""A refusal of what nobody could verify for a day, while our signing pair changes: every copy hears one and the same.

What never left is signed anew by the pair of the day, and that is what copies hear from then on; what may have left is
repeated octet for octet.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.crypto.certificates import Usage
from adapter.envelope.sealed_for import sealed_for
from adapter.service import payloads, unjudged
from adapter.testing.neighbours import World, is_signal
from adapter.testing.pki import ThrowAwayPki
from adapter.transports.port import Deferred, OutgoingMail
from tests.scenarios.test_answers_sealed_anew import plan_a_change
from tests.scenarios.test_revocation import Scene, change_signing_pair, codes, ground, pki, scene, switch

__all__ = ["ground", "pki", "scene", "switch"]

HOUR = timedelta(hours=1)
LATER = Deferred("451 later")


def bodies(world: World) -> list[bytes]:
    """The refusals that a mail server took, without their mail headers."""
    found = [one for one in world.road.taken if is_signal(one)]
    assert all(codes(one)[0] == "Unknown" for one in found)
    return [one.content[one.content.index(b"MIME-Version") :] for one in found]


async def sent(world: World) -> OutgoingMail:
    """A message of the hospital that has not arrived yet."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [carried] = world.road.taken
    world.road.under_way.clear()
    return carried


async def not_judged(world: World, monkeypatch: pytest.MonkeyPatch, mail: OutgoingMail) -> None:
    """The mail arrives, and nobody can look at its signature for a day."""

    def broken(*arguments: object) -> None:
        raise KeyError

    with monkeypatch.context() as defect:
        defect.setattr(payloads.agreements, "verify", broken)
        defect.setattr(unjudged.opening, "verify", broken)
        await world.road.arrive(mail)
        for _ in range(25):
            await world.municipality.daemon.settle()
            world.clock.advance(HOUR)


async def hears(world: World, mail: OutgoingMail) -> None:
    """A copy arrives, and its signature can be looked at."""
    await world.road.arrive(mail)
    await world.municipality.daemon.settle()
    world.clock.advance(HOUR)


@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize("revoked", [False, True], ids=["replaced", "revoked"])
async def test_a_copy_hears_the_refusal_that_was_signed_anew(
    scene: Scene, pki: ThrowAwayPki, monkeypatch: pytest.MonkeyPatch, revoked: bool, copies: int
) -> None:
    """No mail server took the first; the one that left is signed by the new pair, and so is what a copy gets."""
    world, municipality = scene.world, scene.world.municipality
    carried = await sent(world)
    world.road.tell(*[LATER] * 3)
    await not_judged(world, monkeypatch, carried)
    assert bodies(world) == []
    if revoked:
        scene.revoke(municipality, Usage.SIGNING)
        change_signing_pair(scene, pki, municipality)
    else:
        plan_a_change(scene, municipality, pki, timedelta(0))
    for _ in range(8):
        world.clock.advance(HOUR)
        await municipality.daemon.settle()
    [first] = bodies(world)
    for _ in range(copies):
        await hears(world, carried)
    assert bodies(world) == [first] * (1 + copies)
    now = world.clock.now()
    assert sealed_for(first).signer == municipality.installation.sealer.signer.at(now).certificate
    assert not municipality.inbox()


async def test_a_refusal_that_has_left_is_repeated_as_it_was(
    scene: Scene, pki: ThrowAwayPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repetition is put off while our pair changes: nobody hears two different signals about one message."""
    world, municipality = scene.world, scene.world.municipality
    carried = await sent(world)
    await not_judged(world, monkeypatch, carried)
    [first] = bodies(world)
    world.road.tell(*[LATER] * 2)
    await hears(world, carried)
    plan_a_change(scene, municipality, pki, timedelta(0))
    for _ in range(4):
        world.clock.advance(HOUR)
        await municipality.daemon.settle()
    assert bodies(world) == [first, first]


async def test_a_copy_that_could_not_be_judged_either_hears_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The defect lasts: the second copy of the very octets gets no refusal of its own."""
    world = scene.world
    carried = await sent(world)
    for _ in range(2):
        await not_judged(world, monkeypatch, carried)
    first, second = bodies(world)
    assert first == second
