"""Real mail servers for a session of tests, where they are installed; a test that needs them is skipped elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place, place_at, prepare
from tests.mailservers.servers import MailServers, missing, running

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
USERS = ("hospital", "municipality")


@pytest.fixture(scope="session")
def servers() -> Iterator[MailServers]:
    """Postfix and Dovecot with the mailboxes of both sides."""
    why = missing()
    if why:
        pytest.skip(why)
    with running(USERS) as up:
        yield up


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One place for the whole session, never used itself."""
    return prepare(tmp_path_factory.mktemp("original"), scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)


@pytest.fixture
async def world(original: Place, tmp_path: Path) -> AsyncIterator[World]:
    """The two sides on the morning of 5 March 2024, in folders of their own."""
    shutil.copytree(original.folder, tmp_path / "place")
    made = World(place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY), START)
    yield made
    await made.close()
