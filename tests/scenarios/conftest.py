"""A hospital and a municipality beside each other: the keys are made once, the folders are new for every test."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from adapter.observe.events import Level
from adapter.observe.log import Stream
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place, place_at, prepare

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One place for the whole session, never used itself."""
    return prepare(tmp_path_factory.mktemp("original"), scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)


@pytest.fixture
def place(original: Place, tmp_path: Path) -> Place:
    """A copy of the place, for one test."""
    folder = tmp_path / "place"
    shutil.copytree(original.folder, folder)
    return place_at(folder, scenarios.HOSPITAL, scenarios.MUNICIPALITY)


@pytest.fixture
def journal() -> StringIO:
    """What both sides have logged, down to the finest level."""
    return StringIO()


@pytest.fixture
async def world(place: Place, journal: StringIO) -> AsyncIterator[World]:
    """The two sides on the morning of 5 March 2024."""
    made = World(place, START, logs=(Stream(Level.DEBUG, journal, "h"), Stream(Level.DEBUG, journal, "m")))
    yield made
    await made.close()


@pytest.fixture
async def start(place: Place) -> AsyncIterator[Callable[[], World]]:
    """Start the two sides now, after the place has been changed."""
    started: list[World] = []

    def begin() -> World:
        started.append(World(place, START))
        return started[-1]

    yield begin
    for world in started:
        await world.close()


@pytest.fixture
def configure(place: Place) -> Callable[[str, str, str], None]:
    """Change the configuration of a side before its world is made: side, what stands there, what shall stand there."""

    def change(side: str, old: str, new: str) -> None:
        path = place.folder / side / "config.toml"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return change
