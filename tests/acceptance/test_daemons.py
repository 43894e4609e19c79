"""`adapter run`, twice: two daemons, SMTP with STARTTLS between them, outages and sudden death."""

from __future__ import annotations

import json
import random
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import LOGISTICS, MESSAGES, OFFICIAL, Daemon, Two, adapter, two_daemons, wait_for

from adapter.messages.reading import understand
from adapter.service import desk
from adapter.service.submission import submit_now
from adapter.service.views import Row
from adapter.testing.place import PlaceParty, prepare

FIRST_PAUSE = timedelta(seconds=20)


def finished(one: Row) -> bool:
    """Whether an exchange needs nothing more, seen from the side that lists it."""
    if one.direction == "in":
        return one.state == ("responded" if one.type == "APPREC" else "delivered")
    return one.state == "acknowledged" and one.apprec in {None, "ok"}


def settled(two: Two, messages: int) -> bool:
    """Whether both sides have all messages and all receipts, and nothing is under way."""
    for daemon in (two.hospital, two.municipality):
        listed = daemon.rows()
        if len(listed) != 2 * messages or not all(finished(one) for one in listed):
            return False
    return True


def variants(count: int) -> list[bytes]:
    """That many discharge-ready messages of this moment, which differ in their MsgId."""
    content = (MESSAGES / "discharge-ready.xml").read_bytes()
    now = datetime.now(UTC).isoformat(timespec="seconds").encode()
    content = re.sub(rb"(?<=<GenDate>)[^<]+", now, content)
    return [re.sub(rb"(?<=<MsgId>)[^<]+", str(uuid.uuid4()).encode(), content) for _ in range(count)]


def send(daemon: Daemon, file: Path) -> str:
    said = adapter("send", file, "--json", "--config", daemon.side.config).expect(0).json()
    assert list(said) == ["exchange"]
    return str(said["exchange"])


def chain_is_whole(daemon: Daemon) -> None:
    checks = adapter("check", "--json", "--config", daemon.side.config).expect(0).json()["checks"]
    (store,) = [one for one in checks if one["what"] == "store"]
    assert "chain whole" in store["says"]


def test_four_messages_over_starttls(two: Two) -> None:
    """Messages handed to one daemon reach the other's inbox byte for byte, are acknowledged and make a stay."""
    two.start()
    files = [MESSAGES / f"{name}.xml" for name in LOGISTICS]
    ids = [send(two.hospital, file) for file in files]
    assert len(set(ids)) == len(files)
    wait_for(lambda: settled(two, len(files)), 80)

    assert sorted(two.municipality.inbox().values()) == sorted(file.read_bytes() for file in files)
    assert two.hospital.inbox() == {}
    sent = [one for one in two.hospital.listed() if one["type"] != "APPREC"]
    assert {one["id"] for one in sent} == set(ids)
    assert all(one["direction"] == "out" and one["apprec"] == "ok" for one in sent)
    received = [one for one in two.municipality.listed() if one["type"] != "APPREC"]
    assert {one["msg_id"] for one in received} == {one["msg_id"] for one in sent}
    ledgers = [
        adapter("ledger", "--json", "--config", daemon.side.config).expect(0).json()
        for daemon in (two.hospital, two.municipality)
    ]
    for ledger in ledgers:
        assert [stay["hospital"] for stay in ledger["stays"]] == ["8140010"]
        assert [stay["municipality"] for stay in ledger["stays"]] == ["8140020"]
    assert ledgers[0]["totals"]["nights"] == ledgers[1]["totals"]["nights"]
    assert "MESSAGE-SENT-BEFORE" in adapter("send", files[0], "--config", two.place.hospital.config).expect(2).error
    two.stop()


def test_official_messages_over_starttls(tmp_path: Path) -> None:
    """The four official examples travel between two daemons and arrive byte for byte."""
    files = sorted(OFFICIAL.glob("Pasientlogistikk_*.xml"))
    if not files:
        pytest.skip("the official examples are not here")
    two = official_place(tmp_path / "place", files)
    try:
        two.start()
        for file in files:
            send(two.hospital, file)
        wait_for(lambda: settled(two, len(files)), 80)
        assert sorted(two.municipality.inbox().values()) == sorted(file.read_bytes() for file in files)
        assert (
            len(adapter("ledger", "--json", "--config", two.place.municipality.config).expect(0).json()["stays"]) == 1
        )
        two.stop()
    finally:
        two.clear()


def official_place(folder: Path, files: list[Path]) -> Two:
    sides: tuple[dict[str, PlaceParty], dict[str, PlaceParty]] = ({}, {})
    for file in files:
        head = understand(file.read_bytes()).head
        assert head is not None
        for side, one in zip(sides, (head.sender, head.receiver), strict=True):
            assert one.party_her is not None
            assert one.organisation_her is not None
            side[one.party_her.value] = PlaceParty(one.party_her, "Enhet", one.organisation_her, "Virksomhet")
    hospital, municipality = (tuple(side.values()) for side in sides)
    place = prepare(folder, hospital, municipality, key_size=2048, require_tls=True)
    return Two(place, Daemon(place.hospital), Daemon(place.municipality))


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """A place whose municipality has just been stopped, with a message on its way there."""
    both = two_daemons(tmp_path_factory.mktemp("outage") / "place", pauses=(10, 10, 20))
    both.start()
    both.municipality.stop()
    send(both.hospital, MESSAGES / "admitted.xml")
    wait_for(lambda: both.hospital.rows()[0].next_attempt is not None, 90)
    yield both
    both.clear()


def test_a_stopped_partner(waiting: Two) -> None:
    """A message to a partner that is away waits, listed with its age, the reason and the time of the next attempt."""
    (one,) = waiting.hospital.listed()
    assert one["state"] not in {"acknowledged", "failed"}
    assert 0 <= one["age_seconds"] < 120
    assert one["next_step"]
    assert one["reason"]
    next_attempt = datetime.fromisoformat(one["next_attempt"])
    assert timedelta(0) < next_attempt - datetime.now(UTC) <= FIRST_PAUSE
    shown = adapter("list", "--config", waiting.place.hospital.config).expect(0).out
    assert one["id"][:8] in shown
    assert one["state"] in shown
    waiting.municipality.start()


def test_sudden_death(two: Two) -> None:
    """Daemons killed again and again in a burst of messages complete all of it, and deliver nothing twice."""
    messages = variants(24)
    two.start()

    def submit() -> None:
        with desk.installation(two.place.hospital.config) as installation:
            for message in messages:
                assert isinstance(submit_now(installation, message), str)
                time.sleep(0.05)

    burst = threading.Thread(target=submit)
    burst.start()
    chance = random.Random(time.time_ns())
    for number in range(6):
        time.sleep(chance.uniform(0.05, 0.8))
        victim = two.municipality if number % 2 else two.hospital
        victim.kill()
        victim.start()
    burst.join()
    wait_for(lambda: settled(two, len(messages)), 200)

    arrived = two.municipality.inbox()
    assert sorted(arrived.values()) == sorted(messages)
    for daemon in (two.hospital, two.municipality):
        listed = adapter("list", "--json", "--limit", "1000", "--config", daemon.side.config).expect(0).json()
        assert Counter(one["type"] for one in listed) == Counter(LOG_UTSKRIVNINGSKLAR=24, APPREC=24)
        per_message = Counter(one["msg_id"] for one in listed)
        assert set(per_message.values()) == {1}
        chain_is_whole(daemon)
    two.stop()


def test_a_partner_that_is_back(waiting: Two) -> None:
    """What waited arrives when the partner is there again, at the next attempt and without anybody's help."""
    if waiting.municipality.process is None:
        waiting.municipality.start()
    wait_for(lambda: settled(waiting, 1), 90)
    assert list(waiting.municipality.inbox().values()) == [(MESSAGES / "admitted.xml").read_bytes()]
    waiting.stop()


def test_the_log_of_a_daemon(waiting: Two) -> None:
    """What a daemon writes to a pipe is one JSON object a line, with a dotted event and no patient."""
    lines = waiting.hospital.log.read_text("utf-8").splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert "daemon.started" in events
    assert all("." in event for event in events)
    assert "Lyngrose" not in "".join(lines)
