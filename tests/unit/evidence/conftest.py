"""Both sides of a stay that was played once for all tests."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from played_stay import Exporter, Played, play


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A readiness message, the answer "later", and the discharge; both sides have everything."""
    return asyncio.run(play(tmp_path_factory.mktemp("played") / "place"))


@pytest.fixture(scope="session")
def hospital(played: Played) -> Exporter:
    return played.hospital


@pytest.fixture(scope="session")
def municipality(played: Played) -> Exporter:
    return played.municipality
