"""`adapter restore`: a backup becomes the store again."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli.output import options, print_json
from adapter.cli.progress import progress


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="There is a store: put the backup in its place, and keep it beside.")
@options
def command(file: Path, replace: bool, config: Path, as_json: bool) -> None:
    """Check a backup wholly and make it the store of this configuration. The daemon must be stopped.

    Checked are the digest of the file, every page, the chain of facts, and every message against its digest, which
    needs the keys of `[store]`. A backup of an older version is brought up to date. A store that is there is never
    overwritten.

    After it: what was not acknowledged is sent again, the same octets, which the partner takes once. What the
    application had not taken is offered again. What arrived after the backup was acknowledged then and is not in it:
    ask the partners for what they sent between the backup and now.

    \b
    Examples:
      adapter restore /var/backups/adapter-monday.backup
      adapter restore adapter-monday.backup --replace --json
    """
    from adapter.config import load
    from adapter.service.backups import restore
    from adapter.service.clock import MachineClock

    with progress("checking") as tick:
        done = restore(load(config), file, MachineClock().now(), tick, replace=replace)
    found = done.contents
    if as_json:
        print_json(
            {
                "made_at": done.made_at,
                "revision": done.revision,
                "facts": found.chain.length,
                "blobs": found.blobs,
                "kept": str(done.kept) if done.kept is not None else None,
            }
        )
        return
    click.echo(f"restored the store of {done.made_at}: {found.chain.length} facts, {found.blobs} blobs, all whole")
    if done.kept is not None:
        click.echo(f"The store that was here lies in {done.kept}.")
    click.echo(f"What came after {done.made_at} is not in it: ask the partners what they sent since.")
