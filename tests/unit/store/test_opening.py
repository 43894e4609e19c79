"""Opening a store: fresh, old, new, foreign, damaged, shared."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from adapter.errors import AdapterError
from adapter.store.engine import open_engine
from adapter.store.migrate import MIGRATIONS, upgrade
from adapter.store.schema import REVISION, metadata
from adapter.store.sql_store import SqlStore, open_store


def error_of(path: Path, *, create: bool = True) -> AdapterError:
    with pytest.raises(AdapterError) as caught:
        open_store(path, create=create)
    return caught.value


def shape_of(path: Path) -> set[tuple[str, str, str]]:
    """Every table, index and trigger of a database, with the columns of tables."""
    connection = sqlite3.connect(path)
    shape = {
        (kind, name, " ".join(sql.split()) if kind == "trigger" else table)
        for kind, name, table, sql in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    }
    for kind, name, _ in list(shape):
        if kind == "table":
            columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
            keys = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
            shape |= {(name, str(column[1]), str(column[2:])) for column in columns}
            shape |= {(name, "key", str(key[2:5])) for key in keys}
    connection.close()
    return {part for part in shape if "alembic_version" not in part}


def test_the_migrations_make_the_tables_of_the_code(path: Path) -> None:
    """A migrated store has exactly the tables, columns and indexes of the metadata."""
    engine = open_engine(path, writes=True, connections=1)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_fresh_store_and_a_migrated_one_are_the_same(path: Path, tmp_path: Path) -> None:
    """The tables made from the metadata at once are those that the migrations make step by step."""
    at_once = tmp_path / "at-once.db"
    engine = create_engine(f"sqlite:///{at_once}")
    metadata.create_all(engine)
    engine.dispose()
    assert shape_of(at_once) == shape_of(path)


def test_the_newest_migration_is_the_one_the_code_names() -> None:
    """There is one line of migrations and it ends at `REVISION`."""
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [REVISION]


def test_every_earlier_form_becomes_the_present_one(path: Path, tmp_path: Path) -> None:
    """A store left at any migration is brought up to date by opening it."""
    for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions():
        old = tmp_path / f"{script.revision}.db"
        engine = open_engine(old, writes=True, connections=1, create=True)
        with engine.begin() as connection:
            upgrade(connection, script.revision)
        engine.dispose()
        open_store(old).close()
        assert shape_of(old) == shape_of(path)


def test_the_key_of_a_store_stays(tmp_path: Path) -> None:
    """The pseudonym key is made once; another key given later changes nothing, and two stores differ."""
    first = open_store(tmp_path / "a.db", pseudonym_key=b"a" * 32)
    pseudonym = first.pseudonym("13116900216")
    first.close()
    again = open_store(tmp_path / "a.db", pseudonym_key=b"b" * 32)
    assert again.pseudonym("13116900216") == pseudonym
    again.close()
    other = open_store(tmp_path / "b.db")
    assert other.pseudonym("13116900216") != pseudonym
    other.close()


def test_commits_survive_a_power_cut(store: SqlStore) -> None:
    """The writer runs in WAL with full synchronisation and checked foreign keys."""

    def pragmas(writer: object) -> list[object]:
        connection = writer._connection  # type: ignore[attr-defined]
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert store.write_now(pragmas) == ["wal", 2, 1]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A missing folder is named."""
    error = error_of(tmp_path / "no" / "store.db")
    assert error.id == "STORE-UNREACHABLE"
    assert "no" in str(error)


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    """Without leave to create, a missing file is an error and no file is made."""
    assert error_of(tmp_path / "store.db", create=False).id == "STORE-UNREACHABLE"
    assert not (tmp_path / "store.db").exists()


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    """A path that is a folder cannot be opened."""
    assert error_of(tmp_path).id == "STORE-UNREACHABLE"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A text file is STORE-CORRUPT and stays as it is."""
    path = tmp_path / "store.db"
    path.write_text("these are my notes, not a database, " * 100)
    before = path.read_bytes()
    assert error_of(path).id == "STORE-CORRUPT"
    assert path.read_bytes() == before


def test_a_database_of_another_program(tmp_path: Path) -> None:
    """A database with foreign tables is refused before anything is written to it."""
    path = tmp_path / "store.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (id INTEGER)")
    connection.commit()
    connection.close()
    assert error_of(path).id == "STORE-CORRUPT"


def test_a_damaged_database(path: Path) -> None:
    """A store whose pages are overwritten is STORE-CORRUPT."""
    content = bytearray(path.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    path.write_bytes(bytes(content))
    assert error_of(path).id == "STORE-CORRUPT"


@pytest.mark.parametrize(
    ("revision", "create", "error"),
    [("9999", True, "STORE-NEWER"), ("0000", False, "STORE-OLDER"), ("0000", True, "STORE-CORRUPT")],
)
def test_a_store_of_another_version(path: Path, revision: str, create: bool, error: str) -> None:
    """A newer store is refused; an older one where it may not, or cannot, be brought up to date."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.commit()
    connection.close()
    assert error_of(path, create=create).id == error


def test_a_store_locked_by_another_process(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits too long for another process's transaction gets STORE-LOCKED, and can go on after."""
    monkeypatch.setattr("adapter.store.engine.BUSY_SECONDS", 0.05)
    store = open_store(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(AdapterError) as caught:
        store.write_now(lambda writer: writer.keep_note("a", "b"))
    assert caught.value.id == "STORE-LOCKED"
    assert store.read_now(lambda reader: reader.note("a")) is None
    other.execute("ROLLBACK")
    other.close()
    store.write_now(lambda writer: writer.keep_note("a", "b"))
    store.close()


def test_another_process_sees_a_change_by_a_number(path: Path, store: SqlStore) -> None:
    """The data version changes with a commit of anybody, and only then."""
    other = open_store(path, create=False)
    before = store.data_version()
    assert store.data_version() == before
    other.write_now(lambda writer: writer.keep_note("a", "b"))
    between = store.data_version()
    assert between != before
    store.write_now(lambda writer: writer.keep_note("a", "c"))
    assert store.data_version() != between
    other.close()


OPENER = """
import sys
from pathlib import Path
from adapter.store.sql_store import open_store
open_store(Path(sys.argv[1])).close()
"""


def test_several_processes_may_make_the_store_at_once(tmp_path: Path) -> None:
    """Processes that start together on a file that is not there all find one store."""
    path = tmp_path / "store.db"

    def start(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", OPENER, str(path)], capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(3) as pool:
        ends = list(pool.map(start, range(3)))
    assert [end.returncode for end in ends] == [0, 0, 0], ends[0].stderr
