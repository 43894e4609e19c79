"""A hospital and a municipality whose interfaces really listen on loopback."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from served import Served, serve

from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place, place_at, prepare

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One place for the whole session, never used itself; both sides have an interface and claim over it."""
    place = prepare(tmp_path_factory.mktemp("original"), scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)
    for side in (place.hospital, place.municipality):
        text = side.config.read_text("utf-8").replace('folder = "inbox"', 'folder = "inbox"\nby = "api"')
        side.config.write_text(text + "\n[api]\n", "utf-8")
    return place


@pytest.fixture
def place(original: Place, tmp_path: Path) -> Place:
    """A copy of the place, for one test."""
    shutil.copytree(original.folder, tmp_path / "place")
    return place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY)


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    """The two sides on the morning of 5 March 2024."""
    made = World(place, START)
    yield made
    await made.close()


@pytest.fixture
async def hospital(world: World) -> AsyncIterator[Served]:
    """The hospital's interface."""
    served = await serve(world.hospital)
    yield served
    await served.close()


@pytest.fixture
async def municipality(world: World) -> AsyncIterator[Served]:
    """The municipality's interface."""
    served = await serve(world.municipality)
    yield served
    await served.close()
