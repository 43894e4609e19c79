"""How the daemon's process is set up before it runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapter.cli.run import command
from adapter.testing.place import prepare
from tests.bench_parts import HOSPITAL, MUNICIPALITY


@pytest.fixture
def switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching")
def test_a_page_does_not_wait_long_behind_the_threads_of_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon lets a waiting thread have the interpreter after a millisecond."""
    place = prepare(tmp_path, HOSPITAL, MUNICIPALITY, key_size=2048)
    found: list[float] = []

    def run(work: Coroutine[object, object, bool]) -> bool:
        found.append(sys.getswitchinterval())
        work.close()
        return True

    monkeypatch.setattr(asyncio, "run", run)
    ran = CliRunner().invoke(command, ["--config", str(place.hospital.config)])
    assert ran.exit_code == 0, ran.output
    assert found == [pytest.approx(0.001)]
