"""`adapter run`: the daemon."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click

from adapter.cli.output import options


@click.command("run")
@options
def command(config: Path, as_json: bool) -> None:
    """Run the adapter: take mail, judge and answer it, send what is submitted, watch every acknowledgment.

    It runs in the foreground until SIGTERM or Ctrl-C, and then finishes what is under way; a second one ends it at
    once. SIGHUP reads configuration, keys, partners, policies and prices again, whole or not at all. Logs go to stderr,
    one JSON line a step (readable on a terminal).

    \b
    Examples:
      adapter run --config /etc/adapter/config.toml
      kill -HUP $(pidof adapter)
    """
    from adapter.api.serving import api_companion
    from adapter.config import load
    from adapter.observe.events import Level
    from adapter.observe.log import Stream, quieten_libraries
    from adapter.service.clock import MachineClock, RandomIds
    from adapter.service.drop_folder import drop_companion
    from adapter.service.life import run
    from adapter.service.webhooks import webhook_companions

    settings = load(config)
    quieten_libraries()
    log = Stream(Level(settings.log.level))
    makers = (api_companion, drop_companion, webhook_companions)
    if not asyncio.run(run(settings, config, MachineClock(), RandomIds(), log, makers)):
        # A thread that did not finish in time would hold the process; the next start does its work again.
        os._exit(1)
