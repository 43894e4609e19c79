"""`adapter demo`: a whole exchange, in exactly the words of the contract."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from commands import ADAPTER, MESSAGES, OFFICIAL, KeptDemo, adapter, surroundings

EXCHANGE_KEYS = ["type", "from", "to", "transport", "apprec", "delivered_identical"]
STAY_KEYS = ["stay", "nights", "amount_nok", "start_reason", "end_reason"]


def require_done(document: dict[str, Any]) -> None:
    """Every exchange acknowledged, receipted and identical; every message has its AppRec the other way."""
    assert list(document) == ["scenario", "exchanges", "stays", "totals"]
    for one in document["exchanges"]:
        assert list(one) == EXCHANGE_KEYS
        assert one["transport"] == "acknowledged", one
        assert one["apprec"] == (None if one["type"] == "APPREC" else "ok"), one
        assert one["delivered_identical"] is True, one
    sent = Counter((one["from"], one["to"]) for one in document["exchanges"] if one["type"] != "APPREC")
    receipts = Counter((one["to"], one["from"]) for one in document["exchanges"] if one["type"] == "APPREC")
    assert sent == receipts
    for stay in document["stays"]:
        assert list(stay) == STAY_KEYS
    assert document["totals"]["exchanges"] == len(document["exchanges"])


def types(document: dict[str, Any]) -> Counter[str]:
    return Counter(one["type"] for one in document["exchanges"] if one["type"] != "APPREC")


def test_the_normal_demo(demo: KeptDemo) -> None:
    """A discharge with the answers "later" and "ready" is acknowledged, receipted, identical and costs three nights."""
    require_done(demo.document)
    assert demo.document["scenario"] == "normal"
    assert types(demo.document) == Counter(
        LOG_INNLAGT=1, HELSEOPPL_SOKNAD=1, LOG_UTSKRIVNINGSKLAR=1, DIALOG_HELSEFAGLIG=2, LOG_UTSKREVET=1
    )
    (stay,) = demo.document["stays"]
    assert (stay["nights"], stay["start_reason"], stay["end_reason"]) == (3, "LATER", "OFFER_READY")
    assert stay["amount_nok"] == demo.document["totals"]["amount_nok"] > 0


def test_the_kept_folder(demo: KeptDemo) -> None:
    """What `--keep` leaves is laid out as the contract says, and its keys are PEM without a password."""
    assert (demo.folder / "ca.crt").read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    for side in ("hospital", "municipality"):
        folder = demo.folder / side
        assert (folder / "config.toml").is_file()
        assert (folder / "adapter.sqlite").read_bytes().startswith(b"SQLite format 3")
        for name in ("signing", "encryption"):
            assert (folder / "keys" / f"{name}.crt").read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
            key = (folder / "keys" / f"{name}.key").read_bytes()
            assert b"PRIVATE KEY-----" in key
            assert b"ENCRYPTED" not in key


def test_the_same_demo_again(demo: KeptDemo) -> None:
    """A finished demo that is played again in its folder says the same, and nothing is sent a second time."""
    again = adapter("demo", "--json", "--keep", demo.folder).expect(0).json()
    assert again["exchanges"] == demo.document["exchanges"]
    assert again["stays"] == demo.document["stays"]


def test_another_demo_in_the_folder(demo: KeptDemo, tmp_path: Path) -> None:
    """A folder that holds something else is not written into."""
    assert "another demo" in adapter("demo", "--scenario", "sorum", "--keep", demo.folder).expect(2).error
    (tmp_path / "mine").write_text("mine")
    assert "not an empty folder" in adapter("demo", "--keep", tmp_path).expect(2).error
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


OWN = ("admitted", "discharge-ready", "readiness-answer", "withdrawal", "discharged")
BATCHES = {
    "own": [MESSAGES / f"{name}.xml" for name in OWN],
    "death": [MESSAGES / "death.xml"],
    "official": sorted(OFFICIAL.glob("Pasientlogistikk_*.xml")),
}


@pytest.mark.parametrize("batch", BATCHES)
def test_given_messages(batch: str, tmp_path: Path) -> None:
    """Given messages travel between their own senders and receivers, and lie byte for byte in the inboxes."""
    files = BATCHES[batch]
    if not files:
        pytest.skip("the official examples are not here")
    options = [option for file in files for option in ("--message", file)]
    document = adapter("demo", "--json", "--keep", tmp_path / "place", *options).expect(0).json()
    require_done(document)
    assert document["scenario"] == "messages"
    assert sum(types(document).values()) == len(files)
    arrived = sorted(file.read_bytes() for file in tmp_path.glob("place/*/inbox/*.xml"))
    assert arrived == sorted(file.read_bytes() for file in files)


def test_sorum() -> None:
    """The example of 2012: 43 stays, three with cost, four nights, 16000 kroner, never more than two places in use."""
    document = adapter("demo", "--scenario", "sorum", "--json", timeout=300).expect(0).json()
    require_done(document)
    assert document["scenario"] == "sorum"
    assert len(document["stays"]) == document["totals"]["stays"] == 43
    assert sum(stay["nights"] > 0 for stay in document["stays"]) == document["totals"]["stays_with_cost"] == 3
    assert sum(stay["nights"] for stay in document["stays"]) == document["totals"]["nights"] == 4
    assert sum(stay["amount_nok"] for stay in document["stays"]) == document["totals"]["amount_nok"] == 16000
    assert document["totals"]["earmarked_stays"] == 17
    assert document["totals"]["earmarked_places_most_in_use"] <= 2


def test_killed_demo(tmp_path: Path) -> None:
    """A demo killed three times at random moments is completed by the same command, with nothing sent twice."""
    folder = tmp_path / "place"
    chance = random.Random(time.time_ns())
    for _ in range(3):
        process = subprocess.Popen(
            [str(ADAPTER), "demo", "--json", "--keep", str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=surroundings(),
        )
        while not (folder / "municipality" / "adapter.sqlite").exists() and process.poll() is None:
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 1.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
    document = adapter("demo", "--json", "--keep", folder).expect(0).json()
    require_done(document)
    assert sum(types(document).values()) == 6
    assert len(list(folder.glob("*/inbox/*.xml"))) == 6
    for side in ("hospital", "municipality"):
        config = folder / side / "config.toml"
        listed = adapter("list", "--json", "--config", config).expect(0).json()
        assert Counter(one["type"] == "APPREC" for one in listed) == Counter({True: 6, False: 6})
        checks = {one["what"]: one for one in adapter("check", "--json", "--config", config).expect(0).json()["checks"]}
        assert "chain whole" in checks["store"]["says"]
    (stay,) = document["stays"]
    assert stay["nights"] == 3


def test_demo_for_people() -> None:
    """Without `--json` the demo ends with the table of exchanges and the ledger."""
    shown = adapter("demo", "--message", MESSAGES / "death.xml").expect(0)
    assert "Exchanges" in shown.out
    assert "acknowledged" in shown.out
    assert "Ledger" in shown.out
    with pytest.raises(json.JSONDecodeError):
        shown.json()
