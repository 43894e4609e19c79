"""When did what last work? The moments that a running adapter leaves behind for its health and its watchdog.

They live in memory only: they say how *this* process is, and a new process has not seen anything yet. Everything that
must survive stands in the store.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from adapter.errors import STORE_FULL, STORE_LOCKED, STORE_UNREACHABLE, AdapterError
from adapter.transports.port import Deferred, Outcome

STORE_AWAY = frozenset({STORE_FULL, STORE_LOCKED, STORE_UNREACHABLE})
"""States of the store that pass: every loop waits, and the log says so once for all of them."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that does not work: since when, and the id of the last error or the server's last answer."""

    since: datetime
    says: str


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that can work or not: when it last did (None: not in this process), and what is wrong (None: nothing
    known)."""

    worked: datetime | None = None
    trouble: Trouble | None = None

    def works(self, now: datetime) -> Way:
        return Way(now)

    def fails(self, now: datetime, says: str) -> Way:
        since = self.trouble.since if self.trouble is not None else now
        return Way(self.worked, Trouble(since, says))


class Pulse:
    """What the parts of one running adapter have said of themselves. Several threads may speak at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._store = Way()
        self._mail_out = Way()
        self._turned: dict[str, float] = {}

    @property
    def store(self) -> Way:
        return self._store

    @property
    def mail_out(self) -> Way:
        return self._mail_out

    @property
    def idle(self) -> tuple[tuple[str, timedelta], ...]:
        """Each loop that runs, and how long ago it last came round; by a clock that nobody sets."""
        now = time.monotonic()
        with self._lock:
            return tuple((name, timedelta(seconds=now - at)) for name, at in sorted(self._turned.items()))

    def loop_turned(self, name: str) -> None:
        with self._lock:
            self._turned[name] = time.monotonic()

    def loop_ended(self, name: str) -> None:
        with self._lock:
            self._turned.pop(name, None)

    def store_works(self, now: datetime) -> Trouble | None:
        """The store has answered; what had been wrong until now (None: nothing)."""
        with self._lock:
            ended, self._store = self._store.trouble, self._store.works(now)
        return ended

    def store_fails(self, error: AdapterError, now: datetime) -> bool:
        """The store has said no; whether that is news."""
        with self._lock:
            known = self._store.trouble
            self._store = self._store.fails(now, error.id)
        return known is None or known.says != error.id

    def handed_over(self, outcome: Outcome, now: datetime) -> None:
        """What the mail server answered. One that says "later" is there, and takes no mail all the same."""
        with self._lock:
            if isinstance(outcome, Deferred):
                self._mail_out = self._mail_out.fails(now, outcome.reason)
            else:
                self._mail_out = self._mail_out.works(now)
