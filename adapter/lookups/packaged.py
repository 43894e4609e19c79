"""Which data files ship with the adapter: schemas, code lists, rates, policies.

They are data of a version, read whole as bytes and handed to the core as arguments. In a checkout the schemas lie in
the top folder `schemas/`, in an installed package beside the other data.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from adapter.errors import FILE_UNREADABLE, AdapterError

_DATA = resources.files("adapter") / "data"


def rates() -> bytes:
    """The rate table (`liability.md` §6)."""
    return (_DATA / "rates.json").read_bytes()


def configuration() -> str:
    """The commented configuration that `adapter init` fills in: a text with `$names`."""
    return (_DATA / "config.toml.template").read_text("utf-8")


def codes() -> bytes:
    """The national code lists."""
    return (_DATA / "codes.tsv").read_bytes()


def bokmal() -> bytes:
    """What the adapter says in English, in bokmål."""
    return (_DATA / "bokmal.toml").read_bytes()


def policies() -> tuple[str, ...]:
    """The names of the policy profiles, sorted."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in (_DATA / "policies").iterdir()))


def policy(name: str) -> bytes:
    """A policy profile by name. Raises `AdapterError` (FILE_UNREADABLE) when there is none of that name."""
    if name not in policies():
        raise AdapterError(FILE_UNREADABLE, f"there is no policy {name}; there are {', '.join(policies())}")
    return (_DATA / "policies" / f"{name}.toml").read_bytes()


@cache
def schemas() -> Mapping[str, bytes]:
    """The schema files and their index, by bare file name."""
    packaged = _DATA / "schemas"
    folder: Traversable = packaged if packaged.is_dir() else Path(__file__).parents[2] / "schemas"
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


def schemas_from(folder: Path) -> Mapping[str, bytes]:
    """A site's own schema files with their index. Raises `AdapterError` (FILE_UNREADABLE)."""
    try:
        return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"schemas.path {folder}: {error.strerror}") from None


def policies_from(folder: Path) -> Mapping[str, bytes]:
    """A site's own policy profiles by name. Raises `AdapterError` (FILE_UNREADABLE)."""
    try:
        return {entry.stem: entry.read_bytes() for entry in sorted(folder.glob("*.toml"))}
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"liability.policies {folder}: {error.strerror}") from None


def file(path: Path, key: str) -> bytes:
    """A file that a key of the configuration names. Raises `AdapterError` (FILE_UNREADABLE)."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{key} {path}: {error.strerror}") from None
