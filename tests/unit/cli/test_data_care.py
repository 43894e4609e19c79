"""`adapter retention` and `adapter store` on a store with history: what they say, what they do, what outlives it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapter.cli.main import group
from adapter.errors import AdapterError
from adapter.service import desk
from adapter.store.port import ExchangeFilter
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place, place_at, prepare

AGO = timedelta(days=200)
TERMS = """
[retention]
payload_days = 90
mail_days = 3650
signal_days = 90
quarantine_days = 90
journal_days = 90
audit_days = 90
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return prepare(tmp_path_factory.mktemp("original"), scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)


@dataclass(frozen=True, slots=True)
class Past:
    """The hospital's configuration, and three of its exchanges: one that a bill rests on, one that none does, and one
    that nobody has answered."""

    config: Path
    proof: str
    talk: str
    open: str

    def run(self, *arguments: str | Path) -> Result:
        return CliRunner().invoke(group, [*map(str, arguments), "--config", str(self.config)])

    def json(self, *arguments: str | Path) -> Any:
        done = self.run(*arguments, "--json")
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.stdout)

    def due(self) -> dict[str, int]:
        told = self.json("retention", "--dry-run")
        assert told["dry_run"] is True
        assert "gone" not in told
        return {one["kind"]: one["count"] for one in told["kinds"]}

    def payload(self, exchange_id: str) -> bytes | None:
        """The message of an exchange; None when it has had its time."""
        with desk.store(self.config) as (_, store):
            exchange = store.read_now(lambda reader: reader.exchange(exchange_id))
            assert exchange is not None
            assert exchange.payload is not None
            digest = exchange.payload
            if store.read_now(lambda reader: reader.gone(digest)) is not None:
                return None
            return store.read_now(lambda reader: reader.blob(digest))


@pytest.fixture
async def past(original: Place, tmp_path: Path) -> Past:
    """A hospital whose traffic was two hundred days ago; no daemon runs."""
    shutil.copytree(original.folder, tmp_path / "place")
    place = place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY)
    world = World(place, datetime.now(UTC).replace(microsecond=0) - AGO)
    proof = world.hospital.submit(world.hospital.build("discharge-ready"))
    world.municipality.submit(world.municipality.build("question"))
    await world.settle()
    [talk] = [one for one in world.hospital.received() if one.type not in {"APPREC"}]
    world.road.loses = lambda mail: True
    waits = world.hospital.submit(world.hospital.build("withdrawal"))
    await world.hospital.daemon.settle()
    await world.close()
    with place.hospital.config.open("a") as config:
        config.write(TERMS)
    return Past(place.hospital.config, proof, talk.id, waits)


def rows(config: Path) -> list[str]:
    """Every row of the store in an order of its own, but for the time of the last look."""
    connection = sqlite3.connect(desk.load(config).store.path)
    try:
        dumped = connection.iterdump()
        return sorted(line for line in dumped if line.startswith("INSERT") and "looked at" not in line)
    finally:
        connection.close()


async def test_a_dry_run_says_what_goes_and_the_real_one_does_exactly_that(past: Past) -> None:
    """What is counted is what goes; nothing of it before, all of it once, and nothing the second time."""
    before, due = rows(past.config), past.due()
    assert rows(past.config) == before
    assert due["payloads"] > 0
    assert due["journals"] > 0
    assert due["mails"] == 0
    shown = past.run("retention", "--dry-run")
    assert "Nothing was let go: this was a dry run." in shown.stdout
    assert past.payload(past.talk) is not None
    told = past.json("retention")
    assert told["dry_run"] is False
    assert told["gone"] == due
    assert past.payload(past.talk) is None
    assert set(past.due().values()) == {0}
    assert set(past.json("retention")["gone"].values()) == {0}
    assert "0 let go" in past.run("retention").stdout


async def test_evidence_outlives_what_is_let_go(past: Past, tmp_path: Path) -> None:
    """What a bill rests on and what is open stay; of the rest, digest, size and day can still be told."""
    kept = past.payload(past.proof), past.payload(past.open)
    assert None not in kept
    past.json("retention")
    assert (past.payload(past.proof), past.payload(past.open)) == kept
    with desk.store(past.config) as (_, store):
        states = store.read_now(lambda reader: reader.exchanges(ExchangeFilter(limit=100)))
    assert {past.proof, past.talk, past.open} <= {one.id for one in states}
    assert past.json("show", past.talk)["id"] == past.talk
    refused = past.run("show", past.talk, "--payload").exception
    assert isinstance(refused, AdapterError)
    assert refused.id == "STORE-EXPIRED"
    [stay] = past.json("ledger")["stays"]
    package = tmp_path / "stay.zip"
    past.json("evidence", "export", stay["stay"], "-o", package)
    verified = CliRunner().invoke(group, ["evidence", "verify", str(package), "--json"])
    assert verified.exit_code == 0, verified.output


async def test_a_store_is_encrypted_and_goes_to_another_key(past: Past, tmp_path: Path) -> None:
    """Made, turned to, and turned away from: the keys open what they should, and every message reads as before."""
    message, store = past.payload(past.proof), desk.load(past.config).store.path
    assert message is not None
    piece, keys = message[-400:-300], [tmp_path / f"{name}.key" for name in ("one", "two", "pseudonym")]
    made = [past.json("store", "make-key", key)["key"] for key in keys[:2]]
    assert [key.stat().st_mode & 0o777 for key in keys[:2]] == [0o600, 0o600]
    again = past.run("store", "make-key", keys[0]).exception
    assert isinstance(again, AdapterError)

    assert past.json("store", "show")["keys"][0]["id"] is None
    assert piece in store.read_bytes()
    for key, name in zip(keys, made, strict=False):
        told = past.json("store", "rotate-key", "--new-key", key)
        assert told["key"] == name
        assert told["blobs"] > 0
        set_key(past.config, "key_file", key)
        shown = past.json("store", "show")
        assert [(one["id"], one["current"]) for one in shown["keys"] if one["blobs"]] == [(name, True)]
        assert past.payload(past.proof) == message
        assert piece not in store.read_bytes()
    # A start with the new file lets the old one go; from then on it opens nothing.
    with desk.installation(past.config) as installation:
        installation.store.write_now(lambda writer: writer.forget_keys())
    set_key(past.config, "key_file", keys[0])
    closed = past.run("store", "show").exception
    assert isinstance(closed, AdapterError)
    assert closed.id.startswith("STORE-KEY")
    set_key(past.config, "key_file", keys[1])

    assert past.json("store", "show")["pseudonym_key"] == "in the store"
    past.json("store", "move-pseudonym-key", "--to", keys[2])
    missing = past.run("store", "show").exception
    assert isinstance(missing, AdapterError)
    set_key(past.config, "pseudonym_key_file", keys[2])
    assert past.json("store", "show")["pseudonym_key"] == "in a file"
    assert len(past.json("ledger")["stays"]) == 1


async def test_a_compact_store_gives_its_space_back(past: Past) -> None:
    """The file is written anew without its free pages, and holds what it held."""
    past.json("retention")
    before = rows(past.config)
    told = past.json("store", "compact")
    assert told["octets"] <= told["octets_before"]
    assert past.json("store", "show")["free_octets"] == 0
    assert rows(past.config) == before


def set_key(config: Path, name: str, file: Path) -> None:
    """Name a key file in `[store]`."""
    lines = [line for line in config.read_text("utf-8").splitlines() if not line.startswith(f"{name} = ")]
    lines.insert(lines.index("[store]") + 1, f'{name} = "{file}"')
    config.write_text("\n".join(lines) + "\n", "utf-8")
