"""Which certificate of a partner holds at a moment: A until, then B.

A partner that changes its certificates says when; the plan stands in its file. Where two hold at once, the one that
began last is encrypted to: its holder has the new key by then, and the old one goes. Where none holds there is a gap,
and nothing can be encrypted until it is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

FLIGHT = timedelta(hours=84)
"""How long a message that was signed before a change may be under way (`ebxml.md` §5.4, HISD 1177 §5.3)."""

_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Planned:
    """A certificate and when its party uses it; None is without beginning, or without end."""

    certificate: x509.Certificate
    first: datetime | None = None
    until: datetime | None = None

    @property
    def begins(self) -> datetime:
        return self.first or _EVER

    def holds(self, at: datetime) -> bool:
        return self.begins <= at and (self.until is None or at < self.until)

    def is_believed(self, at: datetime) -> bool:
        """Whether a signature that arrives then may be by it: what is under way keeps the old one.

        It is believed before its beginning too. A partner that changes a day early is still itself.
        """
        return self.until is None or at < self.until + FLIGHT


def in_use(plan: tuple[Planned, ...], at: datetime) -> Planned | None:
    """The one to encrypt to; None in a gap."""
    return max((one for one in plan if one.holds(at)), key=lambda one: one.begins, default=None)


def next_change(plan: tuple[Planned, ...], at: datetime) -> datetime | None:
    """When another certificate, or none, is the one in use; None when nothing more is planned."""
    now = in_use(plan, at)
    moments = (moment for one in plan for moment in (one.first, one.until) if moment is not None and moment > at)
    return next((moment for moment in sorted(moments) if in_use(plan, moment) is not now), None)


def gaps(plan: tuple[Planned, ...], at: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """The gaps of a plan from a moment on: since when, and until when (None: nothing follows)."""
    moments = sorted({at, *(end for one in plan for end in (one.first, one.until) if end is not None and end > at)})
    since: datetime | None = None
    for moment in moments:
        if in_use(plan, moment) is None:
            since = since or moment
        elif since is not None:
            yield since, moment
            since = None
    if since is not None:
        yield since, None
