"""`adapter show`: everything known of one exchange."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.output import Json, options, print_json

if TYPE_CHECKING:
    from adapter.store.port import Exchange, Mail, Reader


@click.command("show")
@click.argument("id_", metavar="ID")
@click.option("--payload", is_flag=True, help="Print the business message itself, byte for byte, and nothing else.")
@click.option(
    "--attachments",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write the files that go with the message, inside it and beside it, into FOLDER.",
)
@options
def command(id_: str, payload: bool, attachments: Path | None, config: Path, as_json: bool) -> None:
    """Show an exchange by its id, the beginning of its id, or its MsgId: state, ids, digests, journal, facts.

    What is shown holds no patient data; `--payload` prints the message itself, and `--attachments` writes what goes
    with it. The files have names of ours, and none that lies there is overwritten. All are lines of `adapter audit`.

    \b
    Examples:
      adapter show 5f1d4b7a
      adapter show 5f1d4b7a --payload > message.xml
      adapter show 5f1d4b7a --attachments files/
    """
    from adapter.cli.operating import write_down
    from adapter.cli.output import write_file
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.clock import MachineClock

    if attachments is not None:
        if payload:
            raise click.UsageError("--payload and --attachments are two things; ask for one")
        _extract(id_, attachments, config, as_json=as_json)
        return
    if payload and as_json:
        raise click.UsageError("--payload prints the message itself, not JSON; leave --json out")
    with desk.store(config) as (settings, store):
        if payload:
            found = store.read_now(lambda reader: desk.find_exchange(reader, id_))
            write_down(store, Did.PAYLOAD_READ, found.id)
            content = store.read_now(lambda reader: _payload(reader, found.id))
            write_file(Path("-"), content)
            return
        folder = settings.inbox.folder
        now = MachineClock().now()

        def look(reader: Reader) -> dict[str, Json]:
            mail = reader.mail(id_)
            if mail is not None and mail.exchange_id is None:
                return _mail(mail)
            from adapter.service.views import row

            exchange = desk.find_exchange(reader, id_)
            return asdict(row(reader, exchange, now)) | _exchange(reader, exchange, folder)

        shown = store.read_now(look)
        write_down(store, Did.EXCHANGE_READ, str(shown["id"]))
    if as_json:
        print_json(shown)
    else:
        _print(shown)


def _extract(id_: str, folder: Path, config: Path, *, as_json: bool) -> None:
    from adapter.cli.operating import write_down
    from adapter.service import desk
    from adapter.service.access import Did
    from adapter.service.extracting import extracts, write_all

    with desk.store(config) as (_, store):
        found = store.read_now(lambda reader: desk.find_exchange(reader, id_))
        write_down(store, Did.PAYLOAD_READ, found.id)
        content = store.read_now(lambda reader: _payload(reader, found.id))
        beside = store.read_now(lambda reader: tuple(reader.blob(one) for one in reader.beside(found.id)))
    files = extracts(content, beside)
    written = write_all(folder, files)
    if as_json:
        print_json([{"file": str(path), "sha256": one.digest.value} for path, one in zip(written, files, strict=True)])
        return
    for path in written:
        click.echo(str(path))
    if not written:
        click.echo("Nothing goes with this message.", err=True)


def _payload(reader: Reader, id_: str) -> bytes:
    from adapter.errors import EXCHANGE_UNFIT, AdapterError
    from adapter.service import desk

    exchange = desk.find_exchange(reader, id_)
    if exchange.payload is None:
        raise AdapterError(EXCHANGE_UNFIT, "it has no payload")
    return reader.blob(exchange.payload)


def _exchange(reader: Reader, exchange: Exchange, inbox: Path) -> dict[str, Json]:
    from adapter.envelope.shown import shown_action, shown_service, shown_type
    from adapter.lookups.packaged import codes
    from adapter.messages.codes import CodeLists
    from adapter.service.dossier import gone_octets
    from adapter.service.receipt_errors import receipt_errors
    from adapter.store.port import FactFilter
    from adapter.values import Moment, utc_text

    file = inbox / f"{exchange.id}.xml"
    transport, receipt = exchange.transport, exchange.receipt
    return {
        "message_id": exchange.message_id.value if exchange.message_id is not None else None,
        "conversation_id": exchange.conversation_id,
        "cpa_id": exchange.cpa_id,
        "service": shown_service(exchange.service) if exchange.service is not None else None,
        "action": shown_action(exchange.action) if exchange.action is not None else None,
        "from": exchange.sender.value,
        "to": exchange.receiver.value,
        "generated": exchange.generated.text if exchange.generated is not None else None,
        "payload_sha256": exchange.payload.value if exchange.payload is not None else None,
        "sealed_sha256": exchange.sealed.value if exchange.sealed is not None else None,
        "removed_by_retention": [{"octets": what, "at": utc_text(at)} for what, at in gone_octets(reader, exchange)],
        "inbox_file": str(file) if file.is_file() else None,
        "transmissions": transport.resends + 1 if transport is not None and transport.first_sent is not None else None,
        "first_sent": utc_text(transport.first_sent) if transport is not None and transport.first_sent else None,
        "apprec_state": receipt.state.value if receipt is not None else None,
        "apprec_errors": list(receipt.errors) if receipt is not None else [],
        "apprec_said": [asdict(one) for one in receipt_errors(reader, exchange, CodeLists.parse(codes()))],
        "receipt_for": exchange.receipt_for,
        "answers": exchange.answers,
        "related": [
            {"exchange": one.id, "type": shown_type(one.type), "direction": one.direction.value}
            for one in reader.related(exchange.id)
        ],
        "facts": [
            {
                "seq": one.seq,
                "what": type(one.entry.fact.what).__name__,
                "when": utc_text(one.entry.fact.when.instant)
                if isinstance(one.entry.fact.when, Moment)
                else one.entry.fact.when.isoformat(),
                "how": one.entry.fact.how.value,
                "digest": one.entry.fact.digest.value if one.entry.fact.digest is not None else None,
            }
            for one in reader.facts(FactFilter(exchange_id=exchange.id))
        ],
        "journal": [
            {"at": utc_text(entry.at), "what": entry.what, "detail": entry.detail}
            for entry in reader.journal(exchange.id)
        ],
    }


def _mail(mail: Mail) -> dict[str, Json]:
    from adapter.delivery.receiver import next_step
    from adapter.values import utc_text

    reception = mail.reception
    return {
        "id": mail.id,
        "type": "mail",
        "state": reception.state.value,
        "received": utc_text(reception.received),
        "reason": reception.reason,
        "next_step": next_step(reception),
        "raw_sha256": mail.raw.value,
    }


def _print(shown: dict[str, Json]) -> None:
    for key, value in shown.items():
        if isinstance(value, list):
            if value:
                click.echo(f"{key}:")
            for entry in value:
                parts = entry.values() if isinstance(entry, dict) else [entry]
                click.echo("  " + "  ".join(str(part) for part in parts if part not in {None, ""}))
        elif value not in {None, ""}:
            click.echo(f"{key:16} {value}")
