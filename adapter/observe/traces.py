"""The steps of a message as OpenTelemetry spans, for who has a collector: one trace for each exchange.

Optional (`adapter[traces]`): only the interface of OpenTelemetry is used here. Which exporter there is, and where it
sends, is set up as for any Python program, for instance by starting with `opentelemetry-instrument adapter run`. A span
carries what the line of the log carries and nothing else. Its trace id is the id of the exchange, so that whoever has
a line finds the trace, also over restarts.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, Tracer

from adapter.observe.events import Event, Level
from adapter.observe.log import Line, Log

_NOTHING = Line()


class Traced:
    """A log whose lines about an exchange are also spans. A line without duration is a span without one."""

    def __init__(self, log: Log, tracer: Tracer | None = None) -> None:
        self._log = log
        self._tracer = tracer if tracer is not None else trace.get_tracer("adapter")

    def tell(self, event: Event, line: Line = _NOTHING) -> None:
        if line.exchange is not None:
            end = time.time_ns()
            start = end - round((line.took_ms or 0) * 1_000_000)
            said = {f"adapter.{key}": value for key, value in asdict(line).items() if value is not None}
            span = self._tracer.start_span(
                event.name, _trace_of(line.exchange), SpanKind.INTERNAL, attributes=said, start_time=start
            )
            if event.level is Level.ERROR:
                span.set_status(Status(StatusCode.ERROR, event.means))
            span.end(end)
        self._log.tell(event, line)

    def from_level(self, level: Level) -> None:
        self._log.from_level(level)


def _trace_of(exchange: str) -> Context:
    """A context whose trace is the exchange's."""
    try:
        number = UUID(exchange).int
    except ValueError:
        number = int.from_bytes(hashlib.sha256(exchange.encode()).digest()[:16])
    parent = SpanContext(number, number & (2**64 - 1) or 1, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return trace.set_span_in_context(NonRecordingSpan(parent))
