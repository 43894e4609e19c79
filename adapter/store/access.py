"""What is kept for those who reach the adapter from outside: tokens, audit lines, answers to repeat, webhooks.

A part of the port of its own (`adapter.store.port` takes it in): nothing here decides about a message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from adapter.values import Digest, HerId


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token without its secret: only the SHA-256 `digest` of the secret is kept.

    A secret is 256 random bits, so one round of a fast hash is enough (there is nothing to guess). `parties` are the
    HER-ids of own parties that the token is limited to; empty: every own party. `expires_at` and `revoked_at` are None
    while the token has no end or has not been revoked.
    """

    id: str
    name: str
    digest: Digest
    scopes: tuple[str, ...]
    parties: tuple[HerId, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One access to patient data, or one that was refused: who, when, what, about which exchange or stay.

    `who` names a token, a certificate of the configuration or a user of the machine. `what` is a word of the code,
    `about` an exchange id or a stay key, empty where the access was to many. No content, ever.
    """

    at: datetime
    who: str
    what: str
    outcome: str
    about: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which audit lines; None does not restrict. The newest come first."""

    who: str | None = None
    about: str | None = None
    since: datetime | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a request with an Idempotency-Key led to: the same request gets it again until `keep_until`."""

    caller: str
    key: str
    request: Digest
    exchange_id: str
    at: datetime
    keep_until: datetime


@dataclass(frozen=True, slots=True)
class NumberedEntry:
    """A journal line with its number in the order of writing, and what a webhook tells of its exchange."""

    seq: int
    exchange_id: str
    at: datetime
    what: str
    type: str
    direction: str


@dataclass(frozen=True, slots=True)
class HookState:
    """How far a webhook has come: every journal line up to `cursor` was told or set aside.

    `attempts` counts the failed tries for the line after the cursor, `due` is when the next one is made.
    """

    hook: str
    cursor: int
    attempts: int = 0
    due: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notice that a webhook did not take in all its tries."""

    hook: str
    seq: int
    event: str
    exchange_id: str
    at: datetime
    set_aside_at: datetime
    reason: str


class AccessReader(Protocol):
    """Questions about access."""

    def token(self, token_id: str) -> AccessToken | None: ...

    def tokens(self) -> tuple[AccessToken, ...]:
        """Every token, also those that were revoked, in the order they were made."""

    def audit(self, which: AuditFilter) -> tuple[AuditLine, ...]: ...

    def kept_answer(self, caller: str, key: str) -> KeptAnswer | None: ...

    def journal_after(self, seq: int, limit: int = 100) -> tuple[NumberedEntry, ...]:
        """Journal lines of exchanges with a higher number, in order."""

    def last_journal_seq(self) -> int:
        """The number of the newest journal line; 0 when there is none."""

    def hook(self, name: str) -> HookState | None: ...

    def dead_letters(self, hook: str | None = None, limit: int = 1000, after: int = 0) -> tuple[DeadLetter, ...]:
        """What webhooks did not take, oldest first; None: of every webhook. `after` continues after the notice of that
        number."""

    def dead_letter(self, hook: str, seq: int) -> DeadLetter | None:
        """The notice of that number, if it was set aside."""


class AccessWriter(AccessReader, Protocol):
    """Changes about access."""

    def add_token(self, token: AccessToken) -> None:
        """Raises STORE-EXISTS when the id is taken."""

    def revoke_token(self, token_id: str, at: datetime) -> bool:
        """End a token; False when there is none of this id that has not ended."""

    def add_audit(self, line: AuditLine) -> None:
        """Write a line at the end of the audit log; nothing can change it after."""

    def keep_answer(self, kept: KeptAnswer) -> None:
        """Raises STORE-EXISTS when the caller's key is taken."""

    def save_hook(self, state: HookState) -> None: ...

    def forget_hooks(self, known: Iterable[str]) -> int:
        """Let go of the places of all webhooks but these: what nobody tells any more holds no journal back."""

    def add_dead_letter(self, letter: DeadLetter) -> None: ...

    def take_dead_letter(self, hook: str, seq: int) -> bool:
        """Remove a letter that was told after all; False when there is none."""
