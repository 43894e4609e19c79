"""`adapter liability`: the decision for one case file, or for a folder of them; no store, no daemon."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.output import Json, options, print_json, read_file
from adapter.cli.progress import progress

if TYPE_CHECKING:
    from adapter.liability.mistakes import Mistakes
    from adapter.service.batch import Bad, Decided, Pair


@click.command("liability")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[CASE.json]")
@click.option("--batch", "folder", type=click.Path(path_type=Path), metavar="FOLDER", help="Decide every file in it.")
@click.option(
    "--diff",
    nargs=2,
    metavar="POLICY_A POLICY_B",
    help="With --batch: what would B have cost, against A? Names of profiles, or TOML files.",
)
@click.option("--csv", "as_csv", is_flag=True, help="With --batch: comma-separated values, one line a file.")
@click.option("--language", type=click.Choice(["en", "nb"]), default="en", show_default=True, help="Of the sentences.")
@options
def command(
    file: Path | None,
    folder: Path | None,
    diff: tuple[str, str] | None,
    as_csv: bool,
    language: str,
    config: Path,
    as_json: bool,
) -> None:
    """Decide the stay in CASE.json (or `-`): payable nights, kroner, reasons, and what a person should look at.

    A file of another shape is refused with every mistake at once. Facts that contradict each other are a decision
    with flags. With --batch every case file of a folder is decided; bad files are listed at the end, with exit code 2.

    \b
    Examples:
      adapter liability case.json
      adapter liability case.json --json
      adapter liability --batch cases --diff NO-BASE our-agreement.toml
    """
    if (file is None) == (folder is None):
        raise click.UsageError("Name one CASE.json, or a folder with --batch FOLDER.")
    if folder is not None:
        sys.exit(_batch(folder, diff, as_csv=as_csv, as_json=as_json))
    if diff is not None or as_csv:
        raise click.UsageError("--diff and --csv go with --batch FOLDER.")
    assert file is not None
    _one(file, language, as_json)


def _one(file: Path, language: str, as_json: bool) -> None:
    from adapter.liability.casefile import read_case
    from adapter.liability.explain import explained
    from adapter.liability.mistakes import Mistakes
    from adapter.liability.readings import read_both
    from adapter.liability.result import result_json
    from adapter.liability.rules import Language
    from adapter.service.terms import terms

    shipped = terms(None)
    case = read_case(read_file(file), shipped.profiles)
    if isinstance(case, Mistakes):
        _tell(file, case)
        click.get_current_context().exit(2)
    readings = read_both(case.case, case.profile, shipped.baseline, shipped.rates, case.as_of)
    if as_json:
        click.echo(result_json(readings))
    else:
        click.echo("\n".join(explained(readings, Language(language))))


def _tell(file: Path, mistakes: Mistakes) -> None:
    count = len(mistakes.all)
    click.echo(f"{file} is no case file; {count} {'mistake' if count == 1 else 'mistakes'} to correct:", err=True)
    for line in mistakes.lines():
        click.echo(f"  {line}", err=True)


# ── a folder ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _batch(folder: Path, diff: tuple[str, str] | None, *, as_csv: bool, as_json: bool) -> int:
    """Decide the folder and show it; gives the exit code."""
    from adapter.service.batch import Bad, Decided, Pair, case_files, decide_all, policy_named
    from adapter.service.terms import terms

    shipped = terms(None)
    pair = Pair(policy_named(diff[0], shipped.profiles), policy_named(diff[1], shipped.profiles)) if diff else None
    with progress("deciding") as tick:
        results = list(decide_all(case_files(folder), shipped, pair, tick))
    decided = [one for one in results if isinstance(one, Decided)]
    bad = [one for one in results if isinstance(one, Bad)]
    if as_json:
        print_json(_document(decided, bad, pair))
    elif as_csv:
        click.echo(_csv(decided, pair), nl=False)
    else:
        _print(decided, pair)
    for one in bad:
        click.echo(f"{one.file} is no case file:", err=True)
        for mistake in one.mistakes:
            click.echo(f"  {mistake}", err=True)
    if bad:
        click.echo(f"{len(bad)} of {len(results)} files were left out", err=True)
    return 2 if bad else 0


def _totals(decided: Sequence[Decided], pair: Pair | None) -> dict[str, Json]:
    priced = all(one.amount_nok is not None for one in decided)
    known = sum(one.known_nok for one in decided)
    totals: dict[str, Json] = {
        "files": len(decided),
        "files_with_cost": sum(bool(one.nights) for one in decided),
        "nights": sum(one.nights for one in decided),
        "amount_nok": known if priced else None,
        "amount_known_nok": known,
    }
    if pair is None:
        return totals
    against = sum(one.against_known_nok for one in decided)
    return totals | {
        "against": {
            "policy": pair.first.cited,
            "nights": sum(one.against_nights for one in decided),
            "amount_nok": against if all(one.against_nok is not None for one in decided) else None,
            "amount_known_nok": against,
        },
        "files_that_differ": sum(one.differs for one in decided),
        "nights_more": sum(one.nights - one.against_nights for one in decided),
        "known_nok_more": known - against,
    }


def _row(one: Decided, pair: Pair | None) -> dict[str, Json]:
    row: dict[str, Json] = {
        "file": one.file,
        "nights": one.nights,
        "amount_nok": one.amount_nok,
        "start_reason": one.start_reason,
        "end_reason": one.end_reason,
        "flags": list(one.flags),
        "policy": one.policy,
        "changed_by": list(one.changed_by),
    }
    if pair is None:
        return row
    return row | {"against_nights": one.against_nights, "against_nok": one.against_nok, "differs": one.differs}


def _document(decided: Sequence[Decided], bad: Sequence[Bad], pair: Pair | None) -> Json:
    return {
        "files": [_row(one, pair) for one in decided],
        "bad": [{"file": one.file, "mistakes": list(one.mistakes)} for one in bad],
        "totals": _totals(decided, pair),
    }


def _csv(decided: Sequence[Decided], pair: Pair | None) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = ["file", "nights", "amount_nok", "start_reason", "end_reason", "flags", "policy", "changed_by"]
    heads += ["against_nights", "against_nok", "differs"] if pair is not None else []
    writer.writerow(heads)
    for one in decided:
        cells = _row(one, pair)
        writer.writerow([" ".join(map(str, c)) if isinstance(c := cells[head], list) else c for head in heads])
    return out.getvalue()


def _print(decided: Sequence[Decided], pair: Pair | None) -> None:
    from adapter.liability.wording import kroner

    for one in decided:
        if pair is not None and not one.differs:
            continue
        amount = "price missing" if one.amount_nok is None else kroner(one.amount_nok)
        keys = f"  {', '.join(one.changed_by)}" if one.changed_by else ""
        against = f" against {one.against_nights}" if pair is not None else ""
        click.echo(
            f"{one.nights:4} nights{against}  {amount:>14}  {one.start_reason} / {one.end_reason}  {one.file}{keys}"
        )
    known = sum(one.known_nok for one in decided)
    nights = sum(one.nights for one in decided)
    missing = "" if all(one.amount_nok is not None for one in decided) else ", with prices missing"
    click.echo(f"{len(decided)} files, {nights} nights, {kroner(known)}{missing}")
    if pair is not None:
        before_nights, before = sum(o.against_nights for o in decided), sum(o.against_known_nok for o in decided)
        click.echo(f"under {pair.first.cited}: {before_nights} nights, {kroner(before)}")
        click.echo(
            f"under {pair.second.cited}: {nights} nights, {kroner(known)}; {nights - before_nights:+} nights, "
            f"{known - before:+} NOK, {sum(one.differs for one in decided)} files differ"
        )
