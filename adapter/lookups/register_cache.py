"""What a register has answered, kept in a folder, so that neither a restart nor days without the register stop traffic.

One JSON file for each question: when it was asked, and the answer or that there is none. A file that cannot be read is
as good as none. Nothing here is secret: the register is open to everybody in the net.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from adapter.errors import FILE_UNREADABLE, AdapterError
from adapter.lookups.register import RegisteredAgreement, RegisteredParty, read_agreement
from adapter.values import HerId, instant_of, instant_text

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Kept(Generic[Answer]):
    """An answer and when it was asked for; `answer` is None where the register said that there is none."""

    asked: datetime
    answer: Answer | None


class RegisterCache:
    """The folder. Raises `AdapterError` (FILE_UNREADABLE) when it cannot be made or written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AdapterError(FILE_UNREADABLE, f"register.cache {folder}: {error.strerror}") from None

    def party(self, her: HerId) -> Kept[RegisteredParty] | None:
        """What was answered about a party."""
        said = self._read(f"party-{her}.json")
        return None if said is None else _party(said, her)

    def keep_party(self, her: HerId, answer: RegisteredParty | None, asked: datetime) -> None:
        """Keep an answer about a party."""
        said: dict[str, str] = {"asked": instant_text(asked)}
        if answer is not None:
            said |= {"name": answer.name, "type": answer.type, "address": answer.address}
            said |= {"signing": _text(answer.signing), "encryption": _text(answer.encryption)}
        self._write(f"party-{her}.json", said)

    def pair(self, one: HerId, other: HerId) -> Kept[RegisteredAgreement] | None:
        """What was answered about the agreement of two parties."""
        return self._agreement(_pair_file(one, other))

    def keep_pair(self, one: HerId, other: HerId, answer: RegisteredAgreement | None, asked: datetime) -> None:
        """Keep an answer about the agreement of two parties, by which it is found under its id as well."""
        self._keep(_pair_file(one, other), answer, asked)

    def agreement(self, cpa_id: str) -> Kept[RegisteredAgreement] | None:
        """What was answered about an agreement by its id, or by its parties; the newer of the two."""
        kept = [
            one
            for one in (self._agreement(_id_file(cpa_id)), *self._pairs())
            if one is not None and one.answer is not None and one.answer.cpa.id == cpa_id
        ]
        return max(kept, key=lambda one: one.asked, default=None)

    def keep_agreement(self, cpa_id: str, answer: RegisteredAgreement | None, asked: datetime) -> None:
        """Keep an answer about an agreement by its id."""
        self._keep(_id_file(cpa_id), answer, asked)

    def _pairs(self) -> Iterator[Kept[RegisteredAgreement] | None]:
        return (self._agreement(path.name) for path in sorted(self._folder.glob("pair-*.json")))

    def _agreement(self, name: str) -> Kept[RegisteredAgreement] | None:
        said = self._read(name)
        if said is None:
            return None
        try:
            document = base64.b64decode(said["document"]) if "document" in said else None
            return Kept(instant_of(said["asked"]), None if document is None else read_agreement(document))
        except (ValueError, KeyError, AdapterError):
            return None

    def _keep(self, name: str, answer: RegisteredAgreement | None, asked: datetime) -> None:
        said = {"asked": instant_text(asked)}
        if answer is not None:
            said["document"] = _text(answer.document)
        self._write(name, said)

    def _read(self, name: str) -> dict[str, str] | None:
        try:
            said = json.loads((self._folder / name).read_bytes())
        except (OSError, ValueError):
            return None
        return said if isinstance(said, dict) else None

    def _write(self, name: str, said: dict[str, str]) -> None:
        """Write whole or not at all; what cannot be kept is asked again, and is no reason to stop."""
        unfinished = self._folder / f".{name}.{os.getpid()}"
        try:
            unfinished.write_text(json.dumps(said), "utf-8")
            unfinished.replace(self._folder / name)
        except OSError:
            unfinished.unlink(missing_ok=True)


def _party(said: dict[str, str], her: HerId) -> Kept[RegisteredParty] | None:
    try:
        asked = instant_of(said["asked"])
        if "type" not in said:
            return Kept(asked, None)
        octets = {name: base64.b64decode(said[name]) for name in ("signing", "encryption")}
        return Kept(asked, RegisteredParty(her, said["name"], said["type"], said["address"], **octets))
    except (ValueError, KeyError, TypeError):
        return None


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _pair_file(one: HerId, other: HerId) -> str:
    low, high = sorted((one, other), key=lambda her: int(her.value))
    return f"pair-{low}-{high}.json"


def _id_file(cpa_id: str) -> str:
    """A name of a file for any text of a stranger."""
    return f"agreement-{base64.urlsafe_b64encode(cpa_id.encode()).decode()[:200]}.json"
