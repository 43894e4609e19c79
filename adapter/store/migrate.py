"""How does a store of any age become one of this version?

The migrations lie in the package and run inside one transaction of ours: a store is of the old form or of the new one,
never between. A fresh store is made by the same migrations. There is no way back; a store newer than the program is
refused with STORE-NEWER.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect

from adapter.errors import STORE_CORRUPT, STORE_NEWER, AdapterError
from adapter.store.schema import REVISION

MIGRATIONS = Path(__file__).parent / "migrations"


def revision_of(connection: Connection) -> str | None:
    """The revision that the database carries; None when it has no tables at all.

    Raises `AdapterError` (STORE-CORRUPT) for a database with tables that are not ours.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise AdapterError(STORE_CORRUPT, "the database belongs to another program")
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if not isinstance(revision, str):
        raise AdapterError(STORE_CORRUPT, "the database does not say of which version it is")
    return revision


def is_current(connection: Connection) -> bool:
    """Whether the database carries exactly this version's tables; raises STORE-NEWER when it carries a later one's."""
    revision = revision_of(connection)
    if revision is not None and revision > REVISION:
        raise AdapterError(STORE_NEWER, f"revision {revision}, and this version knows {REVISION}")
    return revision == REVISION


def upgrade(connection: Connection, target: str = "head") -> None:
    """Bring the database to the target revision, in the transaction that the connection has open.

    Raises `AdapterError` (STORE-CORRUPT) when the database names a revision that there never was.
    """
    # Alembic takes 100 ms to import, and a store needs it once in its life per version.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, target)
    except CommandError as error:
        raise AdapterError(STORE_CORRUPT, str(error)) from error
