"""`adapter demo`: a whole exchange on this machine."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.ledger import print_ledger, stay_json, totals_json
from adapter.cli.output import Json, options, print_json, read_file
from adapter.cli.progress import progress

if TYPE_CHECKING:
    from adapter.liability.ledger import Ledger
    from adapter.liability.statement import Statement
    from adapter.service.installation import Installation
    from adapter.testing.demonstration import Curtain


@click.command("demo")
@click.option("--scenario", type=click.Choice(["normal", "sorum"]), default="normal", show_default=True)
@click.option(
    "--message",
    "messages",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Send this business message instead; may be given several times.",
)
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Leave keys, stores and inboxes in DIR.")
@click.option("--log", "with_log", is_flag=True, help="Write the log of both adapters to stderr.")
@options
def command(
    scenario: str, messages: tuple[Path, ...], keep: Path | None, with_log: bool, config: Path, as_json: bool
) -> None:
    """Play a course between a hospital and a municipality: real messages, real cryptography, real SMTP on loopback.

    A throw-away PKI and two adapters with a store each are made; the clock is driven, so weeks take seconds. The demo
    ends with the table of exchanges and the ledger. With --message the given business messages are sent, their own
    sender and receiver becoming the two parties. A demo in a kept folder that was interrupted goes on where it was.

    \b
    Examples:
      adapter demo
      adapter demo --scenario sorum --json
      adapter demo --message ready.xml --keep /tmp/place
    """
    from adapter.observe.log import quieten_libraries

    quieten_libraries()
    if keep is not None:
        _play(keep, scenario, messages, with_log, as_json)
        return
    with tempfile.TemporaryDirectory(prefix="adapter-demo-") as folder:
        _play(Path(folder) / "place", scenario, messages, with_log, as_json)


def _play(folder: Path, scenario: str, messages: tuple[Path, ...], with_log: bool, as_json: bool) -> None:
    from adapter.observe.log import Silent, Stream
    from adapter.service import desk
    from adapter.service.accounts import known_stays, ledger_of
    from adapter.service.statements import drafts
    from adapter.service.views import transport_word
    from adapter.testing.demonstration import carry, play
    from adapter.testing.scenarios import SCENARIOS

    log = Stream() if with_log else Silent()
    with nullcontext(_silent) if with_log else progress("playing") as tick:
        if messages:
            letters = tuple((str(path), read_file(path)) for path in messages)
            curtain = asyncio.run(carry(folder, letters, log, tick))
        else:
            curtain = asyncio.run(play(folder, SCENARIOS[scenario](), log, tick))
    with desk.installation(curtain.place.hospital.config) as hospital:
        in_force = hospital.in_force.terms
        shown = ledger_of(hospital.settings, in_force, known_stays(hospital.store), curtain.ended)
        statements = drafts(hospital.settings, in_force, hospital.store, curtain.ended)
        proof = _prove(hospital, curtain, shown)
    name = "messages" if messages else scenario
    if as_json:
        print_json(_document(name, curtain, shown, statements, proof))
    else:
        _print(name, curtain, shown, statements, proof)
    good = all(transport_word(one.exchange) == "acknowledged" and one.delivered_identical for one in curtain.played)
    good = good and (proof is None or proof.holds)
    sys.exit(0 if good else 1)


@dataclass(frozen=True, slots=True)
class Proof:
    """The evidence package of the dearest stay: where it lies, and whether every check of it holds, offline."""

    stay: str
    file: Path
    checks: int
    holds: bool


def _prove(hospital: Installation, curtain: Curtain, shown: Ledger) -> Proof | None:
    """Write the evidence of the stay with the most nights and check it with nothing but its own octets."""
    from adapter.evidence.verify import verify
    from adapter.service.dossier import export

    if not shown.rows:
        return None
    stay = max(shown.rows, key=lambda row: len(row.nights)).stay
    file = curtain.place.folder / f"evidence-{stay}.zip"
    file.write_bytes(export(hospital, stay, curtain.ended, anonymised=False).package)
    report = verify(file.read_bytes())
    return Proof(stay, file, len(report.lines), report.holds)


def _document(
    name: str, curtain: Curtain, shown: Ledger, statements: tuple[Statement, ...], proof: Proof | None
) -> Json:
    from adapter.service.views import apprec_word, transport_word

    exchanges: list[Json] = [
        {
            "type": one.type,
            "from": one.sender,
            "to": one.receiver,
            "transport": transport_word(one.exchange),
            "apprec": apprec_word(one.exchange),
            "delivered_identical": one.delivered_identical,
        }
        for one in curtain.played
    ]
    totals: dict[str, Json] = {"exchanges": len(exchanges)}
    return {
        "scenario": name,
        "exchanges": exchanges,
        "stays": [stay_json(row) for row in shown.rows],
        "totals": totals
        | totals_json(shown)
        | _places(name)
        | {"statements": [_total(one) for one in statements]}
        | {"evidence": None if proof is None else {"stay": proof.stay, "checks": proof.checks, "holds": proof.holds}},
    }


def _total(one: Statement) -> Json:
    return {
        "statement": one.id,
        "month": str(one.month),
        "stays": len(one.lines),
        "nights": one.nights,
        "amount_nok": one.amount_nok,
    }


def _places(name: str) -> dict[str, Json]:
    """What the Sørum example says of its earmarked places."""
    from adapter.testing.scenarios import most_places_in_use, sorum

    if name != "sorum":
        return {}
    scenario = sorum()
    return {
        "earmarked_stays": sum(stay.place is not None for stay in scenario.stays),
        "earmarked_places_most_in_use": most_places_in_use(scenario),
    }


def _print(name: str, curtain: Curtain, shown: Ledger, statements: tuple[Statement, ...], proof: Proof | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from adapter.service.views import apprec_word, transport_word
    from adapter.values import OSLO

    console = Console(width=None if Console().is_terminal else 140)
    table = Table(title=f"Exchanges ({name})", box=None, title_justify="left")
    for head in ("at", "message", "from", "to", "transport", "AppRec", "inbox identical"):
        table.add_column(head)
    for one in curtain.played:
        table.add_row(
            f"{one.exchange.created_at.astimezone(OSLO):%Y-%m-%d %H:%M:%S}",
            one.type,
            one.sender,
            one.receiver,
            transport_word(one.exchange),
            apprec_word(one.exchange) or "",
            "yes" if one.delivered_identical else "NO",
        )
    console.print(table)
    console.print()
    console.print("Ledger of the hospital", style="italic")
    print_ledger(shown)
    for drawn in statements:
        console.print(_statement_line(drawn), highlight=False)
    if proof is not None:
        verdict = "every check of it holds, offline" if proof.holds else "NOT EVERY CHECK OF IT HOLDS"
        console.print(f"Evidence {proof.file.name}: {proof.checks} checks; {verdict}", highlight=False)
    if name == "sorum":
        places = _places(name)
        console.print(
            f"{places['earmarked_stays']} stays on earmarked places, at most "
            f"{places['earmarked_places_most_in_use']} places in use on any date (invented to fit the published story)",
            highlight=False,
        )
    if curtain.place.folder.parent.name.startswith("adapter-demo-"):
        return
    console.print(f"Everything is left in {curtain.place.folder}: try `adapter list --config", end=" ")
    console.print(f"{curtain.place.municipality.config}`")


def _silent(done: int, total: int) -> None:
    """No bar: the log is being written to the same place."""


def _statement_line(one: Statement) -> str:
    from adapter.liability.wording import kroner

    amount = "price missing" if one.amount_nok is None else kroner(one.amount_nok)
    parties = f"{one.hospital.name or one.hospital.her} to {one.municipality.name or one.municipality.her}"
    basis = f"policy {', '.join(one.policies)}, prices {one.rates_version}"
    return f"Statement {one.month}, {parties}: {len(one.lines)} stays, {one.nights} nights, {amount} ({basis})"
