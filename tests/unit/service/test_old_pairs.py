"""An old encryption pair: how long it opens, who hears of a mail that comes too late, and plans that are too tight."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from io import StringIO
from pathlib import Path

import pytest

from adapter.config import load
from adapter.crypto.certificates import Usage, thumbprint
from adapter.observe.events import Level
from adapter.observe.log import Stream
from adapter.service import key_list
from adapter.service.accounts import known_stays
from adapter.service.checking import State, look
from adapter.service.dossier import collect
from adapter.service.health import examine
from adapter.service.installation import decryption_keys
from adapter.service.offline import Opened, Refused, open_offline
from adapter.testing import scenarios
from adapter.testing.neighbours import World, is_signal
from adapter.testing.pki import Pair, ThrowAwayPki
from adapter.testing.place import Place, place_at, prepare
from adapter.transports.port import OutgoingMail

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
UNTIL = START + timedelta(days=1)
END = UNTIL + timedelta(hours=84)
OLD = '{ key = "keys/encryption.key", certificate = "keys/encryption.crt"'


@pytest.fixture(scope="module")
def pki() -> ThrowAwayPki:
    return ThrowAwayPki(2048)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, pki: ThrowAwayPki) -> Place:
    folder = tmp_path_factory.mktemp("ground")
    return prepare(folder, scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048, pki=pki)


@dataclass
class Changing:
    """A municipality that changes its encryption pair, while the hospital still encrypts to the old one."""

    world: World
    log: StringIO

    @property
    def old(self) -> str:
        return thumbprint(self.world.municipality.installation.keys.pairs[1].certificate)

    async def send(self, arriving: datetime) -> list[OutgoingMail]:
        """A message to the old certificate, sealed now, that arrives at a time; says what was answered."""
        self.world.hospital.submit(self.world.hospital.build("discharge-ready"))
        await self.world.hospital.daemon.settle()
        self.world.clock.set(arriving)
        await self.world.road.carry()
        await self.world.municipality.daemon.settle()
        return [mail for mail in self.world.road.taken if is_signal(mail)]


@pytest.fixture
def place(ground: Place, tmp_path: Path) -> Place:
    shutil.copytree(ground.folder, tmp_path / "place")
    return place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY)


@pytest.fixture
def plan(place: Place, pki: ThrowAwayPki) -> Callable[[str, str], Pair]:
    """Write the municipality's pairs: what stands with the new pair, and with the old one."""

    def write(new: str, old: str) -> Pair:
        pair = pki.pair("Kommunen", "974744570", Usage.ENCRYPTION)
        keys = place.municipality.folder / "keys"
        (keys / "next.key").write_bytes(pair.key_pem())
        (keys / "next.crt").write_bytes(pair.certificate_pem())
        said = f'[{{ key = "keys/next.key", certificate = "keys/next.crt"{new} }}, {OLD}{old} }}]'
        config = place.municipality.config
        text = config.read_text("utf-8")
        assert f"[{OLD} }}]" in text
        config.write_text(text.replace(f"[{OLD} }}]", said), "utf-8")
        return pair

    return write


@pytest.fixture
async def changing(place: Place, plan: Callable[[str, str], Pair]) -> AsyncIterator[Changing]:
    plan("", f", until = {UNTIL.isoformat()}")
    log = StringIO()
    world = World(place, START, logs=(Stream(Level.DEBUG, StringIO()), Stream(Level.DEBUG, log)))
    yield Changing(world, log)
    await world.close()


def test_the_end_is_84_hours_after_the_until(place: Place, plan) -> None:
    """The keys that open are those whose end has not come; the end itself is the first moment that is too late."""
    plan("", f", until = {UNTIL.isoformat()}")
    keys = decryption_keys(load(place.municipality.config))
    assert [pair.end for pair in keys.pairs] == [None, END]
    assert len(keys.at(END - timedelta(seconds=1)).pairs) == 2
    assert len(keys.at(END).pairs) == 1


async def test_an_old_pair_opens_what_is_under_way(changing: Changing) -> None:
    """A message to the old certificate that arrives a second before the end is opened and acknowledged."""
    await changing.send(END - timedelta(seconds=1))
    assert len(changing.world.municipality.inbox()) == 1
    assert "key.ended" not in changing.log.getvalue()


async def test_after_its_end_an_old_pair_opens_nothing(changing: Changing) -> None:
    """The message is refused as one that cannot be opened, and the operator hears which pair it is for."""
    [answer] = await changing.send(END)
    assert b"SecurityFailure" in _text(answer)
    assert b"old certificate" not in _text(answer)
    assert changing.world.municipality.inbox() == {}
    [line] = [one for one in changing.log.getvalue().splitlines() if "key.ended" in one]
    assert changing.old in line


async def test_a_message_that_came_in_time_may_wait(changing: Changing, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is when the mail came: one that we could judge only after the end is still opened."""
    municipality = changing.world.municipality
    changing.world.hospital.submit(changing.world.hospital.build("discharge-ready"))
    await changing.world.hospital.daemon.settle()
    changing.world.clock.set(END - timedelta(seconds=1))
    await changing.world.road.carry()
    changing.world.clock.set(END + timedelta(hours=5))
    await municipality.daemon.settle()
    assert len(municipality.inbox()) == 1


async def test_proof_of_what_came_in_time(changing: Changing) -> None:
    """An export long after the end still holds the key that opens the mail, as long as the pair is in its place."""
    await changing.send(START + timedelta(hours=1))
    changing.world.clock.set(END + timedelta(days=100))
    installation = changing.world.municipality.installation
    (known,) = known_stays(installation.store)
    (letter, *_) = collect(installation, known, changing.world.clock.now()).letters
    assert letter.attachments[0].content_key


async def test_opening_by_hand_says_why(changing: Changing) -> None:
    """`adapter open` names the old certificate and since when it opens nothing."""
    changing.world.hospital.submit(changing.world.hospital.build("discharge-ready"))
    await changing.world.hospital.daemon.settle()
    [mail] = changing.world.road.under_way
    refused = open_offline(changing.world.place.municipality.config, mail.content)
    assert isinstance(refused, Refused)
    assert changing.old in refused.reason
    assert "opens nothing since 2024-03-09T21:00:00Z" in refused.reason


async def test_without_an_until_nothing_ends(place: Place, plan) -> None:
    """A pair without `until` opens as long as it is configured."""
    plan("", "")
    world = World(place, START)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    assert isinstance(open_offline(place.municipality.config, mail.content), Opened)
    await world.close()


async def test_the_operator_sees_that_it_is_over(changing: Changing) -> None:
    """`adapter keys` and `adapter check` say that the pair opens nothing; the other one is enough to be ready."""
    installation = changing.world.municipality.installation
    changing.world.clock.set(END)
    plans = [row.plan for row in key_list.rows(installation) if (row.whose, row.usage) == ("ours", "encryption")]
    assert ["opens nothing any more" in said for said in plans] == [False, True]
    assert examine(installation).ready


def test_every_pair_is_over(place: Place, plan) -> None:
    """Then no message can be opened: a problem of `adapter check`."""
    plan(f", until = {START.isoformat()}", f", until = {START.isoformat()}")
    found = [one for one in look(load(place.municipality.config), END) if one.what == "keys.encryption"]
    assert State.PROBLEM in {one.state for one in found}


async def test_every_pair_is_over_for_a_daemon(place: Place, plan) -> None:
    """It is not ready, and says why."""
    plan(f", until = {START.isoformat()}", f", until = {START.isoformat()}")
    world = World(place, END)
    found = examine(world.municipality.installation)
    await world.close()
    assert not found.ready
    assert any("no message can be opened" in one.says for one in found.reasons)


def _warned(place: Place, now: datetime) -> list[str]:
    looked = look(load(place.municipality.config), now)
    return [one.says for one in looked if one.what.endswith("].until") and one.state is State.WARNING]


LAST = datetime(2045, 1, 1, tzinfo=UTC)
"""When the certificates of the throw-away PKI expire."""


@pytest.mark.parametrize(
    ("new", "old", "says"),
    [
        ("", f", until = {(LAST - timedelta(hours=108)).isoformat()}", ""),
        ("", f", until = {(LAST - timedelta(hours=107)).isoformat()}", "107 hours before its certificate expires"),
        (f", from = {UNTIL.isoformat()}", f", until = {UNTIL.isoformat()}", ""),
        (
            f", from = {(UNTIL + timedelta(hours=1)).isoformat()}",
            f", until = {UNTIL.isoformat()}",
            "the next one begins only 2024-03-06 10:00",
        ),
        (f", until = {UNTIL.isoformat()}", f", until = {UNTIL.isoformat()}", "there is no pair to encrypt to"),
    ],
    ids=["108 hours", "107 hours", "without a gap", "an hour's gap", "nothing follows"],
)
def test_a_plan_that_is_too_tight_is_warned_of(place: Place, plan, new: str, old: str, says: str) -> None:
    """`adapter check` warns when the change comes later than HISD 1177 §5.3 wants, and when it leaves a gap."""
    plan(new, old)
    found = _warned(place, START)
    assert (not found) if not says else all(says in one for one in found) and found


def _text(mail: OutgoingMail) -> bytes:
    payload = message_from_bytes(mail.content).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload
