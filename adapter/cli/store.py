"""`adapter store`: the keys and the space of the store."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli.output import options, print_json
from adapter.cli.progress import progress

FILE = click.Path(path_type=Path)


@click.group("store")
def command() -> None:
    """Look after the store: what it is encrypted with, its keys, its space."""


@command.command("show")
@options
def show(config: Path, as_json: bool) -> None:
    """Show how large the store is, how much of it is free, and how much is encrypted with which key.

    \b
    Examples:
      adapter store show
      adapter store show --json
    """
    from adapter.service import desk
    from adapter.store.schema import REVISION

    with desk.store(config) as (settings, store):
        space = store.read_now(lambda reader: reader.space())
        uses = store.read_now(lambda reader: reader.key_uses())
        inside = store.read_now(lambda reader: reader.pseudonym_key_inside()) is not None
        restored = store.read_now(lambda reader: reader.note("restored"))
    where = "in the store" if inside else "in a file"
    if as_json:
        print_json(
            {
                "path": str(settings.store.path),
                "revision": REVISION,
                "octets": space.octets,
                "free_octets": space.free,
                "gives_back": space.gives_back,
                "keys": [
                    {"id": one.id or None, "current": one.current, "blobs": one.blobs, "octets": one.octets}
                    for one in uses
                ],
                "pseudonym_key": where,
                "restored": restored,
            }
        )
        return
    click.echo(f"{settings.store.path}: {space.octets} octets, {space.free} of them free, version {REVISION}")
    for one in uses:
        name = f"key {one.id}" if one.id else "not encrypted"
        click.echo(f"{name}{' (current)' if one.current else ''}: {one.blobs} blobs, {one.octets} octets")
    click.echo(f"the key of the pseudonyms lies {where}")
    if restored is not None:
        click.echo(f"restored {restored}")


@command.command("make-key")
@click.argument("file", type=FILE)
@options
def make_key(file: Path, config: Path, as_json: bool) -> None:
    """Write a new random key to FILE, which only this user may read. It never overwrites a file.

    Keep a copy where the backups are not: without the key, nobody reads the store or a backup of it.

    \b
    Examples:
      adapter store make-key keys/store.key
      adapter store make-key keys/pseudonym.key --json
    """
    import secrets

    from adapter.lookups.key_files import write_secret_key
    from adapter.store.cipher import KEY_OCTETS, StoreKey

    octets = secrets.token_bytes(KEY_OCTETS)
    write_secret_key(file, octets)
    if as_json:
        print_json({"file": str(file), "key": StoreKey(octets).id})
    else:
        click.echo(f"{file}: key {StoreKey(octets).id}")


@command.command("rotate-key")
@click.option("--new-key", "file", type=FILE, required=True, help="The file of the key to encrypt with from now on.")
@options
def rotate_key(file: Path, config: Path, as_json: bool) -> None:
    """Encrypt the whole store with another key, or for the first time, while the daemon runs.

    Interrupted, call it again with the same file. When it is done, name the file as `key_file` in `[store]` and start
    the daemon again; until then the old key file still opens the store. A store that is not encrypted: name the new
    file as `key_file` and start the daemon again first. Backups made before need the old key: keep it as long as them.

    \b
    Examples:
      adapter store rotate-key --new-key keys/store-2027.key
    """
    from adapter.config import load
    from adapter.service.clock import MachineClock
    from adapter.service.store_keys import rotate

    with progress("encrypting") as tick:
        done = rotate(load(config), file, MachineClock().now(), tick)
    if as_json:
        print_json({"key": done.key, "blobs": done.blobs, "octets": done.octets, "old_key_is_gone": done.old_is_gone})
        return
    click.echo(f"{done.blobs} blobs, {done.octets} octets encrypted with key {done.key}")
    if not done.old_is_gone:
        click.echo(f"Now set key_file to {file} in [store] and start the daemon again: then the old key opens nothing.")


@command.command("move-pseudonym-key")
@click.option("--to", "file", type=FILE, required=True, help="The file to write.")
@options
def move_pseudonym_key(file: Path, config: Path, as_json: bool) -> None:
    """Take the key that makes patients' pseudonyms out of the store, into FILE; the store keeps its id only.

    Without that file nobody can tell from the store, or from a backup made after, whose stay is whose. Then name the
    file as `pseudonym_key_file` in `[store]`. The key cannot be exchanged for another: the pseudonyms stand in the
    chain of facts, which never changes.

    \b
    Examples:
      adapter store move-pseudonym-key --to keys/pseudonym.key
    """
    from adapter.config import load
    from adapter.service.store_keys import move_pseudonym_key as move

    key = move(load(config), file)
    if as_json:
        print_json({"file": str(file), "key": key})
    else:
        click.echo(f"{file}: key {key}. Now set pseudonym_key_file to it in [store]; nothing opens the store before.")


@command.command("compact")
@options
def compact(config: Path, as_json: bool) -> None:
    """Write the file of the store anew without its free space. The daemon must be stopped; it needs as much room again.

    Needed once for a store made before free space could be given back in small steps; retention does it after that.

    \b
    Examples:
      adapter store compact
    """
    from adapter.config import load
    from adapter.service.installation import open_own_store
    from adapter.store.copying import compact as write_anew

    settings = load(config)
    open_own_store(settings).close()
    before = settings.store.path.stat().st_size
    write_anew(settings.store.path)
    after = settings.store.path.stat().st_size
    if as_json:
        print_json({"octets_before": before, "octets": after})
    else:
        click.echo(f"{before} octets before, {after} now")
