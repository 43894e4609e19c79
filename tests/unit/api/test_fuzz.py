"""Every address, called with what its description allows and with what it does not: never a 500, always as described.

`make fuzz` runs the same for longer (`FUZZ_EXAMPLES` calls of each kind).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
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
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place, place_at

MORNING = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA = schemathesis.openapi.from_dict(document(OPERATIONS))  # type: ignore[arg-type]
CALLS = [found.ok() for found in SCHEMA.get_all_operations()]


@dataclass(frozen=True)
class Target:
    """A server in a thread of its own, a token for everything, and ids that mean something there."""

    url: str
    token: str
    known: dict[str, list[str]]


@pytest.fixture(scope="module")
def target(original: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The municipality's interface, with a message received, one in the inbox, and a stay."""

    folder = tmp_path_factory.mktemp("fuzzed") / "place"
    shutil.copytree(original.folder, folder)
    ready: list[Target] = []
    started, end = threading.Event(), threading.Event()

    async def live() -> None:
        world = World(place_at(folder, scenarios.HOSPITAL, scenarios.MUNICIPALITY), MORNING)
        for kind in ("admitted", "discharge-ready", "discharge-ready"):
            world.hospital.submit(world.hospital.build(kind))
        await world.settle()
        served: Served = await serve(world.municipality)
        exchanges = [one.id for one in (*world.municipality.received(), *world.municipality.sent())]
        token = served.token()
        async with served.with_headers({"Authorization": f"Bearer {token}"}) as client:
            stays = [one["stay"] for one in (await client.get("/api/v1/ledger")).json()["stays"]]
        ready.append(Target(served.url, token, {"id": exchanges, "stay": stays, "statement": ["x"]}))
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


@pytest.mark.parametrize("operation", CALLS, ids=[call.label for call in CALLS])
def test_never_a_500_and_always_as_described(operation: Any, target: Target) -> None:
    """Calls of both kinds, half of them about things that exist."""
    names = [name for name in target.known if f"{{{name}}}" in operation.path]
    places: list[dict[str, str] | None] = [None]
    places += [{name: value} for name in names for value in target.known[name][:2]]
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
