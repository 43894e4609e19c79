"""A store in a file of its own, and rows to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.store.sql_store import SqlStore, open_store


@pytest.fixture(scope="session")
def fresh_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an empty store; migrating once is enough for all tests."""
    path = tmp_path_factory.mktemp("fresh") / "store.db"
    open_store(path, pseudonym_key=b"k" * 32).close()
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, fresh_file: bytes) -> Path:
    path = tmp_path / "store.db"
    path.write_bytes(fresh_file)
    return path


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    store = open_store(path)
    yield store
    store.close()
