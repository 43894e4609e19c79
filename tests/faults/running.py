"""Two daemons that run as processes, with mail between them over loopback, whose log and figures can be asked for."""

from __future__ import annotations

import json
import re
import signal
import socket
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from adapter.observe.events import Event
from adapter.observe.metrics import Figure
from adapter.service import desk
from adapter.service.views import apprec_word, transport_word
from adapter.store.port import Exchange, ExchangeFilter
from adapter.testing.pki import ThrowAwayPki
from adapter.testing.place import Place, Side, prepare
from tests.acceptance.commands import HOSPITAL, MESSAGES, MUNICIPALITY, Daemon

PATIENCE_SECONDS = 60
SHORTLY_SECONDS = 0.05


DRIVEN = (sys.executable, str(Path(__file__).with_name("driven.py")))


class Watched(Daemon):
    """A daemon whose interface is open to this machine; where it is `DRIVEN`, a test sets its clock."""

    def __init__(self, side: Side) -> None:
        super().__init__(side)
        self.url = f"http://127.0.0.1:{free_port()}"
        with side.config.open("a", encoding="utf-8") as config:
            config.write(f'\n[api]\nport = {self.url.rpartition(":")[2]}\nauthentication = "none"\n')
            config.write("\n[delivery]\nmail_pauses_seconds = [1]\n")

    def listens(self) -> bool:
        """Whether it takes mail and requests."""
        if not super().listens():
            return False
        try:
            return self.get("/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def change(self, old: str, new: str) -> None:
        """Change the configuration."""
        text = self.side.config.read_text("utf-8")
        assert old in text
        self.side.config.write_text(text.replace(old, new), "utf-8")

    def set_clock(self, ahead: timedelta) -> None:
        """Let the clock be off by so much from now on."""
        beside = self.side.folder / "clock.new"
        beside.write_text(str(ahead.total_seconds()), "utf-8")
        beside.replace(self.side.folder / "clock")

    def reload(self) -> None:
        """Let it read everything again, and wait until it has."""
        assert self.process is not None
        before = self.lines.count("config.read")
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.lines.count("config.read") > before)

    @property
    def lines(self) -> list[str]:
        """The events of the log."""
        return [line["event"] for line in self.told()]

    def told(self, event: Event | None = None) -> list[dict[str, Any]]:
        """The lines of the log, or those of one event."""
        lines = [json.loads(line) for line in self.log.read_text("utf-8").splitlines() if line.endswith("}")]
        return [line for line in lines if event is None or line["event"] == event.name]

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", trust_env=False, verify=False, timeout=PATIENCE_SECONDS)

    def post(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        sent = {"content": content, "headers": headers}
        return httpx.post(f"{self.url}{path}", **sent, trust_env=False, verify=False, timeout=PATIENCE_SECONDS)

    def figure(self, figure: Figure, *labels: str) -> float:
        """What a figure says now; 0 where nothing was counted."""
        answered = self.get("/metrics")
        assert answered.status_code == 200
        return next(
            (
                sample.value
                for family in text_string_to_metric_families(answered.text)
                for sample in family.samples
                if sample.name == figure.name and tuple(sample.labels.values()) == labels
            ),
            0.0,
        )

    def send(self, content: bytes) -> str:
        """Hand a message in over the interface, by the daemon's own clock."""
        said = {"Content-Type": "application/xml", "Idempotency-Key": str(uuid.uuid4())}
        answered = self.post("/api/v1/messages", content, **said)
        assert answered.status_code == 201, answered.text
        return str(answered.json()["exchange"])

    def exchanges(self) -> dict[str, Exchange]:
        """Every exchange by id."""
        with desk.store(self.side.config) as (_, store):
            found = store.read_now(lambda reader: reader.exchanges(ExchangeFilter(limit=1000)))
        return {one.id: one for one in found}

    def state(self, exchange_id: str) -> str:
        return transport_word(self.exchanges()[exchange_id])


@dataclass(frozen=True, slots=True)
class Pair:
    """Both sides."""

    place: Place
    hospital: Watched
    municipality: Watched

    def arrived(self, *ids: str) -> bool:
        """Whether messages of the hospital are acknowledged and receipted, and lie in the other's inbox."""
        sent = self.hospital.exchanges()
        words = {(transport_word(sent[one]), apprec_word(sent[one])) for one in ids}
        return words <= {("acknowledged", "ok"), ("acked_late", "ok")}

    def assert_each_once(self, *contents: bytes) -> None:
        """The municipality's application has these messages and no other, each once."""
        folder = desk.load(self.municipality.side.config).inbox.folder
        assert sorted(file.read_bytes() for file in folder.glob("*.xml")) == sorted(contents)
        received = [one.msg_id for one in self.municipality.exchanges().values() if one.type != "APPREC"]
        assert len(received) == len(set(received)) == len(contents)

    def start(self) -> None:
        for daemon in (self.municipality, self.hospital):
            daemon.launch()
        for daemon in (self.municipality, self.hospital):
            until(daemon.listens)

    def stop(self) -> None:
        self.hospital.stop()
        self.municipality.stop()

    def clear(self) -> None:
        """Leave no process behind."""
        for daemon in (self.hospital, self.municipality):
            if daemon.process is not None:
                daemon.kill()


def pair(folder: Path, program: tuple[str, ...] = Daemon.program, pki: ThrowAwayPki | None = None) -> Pair:
    """A place whose two sides can be started; mail goes in the clear, so that a wire can be cut at a word."""
    place = prepare(folder, HOSPITAL, MUNICIPALITY, key_size=2048, pki=pki)
    made = Pair(place, Watched(place.hospital), Watched(place.municipality))
    for daemon in (made.hospital, made.municipality):
        daemon.program = program
        daemon.change('tls = "starttls"\nca = "../ca.crt"', 'tls = "none"')
    return made


def free_port() -> int:
    """A port of this machine that nobody listens on at this moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def message(ahead: timedelta = timedelta(0)) -> bytes:
    """A discharge-ready message of this moment, by a clock that is so far ahead, with a MsgId of its own."""
    content = (MESSAGES / "discharge-ready.xml").read_bytes()
    now = (datetime.now(UTC) + ahead).isoformat(timespec="seconds").encode()
    content = re.sub(rb"(?<=<GenDate>)[^<]+", now, content)
    return re.sub(rb"(?<=<MsgId>)[^<]+", str(uuid.uuid4()).encode(), content)


def until(what: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(SHORTLY_SECONDS)
