"""What does JSON of a stranger say, when nothing about its shape may be taken for granted?

Whatever is not there, or is of another shape, is a `ValueError` with the name of the key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from adapter.delivery.fact_json import Json
from adapter.values import Digest, HerId, instant_of

FIRST_YEAR, LAST_YEAR = 1900, 9000
"""Instants outside cannot be those of a package, and would overflow in the arithmetic of time zones."""


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object."""

    members: Mapping[str, Json]

    def get(self, key: str) -> Json:
        """The value of a key; None where it is absent."""
        return self.members.get(key)

    def text(self, key: str) -> str:
        value = self.get(key)
        if not isinstance(value, str):
            raise ValueError(f"{key} is no text")
        return value

    def number(self, key: str) -> int:
        value = self.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{key} is no whole number")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.get(key)
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise ValueError(f"{key} is no list of texts")
        return tuple(str(part) for part in value)

    def documents(self, key: str) -> tuple[Document, ...]:
        value = self.get(key)
        if not isinstance(value, list):
            raise ValueError(f"{key} is no list")
        return tuple(document_of(part) for part in value)

    def digest(self, key: str) -> Digest:
        return Digest(self.text(key))

    def instant(self, key: str) -> datetime:
        instant = instant_of(self.text(key))
        if instant.tzinfo is None or not FIRST_YEAR <= instant.year <= LAST_YEAR:
            raise ValueError(f"{key} has no zone, or lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
        return instant.astimezone(UTC)

    def her(self, key: str) -> HerId:
        return HerId(self.text(key))

    def her_or_none(self, key: str) -> HerId | None:
        return None if self.get(key) is None else self.her(key)


def document_of(value: Json) -> Document:
    """A value that has to be an object."""
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return Document(value)


def read_document(content: bytes) -> Document:
    """The object that a text is; raises `ValueError` for anything else."""
    try:
        return document_of(json.loads(content.decode("utf-8")))
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def written(value: Json) -> bytes:
    """A JSON text for people and programs: keys in the order given, indented, one line feed at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
