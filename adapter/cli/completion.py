"""`adapter completion`: the shell finishes what you type."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from adapter.cli.output import options_alone, print_json


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@options_alone
def command(shell: str, as_json: bool) -> None:
    """Print what makes SHELL complete the commands and options of `adapter`.

    \b
    Examples:
      adapter completion bash > /etc/bash_completion.d/adapter
      adapter completion zsh > ~/.zfunc/_adapter
      adapter completion fish > ~/.config/fish/completions/adapter.fish
    """
    from adapter.cli.main import group

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(group, {}, "adapter", "_ADAPTER_COMPLETE").source()
    if as_json:
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script)
