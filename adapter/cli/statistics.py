"""`adapter statistics`: waits, answers and costs, anonymised."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.her_ids import HER_ID
from adapter.cli.moments import MOMENT
from adapter.cli.output import Json, options, print_json

if TYPE_CHECKING:
    from adapter.liability.statistics import Figures, Statistics
    from adapter.values import HerId

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("statistics")
@click.option("--from", "first", type=_DAY, metavar="DATE", help="Only stays with notice of readiness from this date.")
@click.option("--to", "last", type=_DAY, metavar="DATE", help="Only stays with notice up to and including this date.")
@click.option("--by", type=click.Choice(["hospital", "ward", "weekday", "hour", "sender"]), help="A row for each.")
@click.option("--municipality", type=HER_ID, help="Only stays seen from this municipality (its level-1 HER-id).")
@click.option("--hospital", type=HER_ID, help="Only stays in this hospital (its level-1 HER-id).")
@click.option("--as-of", type=MOMENT, help="Evaluate then; now if left out.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values, one line a group, the whole first.")
@options
def command(
    first: datetime | None,
    last: datetime | None,
    by: str | None,
    municipality: HerId | None,
    hospital: HerId | None,
    as_of: datetime | None,
    as_csv: bool,
    config: Path,
    as_json: bool,
) -> None:
    """Show what the stays have in common: payable nights beside nights waited, answer times, shares, reasons.

    Nothing names a patient. What fewer stays than `liability.smallest_cell` would say is hidden.

    \b
    Examples:
      adapter statistics --json
    """
    from adapter.liability.statistics import By
    from adapter.service import desk
    from adapter.service.clock import MachineClock
    from adapter.service.observing import statistics_of
    from adapter.service.terms import terms

    with desk.store(config) as (settings, store):
        found = statistics_of(
            settings,
            terms(settings),
            store,
            By(by) if by is not None else None,
            as_of or MachineClock().now(),
            (hospital, municipality),
            first.date() if first is not None else date.min,
            last.date() if last is not None else date.max,
        )
    if as_json:
        print_json(_json(found))
    elif as_csv:
        click.echo(_csv(found), nl=False)
    else:
        _print(found, by)


def _figures(figures: Figures) -> dict[str, Json]:
    from dataclasses import fields

    return {field.name: getattr(figures, field.name) for field in fields(figures)}


def _json(found: Statistics) -> Json:
    return {
        "whole": _figures(found.whole),
        "groups": [_figures(one.figures) | {"name": one.name, "hidden": one.hidden} for one in found.groups],
        "nights_not_payable": dict(found.unpaid),
        "npr_8477": {str(code): count for code, count in found.npr},
        "smallest_cell": found.smallest_cell,
    }


def _csv(found: Statistics) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = list(_figures(found.whole))
    writer.writerow(["group", *heads])
    for name, figures in [("all", found.whole), *((one.name, one.figures) for one in found.groups)]:
        writer.writerow([name, *_figures(figures).values()])
    return out.getvalue()


_HEADS = {
    "cases": "cases",
    "patients": "patients",
    "cases_with_cost": "with cost",
    "nights_payable": "payable",
    "nights_waited": "waited",
    "nights_skde": "SKDE",
    "amount_known_nok": "NOK",
    "median_hours_to_answer": "median h\nto answer",
    "share_answered_same_date": "answered\nsame date",
    "share_admission_notice_in_24h": "§ 8 notice\nin 24 h",
    "share_with_withdrawal": "with\navmelding",
    "notices_receipt_negative": "AppRec\nnegative",
    "notices_receipt_missing": "AppRec\nmissing",
}


def _print(found: Statistics, by: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if Console().is_terminal else 170)
    table = Table(box=None)
    table.add_column(by or "")
    for head in _HEADS.values():
        table.add_column(head, justify="right")
    for name, figures in [("all", found.whole), *((one.name, one.figures) for one in found.groups)]:
        cells = _figures(figures)
        table.add_row(name, *("·" if cells[key] is None else str(cells[key]) for key in _HEADS))
    console.print(table)
    told = [f"{reason} {'·' if count is None else count}" for reason, count in found.unpaid]
    console.print(f"nights waited that were not payable: {', '.join(told) or 'none'}", highlight=False)
    codes = [f"{code}: {'·' if count is None else count}" for code, count in found.npr]
    console.print(f"points in time by code of list 8477: {', '.join(codes) or 'none'}", highlight=False)
    console.print(f"· is hidden (fewer than {found.smallest_cell} stays) or has nothing to it", highlight=False)
