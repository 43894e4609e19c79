"""What a command needs of an installation whose daemon may be running: open it, and close it when the work is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapter.config import Settings, load
from adapter.errors import EXCHANGE_UNKNOWN, AdapterError
from adapter.service.clock import MachineClock, RandomIds
from adapter.service.installation import OF_COMMAND, Installation, open_installation, open_own_store
from adapter.store.port import Exchange, ExchangeFilter, Reader, Store
from adapter.values import MsgId

SEVERAL = 10
"""As many as are counted where one was meant."""


@contextmanager
def installation(config: Path) -> Iterator[Installation]:
    """The whole installation of a configuration file, with the machine's clock and the log of a command."""
    opened = open_installation(load(config), MachineClock(), RandomIds(), OF_COMMAND)
    try:
        yield opened
    finally:
        opened.store.close()


@contextmanager
def store(config: Path) -> Iterator[tuple[Settings, Store]]:
    """Only the store of a configuration file, for commands that only read."""
    settings = load(config)
    opened = open_own_store(settings)
    try:
        yield settings, opened
    finally:
        opened.close()


def find_exchange(reader: Reader, wanted: str) -> Exchange:
    """An exchange by its id, by the beginning of its id, or by the MsgId of its message.

    Raises `AdapterError` (EXCHANGE_UNKNOWN) when there is none, or more than one.
    """
    exact = reader.exchange(wanted)
    if exact is not None:
        return exact
    found = {exchange.id: exchange for exchange in reader.exchanges(ExchangeFilter(id_begins=wanted, limit=SEVERAL))}
    if wanted.strip():
        same = reader.exchanges(ExchangeFilter(msg_id=MsgId(wanted.strip()), limit=SEVERAL))
        found |= {exchange.id: exchange for exchange in same}
    if len(found) != 1:
        more = " or more" if len(found) >= SEVERAL else ""
        raise AdapterError(EXCHANGE_UNKNOWN, f"{len(found)}{more} exchanges match")
    return next(iter(found.values()))
