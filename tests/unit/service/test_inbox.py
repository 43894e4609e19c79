"""How the application gets a message: whole, once, and only for its own eyes."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from adapter.delivery.receiver import ReceptionState
from adapter.errors import FILE_UNREADABLE, STORE_CORRUPT, AdapterError
from adapter.service import inbox
from adapter.service.inbox import file_of
from adapter.store.port import InboxItem, Reader
from adapter.testing.neighbours import World


async def test_a_file_is_whole_and_private(world: World) -> None:
    """One file with the decrypted octets, readable by this user only, and nothing half written beside it."""
    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    await world.settle()
    [received] = world.municipality.received()
    path = file_of(world.municipality.installation, received.id)
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(world.municipality.inbox()) == [path.name]


async def test_where_a_file_lies_is_noted_until_it_is_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note keeps a file from being written twice; when the application has the message, it has served."""
    store = world.municipality.installation.store

    def cannot_be_shown(path: Path) -> None:
        raise AdapterError(FILE_UNREADABLE, str(path))

    monkeypatch.setattr(inbox, "_show", cannot_be_shown)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    with pytest.raises(AdapterError):
        await world.settle()
    [received] = world.municipality.received()
    key = f"inbox:{received.id}"
    assert store.read_now(lambda reader: reader.note(key)) is not None
    monkeypatch.undo()
    await world.settle()
    assert len(world.municipality.inbox()) == 1
    assert store.read_now(lambda reader: reader.note(key)) is None


async def test_a_folder_that_cannot_be_written_holds_the_message_back(world: World) -> None:
    """The message waits in the store, is acknowledged all the same, and is delivered when the folder can be written."""
    folder = world.municipality.settings.inbox.folder
    folder.write_bytes(b"a file where a folder should be")
    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    await world.hospital.daemon.settle()
    await world.road.carry()
    with pytest.raises(AdapterError, match=r"inbox\.folder"):
        await world.municipality.daemon.turn()
    folder.unlink()
    await world.settle()
    assert list(world.municipality.inbox().values()) == [content]


@pytest.mark.parametrize("trouble", [AdapterError(STORE_CORRUPT), ValueError()], ids=["octets", "defect"])
async def test_a_message_that_cannot_be_given_keeps_none_back(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """Those behind it are delivered, the trouble is told again and again, and it waits for its octets."""
    world.municipality.settings.inbox.folder.write_bytes(b"a file where a folder should be")
    for _ in range(3):
        world.hospital.submit(world.hospital.build("discharge-ready"))
        await world.hospital.daemon.settle()
        await world.road.carry()
        world.clock.advance(timedelta(seconds=1))
        with pytest.raises(AdapterError):
            await world.municipality.daemon.settle()
    world.municipality.settings.inbox.folder.unlink()
    first, *others = sorted(world.municipality.received(), key=lambda one: one.created_at)
    honest = inbox._octets

    def broken(reader: Reader, item: InboxItem) -> tuple[bytes, list[bytes]]:
        if item.exchange_id == first.id:
            raise trouble
        return honest(reader, item)

    with monkeypatch.context() as changed:
        changed.setattr(inbox, "_octets", broken)
        for _ in range(2):
            with pytest.raises(type(trouble)):
                await world.municipality.daemon.settle()
    assert set(world.municipality.inbox()) == {f"{one.id}.xml" for one in others}
    await world.settle()
    assert len(world.municipality.inbox()) == 3


async def test_a_file_taken_before_that_was_noted_does_not_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """We die when the file lies there, and the application takes it before we are back: it had the message once."""

    def died(*arguments: object) -> None:
        raise MemoryError

    world.hospital.submit(world.hospital.build("discharge-ready"))
    with monkeypatch.context() as dying:
        dying.setattr(inbox, "taken", died)
        with pytest.raises(MemoryError):
            await world.settle()
    [received] = world.municipality.received()
    file_of(world.municipality.installation, received.id).unlink()
    await world.municipality.restart()
    await world.settle()
    assert world.municipality.inbox() == {}
    reception = world.municipality.exchange(received.id).reception
    assert reception is not None
    assert reception.state is ReceptionState.DELIVERED


async def test_a_file_taken_by_the_application_does_not_come_back(world: World) -> None:
    """What the application has removed is not written again, not by another turn and not by a restart."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    [received] = world.municipality.received()
    world.municipality.take(received)
    await world.municipality.restart()
    assert inbox.offer_waiting(world.municipality.installation) == []
    assert world.municipality.inbox() == {}


async def test_a_folder_that_goes_away_before_the_file_has_its_name_keeps_the_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A death before the renaming, and then no folder: the message waits, and is there when the folder is back."""
    folder = world.municipality.settings.inbox.folder
    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    await world.hospital.daemon.settle()
    await world.road.carry()

    def dies(_: Path) -> None:
        raise ValueError("died")

    with monkeypatch.context() as changed:
        changed.setattr(inbox, "_show", dies)
        with pytest.raises(ValueError, match="died"):
            await world.municipality.daemon.settle()
    away = folder.rename(folder.with_name("away"))
    with pytest.raises(AdapterError, match=r"inbox\.folder"):
        await world.municipality.daemon.settle()
    away.rename(folder)
    await world.settle()
    assert list(world.municipality.inbox().values()) == [content]
