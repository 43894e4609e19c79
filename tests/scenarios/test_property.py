"""Whatever the road does, both sides end where they end on a good one: nothing lost, nothing twice (promises 1, 2)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapter.delivery.receiver import ReceptionState
from adapter.facts import ReceiptGiven
from adapter.service.daemon import WORKER
from adapter.service.views import apprec_word, transport_word
from adapter.testing import scenarios
from adapter.testing.neighbours import Neighbour, World
from adapter.testing.place import Place, place_at
from adapter.transports.port import Deferred, OutcomeUnknown
from adapter.values import Moment

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Do:
    """One thing that happens: a word, and which mail or side it happens to."""

    word: str
    which: int


THINGS = (
    "submit",
    "hospital",
    "municipality",
    "lose",
    "double",
    "swap",
    "arrive",
    "defer",
    "unknown",
    "wait",
    "restart",
    "die",
)
ROUGH = ("truncate", "step back", "arrive")
SETTLED = set(ReceptionState) - {
    ReceptionState.FETCHED,
    ReceptionState.STORED,
    ReceptionState.PARSED,
    ReceptionState.VALIDATING,
    ReceptionState.PENDING,
}
DOINGS = st.lists(st.builds(Do, st.sampled_from(THINGS), st.integers(0, 5)), min_size=5, max_size=40)
ROUGH_DOINGS = st.lists(
    st.builds(Do, st.sampled_from((*THINGS, *ROUGH, *ROUGH)), st.integers(0, 5)), min_size=8, max_size=40
)
SLOW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
"""One example takes a second; a failing one is told as it is, since shrinking it would take minutes."""
KINDS = ("admitted", "discharge-ready", "discharge-ready", "withdrawal")


async def do(world: World, one: Do, sent: list[tuple[str, bytes]]) -> None:
    road, sides = world.road, (world.hospital, world.municipality)
    at = one.which % len(road.under_way) if road.under_way else 0
    match one.word:
        case "submit" if len(sent) < len(KINDS):
            content = world.hospital.build(KINDS[len(sent)])
            sent.append((world.hospital.submit(content), content))
        case "hospital" | "municipality":
            side = sides[one.word == "municipality"]
            await side.daemon._steps()[one.which % 4]()
        case "lose" if road.under_way:
            road.under_way.pop(at)
        case "double" if road.under_way:
            road.under_way.append(road.under_way[at])
        case "swap" if road.under_way:
            road.under_way.insert(0, road.under_way.pop(at))
        case "arrive" if road.under_way:
            await road.arrive(road.under_way.pop(at))
        case "defer":
            road.tell(Deferred("try later"))
        case "unknown":
            road.tell(OutcomeUnknown("lost after DATA"))
        case "wait":
            world.clock.advance(timedelta(minutes=(1, 6, 35, 240, 721, 900)[one.which]))
        case "die":
            side, now = sides[one.which % 2], world.clock.now()
            store = side.installation.store
            store.write_now(lambda writer: writer.claim_outbox(now, 16, timedelta(minutes=15), WORKER))
            store.write_now(lambda writer: writer.claim_mails(now, 16, timedelta(minutes=5), WORKER))
            await side.restart()
        case "truncate" if road.under_way:
            mail = road.under_way[at]
            road.under_way[at] = replace(mail, content=mail.content[: len(mail.content) * (one.which + 1) // 7])
        case "step back":
            world.clock.advance(-timedelta(minutes=(1, 6, 35, 240, 721, 900)[one.which]))
        case "restart":
            await sides[one.which % 2].restart()
        case _:
            pass


async def heal(world: World) -> None:
    """The road is good again, and time passes until every message has been sent again."""
    world.road._told.clear()
    for _ in range(8):
        await world.settle()
        await world.go_on(timedelta(hours=9))


def test_a_bad_road_changes_nothing_but_the_time(original: Place) -> None:
    """Mails lost, late, doubled, swapped, restarts, clock jumps: each message once, whole, acknowledged, receipted."""

    @SLOW
    @given(DOINGS)
    def holds(doings: Sequence[Do]) -> None:
        with TemporaryDirectory() as folder:
            shutil.copytree(original.folder, Path(folder) / "place")
            place = place_at(Path(folder) / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY)
            asyncio.run(run(place, doings))

    holds()


def test_a_road_that_cuts_mails_and_a_clock_that_jumps_leave_nothing_unexplained(original: Place) -> None:
    """Mails cut, a clock set back: each message once and whole, or not at all and with a reason (promise 4)."""

    @SLOW
    @given(
        st.lists(st.builds(Do, st.sampled_from((*THINGS, *ROUGH, *ROUGH)), st.integers(0, 5)), min_size=8, max_size=40)
    )
    def holds(doings: Sequence[Do]) -> None:
        with TemporaryDirectory() as folder:
            shutil.copytree(original.folder, Path(folder) / "place")
            place = place_at(Path(folder) / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY)
            asyncio.run(run(place, doings, check_explained))

    holds()


async def run(
    place: Place, doings: Sequence[Do], check: Callable[[World, list[tuple[str, bytes]]], None] | None = None
) -> None:
    world = World(place, START)
    try:
        sent: list[tuple[str, bytes]] = []
        for one in doings:
            await do(world, one, sent)
        await heal(world)
        (check or check_whole)(world, sent)
    finally:
        await world.close()


def check_explained(world: World, sent: list[tuple[str, bytes]]) -> None:
    """Nothing twice, nothing cut, and for what did not arrive a final state that says why."""
    inbox = list(world.municipality.inbox().values())
    assert len(inbox) == len(set(inbox))
    assert set(inbox) <= {content for _, content in sent}
    for exchange_id, content in sent:
        exchange = world.hospital.exchange(exchange_id)
        assert exchange.transport is not None
        assert not exchange.transport.is_open
        if transport_word(exchange) == "acknowledged":
            assert content in inbox
        else:
            assert exchange.transport.reason
    for side in (world.hospital, world.municipality):
        assert all(row.next_step for row in side.listing() if row.state in {"faulted", "bounced", "delivery_failed"})
        for mail in side.mails():
            assert mail.reception.state in SETTLED
            assert mail.reception.state is not ReceptionState.QUARANTINE or mail.reception.reason


def check_whole(world: World, sent: list[tuple[str, bytes]]) -> None:
    assert sorted(world.municipality.inbox().values()) == sorted(content for _, content in sent)
    received = world.municipality.received()
    assert len(received) == len(sent)
    for exchange_id, _ in sent:
        exchange = world.hospital.exchange(exchange_id)
        assert transport_word(exchange) == "acknowledged"
        assert apprec_word(exchange) == "ok"
    receipts = world.municipality.sent("APPREC")
    assert len(receipts) == len(sent)
    assert {transport_word(one) for one in receipts} <= {"acknowledged"}
    for exchange in received:
        [moment] = {
            one.entry.fact.when.instant
            for one in world.municipality.facts()
            if one.entry.exchange_id == exchange.id
            and type(one.entry.fact.what).__name__ in {"AdmissionNotice", "ReadyNotice", "Withdrawal"}
        }
        assert exchange.reception is not None
        assert moment == exchange.reception.received
    assert earliest(world.hospital) == earliest(world.municipality)


def earliest(side: Neighbour) -> dict[tuple[str, str], object]:
    """What each message of the stay is worth: the earliest moment that is proved for it."""
    found: dict[tuple[str, str], object] = {}
    for one in side.facts():
        what, when = one.entry.fact.what, one.entry.fact.when
        if isinstance(what, ReceiptGiven):
            found["receipt", str(what.refers_to)] = what.status
            continue
        key = (type(what).__name__, str(what.carrier.message))
        instant = when.instant if isinstance(when, Moment) else when
        found[key] = min(found.get(key, instant), instant)  # type: ignore[type-var]
    return found
