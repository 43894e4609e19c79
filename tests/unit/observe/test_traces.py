"""Steps as OpenTelemetry spans."""

from __future__ import annotations

from io import StringIO

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapter.observe import events
from adapter.observe.events import Level
from adapter.observe.log import Line, Stream
from adapter.observe.traces import Traced

EXCHANGE = "7a0f9f0e-0a63-4f1f-8d3a-4d7f1f8a9b10"


def test_the_steps_of_an_exchange_are_one_trace() -> None:
    """Each line about an exchange is a span of its trace, as long as the step took; the line goes on to the log."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    stream = StringIO()
    log = Traced(Stream(Level.INFO, stream), provider.get_tracer("test"))
    log.tell(events.EXCHANGE_SEALED, Line(exchange=EXCHANGE, partner="990201", took_ms=12.5))
    log.tell(events.EXCHANGE_GIVEN_UP, Line(exchange=EXCHANGE))
    log.tell(events.EXCHANGE_SENT, Line(exchange="no-uuid"))
    log.tell(events.DAEMON_STARTED)
    log.from_level(Level.ERROR)
    log.tell(events.DAEMON_STOPPED)
    sealed, given_up, other = kept.get_finished_spans()
    assert (sealed.name, sealed.context.trace_id) == ("exchange.sealed", int(EXCHANGE.replace("-", ""), 16))
    assert given_up.context.trace_id == sealed.context.trace_id != other.context.trace_id
    assert sealed.end_time is not None
    assert sealed.start_time is not None
    assert round((sealed.end_time - sealed.start_time) / 1e6, 1) == 12.5
    assert dict(sealed.attributes or {}) == {
        "adapter.exchange": EXCHANGE,
        "adapter.partner": "990201",
        "adapter.took_ms": 12.5,
    }
    assert not given_up.status.is_ok
    assert stream.getvalue().count("\n") == 4
    provider.shutdown()
