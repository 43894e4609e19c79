"""Has this envelope been here before?

The key is the *verified* From HER-id and the eb:MessageId (`ebxml.md` §7.4): scoping by the verified sender keeps a
stranger from blocking somebody else's ids. A copy is the same when every signed digest is the same. The stored answer
is given again, byte for byte; an envelope that uses an old id for new content is a false duplicate, and its sender has
broken the rule of unique ids (HITS 1172 §5.8.2).

A business message that comes in a *new* envelope (same MsgId) is no matter of this module: it is acknowledged like any
other and then ignored by the application (`apprec.md` §5.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.values import Digest


class Novelty(StrEnum):
    """What an arriving envelope is against what has been seen."""

    NEW = "new"
    DUPLICATE = "duplicate"
    """seen and answered: send the stored answer again"""
    IN_PROGRESS = "in_progress"
    """seen and not answered yet: do nothing more"""
    FALSE_DUPLICATE = "false_duplicate"
    """another content under a known id: alarm, ErrorList `Inconsistent`, not delivered"""


@dataclass(frozen=True, slots=True, order=True)
class SignedReference:
    """One `ds:Reference` of an envelope: the URI (empty for the envelope itself) and the DigestValue as base64 text."""

    uri: str
    digest: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of an envelope: the digest of its SOAP part, what it signed, and the answer given to it.

    `response` is the digest of the stored answer's bytes, None while there is none.
    """

    soap: Digest
    references: tuple[SignedReference, ...]
    response: Digest | None


def identical_copy(seen: Seen | None, soap: Digest) -> bool:
    """Whether the SOAP part is, byte for byte, that of an envelope already verified.

    Such a copy may be answered from the store before its signature is checked again (`ebxml.md` R7), because nothing
    in it is new: whoever resends it learns only what the first sender was told, at the first sender's address.
    """
    return seen is not None and seen.soap == soap


def judge(seen: Seen | None, references: tuple[SignedReference, ...]) -> Novelty:
    """What an envelope is whose signature has been verified and signs `references`; their order has no meaning."""
    if seen is None:
        return Novelty.NEW
    if sorted(seen.references) != sorted(references):
        return Novelty.FALSE_DUPLICATE
    return Novelty.IN_PROGRESS if seen.response is None else Novelty.DUPLICATE
