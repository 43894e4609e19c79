"""The ledger, explanations, evidence and statements over HTTP, and who may see them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from served import Served

from adapter.config import Scope
from adapter.evidence.verify import verify
from adapter.testing import scenarios
from adapter.testing.neighbours import World

V1 = "/api/v1"


@pytest.fixture
async def stay(world: World, hospital: Served) -> str:
    """The key of a stay: admitted, and ready for discharge, both acknowledged and receipted."""
    for kind in ("admitted", "discharge-ready"):
        world.hospital.submit(world.hospital.build(kind))
        await world.settle()
    (row,) = (await hospital.client(Scope.ECONOMY).get(f"{V1}/ledger")).json()["stays"]
    return str(row["stay"])


async def test_the_ledger_has_every_stay_with_its_reasons(stay: str, world: World, hospital: Served) -> None:
    """The keys are those of `adapter ledger --json`; the parties are level 1."""
    told = (await hospital.client(Scope.ECONOMY).get(f"{V1}/ledger")).json()
    assert told["totals"]["stays"] == 1
    (row,) = told["stays"]
    assert row["stay"] == stay
    assert row["hospital"] == scenarios.HOSPITAL[0].organisation_her.value
    assert row["start_reason"]
    assert told["rates_version"]


async def test_a_stay_is_explained_drawn_and_decided(stay: str, world: World, hospital: Served) -> None:
    """Sentences in the language asked for, the picture, and the document of `adapter liability`."""
    client = hospital.client(Scope.ECONOMY)
    english = (await client.get(f"{V1}/stays/{stay}")).json()["sentences"]
    norwegian = (await client.get(f"{V1}/stays/{stay}", params={"language": "nb"})).json()["sentences"]
    assert english
    assert norwegian
    assert english != norwegian
    drawn = await client.get(f"{V1}/stays/{stay}/timeline.svg")
    assert drawn.headers["Content-Type"] == "image/svg+xml"
    assert b"<svg" in drawn.content
    decision = (await client.get(f"{V1}/stays/{stay}/decision")).json()
    assert {"nights", "start_reason", "flags", "policy"} <= set(decision)
    assert [line.what for line in hospital.audit()][-4:] == ["stay explained"] * 4


async def test_the_evidence_holds(stay: str, world: World, hospital: Served) -> None:
    """The download is the package, and its check says that it holds."""
    answered = await hospital.client(Scope.ECONOMY).get(f"{V1}/stays/{stay}/evidence")
    assert answered.headers["Content-Type"] == "application/zip"
    assert answered.headers["Evidence-Holds"] == "true"
    assert verify(answered.content, world.hospital.installation.anchors.roots).holds
    assert (hospital.audit()[-1].what, hospital.audit()[-1].about) == ("evidence exported", stay)


async def test_the_stays_of_others_are_not_there(stay: str, hospital: Served) -> None:
    """A token limited to a party of another organisation sees no stay, and its attempts are audited."""
    stranger = hospital.client(Scope.ECONOMY, hers=("1",))
    assert (await stranger.get(f"{V1}/ledger")).json()["stays"] == []
    for path in (f"{V1}/stays/{stay}", f"{V1}/stays/{stay}/evidence"):
        answered = await stranger.get(path)
        assert (answered.status_code, answered.json()["error"]) == (404, "STAY-UNKNOWN")
    assert [line.about for line in hospital.audit() if line.outcome == "refused"] == [stay] * 2


async def test_a_limited_token_sees_the_stays_of_its_organisation(stay: str, hospital: Served) -> None:
    """The party is level 2, the stay level 1."""
    own = hospital.client(Scope.ECONOMY, hers=(scenarios.HOSPITAL[0].her.value,))
    assert [row["stay"] for row in (await own.get(f"{V1}/ledger")).json()["stays"]] == [stay]


async def test_a_month_is_drafted_issued_once_and_read(stay: str, world: World, hospital: Served) -> None:
    """Before the month is over it is 409; then 201, then 200 with nothing to correct; the document is canonical."""
    client = hospital.client(Scope.ECONOMY)
    (row,) = (await client.get(f"{V1}/ledger")).json()["stays"]
    asked = {"month": "2024-03", "hospital": row["hospital"], "municipality": row["municipality"]}
    assert (await client.post(f"{V1}/statements", json=asked)).status_code == 409
    world.clock.advance(timedelta(days=40))
    draft = (await client.post(f"{V1}/statements/draft", json=asked)).json()
    issued = await client.post(f"{V1}/statements", json=asked)
    assert issued.status_code == 201
    (one,) = issued.json()["statements"]
    assert one["nights"] == draft["nights"]
    assert (await client.post(f"{V1}/statements", json=asked)).json() == {"statements": []}
    read = await client.get(one["document"])
    assert json.loads(read.content)["id"] == one["id"]
    assert (await client.get(f"{V1}/statements")).json()["statements"] == [one]
    stranger = hospital.client(Scope.ECONOMY, hers=("1",))
    assert (await stranger.get(one["document"])).status_code == 404
    assert (await stranger.get(f"{V1}/statements")).json()["statements"] == []
