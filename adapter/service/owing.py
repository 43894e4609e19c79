"""Which received messages still owe their AppRec when the time for it is nearly over, and who has been told?

With `inbox.apprec = "when_taken"` a message is receipted when the application has taken or rejected it, and one that is
held when a person has decided. Nobody may do so for days, and the sender waits for 96 hours (AR-023; HIS 80415:2012
§3.2, `apprec.md` §5.1 step 7). A day before they are over the operator is told, once for each message: by an event, by
a line in its journal, and by the health of the adapter for as long as the message waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapter.delivery.owed import is_soon
from adapter.observe import events
from adapter.service.clock import lately
from adapter.service.holding import REASONS
from adapter.service.inbox import ALL
from adapter.service.installation import Installation
from adapter.service.operating import handled_by
from adapter.service.receipts import due_of, was_receipted
from adapter.service.steps import Told, line_of, tell
from adapter.store.port import Exchange, JournalEntry, Reader, Writer
from adapter.values import instant_of, instant_text, utc_text

TOLD: Final = "alarm: apprec_owed"
"""The journal's words at a message whose AppRec is owed; each message has them once at most."""

_LOOKED = "owed AppRecs looked at"
_HOURLY = timedelta(hours=1)
_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Owing:
    """A received message that owes its AppRec, and by when."""

    exchange: Exchange
    due: datetime


def owing(installation: Installation, reader: Reader, now: datetime, most: int = ALL) -> tuple[Owing, ...]:
    """What waits for the application or a person and is to be receipted soon or was to be, the most urgent first.

    What a person has marked as handled is left out. Of each kind the `most` oldest are looked through.
    """
    waiting: list[str] = []
    if installation.settings.inbox.apprec == "when_taken":
        waiting += [item.exchange_id for item in reader.inbox_waiting(most)]
    waiting += [line.exchange_id for line in reader.kept_back(REASONS, limit=most)]
    found = (one for ids in _portions(waiting) for one in _among(reader, ids, now))
    return tuple(sorted(found, key=lambda one: one.due))


def _portions(ids: list[str]) -> Iterator[list[str]]:
    return (ids[first : first + _TOGETHER] for first in range(0, len(ids), _TOGETHER))


def _among(reader: Reader, ids: list[str], now: datetime) -> Iterator[Owing]:
    """Those of some messages that wait, whose AppRec is owed; what belongs to them is read for all of them at once."""
    near = [one for one in reader.exchanges_named(ids) if is_soon(due_of(one), now)]
    if not near:
        return
    acts = reader.acts_about(one.id for one in near)
    lines: dict[str, list[JournalEntry]] = {one.id: [] for one in near}
    for line in reader.journals(lines):
        lines[line.exchange_id].append(line)
    for one in near:
        assert one.reception is not None
        if handled_by(acts, one.id, one.reception.since) is None and not was_receipted(lines[one.id]):
            yield Owing(one, due_of(one))


def look_after(installation: Installation) -> list[Told]:
    """Once an hour, tell of what has come so near to its time, in the log and in its journal. Returns what is told."""
    now = installation.clock.now()

    def look(reader: Reader) -> tuple[Owing, ...] | None:
        last = reader.note(_LOOKED)
        looked = last is not None and lately(instant_of(last), _HOURLY, now)
        return None if looked else owing(installation, reader, now)

    found = installation.store.read_now(look)
    if found is None:
        return []

    def write(writer: Writer) -> list[Told]:
        writer.keep_note(_LOOKED, instant_text(now))
        return list(_told(writer, found, now))

    told = installation.store.write_now(write)
    tell(installation.log, told)
    return told


def _told(writer: Writer, found: Iterable[Owing], now: datetime) -> Iterator[Told]:
    """What is news. Somebody may have taken a message or decided about it since it was found."""
    for one in found:
        lines = writer.journal(one.exchange.id)
        item = writer.inbox_item(one.exchange.id)
        taken = item is not None and item.taken_at is not None
        if taken or was_receipted(lines) or any(line.what == TOLD for line in lines):
            continue
        writer.add_journal(JournalEntry(one.exchange.id, now, TOLD, f"it is due by {utc_text(one.due)}"))
        yield Told(events.APPREC_OWED, line_of(one.exchange, "accepted", "AR-023"))
