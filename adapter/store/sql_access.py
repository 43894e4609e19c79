"""How is what `adapter.store.access` asks for written in SQL?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from adapter.errors import STORE_EXISTS, AdapterError
from adapter.store.access import (
    AccessToken,
    AuditFilter,
    AuditLine,
    DeadLetter,
    HookState,
    KeptAnswer,
    NumberedEntry,
)
from adapter.store.schema import access_token, audit, dead_letter, exchange, journal, kept_answer, webhook
from adapter.values import Digest, HerId


class SqlAccessReader:
    """The port's `AccessReader` on one connection."""

    _connection: Connection

    def token(self, token_id: str) -> AccessToken | None:
        row = self._connection.execute(select(access_token).where(access_token.c.id == token_id)).mappings().first()
        return None if row is None else _token(row)

    def tokens(self) -> tuple[AccessToken, ...]:
        every = select(access_token).order_by(access_token.c.created_at, access_token.c.id)
        return tuple(_token(row) for row in self._connection.execute(every).mappings())

    def audit(self, which: AuditFilter) -> tuple[AuditLine, ...]:
        wanted = select(audit).order_by(audit.c.seq.desc()).limit(which.limit)
        if which.who is not None:
            wanted = wanted.where(audit.c.who == which.who)
        if which.about is not None:
            wanted = wanted.where(audit.c.about == which.about)
        if which.since is not None:
            wanted = wanted.where(audit.c.at >= which.since)
        return tuple(
            AuditLine(row["at"], row["who"], row["what"], row["outcome"], row["about"], row["seq"])
            for row in self._connection.execute(wanted).mappings()
        )

    def kept_answer(self, caller: str, key: str) -> KeptAnswer | None:
        wanted = select(kept_answer).where(kept_answer.c.caller == caller, kept_answer.c.key == key)
        row = self._connection.execute(wanted).mappings().first()
        if row is None:
            return None
        return KeptAnswer(
            row["caller"],
            row["key"],
            Digest(row["request"]),
            row["exchange_id"],
            row["at"],
            row["keep_until"],
        )

    def journal_after(self, seq: int, limit: int = 100) -> tuple[NumberedEntry, ...]:
        wanted = (
            select(journal, exchange.c.type, exchange.c.direction)
            .join(exchange, exchange.c.id == journal.c.exchange_id)
            .where(journal.c.seq > seq)
            .order_by(journal.c.seq)
            .limit(limit)
        )
        return tuple(
            NumberedEntry(row["seq"], row["exchange_id"], row["at"], row["what"], row["type"], row["direction"])
            for row in self._connection.execute(wanted).mappings()
        )

    def last_journal_seq(self) -> int:
        return int(self._connection.execute(select(func.max(journal.c.seq))).scalar() or 0)

    def hook(self, name: str) -> HookState | None:
        row = self._connection.execute(select(webhook).where(webhook.c.hook == name)).mappings().first()
        if row is None:
            return None
        return HookState(row["hook"], row["cursor"], row["attempts"], row["due"], row["reason"])

    def dead_letters(self, hook: str | None = None, limit: int = 1000, after: int = 0) -> tuple[DeadLetter, ...]:
        wanted = select(dead_letter).where(dead_letter.c.seq > after)
        if hook is not None:
            wanted = wanted.where(dead_letter.c.hook == hook)
        return self._letters(wanted.order_by(dead_letter.c.seq, dead_letter.c.hook).limit(limit))

    def dead_letter(self, hook: str, seq: int) -> DeadLetter | None:
        found = self._letters(select(dead_letter).where(dead_letter.c.hook == hook, dead_letter.c.seq == seq))
        return found[0] if found else None

    def _letters(self, wanted: Select[Any]) -> tuple[DeadLetter, ...]:
        return tuple(
            DeadLetter(
                row["hook"],
                row["seq"],
                row["event"],
                row["exchange_id"],
                row["at"],
                row["set_aside_at"],
                row["reason"],
            )
            for row in self._connection.execute(wanted).mappings()
        )


class SqlAccessWriter(SqlAccessReader):
    """The port's `AccessWriter` on one connection that has a transaction open."""

    def add_token(self, token: AccessToken) -> None:
        if self.token(token.id) is not None:
            raise AdapterError(STORE_EXISTS, f"token {token.id}")
        values: dict[str, Any] = {
            "id": token.id,
            "name": token.name,
            "digest": token.digest.value,
            "scopes": " ".join(token.scopes),
            "parties": " ".join(her.value for her in token.parties),
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "revoked_at": token.revoked_at,
        }
        self._connection.execute(insert(access_token), values)

    def revoke_token(self, token_id: str, at: datetime) -> bool:
        ended = self._connection.execute(
            update(access_token)
            .where(access_token.c.id == token_id, access_token.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        return ended.rowcount == 1

    def add_audit(self, line: AuditLine) -> None:
        values = {"at": line.at, "who": line.who, "what": line.what, "outcome": line.outcome, "about": line.about}
        self._connection.execute(insert(audit), values)

    def keep_answer(self, kept: KeptAnswer) -> None:
        if self.kept_answer(kept.caller, kept.key) is not None:
            raise AdapterError(STORE_EXISTS, "the idempotency key is taken")
        values = {
            "caller": kept.caller,
            "key": kept.key,
            "request": kept.request.value,
            "exchange_id": kept.exchange_id,
            "at": kept.at,
            "keep_until": kept.keep_until,
        }
        self._connection.execute(insert(kept_answer), values)

    def save_hook(self, state: HookState) -> None:
        values = {"cursor": state.cursor, "attempts": state.attempts, "due": state.due, "reason": state.reason}
        saved = self._connection.execute(update(webhook).where(webhook.c.hook == state.hook).values(**values))
        if saved.rowcount == 0:
            self._connection.execute(insert(webhook), {"hook": state.hook, **values})

    def forget_hooks(self, known: Iterable[str]) -> int:
        return self._connection.execute(delete(webhook).where(webhook.c.hook.not_in(list(known)))).rowcount

    def add_dead_letter(self, letter: DeadLetter) -> None:
        values = {
            "hook": letter.hook,
            "seq": letter.seq,
            "event": letter.event,
            "exchange_id": letter.exchange_id,
            "at": letter.at,
            "set_aside_at": letter.set_aside_at,
            "reason": letter.reason,
        }
        self._connection.execute(insert(dead_letter), values)

    def take_dead_letter(self, hook: str, seq: int) -> bool:
        taken = self._connection.execute(
            delete(dead_letter).where(dead_letter.c.hook == hook, dead_letter.c.seq == seq)
        )
        return taken.rowcount == 1


def _token(row: RowMapping) -> AccessToken:
    return AccessToken(
        row["id"],
        row["name"],
        Digest(row["digest"]),
        tuple(row["scopes"].split()),
        tuple(HerId(her) for her in row["parties"].split()),
        row["created_at"],
        row["expires_at"],
        row["revoked_at"],
    )
