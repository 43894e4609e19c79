"""What is asked of a store to take care of what it holds: keys at rest, and letting go by retention.

A part of the port of its own (`adapter.store.port` takes it in). What is open, what a fact rests on and what belongs to
such an exchange (its AppRecs, its answers, what it answers) is *held*: retention never comes to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from adapter.store.cipher import StoreKey
from adapter.values import Digest


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How much is encrypted with a key. `id` is empty for what is not encrypted; `current` is what is written with."""

    id: str
    current: bool
    blobs: int
    octets: int


@dataclass(frozen=True, slots=True)
class Resealed:
    """A batch of blobs that were encrypted anew: how many, their octets, and the digest to go on after (None: done)."""

    blobs: int
    octets: int
    last: Digest | None


class Kept(StrEnum):
    """What retention tells apart."""

    PAYLOADS = "payloads"
    """business messages as XML"""
    MAILS = "mails"
    """what went over the wire: mails received that became or answered an exchange, and what we sealed"""
    SIGNALS = "signals"
    """our Acknowledgments, MessageErrors and Faults"""
    QUARANTINE = "quarantine"
    """mails that never became an exchange: set aside, refused, not for us"""
    JOURNALS = "journals"
    """the lines of exchanges for people"""
    AUDIT = "audit"
    """who looked at patient data"""
    DEAD_LETTERS = "dead_letters"
    """notices that a webhook did not take"""
    KEPT_ANSWERS = "kept_answers"
    """answers to an Idempotency-Key; each has its own end"""


@dataclass(frozen=True, slots=True)
class Expired:
    """One thing that has had its time: the digest of octets, or the number of a row. `owners` are its exchanges."""

    kept: Kept
    key: str
    octets: int
    at: datetime
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Space:
    """The file of the store in octets, and how much of it is free and will be used again before the file grows."""

    octets: int
    free: int
    gives_back: bool
    """whether free space can be given back in small steps, which a store made before version 0006 cannot"""


class CareReader(Protocol):
    """Questions."""

    def current_key(self) -> str | None:
        """The id of the key that is written with; None where nothing is encrypted."""

    def key_uses(self) -> tuple[KeyUse, ...]: ...

    def gone(self, digest: Digest) -> datetime | None:
        """When retention removed these octets; None where it has not."""

    def blob_digests(self) -> tuple[Digest, ...]:
        """Every blob whose octets are there."""

    def expired(self, kept: Kept, before: datetime, now: datetime) -> tuple[Expired, ...]:
        """What of a kind has had its time before a moment and is not held, the oldest first."""

    def space(self) -> Space: ...

    def pseudonym_key_inside(self) -> bytes | None:
        """The key of the pseudonyms where it lies in the store; None where it lies in a file."""


class CareWriter(CareReader, Protocol):
    """Changes."""

    def adopt_key(self, now: datetime) -> bool:
        """Encrypt from now on with the key of the configuration, in a store without one. False where there is none,
        or the store has one."""

    def turn_to(self, key: StoreKey, now: datetime) -> None:
        """Encrypt from now on with another key; both are kept wrapped under each other. Raises `AdapterError`
        (STORE_KEY_WRONG) while another rotation is not over."""

    def reseal(self, after: Digest | None, octets: int) -> Resealed:
        """Encrypt with the current key what is not, in the order of digests, until so many octets are done."""

    def forget_keys(self) -> int:
        """Drop the wraps of a rotation that is over, when the configuration names the new key. Says how many."""

    def expire(self, doomed: tuple[Expired, ...], before: datetime, now: datetime) -> int:
        """Let go of things of one kind; what has become young or held since it was found stays. Says how many went."""

    def give_back(self, pages: int) -> None:
        """Give so many free pages of the file back to the disk."""

    def move_pseudonym_key(self) -> None:
        """Keep only the id of the pseudonym key; the caller has it safe in a file."""
