"""Places that many tests look at: a demo that was played, and two sides without daemons."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from commands import HOSPITAL, MUNICIPALITY, KeptDemo, Two, started, two_daemons

from adapter.testing.place import Place, prepare


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> KeptDemo:
    folder = tmp_path_factory.mktemp("demo") / "place"
    return KeptDemo(started("demo", "--json", "--keep", folder).expect(0).json(), folder)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place without daemons."""
    return prepare(tmp_path_factory.mktemp("bare") / "place", HOSPITAL, MUNICIPALITY, key_size=2048)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    both = two_daemons(tmp_path / "place", pauses=(1, 1, 2))
    yield both
    both.clear()
