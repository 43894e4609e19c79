"""Backup, restore and upgrade as the handbook tells them, with daemons that run and messages that flow."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tarfile
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from commands import MESSAGES, Daemon, KeptDemo, adapter, two_daemons, wait_for
from test_daemons import variants

from adapter.service import desk
from adapter.service.submission import submit_now
from adapter.service.views import transport_word
from adapter.store.engine import open_engine
from adapter.store.migrate import MIGRATIONS, upgrade
from adapter.store.port import Direction, ExchangeFilter
from adapter.store.schema import REVISION
from adapter.testing.place import Side

FIRST = min(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
BELONGS = ("config.toml", "keys", "partners")
"""What a site keeps apart from its backups, and puts in place before a restore."""


def said(*arguments: str | Path, config: Path) -> Any:
    return adapter(*arguments, "--json", "--config", config).expect(0).json()


def says_chain_whole(config: Path) -> bool:
    checks = said("check", config=config)["checks"]
    return any(one["what"] == "store" and "chain whole" in one["says"] for one in checks)


def empty_place(side: Path, name: str) -> Path:
    """A folder beside a side's own, with all that is hers but the store and what the application had."""
    made = side.with_name(name)
    made.mkdir()
    for one in BELONGS:
        copy = shutil.copytree if (side / one).is_dir() else shutil.copy
        copy(side / one, made / one)
    return made


def sent_by(daemon: Daemon) -> dict[str, str]:
    """The messages of a side and the word for where each is."""
    with desk.store(daemon.side.config) as (_, store):
        found = store.read_now(lambda reader: reader.exchanges(ExchangeFilter(direction=Direction.OUT, limit=100)))
    return {one.id: transport_word(one) for one in found if one.type != "APPREC"}


def states(daemon: Daemon) -> set[str]:
    return set(sent_by(daemon).values())


def told(daemon: Daemon, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in daemon.log.read_text("utf-8").splitlines()]
    return [line for line in lines if line["event"] == event]


def test_a_backup_beside_a_running_daemon_becomes_the_store_of_an_empty_place(tmp_path: Path) -> None:
    """Everything of the backup is there and goes on; what was answered is not sent again, and nothing comes twice."""
    two = two_daemons(tmp_path / "place", pauses=(1,))
    backup, messages = tmp_path / "b.backup", variants(16)
    enough, copied = threading.Event(), threading.Event()

    def submit() -> None:
        with desk.installation(two.place.hospital.config) as installation:
            for number, message in enumerate(messages):
                assert isinstance(submit_now(installation, message), str)
                if number == 3:
                    enough.set()
                if number == 12:
                    assert copied.wait(60)

    try:
        two.start()
        flow = threading.Thread(target=submit)
        flow.start()
        assert enough.wait(30)
        made = said("backup", "-o", backup, config=two.place.hospital.config)
        copied.set()
        flow.join()
        wait_for(lambda: states(two.hospital) == {"acknowledged"}, 60)
        two.hospital.stop()

        folder = empty_place(two.place.hospital.folder, "hospital-again")
        restored = said("restore", backup, config=folder / "config.toml")
        assert (restored["facts"], restored["blobs"], restored["kept"]) == (made["facts"], made["blobs"], None)
        assert says_chain_whole(folder / "config.toml")
        two = replace(two, hospital=Daemon(replace(two.place.hospital, folder=folder)))
        held = sent_by(two.hospital)
        assert 4 <= len(held) < len(messages)
        answered = {one for one, state in held.items() if state == "acknowledged"}

        two.hospital.start()
        for one, state in held.items():
            if state == "await_ack":  # its answer came after the backup; in twelve hours it would go by itself
                adapter("resend", one, "--reason", "restored", "--config", two.hospital.side.config).expect(0)
        wait_for(lambda: states(two.hospital) == {"acknowledged"}, 60)
        assert sent_by(two.hospital).keys() == held.keys()
        left = {
            one["exchange"] for one in (*told(two.hospital, "exchange.sent"), *told(two.hospital, "exchange.resent"))
        }
        assert left & answered == set()
        assert sorted(two.municipality.inbox().values()) == sorted(messages)
        listed = said("list", "--limit", "100", config=two.municipality.side.config)
        # What the backup held unsealed is sealed anew and comes in a second envelope; its AppRec is the first one's.
        assert Counter(one["type"] for one in listed)["APPREC"] == len(messages)
        two.stop()
    finally:
        two.clear()


def grow_old(store: Path) -> None:
    """Make a store one of the first form, with every row that it has a place for."""
    new = store.with_name("new.sqlite")
    store.rename(new)
    engine = open_engine(store, writes=True, connections=1, create=True)
    with engine.begin() as connection:
        upgrade(connection, FIRST)
    engine.dispose()
    connection = sqlite3.connect(store)
    connection.execute("ATTACH ? AS new", (str(new),))
    tables = [name for (name,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table in {"alembic_version", "sqlite_sequence"}:
            continue
        here, there = (
            [row[1] for row in connection.execute(f"PRAGMA {base}.table_info({table})")] for base in ("main", "new")
        )
        columns = ", ".join(f'"{one}"' for one in here if one in there)
        if columns:
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
    connection.commit()
    connection.close()
    new.unlink()


def form_of(store: Path) -> str:
    connection = sqlite3.connect(store)
    try:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    finally:
        connection.close()


@pytest.fixture
def old(demo: KeptDemo, tmp_path: Path) -> Path:
    """A hospital whose store is as the first version left it, and what it listed before."""
    place = tmp_path / "place"
    shutil.copytree(demo.folder, place)
    grow_old(place / "hospital" / "adapter.sqlite")
    return place / "hospital"


def test_a_backup_of_the_first_form_is_brought_up_to_date(demo: KeptDemo, old: Path, tmp_path: Path) -> None:
    """Made beside the old store without touching it, it is restored as one of today, with all of its exchanges."""
    backup = tmp_path / "old.backup"
    made = said("backup", "-o", backup, config=old / "config.toml")
    assert form_of(old / "adapter.sqlite") == FIRST
    with tarfile.open(backup) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        assert json.load(manifest)["revision"] == FIRST
    folder = empty_place(old, "hospital-again")
    restored = said("restore", backup, config=folder / "config.toml")
    assert (restored["revision"], restored["facts"], restored["blobs"]) == (FIRST, made["facts"], made["blobs"])
    assert form_of(folder / "adapter.sqlite") == REVISION
    assert says_chain_whole(folder / "config.toml")
    now, before = (said("list", "--limit", "100", config=one) for one in (folder / "config.toml", demo.hospital))
    assert [(one["id"], one["state"]) for one in now] == [(one["id"], one["state"]) for one in before]
    assert len(now) > 5
    ledgers = [said("ledger", config=one)["totals"] for one in (folder / "config.toml", demo.hospital)]
    assert ledgers[0] == ledgers[1]


def test_the_steps_of_the_page_on_upgrades(old: Path, tmp_path: Path) -> None:
    """Version, backup, check, start: the old store is left alone until the new version opens it, and then is today's.

    Two steps are not played. The wheel is built and installed by `tests/unit/test_deploy.py`, not beside an older one:
    there is none yet. For the same reason the old program does not run again; its store comes back out of the backup.
    """
    config, store = old / "config.toml", old / "adapter.sqlite"
    assert "adapter " in adapter("--version").expect(0).out
    said("backup", "-o", tmp_path / "before.backup", config=config)
    assert "adapter" in (MESSAGES.parents[1] / "CHANGELOG.md").read_text("utf-8").lower()
    text = config.read_text("utf-8")
    config.write_text(text.replace("[inbox]", "[inbox]\nkey_of_old = 1"), "utf-8")
    refused = adapter("check", "--config", config).expect(2)
    assert "key_of_old" in refused.error
    config.write_text(text, "utf-8")
    adapter("check", "--config", config)
    assert form_of(store) == FIRST

    port = int(text.partition("[smtp.receive]")[2].partition("port = ")[2].split()[0])
    daemon = Daemon(Side("hospital", old, "hospital@edi.example", port, ()))
    daemon.start()
    try:
        assert form_of(store) == REVISION
        listed = said("list", "--limit", "5", config=config)
        assert len(listed) == 5
        sent = said("send", MESSAGES / "admitted.xml", config=config)["exchange"]
        wait_for(lambda: said("show", sent, config=config)["state"] in {"ready", "await_ack"}, 30)
        daemon.stop()
    finally:
        if daemon.process is not None:
            daemon.kill()

    back = said("restore", tmp_path / "before.backup", "--replace", config=config)
    assert Path(back["kept"]).is_file()
    assert len(said("list", "--limit", "100", config=config)) >= 5
