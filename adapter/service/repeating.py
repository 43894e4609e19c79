"""Was this request done before? The key that its caller gave it says so, for as long as it is remembered.

What came of a request is kept in the transaction that does it: a caller that did not hear the answer asks again with
the same key, and gets the first one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.errors import KEY_USED, AdapterError
from adapter.store.access import KeptAnswer
from adapter.store.port import Reader, Writer
from adapter.values import Digest

KEPT = timedelta(days=30)
"""How long a key is remembered."""

Also = Callable[[Writer, str], None]
"""What is written in the transaction that does a thing, given the id of what came of it."""


def nothing_more(_: Writer, __: str) -> None:
    """Only the thing itself."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request under its caller's key; `request` is the digest of all that it asks for."""

    caller: str
    key: str
    request: Digest

    def done(self, reader: Reader) -> str | None:
        """What came of it the first time, None if this is the first. Raises `AdapterError` (KEY_USED)."""
        kept = reader.kept_answer(self.caller, self.key)
        if kept is not None and kept.request != self.request:
            raise AdapterError(KEY_USED)
        return None if kept is None else kept.exchange_id

    def keep(self, writer: Writer, outcome: str, now: datetime) -> None:
        """Remember what came of it. Raises `AdapterError` (STORE_EXISTS) when the same request was quicker."""
        writer.keep_answer(KeptAnswer(self.caller, self.key, self.request, outcome, now, now + KEPT))
