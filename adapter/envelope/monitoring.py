"""Which software made the envelope: the JSON in `eb:Description` for the national monitoring (`ebxml.md` ch. 9)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from adapter.crypto.tolerated import tolerated
from adapter.envelope.names import text
from adapter.messages.findings import Finding

_PATH = "Envelope/Header/MessageHeader/Description"
_TRAILING_COMMA = re.compile(r",\s*}")

_KEYS = (
    ("MSH-system", "system"),
    ("MSH-versjon", "version"),
    ("fagsystem", "application"),
    ("fagsystem-versjon", "application_version"),
    ("mellomvare", "middleware"),
    ("mellomvare-versjon", "middleware_version"),
)


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The message handler (MSH) and, where told, the professional system (fagsystem) and middleware (mellomvare)."""

    system: str
    version: str
    application: str = ""
    application_version: str = ""
    middleware: str = ""
    middleware_version: str = ""

    def xml(self) -> str:
        """The Description element with one JSON object on one line (HITS 1210 §6.2.2)."""
        told = {key: getattr(self, field) for key, field in _KEYS if getattr(self, field)}
        words = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return f'<eb:Description xml:lang="no">{text(words)}</eb:Description>'


NOT_TOLD = Monitoring("", "")


@lru_cache(maxsize=256)
def read_object(description: str) -> Mapping[str, str] | None:
    """The keys of a Description, a value that is no text being empty; None where it is no JSON object.

    A comma before the end is passed over: the official example has one. What a party says of its software is the same
    in every message, so that the last ones are remembered.
    """
    try:
        told = json.loads(_TRAILING_COMMA.sub("}", description))
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    return MappingProxyType({key: value if isinstance(value, str) else "" for key, value in told.items()})


@lru_cache(maxsize=256)
def is_strict(description: str) -> bool:
    """Whether a Description is JSON to the letter."""
    try:
        json.loads(description)
    except (ValueError, RecursionError):
        return False
    return True


def read_monitoring(description: str) -> tuple[Monitoring, tuple[Finding, ...]]:
    """What a peer says about itself. Nothing here is ever a reason to reject (`ebxml.md` §10.7)."""
    told = read_object(description)
    if told is None:
        return NOT_TOLD, (
            tolerated("EB-462", _PATH, "Description is not one JSON object with MSH-system", "HITS 1210 §6.2.2"),
        )
    monitoring = Monitoring(**{field: told.get(key, "") for key, field in _KEYS})
    missing = [("EB-457", "MSH-system", monitoring.system), ("EB-458", "MSH-versjon", monitoring.version)]
    return monitoring, tuple(
        tolerated(rule, _PATH, f"{key} is missing", "HITS 1210 §6.2.2") for rule, key, value in missing if not value
    )
