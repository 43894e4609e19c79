"""`adapter backup`: a copy of the store while the daemon runs."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli.output import options, print_json
from adapter.cli.progress import progress


@click.command("backup")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write; left out, adapter-DATE.backup in this folder. None is ever overwritten.",
)
@options
def command(output: Path | None, config: Path, as_json: bool) -> None:
    """Copy the store of this moment into one file, while the daemon runs, and check all of it.

    The file holds the store and a manifest with its digest. It does not hold keys, configuration or partners: those are
    files, to be kept with the other secrets of the site. The manifest names the keys that a restore needs. For a while
    it takes three times the room of the store, beside the file.

    \b
    Examples:
      adapter backup
      adapter backup -o /var/backups/adapter-monday.backup --json
    """
    from adapter.config import load
    from adapter.service.backups import back_up
    from adapter.service.clock import MachineClock

    now = MachineClock().now()
    target = output or Path(f"adapter-{now:%Y%m%dT%H%M%SZ}.backup")
    with progress("copying and checking") as tick:
        made = back_up(load(config), target.absolute(), now, tick)
    found = made.contents
    if as_json:
        print_json(
            {
                "file": str(target),
                "store_sha256": made.digest,
                "store_octets": made.octets,
                "facts": found.chain.length,
                "head": found.chain.head.value,
                "blobs": found.blobs,
                "needs_keys": [one.id for one in found.keys if one.id],
            }
        )
        return
    click.echo(
        f"{target}: {made.octets} octets, {found.chain.length} facts, chain whole, {found.blobs} blobs read back"
    )
    keys = ", ".join(one.id for one in found.keys if one.id)
    click.echo(f"Keys are not in it; a restore needs key {keys}." if keys else "The messages in it are not encrypted.")
