"""The page for integrators is run as it stands: two daemons, their interfaces, and every command in order."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from commands import ROOT, Daemon, surroundings, wait_for

from adapter.config import parse
from adapter.messages.building import example
from adapter.service import desk, holding
from adapter.service.build_json import build_message
from adapter.service.submission import Submission, judge, keep
from adapter.testing import scenarios
from adapter.testing.place import Place, Side, prepare
from adapter.values import MsgId

PAGE = ROOT / "docs" / "integrators.md"
BLOCK = re.compile(r"(?:<!-- at: (\w+) -->\n)?```(sh|python|toml)\n(.*?)```", re.DOTALL)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def with_ways(side: Side) -> int:
    """Give a side its interface and drop folder; its port."""
    port = free_port()
    text = side.config.read_text("utf-8").replace('folder = "inbox"', 'folder = "inbox"\nby = "api"')
    text += f'\n[api]\nport = {port}\n\n[drop]\nfolder = "drop"\nsettle_seconds = 0.5\n'
    side.config.write_text(text, "utf-8")
    return port


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Place, dict[str, int]]]:
    """Two daemons with interfaces that answer."""
    place = prepare(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)
    ports = {side.name: with_ways(side) for side in (place.hospital, place.municipality)}
    daemons = [Daemon(side) for side in (place.hospital, place.municipality)]
    for daemon in daemons:
        daemon.start()
    for port in ports.values():
        wait_for(lambda port=port: answers(port), 30)  # type: ignore[misc]
    yield place, ports
    for daemon in daemons:
        daemon.stop()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=1) as answered:
            return bool(answered.status == 200)
    except OSError:
        return False


def send_forged(side: Side) -> None:
    """Send a message under another's name, past our own rules; whoever gets it holds it for a person (EB-508)."""
    told = json.loads(example("discharge-ready"))
    told |= {party: {"her": told[party]["her"]} for party in ("sender", "receiver")}
    with desk.installation(side.config) as installation:
        now, fresh = installation.clock.now(), installation.ids.fresh
        content = build_message(
            json.dumps(told).encode(),
            "discharge-ready",
            (installation.settings, installation.partners),
            now=now,
            msg_id=MsgId(fresh()),
            codes=installation.codes,
        )
        judged = judge(installation, content)
        assert isinstance(judged, Submission)
        forged = content.replace(b"8140010", b"8160010").replace(b"8140011", b"8160011")
        installation.store.write_now(lambda writer: keep(writer, replace(judged, content=forged), fresh(), now))


def holds(side: Side) -> bool:
    with desk.installation(side.config) as installation:
        return bool(holding.held(installation))


def test_the_page_runs_as_it_stands(running: tuple[Place, dict[str, int]], tmp_path: Path) -> None:
    """Each block in its order, in one shell, at the side that it names; a message is held there already."""
    place, ports = running
    send_forged(place.hospital)
    wait_for(lambda: holds(place.municipality), 30)
    adapter = f'adapter() {{ "{sys.executable}" -m adapter "$@"; }}'
    lines = ["set -euo pipefail", adapter, f'python() {{ "{sys.executable}" "$@"; }}']
    for number, (at, language, code) in enumerate(BLOCK.findall(PAGE.read_text("utf-8"))):
        if at:
            folder = place.folder / at
            lines += [
                f'export ADAPTER_CONFIG="{folder}/config.toml" ADAPTER_URL=http://127.0.0.1:{ports[at]}',
                f'export DROP="{folder}/drop"',
                f'export TOKEN="${{TOKEN_{at}:-}}"',
            ]
        if language == "python":
            script = tmp_path / f"block{number}.py"
            script.write_text(code, "utf-8")
            lines.append(f'python "{script}"')
        elif language == "sh":
            lines.append(code)
        if at:
            lines.append(f'TOKEN_{at}="$TOKEN"')
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=work,
        env=surroundings(PYTHONPATH=str(ROOT), PATH=os.environ["PATH"]),
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, said[-4000:]
    assert '"valid": true' in said
    assert '"status": "taken"' in said
    assert '"why": "it names another sender than its envelope"' in said
    assert '"outcome": "given to the application"' in said
    assert (work / "received.xml").read_bytes().startswith(b"<?xml")
    assert (work / "stay.zip").stat().st_size > 1000


def test_every_piece_of_configuration_is_understood(tmp_path: Path) -> None:
    """The TOML of the page fits into a whole configuration."""
    base = (ROOT / "config.toml").read_text("utf-8")
    inbox = base.index("[inbox]")
    without_inbox = base[:inbox] + base[base.index("[smtp.send]") :]
    for _, language, code in BLOCK.findall(PAGE.read_text("utf-8")):
        if language == "toml":
            whole = (base if "[inbox]" not in code else without_inbox) + "\n" + code
            tomllib.loads(whole)
            parse(whole.encode(), tmp_path, "page")
