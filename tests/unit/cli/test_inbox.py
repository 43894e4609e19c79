"""`adapter inbox` on the municipality of two neighbours: list, show, take, and a person's decision."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli.main import group
from adapter.service.inbox import file_of
from adapter.store.access import AuditFilter
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place, place_at, prepare


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return prepare(tmp_path_factory.mktemp("original"), scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)


@pytest.fixture(params=["folder", "api"])
async def world(original: Place, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """The two sides; the municipality's application gets files or claims them."""
    shutil.copytree(original.folder, tmp_path / "place")
    place = place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY)
    config = place.municipality.config
    config.write_text(
        config.read_text("utf-8").replace('folder = "inbox"', f'folder = "inbox"\nby = "{request.param}"')
    )
    made = World(place, datetime(2024, 3, 5, 9, 0, tzinfo=UTC))
    yield made
    await made.close()


def inbox(world: World, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["inbox", *arguments, "--config", str(world.municipality.side.config)])


async def test_take_and_show(world: World, tmp_path: Path) -> None:
    """What can be claimed is written byte for byte, once, and audited; what lies in a folder is pointed to."""
    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    await world.settle()
    [exchange] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    by_api = world.municipality.settings.inbox.by == "api"
    shown = json.loads(inbox(world, "show", exchange.id[:8], "--json").output)
    assert shown["state"] == ("waiting" if by_api else "taken")
    if not by_api:
        assert (shown["path"], world.municipality.inbox()) == (
            str(file_of(world.municipality.installation, exchange.id)),
            {f"{exchange.id}.xml": content},
        )
        assert "cannot be claimed" in str(inbox(world, "take", "-o", str(tmp_path)).exception)
        return
    assert [row["exchange"] for row in json.loads(inbox(world, "list", "--json").output)] == [exchange.id]
    taken = json.loads(inbox(world, "take", "-o", str(tmp_path), "--json").output)
    assert [one["file"] for one in taken] == [str(tmp_path / f"{exchange.id}.xml")]
    assert (tmp_path / f"{exchange.id}.xml").read_bytes() == content
    assert json.loads(inbox(world, "take", "-o", str(tmp_path), "--json").output) == []
    assert "Nothing waits" in inbox(world, "list").output
    lines = world.municipality.installation.store.read_now(lambda reader: reader.audit(AuditFilter()))
    assert {line.what for line in lines} == {"message claimed", "message confirmed"}


async def test_a_person_decides(world: World) -> None:
    """Held messages are listed with why; accepting gives one to the application, refusing keeps one back."""
    for _ in range(2):
        content = world.hospital.build("discharge-ready")
        world.hospital.send_unjudged(content.replace(b"8140010", b"8160010"), content)
        await world.settle()
    first, second = json.loads(inbox(world, "list", "--held", "--json").output)
    assert (first["state"], first["why"]) == ("held", "it names another sender than its envelope")
    assert json.loads(inbox(world, "show", first["exchange"], "--json").output)["state"] == "held"
    assert "given to the application" in inbox(world, "accept", first["exchange"], "--reason", "theirs").output
    assert "refused" in inbox(world, "refuse", second["exchange"], "--reason", "forged").output
    assert json.loads(inbox(world, "list", "--held", "--json").output) == []
    assert inbox(world, "show", second["exchange"]).exception is not None
