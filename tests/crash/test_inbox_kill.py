"""An adapter killed anywhere while it gives a message to the application gives it once, whole, after all."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.service import inbox
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place, place_at, prepare

OFFER = Path(__file__).with_name("offer.py")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return prepare(tmp_path_factory.mktemp("original"), scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)


@pytest.mark.parametrize("taken_at_once", [True, False], ids=["the application is quick", "the application is slow"])
async def test_a_message_is_given_once(
    original: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken_at_once: bool
) -> None:
    """Killed before each thing that reaches the disk and started again, the adapter shows the file exactly once."""
    deaths = 0
    for at in range(1, 20):
        folder = tmp_path / str(at)
        shutil.copytree(original.folder, folder)
        world = World(place_at(folder, scenarios.HOSPITAL, scenarios.MUNICIPALITY), datetime(2024, 3, 5, tzinfo=UTC))
        content = world.hospital.build("discharge-ready")
        with monkeypatch.context() as patch:
            patch.setattr(inbox, "offer_waiting", lambda installation: [])
            world.hospital.submit(content)
            await world.settle()
        await world.close()

        config = str(world.municipality.side.config)
        died = offer(config, at)
        shown = application(folder, take=taken_at_once)
        if died.returncode == 0:
            break
        assert died.returncode == -signal.SIGKILL, died.stderr
        deaths += 1
        again = offer(config, 99)
        assert again.returncode == 0, again.stderr
        shown_after = application(folder, take=taken_at_once)
        assert [*shown, *shown_after] == [content] if taken_at_once else shown_after == [content]
    assert deaths >= 4


def offer(config: str, at: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, str(OFFER), config, str(at)], check=False, capture_output=True)


def application(folder: Path, *, take: bool) -> list[bytes]:
    """What the application sees in its folder, and perhaps takes away."""
    files = list((folder / "municipality" / "inbox").glob("*.xml"))
    seen = [path.read_bytes() for path in files]
    for path in files:
        if take:
            path.unlink()
    return seen
