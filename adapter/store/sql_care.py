"""How is what `adapter.store.care` asks for written in SQL?

What has expired is found in one reading transaction with scans, and let go in small writing ones that look only at rows
by their keys: so the writer is never held long, and what has changed between the two is seen.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import OPEN_STATES
from adapter.errors import STORE_KEY_MISSING, STORE_KEY_WRONG, AdapterError
from adapter.store.care import Expired, Kept, KeyUse, Resealed, Space
from adapter.store.cipher import StoreKey
from adapter.store.key_ring import CURRENT, FORMER, KeyRing
from adapter.store.schema import AUDIT_KEPT_FROM, KEY_INSIDE, KEY_OUTSIDE, blob, blob_key, meta, store_key
from adapter.values import Digest, instant_of, instant_text

_BATCH: Final = 50
"""Blobs looked at in one step of a rotation."""


def _words(states: frozenset[Any] | tuple[Any, ...]) -> str:
    return ", ".join(f"'{state.value}'" for state in sorted(states))


_UNDER_WAY: Final = _words(
    (
        ReceptionState.FETCHED,
        ReceptionState.STORED,
        ReceptionState.PARSED,
        ReceptionState.VALIDATING,
        ReceptionState.PENDING,
    )
)

_OPEN: Final = f"""
    transport_state IN ({_words(OPEN_STATES)})
    OR (receipt_due IS NOT NULL AND receipt_state IN ({_words((AppRecState.SENT, AppRecState.TRANSPORTED))}))
    OR reception_state IN ({_UNDER_WAY})
    OR max(created_at, coalesce(transport_since, ''), coalesce(receipt_since, ''), coalesce(reception_since, ''))
       >= :before
"""
"""An exchange that is not over, or not over long enough. The states are ours."""

_HELD: Final = f"""
    facts(id) AS MATERIALIZED (SELECT DISTINCT exchange_id FROM fact_log WHERE exchange_id IS NOT NULL),
    proving(digest) AS MATERIALIZED (SELECT DISTINCT entry ->> '$.fact.digest' FROM fact_log),
    held(id) AS MATERIALIZED (
        SELECT id FROM exchange WHERE {_OPEN}
        UNION SELECT exchange_id FROM inbox WHERE taken_at IS NULL
        UNION SELECT id FROM facts
        UNION SELECT id FROM exchange WHERE receipt_for IN (SELECT id FROM facts) OR answers IN (SELECT id FROM facts)
        UNION SELECT receipt_for FROM exchange WHERE id IN (SELECT id FROM facts) AND receipt_for IS NOT NULL
        UNION SELECT answers FROM exchange WHERE id IN (SELECT id FROM facts) AND answers IS NOT NULL
        UNION SELECT exchange_id FROM mail_in
              WHERE raw IN (SELECT digest FROM proving) AND exchange_id IS NOT NULL
    )
"""  # noqa: S608

_KEPT_OCTETS: Final = f"""
    kept(digest) AS MATERIALIZED (
        SELECT payload FROM exchange WHERE payload IS NOT NULL AND id IN (SELECT id FROM held)
        UNION SELECT sealed FROM exchange WHERE sealed IS NOT NULL AND id IN (SELECT id FROM held)
        UNION SELECT payload FROM beside WHERE exchange_id IN (SELECT id FROM held)
        UNION SELECT raw FROM mail_in
              WHERE state IN ({_UNDER_WAY}) OR claimed_until > :now OR exchange_id IN (SELECT id FROM held)
        UNION SELECT body FROM outbox
              WHERE state = 'waiting' OR claimed_until > :now OR exchange_id IN (SELECT id FROM held)
        UNION SELECT response FROM seen_envelope WHERE response IS NOT NULL AND keep_until >= :now
        UNION SELECT digest FROM proving WHERE digest IS NOT NULL
    ),
    owner(digest, id) AS MATERIALIZED (
        SELECT payload, id FROM exchange WHERE payload IS NOT NULL
        UNION SELECT sealed, id FROM exchange WHERE sealed IS NOT NULL
        UNION SELECT payload, exchange_id FROM beside
        UNION SELECT raw, exchange_id FROM mail_in WHERE exchange_id IS NOT NULL
        UNION SELECT body, exchange_id FROM outbox WHERE exchange_id IS NOT NULL
    )
"""  # noqa: S608


def _octets(which: str) -> str:
    return f"""
    WITH {_HELD}, {_KEPT_OCTETS}
    SELECT blob.digest, blob.size, blob.stored_at, owner.id
    FROM blob LEFT JOIN owner ON owner.digest = blob.digest
    WHERE {which} AND blob.gone_at IS NULL AND blob.stored_at < :before
      AND blob.digest NOT IN (SELECT digest FROM kept)
    ORDER BY blob.stored_at, blob.digest
    """  # noqa: S608


_BECAME_NOTHING: Final = (
    "blob.digest IN (SELECT raw FROM mail_in) AND "
    "blob.digest NOT IN (SELECT raw FROM mail_in WHERE exchange_id IS NOT NULL)"
)

# A row with the highest number stays in each numbered list: the next number must be higher than any that was given.
_EXPIRED: Final = {
    Kept.PAYLOADS: _octets("blob.kind = 'payload'"),
    Kept.MAILS: _octets(f"blob.kind IN ('mail', 'sealed') AND NOT ({_BECAME_NOTHING})"),
    Kept.SIGNALS: _octets("blob.kind = 'signal'"),
    Kept.QUARANTINE: _octets(f"blob.kind = 'mail' AND {_BECAME_NOTHING}"),
    # A webhook that is behind has not told these lines yet.
    Kept.JOURNALS: f"""
        WITH {_HELD}
        SELECT seq, length(what) + length(detail), at, exchange_id FROM journal
        WHERE at < :before AND exchange_id NOT IN (SELECT id FROM held)
          AND seq < (SELECT max(seq) FROM journal)
          AND seq <= (SELECT coalesce(min(cursor), 9223372036854775807) FROM webhook)
        ORDER BY seq
        """,  # noqa: S608
    Kept.AUDIT: """
        SELECT seq, length(who) + length(what) + length(about), at, NULL FROM audit
        WHERE at < :before AND seq < (SELECT max(seq) FROM audit) ORDER BY seq
        """,
    Kept.DEAD_LETTERS: """
        SELECT rowid, length(event) + length(reason), set_aside_at, NULL FROM dead_letter
        WHERE set_aside_at < :before ORDER BY set_aside_at
        """,
    Kept.KEPT_ANSWERS: """
        SELECT rowid, length(request) + length(exchange_id), at, NULL FROM kept_answer
        WHERE keep_until < :now ORDER BY at
        """,
}

_HELD_NOW: Final = text(
    f"""
    SELECT id FROM exchange WHERE id IN :ids AND ({_OPEN})
    UNION SELECT exchange_id FROM fact_log WHERE exchange_id IN :ids
    UNION SELECT exchange_id FROM outbox WHERE exchange_id IN :ids AND state = 'waiting'
    """  # noqa: S608
).bindparams(bindparam("ids", expanding=True))

_ROWS: Final = {
    Kept.JOURNALS: "DELETE FROM journal WHERE seq = :key",
    Kept.AUDIT: "DELETE FROM audit WHERE seq = :key",
    Kept.DEAD_LETTERS: "DELETE FROM dead_letter WHERE rowid = :key AND set_aside_at < :before",
    Kept.KEPT_ANSWERS: "DELETE FROM kept_answer WHERE rowid = :key AND keep_until < :now",
}


class SqlCareReader:
    """The port's `CareReader` on one connection."""

    _connection: Connection
    _driver: sqlite3.Connection
    _keys: KeyRing

    def current_key(self) -> str | None:
        found: str | None = self._connection.execute(
            select(store_key.c.id).where(store_key.c.state == CURRENT)
        ).scalar()
        return found

    def key_uses(self) -> tuple[KeyUse, ...]:
        current = self.current_key()
        used = (
            select(blob_key.c.key_id, func.count(), func.sum(blob.c.size))
            .select_from(blob.outerjoin(blob_key, blob_key.c.digest == blob.c.digest))
            .where(blob.c.gone_at.is_(None))
            .group_by(blob_key.c.key_id)
        )
        counted = {key_id or "": (count, int(octets)) for key_id, count, octets in self._connection.execute(used)}
        known = {str(one) for one in self._connection.execute(select(store_key.c.id)).scalars()}
        return tuple(KeyUse(one, one == current, *counted.get(one, (0, 0))) for one in sorted(known | set(counted)))

    def gone(self, digest: Digest) -> datetime | None:
        found: datetime | None = self._connection.execute(
            select(blob.c.gone_at).where(blob.c.digest == digest.value)
        ).scalar()
        return found

    def blob_digests(self) -> tuple[Digest, ...]:
        there = select(blob.c.digest).where(blob.c.gone_at.is_(None)).order_by(blob.c.digest)
        return tuple(Digest(one) for one in self._connection.execute(there).scalars())

    def expired(self, kept: Kept, before: datetime, now: datetime) -> tuple[Expired, ...]:
        moments = {"before": instant_text(before), "now": instant_text(now)}
        statement = text(_EXPIRED[kept])
        wanted = {name: value for name, value in moments.items() if name in statement.compile().params}
        rows = self._connection.execute(statement, wanted).all()
        found = []
        for _, same in groupby(rows, lambda row: row[0]):
            first, *others = same
            owners = tuple(str(row[3]) for row in (first, *others) if row[3] is not None)
            found.append(Expired(kept, str(first[0]), int(first[1]), instant_of(first[2]), owners))
        return tuple(found)

    def space(self) -> Space:
        asked = ("page_size", "page_count", "freelist_count", "auto_vacuum")
        size, pages, free, mode = (
            int(self._connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0) for name in asked
        )
        return Space(size * pages, size * free, mode == 2)

    def pseudonym_key_inside(self) -> bytes | None:
        inside: str | None = self._connection.execute(select(meta.c.value).where(meta.c.key == KEY_INSIDE)).scalar()
        return None if inside is None else bytes.fromhex(inside)


class SqlCareWriter(SqlCareReader):
    """The port's `CareWriter` on one connection that has a transaction open."""

    # ── keys ──

    def adopt_key(self, now: datetime) -> bool:
        own = self._keys.own
        if own is None or self.current_key() is not None:
            return False
        self._connection.execute(insert(store_key).values(id=own.id, state=CURRENT, made_at=now))
        return True

    def turn_to(self, key: StoreKey, now: datetime) -> None:
        before = self._keys.current(self._driver)
        if before is not None and before.id == key.id:
            self._keys.add(key)
            return
        if before is None and self._keys.own is not None and self._keys.own.id != key.id:
            raise AdapterError(STORE_KEY_WRONG, f"key_file holds key {self._keys.own.id}; begin with that one")
        others = [one for one in self.key_uses() if one.id not in {"", before.id if before is not None else ""}]
        if others:
            raise AdapterError(STORE_KEY_WRONG, f"a rotation to {before.id if before else ''} is not over; finish it")
        self._keys.add(key)
        values: dict[str, object] = {"id": key.id, "state": CURRENT, "made_at": now}
        if before is not None:
            wrap = {"state": FORMER, "wrapped": key.wrap(before), "wrapped_by": key.id}
            self._connection.execute(update(store_key).where(store_key.c.id == before.id).values(wrap))
            values |= {"wrapped": before.wrap(key), "wrapped_by": before.id}
        self._connection.execute(insert(store_key).values(values))

    def reseal(self, after: Digest | None, octets: int) -> Resealed:
        key = self._keys.current(self._driver)
        if key is None:
            raise AdapterError(STORE_KEY_MISSING, "the store has no key to encrypt with")
        waiting = (
            select(blob.c.digest, blob_key.c.key_id)
            .select_from(blob.outerjoin(blob_key, blob_key.c.digest == blob.c.digest))
            .where(blob.c.digest > (after.value if after is not None else ""), blob.c.gone_at.is_(None))
            .where(blob_key.c.key_id.is_distinct_from(key.id))
            .order_by(blob.c.digest)
            .limit(_BATCH)
        )
        done, size, last = 0, 0, None
        for name, key_id in self._connection.execute(waiting).all():
            if size >= octets:
                break
            last = Digest(name)
            content = self._connection.execute(select(blob.c.content).where(blob.c.digest == name)).scalar_one()
            plain = content if key_id is None else self._keys.key(self._driver, key_id).open(content, last)
            self._connection.execute(update(blob).where(blob.c.digest == name).values(content=key.seal(plain, last)))
            self._connection.execute(delete(blob_key).where(blob_key.c.digest == name))
            self._connection.execute(insert(blob_key).values(digest=name, key_id=key.id))
            done, size = done + 1, size + len(plain)
        return Resealed(done, size, last)

    def forget_keys(self) -> int:
        current = self.current_key()
        if self._keys.own is None or self._keys.own.id != current:
            return 0
        in_use = select(blob_key.c.key_id).where(blob_key.c.key_id == store_key.c.id).exists()
        gone = self._connection.execute(delete(store_key).where(store_key.c.state == FORMER, ~in_use)).rowcount
        if gone:
            self._connection.execute(
                update(store_key).where(store_key.c.id == current).values(wrapped=None, wrapped_by=None)
            )
        return gone

    def move_pseudonym_key(self) -> None:
        inside = self.pseudonym_key_inside()
        if inside is not None:
            self._connection.execute(delete(meta).where(meta.c.key == KEY_INSIDE))
            self._connection.execute(insert(meta).values(key=KEY_OUTSIDE, value=StoreKey(inside).id))

    # ── retention ──

    def expire(self, doomed: tuple[Expired, ...], before: datetime, now: datetime) -> int:
        moments = {"before": instant_text(before), "now": instant_text(now)}
        owners = sorted({owner for one in doomed for owner in one.owners})
        held: set[str] = set()
        if owners:
            rows = self._connection.execute(_HELD_NOW, {"ids": owners, "before": moments["before"]})
            held = {str(row) for row in rows.scalars()}
        going = [one for one in doomed if held.isdisjoint(one.owners)]
        if any(one.kept is Kept.AUDIT for one in going):
            self._mark_audit(moments["before"])
        return sum(self._let_go(one, before, moments, now) for one in going)

    def _let_go(self, one: Expired, before: datetime, moments: dict[str, str], now: datetime) -> int:
        if one.kept in _ROWS:
            statement = text(_ROWS[one.kept])
            values = {"key": int(one.key)} | {n: v for n, v in moments.items() if n in statement.compile().params}
            return self._connection.execute(statement, values).rowcount
        young = (blob.c.digest == one.key, blob.c.gone_at.is_(None), blob.c.stored_at < before)
        gone = self._connection.execute(update(blob).where(*young).values(content=b"", gone_at=now)).rowcount
        if gone:
            self._connection.execute(delete(blob_key).where(blob_key.c.digest == one.key))
        return gone

    def _mark_audit(self, before: str) -> None:
        """The trigger lets go of what is older than the mark, and the mark never goes back."""
        found = self._connection.execute(select(meta.c.value).where(meta.c.key == AUDIT_KEPT_FROM)).scalar()
        if found is None:
            self._connection.execute(insert(meta).values(key=AUDIT_KEPT_FROM, value=before))
        elif found < before:
            self._connection.execute(update(meta).where(meta.c.key == AUDIT_KEPT_FROM).values(value=before))

    def give_back(self, pages: int) -> None:
        # Each step of the statement frees a page, and SQLAlchemy would not step a statement without columns.
        cursor = self._connection.connection.cursor()
        cursor.execute(f"PRAGMA incremental_vacuum({int(pages)})")
        cursor.fetchall()
        cursor.close()
