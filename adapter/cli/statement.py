"""`adapter statement`: the monthly statement of a hospital to a municipality, its corrections, and the other side's."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.her_ids import HER_ID
from adapter.cli.moments import MOMENT
from adapter.cli.output import Json, options, print_json, read_file, write_file

if TYPE_CHECKING:
    from adapter.liability.comparison import Comparison
    from adapter.liability.statement import Month, Statement
    from adapter.store.port import IssuedStatement
    from adapter.values import HerId


class MonthType(click.ParamType["Month"]):
    """A calendar month, `2012-03`."""

    name = "MONTH"

    def convert(self, value: object, param: click.Parameter | None, context: click.Context | None) -> Month:
        from adapter.liability.statement import Month

        try:
            return value if isinstance(value, Month) else Month.of(str(value))
        except ValueError as error:
            self.fail(str(error), param, context)


_MONTH = click.option("--month", type=MonthType(), required=True, help="The month, as 2012-03.")
_MUNICIPALITY = click.option("--municipality", type=HER_ID, help="Its level-1 HER-id; needed where there are several.")
_HOSPITAL = click.option("--hospital", type=HER_ID, help="Its level-1 HER-id; needed where there are several.")
_AS_OF = click.option("--as-of", type=MOMENT, help="Evaluate then; now if left out.")
_OUT = click.option(
    "-o", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write CSV, JSON, HTML here."
)
_LANGUAGE = click.option(
    "--language", type=click.Choice(["en", "nb"]), default="en", show_default=True, help="Of the HTML page."
)


@click.group("statement")
def command() -> None:
    """The monthly statement between a hospital and a municipality: a basis for invoicing, and for controlling one.

    \b
    Examples:
      adapter statement make --month 2012-03 -o statements
      adapter statement issue --month 2012-03 --municipality 8140020 --hospital 8140010
      adapter statement compare theirs.csv --month 2012-03
    """


@command.command("make")
@_MONTH
@_MUNICIPALITY
@_HOSPITAL
@_AS_OF
@_OUT
@_LANGUAGE
@options
def make_command(
    month: Month,
    municipality: HerId | None,
    hospital: HerId | None,
    as_of: datetime | None,
    folder: Path | None,
    language: str,
    config: Path,
    as_json: bool,
) -> None:
    """Show what would be issued: the month's nights or, if it was issued, what has changed since. Nothing is kept.

    \b
    Examples:
      adapter statement make --month 2012-03 -o statements
    """
    from adapter.cli.operating import write_down
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.clock import MachineClock
    from adapter.service.statements import make, pair_of
    from adapter.service.terms import terms

    with desk.store(config) as (settings, store):
        pair = pair_of(settings, terms(settings), store, municipality, hospital)
        made = make(settings, terms(settings), store, month, pair, as_of or MachineClock().now())
        write_down(store, Did.STATEMENT_READ)
    _write(made, None, folder, language)
    _show(made, None, as_json)


@command.command("issue")
@_MONTH
@_MUNICIPALITY
@_HOSPITAL
@_AS_OF
@_OUT
@_LANGUAGE
@options
def issue_command(
    month: Month,
    municipality: HerId | None,
    hospital: HerId | None,
    as_of: datetime | None,
    folder: Path | None,
    language: str,
    config: Path,
    as_json: bool,
) -> None:
    """Keep the month's statement for ever. For a month that was issued, keep a correction, if anything has changed.

    \b
    Examples:
      adapter statement issue --month 2012-03 --municipality 8140020 --hospital 8140010
    """
    from adapter.cli.operating import write_down
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.clock import MachineClock
    from adapter.service.statements import issue, make, pair_of
    from adapter.service.terms import terms

    now = MachineClock().now()
    with desk.store(config) as (settings, store):
        pair = pair_of(settings, terms(settings), store, municipality, hospital)
        made = make(settings, terms(settings), store, month, pair, as_of or now)
        issued = issue(store, made, now)
        write_down(store, Did.STATEMENT_ISSUED, issued.id if issued is not None else "")
    if issued is None and not as_json:
        click.echo(f"Nothing has changed since {made.month} was issued; there is nothing to correct.")
        return
    if issued is not None:
        _write(made, issued, folder, language)
    _show(made, issued, as_json)


@command.command("list")
@_MUNICIPALITY
@_HOSPITAL
@options
def list_command(municipality: HerId | None, hospital: HerId | None, config: Path, as_json: bool) -> None:
    """List what was issued.

    \b
    Examples:
      adapter statement list
    """
    from adapter.liability.statement_text import read_statement
    from adapter.service import desk
    from adapter.values import oslo_text

    with desk.store(config) as (_, store):
        issued = store.read_now(lambda reader: reader.statements(hospital, municipality))
    if as_json:
        print_json([_issued_json(one) for one in issued])
        return
    for one in issued:
        read = read_statement(one.content)
        amount = "price missing" if read.amount_nok is None else f"NOK {read.amount_nok}"
        kind = "correction" if read.is_correction else "statement"
        click.echo(f"{one.id}  {kind:10}  {read.nights:4} nights  {amount:>14}  issued {oslo_text(one.issued_at)}")
    if not issued:
        click.echo("No statement was issued.")


@command.command("show")
@click.argument("name", metavar="NAME")
@_OUT
@_LANGUAGE
@options
def show_command(name: str, folder: Path | None, language: str, config: Path, as_json: bool) -> None:
    """Show an issued statement as it was issued. NAME is what `adapter statement list` shows.

    \b
    Examples:
      adapter statement show 2012-03-8140010-8140020-1
    """
    from adapter.cli.operating import write_down
    from adapter.liability.statement_text import read_statement
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.statements import issued_statement

    with desk.store(config) as (_, store):
        issued = issued_statement(store, name)
        write_down(store, Did.STATEMENT_READ, issued.id)
    read = read_statement(issued.content)
    _write(read, issued, folder, language)
    _show(read, issued, as_json)


@command.command("compare")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@_MONTH
@_MUNICIPALITY
@_HOSPITAL
@_AS_OF
@options
def compare_command(
    file: Path,
    month: Month,
    municipality: HerId | None,
    hospital: HerId | None,
    as_of: datetime | None,
    config: Path,
    as_json: bool,
) -> None:
    """Compare the other side's statement with ours: what they have, what we have, and why. Exit 1 if they differ.

    How FILE.csv is written stands in [liability.import] of the configuration; without it, our own form is expected.

    \b
    Examples:
      adapter statement compare theirs.csv --month 2012-03
    """
    from adapter.cli.operating import write_down
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.clock import MachineClock
    from adapter.service.comparing import compare
    from adapter.service.statements import pair_of
    from adapter.service.terms import terms

    content = read_file(file)
    with desk.store(config) as (settings, store):
        pair = pair_of(settings, terms(settings), store, municipality, hospital)
        compared = compare(settings, terms(settings), store, content, month, pair, as_of or MachineClock().now())
        write_down(store, Did.STATEMENT_READ)
    if as_json:
        print_json(_comparison_json(compared))
    else:
        _print_comparison(compared)
    sys.exit(0 if compared.agrees else 1)


def _issued_json(one: IssuedStatement) -> dict[str, Json]:
    from adapter.values import utc_text

    document: dict[str, Json] = json.loads(one.content)
    return document | {"issued_at": utc_text(one.issued_at), "digest": one.digest.value}


def _show(one: Statement, issued: IssuedStatement | None, as_json: bool) -> None:
    from adapter.liability.statement_text import write_statement

    if as_json:
        document: dict[str, Json] = json.loads(write_statement(one))
        print_json(_issued_json(issued) if issued is not None else document | {"issued_at": None, "digest": None})
        return
    from adapter.liability.wording import kroner

    kind = "Correction" if one.is_correction else "Statement"
    said = f"{kind} {one.id}, {'issued' if issued is not None else 'not issued'}"
    click.echo(f"{said}: {one.hospital.name or one.hospital.her} to {one.municipality.name or one.municipality.her}")
    for line in one.lines:
        amount = "price missing" if line.amount_nok is None else kroner(line.amount_nok)
        days = f"{line.entries[0].date} to {line.entries[-1].date}"
        why = f"{line.start_reason} / {line.end_reason}"
        click.echo(
            f"  {line.stay}  {line.nights:+4} nights  {days}  {amount:>12}  {why}  {' '.join(line.flags)}".rstrip()
        )
    total = "no total, because a price is missing" if one.amount_nok is None else kroner(one.amount_nok)
    click.echo(f"{one.nights} nights, {total}; policy {', '.join(one.policies) or '-'}, prices {one.rates_version}")


def _write(one: Statement, issued: IssuedStatement | None, folder: Path | None, language: str) -> None:
    from adapter.errors import FILE_UNREADABLE, AdapterError
    from adapter.liability.rules import Language
    from adapter.liability.statement_page import statement_page
    from adapter.liability.statement_text import statement_csv, write_statement

    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"{folder}: {error.strerror}") from None
    name = one.id if issued is not None else f"draft-{one.id}"
    page = statement_page(one, Language(language), issued.issued_at if issued is not None else None)
    write_file(folder / f"{name}.json", issued.content if issued is not None else write_statement(one))
    write_file(folder / f"{name}.csv", statement_csv(one).encode())
    write_file(folder / f"{name}.html", page.encode())
    click.echo(f"written: {folder / name}.json, .csv, .html", err=True)


def _comparison_json(compared: Comparison) -> Json:
    return {
        "agrees": compared.agrees,
        "ours": {"nights": compared.our_nights, "amount_nok": compared.our_nok},
        "theirs": {"nights": compared.their_nights, "amount_nok": compared.their_nok},
        "by_reason": dict(compared.by_reason),
        "stays": [
            {
                "stay": one.stay,
                "references": list(one.references),
                "matched_by": one.matched_by.value if one.matched_by is not None else None,
                "our_nights": one.our_nights,
                "their_nights": one.their_nights,
                "our_amount_nok": one.our_nok,
                "their_amount_nok": one.their_nok,
                "differences": [
                    {"date": gap.date.isoformat() if gap.date else None, "kind": gap.kind.value, "reason": gap.reason}
                    for gap in one.gaps
                ],
            }
            for one in compared.stays
        ],
        "unmatched": [
            {
                "line": one.number,
                "reference": one.reference,
                "first": one.first.isoformat(),
                "last": one.last.isoformat(),
                "nights": one.nights,
                "amount_nok": one.amount,
            }
            for one in compared.unmatched
        ],
    }


def _print_comparison(compared: Comparison) -> None:
    for one in compared.stays:
        if not one.gaps:
            continue
        by = f"matched by {one.matched_by.value}" if one.matched_by is not None else "they do not have it"
        click.echo(f"{one.stay} ({by}): ours {one.our_nights} nights, theirs {one.their_nights}")
        for gap in one.gaps:
            click.echo(f"  {gap.date or 'in all':}  {gap.kind.value}: {gap.reason}")
    for line in compared.unmatched:
        click.echo(
            f"line {line.number} fits no stay of ours: {line.reference or 'no reference'}, {line.first} to {line.last}"
        )
    click.echo(
        f"ours {compared.our_nights} nights, NOK {_nok(compared.our_nok)}; "
        f"theirs {compared.their_nights} nights, NOK {_nok(compared.their_nok)}"
    )
    if compared.by_reason:
        click.echo("differences by reason: " + ", ".join(f"{reason} {count}" for reason, count in compared.by_reason))
    click.echo("the two agree" if compared.agrees else "the two differ")


def _nok(amount: int | None) -> str:
    return "unknown" if amount is None else str(amount)
