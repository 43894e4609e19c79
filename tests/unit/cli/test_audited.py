"""Every command that hands out something of a patient leaves a line of the audit log; no other hands anything out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from adapter.cli.main import group
from adapter.facts import AnswerKind
from adapter.service import asking, desk, holding
from adapter.service.accounts import known_stays
from adapter.store.access import AuditFilter
from adapter.store.port import Direction, ExchangeFilter
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place, Side, prepare

PERSON = scenarios.sorum().stays[3].patient
PATIENT = {
    "family_name": PERSON.family_name,
    "given_name": PERSON.given_name,
    "birth_date": PERSON.born.isoformat(),
    "id": {"type": "FNR", "number": PERSON.number},
}


@dataclass(frozen=True)
class Sides:
    """The two sides after some messages, their daemons stopped, and a folder beside them."""

    place: Place
    folder: Path

    def side(self, name: str) -> Side:
        return self.place.hospital if name == "hospital" else self.place.municipality

    def run(self, name: str, *arguments: str) -> str:
        """What a command prints that a person types; it may say that something is not fine (1), and not more."""
        done = CliRunner().invoke(group, [*arguments, "--config", str(self.side(name).config)])
        assert done.exit_code in {0, 1}, done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.output

    def audit(self, name: str) -> list[tuple[str, str]]:
        """What was done, and about what, the oldest first."""
        with desk.store(self.side(name).config) as (_, store):
            lines = store.read_now(lambda reader: reader.audit(AuditFilter(limit=1000)))
        return [(line.what, line.about) for line in reversed(lines)]

    def named(self, word: str) -> str:
        """What a word of the table stands for."""
        files = {"MAIL": "mail.eml", "MESSAGE": "message.xml", "OUT": "out", "THEIRS": "theirs.csv", "NUMBER": "number"}
        if word in files:
            return str(self.folder / files[word])
        with desk.installation(self.place.hospital.config) as hospital:
            sent = hospital.store.read_now(
                lambda reader: {one.type: one.id for one in reader.exchanges(ExchangeFilter(Direction.OUT))}
            )
            stay = known_stays(hospital.store)[0].stay.key
        with desk.installation(self.place.municipality.config) as municipality:
            read = municipality.store.read_now
            held = [one.exchange.id for one in holding.held(municipality)]
            received = read(lambda reader: reader.exchanges(ExchangeFilter(Direction.IN, "LOG_UTSKRIVNINGSKLAR")))
            known = [one.id for one in received if one.id not in held]
        words = {"STAY": stay, "SENT": sent["LOG_INNLAGT"], "UNSENT": sent["LOG_AVMELDING"], "RECEIVED": known[-1]}
        return words.get(word) or (held[0] if word == "HELD" else word)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Sides:
    """A stay with its answer, three held messages, one that could not be sent, and the files that commands read."""
    folder = tmp_path_factory.mktemp("audited")
    place = prepare(folder / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048)
    config = place.municipality.config
    config.write_text(config.read_text("utf-8").replace('folder = "inbox"', 'folder = "inbox"\nby = "api"'), "utf-8")

    async def happen() -> bytes:
        world = World(place, datetime(2024, 3, 5, 9, 0, tzinfo=UTC))

        def built(kind: str) -> bytes:
            return world.hospital.build(kind, patient=PATIENT)

        for kind in ("admitted", "discharge-ready"):
            world.hospital.submit(built(kind))
            await world.go_on(timedelta(minutes=1))
        readiness = world.municipality.received("LOG_UTSKRIVNINGSKLAR")[0]
        asking.answer(world.municipality.installation, readiness, asking.Said(AnswerKind.ACCEPT))
        await world.go_on(timedelta(minutes=1))
        for _ in range(3):
            content = built("discharge-ready")
            forged = content.replace(b"8140010", b"8160010").replace(b"8140011", b"8160011")
            world.hospital.send_unjudged(forged, content)
            await world.go_on(timedelta(minutes=1))
        world.hospital.submit(built("withdrawal"))
        message = built("discharge-ready")
        await world.close()
        return message

    (folder / "message.xml").write_bytes(asyncio.run(happen()))
    (folder / "number").write_text(PERSON.number, "ascii")
    (folder / "out").mkdir()
    made = Sides(place, folder)
    with desk.installation(place.hospital.config) as installation:
        parties = [installation.settings.party[0].her.value, *(one.her.value for one in installation.partners.all())]
    sealing = ("seal", str(folder / "message.xml"), "--from", parties[0], "--to", parties[1])
    made.run("hospital", *sealing, "-o", str(folder / "mail.eml"))
    made.run("hospital", "statement", "make", "--month", "2024-03", "--hospital", "8140010", "-o", str(folder / "out"))
    [(folder / "theirs.csv").write_bytes(file.read_bytes()) for file in (folder / "out").glob("*.csv")]
    return made


AUDITED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("municipality", "open MAIL -o OUT/opened.xml", ("payload read",)),
    ("hospital", "show SENT", ("exchange read",)),
    ("hospital", "show SENT --payload", ("payload read",)),
    ("hospital", "show SENT --attachments OUT", ("payload read",)),
    ("hospital", "send MESSAGE", ("message submitted",)),
    ("hospital", "resend SENT --reason tried", ()),
    ("hospital", "handled SENT --reason telephoned", ("exchange changed by hand",)),
    ("hospital", "giveup UNSENT --reason late", ("exchange changed by hand",)),
    ("municipality", "inbox accept HELD --reason theirs", ("held message accepted",)),
    ("municipality", "inbox refuse HELD --reason forged", ("held message refused",)),
    ("municipality", "inbox take -o OUT --limit 1", ("message claimed", "message confirmed")),
    ("municipality", "answer RECEIVED --accept", ("answer given",)),
    ("hospital", "ledger", ("ledger read",)),
    ("hospital", "ledger --patient-file NUMBER", ("ledger read", "patient searched")),
    ("hospital", "explain STAY", ("stay explained",)),
    ("hospital", "evidence export STAY -o OUT/stay.zip", ("evidence exported",)),
    ("hospital", "statement make --month 2024-03 --hospital 8140010", ("statement read",)),
    ("hospital", "statement issue --month 2024-03 --hospital 8140010", ("statement issued",)),
    ("hospital", "statement show 2024-03-8140010-8140020-1", ("statement read",)),
    ("hospital", "statement compare THEIRS --month 2024-03 --hospital 8140010", ("statement read",)),
)
"""Side, command, and the lines that it leaves. What is refused leaves none."""

SILENT: tuple[tuple[str, str], ...] = (
    ("hospital", "list"),
    ("municipality", "inbox list"),
    ("municipality", "inbox show RECEIVED"),
    ("hospital", "statement list"),
    ("hospital", "statistics"),
    ("hospital", "keys"),
    ("hospital", "check"),
    ("hospital", "validate MESSAGE"),
    ("hospital", "seal MESSAGE --from 8140011 --to 8140021 -o OUT/again.eml"),
    ("hospital", "audit"),
    ("hospital", "backup -o OUT/backup.tar"),
    ("hospital", "retention --dry-run"),
    ("hospital", "store show"),
    ("hospital", "partners list"),
    ("hospital", "partners explain 8140021"),
    ("hospital", "webhooks"),
    ("hospital", "token list"),
    ("hospital", "token add reader --scope read"),
)
"""Commands that hand out nothing of a patient: ids, states and figures, or what the caller has brought."""

ELSEWHERE = frozenset(
    {
        # no store of a site: throw-away places, or files that the caller names
        "demo", "simulate", "init", "build", "liability", "cofinancing", "evidence verify", "rules", "completion",
        # print nothing of what the store holds; the daemon's accesses are those of its callers
        "run", "restore", "store compact", "store make-key", "store move-pseudonym-key", "store rotate-key",
        "token revoke", "partners import",
    }
)  # fmt: skip


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command of the tree, such as `inbox take`."""
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, (*path, name))


def test_every_command_is_in_one_table() -> None:
    """A new command does not come in without saying what of patients it hands out."""
    known = set(commands(group))
    rows = [row[1].split() for row in (*AUDITED, *SILENT)]
    named = {next(name for name in (" ".join(row[:2]), row[0]) if name in known) for row in rows}
    assert named | ELSEWHERE == known
    assert not named & ELSEWHERE


@pytest.mark.parametrize(("name", "command", "lines"), AUDITED, ids=[row[1] for row in AUDITED])
def test_an_access_is_written_down(sides: Sides, name: str, command: str, lines: tuple[str, ...]) -> None:
    """By who is at the keyboard, and about the exchange or stay where it is one."""
    if command.startswith("statement show"):
        sides.run(name, "statement", "issue", "--month", "2024-03", "--hospital", "8140010")
    arguments = [
        "/".join(sides.named(part) for part in word.split("/")) if word[0].isupper() else word
        for word in command.split()
    ]
    before = len(sides.audit(name))
    if lines:
        sides.run(name, *arguments)
    else:
        CliRunner().invoke(group, [*arguments, "--config", str(sides.side(name).config)])
    written = sides.audit(name)[before:]
    assert tuple(what for what, _ in written) == lines
    for word, meant in zip(command.split(), arguments, strict=True):
        if word in {"SENT", "UNSENT", "HELD", "RECEIVED", "STAY"}:
            assert {about for _, about in written} <= {meant}
    logged = json.loads(sides.run(name, "audit", "--limit", "1", "--json"))
    assert logged[0]["who"].endswith("(command)")


@pytest.mark.parametrize(("name", "command"), SILENT, ids=[row[1] for row in SILENT])
def test_what_leaves_no_line_shows_no_patient(sides: Sides, name: str, command: str) -> None:
    """Neither number nor name in what it prints."""
    arguments = ["/".join(map(sides.named, word.split("/"))) for word in command.split()]
    before = sides.audit(name)
    printed = sides.run(name, *arguments)
    assert sides.audit(name) == before
    for mark in (PERSON.number, PERSON.family_name, PERSON.given_name):
        assert mark not in printed
