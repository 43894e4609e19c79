"""No patient leaves a message at the command line: what commands print and refuse quotes nothing of one (promise 7)."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapter.cli.main import COMMANDS, group
from adapter.errors import AdapterError
from adapter.messages.examples import EXAMPLES
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import prepare
from tests.scenarios.test_silence import CHANGES, DOCTOR, MARKS, PATIENT, UNIT, marked

MARKED = {**EXAMPLES["discharge-ready"], "patient": PATIENT, "responsible": [DOCTOR], "unit": UNIT}
BAD_JSON: dict[str, dict[str, object]] = {
    "kind": {"kind": "Kjempehemmelig"},
    "key": {"Kjempehemmelig": "Zyxwvut"},
    "patient": {"patient": "Zyxwvut 12834130279"},
    "date": {"patient": {**PATIENT, "birth_date": "Kjempehemmelig"}},
    "sender": {"sender": {"her": "Kjempehemmelig"}},
}
STRANGER = (
    b"From: Zyxwvut@x.example\r\nSubject: Kjempehemmelig\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
    b"12834130279\r\n"
)
BOUNCE = (
    b"From: mailer-daemon@x.example\r\nSubject: Kjempehemmelig\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nZyxwvut\r\n--b\r\n'
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; Qqrrsst\r\n\r\nAction: failed\r\n"
    b"Diagnostic-Code: smtp; 550 12834130279 Kjempehemmelig\r\n\r\n--b--\r\n"
)
CPA = (
    b"<tp:CollaborationProtocolAgreement xmlns:tp='http://www.oasis-open.org/committees/ebxml-cppa/schema/"
    b"cpp-cpa-2_0.xsd' tp:cpaid='Kjempehemmelig'><tp:Status tp:value='Zyxwvut'/>12834130279"
    b"</tp:CollaborationProtocolAgreement>"
)


BY_ITSELF = {"run", "demo", "simulate", "init", "completion", "rules", "backup", "cofinancing", "liability"}
"""They get nothing of a message: what they read is the operator's own, and named back to him where it is wrong."""


@dataclass(frozen=True, slots=True)
class Past:
    """A place that every kind of bad message has gone through, and a mail and a message full of marks."""

    folder: Path
    hospital: Path
    municipality: Path
    ids: tuple[str, ...]
    received: tuple[str, ...]
    mail: bytes
    message: bytes

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def told(self, *arguments: str) -> str:
        """What a command prints on both streams, and the sentence of its refusal; never a defect."""
        done = CliRunner().invoke(group, arguments)
        if isinstance(done.exception, AdapterError):
            return f"{done.output}{done.exception.sentence()}"
        assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, repr(done.exception))
        return done.output


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    folder = tmp_path_factory.mktemp("silence")
    place = prepare(folder / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)
    (folder / "work").mkdir()

    async def live() -> Past:
        world = World(place, datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2))
        world.hospital.submit(marked(world.hospital))
        await world.hospital.daemon.settle()
        mail = world.road.under_way[0].content
        await world.settle()
        for change in CHANGES.values():
            right = marked(world.hospital)
            world.hospital.send_unjudged(change(right), right)
        await world.settle()
        side = world.municipality
        received = tuple(one.id for one in side.received())
        ids = (*received, *(one.id for one in side.sent()))
        message = marked(world.hospital)
        await world.close()
        return Past(folder / "work", place.hospital.config, place.municipality.config, ids, received, mail, message)

    made = asyncio.run(live())
    yield made
    shutil.rmtree(folder)


def assert_silent(past: Past, calls: list[tuple[str, ...]]) -> None:
    found = []
    for call in calls:
        text = past.told(*call)
        found += [(call, mark, around(mark, text)) for mark in MARKS if mark.lower() in text.lower()]
    assert not found, "\n".join(map(str, found))


def around(mark: str, text: str) -> str:
    at = text.lower().index(mark.lower())
    return text[max(0, at - 80) : at + 60]


def test_a_message_that_is_handed_to_a_command(past: Past) -> None:
    """Judged, built, sent, sealed and opened: every finding and every refusal names places and rules, no values."""
    calls: list[tuple[str, ...]] = []
    ours, theirs = ("--config", str(past.hospital)), ("--config", str(past.municipality))
    for number, change in enumerate(CHANGES.values()):
        file = past.file(f"c{number}.xml", change(past.message))
        calls += [("validate", file), ("validate", file, "--json"), ("send", file, *ours)]
    refused = past.file("refused.xml", CHANGES["not valid"](past.message))
    sealed = str(past.folder / "sealed.eml")
    calls.append(("seal", refused, "--from", "8140011", "--to", "8140022", "-o", sealed, *ours))
    for name, bad in BAD_JSON.items():
        file = past.file(f"{name}.json", json.dumps(MARKED | bad).encode())
        calls += [("build", "discharge-ready", file), ("send", file, *ours), ("validate", file)]
    mails = {
        "mail": past.mail,
        "cut": past.mail[: len(past.mail) // 2],
        "renamed": past.mail.replace(b"MessageHeader", b"Kjempehemmelig"),
        "stranger": STRANGER,
        "bounce": BOUNCE,
    }
    for name, content in mails.items():
        file = past.file(f"{name}.eml", content)
        calls += [("validate", file), ("open", file, "-o", str(past.folder / f"{name}.xml"), "--json", *theirs)]
    assert_silent(past, calls)


def test_what_commands_show_of_what_came(past: Past) -> None:
    """Lists, single exchanges, what is held and why, answers and resends that cannot be: ids and states only."""
    config = ("--config", str(past.municipality))
    calls: list[tuple[str, ...]] = []
    for words in ("list", "ledger", "inbox list", "inbox list --held --json", "statistics", "audit", "webhooks", "keys",
                  "check", "partners list", "store show", "retention --dry-run", "list --json"):  # fmt: skip
        calls.append((*words.split(), *config))
    calls += [("show", one, "--json", *config) for one in past.ids]
    calls += [("answer", one, "--accept", *config) for one in past.received]
    for one in past.received[-3:]:
        calls += [("show", one, *config), ("inbox", "show", one, *config), ("resend", one, "--reason", "x", *config)]
        calls.append(("giveup", one, "--reason", "12834130279", *config))
    assert_silent(past, calls)
    told = json.loads(past.told("list", "--json", *config))
    assert {one["type"] for one in told} >= {"UNKNOWN", "LOG_UTSKRIVNINGSKLAR", "APPREC"}


def test_an_id_that_is_none_is_not_repeated(past: Past) -> None:
    """Who types a patient's number or name where an id belongs is told that there is no such thing, and not which."""
    config = ("--config", str(past.municipality))
    package = str(past.folder / "package.zip")
    calls: list[tuple[str, ...]] = []
    for mark in ("Zyxwvut", "12834130279"):
        for words in ("show", "resend --reason x", "giveup --reason x", "handled --reason x", "answer --accept",
                      "inbox show", "inbox accept --reason x", "inbox refuse --reason x", "explain",
                      f"evidence export -o {package}", "statement show", "audit --about", "token revoke"):  # fmt: skip
            calls.append((*words.split(), mark, *config))
    assert_silent(past, calls)


def test_files_that_are_something_else(past: Past) -> None:
    """An agreement, a package, a backup, a statement, a patient file: what is wrong is said without what is there."""
    config = ("--config", str(past.municipality))
    cpa, rubbish = past.file("cpa.xml", CPA), past.file("rubbish", b"Zyxwvut;Kjempehemmelig\n12834130279;x\n")
    calls = [
        ("partners", "import", cpa, *config),
        ("partners", "import", rubbish, *config),
        ("validate", cpa),
        ("validate", rubbish),
        ("evidence", "verify", rubbish),
        ("statement", "compare", rubbish, *config),
        ("restore", rubbish, *config),
        ("restore", rubbish, "--replace", *config),
        ("ledger", "--patient-file", past.file("patient", b"12834130279"), *config),
        ("ledger", "--patient-file", past.file("nobody", b"Kjempehemmelig"), *config),
    ]
    assert_silent(past, calls)


def test_every_command_is_here_or_gets_no_message() -> None:
    """A new command is thought of: it stands in one of the tests above, or among those that read no message."""
    text = Path(__file__).read_text("utf-8")
    named = {name for name in COMMANDS if re.search(rf'"{name}[ "]', text.partition("class Past")[2])}
    assert named | BY_ITSELF == set(COMMANDS)
    assert named & BY_ITSELF == set()
