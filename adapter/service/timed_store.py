"""A store whose work is timed, from the call to the answer: waiting for the writer and the disk is part of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from adapter.delivery.recorded import Pseudonym
from adapter.observe.metrics import Metrics
from adapter.store.port import Reader, Store, Writer

T = TypeVar("T")


class TimedStore:
    """The same store, timed."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    async def write(self, work: Callable[[Writer], T]) -> T:
        with self._timed("write"):
            return await self._store.write(work)

    async def read(self, work: Callable[[Reader], T]) -> T:
        with self._timed("read"):
            return await self._store.read(work)

    def write_now(self, work: Callable[[Writer], T]) -> T:
        with self._timed("write"):
            return self._store.write_now(work)

    def read_now(self, work: Callable[[Reader], T]) -> T:
        with self._timed("read"):
            return self._store.read_now(work)

    def pseudonym(self, national_id: str) -> Pseudonym:
        return self._store.pseudonym(national_id)

    def data_version(self) -> int:
        return self._store.data_version()

    def close(self) -> None:
        self._store.close()

    @contextmanager
    def _timed(self, work: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self._metrics.store_took(work, time.perf_counter() - started)
