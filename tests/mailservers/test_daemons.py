"""`adapter run` twice, as its user runs it: submission with a login, mailboxes for listeners, stopped in order."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from adapter.testing import scenarios
from adapter.testing.place import Place, Side, place_at
from tests.acceptance.commands import Daemon
from tests.mailservers.servers import MailServers

MESSAGES = Path(__file__).parents[2] / "fixtures" / "messages"


def configured(side: Side, servers: MailServers, mailbox: str) -> None:
    """Let a side use the mail servers as a customer of theirs does."""
    text = side.config.read_text("utf-8")
    login = f"""ca = "{servers.ca}"
username = "{side.name}@edi.example"
"""
    side.config.write_text(
        f"""{text[: text.index("[smtp.send]")]}
[smtp.send]
host = "localhost"
port = {servers.ports["submission"]}
password_file = "{servers.password_file}"
{login}
[[mailbox]]
host = "localhost"
{mailbox}
password_env = "MAILBOX_PASSWORD"
{login}""",
        "utf-8",
    )


def command(*words: str, side: Side) -> Any:
    run = [sys.executable, "-m", "adapter", *words, "--json", "--config", str(side.config)]
    done = subprocess.run(run, capture_output=True, check=False, env=surroundings())
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return json.loads(done.stdout)


def surroundings() -> dict[str, str]:
    return {**os.environ, "MAILBOX_PASSWORD": "hemmelig"}


def finished(side: Side) -> bool:
    listed = Daemon(side).rows()
    return len(listed) == 4 and all(
        one.state in {"delivered", "responded"} or (one.state == "acknowledged" and one.apprec in {None, "ok"})
        for one in listed
    )


def test_two_daemons_over_mail_servers(original: Place, servers: MailServers, tmp_path: Path) -> None:
    """Two messages go through Postfix and Dovecot, are acknowledged and receipted, and both daemons end as asked."""
    shutil.copytree(original.folder, tmp_path / "place")
    place = place_at(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY)
    sides = (place.hospital, place.municipality)
    for side in sides:
        servers.empty(side.name)
    imap = f'protocol = "imap"\nport = {servers.ports["imap"]}\ntls = "starttls"\nafter = "move"\nmove_to = "Hentet"'
    configured(place.hospital, servers, imap)
    configured(place.municipality, servers, f'protocol = "pop3"\nport = {servers.ports["pop3s"]}\npoll_seconds = 1')
    logs = [side.folder / "daemon.log" for side in sides]
    running = []
    for side, log in zip(sides, logs, strict=True):
        with log.open("wb") as out:
            run = [sys.executable, "-m", "adapter", "run", "--config", str(side.config)]
            running.append(subprocess.Popen(run, stdout=out, stderr=out, env=surroundings()))
    try:
        for name in ("admitted", "discharge-ready"):
            command("send", str(MESSAGES / f"{name}.xml"), side=place.hospital)
        end = time.monotonic() + 90
        while not (finished(place.hospital) and finished(place.municipality)):
            assert time.monotonic() < end, "".join(log.read_text("utf-8")[-2000:] for log in logs)
            time.sleep(0.1)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(30) for process in running]
    assert codes == [0, 0]
    inbox = {file.read_bytes() for file in (place.municipality.folder / "inbox").glob("*.xml")}
    assert inbox == {(MESSAGES / f"{name}.xml").read_bytes() for name in ("admitted", "discharge-ready")}
    assert servers.waiting("municipality") == servers.waiting("hospital") == 0
    assert len(servers.lying("hospital", "Hentet")) == 4
    for log in logs:
        said = log.read_text("utf-8")
        assert "mailbox.opened" in said
        assert "hemmelig" not in said
        assert "defect" not in said
        assert "Traceback" not in said
