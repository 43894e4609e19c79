"""A disk that is really full: nothing is confirmed that is not kept, and work goes on when there is space again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.errors import AdapterError
from adapter.store.port import BlobKind
from adapter.store.sql_store import open_store
from adapter.values import Digest

T0 = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
PIECE = 60_000


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    mounted = subprocess.run(options, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_full(small: Path) -> None:
    """Writing until the disk is full: every confirmed octet is there, and with space again the next is kept."""
    ballast = small / "ballast"
    ballast.write_bytes(bytes(1_500_000))
    store = open_store(small / "store.db")
    kept: list[Digest] = []

    def fill() -> None:
        for number in range(1000):
            octets = f"{number:08}".encode() * (PIECE // 8)
            kept.append(store.write_now(lambda writer: writer.put_blob(octets, BlobKind.MAIL, T0)))  # noqa: B023

    with pytest.raises(AdapterError) as caught:
        fill()
    assert caught.value.id == "STORE-FULL"
    assert kept
    assert [len(store.read_now(lambda reader, d=digest: reader.blob(d))) for digest in kept] == [PIECE] * len(kept)  # type: ignore[misc]
    ballast.unlink()
    after = store.write_now(lambda writer: writer.put_blob(b"after", BlobKind.MAIL, T0))
    assert store.read_now(lambda reader: reader.blob(after)) == b"after"
    store.close()
    again = open_store(small / "store.db")
    assert set(again.read_now(lambda reader: reader.blob_digests())) == {*kept, after}
    again.close()
