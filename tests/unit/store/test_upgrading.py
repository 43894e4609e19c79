"""Stores of every earlier form, with rows in them, become the present one; or stay whole when that is cut off."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from adapter.delivery.sender import TransportState
from adapter.errors import AdapterError
from adapter.store.engine import open_engine
from adapter.store.migrate import MIGRATIONS, upgrade
from adapter.store.port import Direction, ExchangeFilter
from adapter.store.schema import REVISION
from adapter.store.sql_store import open_store
from adapter.values import Digest, HerId

REVISIONS = sorted(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
AT = "2024-03-05T09:00:00.000000Z"
OCTETS = b"<MsgHead/>" * 500


LISTS = tuple(
    replace(which, limit=10)
    for which in (
        ExchangeFilter(peer=HerId("990202")),
        ExchangeFilter(own=(HerId("990102"),)),
        ExchangeFilter(type="X", direction=Direction.OUT),
        ExchangeFilter(transport=(TransportState.AWAIT_ACK,), type="X"),
        ExchangeFilter(id_begins="e0"),
        ExchangeFilter(id_begins="e0", peer=HerId("990202")),
    )
)
"""Lists that are read by indexes of other names than those of the first form."""


def old_store(path: Path, revision: str) -> None:
    """A store as the version of that revision left it, with rows in the tables that have been there from the first."""
    engine = open_engine(path, writes=True, connections=1, create=True)
    with engine.begin() as connection:
        upgrade(connection, revision)
    engine.dispose()
    connection = sqlite3.connect(path)
    digest = Digest.of(OCTETS).value
    connection.execute(
        "INSERT INTO blob (digest, kind, size, stored_at, content) VALUES (?, 'payload', ?, ?, ?)",
        (digest, len(OCTETS), AT, OCTETS),
    )
    for number in range(50):
        connection.execute(
            "INSERT INTO exchange (id, version, direction, type, sender, receiver, created_at, payload,"
            " signed_references, transport_state, transport_since, transport_resends, transport_deferrals,"
            " transport_hand_over, transport_reason)"
            " VALUES (?, 0, 'out', 'X', '990102', '990202', ?, ?, '', 'await_ack', ?, 0, 0, 'accepted', '')",
            (f"e{number:02}", AT, digest, AT),
        )
        connection.execute("INSERT INTO journal (exchange_id, at, what, detail) VALUES (?, ?, 'x', '')", ("e00", AT))
    connection.execute("INSERT INTO meta (key, value) VALUES ('pseudonym_key', ?)", ("6b" * 32,))
    if revision >= "0004":
        connection.execute(
            "INSERT INTO audit (at, who, what, outcome, about) VALUES (?, 'kari', 'payload read', 'allowed', 'e00')",
            (AT,),
        )
    connection.commit()
    connection.close()


def assert_whole(path: Path) -> None:
    """The store opens as the present one, and every row is there."""
    store = open_store(path)
    exchanges = store.read_now(lambda reader: reader.exchanges(ExchangeFilter(limit=100)))
    assert {exchange.id for exchange in exchanges} == {f"e{number:02}" for number in range(50)}
    for which in LISTS:
        found = store.read_now(lambda reader, which=which: reader.exchanges(which))  # type: ignore[misc]
        assert len(found) == 10, which
    assert store.read_now(lambda reader: reader.blob(Digest.of(OCTETS))) == OCTETS
    assert len(store.read_now(lambda reader: reader.journal("e00"))) == 50
    assert store.read_now(lambda reader: reader.verify_chain()).broken_at is None
    store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISION,)]
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_old_store_with_rows_becomes_the_present_one(tmp_path: Path, revision: str) -> None:
    """Every row is kept on the way from each earlier form."""
    old_store(tmp_path / "store.db", revision)
    assert_whole(tmp_path / "store.db")


CUT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from adapter.store.sql_store import open_store
left = int(sys.argv[2])
@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    if statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "UPDATE", "INSERT")):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
open_store(Path(sys.argv[1])).close()
"""


@pytest.mark.parametrize("statement", [1, 4, 9, 15])
def test_death_in_the_middle_of_a_migration(tmp_path: Path, statement: int) -> None:
    """Killed between two statements of the upgrade, the store is of the old form, and the next opening upgrades it."""
    path = tmp_path / "store.db"
    old_store(path, "0001")
    run = subprocess.run([sys.executable, "-c", CUT, str(path), str(statement)], capture_output=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    connection.close()
    assert_whole(path)


def test_what_a_webhook_has_yet_to_be_told_is_told_once(tmp_path: Path) -> None:
    """Only a message in the inbox, beyond the webhook's place in the journal, gets the words that webhooks read."""
    path = tmp_path / "store.db"
    old_store(path, "0009")
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM journal")
    for seq, exchange in enumerate(("e00", "e01", "e02"), start=1):
        connection.execute("INSERT INTO journal VALUES (?, ?, ?, 'received', '')", (seq, exchange, AT))
    for exchange in ("e00", "e01"):
        connection.execute(
            "INSERT INTO inbox (exchange_id, payload, received_at, file, claimed_by, fence)"
            " VALUES (?, ?, ?, '', '', 0)",
            (exchange, Digest.of(OCTETS).value, AT),
        )
    connection.execute("INSERT INTO webhook (hook, cursor, attempts, reason) VALUES ('ehr', 1, 0, '')")
    connection.commit()
    connection.close()
    store = open_store(path)
    words = store.read_now(lambda reader: [(line.exchange_id, line.what) for line in reader.journal_after(0, 10)])
    store.close()
    assert words == [("e00", "received"), ("e01", "in the inbox"), ("e02", "received")]


def test_notes_that_have_served_go(tmp_path: Path) -> None:
    """Where a file lies that was taken goes at once, what may be asked for again later; the rest stays as it is."""
    path = tmp_path / "store.db"
    old_store(path, "0013")
    connection = sqlite3.connect(path)
    for exchange, taken in (("e00", AT), ("e01", None)):
        connection.execute(
            "INSERT INTO inbox (exchange_id, payload, received_at, taken_at, file, claimed_by, fence)"
            " VALUES (?, ?, ?, ?, '', '', 0)",
            (exchange, Digest.of(OCTETS).value, AT, taken),
        )
        connection.execute("INSERT INTO meta (key, value) VALUES (?, 'x')", (f"note:inbox:{exchange}",))
    for key in ("finished:e00", "refused unjudged:d", "retention looked at"):
        connection.execute("INSERT INTO meta (key, value) VALUES (?, 'x')", (f"note:{key}",))
    connection.commit()
    connection.close()
    store = open_store(path)
    now = datetime.now(UTC)

    def left() -> set[str]:
        keys = ("inbox:e00", "inbox:e01", "finished:e00", "refused unjudged:d", "retention looked at")
        return store.read_now(lambda reader: {key for key in keys if reader.note(key) is not None})

    assert left() == {"inbox:e01", "finished:e00", "refused unjudged:d", "retention looked at"}
    assert store.write_now(lambda writer: writer.forget(now + timedelta(days=29), 10)) == 0
    assert store.write_now(lambda writer: writer.forget(now + timedelta(days=31), 10)) == 2
    assert left() == {"inbox:e01", "retention looked at"}
    store.close()


HOLDER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM journal").fetchone()
print("open", flush=True)
time.sleep(float(sys.argv[2]))
connection.close()
"""


def holder(path: Path, seconds: float) -> subprocess.Popen[bytes]:
    """Another process that has the store open, for so long."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path), str(seconds)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def ended(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def test_a_store_that_an_older_process_has_open_is_not_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon of the older version goes on with its form; the newer one says what to do. Later it goes through."""
    monkeypatch.setattr("adapter.store.sql_store.PATIENCE_SECONDS", 0.2)
    path = tmp_path / "store.db"
    old_store(path, REVISIONS[-2])
    open_old = sqlite3.connect(path)
    open_old.execute("PRAGMA journal_mode=WAL")
    open_old.close()
    daemon = holder(path, 60)
    with pytest.raises(AdapterError) as caught:
        open_store(path)
    assert caught.value.id == "STORE-OLDER-IN-USE"
    assert "version that runs" in caught.value.sentence()
    ended(daemon)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISIONS[-2],)]
    connection.close()
    store = open_store(path)
    assert store.brought_from == REVISIONS[-2]
    store.close()
    assert_whole(path)


def test_an_older_command_that_is_soon_gone_is_waited_for(tmp_path: Path) -> None:
    """What has the store open for a moment does not stop the start of the new version."""
    path = tmp_path / "store.db"
    old_store(path, REVISIONS[-2])
    command = holder(path, 0.5)
    open_store(path).close()
    ended(command)
    assert_whole(path)


def test_a_store_of_the_present_form_is_opened_beside_others(tmp_path: Path) -> None:
    """Commands work beside a daemon of their own version, and say nothing of an upgrade."""
    daemon = open_store(tmp_path / "store.db")
    command = open_store(tmp_path / "store.db")
    assert (daemon.brought_from, command.brought_from) == ("", "")
    command.close()
    daemon.close()


def test_no_way_back(tmp_path: Path) -> None:
    """A store of a newer version is refused with what to do, and no row of it changes."""
    path = tmp_path / "store.db"
    old_store(path, REVISION)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.commit()
    before = list(connection.iterdump())
    with pytest.raises(AdapterError) as caught:
        open_store(path)
    assert caught.value.id == "STORE-NEWER"
    assert "later" in caught.value.sentence()
    assert list(connection.iterdump()) == before
    connection.close()
