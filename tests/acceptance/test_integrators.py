"""The page for integrators is run as it stands: two daemons, their interfaces, and every command in order."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import ROOT, Daemon, surroundings, wait_for

from adapter.config import parse
from adapter.testing import scenarios
from adapter.testing.place import Place, Side, prepare

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


def test_the_page_runs_as_it_stands(running: tuple[Place, dict[str, int]], tmp_path: Path) -> None:
    """Each block in its order, in one shell, at the side that it names."""
    place, ports = running
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
