"""A backup of a store in use, and its way back."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from adapter.config import Settings
from adapter.errors import AdapterError
from adapter.lookups.key_files import write_secret_key
from adapter.service.backups import back_up, restore
from adapter.service.installation import open_own_store
from adapter.service.store_keys import rotate
from adapter.store.port import BlobKind
from adapter.testing.neighbours import World

from .test_retention import T0


def quiet(done: int, of: int) -> None:
    """Nobody looks."""


def settings_at(world: World, path: Path, key: Path | None = None) -> Settings:
    """The hospital's settings with another store."""
    settings = world.hospital.settings
    store = settings.store.model_copy(update={"path": path, "key_file": key})
    return settings.model_copy(update={"store": store})


def error_of(settings: Settings, source: Path, *, replace: bool = False) -> str:
    with pytest.raises(AdapterError) as caught:
        restore(settings, source, T0, quiet, replace=replace)
    return caught.value.id


async def test_a_restored_store_goes_on_and_nothing_is_done_twice(world: World, tmp_path: Path) -> None:
    """A backup taken while messages are under way, restored: all of it is there, and the partner has each once."""
    hospital, municipality = world.hospital, world.municipality
    hospital.submit(hospital.build("admitted"))
    await world.settle()
    hospital.submit(hospital.build("discharge-ready"))
    await hospital.daemon.settle()
    facts = hospital.facts()
    made = back_up(hospital.settings, tmp_path / "b.backup", world.clock.now(), quiet)
    assert made.contents.chain.length == len(facts) > 0
    await world.settle()
    assert len(municipality.received("LOG_UTSKRIVNINGSKLAR")) == 1
    there = municipality.facts()
    await hospital.daemon.close()
    done = restore(hospital.settings, tmp_path / "b.backup", world.clock.now(), quiet, replace=True)
    assert done.kept is not None
    await hospital.restart()
    assert hospital.facts() == facts
    await world.go_on(timedelta(hours=13))
    assert len(municipality.received("LOG_UTSKRIVNINGSKLAR")) == 1
    assert municipality.facts() == there
    [ready] = hospital.sent("LOG_UTSKRIVNINGSKLAR")
    assert ready.transport is not None
    assert not ready.transport.is_open
    assert len(hospital.facts()) > len(facts)


def test_a_backup_beside_a_busy_writer_is_of_one_moment(world: World, tmp_path: Path) -> None:
    """While another thread commits without pause, the copy is whole, and the writer is not stopped."""
    settings, stop = settings_at(world, tmp_path / "busy.db"), threading.Event()
    store = open_own_store(settings)
    written = []

    def flood() -> None:
        while not stop.is_set():
            octets = f"{len(written)}".encode() * 2000
            written.append(store.write_now(lambda writer, o=octets: writer.put_blob(o, BlobKind.PAYLOAD, T0)))  # type: ignore[misc]

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        while len(written) < 50:
            pass
        made = back_up(settings, tmp_path / "b.backup", T0, quiet)
    finally:
        stop.set()
        thread.join()
        store.close()
    assert 50 <= made.contents.blobs < len(written)
    elsewhere = settings_at(world, tmp_path / "elsewhere.db")
    assert restore(elsewhere, tmp_path / "b.backup", T0, quiet, replace=False).contents == made.contents


@pytest.fixture
def backup(world: World, tmp_path: Path) -> Path:
    """A backup of a store with one blob."""
    settings = settings_at(world, tmp_path / "one.db")
    store = open_own_store(settings)
    store.write_now(lambda writer: writer.put_blob(b"octets" * 2000, BlobKind.PAYLOAD, T0))
    store.close()
    back_up(settings, tmp_path / "b.backup", T0, quiet)
    return tmp_path / "b.backup"


def test_a_store_that_is_there_is_never_overwritten(world: World, backup: Path, tmp_path: Path) -> None:
    """Without --replace a store stops a restore, with it one that is open does; a closed one is kept beside."""
    settings = settings_at(world, tmp_path / "other.db")
    store = open_own_store(settings)
    store.write_now(lambda writer: writer.keep_note("mine", "yes"))
    assert error_of(settings, backup) == "STORE-IN-USE"
    assert error_of(settings, backup, replace=True) == "STORE-IN-USE"
    store.close()
    kept = restore(settings, backup, T0, quiet, replace=True).kept
    assert kept is not None
    old = open_own_store(settings_at(world, kept))
    assert old.read_now(lambda reader: reader.note("mine")) == "yes"
    old.close()


def test_a_damaged_store_can_be_replaced(world: World, backup: Path, tmp_path: Path) -> None:
    """What is no database any more is what a restore is for; it is kept as it is."""
    settings = settings_at(world, tmp_path / "other.db")
    settings.store.path.write_bytes(b"these are my notes" * 1000)
    kept = restore(settings, backup, T0, quiet, replace=True).kept
    assert kept is not None
    assert kept.read_bytes() == b"these are my notes" * 1000


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9])
def test_a_backup_that_is_cut_off(world: World, backup: Path, tmp_path: Path, share: float) -> None:
    """A part of a backup is none, and no store comes of it."""
    octets = backup.read_bytes()
    backup.write_bytes(octets[: int(len(octets) * share)])
    settings = settings_at(world, tmp_path / "other.db")
    assert error_of(settings, backup) == "BACKUP-UNFIT"
    assert not settings.store.path.exists()


def test_one_octet_that_changed(world: World, backup: Path, tmp_path: Path) -> None:
    """A changed octet anywhere in the store is found by its digest."""
    octets = bytearray(backup.read_bytes())
    octets[len(octets) // 2] ^= 1
    backup.write_bytes(bytes(octets))
    assert error_of(settings_at(world, tmp_path / "other.db"), backup) == "BACKUP-UNFIT"


def test_a_backup_needs_its_key(world: World, tmp_path: Path) -> None:
    """An encrypted store is encrypted in the backup too; without its key nothing is restored, with it all."""
    key = tmp_path / "store.key"
    write_secret_key(key, b"a" * 32)
    settings = settings_at(world, tmp_path / "one.db", key)
    store = open_own_store(settings)
    store.write_now(lambda writer: writer.put_blob(b"Nordmann" * 500, BlobKind.PAYLOAD, T0))
    store.close()
    backup = tmp_path / "b.backup"
    back_up(settings, backup, T0, quiet)
    assert b"Nordmann" not in backup.read_bytes()
    assert error_of(settings_at(world, tmp_path / "two.db"), backup) == "STORE-KEY-MISSING"
    assert not (tmp_path / "two.db").exists()
    assert restore(settings_at(world, tmp_path / "two.db", key), backup, T0, quiet, replace=False).contents.blobs == 1


def test_a_store_in_clear_that_is_in_use_is_not_turned(world: World, tmp_path: Path) -> None:
    """A process without the key could not read what is encrypted beside it: refused until it has been started again."""
    key = tmp_path / "store.key"
    write_secret_key(key, b"a" * 32)
    settings = settings_at(world, tmp_path / "one.db")
    daemon = open_own_store(settings)
    with pytest.raises(AdapterError) as caught:
        rotate(settings, key, T0, quiet)
    assert caught.value.id == "STORE-IN-USE"
    daemon.close()
    assert rotate(settings, key, T0, quiet).old_is_gone
