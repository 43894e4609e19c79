"""Is this the only daemon of its store?

Two would take each other's claims for those of a process that died, and an application could be given a message twice.
A lock on a file beside the store (`flock`) says who serves it; it ends with the process, however that ends. Commands
need none: they claim nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapter.errors import STORE_SERVED, STORE_UNREACHABLE, AdapterError


@contextmanager
def alone(store: Path) -> Iterator[None]:
    """Serve a store as its only daemon. Raises `AdapterError` (STORE_SERVED, STORE_UNREACHABLE)."""
    beside = store.with_name(f"{store.name}-daemon")
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise AdapterError(STORE_UNREACHABLE, f"{beside}: {error.strerror}") from None
    try:
        _lock(file, store)
        yield
    finally:
        os.close(file)


def _lock(file: int, store: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = os.pread(file, 20, 0).decode("ascii", "replace").strip()
        raise AdapterError(STORE_SERVED, f"{store}, by process {who}") from None
    except OSError as error:
        raise AdapterError(STORE_UNREACHABLE, f"{store}: {error.strerror}") from None
    # For the sentence above only: on a full disk the number is missing, and the lock holds.
    with suppress(OSError):
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
