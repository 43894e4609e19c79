"""The running process and the operating system: ready, reload, stop, a second stop, and what a manager hears."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import pytest

from adapter.testing import scenarios
from adapter.testing.place import Place, prepare


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return prepare(tmp_path_factory.mktemp("place"), scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)


class Running:
    """A daemon under a service manager of ours."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.config = place.hospital.config
        self.original = self.config.read_text("utf-8")
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(str(folder / "notify"))
        self._heard: SimpleQueue[str] = SimpleQueue()
        Thread(target=self._listen, daemon=True).start()
        self._log = (folder / "log").open("w+b")
        environment = {**os.environ, "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "600000"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "adapter", "run", "--config", str(self.config)], env=environment, stderr=self._log
        )
        self.said: list[str] = []
        self.until(lambda said: "READY=1" in said)

    def _listen(self) -> None:
        with suppress(OSError):
            while said := self._manager.recv(4096):
                self._heard.put(said.decode())

    def until(self, fits: Callable[[str], bool]) -> str:
        """Listen until the service manager has heard something that fits."""
        while True:
            said = self._heard.get(timeout=30)
            self.said.append(said)
            if fits(said):
                return said

    def lines(self) -> list[dict[str, str]]:
        self._log.seek(0)
        return [json.loads(line) for line in self._log.read().decode().splitlines() if line.startswith("{")]

    def events(self, name: str) -> list[dict[str, str]]:
        return [line for line in self.lines() if line["event"] == name]

    def end(self) -> None:
        self.config.write_text(self.original, "utf-8")
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._manager.shutdown(socket.SHUT_RDWR)
        self._manager.close()
        self._log.close()


@pytest.fixture
def running(place: Place, tmp_path: Path) -> Iterator[Running]:
    one = Running(place, tmp_path)
    yield one
    one.end()


def test_a_life_under_a_service_manager(running: Running) -> None:
    """Ready, signs of life with a status, a reload that is refused, one that is taken, and an orderly end."""
    running.until(lambda said: said == "WATCHDOG=1")
    assert any(said.startswith("STATUS=ready; ") for said in running.said)

    running.config.write_text(
        running.original.replace("port = ", "port = 1", 1).replace('tls = "starttls"', 'tls = "no"')
    )
    running.process.send_signal(signal.SIGHUP)
    running.until(lambda said: said.startswith("RELOADING=1") and "MONOTONIC_USEC=" in said)
    running.until(lambda said: "READY=1" in said and "refused" in said)
    assert any("smtp.send.tls" in line["change"] for line in running.events("config.refused"))

    moved = running.original.replace('path = "adapter.sqlite"', 'path = "other.sqlite"')
    running.config.write_text(moved + "\n[delivery]\nretries = 2\n")
    running.process.send_signal(signal.SIGHUP)
    running.until(lambda said: "READY=1" in said and "CFG-FIXED" in said)
    assert "store.path" in running.events("config.refused")[-1]["change"]

    running.config.write_text(running.original + '\n[delivery]\nretries = 2\n\n[log]\nlevel = "debug"\n')
    running.process.send_signal(signal.SIGHUP)
    running.until(lambda said: "READY=1" in said)
    changes = [line["change"] for line in running.events("config.changed")]
    assert changes == ["delivery.retries: 5 → 2", "log.level: info → debug"]

    running.process.send_signal(signal.SIGTERM)
    running.until(lambda said: said.startswith("STOPPING=1"))
    assert running.process.wait(20) == 0
    assert [line["event"] for line in running.lines()][-1] == "daemon.stopped"


def test_a_connection_survives_a_reload(running: Running, place: Place) -> None:
    """A peer that is connected to our listener is served to its end while everything is read again."""
    with socket.create_connection(("127.0.0.1", place.hospital.port), timeout=20) as peer:
        assert peer.recv(200).startswith(b"220")
        running.process.send_signal(signal.SIGHUP)
        running.until(lambda said: said.startswith("RELOADING=1"))
        running.until(lambda said: "READY=1" in said)
        peer.sendall(b"EHLO me\r\n")
        assert peer.recv(500).startswith(b"250")
    with socket.create_connection(("127.0.0.1", place.hospital.port), timeout=20) as another:
        assert another.recv(200).startswith(b"220")


def test_a_second_stop_ends_it_at_once(running: Running, place: Place) -> None:
    """While the first stop waits for a mail server that hangs, a second one ends the process within a moment."""
    with socket.create_server(("127.0.0.1", 0)) as tarpit:
        port = tarpit.getsockname()[1]
        running.config.write_text(running.original.replace(f"port = {place.municipality.port}", f"port = {port}"))
        running.process.send_signal(signal.SIGHUP)
        running.until(lambda said: said.startswith("RELOADING=1"))
        running.until(lambda said: "READY=1" in said)
        hand_over(running.config)
        tarpit.settimeout(20)
        held, _ = tarpit.accept()
        with held:
            running.process.send_signal(signal.SIGTERM)
            running.until(lambda said: said.startswith("STOPPING=1"))
            time.sleep(0.3)
            assert running.process.poll() is None
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(5) == 1


def test_a_stop_has_an_end(running: Running, place: Place) -> None:
    """What hangs is cut off after service.stop_seconds, its claim is given back, and the message waits in the store."""
    with socket.create_server(("127.0.0.1", 0)) as tarpit:
        port = tarpit.getsockname()[1]
        text = running.original.replace(f"port = {place.municipality.port}", f"port = {port}")
        running.config.write_text(text + "\n[service]\nstop_seconds = 0.5\n")
        running.process.send_signal(signal.SIGHUP)
        running.until(lambda said: said.startswith("RELOADING=1"))
        running.until(lambda said: "READY=1" in said)
        hand_over(running.config)
        tarpit.settimeout(20)
        held, _ = tarpit.accept()
        with held:
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(20) == 1
    assert [line["event"] for line in running.lines()][-1] == "daemon.cut_off"
    listed = adapter("list", "--config", str(running.config), "--json")
    assert json.loads(listed)[0]["state"] == "ready"


def hand_over(config: Path) -> None:
    folder = config.parent
    example = json.loads(adapter("build", "discharge-ready", "--example"))
    example["kind"] = "discharge-ready"
    example["sender"], example["receiver"] = ({"her": example[one]["her"]} for one in ("sender", "receiver"))
    (folder / "ready.json").write_text(json.dumps(example), "utf-8")
    adapter("send", str(folder / "ready.json"), "--config", str(config))


def adapter(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "adapter", *arguments], check=True, capture_output=True, text=True)
    return done.stdout
