"""Claims as a table: what claiming, confirming and rejecting do in every state of a message in the inbox."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter.config import Scope
from adapter.errors import AdapterError
from adapter.service import claiming, timers
from adapter.service.access import Caller
from adapter.service.claiming import refusal_code
from adapter.service.installation import Installation
from adapter.service.repeating import KEPT
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place, place_at
from adapter.values import HerId

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
ME, OTHER = (Caller(name, frozenset({Scope.SUBMIT})) for name in ("me (1)", "other (2)"))
STRANGER = Caller("stranger (3)", frozenset({Scope.SUBMIT}), frozenset({HerId("1")}))


@pytest.fixture
async def world(original: Place, tmp_path: Path) -> AsyncIterator[World]:
    """A municipality whose application claims messages and decides about their AppRecs."""
    shutil.copytree(original.folder, tmp_path / "place")
    place = place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY)
    config = place.municipality.config
    way = 'folder = "inbox"\nby = "api"\napprec = "when_taken"'
    config.write_text(config.read_text("utf-8").replace('folder = "inbox"', way), "utf-8")
    made = World(place, START)
    yield made
    await made.close()


@dataclass
class Desk:
    """One message in the inbox, and the number of the last claim of each caller; 1 where there was none."""

    world: World
    exchange: str
    me: int = 1
    other: int = 1

    @property
    def installation(self) -> Installation:
        return self.world.municipality.installation

    def claim(self, caller: Caller = ME) -> int:
        """How many messages the caller gets."""
        items = claiming.claim(self.installation, caller, 10, LEASE)
        for one in items:
            if caller is ME:
                self.me = one.item.fence
            else:
                self.other = one.item.fence
        return len(items)

    def confirm(self, caller: Caller = ME) -> None:
        claiming.confirm(self.installation, caller, self.exchange, self.other if caller is OTHER else self.me)

    def reject(self, caller: Caller = ME, code: str = "E36", text: str = "") -> None:
        number = self.other if caller is OTHER else self.me
        errors = (refusal_code(self.installation.codes, code, text),)
        claiming.reject(self.installation, caller, self.exchange, number, errors)

    def wait(self) -> None:
        """The lease ends."""
        self.world.clock.advance(LEASE)


Step = Callable[[Desk], object]


def never(_: Desk) -> None:
    """Nothing has happened."""


def claimed(desk: Desk) -> None:
    desk.claim()


def lapsed(desk: Desk) -> None:
    desk.claim()
    desk.wait()


def by_another(desk: Desk) -> None:
    desk.claim(OTHER)


def lapsed_then_by_another(desk: Desk) -> None:
    lapsed(desk)
    desk.claim(OTHER)


def lapsed_then_again(desk: Desk) -> None:
    """Claimed anew, and the number is the old one."""
    lapsed(desk)
    first = desk.me
    desk.claim()
    desk.me = first


def another_lapsed(desk: Desk) -> None:
    desk.claim(OTHER)
    desk.wait()


def confirmed(desk: Desk) -> None:
    desk.claim()
    desk.confirm()


def confirmed_late(desk: Desk) -> None:
    confirmed(desk)
    desk.wait()


def confirmed_by_another(desk: Desk) -> None:
    desk.claim(OTHER)
    desk.confirm(OTHER)


def rejected(desk: Desk) -> None:
    desk.claim()
    desk.reject()


def rejected_late(desk: Desk) -> None:
    rejected(desk)
    desk.wait()


def rejected_by_another(desk: Desk) -> None:
    desk.claim(OTHER)
    desk.reject(OTHER)


def wrong_number(desk: Desk) -> None:
    desk.claim()
    desk.me += 1


DONE = ""
ENDED, FINISHED = "CLAIM-ENDED", "CLAIM-FINISHED"

TABLE: tuple[tuple[Step, int, str, str, str], ...] = (
    # state                 claim  confirm   reject    reject with another code
    (never, 1, ENDED, ENDED, ENDED),
    (claimed, 0, DONE, DONE, DONE),
    (lapsed, 1, DONE, DONE, DONE),
    (by_another, 0, ENDED, ENDED, ENDED),
    (another_lapsed, 1, ENDED, ENDED, ENDED),
    (lapsed_then_by_another, 0, ENDED, ENDED, ENDED),
    (lapsed_then_again, 0, ENDED, ENDED, ENDED),
    (wrong_number, 0, ENDED, ENDED, ENDED),
    (confirmed, 0, DONE, FINISHED, FINISHED),
    (confirmed_late, 0, DONE, FINISHED, FINISHED),
    (confirmed_by_another, 0, ENDED, ENDED, ENDED),
    (rejected, 0, FINISHED, DONE, FINISHED),
    (rejected_late, 0, FINISHED, DONE, FINISHED),
    (rejected_by_another, 0, ENDED, ENDED, ENDED),
)
"""A claim that has ended, and that nobody has claimed since, may still be confirmed: the application has the message,
and giving it to another would be giving it twice."""

CALLS: tuple[tuple[str, Step], ...] = (
    ("confirm", Desk.confirm),
    ("reject", Desk.reject),
    ("reject otherwise", lambda desk: desk.reject(code="X99", text="Ukjent avdeling")),
)

CELLS = [
    pytest.param(state, call, expected, id=f"{state.__name__}-{name.replace(' ', '_')}")
    for state, _, *row in TABLE
    for (name, call), expected in zip(CALLS, row, strict=True)
]


async def desk_of(world: World) -> Desk:
    """One message that has arrived."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    return Desk(world, world.municipality.received("LOG_UTSKRIVNINGSKLAR")[-1].id)


def trace(desk: Desk) -> tuple[list[str], int]:
    """What the store says that was done to the message: its journal, and how many AppRecs there are."""
    return desk.world.municipality.journal(desk.exchange), len(desk.world.municipality.sent("APPREC"))


@pytest.mark.parametrize(("state", "call", "expected"), CELLS)
async def test_finishing(world: World, state: Step, call: Step, expected: str) -> None:
    """It is done, or refused by that error and changes nothing; done twice, it is done once."""
    desk = await desk_of(world)
    state(desk)
    before = trace(desk)
    if expected:
        with pytest.raises(AdapterError) as caught:
            call(desk)
        assert caught.value.id == expected
        assert trace(desk) == before
        return
    call(desk)
    after = trace(desk)
    assert after[1] == 1
    call(desk)
    assert trace(desk) == after
    desk.wait()
    assert desk.claim(OTHER) == 0


@pytest.mark.parametrize(("state", "given"), [pytest.param(row[0], row[1], id=row[0].__name__) for row in TABLE])
async def test_claiming(world: World, state: Step, given: int) -> None:
    """Only what waits and is nobody's is given, under a number that was never given before."""
    desk = await desk_of(world)
    state(desk)
    numbers = {desk.me, desk.other} if given and state is not never else set()
    assert desk.claim() == given
    assert not given or desk.me not in numbers


@pytest.mark.parametrize("state", [row[0] for row in TABLE])
async def test_another_partys_message_is_not_there(world: World, state: Step) -> None:
    """A caller that acts for other parties gets the same answer in every state, and nothing is given to it."""
    desk = await desk_of(world)
    state(desk)
    before = trace(desk)
    assert claiming.claim(desk.installation, STRANGER, 10, LEASE) == ()
    for call in (desk.confirm, desk.reject):
        with pytest.raises(AdapterError) as caught:
            call(STRANGER)
        assert caught.value.id == "EXCHANGE-UNKNOWN"
    assert trace(desk) == before


async def test_a_repetition_is_known_for_a_while(world: World) -> None:
    """For thirty days the same word is done once; then what the first word was is let go, and none is taken."""
    desk = await desk_of(world)
    confirmed(desk)
    before = trace(desk)
    store = desk.installation.store
    world.clock.advance(KEPT - timedelta(days=1))
    store.write_now(lambda writer: writer.forget(world.clock.now(), 1000))
    desk.confirm()
    world.clock.advance(timedelta(days=2))
    store.write_now(lambda writer: writer.forget(world.clock.now(), 1000))
    for again in (desk.confirm, desk.reject):
        with pytest.raises(AdapterError, match="more than 30 days ago") as caught:
            again()
        assert caught.value.id == FINISHED
    assert trace(desk) == before
    assert store.read_now(lambda reader: reader.note(f"finished:{desk.exchange}")) is None


async def test_the_refusal_says_what_was_done_before(world: World) -> None:
    """Each of the three contradictions has its own sentence."""
    desk = await desk_of(world)
    confirmed(desk)
    with pytest.raises(AdapterError, match="it was confirmed"):
        desk.reject()
    world.clock.advance(timedelta(seconds=1))
    desk = await desk_of(world)
    rejected(desk)
    with pytest.raises(AdapterError, match=r"it was rejected$"):
        desk.confirm()
    with pytest.raises(AdapterError, match="with other errors"):
        desk.reject(code="E10")


async def test_what_a_wrong_clock_let_an_application_claim_is_soon_anothers(world: World) -> None:
    """A claim of next year by an application that died ends when the clock is set right; one of today goes on."""
    for _ in range(2):
        world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    installation = world.municipality.installation

    def claim(caller: Caller) -> int:
        return len(claiming.claim(installation, caller, 1, claiming.LONGEST_LEASE))

    world.clock.advance(timedelta(days=365))
    assert claim(ME) == 1
    world.clock.set(START + timedelta(hours=1))
    assert [claim(OTHER), claim(OTHER)] == [1, 0]
    assert timers.rein_in(installation) == 1
    assert [claim(OTHER), claim(OTHER)] == [1, 0]
