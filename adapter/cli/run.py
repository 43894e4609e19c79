"""`adapter run`: the daemon."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.output import options

if TYPE_CHECKING:
    from adapter.observe.log import Log


def _traced(log: Log) -> Log:
    from adapter.errors import CONFIG_INVALID, AdapterError

    try:
        from adapter.observe.traces import Traced
    except ImportError:
        says = "log.traces: OpenTelemetry is not installed; install adapter[traces], or leave the key out"
        raise AdapterError(CONFIG_INVALID, says) from None
    return Traced(log)


SWITCH_SECONDS = 0.001
"""How long a thread may hold the interpreter while another waits for it, instead of Python's five milliseconds: a page
waits so long behind the messages each time that the database has answered it."""


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
    log: Log = Stream(Level(settings.log.level))
    if settings.log.traces:
        log = _traced(log)
    sys.setswitchinterval(SWITCH_SECONDS)
    makers = (api_companion, drop_companion, webhook_companions)
    if not asyncio.run(run(settings, config, MachineClock(), RandomIds(), log, makers)):
        # A thread that did not finish in time would hold the process; the next start does its work again.
        os._exit(1)
