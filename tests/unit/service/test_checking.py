"""What `adapter check` finds, and what it leaves alone."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from adapter.config import load
from adapter.service.checking import State, look
from adapter.store.engine import open_engine
from adapter.store.migrate import upgrade
from adapter.testing.place import Place


def test_a_look_brings_no_store_up_to_date(original: Place, tmp_path: Path) -> None:
    """A daemon of the version before may be working with the store: it is left as it is, and said to be older."""
    shutil.copytree(original.folder, tmp_path / "place")
    settings = load(tmp_path / "place" / "hospital" / "config.toml")
    settings.store.path.unlink(missing_ok=True)
    engine = open_engine(settings.store.path, writes=True, connections=1, create=True)
    with engine.begin() as connection:
        upgrade(connection, "0005")
    engine.dispose()
    [found] = [one for one in look(settings, datetime.now(UTC)) if one.what == "store"]
    assert (found.state, "older version" in found.says) == (State.OK, True)
    kept = sqlite3.connect(settings.store.path)
    assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [("0005",)]
    kept.close()
