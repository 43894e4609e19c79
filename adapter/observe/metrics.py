"""What is counted and measured of a running adapter, for Prometheus.

Two kinds. What *happens* is counted from the lines of the log, so that a figure and a line can never disagree. How
things *are* (ages, queues, days left) is read when somebody asks. Labels are ids and codes from closed sets: a partner
is a HER-id, a rule an id of ours; anything else is `other`, and so is everybody beyond the thousandth partner, so that
a stranger's mails cannot fill the memory (promise 7 of the design, and a bound). The one free text is the name and
version of a partner's software, of verified envelopes only, and only if it looks like such a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from adapter.observe import events
from adapter.observe.events import Event, Level
from adapter.observe.log import Line, Log

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

MAX_PARTNERS: Final = 1000
MAX_SYSTEMS: Final = 200

OTHER: Final = "other"
_UNNAMED: Final = "none named"

_HER = re.compile(r"[1-9][0-9]{0,9}")
_RULE = re.compile(r"[A-Z][A-Z0-9]*(?:[-_][A-Z0-9]+)*")
_SOFTWARE = re.compile(r"(?!.*[0-9]{6}[ .-]?[0-9]{5})\w[\w .,()/+-]{0,59}")
"""The name or version of a product; what could be a national identity number is none."""

_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LONG = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 48 * 3600, 96 * 3600)
"""Seconds: a step of ours takes milliseconds, a partner's answer minutes or days."""


class Kind(StrEnum):
    """How a figure behaves."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the catalogue of figures. `name` is the one in queries, without what a histogram adds to it."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    means: str


EVENTS = Figure("adapter_events_total", Kind.COUNTER, ("event",), "lines of the log, by event")
STEPS = Figure("adapter_step_seconds", Kind.HISTOGRAM, ("event",), "how long a step of a message took")
RESENDS = Figure("adapter_resends_total", Kind.COUNTER, ("partner",), "messages sent again for want of an answer")
REFUSALS = Figure(
    "adapter_refusals_total", Kind.COUNTER, ("event", "rule"), "messages refused, ours and theirs, by the first rule"
)
ACKNOWLEDGED = Figure(
    "adapter_acknowledgment_seconds", Kind.HISTOGRAM, ("partner",), "from the first sending to the Acknowledgment"
)
RECEIPTED = Figure("adapter_apprec_seconds", Kind.HISTOGRAM, ("partner",), "from the first sending to the AppRec")
STORE = Figure("adapter_store_seconds", Kind.HISTOGRAM, ("work",), "how long the store took, waiting included")
LOOP = Figure(
    "adapter_loop_lag_seconds", Kind.HISTOGRAM, (), "how late the event loop came round, looked at four times a second"
)
HEARD = Figure(
    "adapter_heard_total",
    Kind.COUNTER,
    ("system", "version"),
    "verified envelopes, by the software that their sender names (MSH-system, MSH-versjon)",
)
OLDEST = Figure(
    "adapter_oldest_unanswered_seconds", Kind.GAUGE, ("partner",), "age of the oldest message without an answer"
)
UNANSWERED = Figure("adapter_unanswered", Kind.GAUGE, ("partner",), "messages without an answer")
QUEUE = Figure("adapter_queue", Kind.GAUGE, ("queue",), "what waits: to be sealed, sent, judged, taken, looked at")
CERTIFICATES = Figure("adapter_certificate_days", Kind.GAUGE, ("certificate",), "days that a certificate has left")
READY = Figure("adapter_ready", Kind.GAUGE, (), "1 when a message handed in now goes its way, else 0")
AGAINST = Figure("adapter_not_ready", Kind.GAUGE, ("what",), "1 for each thing that is not as it should be")

CATALOGUE: Final = (
    EVENTS, STEPS, RESENDS, REFUSALS, ACKNOWLEDGED, RECEIPTED, STORE, LOOP, HEARD,
    OLDEST, UNANSWERED, QUEUE, CERTIFICATES, READY, AGAINST,
)  # fmt: skip
"""Every figure."""

_REFUSED = {
    events.MESSAGE_REFUSED,
    events.MESSAGE_UNANSWERED,
    events.MESSAGE_PARKED,
    events.EXCHANGE_FAILED,
    events.ERROR_RECEIVED,
    events.APPREC_REJECTED,
}
_WAITED = {
    events.ACK_RECEIVED: ACKNOWLEDGED,
    events.ACK_WARNED: ACKNOWLEDGED,
    events.ERROR_RECEIVED: ACKNOWLEDGED,
    events.APPREC_RECEIVED: RECEIPTED,
    events.APPREC_REJECTED: RECEIPTED,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """The value of a gauge now, for one set of labels."""

    figure: Figure
    value: float
    labels: tuple[str, ...] = ()


class _Gauges(Collector):
    """The gauges of one question: what was read for it."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = tuple(samples)

    def collect(self) -> Iterator[Metric]:
        for figure in CATALOGUE:
            if figure.kind is not Kind.GAUGE:
                continue
            family = GaugeMetricFamily(figure.name, figure.means, labels=figure.labels)
            for sample in self._samples:
                if sample.figure is figure:
                    family.add_metric(sample.labels, sample.value)
            yield family


class Metrics:
    """The counters and histograms of one process; several threads may count at once."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters = {
            figure: Counter(figure.name.removesuffix("_total"), figure.means, figure.labels, registry=self._registry)
            for figure in CATALOGUE
            if figure.kind is Kind.COUNTER
        }
        self._histograms = {
            figure: Histogram(
                figure.name,
                figure.means,
                figure.labels,
                buckets=_LONG if figure in {ACKNOWLEDGED, RECEIPTED} else _SHORT,
                registry=self._registry,
            )
            for figure in CATALOGUE
            if figure.kind is Kind.HISTOGRAM
        }
        self._partners: set[str] = set()
        self._systems: set[tuple[str, str]] = set()
        self._lock = Lock()

    def count(self, event: Event, line: Line) -> None:
        """Count a line."""
        self._counters[EVENTS].labels(event.name).inc()
        if line.took_ms is not None:
            self._histograms[STEPS].labels(event.name).observe(line.took_ms / 1000)
        if event is events.EXCHANGE_RESENT:
            self._counters[RESENDS].labels(self._partner(line.partner)).inc()
        if event in _REFUSED:
            self._counters[REFUSALS].labels(event.name, _rule(line.rule)).inc()
        if event in _WAITED and line.waited_ms is not None:
            self._histograms[_WAITED[event]].labels(self._partner(line.partner)).observe(line.waited_ms / 1000)

    def store_took(self, work: str, seconds: float) -> None:
        """A piece of work of the store, `read` or `write`, was done in so many seconds."""
        self._histograms[STORE].labels(work).observe(seconds)

    def loop_lagged(self, seconds: float) -> None:
        """The event loop came round so many seconds late."""
        self._histograms[LOOP].observe(seconds)

    def heard(self, system: str, version: str) -> None:
        """An envelope was verified whose sender names this software (HITS 1210 §6.2.2); empty where it names none."""
        named = (system or _UNNAMED, version or _UNNAMED)
        self._counters[HEARD].labels(*(named if self._is_software(named) else (OTHER, OTHER))).inc()

    def _is_software(self, named: tuple[str, str]) -> bool:
        if not all(_SOFTWARE.fullmatch(one) for one in named):
            return False
        with self._lock:
            if len(self._systems) < MAX_SYSTEMS:
                self._systems.add(named)
            return named in self._systems

    def text(self, samples: Iterable[Sample]) -> bytes:
        """Everything as Prometheus reads it (`MEDIA_TYPE`), with the gauges that were read for this."""
        gauges = CollectorRegistry()
        gauges.register(_Gauges(samples))
        return generate_latest(self._registry) + generate_latest(gauges)

    def _partner(self, said: str | None) -> str:
        if said is None or not _HER.fullmatch(said):
            return OTHER
        with self._lock:
            if said not in self._partners:
                if len(self._partners) >= MAX_PARTNERS:
                    return OTHER
                self._partners.add(said)
        return said


def _rule(said: str | None) -> str:
    first = (said or "").split(",")[0].strip()
    return first if _RULE.fullmatch(first) and len(first) <= 40 else OTHER


_NOTHING = Line()


class Counting:
    """A log whose lines are counted on their way."""

    def __init__(self, log: Log, count: Callable[[Event, Line], None]) -> None:
        self._log = log
        self._count = count

    def tell(self, event: Event, line: Line = _NOTHING) -> None:
        self._count(event, line)
        self._log.tell(event, line)

    def from_level(self, level: Level) -> None:
        self._log.from_level(level)
