"""What is in a backup, and when may it become the store?

A backup is one tar file with the store of one moment and a manifest: when, of which version, the digest of the store,
and what a whole reading of it found. It is read back before it gets its name, so a file of that name is a whole backup.

Not in it: keys (signing, encryption, `key_file`, `pseudonym_key_file`), `config.toml`, partners, policies. They are
files, and a backup that held them would open itself; keep them with the other secrets of the site. The manifest names
the ids of the store's keys that it needs. A store whose pseudonym key lies inside carries it into the backup.

What a restore means for the traffic. What was in the backup is there, and goes on:

- what waited or had no acknowledgment is sent (again), the same octets under the same MessageId: the partner that had
  it answers as before and does nothing twice;
- messages that the application had not taken are offered again under the same id; an AppRec given after the backup is
  given again, as a new message about the same MsgId;
- what arrived after the backup was acknowledged, and its sender will not send it again. It is not in the store: ask the
  partners, or the application that took it, for what came between the backup and the restore;
- a message that was submitted after the backup is unknown; if it left, its Acknowledgment matches nothing of ours.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO

from adapter import __version__
from adapter.config import Settings
from adapter.errors import BACKUP_UNFIT, FILE_UNREADABLE, STORE_IN_USE, AdapterError
from adapter.service.installation import secrets_of
from adapter.store.copying import Contents, Tick, check_contents, check_pages, copy, put_in_place, revision_in
from adapter.store.engine import in_use
from adapter.store.sql_store import open_store
from adapter.values import instant_text

STORE = "store.sqlite"
MANIFEST = "manifest.json"
FORM = "adapter backup 1"
_LARGEST_MANIFEST = 1_000_000
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made, or restored, and what a whole reading of its store found."""

    made_at: datetime
    octets: int
    digest: str
    contents: Contents


@dataclass(frozen=True, slots=True)
class Restored:
    """A store that was put in place; `kept` is where the one before lies, None where there was none."""

    made_at: str
    revision: str
    contents: Contents
    kept: Path | None


def back_up(settings: Settings, target: Path, now: datetime, tick: Tick) -> Backup:
    """Make a backup; a daemon may run. Raises `AdapterError` (STORE-..., FILE-UNREADABLE)."""
    if target.exists():
        raise AdapterError(FILE_UNREADABLE, f"{target} is there already; a backup never overwrites one")
    work = target.with_name(f".{target.name}.making")
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        copied = work / STORE
        copy(settings.store.path, copied, tick)
        check_pages(copied)
        digest, octets = _digest(copied), copied.stat().st_size
        # The check opens the copy, which may change it; so what goes into the backup is a copy of before.
        looked = work / "looked.sqlite"
        shutil.copyfile(copied, looked)
        contents = _look(settings, looked, tick)
        made = work / target.name
        _pack(made, copied, _manifest(now, revision_in(copied), digest, octets, contents))
        with tarfile.open(made) as tar:
            read = tar.extractfile(STORE)
            if read is None or _sha256(read) != digest:
                raise AdapterError(BACKUP_UNFIT, "what was written reads back otherwise")
        made.rename(target)
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{target} cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Backup(now, octets, digest, contents)


def restore(settings: Settings, source: Path, now: datetime, tick: Tick, *, replace: bool) -> Restored:
    """Make a backup the store again; everything is checked before anything is touched.

    Raises `AdapterError`: STORE-IN-USE when there is a store and not `replace`, or a process has it open; BACKUP-UNFIT;
    STORE-NEWER, STORE-CORRUPT, STORE-KEY-....
    """
    path = settings.store.path
    if path.exists() and not replace:
        raise AdapterError(STORE_IN_USE, f"{path} is there already")
    if path.exists() and in_use(path):
        raise AdapterError(STORE_IN_USE, f"{path} is open in another process")
    work = path.with_name(f".{path.name}.restoring")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        manifest = _unpack(source, work / STORE)
        check_pages(work / STORE)
        contents = _look(settings, work / STORE, tick)
        _compare(settings, work / STORE, manifest, contents, now)
        kept = put_in_place(work / STORE, path, now)
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{source} cannot be restored to {path}: {error.strerror}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Restored(str(manifest["made_at"]), str(manifest["revision"]), contents, kept)


def _look(settings: Settings, path: Path, tick: Tick) -> Contents:
    """Open a store as the daemon would, which brings an older one up to date, and read all of it."""
    store = open_store(path, held=secrets_of(settings))
    try:
        return check_contents(store, tick)
    finally:
        store.close()


def _compare(settings: Settings, path: Path, manifest: Mapping[str, object], found: Contents, now: datetime) -> None:
    """What was read must be what the manifest says; then the store notes from when it is."""
    said = (manifest["facts"], manifest["head"], manifest["blobs"])
    if said != (found.chain.length, found.chain.head.value, found.blobs):
        raise AdapterError(BACKUP_UNFIT, "the store in it is not the one that its manifest describes")
    store = open_store(path, held=secrets_of(settings))
    try:
        text = f"{instant_text(now)} from a backup of {manifest['made_at']}"
        store.write_now(lambda writer: writer.keep_note("restored", text))
    finally:
        store.close()


def _manifest(now: datetime, revision: str, digest: str, octets: int, contents: Contents) -> bytes:
    said = {
        "form": FORM,
        "made_at": instant_text(now),
        "adapter": __version__,
        "revision": revision,
        "store_sha256": digest,
        "store_octets": octets,
        "facts": contents.chain.length,
        "head": contents.chain.head.value,
        "blobs": contents.blobs,
        "blob_octets": contents.octets,
        "needs_keys": [one.id for one in contents.keys if one.id],
    }
    return json.dumps(said, indent=2).encode() + b"\n"


def _pack(target: Path, store: Path, manifest: bytes) -> None:
    with target.open("wb") as file:
        target.chmod(0o600)
        with tarfile.open(fileobj=file, mode="w") as tar:
            about = tarfile.TarInfo(MANIFEST)
            about.size = len(manifest)
            tar.addfile(about, BytesIO(manifest))
            about = tarfile.TarInfo(STORE)
            about.size = store.stat().st_size
            with store.open("rb") as octets:
                tar.addfile(about, octets)
        file.flush()
        os.fsync(file.fileno())


def _unpack(source: Path, target: Path) -> Mapping[str, object]:
    try:
        with tarfile.open(source) as tar:
            manifest = _read_manifest(tar)
            store = tar.extractfile(STORE)
            if store is None:
                raise AdapterError(BACKUP_UNFIT, "it holds no store")
            with target.open("wb") as file:
                shutil.copyfileobj(store, file, _PIECE)
    except (tarfile.TarError, EOFError, KeyError):
        raise AdapterError(BACKUP_UNFIT, f"{source} is cut off, or no backup of ours") from None
    if _digest(target) != manifest["store_sha256"]:
        raise AdapterError(BACKUP_UNFIT, "the store in it is not the one that its manifest describes")
    return manifest


def _read_manifest(tar: tarfile.TarFile) -> Mapping[str, object]:
    octets = tar.extractfile(MANIFEST)
    try:
        said = json.loads(octets.read(_LARGEST_MANIFEST)) if octets is not None else None
    except ValueError:
        said = None
    keys = {"form", "made_at", "revision", "store_sha256", "facts", "head", "blobs"}
    if not isinstance(said, dict) or not keys <= said.keys() or said["form"] != FORM:
        raise AdapterError(BACKUP_UNFIT, "its manifest cannot be read")
    return said


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return _sha256(file)


def _sha256(file: IO[bytes]) -> str:
    found = sha256()
    while piece := file.read(_PIECE):
        found.update(piece)
    return found.hexdigest()
