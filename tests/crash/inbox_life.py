"""The inbox folder in small moments, for being killed at each of them. Run as a program by `test_inbox_kill.py`.

python inbox_life.py FOLDER APPLICATION    die at every moment of offering a message in turn

APPLICATION is `quick`, who takes a file away as soon as it is there, or `slow`, who lets it lie. A moment is a
statement that writes, the beginning of a commit, and either side of whatever flushes or names a file.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from death import Death, born, ended, mortal, opened, put_back

from adapter.service import inbox
from adapter.service.installation import Installation
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import prepare


@dataclass(frozen=True, slots=True)
class Case:
    """A municipality that has received a message and shown it to nobody, its store at that time, and the message."""

    base: Installation
    fresh: bytes
    message: bytes
    is_quick: bool

    @property
    def folder(self) -> Path:
        return self.base.settings.inbox.folder


def made(folder: Path, *, is_quick: bool) -> Case:
    place = prepare(folder / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)
    world = World(place, datetime(2024, 3, 5, tzinfo=UTC))
    content = world.hospital.build("discharge-ready")
    offer_waiting, inbox.offer_waiting = inbox.offer_waiting, lambda _: []
    world.hospital.submit(content)
    asyncio.run(world.settle())
    inbox.offer_waiting = offer_waiting
    asyncio.run(world.close())
    base = world.municipality.installation
    return Case(base, base.settings.store.path.read_bytes(), content, is_quick)


def live(case: Case, death: Death) -> None:
    alive = mortal(case.base, death)
    os.fsync = death.around(os.fsync)
    Path.replace = death.around(Path.replace)  # type: ignore[method-assign]
    inbox.offer_waiting(alive)


def application(case: Case) -> list[bytes]:
    """What the application sees in its folder, and takes away where it is quick."""
    files = list(case.folder.glob("*.xml"))
    seen = [path.read_bytes() for path in files]
    for path in files:
        if case.is_quick:
            path.unlink()
    return seen


def after_death(case: Case) -> list[str]:
    """What does not hold when the adapter is started again; empty when everything does."""
    shown = application(case)
    alive = opened(case.base)
    inbox.offer_waiting(alive)
    shown_after = application(case)
    waiting = alive.store.read_now(lambda reader: reader.inbox_waiting(limit=10))
    alive.store.close()
    seen = [*shown, *shown_after] if case.is_quick else shown_after
    problems = [] if seen == [case.message] else [f"shown {len(shown)} times, and then {len(shown_after)}"]
    return problems if not waiting else [*problems, "it waits still"]


def die_everywhere(case: Case) -> dict[str, object]:
    wrong: list[str] = []
    moment, whole = 0, False
    while not whole:
        moment += 1
        put_back(case.base.settings.store.path, case.fresh)
        shutil.rmtree(case.folder, ignore_errors=True)
        whole = ended(born(lambda death: live(case, death), moment))
        wrong += (f"moment {moment}: {problem}" for problem in after_death(case))
    return {"moments": moment, "wrong": wrong}


def main() -> None:
    case = made(Path(sys.argv[1]), is_quick=sys.argv[2] == "quick")
    os.write(1, json.dumps(die_everywhere(case)).encode())


if __name__ == "__main__":
    main()
