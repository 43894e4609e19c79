"""`adapter token`: who may reach the HTTP interface, and for what."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.her_ids import HER_ID
from adapter.cli.output import Json, options, print_json

if TYPE_CHECKING:
    from adapter.store.access import AccessToken
    from adapter.values import HerId

_SCOPES = ("submit", "read", "operate", "economy")


@click.group("token", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Make, list and end bearer tokens. A change holds at once, also for a daemon that runs.

    \b
    Scopes:
      submit   hand in messages and answers, take messages from the inbox and receipt them
      read     see exchanges, and the messages themselves
      operate  resend, give up, see webhooks
      economy  see the ledger, explanations, statements and evidence; issue statements
    """


@command.command("add")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(_SCOPES), help="May be repeated.")
@click.option("--her", "hers", multiple=True, type=HER_ID, help="Only for this own party; may be repeated.")
@click.option("--days", type=click.IntRange(min=1), help="It ends after so many days; never, if left out.")
@options
def add(
    name: str, scopes: tuple[str, ...], hers: tuple[HerId, ...], days: int | None, config: Path, as_json: bool
) -> None:
    """Make a token for NAME and print it, once: only its SHA-256 is kept.

    \b
    Examples:
      adapter token add "record system" --scope submit --scope read --her 990102
      adapter token add economy --scope economy --days 365
    """
    from adapter.config import Scope
    from adapter.errors import PARTY_NOT_OURS, AdapterError
    from adapter.service import desk
    from adapter.service.access import new_token
    from adapter.service.clock import MachineClock

    with desk.store(config) as (settings, store):
        strangers = set(hers) - {party.her for party in settings.party}
        if strangers:
            raise AdapterError(PARTY_NOT_OURS, f"HER-id {min(strangers)}")
        life = None if days is None else timedelta(days=days)
        wanted = frozenset(Scope(scope) for scope in scopes)
        token, secret = new_token(store, MachineClock().now(), name, wanted, frozenset(hers), life)
    if as_json:
        print_json({**_json(token), "token": secret})
        return
    click.echo(secret)
    click.echo(f"the token of {name}, id {token.id}; it is shown this once", err=True)


@command.command("list")
@options
def list_command(config: Path, as_json: bool) -> None:
    """List every token, without its secret.

    \b
    Examples:
      adapter token list
    """
    from adapter.service import desk

    with desk.store(config) as (_, store):
        tokens = store.read_now(lambda reader: reader.tokens())
    if as_json:
        print_json([_json(token) for token in tokens])
        return
    for token in tokens:
        hers = " ".join(her.value for her in token.parties) or "every own party"
        end = "revoked" if token.revoked_at else f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "no end"
        click.echo(f"{token.id}  {token.name}  {' '.join(token.scopes)}  {hers}  {end}")
    if not tokens:
        click.echo("There is no token.")


@command.command("revoke")
@click.argument("id_", metavar="ID")
@options
def revoke_command(id_: str, config: Path, as_json: bool) -> None:
    """End the token with this ID; the next request with it is refused.

    \b
    Examples:
      adapter token revoke 5f1d4b7a
    """
    from adapter.service import desk
    from adapter.service.access import revoke
    from adapter.service.clock import MachineClock

    with desk.store(config) as (_, store):
        revoke(store, id_, MachineClock().now())
    if as_json:
        print_json({"id": id_, "revoked": True})
    else:
        click.echo(f"revoked: {id_}")


def _json(token: AccessToken) -> dict[str, Json]:
    from adapter.values import utc_text

    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        "parties": [her.value for her in token.parties],
        "created_at": utc_text(token.created_at),
        "expires_at": utc_text(token.expires_at) if token.expires_at is not None else None,
        "revoked_at": utc_text(token.revoked_at) if token.revoked_at is not None else None,
    }
