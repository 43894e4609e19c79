"""Figures over HTTP, for Prometheus."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families
from served import Served

from adapter.config import Scope
from adapter.observe.metrics import MEDIA_TYPE
from adapter.testing.neighbours import World

PARTNER = "8140022"


async def figures(served: Served) -> dict[tuple[str, tuple[str, ...]], float]:
    answered = await served.client(Scope.OPERATE).get("/metrics")
    assert (answered.status_code, answered.headers["content-type"]) == (200, MEDIA_TYPE)
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answered.text)
        for sample in family.samples
    }


async def test_what_waits_for_whom(world: World, hospital: Served) -> None:
    """The age of the oldest message without an answer, per partner, is there while it waits and gone when it came."""
    world.road.loses = lambda mail: True
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    world.clock.advance(timedelta(hours=2))
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    world.clock.advance(timedelta(hours=1))
    found = await figures(hospital)
    assert found["adapter_oldest_unanswered_seconds", (PARTNER,)] == 3 * 3600
    assert found["adapter_unanswered", (PARTNER,)] == 2
    assert found["adapter_ready", ()] == 1
    assert found["adapter_certificate_days", ("keys.signing",)] > 1000
    assert found["adapter_queue", ("to_send",)] == 0
    assert found["adapter_store_seconds_count", ("write",)] > 0


async def test_how_long_answers_took(world: World, hospital: Served) -> None:
    """Acknowledgment and AppRec are measured from the first sending, not from when the message was handed in."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    world.clock.advance(timedelta(seconds=30))
    await world.hospital.daemon.settle()
    world.clock.advance(timedelta(minutes=2))
    await world.settle()
    found = await figures(hospital)
    assert found["adapter_acknowledgment_seconds_sum", (PARTNER,)] == 120
    assert found["adapter_apprec_seconds_sum", (PARTNER,)] == 120
    assert found["adapter_events_total", ("ack.received",)] == 1
    assert ("adapter_unanswered", (PARTNER,)) not in found


async def test_figures_need_the_scope(hospital: Served) -> None:
    """Who may only read messages sees no figures."""
    assert (await hospital.client(Scope.READ).get("/metrics")).status_code == 403
    assert (await hospital.with_headers({}).get("/metrics")).status_code == 401
