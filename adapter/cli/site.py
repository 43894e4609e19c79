"""What the configuration of a site says to a command that only judges: its schemas, its choices, whether it is real.

Somebody who judges files often has no configuration, and reading a whole one takes longer than judging a file. So a
`config.toml` that merely lies in the folder is read only when it says one of these things; one that was named is
always read, with every mistake told.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from adapter.cli.output import was_named
from adapter.lookups import packaged
from adapter.messages.choices import RECOMMENDED, Choices
from adapter.messages.schemas import SchemaSet


@dataclass(frozen=True, slots=True)
class Site:
    """A folder of schemas before those that ship, whether this is production, what was chosen among the sources."""

    schemas: Path | None = None
    production: bool = False
    choices: Choices = RECOMMENDED

    def schema_set(self) -> SchemaSet:
        """The schemas that judge here. Raises `AdapterError`."""
        own = () if self.schemas is None else (packaged.schemas_from(self.schemas),)
        return SchemaSet(*own, packaged.schemas())


def site_of(config: Path) -> Site:
    """What the configuration says; nothing where there is none. Raises `AdapterError` for one that cannot be read."""
    named = was_named("config")
    if not named and not _says_something(config):
        return Site()
    from adapter.config import load
    from adapter.service.choosing import chosen

    settings = load(config)
    path = settings.schemas.path if settings.schemas is not None else None
    return Site(path, settings.mode == "production", chosen(settings.choices))


def _says_something(config: Path) -> bool:
    try:
        document = tomllib.loads(config.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return "schemas" in document or "choices" in document or document.get("mode") == "production"
