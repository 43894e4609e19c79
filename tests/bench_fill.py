"""How does a store of two years come about in a minute? Copies of whole exchanges, with everything that hangs on them.

A few exchanges are carried out, settled on both sides, and multiplied in SQL: exchanges, journal, outbox, mails,
correlations, envelopes seen of the last month, accesses, and facts as a chain that verifies. Nothing is left to do in
a copy: a store with a backlog would measure the backlog. A few in a thousand have gone wrong or wait, as in life.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapter.config import load
from adapter.delivery.fact_chain import linked
from adapter.delivery.fact_json import write_entry
from adapter.delivery.recorded import Pseudonym
from adapter.service.clock import MachineClock
from adapter.store import fact_log
from adapter.store.port import FactFilter
from adapter.store.sql_store import open_store
from adapter.testing.place import Place
from adapter.values import instant_text
from tests.bench_load import both, settle, submit

ORIGINALS = 10

FACTS = 20_000
"""Fewer than exchanges: making each costs what recording one costs."""

_FRESH = (
    "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' ||"
    " substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
)

_ANEW = {
    "exchange": {"id": "copy.new", "created_at": "copy.created", "receipt_for": "NULL", "answers": "NULL"}
    | {"message_id": _FRESH, "msg_id": "copy.new", "msg_key": "copy.new", "msg_hex": "replace(copy.new, '-', '')"},
    "journal": {"seq": "NULL", "exchange_id": "copy.new", "at": "copy.created"},
    "outbox": {"id": _FRESH, "exchange_id": "copy.new", "created_at": "copy.created", "due": "copy.created"},
    "mail_in": {"id": _FRESH, "exchange_id": "copy.new", "received": "copy.created", "since": "copy.created"},
    "correlation": {"value": _FRESH, "exchange_id": "copy.new", "at": "copy.created"},
    "seen_envelope": {"message_id": _FRESH, "exchange_id": "copy.new", "at": "copy.created"},
}
"""What differs between a row and its copy; of a table whose rows belong to an exchange by `exchange_id` or `id`."""

_OF_A_MONTH = {"seen_envelope": "copy.created > :month"}
"""What is forgotten after its time is there of that time only."""

# What failed, was rejected or never receipted; what waits for its AppRec; what was received for the application; and
# what people have looked at.
_AS_IN_LIFE = """
    UPDATE exchange SET transport_state = 'delivery_failed', receipt_state = 'failed_transport'
    WHERE direction = 'out' AND rowid % 500 = 0;
    UPDATE exchange SET receipt_state = 'rejected', receipt_errors = 'E10'
    WHERE direction = 'out' AND rowid % 500 = 2;
    UPDATE exchange SET receipt_state = 'timed_out' WHERE direction = 'out' AND rowid % 500 = 4;
    UPDATE exchange SET receipt_state = 'transported', receipt_due = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '4 days')
    WHERE direction = 'out' AND rowid IN (SELECT rowid FROM exchange ORDER BY created_at DESC LIMIT 300);
    UPDATE exchange SET type = 'DIALOG_HELSEFAGLIG', reception_state = 'delivered'
    WHERE direction = 'in' AND rowid % 10 < 3;
    INSERT INTO inbox (exchange_id, payload, received_at, taken_at, file)
    SELECT id, payload, created_at, created_at, '' FROM exchange WHERE type = 'DIALOG_HELSEFAGLIG';
    UPDATE inbox SET taken_at = NULL WHERE exchange_id IN
    (SELECT exchange_id FROM inbox ORDER BY received_at DESC LIMIT 100);
    INSERT INTO journal (exchange_id, at, what, detail)
    SELECT id, created_at, 'not imported', 'E10' FROM exchange WHERE direction = 'in' AND rowid % 100 = 7;
    INSERT INTO audit (at, who, what, outcome, about)
    SELECT created_at, 'kari', 'exchange read', 'allowed', id FROM exchange;
    INSERT INTO operator_act (subject, at, who, act, reason, outcome)
    SELECT id, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'), 'kari', 'handled', 'telephone', 'marked as handled'
    FROM exchange WHERE transport_state = 'delivery_failed' AND rowid % 4 = 0;
"""


def filled(place: Place, count: int) -> Path:
    """Carry a few exchanges out and multiply the hospital's side; the path of its store."""
    asyncio.run(_settled(place))
    path = load(place.hospital.config).store.path
    multiply(path, count)
    multiply_facts(path, min(FACTS, count))
    return path


async def _settled(place: Place) -> None:
    async with both(place, MachineClock()) as sides:
        submit(sides[0].installation, ORIGINALS)
        await settle(*sides)
        for side in sides:
            counts = side.installation.store.read_now(lambda reader: reader.counts())
            assert not counts.outbox_waiting, "something is left to be sent"
            assert not counts.mails_waiting, "something is left to be judged"


def multiply(path: Path, count: int) -> None:
    """Make so many exchanges of those there are, over the two years past."""
    now = datetime.now(UTC)
    with sqlite3.connect(path) as store:
        had = store.execute("SELECT count(*) FROM exchange").fetchone()[0]
        store.execute("CREATE TEMP TABLE copy (old TEXT, new TEXT, created TEXT)")
        store.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :times) "
            f"INSERT INTO copy SELECT e.id, {_FRESH}, "
            "strftime('%Y-%m-%dT%H:%M:%S', e.created_at, '-' || (abs(random()) % 63072000) || ' seconds')"
            " || substr(e.created_at, 20) FROM exchange e, n",
            {"times": count // had},
        )
        store.execute("CREATE INDEX temp.copy_old ON copy (old)")
        for table, anew in _ANEW.items():
            columns = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
            shown = ", ".join(anew.get(column, f"t.{column}") for column in columns)
            store.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {shown} FROM {table} t"
                f" JOIN copy ON copy.old = t.{'id' if table == 'exchange' else 'exchange_id'}"
                f" WHERE {_OF_A_MONTH.get(table, 'true')}",
                {"month": instant_text(now - timedelta(days=30))},
            )
        store.commit()
        store.executescript(_AS_IN_LIFE)
    store.close()


def multiply_facts(path: Path, count: int) -> None:
    """Lengthen the log by facts about other patients, each linked to the one before."""
    store = open_store(path)
    recorded = store.read_now(lambda reader: reader.facts(FactFilter()))
    store.close()
    last, rows, now = recorded[-1], [], datetime.now(UTC)
    for number in range(count):
        entry = recorded[number % len(recorded)].entry
        patient = Pseudonym(hashlib.sha256(f"{number // 4}".encode()).hexdigest())
        last = linked(replace(entry, patient=patient), last, now)
        row = fact_log.row_of(last, write_entry(last.entry))
        of_whom = (row.patient, row.hospital, row.municipality, row.exchange_id)
        rows.append((row.seq, instant_text(now), *of_whom, row.text, row.digest, row.previous, row.hash))
    with sqlite3.connect(path) as connection:
        connection.executemany("INSERT INTO fact_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()
