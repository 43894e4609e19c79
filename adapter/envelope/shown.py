"""What of a partner's own words may stand in a log, a list or an error? What has the form of a type or an id.

Anything else may be any text, and a patient's name in it (promise 7 of the design).
"""

from __future__ import annotations

import re

_TYPE = re.compile(r"[A-ZÆØÅ0-9_]{1,40}")


def shown_type(said: str) -> str:
    """A message type as a partner wrote it, where it has the form of one (list 8279); any other text is not shown."""
    return said if _TYPE.fullmatch(said) else "UNKNOWN"


_OF_EBMS = frozenset(
    {"Acknowledgment", "Acknowledgement", "MessageError", "Ping", "Pong", "StatusRequest", "StatusResponse"}
)


def shown_action(said: str) -> str:
    """An eb:Action as a partner wrote it, where it is one of ebMS itself or has the form of a type."""
    return said if said in _OF_EBMS else shown_type(said)


def shown_service(said: str) -> str:
    """An eb:Service as a partner wrote it, where it is `S-` and a type; any other text is not shown."""
    return said if said.startswith("S-") and _TYPE.fullmatch(said[2:]) else "UNKNOWN"


_ID = re.compile(r"[!-~]{0,60}[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}[!-~]{0,60}")


def shown_id(said: str) -> str | None:
    """An eb:MessageId that nobody has vouched for, where it holds a UUID as it should; None for any other text."""
    return said if _ID.fullmatch(said) else None
