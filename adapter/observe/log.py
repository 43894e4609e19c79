"""How the daemon tells what it does: one canonical line per step, JSON on a pipe, readable on a terminal.

Logs go to stderr. The fields are those of `Line`; a value that is None is left out.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import asdict, dataclass
from typing import Protocol, TextIO

import structlog

from adapter.observe.events import Event, Level

_LEVELS = {Level.DEBUG: 10, Level.INFO: 20, Level.WARNING: 30, Level.ERROR: 40}


@dataclass(frozen=True, slots=True)
class Line:
    """The fields a line may carry (`design.md` §5). `rule` is a rule id or an error id; `took_ms` the milliseconds of
    the step, `waited_ms` those between the first sending and the partner's answer;
    `change` a key of the configuration with its values, or how far a clock was set; `mailbox` the name of one of our
    own mailboxes."""

    exchange: str | None = None
    message_id: str | None = None
    type: str | None = None
    partner: str | None = None
    state: str | None = None
    rule: str | None = None
    took_ms: float | None = None
    waited_ms: float | None = None
    change: str | None = None
    mailbox: str | None = None


class Log(Protocol):
    """Something that takes lines."""

    def tell(self, event: Event, line: Line = Line()) -> None: ...

    def from_level(self, level: Level) -> None:
        """Write from now on what is at least so loud."""


class Silent:
    """A log that nobody reads, for commands that only print their result."""

    def tell(self, event: Event, line: Line = Line()) -> None:
        """Nothing is written."""

    def from_level(self, level: Level) -> None:
        """Nothing is written at any level."""


class Stream:
    """The structured log on a stream: JSON unless the stream is a terminal."""

    def __init__(self, level: Level = Level.INFO, stream: TextIO | None = None, side: str | None = None) -> None:
        out = stream if stream is not None else sys.stderr
        renderer: structlog.typing.Processor = (
            structlog.dev.ConsoleRenderer(colors=True) if out.isatty() else structlog.processors.JSONRenderer()
        )
        self._side = side
        self._log: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
            structlog.PrintLogger(out),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                renderer,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[Level.DEBUG]),
        )
        self._least = _LEVELS[level]

    def from_level(self, level: Level) -> None:
        self._least = _LEVELS[level]

    def tell(self, event: Event, line: Line = Line()) -> None:
        if _LEVELS[event.level] < self._least:
            return
        fields = {name: value for name, value in asdict(line).items() if value is not None}
        if self._side is not None:
            fields["side"] = self._side
        self._log.log(_LEVELS[event.level], event.name, **fields)


def quieten_libraries() -> None:
    """Let no library write to our log: what it would say may hold addresses and pieces of mail."""
    logging.getLogger().addHandler(logging.NullHandler())
    logging.getLogger().setLevel(logging.CRITICAL)
