"""The drop folder: whole files once, a result beside each, hostile files set aside unread."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapter.config import Drop
from adapter.errors import STORE_LOCKED, AdapterError
from adapter.messages.building import example
from adapter.service import drop_folder
from adapter.service.drop_folder import DropFolder
from adapter.testing.neighbours import World


@pytest.fixture
async def dropped(world: World, tmp_path: Path) -> DropFolder:
    """A drop folder of the hospital that takes files at once."""
    made = DropFolder(
        world.hospital.installation, Drop(folder=tmp_path / "drop", settle_seconds=0, max_octets=1_000_000)
    )
    await made.start()
    return made


@pytest.fixture
def folder(dropped: DropFolder, tmp_path: Path) -> Path:
    return tmp_path / "drop"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def result(folder: Path, name: str) -> dict[str, object]:
    told = json.loads((folder / f"{name}.result.json").read_text("utf-8"))
    assert isinstance(told, dict)
    return told


async def test_a_message_is_taken_once(world: World, dropped: DropFolder, folder: Path) -> None:
    """The file becomes an exchange, its result names it, and the file lies in `taken/`."""
    content = world.hospital.build("discharge-ready")
    (folder / "a.xml").write_bytes(content)
    assert dropped.turn() == 1
    (exchange,) = world.hospital.sent()
    assert result(folder, "a.xml")["exchange"] == exchange.id
    assert (folder / "taken" / "a.xml").read_bytes() == content
    assert dropped.turn() == 0
    await world.settle()
    assert len(world.municipality.received("LOG_UTSKRIVNINGSKLAR")) == 1


async def test_a_bad_message_is_refused_with_its_findings(world: World, dropped: DropFolder, folder: Path) -> None:
    """The result has every finding; the file is kept in `refused/`."""
    (folder / "a.xml").write_bytes(world.hospital.build("discharge-ready").replace(b"<GenDate>", b"<GenDate>x"))
    dropped.turn()
    told = result(folder, "a.xml")
    assert (told["status"], told["error"]) == ("refused", "DROP-REFUSED")
    assert told["findings"]
    assert (folder / "refused" / "a.xml").is_file()
    assert not world.hospital.sent()


async def test_a_refused_file_that_is_moved_back_is_judged_again(
    world: World, dropped: DropFolder, folder: Path
) -> None:
    """The result of the first time is that of another file, though the name and the octets are the same."""
    (folder / "a.xml").write_bytes(world.hospital.build("discharge-ready") + b"<!--" + b"x" * 40_000 + b"-->")
    narrow = DropFolder(world.hospital.installation, Drop(folder=folder, settle_seconds=0, max_octets=40_000))
    assert narrow.turn() == 1
    assert result(folder, "a.xml")["status"] == "refused"
    await asyncio.sleep(0.01)
    (folder / "refused" / "a.xml").rename(folder / "a.xml")
    assert dropped.turn() == 1
    (exchange,) = world.hospital.sent()
    assert result(folder, "a.xml")["exchange"] == exchange.id


async def test_a_file_that_grows_is_not_read(world: World, folder: Path, tmp_path: Path) -> None:
    """A file counts from its last change on, however long it has been there."""
    patient = DropFolder(world.hospital.installation, Drop(folder=folder, settle_seconds=0.05))
    content = world.hospital.build("discharge-ready")
    for end in (100, 500, 1000):
        (folder / "a.xml").write_bytes(content[:end])
        assert patient.turn() == 0
    (folder / "a.xml").write_bytes(content)
    assert patient.turn() == 0
    await_settled(patient)
    assert len(world.hospital.sent()) == 1


def await_settled(watcher: DropFolder) -> None:
    for _ in range(100):
        if watcher.turn():
            return
        time.sleep(0.01)
    raise AssertionError("the file was never taken")


def link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def directory(path: Path) -> None:
    path.mkdir()


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1_000_001)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def linked_twice(path: Path) -> None:
    other = path.parent.parent / "elsewhere"
    other.write_bytes(b"<a/>")
    os.link(other, path)


def device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero: it never ends
    except PermissionError:
        pytest.skip("only root may make a device")


@pytest.mark.parametrize("make", [link, pipe, directory, huge, unix_socket, linked_twice, device])
async def test_a_hostile_file_is_set_aside_unread(
    make: Callable[[Path], None], world: World, dropped: DropFolder, folder: Path
) -> None:
    """It is moved away as it is, with a reason; what comes after it is taken."""
    make(folder / "a.xml")
    (folder / "b.xml").write_bytes(world.hospital.build("discharge-ready"))
    assert dropped.turn() == 2
    told = result(folder, "a.xml")
    assert (told["status"], told["error"]) == ("refused", "DROP-REFUSED")
    assert told["detail"]
    assert names_in(folder / "refused") == ["a.xml"]
    assert len(world.hospital.sent()) == 1


async def test_an_unreadable_file_is_set_aside(
    world: World, dropped: DropFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that the adapter may not read is laid aside with that reason. (Root may read everything: simulated.)"""

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(drop_folder, "_read", refuse)
    (folder / "a.xml").write_bytes(b"<a/>")
    dropped.turn()
    assert "Permission denied" in str(result(folder, "a.xml")["detail"])


async def test_a_name_that_is_no_text(world: World, dropped: DropFolder, folder: Path) -> None:
    """A name that is no UTF-8 is a name: a good file is taken, a bad one set aside, each with its result beside it."""
    good, bad = (os.fsdecode(name) for name in (b"\xe6rlig.xml", b"\xe6ldre.xml"))
    (folder / good).write_bytes(world.hospital.build("discharge-ready"))
    (folder / bad).symlink_to("/etc/hostname")
    assert dropped.turn() == 2
    (exchange,) = world.hospital.sent()
    assert (result(folder, good)["exchange"], result(folder, good)["file"]) == (exchange.id, "\ufffdrlig.xml")
    assert result(folder, bad)["detail"] == "it is a link"
    assert (names_in(folder / "taken"), names_in(folder / "refused")) == ([good], [bad])


def another_message(path: Path, content: bytes) -> None:
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(path)


def a_longer_one(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"<!-- " + content[:10])


def a_link(path: Path, _: bytes) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def a_pipe(path: Path, _: bytes) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("becomes", "status"),
    [(another_message, "taken"), (a_longer_one, "refused"), (a_link, "refused"), (a_pipe, "refused")],
)
async def test_a_file_that_becomes_another_while_it_is_read(
    becomes: Callable[[Path, bytes], None],
    status: str,
    world: World,
    dropped: DropFolder,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was looked at and what is opened must be one file: what has come in its place is judged for itself."""
    honest, changed = os.open, []

    def open_too_late(path: Path, *rest: int) -> int:
        if not changed:
            changed.append(path)
            becomes(path, world.hospital.build("admitted"))
        return honest(path, *rest)

    (folder / "a.xml").write_bytes(world.hospital.build("discharge-ready"))
    with monkeypatch.context() as patched:
        patched.setattr(drop_folder.os, "open", open_too_late)
        dropped.turn()
    dropped.turn()
    told = result(folder, "a.xml")
    assert (told["status"], names_in(folder / status)) == (status, ["a.xml"])
    assert [one.type for one in world.hospital.sent()] == (["LOG_INNLAGT"] if status == "taken" else [])


async def test_other_names_are_left_alone(dropped: DropFolder, folder: Path) -> None:
    """What is being written under another name is nobody's business here."""
    for name in ("a.tmp", "a.xml.part", ".a.xml", "a.txt", "b.result.json"):
        (folder / name).write_bytes(b"x")
    assert dropped.turn() == 0
    assert len(names_in(folder)) == 7


async def test_a_store_that_is_locked_leaves_the_file(
    world: World, dropped: DropFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is refused for a reason that passes; the file is taken later."""
    real = drop_folder.hand_in

    def locked(*_: object) -> None:
        raise AdapterError(STORE_LOCKED)

    (folder / "a.xml").write_bytes(world.hospital.build("discharge-ready"))
    monkeypatch.setattr(drop_folder, "hand_in", locked)
    with pytest.raises(AdapterError):
        dropped.turn()
    assert (folder / "a.xml").is_file()
    monkeypatch.setattr(drop_folder, "hand_in", real)
    assert dropped.turn() == 1


@pytest.mark.parametrize("dies_at", ["_write", "_free_name"])
async def test_death_between_the_steps_repeats_the_answer_and_not_the_message(
    dies_at: str, world: World, dropped: DropFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the submission, before or after the result: the next start finishes the same submission."""

    class DiedError(Exception):
        """The process is gone."""

    def die(*_: object) -> None:
        raise DiedError

    (folder / "a.json").write_bytes(_build_json())
    with monkeypatch.context() as patch:
        patch.setattr(drop_folder, dies_at, die)
        with pytest.raises(DiedError):
            dropped.turn()
    again = DropFolder(world.hospital.installation, Drop(folder=folder, settle_seconds=0))
    assert again.turn() == 1
    (exchange,) = world.hospital.sent()
    assert result(folder, "a.json")["exchange"] == exchange.id


async def test_the_same_name_may_come_again(world: World, dropped: DropFolder, folder: Path) -> None:
    """A file is another one when it was written anew, whatever its name; nothing that was taken is overwritten."""
    for _ in range(2):
        (folder / "a.json").write_bytes(_build_json())
        assert dropped.turn() == 1
    assert len(world.hospital.sent()) == 2
    assert sorted(path.name for path in (folder / "taken").iterdir()) == ["2-a.json", "a.json"]


def _build_json() -> bytes:
    told = json.loads(example("discharge-ready"))
    for party in ("sender", "receiver"):
        told[party] = {"her": told[party]["her"]}
    return json.dumps({"kind": "discharge-ready", **told}).encode()


async def test_a_file_that_cannot_be_moved_is_taken_once_and_what_takes_its_place_as_well(
    world: World, dropped: DropFolder, folder: Path
) -> None:
    """It lies there with its result and is not read again; another message of the same name and inode is another."""
    (folder / "taken").rmdir()
    (folder / "taken").write_bytes(b"a file where a folder should be")
    (folder / "a.xml").write_bytes(world.hospital.build("admitted"))
    assert [dropped.turn(), dropped.turn()] == [1, 0]
    assert (folder / "a.xml").is_file()
    assert result(folder, "a.xml")["exchange"] == world.hospital.sent()[0].id
    (folder / "taken").unlink()
    (folder / "taken").mkdir()
    (folder / "a.xml").write_bytes(world.hospital.build("discharge-ready"))
    assert dropped.turn() == 1
    assert {one.type for one in world.hospital.sent()} == {"LOG_UTSKRIVNINGSKLAR", "LOG_INNLAGT"}
    assert names_in(folder / "taken") == ["a.xml"]
