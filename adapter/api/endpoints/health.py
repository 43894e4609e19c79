"""Does it live, and can it work? Asked by the machine that watches, without a token."""

from __future__ import annotations

from adapter.api.operation import Answer, Call, Given, Model, Operation
from adapter.errors import AdapterError


class Live(Model):
    """The process answers."""

    status: str


class Ready(Model):
    """Whether work can be done, and if not, everything that stands in the way: an error id and what to do."""

    ready: bool
    why_not: tuple[str, ...]


def _live(_call: Call) -> Answer:
    return Answer(Live(status="live"))


def _ready(call: Call) -> Answer:
    try:
        call.installation.store.read_now(lambda reader: reader.next_due())
    except AdapterError as error:
        return Answer(Ready(ready=False, why_not=(f"{error.id}: {error.kind.says}. {error.kind.remedy}",)), 503)
    return Answer(Ready(ready=True, why_not=()))


OPERATIONS = (
    Operation(
        "GET",
        "/health/live",
        "live",
        "health",
        "Does the process answer?",
        "",
        None,
        _live,
        (Given(200, "It does.", Live),),
    ),
    Operation(
        "GET",
        "/health/ready",
        "ready",
        "health",
        "Can it work, and if not, why not?",
        "",
        None,
        _ready,
        (Given(200, "It can.", Ready), Given(503, "It cannot, and why not.", Ready)),
    ),
)
