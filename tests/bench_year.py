"""A year of a large region: `make bench-year` decides 100 000 stays with 2 million facts out of a store, on two cores.

Filling the store takes longer than deciding and is not what the goal is about, so both are measured apart; the filled
store is kept in `build/` for the next run. The goal of the project is five minutes; nothing here fails when a figure is
bad.
"""

from __future__ import annotations

import resource
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from adapter.config import load
from adapter.delivery.fact_chain import GENESIS, link_hash
from adapter.delivery.fact_json import write_entry
from adapter.delivery.recorded import Pseudonym, StayFact
from adapter.service.installation import open_own_store
from adapter.service.ledgers import CORES, Question, decided
from adapter.service.terms import terms
from adapter.testing.place import PlaceParty, place_at, prepare
from adapter.values import Digest, HerId, instant_text
from tests.bench import case_of_twenty

HOSPITAL = (PlaceParty(HerId("8140011"), "PLO innleggelse somatikk", HerId("8140010"), "Prøvefjord sykehus HF"),)
MUNICIPALITY = (PlaceParty(HerId("8140022"), "Saksbehandling", HerId("8140020"), "Prøvefjord kommune"),)
BUILD = Path(__file__).parents[1] / "build"
NOW = datetime(2019, 6, 1, tzinfo=UTC)
CHUNK = 500
YEAR = 100_000
GOAL = 300.0
"""Seconds by the clock."""


class Effort:
    """What a piece of work has taken since it began: seconds by the clock, and CPU of this process and its workers."""

    def __init__(self) -> None:
        self._began, self._burnt = time.perf_counter(), _cpu()

    def told(self) -> tuple[float, float]:
        return time.perf_counter() - self._began, _cpu() - self._burnt


def _cpu() -> float:
    """Seconds of CPU; those of a worker count when it has ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def texts(numbers: range) -> list[tuple[str, str]]:
    """Patient and canonical text of every fact of some stays."""
    told = []
    for number in numbers:
        patient = Pseudonym(Digest.of(f"patient {number}".encode()).value)
        for fact in case_of_twenty(number).facts:
            entry = StayFact(patient, HOSPITAL[0].organisation_her, fact, MUNICIPALITY[0].organisation_her)
            told.append((patient.value, write_entry(entry)))
    return told


def rows(stays: int) -> Iterator[tuple[int, str, str, str, str, None, str, str, str, str]]:
    """The rows of the fact log, chained as the adapter chains them."""
    seq, last, at = 0, GENESIS, instant_text(NOW)
    hospital, municipality = HOSPITAL[0].organisation_her.value, MUNICIPALITY[0].organisation_her.value
    with ProcessPoolExecutor(CORES) as pool:
        for chunk in pool.map(texts, (range(n, min(n + CHUNK, stays)) for n in range(0, stays, CHUNK))):
            for patient, text in chunk:
                seq += 1
                digest = Digest.of(text.encode())
                link = link_hash(seq, NOW, digest, last)
                yield seq, at, patient, hospital, municipality, None, text, digest.value, last.value, link.value
                last = link


def filled(folder: Path, stays: int) -> Path:
    """The configuration of a hospital whose store holds that many stays."""
    if (folder / "done").exists():
        return place_at(folder, HOSPITAL, MUNICIPALITY).hospital.config
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    config = prepare(folder, HOSPITAL, MUNICIPALITY, key_size=2048).hospital.config
    settings = load(config)
    open_own_store(settings).close()
    effort = Effort()
    with sqlite3.connect(settings.store.path) as database:
        database.execute("PRAGMA synchronous=OFF")
        columns = "seq, recorded_at, patient, hospital, municipality, exchange_id, entry, digest, previous, hash"
        database.executemany(f"INSERT INTO fact_log ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?)", rows(stays))
    database.close()
    (folder / "done").touch()
    wall, cpu = effort.told()
    size = settings.store.path.stat().st_size / 1e6
    print(f"  filling:  {wall:7.1f} s by the clock, {cpu:7.1f} s CPU of all processes, {size:.0f} MB in the store")
    return config


def main() -> None:
    stays = int(sys.argv[1]) if len(sys.argv) > 1 else YEAR
    print(f"A year: {stays} stays with {20 * stays} facts out of a store, {CORES} processes")
    folder = BUILD / f"bench-year-{stays}"
    if (folder / "done").exists():
        print(f"  filling:  done by an earlier run; remove {folder} to measure it again")
    settings = load(filled(folder, stays))
    store = open_own_store(settings)
    effort, nights, amount, count = Effort(), 0, 0, 0
    for told in decided(settings, terms(settings), store, Question(NOW)):
        count += 1
        nights += len(told.row.nights)
        amount += told.row.known_nok
    wall, cpu = effort.told()
    store.close()
    print(f"  deciding: {wall:7.1f} s by the clock, {cpu:7.1f} s CPU of all processes")
    print(f"            {count} stays, {nights} nights, NOK {amount}; {1000 * cpu / max(count, 1):.2f} ms CPU a stay")
    own, worker = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"  peak memory: {own:.0f} MB here, {worker:.0f} MB in the largest worker")
    if stays < YEAR:
        print(f"  verdict:  none: the goal is about {YEAR} stays")
    else:
        print(f"  verdict:  {'within' if wall < GOAL else 'OVER'} five minutes: {wall / GOAL:.0%} of {GOAL:.0f} s")


if __name__ == "__main__":
    main()
