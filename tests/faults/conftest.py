"""Rows of the table and pairs of daemons for the tests of faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.running import DRIVEN, Pair, pair
from tests.faults.table import FAULTS, Fault


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Fault:
    """The row of the test that asks."""
    [found] = [fault for fault in FAULTS if fault.test == request.function.__name__]
    return found


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Pair]:
    """Two sides for `adapter run`."""
    made = pair(tmp_path / "place")
    yield made
    made.clear()


@pytest.fixture
def driven(tmp_path: Path) -> Iterator[Pair]:
    """Two sides whose clocks the test sets."""
    made = pair(tmp_path / "place", DRIVEN)
    yield made
    made.clear()
