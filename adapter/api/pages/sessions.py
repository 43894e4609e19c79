"""Who is at this browser? Sessions after a login, and the proof that a form came from our own page.

A session is a random id in a cookie; here only its SHA-256 is held, with the id of the token that was shown. Sessions
live in memory: a restart ends them all. The key of a form is an HMAC over the cookie, so that it needs no session and
cannot be made by who does not know the process's secret.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

MOST = 10_000
"""More sessions than this are not held; the one that was idle for longest ends."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that has shown a token."""

    token_id: str
    began: datetime
    seen: datetime


class Sessions:
    """The sessions of one process. Each ends after `idle` without a page being asked for by a person, and after
    `longest` in any case. `random` makes the secret and the ids."""

    def __init__(
        self, idle: timedelta, longest: timedelta, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._idle = idle
        self.longest = longest
        self._random = random
        self._secret = random(32)
        self._held: dict[str, Session] = {}
        self._lock = Lock()

    def fresh_id(self) -> str:
        """An id for a cookie, 256 bits, with no session yet."""
        return self._random(32).hex()

    def begin(self, token_id: str, now: datetime) -> str:
        """Begin a session under an id that nobody has seen before, and return the id."""
        made = self.fresh_id()
        with self._lock:
            self._held = {key: one for key, one in self._held.items() if self._lasts(one, now)}
            if len(self._held) >= MOST:
                del self._held[min(self._held, key=lambda key: self._held[key].seen)]
            self._held[_digest(made)] = Session(token_id, now, now)
        return made

    def token_of(self, shown: str, now: datetime, *, by_hand: bool) -> str | None:
        """The token behind a cookie; None when its session has ended. Only what a person asks for keeps it awake."""
        key = _digest(shown)
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            if not self._lasts(found, now):
                del self._held[key]
                return None
            if by_hand:
                self._held[key] = replace(found, seen=now)
            return found.token_id

    def _lasts(self, one: Session, now: datetime) -> bool:
        return one.began <= now < one.began + self.longest and now < one.seen + self._idle

    def is_held(self, shown: str) -> bool:
        """Whether there is a session under this cookie."""
        with self._lock:
            return _digest(shown) in self._held

    def end(self, shown: str) -> None:
        """End the session of a cookie, if there is one."""
        with self._lock:
            self._held.pop(_digest(shown), None)

    def form_key(self, shown: str) -> str:
        """What a form of the page for this cookie must carry."""
        return hmac.new(self._secret, shown.encode(), sha256).hexdigest()

    def is_ours(self, shown: str, form_key: str) -> bool:
        """Whether a form came from a page that was made for this cookie."""
        return hmac.compare_digest(self.form_key(shown).encode(), form_key.encode())


def _digest(shown: str) -> str:
    return sha256(shown.encode()).hexdigest()
