"""Every address, called with what its description allows and with what it does not: never a 500, always as described.

`make fuzz` runs the same for longer (`FUZZ_EXAMPLES` calls of each kind).
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from served import Served, serve

from adapter.api.application import OPERATIONS
from adapter.api.openapi import document
from adapter.config import Webhook
from adapter.service import holding
from adapter.store.access import DeadLetter
from adapter.testing import scenarios
from adapter.testing.neighbours import Neighbour, World
from adapter.testing.place import Place, place_at

MORNING = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass(frozen=True)
class Target:
    """A server in a thread of its own, a token for everything, and what addresses mean something there."""

    url: str
    token: str
    known: tuple[dict[str, str], ...]


@pytest.fixture(scope="module")
def target(original: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The municipality's interface, with messages received, claimed, held and in the inbox, a stay, and a notice that a
    webhook did not take."""

    folder = tmp_path_factory.mktemp("fuzzed") / "place"
    shutil.copytree(original.folder, folder)
    ready: list[Target] = []
    started, end = threading.Event(), threading.Event()

    async def live() -> None:
        world = World(place_at(folder, scenarios.HOSPITAL, scenarios.MUNICIPALITY), MORNING)
        for kind in ("admitted", "discharge-ready", "discharge-ready"):
            world.hospital.submit(world.hospital.build(kind))
        await world.settle()
        side = world.municipality
        content = world.hospital.build("discharge-ready")
        world.hospital.send_unjudged(content.replace(b"8140010", b"8160010").replace(b"8140011", b"8160011"), content)
        await world.settle()
        [held] = holding.held(side.installation)
        give_a_webhook(side, world.clock.now(), folder)
        served: Served = await serve(side)
        ids = [held.exchange.id, side.received("LOG_UTSKRIVNINGSKLAR")[0].id, side.sent()[0].id]
        token = served.token()
        async with served.with_headers({"Authorization": f"Bearer {token}"}) as client:
            stays = [one["stay"] for one in (await client.get("/api/v1/ledger")).json()["stays"]]
            claimed = await client.post("/api/v1/inbox/claim", json={"limit": 1})
            ids.append(claimed.json()["items"][0]["exchange"])
        known = [{"id": one} for one in ids] + [{"stay": one} for one in stays[:2]]
        known += [{"name": "ehr"}, {"name": "ehr", "seq": "1"}, {"statement": "x"}]
        ready.append(Target(served.url, token, tuple(known)))
        started.set()
        await asyncio.to_thread(end.wait)
        await served.close()
        await world.close()

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    assert started.wait(60)
    yield ready[0]
    end.set()
    thread.join()


def give_a_webhook(side: Neighbour, now: datetime, folder: Path) -> None:
    """A webhook that nobody listens at, and a notice that it did not take."""
    secret = folder / "secret"
    secret.write_bytes(b"a secret of more than sixteen octets")
    hook = Webhook(name="ehr", url="http://127.0.0.1:9/hook", secret_file=secret, timeout_seconds=1)
    installation = side.installation
    object.__setattr__(installation, "settings", installation.settings.model_copy(update={"webhook": (hook,)}))
    letter = DeadLetter("ehr", 1, "alarm", side.received()[0].id, now, now, "500")
    installation.store.write_now(lambda writer: writer.add_dead_letter(letter))


@cache
def described() -> dict[tuple[str, str], Any]:
    """Every operation of the description, by method and path."""
    schema = schemathesis.openapi.from_dict(document(OPERATIONS))  # type: ignore[arg-type]
    operations = [found.ok() for found in schema.get_all_operations()]
    return {(operation.method.upper(), operation.path): operation for operation in operations}


def test_every_address_is_called() -> None:
    """What the interface answers and what its description names are the same, so that nothing is left out here."""
    assert described().keys() == {(one.method, one.path) for one in OPERATIONS}
    assert len(described()) >= 30


@pytest.mark.parametrize(("method", "path"), [(one.method, one.path) for one in OPERATIONS])
def test_never_a_500_and_always_as_described(method: str, path: str, target: Target) -> None:
    """Calls of both kinds, half of them about things that exist."""
    operation = described()[method, path]
    places: list[dict[str, str] | None] = [None]
    places += [known for known in target.known if set(known) == set(re.findall(r"{(\w+)}", operation.path))]
    assert "{" not in operation.path or len(places) > 1, "what exists is called too"
    for place in places:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _call(operation, target, mode, place)


def _call(operation: Any, target: Target, mode: GenerationMode, place: dict[str, str] | None) -> None:
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=place))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case: Any) -> None:
        headers = {"Authorization": f"Bearer {target.token}"}
        case.call_and_validate(base_url=target.url, headers=headers, checks=CHECKS)

    try:
        call()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "only where nothing is taken there is nothing to get wrong"
