"""`adapter inbox`: what has been received and not taken, and what waits for a person's decision."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.output import Json, options, print_json

if TYPE_CHECKING:
    from adapter.service.claiming import Waiting
    from adapter.service.installation import Installation

LEASE = timedelta(minutes=5)
"""How long a message that is being written to a file is ours alone."""

_ID = click.argument("id_", metavar="ID")
_REASON = click.option("--reason", required=True, help="Why, for the record; no patient data.")


@click.group("inbox")
def command() -> None:
    """Received messages that wait for the application, and those that are held until a person has decided."""


@command.command("list")
@click.option("--held", is_flag=True, help="Only what waits for a person's decision.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@options
def list_(held: bool, limit: int, config: Path, as_json: bool) -> None:
    """List what waits, the oldest first: for the application, and (`held`) for a person.

    \b
    Examples:
      adapter inbox list
      adapter inbox list --held --json
    """
    from adapter.cli.operating import caller_here
    from adapter.service import desk, holding
    from adapter.service.claiming import waiting
    from adapter.values import utc_text

    with desk.installation(config) as installation:
        rows: list[dict[str, Json]] = [
            _row("held", one.exchange.id, one.exchange.type, one.exchange.sender.value, utc_text(one.since), one.why)
            for one in holding.held(installation, limit=limit)
        ]
        if not held:
            rows += [_waiting(installation, one) for one in waiting(installation, caller_here(), limit)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo("  ".join(str(value) for value in row.values() if value))
    if not rows:
        click.echo("Nothing waits.")


@command.command("show")
@_ID
@options
def show(id_: str, config: Path, as_json: bool) -> None:
    """Show where a received message waits: the file in the inbox folder, or that it is to be claimed.

    \b
    Examples:
      adapter inbox show 5f1d4b7a
    """
    from adapter.errors import EXCHANGE_UNFIT, AdapterError
    from adapter.service import desk, holding
    from adapter.service.claiming import Waiting
    from adapter.values import utc_text

    with desk.installation(config) as installation:
        exchange = installation.store.read_now(lambda reader: desk.find_exchange(reader, id_))
        item = installation.store.read_now(lambda reader: reader.inbox_item(exchange.id))
        beside = installation.store.read_now(lambda reader: reader.beside(exchange.id))
        why = installation.store.read_now(lambda reader: holding.why_held(reader, exchange.id))
        if item is not None:
            row = _waiting(installation, Waiting(exchange, item, len(beside)))
        elif why is not None:
            since = utc_text(exchange.created_at)
            row = _row("held", exchange.id, exchange.type, exchange.sender.value, since, why)
        else:
            raise AdapterError(EXCHANGE_UNFIT, "it was never given to the application; `adapter show` says why")
    if as_json:
        print_json(row)
    else:
        for key, value in row.items():
            if value:
                click.echo(f"{key:10} {value}")


@command.command("take")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FOLDER")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True)
@options
def take(output: Path, limit: int, config: Path, as_json: bool) -> None:
    """Take what waits, as an application does over HTTP: written to FOLDER as ID.xml, and never given again.

    Needs `inbox.by = "api"`; with a folder the messages lie there already. Every message is a line of the audit log.

    \b
    Examples:
      adapter inbox take -o /var/lib/record-system/in
    """
    from adapter.cli.operating import caller_here
    from adapter.errors import FILE_UNREADABLE, AdapterError
    from adapter.service import claiming, desk, inbox

    caller, taken = caller_here(), list[Json]()
    if not output.is_dir():
        raise AdapterError(FILE_UNREADABLE, f"{output} is no folder")
    with desk.installation(config) as installation:
        for one in claiming.claim(installation, caller, limit, LEASE):
            file = output / f"{one.exchange.id}.xml"
            inbox.write_out(installation, one.item, file)
            claiming.confirm(installation, caller, one.exchange.id, one.item.fence)
            taken.append({"exchange": one.exchange.id, "type": one.exchange.type, "file": str(file)})
            if not as_json:
                click.echo(str(file))
    if as_json:
        print_json(taken)


@command.command("accept")
@_ID
@_REASON
@options
def accept(id_: str, reason: str, config: Path, as_json: bool) -> None:
    """Give a held message to the application, as if it had just arrived; it was received when it was received.

    \b
    Examples:
      adapter inbox accept 5f1d4b7a --reason "the partner confirmed by telephone that it is theirs"
    """
    from adapter.cli.operating import act
    from adapter.service import holding

    act(holding.accept, id_, reason, config, as_json=as_json)


@command.command("refuse")
@_ID
@_REASON
@click.option("--code", metavar="CODE", help="Send a negative AppRec with this code of list 8221, such as E36 or X99.")
@click.option("--text", default="", help="A short text with the code; no patient data.")
@options
def refuse(id_: str, reason: str, code: str | None, text: str, config: Path, as_json: bool) -> None:
    """Keep a held message from the application for good.

    \b
    Examples:
      adapter inbox refuse 5f1d4b7a --reason "forged: the partner knows nothing of it"
      adapter inbox refuse 5f1d4b7a --reason "a test in production" --code X99 --text "Testmelding"
    """
    from adapter.cli.operating import act
    from adapter.service import holding
    from adapter.service.claiming import refusal_code

    act(
        lambda installation, wanted, by: holding.refuse(
            installation, wanted, by, () if code is None else (refusal_code(installation.codes, code, text),)
        ),
        id_,
        reason,
        config,
        as_json=as_json,
    )


def _row(
    state: str, exchange: str, type_: str, sender: str, since: str, why: str = "", path: str = ""
) -> dict[str, Json]:
    from adapter.envelope.shown import shown_type

    return {
        "state": state,
        "exchange": exchange,
        "type": shown_type(type_),
        "sender": sender,
        "since": since,
        "why": why,
        "path": path,
    }


def _waiting(installation: Installation, one: Waiting) -> dict[str, Json]:
    from adapter.service.inbox import file_of
    from adapter.values import utc_text

    file, item = file_of(installation, one.exchange.id), one.item
    claimed = item.claimed_until is not None and item.claimed_until > installation.clock.now()
    state = "taken" if item.taken_at is not None else "claimed" if claimed else "waiting"
    path = str(file) if file.is_file() else ""
    return _row(
        state, one.exchange.id, one.exchange.type, one.exchange.sender.value, utc_text(item.received_at), "", path
    )
