"""One installation that hosts two organisations: each answers for itself, from its own envelope (apprec.md §5.5)."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from adapter.messages.apprec import AppRec
from adapter.messages.reading import understand
from adapter.service.views import apprec_word
from adapter.testing import scenarios
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.testing.place import Place, PlaceParty, place_at, prepare
from adapter.transports.port import OutgoingMail
from adapter.values import HerId

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
CARE_HOME = PlaceParty(
    HerId("8140041"), "Sykepleietjeneste", HerId("8140040"), "Nabofjord kommune", role="municipality"
)
FIRST, SECOND = scenarios.CASE_WORK.her, CARE_HOME.her
HOSTED = (*scenarios.MUNICIPALITY, CARE_HOME)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return prepare(tmp_path_factory.mktemp("original"), scenarios.HOSPITAL, HOSTED, key_size=2048)


@pytest.fixture(params=["at_once", "when_taken"])
async def world(original: Place, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A hospital, and one adapter for a municipality and its neighbour, which receipts in each of the two ways."""
    shutil.copytree(original.folder, tmp_path / "place")
    config = tmp_path / "place" / "municipality" / "config.toml"
    inbox = f'folder = "inbox"\napprec = "{request.param}"'
    config.write_text(config.read_text("utf-8").replace('folder = "inbox"', inbox), "utf-8")
    made = World(place_at(tmp_path / "place", scenarios.HOSPITAL, HOSTED), START)
    yield made
    await made.close()


def receipts(side: Neighbour) -> list[tuple[HerId, HerId | None, AppRec]]:
    """The AppRecs of a side: the party whose envelope they go in, the party that they speak for, and themselves."""
    found = []
    for sent in side.sent("APPREC"):
        apprec = understand(side.payload(sent)).apprec
        assert apprec is not None
        found.append((sent.sender, apprec.sender.party_her, apprec))
    return found


def is_for(her: HerId, mail: OutgoingMail) -> bool:
    """Whether the SOAP envelope of a mail with a payload names this party."""
    parts = message_from_bytes(mail.content).walk()
    return not is_signal(mail) and any(her.value.encode() in (part.get_payload(decode=True) or b"") for part in parts)


async def take_all(world: World) -> None:
    """Settle, let the application take every file, and settle again."""
    await world.settle()
    for path in world.municipality.settings.inbox.folder.glob("*.xml"):
        path.unlink()
    await world.settle()


async def test_each_organisation_answers_from_its_own_envelope(world: World) -> None:
    """Of two envelopes with one MsgHead each is one organisation's: it imports it and receipts it, once."""
    world.hospital.submit(world.hospital.build("discharge-ready", copies=[{"her": SECOND.value}]))
    world.road.loses = lambda mail: is_for(SECOND, mail)
    await take_all(world)
    sent = {one.receiver: one.id for one in world.hospital.sent("LOG_UTSKRIVNINGSKLAR")}
    assert [(of, by, apprec.accepted) for of, by, apprec in receipts(world.municipality)] == [(FIRST, FIRST, True)]
    assert apprec_word(world.hospital.exchange(sent[FIRST])) == "ok"
    assert apprec_word(world.hospital.exchange(sent[SECOND])) == "waiting"

    world.road.loses = lambda mail: False
    [lost] = [one for one in world.road.taken if is_for(SECOND, one)]
    world.clock.advance(timedelta(minutes=1))
    await world.road.arrive(lost)
    await take_all(world)
    await world.road.arrive(replace(lost, envelope_id="a copy"))
    await take_all(world)
    assert [(of, by, apprec.accepted) for of, by, apprec in receipts(world.municipality)] == [
        (FIRST, FIRST, True),
        (SECOND, SECOND, True),
    ]
    assert {apprec_word(world.hospital.exchange(one)) for one in sent.values()} == {"ok"}
    received = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    assert {one.receiver for one in received} == {FIRST, SECOND}
    assert len(received) == 2


async def test_an_envelope_for_the_other_organisation_is_not_receipted(world: World) -> None:
    """The message names only the neighbour and came to the municipality: nobody answers, and nothing is imported."""
    good = world.hospital.build("discharge-ready")
    changed = good.replace(b"8140020", b"8140040").replace(FIRST.value.encode(), SECOND.value.encode())
    world.hospital.send_unjudged(changed, good)
    await take_all(world)
    [received] = world.municipality.received()
    assert received.receiver == FIRST
    assert any("addressed to another organisation" in line for line in world.municipality.journal(received.id))
    assert receipts(world.municipality) == []


async def test_an_answer_of_the_other_organisation_is_not_linked(world: World) -> None:
    """A readiness message went to the municipality; what its neighbour says to it answers nothing (LK-007)."""
    ready = world.hospital.submit(world.hospital.build("discharge-ready"))
    await take_all(world)
    named = world.hospital.exchange(ready).msg_id
    assert named is not None
    how = {"receiver": {"her": "8140011"}, "reference": {"parent": named.value}}
    for sender in (FIRST, SECOND):
        world.clock.advance(timedelta(minutes=1))
        world.municipality.submit(world.municipality.build("readiness-answer", sender={"her": sender.value}, **how))
        await take_all(world)
    received = {one.sender: one for one in world.hospital.received("DIALOG_HELSEFAGLIG")}
    assert (received[FIRST].answers, received[SECOND].answers) == (ready, None)
    told = {her for her, one in received.items() if any("LK-007" in line for line in world.hospital.journal(one.id))}
    assert told == {SECOND}


async def test_nobody_speaks_for_a_party_of_the_other_organisation(world: World) -> None:
    """The organisation is the municipality's, the service its neighbour's: the answer goes out from the addressed."""
    good = world.hospital.build("discharge-ready")
    changed = good.replace(FIRST.value.encode(), SECOND.value.encode())
    world.hospital.send_unjudged(changed, good)
    await take_all(world)
    [(envelope_of, _, _)] = receipts(world.municipality)
    assert envelope_of == FIRST
