"""Webhooks: what is told, signed how, repeated when, and set aside when nobody takes it. The receiver is a real one."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from adapter.client import NotOursError, verify
from adapter.config import Webhook
from adapter.errors import STORE_LOCKED, AdapterError
from adapter.observe.log import Stream
from adapter.service import holding, webhooks
from adapter.service.operating import By
from adapter.service.webhooks import HookCaller
from adapter.store.access import HookState
from adapter.testing.neighbours import World, is_signal
from adapter.testing.responder import authority_server, dripping, status

SECRET = b"a secret of more than sixteen octets"


@dataclass
class Receiver:
    """An application that listens on loopback; `answers` are the next status codes, 200 after them."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def told(self) -> list[dict[str, object]]:
        return [json.loads(body) for _, body in self.calls]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver in a thread."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.calls.append((dict(self.headers.items()), body))
            self.send_response(made.answers.pop(0) if made.answers else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook?key=1"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def hook(receiver: Receiver, folder: Path, **fields: object) -> Webhook:
    secret = folder / "secret"
    secret.write_bytes(SECRET + b"\n")
    return Webhook.model_validate(
        {"name": "ehr", "url": receiver.url, "secret_file": str(secret), "pauses_seconds": (5, 30), **fields}
    )


@pytest.fixture
async def caller(world: World, receiver: Receiver, tmp_path: Path) -> HookCaller:
    """The municipality's webhook."""
    made = HookCaller(world.municipality.installation, hook(receiver, tmp_path))
    await made.start()
    return made


async def arrive(world: World) -> str:
    """A second after what came before, so that their order is told by their time."""
    world.clock.advance(timedelta(seconds=1))
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    return world.municipality.received("LOG_UTSKRIVNINGSKLAR")[-1].id


async def test_a_received_message_is_told_once_with_ids_only(
    world: World, caller: HookCaller, receiver: Receiver
) -> None:
    """One call, signed, with the exchange id and nothing of the message."""
    exchange = await arrive(world)
    await caller.turn()
    await caller.turn()
    (told,) = receiver.told
    assert (told["event"], told["exchange"], told["type"]) == ("message.received", exchange, "LOG_UTSKRIVNINGSKLAR")
    assert set(told) == {"id", "event", "at", "exchange", "type", "answers"}
    headers, body = receiver.calls[0]
    verify(SECRET, headers, body, now=world.clock.now().timestamp())


async def test_a_held_message_is_told_once_it_is_accepted(world: World, caller: HookCaller, receiver: Receiver) -> None:
    """While a person decides there is an alarm; what is accepted is told of then, once; what is refused is not."""
    installation = world.municipality.installation
    for _ in range(2):
        content = world.hospital.build("discharge-ready")
        world.hospital.send_unjudged(content.replace(b"8140010", b"8160010").replace(b"8140011", b"8160011"), content)
        await world.settle()
    await caller.turn()
    assert [told["event"] for told in receiver.told] == ["alarm", "alarm"]
    accepted, refused = (one.exchange.id for one in holding.held(installation))
    holding.accept(installation, accepted, By("Kari", "the hospital says that it is theirs"))
    holding.refuse(installation, refused, By("Kari", "forged"))
    await world.settle()
    while await caller.turn():
        pass
    assert [(told["event"], told["exchange"]) for told in receiver.told[2:]] == [("message.received", accepted)]


async def test_the_signature_covers_body_and_time(world: World, caller: HookCaller, receiver: Receiver) -> None:
    """Another body, another secret, another time, or a call played again later is refused by the receiver."""
    await arrive(world)
    await caller.turn()
    headers, body = receiver.calls[0]
    now = world.clock.now().timestamp()
    later = {**headers, "Adapter-Timestamp": str(int(now) + 1)}
    for secret, shown, content, at in (
        (SECRET, headers, body + b" ", now),
        (b"another secret", headers, body, now),
        (SECRET, later, body, now),
        (SECRET, headers, body, now + 3600),
        (SECRET, {}, body, now),
    ):
        with pytest.raises(NotOursError):
            verify(secret, shown, content, now=at)


async def test_the_line_end_of_the_secret_file_does_not_count(
    world: World, caller: HookCaller, receiver: Receiver
) -> None:
    """A receiver that reads the file as `openssl rand -hex` wrote it has the adapter's secret."""
    await arrive(world)
    await caller.turn()
    headers, body = receiver.calls[0]
    verify(SECRET + b"\n", headers, body, now=world.clock.now().timestamp())


async def test_the_sender_is_told_that_its_message_is_final(world: World, receiver: Receiver, tmp_path: Path) -> None:
    """The hospital hears of the AppRec, and of the municipality's answer."""
    calls = HookCaller(world.hospital.installation, hook(receiver, tmp_path))
    await calls.start()
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    while await calls.turn():
        pass
    assert [(told["event"], told["exchange"]) for told in receiver.told] == [("exchange.final", sent)]


async def test_an_apprec_that_overtakes_the_acknowledgment_is_told_once(
    world: World, receiver: Receiver, tmp_path: Path
) -> None:
    """The AppRec is the end for the application; the Acknowledgment after it is no news, and measured once."""
    calls = HookCaller(world.hospital.installation, hook(receiver, tmp_path))
    await calls.start()
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    await world.municipality.daemon.settle()
    ack = next(mail for mail in world.road.under_way if is_signal(mail))
    world.road.under_way.remove(ack)
    await world.settle()
    await world.road.arrive(ack)
    await world.settle()
    while await calls.turn():
        pass
    assert [(told["event"], told["exchange"]) for told in receiver.told] == [("exchange.final", sent)]
    figures = world.hospital.installation.metrics.text(()).decode()
    assert 'adapter_acknowledgment_seconds_count{partner="8140022"} 1.0' in figures
    assert 'adapter_events_total{event="ack.received"} 1.0' in figures


async def test_what_is_not_taken_is_told_again_in_order(world: World, caller: HookCaller, receiver: Receiver) -> None:
    """After an error the same notice comes again when its pause is over, and before every later one."""
    receiver.answers = [500, 302]
    first = await arrive(world)
    await caller.turn()
    await caller.turn()
    assert len(receiver.calls) == 1
    second = await arrive(world)
    world.clock.advance(timedelta(seconds=5))
    await caller.turn()
    world.clock.advance(timedelta(seconds=29))
    await caller.turn()
    assert len(receiver.calls) == 2
    world.clock.advance(timedelta(seconds=1))
    await caller.turn()
    told = [one["exchange"] for one in receiver.told if one["event"] == "message.received"]
    assert told == [first, first, first, second]


async def test_a_clock_that_was_ahead_silences_no_webhook(world: World, caller: HookCaller, receiver: Receiver) -> None:
    """The pause was reckoned from a year that is not: when the clock is right again, the notice is told."""
    receiver.answers = [500]
    world.clock.advance(timedelta(days=365))
    await arrive(world)
    await caller.turn()
    world.clock.advance(timedelta(days=-365))
    await caller.turn()
    assert len(receiver.calls) == 2


async def test_a_stop_ends_after_the_call_under_way(world: World, caller: HookCaller, receiver: Receiver) -> None:
    """However many notices wait: the others are told at the next start, none twice."""
    for _ in range(3):
        await arrive(world)
    caller.stop()
    await caller.turn()
    assert receiver.calls == []
    again = HookCaller(world.municipality.installation, caller._hook)
    await again.start()
    while await again.turn():
        pass
    assert [one["event"] for one in receiver.told] == ["message.received"] * 3


async def test_a_store_that_is_away_is_said_once(
    world: World, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at every look; again when it was there in between."""
    said = io.StringIO()
    calls = HookCaller(replace(world.municipality.installation, log=Stream(stream=said)), hook(receiver, tmp_path))
    away = AdapterError(STORE_LOCKED)
    turns: list[AdapterError | None] = [away, away, None, away, away, away]

    async def turn() -> int:
        outcome = turns.pop(0)
        if not turns:
            calls.stop()
        if outcome is not None:
            raise outcome
        return 0

    monkeypatch.setattr(calls, "turn", turn)
    monkeypatch.setattr(webhooks, "POLL_SECONDS", 0.01)
    await calls.run()
    assert said.getvalue().count('"rule": "STORE-LOCKED"') == 2


async def test_after_the_last_pause_a_notice_is_set_aside(world: World, caller: HookCaller, receiver: Receiver) -> None:
    """It is kept with its reason, and the next notices are told."""
    receiver.answers = [500, 500, 500]
    first = await arrive(world)
    for pause in (0, 5, 30):
        world.clock.advance(timedelta(seconds=pause))
        await caller.turn()
    second = await arrive(world)
    await caller.turn()
    letters = world.municipality.installation.store.read_now(lambda reader: reader.dead_letters("ehr"))
    assert [(one.exchange_id, one.reason) for one in letters] == [(first, "HTTP 500")]
    assert receiver.told[-1]["exchange"] == second


async def test_a_restart_goes_on_where_it_was(world: World, receiver: Receiver, tmp_path: Path) -> None:
    """The place in the journal is in the store: nothing is told twice, nothing is left out."""
    for _ in range(2):
        caller = HookCaller(world.municipality.installation, hook(receiver, tmp_path))
        await caller.start()
        await arrive(world)
        await caller.turn()
    told = [one["exchange"] for one in receiver.told]
    assert told == [one.id for one in world.municipality.received("LOG_UTSKRIVNINGSKLAR")]


async def test_nobody_at_home_is_a_reason(world: World, tmp_path: Path) -> None:
    """A connection that is refused is told again like any error."""
    calls = HookCaller(world.municipality.installation, hook(Receiver("http://127.0.0.1:1/"), tmp_path))
    await calls.start()
    await arrive(world)
    await calls.turn()
    state = world.municipality.installation.store.read_now(lambda reader: reader.hook("ehr"))
    assert state is not None
    assert (state.attempts, state.reason) == (1, "no answer (ConnectError)")


@pytest.mark.parametrize("head", [True, False])
async def test_a_receiver_that_drips_keeps_nobody(world: World, tmp_path: Path, head: bool) -> None:
    """A head that never ends is a reason when the time of a call is over; a body is not read at all."""
    with authority_server(status(503)) as server:
        server.answering = dripping(0.05, server.stop, head=head)
        calls = HookCaller(
            world.municipality.installation, hook(Receiver(server.address), tmp_path, timeout_seconds=0.3)
        )
        await calls.start()
        await arrive(world)
        await asyncio.wait_for(calls.turn(), 10)
    state = world.municipality.installation.store.read_now(lambda reader: reader.hook("ehr"))
    assert state is not None
    assert state.reason == ("no answer (TimeoutError)" if head else "")


async def test_a_webhook_that_the_configuration_has_no_more_is_forgotten(world: World) -> None:
    """A daemon that starts lets go of its place, which would hold the journal back for ever."""
    store, daemon = world.municipality.installation.store, world.municipality.daemon
    store.write_now(lambda writer: writer.save_hook(HookState("gone", 0)))
    daemon.stop()
    await daemon.run()
    assert store.read_now(lambda reader: reader.hook("gone")) is None


async def test_only_the_events_that_were_asked_for(world: World, receiver: Receiver, tmp_path: Path) -> None:
    """A webhook for alarms hears nothing of a message that arrives."""
    calls = HookCaller(world.municipality.installation, hook(receiver, tmp_path, events=["alarm"]))
    await calls.start()
    await arrive(world)
    await calls.turn()
    assert not receiver.calls


async def test_a_short_secret_is_refused(world: World, receiver: Receiver, tmp_path: Path) -> None:
    """Before anything is started."""
    asked = hook(receiver, tmp_path)
    asked.secret_file.write_bytes(b"short")
    with pytest.raises(AdapterError):
        HookCaller(world.municipality.installation, asked)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://localhost/",
        "https://",
        "https://u:p@example.org/",
        "https://a:99999/",
        "https://[",
    ],
)
def test_an_address_is_safe_or_refused(url: str, tmp_path: Path) -> None:
    """Only https, but for this machine; no password in it."""
    with pytest.raises(ValueError, match="url"):
        Webhook.model_validate({"name": "a", "url": url, "secret_file": str(tmp_path)})
