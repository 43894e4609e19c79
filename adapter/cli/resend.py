"""`adapter resend`: once more."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli.output import options


@click.command("resend")
@click.argument("id_", metavar="ID")
@click.option("--reason", default="sent again by hand", show_default=True, help="Why, for the record; no patient data.")
@options
def command(id_: str, reason: str, config: Path, as_json: bool) -> None:
    """Send a message of ours again, or judge a mail again that was set aside.

    The same octets go again while the receiver may have them and may still take them: it knows a copy by its id. Where
    the receiver refused the envelope, its life is over or a certificate has changed, the same document goes in a new
    envelope; the result says which and why. What the receiver has, or judged, is not sent again: correct it and send it
    as a new message.

    \b
    Examples:
      adapter resend 5f1d4b7a
      adapter resend 5f1d4b7a --reason "their mail server is back"
    """
    from adapter.cli.operating import act
    from adapter.service.operating import resend

    act(resend, id_, reason, config, as_json=as_json)
