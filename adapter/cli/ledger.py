"""`adapter ledger`: who owes how many nights?"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.her_ids import HER_ID
from adapter.cli.moments import MOMENT
from adapter.cli.output import Json, options, print_json
from adapter.cli.progress import progress

if TYPE_CHECKING:
    from adapter.liability.ledger import Ledger, Row
    from adapter.service.terms import Whose
    from adapter.store.port import Store
    from adapter.values import HerId

NATIONAL_ID_DIGITS = 11

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("ledger")
@click.option("--from", "first", type=_DAY, metavar="DATE", help="Only nights from this date on.")
@click.option("--to", "last", type=_DAY, metavar="DATE", help="Only nights up to and including this date.")
@click.option("--municipality", type=HER_ID, help="Only stays seen from this municipality (its level-1 HER-id).")
@click.option("--payer", type=HER_ID, help="Only the nights that this municipality pays, whoever had the notice.")
@click.option("--hospital", type=HER_ID, help="Only stays in this hospital (its level-1 HER-id).")
@click.option("--as-of", type=MOMENT, help="Evaluate then; now if left out.")
@click.option("--known-at", type=MOMENT, help="Only from what this store knew then, whenever it happened.")
@click.option(
    "--patient-file",
    type=click.Path(path_type=Path),
    help="Only the stays of the patient whose national id number stands in this file, or on stdin for -.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values, one line a stay.")
@options
def command(
    first: datetime | None,
    last: datetime | None,
    municipality: HerId | None,
    payer: HerId | None,
    hospital: HerId | None,
    as_of: datetime | None,
    known_at: datetime | None,
    patient_file: Path | None,
    as_csv: bool,
    config: Path,
    as_json: bool,
) -> None:
    """Show nights, kroner and reasons of every stay in the store, decided anew from its facts.

    A patient is found through a keyed hash of the national id number. The number is read from a file or from stdin,
    never from the command line, which the shell remembers and every user of the machine sees; each search is a line of
    `adapter audit`.

    The municipality that had the notice pays, unless the file liability.residences says otherwise. Where
    there are several payers, the table has a column of their nights; --payer shows what is one municipality's.

    \b
    Examples:
      adapter ledger
      adapter ledger --from 2012-03-01 --to 2012-03-31 --csv > march.csv
      adapter ledger --patient-file - --json
      adapter ledger --payer 8140020
    """
    from adapter.cli.operating import write_down
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.clock import MachineClock
    from adapter.service.ledgers import Question, ledger_of_store
    from adapter.service.terms import terms

    asked = Question(
        as_of or MachineClock().now(),
        municipality,
        hospital,
        known_at,
        first.date() if first is not None else date.min,
        last.date() if last is not None else date.max,
    )
    with desk.store(config) as (settings, store), progress("deciding") as tick:
        write_down(store, Did.LEDGER_READ)
        wanted = _pseudonym(store, patient_file) if patient_file is not None else None
        shown, known = ledger_of_store(settings, terms(settings), store, asked, tick)
    if wanted is not None:
        shown = replace(shown, rows=tuple(row for row in shown.rows if known[row.stay].patient == wanted))
    if payer is not None:
        shown = shown.billed_to(payer)
    if as_json:
        print_json(ledger_json(shown, known))
    elif as_csv:
        click.echo(_csv(shown, known), nl=False)
    else:
        print_ledger(shown)


def _pseudonym(store: Store, file: Path) -> str:
    """The pseudonym of the patient whose number stands in a file; the search is written down before it is made."""
    from adapter.cli.operating import write_down
    from adapter.cli.output import read_file
    from adapter.errors import INPUT_NOT_UNDERSTOOD, AdapterError
    from adapter.service.access import Did

    digits = "".join(read_file(file).decode("ascii", "replace").split())
    if len(digits) != NATIONAL_ID_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"{file} must hold one national id number of 11 digits, nothing else")
    pseudonym = store.pseudonym(digits).value
    write_down(store, Did.PATIENT_SEARCHED, pseudonym)
    return pseudonym


def ledger_json(shown: Ledger, known: dict[str, Whose]) -> Json:
    """The ledger as a document: the stays, and their totals."""
    return {
        "stays": [_row(row, known[row.stay]) for row in shown.rows],
        "totals": totals_json(shown),
        "rates_version": shown.rates_version,
    }


def totals_json(shown: Ledger) -> dict[str, Json]:
    """What all stays come to together."""
    return {
        "stays": len(shown.rows),
        "stays_with_cost": shown.with_cost,
        "nights": shown.nights,
        "amount_nok": shown.amount_nok,
        "amount_known_nok": shown.known_nok,
    }


def stay_json(row: Row) -> dict[str, Json]:
    """The keys that every list of stays has."""
    return {
        "stay": row.stay,
        "nights": len(row.nights),
        "amount_nok": row.amount_nok,
        "start_reason": row.start_reason.value,
        "end_reason": row.end_reason.value,
    }


def _row(row: Row, whose: Whose) -> dict[str, Json]:
    return stay_json(row) | {
        "amount_known_nok": row.known_nok,
        "first": _text(row.first),
        "last": _text(row.last),
        "flags": [flag.value for flag in row.flags],
        "hospital": whose.hospital.value,
        "municipality": whose.municipality.value if whose.municipality is not None else None,
        "payers": [
            {
                "municipality": None if payer is None else payer.value,
                "nights": sum(night.payer == payer for night in row.nights),
                "amount_nok": row.billed_to(payer).amount_nok,
            }
            for payer in row.payers
        ],
        "policy": row.policy,
        "changed_by": list(row.changed_by),
        "regulation_nights": row.regulation_nights,
    }


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _csv(shown: Ledger, known: dict[str, Whose]) -> str:
    out = io.StringIO()
    rows = [_row(row, known[row.stay]) | {"payers": _payers(row)} for row in shown.rows]
    heads = [
        *("stay", "hospital", "municipality", "nights", "amount_nok", "amount_known_nok", "first", "last"),
        *("start_reason", "end_reason", "flags", "policy", "changed_by", "regulation_nights", "payers"),
    ]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    for row in rows:
        cells = (row[head] for head in heads)
        writer.writerow([" ".join(map(str, cell)) if isinstance(cell, list) else cell for cell in cells])
    return out.getvalue()


def _payers(row: Row) -> str:
    """Who pays how many nights, as `100201:17 100301:13`; `?` is an unknown municipality."""
    nights = Counter("?" if night.payer is None else night.payer.value for night in row.nights)
    return " ".join(f"{payer}:{count}" for payer, count in nights.items())


def print_ledger(shown: Ledger) -> None:
    """The ledger as a table, and the sum below; with a column of payers where there are several."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for head in ("stay", "nights", "NOK", "first", "last", "from", "to", "flags"):
        table.add_column(head, justify="right" if head in {"nights", "NOK"} else "left", overflow="fold")
    several = len({payer for row in shown.rows for payer in row.payers}) > 1
    if several:
        table.add_column("payers", overflow="fold")
    for row in shown.rows:
        amount = f"{row.amount_nok:,}".replace(",", " ") if row.amount_nok is not None else "price missing"
        table.add_row(
            row.stay,
            str(len(row.nights)),
            amount,
            _text(row.first) or "-",
            _text(row.last) or "-",
            row.start_reason.value,
            row.end_reason.value,
            " ".join(flag.value for flag in row.flags),
            *([_payers(row)] if several else []),
        )
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table)
    amount = f"{shown.known_nok:,}".replace(",", " ")
    missing = "" if shown.amount_nok is not None else ", with prices missing"
    console.print(
        f"{len(shown.rows)} stays, {shown.with_cost} with cost, {shown.nights} nights, NOK {amount}{missing}",
        highlight=False,
    )
