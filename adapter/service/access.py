"""Who reaches the adapter, what may they do, and what have they looked at?

A bearer token is `ID.SECRET`: the id finds the row, the secret is 256 random bits of which only the SHA-256 is kept.
Every access to patient data is a line of the audit log, written before anything is handed out.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapter.config import Scope, Settings
from adapter.errors import TOKEN_UNKNOWN, AdapterError
from adapter.store.access import AccessToken, AuditLine
from adapter.store.port import Direction, Exchange, Reader, Store
from adapter.values import Digest, HerId


class Did(StrEnum):
    """What was done with patient data, in the words of the audit log."""

    PAYLOAD_READ = "payload read"
    CLAIMED = "message claimed"
    CONFIRMED = "message confirmed"
    REJECTED = "message rejected"
    RELEASED = "held message accepted"
    TURNED_AWAY = "held message refused"
    EXCHANGE_READ = "exchange read"
    SUBMITTED = "message submitted"
    ANSWERED = "answer given"
    CHANGED = "exchange changed by hand"
    LEDGER_READ = "ledger read"
    STAY_READ = "stay explained"
    EVIDENCE_EXPORTED = "evidence exported"
    STATEMENT_READ = "statement read"
    STATEMENT_ISSUED = "statement issued"
    PATIENT_SEARCHED = "patient searched"
    REQUEST = "request"


_ABOUT = re.compile(r"[A-Za-z0-9 .:_-]{0,200}")

ALLOWED = "allowed"
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has shown who it is. `parties` empty: every own party."""

    name: str
    scopes: frozenset[Scope]
    parties: frozenset[HerId] = frozenset()

    def may(self, scope: Scope) -> bool:
        """Whether the caller has a scope."""
        return scope in self.scopes

    def acts_for(self, her: HerId) -> bool:
        """Whether what belongs to an own party is this caller's business."""
        return not self.parties or her in self.parties

    def may_see(self, exchange: Exchange) -> bool:
        """Whether the own side of an exchange is the caller's."""
        return self.acts_for(exchange.sender if exchange.direction is Direction.OUT else exchange.receiver)

    def may_see_stay(self, settings: Settings, hospital: HerId, municipality: HerId | None) -> bool:
        """Whether one of the organisations of a stay is that of one of the caller's parties."""
        if not self.parties:
            return True
        ours = {party.organisation.her for party in settings.party if party.her in self.parties}
        return hospital in ours or municipality in ours

    def line(self, at: datetime, what: Did, about: str = "", outcome: str = ALLOWED) -> AuditLine:
        """A line of the audit log about this caller. `about` is left out where it is no id: it may be anything."""
        return AuditLine(at, self.name, what.value, outcome, about if _ABOUT.fullmatch(about) else "")


EVERYBODY_HERE = Caller("this machine", frozenset(Scope))
"""Who calls where `api.authentication = "none"`."""

_ID_OCTETS = 6
_SECRET_OCTETS = 32


def new_token(
    store: Store, now: datetime, name: str, scopes: frozenset[Scope], parties: frozenset[HerId], life: timedelta | None
) -> tuple[AccessToken, str]:
    """Make a token and keep it; with it the text that the caller sends, which is shown once and kept nowhere."""
    secret = secrets.token_urlsafe(_SECRET_OCTETS)
    token = AccessToken(
        secrets.token_hex(_ID_OCTETS),
        name,
        Digest.of(secret.encode()),
        tuple(sorted(scope.value for scope in scopes)),
        tuple(sorted(parties)),
        now,
        None if life is None else now + life,
    )
    store.write_now(lambda writer: writer.add_token(token))
    return token, f"{token.id}.{secret}"


def revoke(store: Store, token_id: str, now: datetime) -> None:
    """End a token at once. Raises `AdapterError` (TOKEN_UNKNOWN)."""
    if not store.write_now(lambda writer: writer.revoke_token(token_id, now)):
        raise AdapterError(TOKEN_UNKNOWN)


def known_by(reader: Reader, shown: str, now: datetime) -> Caller | None:
    """Whose token this is; None for one that never was, has expired or was revoked."""
    token_id, _, secret = shown.partition(".")
    token = reader.token(token_id)
    if token is None or not hmac.compare_digest(token.digest.value, Digest.of(secret.encode()).value):
        return None
    return holder_of(reader, token_id, now)


def holder_of(reader: Reader, token_id: str, now: datetime) -> Caller | None:
    """Who has a token that was shown before; None once it has expired or was revoked."""
    token = reader.token(token_id)
    if token is None or token.revoked_at is not None:
        return None
    if token.expires_at is not None and token.expires_at <= now:
        return None
    scopes = frozenset(Scope(scope) for scope in token.scopes)
    return Caller(f"{token.name} ({token.id})", scopes, frozenset(token.parties))
