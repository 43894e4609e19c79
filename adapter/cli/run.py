"""`adapter run`: the daemon."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from adapter.cli.output import options


@click.command("run")
@options
def command(config: Path, as_json: bool) -> None:
    """Run the adapter: take mail, judge and answer it, send what is submitted, watch every acknowledgment.

    It runs in the foreground until SIGTERM or Ctrl-C, and then finishes what is under way. Logs go to stderr, one JSON
    line a step (readable on a terminal).
    """
    from adapter.api.serving import api_companion
    from adapter.config import load
    from adapter.observe.events import Level
    from adapter.observe.log import Stream, quieten_libraries
    from adapter.service.clock import MachineClock, RandomIds
    from adapter.service.running import run

    settings = load(config)
    quieten_libraries()
    asyncio.run(run(settings, MachineClock(), RandomIds(), Stream(Level(settings.log.level)), (api_companion,)))
