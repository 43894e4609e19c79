"""So many messages wait to leave that no more are taken in: nothing that was accepted is lost."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from adapter.config import Drop, Scope
from adapter.errors import AdapterError
from adapter.observe.log import Stream
from adapter.service.access import Caller
from adapter.service.drop_folder import DropFolder
from adapter.service.handing_in import HandedIn, hand_in
from adapter.service.health import Against, examine
from adapter.service.views import transport_word
from adapter.testing.neighbours import Neighbour, World
from adapter.transports.port import Deferred

ME = Caller("ehr", frozenset({Scope.SUBMIT}))


def lets_wait(side: Neighbour, most: int) -> None:
    """So many messages of this side may wait."""
    settings = side.installation.settings
    delivery = settings.delivery.model_copy(update={"most_waiting": most})
    object.__setattr__(side.installation, "settings", settings.model_copy(update={"delivery": delivery}))


def refused(side: Neighbour, content: bytes, key: str) -> str:
    with pytest.raises(AdapterError) as caught:
        hand_in(side.installation, ME, key, content)
    return caught.value.id


async def test_no_more_are_taken_in_than_may_wait(world: World) -> None:
    """Unsealed or put off, they wait; what was taken in goes, its repetition is answered, and then there is room."""
    side = world.hospital
    lets_wait(side, 2)
    contents = [side.build("discharge-ready", ready=f"2024-03-0{day}") for day in (4, 5, 6)]
    first = hand_in(side.installation, ME, "a", contents[0])
    assert isinstance(first, HandedIn)
    world.road.tell(Deferred("421 busy"))
    await world.settle()
    second = side.submit(contents[1])
    assert refused(side, contents[2], "c") == "BACKLOG-FULL"
    with pytest.raises(AdapterError, match="2 wait"):
        side.submit(contents[2])
    assert hand_in(side.installation, ME, "a", contents[0]) == HandedIn(first.exchange_id, again=True)
    assert {one.id for one in side.sent()} == {first.exchange_id, second}
    await world.settle()
    third = hand_in(side.installation, ME, "c", contents[2])
    assert isinstance(third, HandedIn)
    assert transport_word(side.exchange(second)) == "acknowledged"


async def test_what_comes_in_is_answered_all_the_same(world: World) -> None:
    """An AppRec is owed to a partner: it is made and sent however many messages wait."""
    lets_wait(world.municipality, 1)
    for day in (4, 5, 6):
        world.hospital.submit(world.hospital.build("discharge-ready", ready=f"2024-03-0{day}"))
    await world.settle()
    assert [transport_word(one) for one in world.hospital.sent()] == ["acknowledged"] * 3
    assert len(world.municipality.sent("APPREC")) == 3


async def test_the_drop_folder_leaves_files_where_they_are(world: World, tmp_path: Path) -> None:
    """No result, nothing set aside, told once; they are taken when there is room."""
    side, told = world.hospital, io.StringIO()
    lets_wait(side, 1)
    object.__setattr__(side.installation, "log", Stream(stream=told))
    watcher = DropFolder(side.installation, Drop(folder=tmp_path / "drop", settle_seconds=0))
    await watcher.start()
    for day in (4, 5):
        content = side.build("discharge-ready", ready=f"2024-03-0{day}")
        (tmp_path / "drop" / f"{day}.xml").write_bytes(content)
    for _ in range(3):
        watcher.look()
    assert sorted(path.name for path in (tmp_path / "drop").iterdir()) == [
        "4.xml.result.json", "5.xml", "refused", "taken",
    ]  # fmt: skip
    assert told.getvalue().count('"drop.held_up"') == 1
    assert '"rule": "BACKLOG-FULL"' in told.getvalue()
    await world.settle()
    watcher.look()
    assert (tmp_path / "drop" / "taken" / "5.xml").is_file()
    assert len(side.sent()) == 2


async def test_the_health_says_that_nothing_is_taken_in(world: World) -> None:
    """Not ready, with the figures, until some have left."""
    lets_wait(world.hospital, 1)
    assert examine(world.hospital.installation).ready
    world.hospital.submit(world.hospital.build("discharge-ready"))
    health = examine(world.hospital.installation)
    (reason,) = health.reasons
    assert (reason.what, reason.against, health.ready) == ("full", Against.READINESS, False)
    assert reason.says == "1 messages wait to leave, and no more than 1 may: none is taken in"
    await world.settle()
    assert examine(world.hospital.installation).ready
