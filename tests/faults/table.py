"""Which test plays a fault, what the log and the figures say of it, and where the operator reads what to do.

The tests take what they wait for from their row, and `test_table.py` sees that nothing on a row is made up.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.observe import events, metrics
from adapter.observe.events import Event
from adapter.observe.metrics import Figure
from tests.faults.running import Watched, until


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure, with its labels, and what it is while the fault lasts or after it: from, to."""

    figure: Figure
    labels: tuple[str, ...]
    least: float = 1
    most: float = float("inf")


@dataclass(frozen=True, slots=True)
class Fault:
    """One row. `test` is a function of `test_five_faults.py`, `section` a heading of `docs/handbook/faults.md`."""

    test: str
    section: str
    events: tuple[Event, ...]
    shown: tuple[Shown, ...]

    def assert_shown(self, daemon: Watched) -> None:
        """The figures are, or become, what the row says."""
        for one in self.shown:
            until(lambda: one.least <= daemon.figure(one.figure, *one.labels) <= one.most)  # noqa: B023

    def assert_told(self, daemon: Watched) -> None:
        """Each event of the row is in the log, or comes."""
        until(lambda: {event.name for event in self.events} <= set(daemon.lines))


NOT_READY = Shown(metrics.READY, (), 0, 0)

FAULTS = (
    Fault(
        "test_a_full_disk",
        "The disk is full",
        (events.STORE_UNAVAILABLE, events.MAIL_NOT_KEPT, events.STORE_AVAILABLE),
        (NOT_READY, Shown(metrics.AGAINST, ("store",)), Shown(metrics.EVENTS, ("mail.not_kept",))),
    ),
    Fault(
        "test_a_locked_store",
        "The store is locked",
        (events.STORE_UNAVAILABLE, events.MAIL_NOT_KEPT, events.STORE_AVAILABLE),
        (NOT_READY, Shown(metrics.AGAINST, ("store",)), Shown(metrics.EVENTS, ("mail.not_kept",))),
    ),
    Fault(
        "test_a_clock_that_is_set",
        "The clock was set",
        (events.CLOCK_STEPPED, events.EXCHANGE_GIVEN_UP),
        (Shown(metrics.EVENTS, ("clock.stepped",), 2, 2), Shown(metrics.EVENTS, ("exchange.given_up",), 1, 1)),
    ),
    Fault(
        "test_certificates_that_expire_at_midnight",
        "A certificate expires",
        (events.CERTIFICATE_EXPIRING, events.CERTIFICATE_EXPIRED, events.EXCHANGE_PUT_OFF, events.MAIL_PUT_OFF),
        (
            NOT_READY,
            Shown(metrics.AGAINST, ("certificate",)),
            Shown(metrics.AGAINST, ("partner_certificate",)),
            Shown(metrics.CERTIFICATES, ("keys.signing",), -1, -1),
        ),
    ),
    Fault(
        "test_a_server_that_drops_the_connection",
        "A mail server accepts and drops",
        (events.EXCHANGE_DEFERRED, events.EXCHANGE_UNKNOWN),
        (Shown(metrics.EVENTS, ("exchange.outcome_unknown",), 2, 2), Shown(metrics.EVENTS, ("exchange.deferred",))),
    ),
    Fault(
        "test_a_server_that_takes_and_loses",
        "A mail server accepts and drops",
        (events.EXCHANGE_SENT, events.EXCHANGE_RESENT),
        (
            Shown(metrics.OLDEST, ("8140022",), 12 * 3600),
            Shown(metrics.UNANSWERED, ("8140022",), 1, 1),
            Shown(metrics.RESENDS, ("8140022",), 1, 1),
        ),
    ),
)
