"""kill -9 between every two steps of a reading: no mail is lost, none is kept twice, and none is left behind."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.testing.place import Place
from tests.mailservers.servers import MailServers

LIFE = Path(__file__).parents[1] / "crash" / "mailbox_life.py"


@pytest.mark.parametrize("protocol", ["pop3", "imap"])
def test_death_at_every_step_of_a_reading(original: Place, servers: MailServers, tmp_path: Path, protocol: str) -> None:
    """Killed at each command, statement and commit in turn; what is not kept lies there still; a restart goes on."""
    shutil.copytree(original.folder, tmp_path / "place")
    servers.empty("municipality")
    told = {
        "config": str(tmp_path / "place" / "municipality" / "config.toml"),
        "maildir": str(servers.maildir("municipality")),
        "mailbox": {
            "protocol": protocol,
            "host": "127.0.0.1",
            "port": servers.ports[protocol],
            "tls": "none",
            "username": "municipality@edi.example",
            "password_file": str(servers.password_file),
        },
    }
    case = tmp_path / "case.json"
    case.write_text(json.dumps(told), "utf-8")
    run = subprocess.run([sys.executable, str(LIFE), str(case)], capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    result = json.loads(run.stdout)
    assert result["wrong"] == []
    assert result["steps"] > 40
