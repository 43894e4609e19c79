"""How are stored octets kept from whoever copies the disk?

Each blob is encrypted by itself with AES-256-GCM: a random nonce of 12 octets, then ciphertext and tag. The digest of
the plaintext, which is the blob's id, is the associated data, so octets cannot be put in another's place.

| column | holds | at rest |
| --- | --- | --- |
| `blob.content` | mails, business messages, signals, issuers' answers | encrypted where `[store] key_file` is set |
| `fact_log`, `statement.content` | pseudonym, HER-ids, MsgIds, moments | keyed hash, no name |
| `audit.about`, meta notes of exports | stay keys, made from the pseudonym | keyed hash |
| `exchange`, `inbox`, `outbox`, `mail_in`, `journal`, ... | HER-ids, ids, addresses, states | as they are |
| `operator_act.reason` | what an operator wrote | as it is: write no name there |

A new key is wrapped under the one before and the other way round, in the table `store_key`, as long as both are in use:
so a daemon that was started with either file reads and writes while a rotation runs. The wraps go when the daemon has
been started with the new file.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapter.errors import STORE_CORRUPT, AdapterError
from adapter.values import Digest

KEY_OCTETS = 32
_NONCE_OCTETS = 12
_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class StoreKey:
    """A key of 32 octets; its `id` tells it from others and says nothing of it."""

    octets: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.octets) != KEY_OCTETS:
            raise ValueError(f"a key has {KEY_OCTETS} octets")

    @property
    def id(self) -> str:
        """16 hexadecimal digits of a keyed hash of nothing but a fixed text."""
        return hmac.new(self.octets, b"adapter store key", sha256).hexdigest()[:_ID_DIGITS]

    def seal(self, octets: bytes, digest: Digest) -> bytes:
        """Encrypt a blob."""
        return self._encrypt(octets, digest.value.encode("ascii"))

    def open(self, sealed: bytes, digest: Digest) -> bytes:
        """Decrypt a blob. Raises `AdapterError` (STORE_CORRUPT) when it is not what was encrypted."""
        return self._decrypt(sealed, digest.value.encode("ascii"), f"the bytes with digest {digest}")

    def wrap(self, other: StoreKey) -> bytes:
        """Encrypt another key."""
        return self._encrypt(other.octets, f"key {other.id}".encode("ascii"))

    def unwrap(self, wrapped: bytes, key_id: str) -> StoreKey:
        """Decrypt another key of that id. Raises `AdapterError` (STORE_CORRUPT)."""
        return StoreKey(self._decrypt(wrapped, f"key {key_id}".encode("ascii"), f"the wrapped key {key_id}"))

    def _encrypt(self, octets: bytes, about: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_OCTETS)
        return nonce + AESGCM(self.octets).encrypt(nonce, octets, about)

    def _decrypt(self, sealed: bytes, about: bytes, what: str) -> bytes:
        try:
            return AESGCM(self.octets).decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], about)
        except (InvalidTag, ValueError):
            raise AdapterError(STORE_CORRUPT, f"{what} cannot be decrypted: they were changed") from None


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys of a store that lie in files beside it; None where the configuration names no file."""

    blobs: StoreKey | None = None
    pseudonyms: StoreKey | None = None


NO_SECRETS = Secrets()
"""A store that needs no file beside it."""
