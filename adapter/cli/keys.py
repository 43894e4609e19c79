"""`adapter keys`: our certificates and the partners', their days left, and whether they have been revoked."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from adapter.cli.output import options, print_json


@click.command("keys")
@options
def command(config: Path, as_json: bool) -> None:
    """List every certificate of the configuration and the partner directory, with what the store knows of revocation.

    Nobody is asked and nothing secret is shown. Exit code 1 if a certificate cannot be used: expired, revoked, without
    a path to a trusted root.

    \b
    Examples:
      adapter keys
      adapter keys --json
    """
    from adapter.service import desk, key_list

    with desk.installation(config) as installation:
        rows = key_list.rows(installation)
    fine = not any(row.problems or row.revocation == "revoked" for row in rows)
    if as_json:
        print_json(
            {
                "ok": fine,
                "certificates": [
                    {
                        "whose": row.whose,
                        "name": row.name,
                        "purpose": row.usage,
                        "serial": row.serial,
                        "thumbprint_sha1": row.sha1,
                        "fingerprint_sha256": row.sha256,
                        "subject": row.subject,
                        "issuer": row.issuer,
                        "valid_from": row.valid_from.isoformat(),
                        "valid_to": row.valid_to.isoformat(),
                        "days_left": row.days_left,
                        "problems": list(row.problems),
                        "revocation": row.revocation,
                        "revocation_reason": row.reason,
                        "revocation_age_seconds": None if row.age is None else round(row.age.total_seconds()),
                        "asked_at": list(row.addresses),
                        "plan": row.plan,
                    }
                    for row in rows
                ],
            }
        )
    else:
        for row in rows:
            click.echo(f"{row.whose}  {row.name}  for {row.usage}: {row.days_left} days left")
            click.echo(f"    {row.subject}, issued by {row.issuer}")
            click.echo(f"    serial {row.serial}, SHA-1 {row.sha1}, SHA-256 {row.sha256}")
            click.echo(f"    valid {row.valid_from:%Y-%m-%d} to {row.valid_to:%Y-%m-%d}")
            age = "" if row.age is None else f", asked {_ago(row.age)} ago"
            click.echo(f"    revocation: {row.revocation} ({row.reason}){age}")
            for line in (*row.problems, *filter(None, [row.plan]), *row.addresses):
                click.echo(f"    {line}")
    sys.exit(0 if fine else 1)


def _ago(age: timedelta) -> str:
    minutes = round(age.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
