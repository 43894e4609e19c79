"""`adapter send` while as many messages wait as may."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from adapter.messages.building import example
from adapter.service import desk
from adapter.store.port import ExchangeFilter
from adapter.testing import scenarios
from adapter.testing.place import prepare


def test_a_full_backlog_is_said_and_nothing_is_kept(tmp_path: Path) -> None:
    """Exit code 2, the error of the catalogue with its remedy, and one message in the store."""
    config = prepare(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048).hospital.config
    with config.open("a") as file:
        file.write("\n[delivery]\nmost_waiting = 1\n")
    said = json.loads(example("admitted"))
    said |= {"kind": "admitted"} | {party: {"her": said[party]["her"]} for party in ("sender", "receiver")}
    message = tmp_path / "admitted.json"
    message.write_text(json.dumps(said), "utf-8")
    command = [sys.executable, "-m", "adapter", "send", str(message), "--config", str(config)]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert (second.returncode, second.stdout) == (2, "")
    assert "[BACKLOG-FULL]. Hand it in again later, nothing of it was kept." in second.stderr
    with desk.store(config) as (_, store):
        kept = store.read_now(lambda reader: reader.exchanges(ExchangeFilter()))
    assert [one.id for one in kept] == [first.stdout.strip()]
