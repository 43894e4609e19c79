"""What cannot be sealed fails alone; what cannot be sealed now is sealed later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.errors import REGISTER_UNREACHABLE, STORE_LOCKED, AdapterError
from adapter.messages.reading import Reading
from adapter.service import sealing
from adapter.service.health import examine
from adapter.service.operating import By, give_up
from adapter.service.views import row, transport_word
from adapter.store.port import Reader
from adapter.testing.neighbours import World
from adapter.testing.pki import ThrowAwayPki


async def test_a_message_that_breaks_our_code_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect while sealing lets one message wait under its name, seen in every place; those behind it are sent, and
    a version without the defect sends the one too."""
    honest = sealing.understand

    def broken(content: bytes) -> Reading:
        if content == poison:
            tries.append(content)
            raise KeyError("a defect")
        return honest(content)

    tries: list[bytes] = []

    poison = world.hospital.build("discharge-ready")
    monkeypatch.setattr(sealing, "understand", broken)
    first = world.hospital.submit(poison)
    second = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for _ in range(3):
        await world.go_on(timedelta(hours=2))
    assert transport_word(world.hospital.exchange(first)) == "new"
    assert world.hospital.exchange(first).transport.reason == "defect KeyError"  # type: ignore[union-attr]
    assert world.hospital.journal(first).count("put off defect KeyError") == 1
    assert tries == [poison] * 4
    [reason] = [one for one in examine(world.hospital.installation).reasons if one.what == "defect"]
    assert reason.says.startswith("1 messages to send met a defect")
    assert transport_word(world.hospital.exchange(second)) == "acknowledged"
    monkeypatch.undo()
    await world.hospital.restart()
    await world.settle()
    assert transport_word(world.hospital.exchange(first)) == "acknowledged"
    assert not [one for one in examine(world.hospital.installation).reasons if one.what == "defect"]


async def test_a_defect_while_keeping_what_was_sealed_stops_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is put off as any other, and the operator may give it up."""

    def broken(*_: object) -> list[object]:
        raise KeyError("a defect")

    monkeypatch.setattr(sealing, "_keep", broken)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert world.hospital.exchange(sent).transport.reason == "defect KeyError"  # type: ignore[union-attr]
    give_up(world.hospital.installation, sent, By("kari", "it was told by telephone"))
    monkeypatch.undo()
    await world.go_on(timedelta(hours=1))
    assert transport_word(world.hospital.exchange(sent)) == "cancelled"
    assert world.road.taken == []


async def test_a_locked_store_fails_no_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the store refuses for now is sealed when it is free again."""

    def locked(content: bytes) -> Reading:
        raise AdapterError(STORE_LOCKED, "")

    monkeypatch.setattr(sealing, "understand", locked)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    with pytest.raises(AdapterError):
        await world.hospital.daemon.turn()
    assert transport_word(world.hospital.exchange(sent)) == "new"
    monkeypatch.undo()
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


async def test_an_unusable_pair_of_ours_fails_no_message(world: World) -> None:
    """What nobody can sign now waits, and goes out when a good pair is there (`exchange.put_off`, SIGNER-UNUSABLE)."""
    installation = world.hospital.installation
    made = ThrowAwayPki(2048).organisation("Sykehuset", "983974929")
    good = installation.sealer
    world.hospital.daemon._installation = replace(installation, sealer=replace(good, signer=made.identity))
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "new"
    world.hospital.daemon._installation = installation
    await world.go_on(timedelta(minutes=6))
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


async def test_why_a_message_waits_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error's id is in the store, in the journal once per change of reason and not per try, and there after a
    restart; when the message goes, the reason goes too."""

    def register_away(content: bytes) -> Reading:
        raise AdapterError(REGISTER_UNREACHABLE, "")

    def shown() -> tuple[str, str, list[str]]:
        def look(reader: Reader) -> tuple[str, str, list[str]]:
            exchange = reader.exchange(sent)
            assert exchange is not None
            one = row(reader, exchange, world.clock.now())
            return one.reason, one.next_step, [line.detail for line in reader.journal(sent) if line.what == "put off"]

        return world.hospital.installation.store.read_now(look)

    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    assert shown()[1:] == ("will be checked, sealed and sent as soon as the daemon runs", [])
    monkeypatch.setattr(sealing, "understand", register_away)
    for _ in range(5):
        await world.go_on(timedelta(hours=1))
    waits = "waits, and is tried again by itself: see to what the reason names"
    assert shown() == ("REGISTER-UNREACHABLE", waits, ["REGISTER-UNREACHABLE"])
    monkeypatch.undo()
    good = world.hospital.installation
    made = ThrowAwayPki(2048).organisation("Sykehuset", "983974929")
    world.hospital.installation = replace(good, sealer=replace(good.sealer, signer=made.identity))
    await world.hospital.restart()
    assert shown() == ("REGISTER-UNREACHABLE", waits, ["REGISTER-UNREACHABLE"])
    for _ in range(3):
        await world.go_on(timedelta(hours=1))
    assert shown() == ("SIGNER-UNUSABLE", waits, ["REGISTER-UNREACHABLE", "SIGNER-UNUSABLE"])
    world.hospital.installation = replace(world.hospital.installation, sealer=good.sealer)
    await world.hospital.restart()
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"
    assert shown()[0] == ""
