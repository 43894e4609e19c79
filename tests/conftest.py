"""What holds for every test: properties have no deadline, since a busy machine is no defect, and what comes out the
same each time it is computed is computed once.

A test that makes an adapter of its own pays for its keys and for the form of its store, a quarter of a second that says
nothing about the test. Whoever looks at keys or at migrations calls them where they are, and so does every process that
a test starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import settings
from sqlalchemy import Connection

from adapter.crypto import keys
from adapter.lookups import key_files
from adapter.store import migrate, sql_store
from adapter.store.prepared import driver_of

settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def computed_once() -> Iterator[None]:
    """A key file that was read stays read; a fresh store gets the statements that the migrations left in the first."""
    fresh: list[str] = []

    def upgrade(connection: Connection) -> None:
        is_fresh = migrate.revision_of(connection) is None
        if is_fresh and fresh:
            for statement in fresh:
                driver_of(connection).execute(statement)
            return
        migrate.upgrade(connection)
        if is_fresh:
            fresh.extend(line for line in driver_of(connection).iterdump() if line not in _OF_THE_DUMP)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql_store, "upgrade", upgrade)
        patch.setattr(key_files, "load_private_key", cache(keys.load_private_key))
        yield


_OF_THE_DUMP = ("BEGIN TRANSACTION;", "COMMIT;")
