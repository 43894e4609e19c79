"""Disks that are full: a small file system of its own, or a bound on the size of what a process may write."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from tests.faults.running import Watched, until

SMALL = 16_000_000
"""Octets of the small file system."""

BOUND = 600_000
"""How large a file may grow; the log of a test stays far below it."""


class SmallDisk:
    """Store and inbox of a daemon on a file system that is filled to its last octet."""

    rule = "STORE-FULL"

    def __init__(self, daemon: Watched) -> None:
        self._folder = daemon.side.folder / "disk"
        assert _mounted(self._folder)
        daemon.change('"adapter.sqlite"', '"disk/adapter.sqlite"')
        daemon.change('"inbox"', '"disk/inbox"')

    @staticmethod
    def permitted() -> bool:
        """Whether a file system can be mounted here."""
        with tempfile.TemporaryDirectory() as folder:
            tried = Path(folder) / "tried"
            return _mounted(tried) and _unmounted(tried)

    def fill(self) -> None:
        """Not an octet is left, nor one in the log of the store that could be used again."""
        until(lambda: _truncated(self._folder / "adapter.sqlite"))
        with (self._folder / "ballast").open("wb", buffering=0) as ballast:
            for size in (1_000_000, 4096, 1):
                try:
                    while ballast.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        (self._folder / "ballast").unlink()

    def close(self) -> None:
        assert _unmounted(self._folder)


class BoundedFiles:
    """No file of the daemon may grow beyond where the log of its store is already (RLIMIT_FSIZE)."""

    rule = "STORE-UNREACHABLE"

    def __init__(self, daemon: Watched) -> None:
        self._daemon = daemon

    def fill(self) -> None:
        store = self._daemon.side.folder / "adapter.sqlite"
        with sqlite3.connect(store) as other:
            other.execute("INSERT INTO meta (key, value) VALUES ('ballast', ?)", ("x" * BOUND * 2,))
        other.close()
        assert store.with_name("adapter.sqlite-wal").stat().st_size > BOUND
        self._bound(BOUND)

    def free(self) -> None:
        self._bound(resource.RLIM_INFINITY)

    def close(self) -> None:
        """The bound goes with the process."""

    def _bound(self, octets: int) -> None:
        assert self._daemon.process is not None
        resource.prlimit(self._daemon.process.pid, resource.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY))


Disk = SmallDisk | BoundedFiles


def _mounted(folder: Path) -> bool:
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def _unmounted(folder: Path) -> bool:
    return subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode == 0


def _truncated(store: Path) -> bool:
    """Whether the write-ahead log of a store could be emptied; it cannot while somebody reads."""
    connection = sqlite3.connect(store)
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    return not busy and not store.with_name(f"{store.name}-wal").stat().st_size
