"""What has had its time, and letting go of it: once a day by the daemon, or when somebody asks.

Finding is one reading transaction; letting go is many small writing ones, so that no message waits for it. What became
open, or was proved by a new fact, between the two stays. Of octets that go, the row stays with digest, size and day:
evidence and `adapter show` can say what was there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.config import Retention
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.clock import lately
from adapter.service.installation import Installation
from adapter.store.care import Expired, Kept, Space
from adapter.store.port import Reader, Store
from adapter.values import instant_of, instant_text

BATCH = 50
"""How much is let go in one transaction."""

PAGES = 256
"""How many pages of the file are given back in one transaction: a megabyte."""

_LAST = "retention looked at"
_DAILY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Going:
    """What of a kind has had its time. `days` is the setting; None where each thing has its own end."""

    kept: Kept
    days: int | None
    before: datetime
    things: tuple[Expired, ...]

    @property
    def octets(self) -> int:
        return sum(one.octets for one in self.things)

    @property
    def oldest(self) -> datetime | None:
        return min((one.at for one in self.things), default=None)

    @property
    def newest(self) -> datetime | None:
        return max((one.at for one in self.things), default=None)


@dataclass(frozen=True, slots=True)
class LetGo:
    """What went: of each kind how many, and the file before and after."""

    gone: tuple[tuple[Kept, int], ...]
    before: Space
    after: Space


def due(store: Store, terms: Retention, now: datetime) -> tuple[Going, ...]:
    """What has had its time by now, one entry for each kind that the settings name."""

    def look(reader: Reader) -> tuple[Going, ...]:
        found = []
        for kept, days in _days(terms):
            before = now - timedelta(days=days or 0)
            found.append(Going(kept, days, before, reader.expired(kept, before, now)))
        return tuple(found)

    return store.read_now(look)


def _days(terms: Retention) -> tuple[tuple[Kept, int | None], ...]:
    named = (
        (Kept.PAYLOADS, terms.payload_days),
        (Kept.MAILS, terms.mail_days),
        (Kept.SIGNALS, terms.signal_days),
        (Kept.QUARANTINE, terms.quarantine_days),
        (Kept.JOURNALS, terms.journal_days),
        (Kept.AUDIT, terms.audit_days),
        (Kept.DEAD_LETTERS, terms.dead_letter_days),
    )
    return (*((kept, days) for kept, days in named if days is not None), (Kept.KEPT_ANSWERS, None))


def let_go(
    store: Store, going: tuple[Going, ...], now: datetime, tick: Callable[[int, int], None] = lambda done, of: None
) -> LetGo:
    """Let go of what is due, then give the space back where the file can."""
    before = store.read_now(lambda reader: reader.space())
    total, done = sum(len(one.things) for one in going), 0
    gone = []
    for one in going:
        count = 0
        for start in range(0, len(one.things), BATCH):
            some = one.things[start : start + BATCH]
            count += store.write_now(lambda writer, some=some, one=one: writer.expire(some, one.before, now))  # type: ignore[misc]
            done += len(some)
            tick(done, total)
        gone.append((one.kept, count))
    return LetGo(tuple(gone), before, _give_back(store))


def _give_back(store: Store) -> Space:
    space = store.read_now(lambda reader: reader.space())
    while space.gives_back and space.free:
        store.write_now(lambda writer: writer.give_back(PAGES))
        left = store.read_now(lambda reader: reader.space())
        if left.free >= space.free:
            return left
        space = left
    return space


def daily(installation: Installation) -> None:
    """Once a day, let go of what is due."""
    store, now = installation.store, installation.clock.now()
    last = store.read_now(lambda reader: reader.note(_LAST))
    if last is not None and lately(instant_of(last), _DAILY, now):
        return
    done = let_go(store, due(store, installation.settings.retention, now), now)
    store.write_now(lambda writer: writer.keep_note(_LAST, instant_text(now)))
    went = ", ".join(f"{count} {kept}" for kept, count in done.gone if count)
    if went:
        freed = done.before.octets - done.after.octets
        installation.log.tell(events.RETENTION_DONE, Line(change=f"{went}; {freed} octets given back to the disk"))
