"""The drop folder in small moments, for being killed at each of them. Run as a program by `test_drop_kill.py`.

python drop_life.py FOLDER    die at every moment of a turn over four files in turn

A moment is a statement that writes, the beginning of a commit, and either side of whatever flushes or names a file.
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

from adapter.config import Drop
from adapter.messages.examples import EXAMPLES
from adapter.service.drop_folder import DropFolder
from adapter.service.installation import Installation
from adapter.store.port import Direction, ExchangeFilter
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import prepare

TAKEN = ("a.xml", "b.json")
REFUSED = "c.xml"
CHANGED = "d.xml"
"""Refused in the first life for its size, and good by the limit of the second."""

SMALL, LARGE = 40_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """An adapter, its store before anything was dropped, and the files that are."""

    base: Installation
    fresh: bytes
    folder: Path
    files: dict[str, bytes]

    def watcher(self, installation: Installation, max_octets: int) -> DropFolder:
        return DropFolder(installation, Drop(folder=self.folder, settle_seconds=0, max_octets=max_octets))


def made(folder: Path) -> Case:
    place = prepare(folder / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)
    world = World(place, datetime(2024, 3, 5, 9, 0, tzinfo=UTC))
    build = world.hospital.build
    told = {**EXAMPLES["discharge-ready"], "kind": "discharge-ready"}
    for party in ("sender", "receiver"):
        told[party] = {"her": told[party]["her"]}  # type: ignore[index,call-overload]
    files = {
        "a.xml": build("discharge-ready"),
        "b.json": json.dumps(told).encode(),
        REFUSED: build("discharge-ready").replace(b"<GenDate>", b"<GenDate>x"),
        CHANGED: build("discharge-ready") + b"<!--" + b"x" * SMALL + b"-->",
    }
    asyncio.run(world.close())
    base = world.hospital.installation
    return Case(base, base.settings.store.path.read_bytes(), folder / "drop", files)


def lay_out(case: Case) -> None:
    put_back(case.base.settings.store.path, case.fresh)
    shutil.rmtree(case.folder, ignore_errors=True)
    case.folder.mkdir()
    for name, content in case.files.items():
        (case.folder / name).write_bytes(content)


def live(case: Case, death: Death) -> None:
    alive = mortal(case.base, death)
    os.fsync = death.around(os.fsync)
    Path.replace = death.around(Path.replace)  # type: ignore[method-assign]
    Path.rename = death.around(Path.rename)  # type: ignore[method-assign]
    watcher = case.watcher(alive, SMALL)
    asyncio.run(watcher.start())
    watcher.turn()


def results(case: Case) -> dict[str, dict[str, str]]:
    suffix = ".result.json"
    found = case.folder.glob(f"[a-z]*{suffix}")
    return {file.name.removesuffix(suffix): json.loads(file.read_bytes()) for file in found}


def where(case: Case, name: str) -> list[str]:
    """In which folders an input lies, under whatever number."""
    found = case.folder.rglob(f"*{name}")
    return [str(file.parent.relative_to(case.folder)) for file in found if file.read_bytes() == case.files[name]]


def sent(installation: Installation) -> dict[str, bytes]:
    def read(reader):  # type: ignore[no-untyped-def]
        listed = reader.exchanges(ExchangeFilter(direction=Direction.OUT, limit=100))
        return {exchange.id: reader.blob(exchange.payload) for exchange in listed}

    found: dict[str, bytes] = installation.store.read_now(read)
    return found


def after_death(case: Case) -> list[str]:
    """What does not hold when the adapter is started again; empty when everything does."""
    told = results(case)
    problems = [f"{name} lies {len(where(case, name))} times" for name in case.files if len(where(case, name)) != 1]
    problems += [
        f"{name} is away without a result" for name in case.files if where(case, name) != ["."] and name not in told
    ]
    alive = opened(case.base)
    before = sent(alive)
    problems += [f"{name}: told and not kept" for name in told if told[name]["exchange"] not in {*before, ""}]
    watcher = case.watcher(alive, LARGE)
    asyncio.run(watcher.start())
    watcher.turn()
    watcher.turn()
    after, final = sent(alive), results(case)
    alive.store.close()
    problems += [f"{name}: told {told[name]}, then {final.get(name)}" for name in told if final.get(name) != told[name]]
    problems += [f"{name}: {final.get(name)}" for name in case.files if name not in final]
    wanted = {name for name, result in final.items() if result["status"] == "taken"}
    if not {*TAKEN} <= wanted or REFUSED in wanted:
        problems.append(f"taken: {sorted(wanted)}")
    if sorted(final[name]["exchange"] for name in wanted) != sorted(after):
        problems.append(f"{len(wanted)} files became {len(after)} messages")
    problems += [
        f"{name} is sent changed"
        for name in wanted
        if name.endswith(".xml") and after.get(final[name]["exchange"]) != case.files[name]
    ]
    problems += [
        f"{name} lies in {where(case, name)}"
        for name in case.files
        if where(case, name) != ["taken" if name in wanted else "refused"]
    ]
    left = {file.name for file in case.folder.iterdir()}
    if left != {"taken", "refused", *(f"{name}.result.json" for name in case.files)}:
        problems.append(f"in the folder: {sorted(left)}")
    return problems


def die_everywhere(case: Case) -> dict[str, object]:
    wrong: list[str] = []
    moment, whole = 0, False
    while not whole:
        moment += 1
        lay_out(case)
        whole = ended(born(lambda death: live(case, death), moment))
        wrong += (f"moment {moment}: {problem}" for problem in after_death(case))
    return {"moments": moment, "wrong": wrong}


def main() -> None:
    os.write(1, json.dumps(die_everywhere(made(Path(sys.argv[1])))).encode())


if __name__ == "__main__":
    main()
