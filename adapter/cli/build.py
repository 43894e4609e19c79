"""`adapter build`: a business message from JSON."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from adapter.cli.output import options, print_json, read_file, was_named, write_file


def _kinds(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The kinds that a word may become."""
    from adapter.messages.building import kinds

    return [CompletionItem(kind) for kind in kinds() if kind.startswith(begun)]


@click.command("build")
@click.argument("kind", required=False, shell_complete=_kinds)
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE|-]")
@click.option("--list", "list_kinds", is_flag=True, help="The kinds that can be built.")
@click.option("--example", is_flag=True, help="Print a valid input of the kind.")
@click.option("--version", help="With --example: the version of the standard; the usual one if left out.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the kind's input.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("-"), help="Where to; stdout if left out."
)
@options
def command(
    kind: str | None,
    file: Path | None,
    list_kinds: bool,
    example: bool,
    version: str | None,
    schema: bool,
    output: Path,
    config: Path,
    as_json: bool,
) -> None:
    """Build a message of KIND from the JSON in FILE (or stdin), and print it as XML.

    Parties are named by HER-id and looked up in the configuration's partner directory, unless the input says who
    they are. A file that an attachment names lies in the folder of FILE or below it.

    \b
    Examples:
      adapter build --list
      adapter build discharge-ready --example > ready.json
      adapter build discharge-ready --example --version 1.5
      adapter build discharge-ready ready.json > ready.xml
    """
    from adapter.messages import building

    if list_kinds:
        if as_json:
            print_json(list(building.kinds()))
        else:
            click.echo("\n".join(building.kinds()))
        return
    if kind is None:
        raise click.UsageError("name a KIND; `adapter build --list` lists them")
    if version is not None and not example:
        raise click.UsageError("--version goes with --example; the input says its version in the key `version`")
    if example:
        from adapter.service import build_json

        click.echo(build_json.example(kind, version))
    elif schema:
        from adapter.service import build_json

        click.echo(build_json.json_schema(kind))
    else:
        source = file if file is not None else Path("-")
        folder = Path() if str(source) == "-" else source.parent
        content = _built(kind, read_file(source), config, folder)
        if as_json:
            print_json({"kind": kind, "message": content.decode()})
        else:
            write_file(output, content + b"\n")


def _built(kind: str, content: bytes, config: Path, folder: Path) -> bytes:
    from adapter.config import load
    from adapter.lookups import packaged
    from adapter.messages.codes import CodeLists
    from adapter.observe.log import Silent
    from adapter.service.build_json import build_message
    from adapter.service.clock import MachineClock, RandomIds
    from adapter.service.installation import open_directory
    from adapter.values import MsgId

    parties = None
    if config.is_file() or was_named("config"):
        settings = load(config)
        if settings.partners.folder.is_dir():
            parties = (settings, open_directory(settings, MachineClock(), Silent()))
    return build_message(
        content,
        kind,
        parties,
        now=MachineClock().now(),
        msg_id=MsgId(RandomIds().fresh()),
        codes=CodeLists.parse(packaged.codes()),
        folder=folder,
    )
