"""What the gauges of the metrics say now: read from the health of the adapter and its store."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import TransportState
from adapter.observe.metrics import (
    AGAINST,
    CERTIFICATES,
    OLDEST,
    QUEUE,
    READY,
    UNANSWERED,
    Sample,
)
from adapter.service.health import Health


def samples(health: Health) -> tuple[Sample, ...]:
    """The gauges of a moment."""
    return (*_partners(health), *_queues(health), *_state(health))


def _partners(health: Health) -> Iterator[Sample]:
    for one in health.unanswered:
        partner = (one.partner.value,)
        yield Sample(OLDEST, max(0.0, (health.at - one.oldest).total_seconds()), partner)
        yield Sample(UNANSWERED, one.count, partner)
    for certificate in health.certificates:
        yield Sample(CERTIFICATES, certificate.days, (certificate.what,))


def _queues(health: Health) -> Iterator[Sample]:
    counts = health.counts
    transport, reception = dict(counts.transport), dict(counts.reception)
    for queue, waiting in (
        ("to_seal", transport.get(TransportState.NEW, 0)),
        ("to_send", counts.outbox_waiting),
        ("to_judge", counts.mails_waiting),
        ("to_take", counts.inbox_waiting),
        ("quarantine", reception.get(ReceptionState.QUARANTINE, 0)),
    ):
        yield Sample(QUEUE, waiting, (queue,))


def _state(health: Health) -> Iterator[Sample]:
    yield Sample(READY, float(health.ready))
    for what in sorted({reason.what for reason in health.reasons}):
        yield Sample(AGAINST, 1, (what,))
