"""What is kept at rest: encrypted octets, their keys, and the key of the pseudonyms."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.errors import AdapterError
from adapter.store.cipher import Secrets, StoreKey
from adapter.store.port import BlobKind
from adapter.store.sql_store import SqlStore, open_store
from adapter.values import Digest

T0 = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
A, B, C = (StoreKey(letter * 32) for letter in (b"a", b"b", b"c"))
SECRET = b"<Pasient>Kari Nordmann 13116900216</Pasient>" * 40


def put(store: SqlStore, octets: bytes = SECRET) -> Digest:
    return store.write_now(lambda writer: writer.put_blob(octets, BlobKind.PAYLOAD, T0))


def get(store: SqlStore, digest: Digest) -> bytes:
    return store.read_now(lambda reader: reader.blob(digest))


def files_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def rows_of(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    rows = list(connection.iterdump())
    connection.close()
    return rows


def error_of(path: Path, held: Secrets) -> str:
    with pytest.raises(AdapterError) as caught:
        open_store(path, held=held)
    return caught.value.id


def reseal(store: SqlStore, limit: int = 10**9) -> int:
    return store.write_now(lambda writer: writer.reseal(None, limit)).blobs


def test_octets_are_not_on_the_disk(tmp_path: Path) -> None:
    """A store that is made with a key holds no octet of a message in clear, in no file of it."""
    path = tmp_path / "store.db"
    store = open_store(path, held=Secrets(A))
    digest = put(store)
    assert get(store, digest) == SECRET
    assert b"Nordmann" not in files_of(path)
    store.close()
    assert b"Nordmann" not in files_of(path)


@pytest.mark.parametrize(("held", "error"), [(Secrets(), "STORE-KEY-MISSING"), (Secrets(B), "STORE-KEY-WRONG")])
def test_without_the_key_nothing_opens(tmp_path: Path, held: Secrets, error: str) -> None:
    """A missing or another key is a clear error, and every row stays as it is."""
    path = tmp_path / "store.db"
    store = open_store(path, held=Secrets(A))
    put(store)
    store.close()
    before = rows_of(path)
    assert error_of(path, held) == error
    assert rows_of(path) == before
    again = open_store(path, held=Secrets(A))
    assert get(again, Digest.of(SECRET)) == SECRET
    again.close()


def test_octets_cannot_change_places(tmp_path: Path) -> None:
    """Ciphertext that was changed, or put in the place of another, is STORE-CORRUPT."""
    path = tmp_path / "store.db"
    store = open_store(path, held=Secrets(A))
    one, other = put(store), put(store, b"another message")
    store.close()
    connection = sqlite3.connect(path)
    connection.execute(
        "UPDATE blob SET content = (SELECT content FROM blob WHERE digest = ?) WHERE digest = ?",
        (other.value, one.value),
    )
    connection.commit()
    connection.close()
    store = open_store(path, held=Secrets(A))
    with pytest.raises(AdapterError) as caught:
        get(store, one)
    assert caught.value.id == "STORE-CORRUPT"
    store.close()


def test_a_store_is_encrypted_in_place(path: Path) -> None:
    """A store in clear is encrypted by turning it to a key, and no octet of before stays in any of its files."""
    store = open_store(path)
    digests = [put(store, SECRET + bytes([number])) for number in range(20)]
    store.close()
    store = open_store(path)
    store.write_now(lambda writer: writer.turn_to(A, T0))
    assert reseal(store) == 20
    store.checkpoint()
    store.close()
    assert b"Nordmann" not in files_of(path)
    assert error_of(path, Secrets()) == "STORE-KEY-MISSING"
    store = open_store(path, held=Secrets(A))
    assert [get(store, digest)[-1] for digest in digests] == list(range(20))
    store.close()


def test_a_rotation_needs_no_restart_of_others(tmp_path: Path) -> None:
    """A process with the old key reads and writes while and after another turns the store to a new one."""
    path = tmp_path / "store.db"
    daemon = open_store(path, held=Secrets(A))
    first = put(daemon)
    command = open_store(path, held=Secrets(A))
    command.write_now(lambda writer: writer.turn_to(B, T0))
    second = put(daemon, b"written while it is turned")
    assert reseal(command) == 1
    assert get(daemon, first) == SECRET
    assert get(daemon, second) == b"written while it is turned"
    uses = {one.id: (one.blobs, one.current) for one in command.read_now(lambda reader: reader.key_uses())}
    assert uses == {A.id: (0, False), B.id: (2, True)}
    command.close()
    daemon.close()


def test_the_old_key_goes_when_the_new_one_is_configured(tmp_path: Path) -> None:
    """Until the configuration names the new key either opens the store; then the old one opens nothing."""
    path = tmp_path / "store.db"
    store = open_store(path, held=Secrets(A))
    digest = put(store)
    store.write_now(lambda writer: writer.turn_to(B, T0))
    assert store.write_now(lambda writer: writer.forget_keys()) == 0
    reseal(store)
    store.close()
    store = open_store(path, held=Secrets(B))
    assert store.write_now(lambda writer: writer.forget_keys()) == 1
    assert get(store, digest) == SECRET
    store.close()
    assert error_of(path, Secrets(A)) == "STORE-KEY-WRONG"


def test_a_key_in_use_is_not_forgotten(tmp_path: Path) -> None:
    """The old key stays as long as one blob needs it, and no third key is taken meanwhile."""
    path = tmp_path / "store.db"
    store = open_store(path, held=Secrets(A))
    digests = [put(store, bytes([number]) * 1000) for number in range(3)]
    store.write_now(lambda writer: writer.turn_to(B, T0))
    assert reseal(store, 1) == 1
    store.close()
    store = open_store(path, held=Secrets(B))
    assert store.write_now(lambda writer: writer.forget_keys()) == 0
    assert [len(get(store, digest)) for digest in digests] == [1000] * 3
    with pytest.raises(AdapterError) as caught:
        store.write_now(lambda writer: writer.turn_to(C, T0))
    assert caught.value.id == "STORE-KEY-WRONG"
    store.close()


def test_pseudonyms_with_a_key_in_a_file(tmp_path: Path) -> None:
    """The store keeps the id of the key alone, opens with no other, and finds the same patient again."""
    path = tmp_path / "store.db"
    held = Secrets(pseudonyms=A)
    store = open_store(path, held=held)
    pseudonym = store.pseudonym("13116900216")
    assert store.read_now(lambda reader: reader.pseudonym_key_inside()) is None
    store.close()
    assert A.octets.hex().encode() not in files_of(path)
    assert error_of(path, Secrets()) == "STORE-KEY-MISSING"
    assert error_of(path, Secrets(pseudonyms=B)) == "STORE-KEY-WRONG"
    again = open_store(path, held=held)
    assert again.pseudonym("131169 00216") == pseudonym
    again.close()


def test_the_key_inside_moves_out(path: Path) -> None:
    """The pseudonyms stay what they were when their key is taken out, and the key is on no page of the file."""
    inside = StoreKey(b"k" * 32)
    assert error_of(path, Secrets(pseudonyms=A)) == "STORE-KEY-WRONG"
    store = open_store(path)
    pseudonym = store.pseudonym("13116900216")
    store.write_now(lambda writer: writer.move_pseudonym_key())
    store.checkpoint()
    store.close()
    assert inside.octets.hex().encode() not in files_of(path)
    store = open_store(path, held=Secrets(pseudonyms=inside))
    assert store.pseudonym("13116900216") == pseudonym
    store.close()
