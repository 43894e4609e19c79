"""How the application gets a message: whole, once, and only for its own eyes."""

from __future__ import annotations

import stat

import pytest

from adapter.errors import AdapterError
from adapter.service import inbox
from adapter.service.inbox import file_of
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


async def test_a_file_taken_by_the_application_does_not_come_back(world: World) -> None:
    """What the application has removed is not written again, not by another turn and not by a restart."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    [received] = world.municipality.received()
    world.municipality.take(received)
    await world.municipality.restart()
    assert inbox.offer_waiting(world.municipality.installation) == []
    assert world.municipality.inbox() == {}
