"""The stretch of the fact log in a package that was honestly signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from played_stay import Exporter, failures

from adapter.delivery.fact_chain import linked
from adapter.delivery.recorded import Pseudonym, RecordedFact
from adapter.evidence.dossier import Link
from adapter.evidence.report import Outcome
from adapter.evidence.verify import verify
from adapter.values import HerId

CHAIN = "chain.json"
Links = list[dict[str, Any]]


def drop_one(links: Links) -> None:
    del links[3]


def swap(links: Links) -> None:
    links[2], links[3] = links[3], links[2]


def set_key(key: str, value: object) -> Callable[[Links], None]:
    def change(links: Links) -> None:
        links[3][key] = value

    return change


CHANGES: dict[str, Callable[[Links], None]] = {
    "an entry left out": drop_one,
    "two entries exchanged": swap,
    "another place": set_key("seq", 77),
    "another time of writing": set_key("recorded_at", "2024-03-01T00:00:00.000000Z"),
    "another digest": set_key("digest", "0" * 64),
    "another link": set_key("previous", "0" * 64),
    "another hash": set_key("hash", "0" * 64),
    "no digest": set_key("digest", "x"),
    "a place that is no number": set_key("seq", "4"),
    "a time without zone": set_key("recorded_at", "2024-03-01T00:00:00"),
    "a time at the end of all time": set_key("recorded_at", "9999-12-31T23:59:59-12:00"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_chain_that_is_not_whole(hospital: Exporter, name: str) -> None:
    """An entry left out, moved or changed in any of its parts breaks the chain."""
    document = json.loads(hospital.member(CHAIN))
    CHANGES[name](document["links"])
    found = failures(hospital.repack({CHAIN: json.dumps(document).encode()}))
    assert ("chain", CHAIN) in found


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"links": 1}', b'{"links": [1]}', b"[" * 100_000])
def test_no_chain(hospital: Exporter, content: bytes | None) -> None:
    """Without a chain that can be read, no fact stands in the log."""
    assert ("chain", CHAIN) in failures(hospital.repack({CHAIN: content}))


BROKEN = {
    "another octet": lambda text: text.replace(b"8140010", b"8140019"),
    "a space": lambda text: text + b" ",
    "no JSON": lambda text: b"x",
    "another kind": lambda text: b'{"fact": {}}',
    "nothing": lambda text: b"",
    "deep": lambda text: b"[" * 100_000,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_fact_that_is_not_in_the_chain(hospital: Exporter, name: str) -> None:
    """A fact whose text is not, octet for octet, the one in the log fails by its member."""
    member = "facts/0003.json"
    assert ("chain", member) in failures(hospital.repack({member: BROKEN[name](hospital.member(member))}))


def relinked(exporter: Exporter, change: Callable[[RecordedFact], RecordedFact]) -> bytes:
    """The package with a fact changed and all of the chain made anew over it."""
    facts: list[RecordedFact] = []
    for one in exporter.dossier.facts:
        entry = change(one).entry
        facts.append(linked(entry, facts[-1] if facts else None, one.recorded_at))
    chain = tuple(Link(one.seq, one.recorded_at, one.digest, one.previous, one.hash) for one in facts)
    return exporter.pack(replace(exporter.dossier, facts=tuple(facts), chain=chain))


def test_facts_of_another_hospital(hospital: Exporter) -> None:
    """Facts of other parties than the case names are no facts of it."""
    package = relinked(hospital, lambda one: replace(one, entry=replace(one.entry, hospital=HerId("77"))))
    assert ("chain", "facts/0001.json") in failures(package)


def test_facts_of_two_patients(hospital: Exporter) -> None:
    """Facts under two pseudonyms are not of one stay."""
    package = relinked(
        hospital,
        lambda one: replace(one, entry=replace(one.entry, patient=Pseudonym("7" * 64))) if one.seq == 2 else one,
    )
    assert ("chain", CHAIN) in failures(package)


def test_entries_of_others_are_shown_by_digest_and_noted(hospital: Exporter) -> None:
    """A stretch with an entry of another stay in it is whole, shows nothing of that entry, and says how many."""
    facts: list[RecordedFact] = []
    links: list[Link] = []
    last: RecordedFact | None = None
    for one in hospital.dossier.facts:
        for entry in (one.entry, replace(one.entry, patient=Pseudonym("7" * 64))):
            last = linked(entry, last, one.recorded_at + timedelta(seconds=1))
            links.append(Link(last.seq, last.recorded_at, last.digest, last.previous, last.hash))
            if entry is one.entry:
                facts.append(last)
    package = hospital.pack(replace(hospital.dossier, facts=tuple(facts), chain=tuple(links[:-1])))
    assert failures(package) == []
    assert b"7" * 64 not in package
    (line,) = (line for line in verify(package).lines if "by digest only" in line.says)
    assert line.outcome is Outcome.NOTED
    assert line.says.startswith(f"{len(facts) - 1} entries")
