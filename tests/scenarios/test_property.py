"""Whatever the road and the clock do, the first four promises of the design hold, at the end of every run.

Each run draws what happens to the mails: lost, late, doubled, swapped, cut, changed by a bit, deferred or of unknown
outcome; and restarts, deaths in the middle of work, and clocks that jump. On a road that changes no mail both sides end
where they end on a good one. `PROPERTY_EXAMPLES` in the environment is how many runs each test draws.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.delivery.receiver import ReceptionState
from adapter.facts import ReceiptGiven
from adapter.service.daemon import WORKER
from adapter.service.views import apprec_word, transport_word
from adapter.testing import scenarios
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.testing.place import Place, place_at
from adapter.transports.port import Deferred, OutcomeUnknown, OutgoingMail
from adapter.values import Digest, Moment

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
ROUGH = ("truncate", "flip", "step back", "arrive")
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
    max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "8")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
"""One example takes a second; a failing one is told as it is, since shrinking it would take minutes."""
NOTICES = {"AdmissionNotice", "ReadyNotice", "Withdrawal"}
"""Facts whose moment is when the addressee had the message."""
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
        case "flip" if road.under_way:
            mail, sign = road.under_way[at], len(road.under_way[at].content) * (2 * one.which + 3) // 17
            changed = bytes([mail.content[sign] ^ 1])
            road.under_way[at] = replace(mail, content=mail.content[:sign] + changed + mail.content[sign + 1 :])
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
    """Mails cut or changed, a clock set back: each message once and whole, or not at all and with a reason."""

    @SLOW
    @given(ROUGH_DOINGS)
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
        arrived = note_arrivals(world)
        for one in doings:
            await do(world, one, sent)
        await heal(world)
        check_promises(world, sent, arrived)
        (check or check_whole)(world, sent)
    finally:
        await world.close()


def note_arrivals(world: World) -> Counter[tuple[str, Digest]]:
    """What arrives from now on: how often which octets at which address."""
    found: Counter[tuple[str, Digest]] = Counter()
    arrive = world.road.arrive

    async def noted(mail: OutgoingMail) -> None:
        await arrive(mail)
        found[mail.recipient.value, Digest.of(mail.content)] += 1

    world.road.arrive = noted  # type: ignore[method-assign]
    return found


def check_promises(world: World, sent: list[tuple[str, bytes]], arrived: Counter[tuple[str, Digest]]) -> None:
    """What must hold however bad the road was (`design.md` §3, promises 1 to 4)."""
    contents = {content for _, content in sent}
    # 1. Nothing is lost: every mail that was taken is kept, octet for octet, and everything handed in is an exchange.
    for side in (world.hospital, world.municipality):
        kept = Counter((side.side.address, mail.raw) for mail in side.mails())
        assert kept == Counter({key: count for key, count in arrived.items() if key[0] == side.side.address})
    assert [world.hospital.payload(world.hospital.exchange(one)) for one, _ in sent] == [content for _, content in sent]
    # 2. Nothing is done twice: one delivery and one AppRec a message, and no copy moved a moment.
    inbox = list(world.municipality.inbox().values())
    assert len(inbox) == len(set(inbox))
    receipts = Counter(one.receipt_for for one in world.municipality.sent("APPREC"))
    assert set(receipts.values()) <= {1}
    received = {one.id: one for one in world.municipality.received()}
    assert len({one.message_id for one in received.values()}) == len(received)
    for one in world.municipality.facts():
        of = received.get(one.entry.exchange_id or "")
        if of is not None and type(one.entry.fact.what).__name__ in NOTICES:
            assert of.reception is not None
            assert isinstance(one.entry.fact.when, Moment)
            assert one.entry.fact.when.instant == of.reception.received
    # 3. Nobody is believed unverified: what was taken in is what was sealed, and an Acknowledgment means it is there.
    assert set(inbox) <= contents
    sealed = {one.message_id: one for one in world.hospital.sent()}
    for other in received.values():
        assert sealed[other.message_id].payload == other.payload
        assert set(sealed[other.message_id].references) == set(other.references)
    assert set(receipts) <= set(received)
    for exchange_id, content in sent:
        if transport_word(world.hospital.exchange(exchange_id)) in {"acknowledged", "acked_late", "acked_warn"}:
            assert content in inbox
    # 4. "Unknown" is an outcome: every mail and message is in a state with a name, a moment and a next step.
    for side in (world.hospital, world.municipality):
        assert all(mail.reception.state in SETTLED for mail in side.mails())
        for row in side.listing():
            assert row.state
            assert row.since
            assert row.next_step


def check_explained(world: World, sent: list[tuple[str, bytes]]) -> None:
    """For what did not arrive whole there is a final state that says why."""
    for exchange_id, _ in sent:
        exchange = world.hospital.exchange(exchange_id)
        assert exchange.transport is not None
        assert not exchange.transport.is_open
        assert exchange.transport.reason or transport_word(exchange) == "acknowledged"
    for side in (world.hospital, world.municipality):
        assert all(row.next_step for row in side.listing() if row.state in {"faulted", "bounced", "delivery_failed"})
        for mail in side.mails():
            assert mail.reception.state is not ReceptionState.QUARANTINE or mail.reception.reason


def answered(mail: OutgoingMail) -> str:
    """The eb:MessageId that a signal is about."""
    payload = message_from_bytes(mail.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return etree.fromstring(payload).findtext(".//{*}RefToMessageId") or ""


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
    # A copy is answered by the stored octets (promise 2): no message has two different answers.
    answers: dict[str, set[bytes]] = {}
    for mail in world.road.taken:
        if is_signal(mail):
            body = mail.content.partition(b"MIME-Version")[2]
            answers.setdefault(answered(mail), set()).add(body)
    assert all(len(bodies) == 1 for bodies in answers.values())
    assert {transport_word(one) for one in receipts} <= {"acknowledged"}
    for exchange in received:
        [moment] = {
            one.entry.fact.when.instant
            for one in world.municipality.facts()
            if one.entry.exchange_id == exchange.id and type(one.entry.fact.what).__name__ in NOTICES
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
