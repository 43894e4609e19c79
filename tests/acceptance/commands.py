"""The commands as their user meets them: started as processes, their output read."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from adapter.service import desk
from adapter.service.views import Row, rows
from adapter.store.port import ExchangeFilter
from adapter.testing.place import Place, PlaceParty, Side, prepare
from adapter.values import HerId

ROOT = Path(__file__).parents[2]
MESSAGES = ROOT / "fixtures" / "messages"
OFFICIAL = ROOT.parent / "shared" / "examples" / "plo-1.6"
ADAPTER = Path(sys.executable).with_name("adapter")
FORKS = Path(__file__).with_name("forks.py")

LOGISTICS = ("admitted", "discharge-ready", "withdrawal", "discharged")


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to; its exit code is one of the contract, and no defect shows."""

    arguments: tuple[str, ...]
    code: int
    out: str
    error: str

    def __post_init__(self) -> None:
        said = f"adapter {' '.join(self.arguments)}: exit {self.code}\n{self.out[-2000:]}\n{self.error[-2000:]}"
        assert self.code in {0, 1, 2}, said
        for word in ("Traceback", "a defect of the adapter"):
            assert word not in self.out + self.error, said

    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    def expect(self, code: int) -> Result:
        assert self.code == code, (self.arguments, self.code, self.out[-2000:], self.error[-2000:])
        return self


def adapter(*arguments: str | Path, given: str | None = None, timeout: int = 120, **environment: str) -> Result:
    """Run the command once."""
    (result,) = _run([arguments], given, timeout, surroundings(**environment))
    return result


def many(calls: Sequence[Sequence[str | Path]], given: str | None = None) -> list[Result]:
    """Run the command many times."""
    return _run(calls, given, 120, surroundings())


def started(*arguments: str | Path) -> Result:
    """Run the command once as its user does: the program begins, and imports what it needs and no more."""
    words = tuple(str(argument) for argument in arguments)
    done = subprocess.run([str(ADAPTER), *words], capture_output=True, env=surroundings(), timeout=120, check=False)
    return Result(words, done.returncode, done.stdout.decode(), done.stderr.decode())


def _run(
    calls: Sequence[Sequence[str | Path]], given: str | None, timeout: int, environment: dict[str, str]
) -> list[Result]:
    """Each call in a process of its own, forked from one that has imported everything: that takes most of the time."""
    words = [tuple(str(argument) for argument in call) for call in calls]
    forks = _forks()
    assert forks.stdin is not None
    assert forks.stdout is not None
    forks.stdin.write(json.dumps([environment, [[call, given, timeout] for call in words]]).encode() + b"\n")
    forks.stdin.flush()
    answered = forks.stdout.readline()
    assert answered, "the process that forks has ended"
    return [Result(call, *result) for call, result in zip(words, json.loads(answered), strict=True)]


@cache
def _forks() -> subprocess.Popen[bytes]:
    forks = subprocess.Popen(
        [sys.executable, str(FORKS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=surroundings()
    )
    atexit.register(_end, forks)
    return forks


def _end(forks: subprocess.Popen[bytes]) -> None:
    forks.communicate()


def surroundings(**environment: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADAPTER_")}
    return {**kept, **environment}


HOSPITAL = (PlaceParty(HerId("8140011"), "PLO innleggelse somatikk", HerId("8140010"), "Prøvefjord sykehus HF"),)
MUNICIPALITY = (
    PlaceParty(HerId("8140021"), "Sykepleietjeneste", HerId("8140020"), "Prøvefjord kommune"),
    PlaceParty(HerId("8140022"), "Saksbehandling", HerId("8140020"), "Prøvefjord kommune"),
)


class Daemon:
    """`adapter run` for one side of a place."""

    program: tuple[str, ...] = (str(ADAPTER), "run")

    def __init__(self, side: Side) -> None:
        self.side = side
        self.log = side.folder / "daemon.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.launch()
        wait_for(self.listens, 90)

    def launch(self) -> None:
        """Start it, and do not wait until it listens."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.program, "--config", str(self.side.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=surroundings(),
            )

    def listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        try:
            socket.create_connection(("127.0.0.1", self.side.port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Ask it to end, as a service manager does."""
        assert self.process is not None
        self.process.terminate()
        assert self.process.wait(30) == 0, self.log.read_text()[-2000:]
        said = self.log.read_text()
        assert "Traceback" not in said, said[-2000:]
        assert "defect" not in said, said[-2000:]
        self.process = None

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def listed(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = adapter("list", "--json", "--config", self.side.config).expect(0).json()
        return listed

    def rows(self) -> list[Row]:
        """What `listed` says, read in this process: whoever asks until something is so would start one each time."""
        with desk.store(self.side.config) as (_, store):
            return store.read_now(lambda reader: rows(reader, ExchangeFilter(limit=100), datetime.now(UTC)))

    def inbox(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in (self.side.folder / "inbox").glob("*.xml")}


@dataclass(frozen=True, slots=True)
class Two:
    """Both daemons of a place."""

    place: Place
    hospital: Daemon
    municipality: Daemon

    def start(self) -> None:
        self.hospital.start()
        self.municipality.start()

    def stop(self) -> None:
        self.hospital.stop()
        self.municipality.stop()

    def clear(self) -> None:
        """Leave no process behind."""
        for daemon in (self.hospital, self.municipality):
            if daemon.process is not None:
                daemon.kill()


def two_daemons(folder: Path, pauses: tuple[int, ...] = (60, 120)) -> Two:
    """A place whose sides take mail only with STARTTLS, and wait `pauses` seconds for a mail server that is away."""
    place = prepare(folder, HOSPITAL, MUNICIPALITY, key_size=2048, require_tls=True)
    for side in (place.hospital, place.municipality):
        with side.config.open("a", encoding="utf-8") as config:
            config.write(f"\n[delivery]\nmail_pauses_seconds = {list(pauses)}\n")
    return Two(place, Daemon(place.hospital), Daemon(place.municipality))


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.2)


@dataclass(frozen=True, slots=True)
class KeptDemo:
    """A demo that was played, what it said, and the folder that it left."""

    document: dict[str, Any]
    folder: Path

    @property
    def hospital(self) -> Path:
        return self.folder / "hospital" / "config.toml"

    @property
    def municipality(self) -> Path:
        return self.folder / "municipality" / "config.toml"
