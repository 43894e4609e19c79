"""The acceptance of real mail: many messages both ways through Postfix and Dovecot, with 5 % of everything failing.

Two adapters as `adapter run` has them, with their threads and loops, in one process over one clock that is driven: when
nothing more can happen, hours pass. Between them and the mail servers are a relay and wires of ours that fail as
`chaos.py` and `cutting.py` say. In the end every message lies in the other side's inbox once, as it was handed over,
and every exchange and every mail is in a final state that says why.

`ADAPTER_ROAD_MESSAGES` is how many messages, `ADAPTER_ROAD_SEED` the seed; a failure prints both, and what was met.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import ACKNOWLEDGED_STATES, TransportState
from adapter.observe.log import Silent
from adapter.service.clock import RandomIds
from adapter.service.daemon import Daemon
from adapter.service.running import mail_out, readers
from adapter.service.views import apprec_word
from adapter.store.port import Exchange, Reader
from adapter.testing import scenarios
from adapter.testing.clock import DrivenClock
from adapter.testing.neighbours import Neighbour, Road
from adapter.testing.place import Place, Side, place_at
from tests.mailservers.chaos import CHANCE, Relay
from tests.mailservers.cutting import Fraying
from tests.mailservers.servers import MailServers

MESSAGES = int(os.environ.get("ADAPTER_ROAD_MESSAGES", "100"))
SEED = int(os.environ.get("ADAPTER_ROAD_SEED", str(time.time_ns() % 1_000_000)))
START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
PATIENCE_SECONDS = 900

GATHERED = timedelta(minutes=10)
"""How far beyond the next due moment the clock goes when all is quiet, so that those near it are met at once."""

FROM_HOSPITAL = ("admitted", "discharge-ready", "withdrawal", "discharged")
FROM_MUNICIPALITY = ("question",)

CONTRADICTED = {TransportState.FAULTED, TransportState.BOUNCED, TransportState.REJECTED}
"""A Fault, bounce or ErrorList about a maimed copy came while the whole one was delivered: final, with the reason."""

UNDER_WAY = {ReceptionState.FETCHED, ReceptionState.STORED, ReceptionState.PARSED, ReceptionState.VALIDATING,
             ReceptionState.PENDING}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Adapter:
    """One running side: its daemon sends through the relay, its readers fetch over a frayed wire."""

    neighbour: Neighbour
    daemon: Daemon

    @property
    def user(self) -> str:
        return self.neighbour.side.name

    def read(self, look: object) -> object:
        return self.neighbour.installation.store.read_now(look)  # type: ignore[arg-type]


def configured(side: Side, relay: Relay, protocol: str, wire: Fraying, servers: MailServers) -> None:
    """Let a side send through the relay and read its mailbox over the wire, and listen nowhere."""
    text = side.config.read_text("utf-8")
    text = text[: text.index("[smtp.send]")]
    side.config.write_text(
        f"""{text}
[smtp.send]
host = "127.0.0.1"
port = {relay.port}
tls = "none"

[[mailbox]]
protocol = "{protocol}"
host = "127.0.0.1"
port = {wire.port}
tls = "none"
username = "{side.name}@edi.example"
password_file = "{servers.password_file}"
poll_seconds = 1
""",
        "utf-8",
    )


@asynccontextmanager
async def two_adapters(
    place: Place, servers: MailServers, relay: Relay, clock: DrivenClock
) -> AsyncIterator[tuple[Adapter, Adapter]]:
    async with AsyncExitStack() as stack:
        running, adapters = [], []
        for side, protocol, looks in ((place.hospital, "imap", b"SEARCH"), (place.municipality, "pop3", b"LIST")):
            wire = stack.enter_context(Fraying(servers.ports[protocol], looks, CHANCE, SEED))
            configured(side, relay, protocol, wire, servers)
            neighbour = Neighbour(side, Road(), clock, RandomIds(), Silent())
            daemon = Daemon(neighbour.installation, mail_out(neighbour.settings))
            stack.push_async_callback(neighbour.daemon.close)
            stack.push_async_callback(daemon.let_go)
            reading = readers(neighbour.installation)
            running.append(asyncio.create_task(daemon.run(reading)))
            adapters.append(Adapter(neighbour, daemon))
        try:
            yield adapters[0], adapters[1]
        finally:
            for adapter in adapters:
                adapter.daemon.stop()
            await asyncio.gather(*running)


async def test_every_message_arrives_once_over_a_bad_road(
    original: Place, servers: MailServers, tmp_path: Path
) -> None:
    """Whatever is refused, cut, lost, doubled, late, maimed, bounced: each message once, each exchange final."""
    shutil.copytree(original.folder, tmp_path / "place")
    place = place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY)
    for user in servers.users:
        servers.empty(user)
    clock, relay = DrivenClock(START), Relay(servers.ports["smtp"], SEED)
    await relay.start()
    began = time.monotonic()
    try:
        async with two_adapters(place, servers, relay, clock) as (hospital, municipality):
            handed_in = await asyncio.to_thread(hand_in, hospital, municipality)
            while True:
                assert time.monotonic() - began < PATIENCE_SECONDS, still(hospital, municipality)
                await asyncio.sleep(0.2)
                if not await quiet(servers, relay, clock, hospital, municipality):
                    continue
                if not relay.held and not under_way(hospital, municipality):
                    break
                relay.release()
                clock.set(next_due(clock.now(), hospital, municipality) + GATHERED)
            check(handed_in, hospital, municipality)
    except BaseException:
        print(f"\nADAPTER_ROAD_MESSAGES={MESSAGES} ADAPTER_ROAD_SEED={SEED}; met: {dict(relay.met)}")
        raise
    finally:
        await relay.close()
    print(
        f"\n{MESSAGES} messages, {relay.taken} mails, {time.monotonic() - began:.0f} s, "
        f"{(clock.now() - START).total_seconds() / 3600:.0f} hours of the clock, seed {SEED}; met: {dict(relay.met)}"
    )


def hand_in(hospital: Adapter, municipality: Adapter) -> dict[str, list[bytes]]:
    """Hand the messages in on both sides, in a random order; what each side is to receive."""
    chance = random.Random(SEED)
    expected: dict[str, list[bytes]] = {"hospital": [], "municipality": []}
    for _ in range(MESSAGES):
        sender, receiver, kinds = (
            (hospital, "municipality", FROM_HOSPITAL)
            if chance.random() < 0.6
            else (municipality, "hospital", FROM_MUNICIPALITY)
        )
        content = sender.neighbour.build(chance.choice(kinds))
        sender.neighbour.submit(content)
        expected[receiver].append(content)
    return expected


async def quiet(servers: MailServers, relay: Relay, clock: DrivenClock, *adapters: Adapter) -> bool:
    """Whether nothing more happens unless time passes: nothing is due, and no mail is on its way."""

    def look() -> bool:
        if relay.busy or servers.queued() or any(servers.waiting(adapter.user) for adapter in adapters):
            return False
        dues = [adapter.neighbour.installation.store.read_now(is_due(clock.now())) for adapter in adapters]
        return not any(dues)

    return await asyncio.to_thread(look)


def next_due(now: datetime, *adapters: Adapter) -> datetime:
    """When something happens by itself on either side; soon, where only the relay holds something back."""
    dues = [adapter.neighbour.installation.store.read_now(lambda reader: reader.next_due()) for adapter in adapters]
    return min((due for due in dues if due is not None), default=now)


def is_due(now: datetime) -> object:
    def look(reader: Reader) -> bool:
        due = reader.next_due()
        return bool(reader.submissions(1)) or (due is not None and due <= now)

    return look


def final(exchange: Exchange) -> bool:
    """Whether nothing is awaited of an exchange of ours any more, on either axis."""
    if exchange.transport is None:
        return exchange.reception is not None and exchange.reception.state in {
            ReceptionState.RESPONDED,
            ReceptionState.DELIVERED,
        }
    decided = exchange.transport.state in ACKNOWLEDGED_STATES or (
        exchange.transport.state in CONTRADICTED and bool(exchange.transport.reason)
    )
    return decided and apprec_word(exchange) in {None, "ok"}


def everything(adapter: Adapter) -> list[Exchange]:
    return [*adapter.neighbour.sent(), *adapter.neighbour.received()]


def under_way(*adapters: Adapter) -> bool:
    return any(not final(exchange) for adapter in adapters for exchange in everything(adapter))


def still(*adapters: Adapter) -> str:
    """What is not final, for a failure."""
    found = Counter(
        (adapter.user, one.direction.value, one.type, one.transport and one.transport.state.value, apprec_word(one),
         one.reception and one.reception.state.value)
        for adapter in adapters
        for one in everything(adapter)
        if not final(one)
    )  # fmt: skip
    return f"not final after {PATIENCE_SECONDS} s: {found}"


def check(handed_in: dict[str, list[bytes]], *adapters: Adapter) -> None:
    for adapter in adapters:
        side = adapter.neighbour
        inbox = Counter(side.inbox().values())
        assert inbox == Counter(handed_in[side.side.name]), "each message lies in the inbox once, as it was handed over"
        received = [one for one in side.received() if one.type != "APPREC"]
        assert len(received) == len(handed_in[side.side.name])
        assert len({one.msg_id for one in side.received()}) == len(side.received())
        for mail in side.mails():
            assert mail.reception.state not in UNDER_WAY
            if mail.reception.state in {ReceptionState.QUARANTINE, ReceptionState.FAULT_SENT, ReceptionState.REJECTED}:
                assert mail.reception.reason, mail
        assert side.installation.store.read_now(lambda reader: reader.verify_chain()).broken_at is None
