"""`adapter run` for a test of faults, as a program: the whole daemon, by a clock that the test sets.

    python driven.py --config FILE

It goes as the machine's clock does, moved by as many seconds as the file `clock` beside the configuration says. The
guard that sees a step looks every fifth of a second, and a transaction waits for another process half a second, so
that a test does not have to wait for what an operator may.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapter.api.serving import api_companion
from adapter.config import load
from adapter.errors import AdapterError
from adapter.observe.events import Level
from adapter.observe.log import Stream, quieten_libraries
from adapter.service import life
from adapter.service.clock import RandomIds
from adapter.service.drop_folder import drop_companion
from adapter.service.webhooks import webhook_companions
from adapter.store import engine


class SetClock:
    """The clock of the machine, and what a file says that it is off by, in seconds."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        off = self._file.read_text("utf-8") if self._file.exists() else "0"
        return datetime.now(UTC) + timedelta(seconds=float(off))


def main(config: Path) -> None:
    settings = load(config)
    quieten_libraries()
    life.GUARD_SECONDS, engine.BUSY_SECONDS = 0.2, 0.5
    clock, log = SetClock(config.with_name("clock")), Stream(Level(settings.log.level))
    makers = (api_companion, drop_companion, webhook_companions)
    try:
        asyncio.run(life.run(settings, config, clock, RandomIds(), log, makers))
    except AdapterError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--config") + 1]))
