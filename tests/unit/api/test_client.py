"""The Python client, as an integrator uses it: a day of a hospital and of a municipality."""

from __future__ import annotations

import asyncio

import pytest
from served import Served

from adapter.client import Client, ProblemError
from adapter.evidence.verify import verify
from adapter.testing.neighbours import World


async def test_a_day(world: World, hospital: Served, municipality: Served) -> None:
    """Submit, claim, read, confirm, answer, ledger, explanation, evidence."""
    content = world.hospital.build("discharge-ready")

    def hand_in() -> str:
        with Client(hospital.url, hospital.token()) as adapter:
            assert adapter.validate(content)["valid"] is True
            first = adapter.submit(content, key="discharge-4711")
            assert adapter.submit(content, key="discharge-4711") == first
            return first

    sent = await asyncio.to_thread(hand_in)
    await world.settle()

    def take() -> str:
        with Client(municipality.url, municipality.token()) as adapter:
            (item,) = adapter.claim()
            exchange = str(item["exchange"])
            assert adapter.message(exchange) == content
            adapter.confirm(item)
            return str(adapter.answer(exchange, "later", day="2024-03-09")["exchange"])

    await asyncio.to_thread(take)
    await world.settle()

    def account() -> None:
        with Client(hospital.url, hospital.token()) as adapter:
            assert adapter.exchange(sent)["apprec"] == "ok"
            assert sent in [one["id"] for one in adapter.exchanges(direction="out")]
            assert len(list(adapter.exchanges(limit="1"))) == len(list(adapter.exchanges()))
            stays = adapter.ledger()["stays"]
            assert isinstance(stays, list)
            key = str(stays[0]["stay"])
            assert adapter.explain(key)
            assert verify(adapter.evidence(key), world.hospital.installation.anchors.roots).holds

    await asyncio.to_thread(account)


async def test_a_refusal_is_an_exception_with_findings(world: World, hospital: Served) -> None:
    """The id of the error and every finding are at hand."""
    broken = world.hospital.build("discharge-ready").replace(b"<GenDate>", b"<GenDate>x")

    def hand_in() -> None:
        with Client(hospital.url, hospital.token()) as adapter:
            adapter.submit(broken, key="a")

    with pytest.raises(ProblemError) as refused:
        await asyncio.to_thread(hand_in)
    assert (refused.value.status, refused.value.error) == (422, "INPUT-NOT-UNDERSTOOD")
    assert refused.value.findings


async def test_rejecting_by_the_client_needs_when_taken(world: World, municipality: Served) -> None:
    """What was receipted at once cannot be rejected: the exception says so."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()

    def refuse() -> None:
        with Client(municipality.url, municipality.token()) as adapter:
            (item,) = adapter.claim()
            adapter.reject(item, "E36")

    with pytest.raises(ProblemError, match="APPREC-GIVEN"):
        await asyncio.to_thread(refuse)
