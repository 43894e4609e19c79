"""Does it live, and can it work? Asked by the machine that watches, without a token."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from adapter.api.operation import Answer, Call, Given, Model, Operation
from adapter.config import Scope
from adapter.observe.metrics import MEDIA_TYPE
from adapter.service.figures import samples
from adapter.service.health import Against, Health, examine
from adapter.service.installation import Installation

FRESH_SECONDS = 1.0
"""How long one look serves everybody who asks: it writes to the store, and nobody has to show who it is."""


class Why(Model):
    """One thing that is not as it should be: `what` is a fixed word, `says` a sentence."""

    what: str
    against: Against
    says: str


class HealthModel(Model):
    """How it is, and everything that is not as it should be; a `warning` stands against neither."""

    live: bool
    ready: bool
    reasons: tuple[Why, ...]


class _LastLook:
    """The last look at an installation, for as long as it is fresh."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: tuple[float, Installation, Health] | None = None

    def at(self, installation: Installation) -> Health:
        with self._lock:
            now = time.monotonic()
            if self._found is not None and self._found[1] is installation and now - self._found[0] < FRESH_SECONDS:
                return self._found[2]
            health = examine(installation)
            self._found = (now, installation, health)
            return health


_LAST_LOOK = _LastLook()


def last_look(installation: Installation) -> Health:
    """How an installation is, as of a moment ago."""
    return _LAST_LOOK.at(installation)


def _look(call: Call) -> tuple[Health, HealthModel]:
    health = last_look(call.installation)
    reasons = tuple(Why(what=one.what, against=one.against, says=one.says) for one in health.reasons)
    return health, HealthModel(live=health.live, ready=health.ready, reasons=reasons)


def _live(call: Call) -> Answer:
    health, shown = _look(call)
    return Answer(shown, 200 if health.live else 503)


def _ready(call: Call) -> Answer:
    health, shown = _look(call)
    return Answer(shown, 200 if health.ready else 503)


def _operation(path: str, summary: str, handler: Callable[[Call], Answer], yes: str, no: str) -> Operation:
    return Operation(
        "GET",
        f"/health/{path}",
        path,
        "health",
        summary,
        "",
        None,
        handler,
        (Given(200, yes, HealthModel), Given(503, no, HealthModel)),
    )


def _metrics(call: Call) -> Answer:
    health = last_look(call.installation)
    return Answer(call.installation.metrics.text(samples(health)), media_type=MEDIA_TYPE)


OPERATIONS = (
    _operation("live", "Should the process be left running?", _live, "Yes.", "No: it is stuck, start it again."),
    _operation(
        "ready",
        "Will a message that is handed in now be kept and go its way, and if not, why not?",
        _ready,
        "Yes.",
        "No, and why not.",
    ),
    Operation(
        "GET",
        "/metrics",
        "metrics",
        "health",
        "Figures for Prometheus.",
        "Counters of this process and gauges of this moment; every figure is listed in docs/metrics.md.",
        Scope.OPERATE,
        _metrics,
        (Given(200, "The figures.", None, MEDIA_TYPE),),
    ),
)
