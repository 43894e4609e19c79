"""Is the stretch of the fact log whole, and do the facts stand in it?

Of entries that belong to other stays only the digests are there, and they are enough to follow the chain
(`adapter.delivery.fact_chain`). That such an entry does not concern this stay is the exporter's word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from adapter.delivery.fact_chain import link_hash
from adapter.delivery.fact_json import read_entry, read_fact, write_entry
from adapter.delivery.recorded import RecordedFact
from adapter.evidence import layout
from adapter.evidence.document import Document, read_document
from adapter.evidence.dossier import Link, Subject
from adapter.evidence.report import Check, Line, fails, holds, noted
from adapter.facts import Fact
from adapter.values import Digest


@dataclass(frozen=True, slots=True)
class CheckedFacts:
    """The facts of a full package by the name of their member, and what the checks said."""

    facts: tuple[tuple[str, RecordedFact], ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class CheckedShortFacts:
    """The facts of an anonymised package, and what the checks said."""

    facts: tuple[Fact, ...]
    lines: tuple[Line, ...]


def check_facts(members: Mapping[str, bytes], subject: Subject) -> CheckedFacts:
    """Read the facts of a full package and find each in the chain."""
    links, lines = _chain(members)
    by_digest = {link.digest: link for link in links}
    found: list[tuple[str, RecordedFact]] = []
    for name in sorted(name for name in members if layout.fact_number(name) is not None):
        link = by_digest.get(Digest.of(members[name]))
        if link is None:
            lines.append(fails(Check.CHAIN, name, "no entry of the chain has the digest of this fact"))
            continue
        try:
            text = members[name].decode("utf-8")
            entry = read_entry(text)
            if write_entry(entry) != text:
                raise ValueError("it is not written in the one way")
        except (ValueError, TypeError, RecursionError, OverflowError) as error:
            lines.append(fails(Check.CHAIN, name, f"the fact cannot be read: {error}"))
            continue
        if (entry.hospital, entry.municipality) != (subject.hospital, subject.municipality):
            lines.append(fails(Check.CHAIN, name, "the fact is of other parties than the case"))
            continue
        found.append((name, RecordedFact(link.seq, link.recorded_at, entry, link.digest, link.previous, link.hash)))
    if len({one.entry.patient for _, one in found}) > 1:
        lines.append(fails(Check.CHAIN, layout.CHAIN, "the facts are of more than one patient"))
    lines += _between(links, len(found))
    return CheckedFacts(tuple(found), tuple(lines))


def check_short_facts(members: Mapping[str, bytes]) -> CheckedShortFacts:
    """Read the facts of an anonymised package and find the entry of each in the chain."""
    links, lines = _chain(members)
    places = {(link.seq, link.recorded_at, link.digest) for link in links}
    facts = []
    try:
        for number, one in enumerate(read_document(members[layout.FACTS]).documents("facts"), 1):
            if (one.number("seq"), one.instant("recorded_at"), one.digest("entry")) not in places:
                lines.append(fails(Check.FACT, layout.FACTS, f"fact {number} names no entry of the chain"))
            facts.append(read_fact(one.text("fact")))
    except KeyError:
        lines.append(fails(Check.FACT, layout.FACTS, "it is missing or damaged"))
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        lines.append(fails(Check.FACT, layout.FACTS, f"a fact cannot be read: {error}"))
    says = (
        f"{len(facts)} facts with running numbers for messages: that they are the entries of the log whose digests "
        "they name, and that the messages say so, is the exporter's word until the full package is shown"
    )
    lines.append(noted(Check.FACT, layout.FACTS, says))
    return CheckedShortFacts(tuple(facts), tuple(lines))


def _chain(members: Mapping[str, bytes]) -> tuple[tuple[Link, ...], list[Line]]:
    if layout.CHAIN not in members:
        return (), [fails(Check.CHAIN, layout.CHAIN, "it is missing or damaged")]
    try:
        links = tuple(_link(one) for one in read_document(members[layout.CHAIN]).documents("links"))
    except (ValueError, OverflowError) as error:
        return (), [fails(Check.CHAIN, layout.CHAIN, f"it cannot be read: {error}")]
    return links, list(_whole(links))


def _link(one: Document) -> Link:
    return Link(
        one.number("seq"),
        one.instant("recorded_at"),
        one.digest("digest"),
        one.digest("previous"),
        one.digest("hash"),
    )


def _whole(links: tuple[Link, ...]) -> Iterator[Line]:
    for link in links:
        if link_hash(link.seq, link.recorded_at, link.digest, link.previous) != link.hash:
            yield fails(Check.CHAIN, layout.CHAIN, f"entry {link.seq} does not have the hash that it says")
            return
    for before, after in pairwise(links):
        if after.seq != before.seq + 1 or after.previous != before.hash:
            yield fails(Check.CHAIN, layout.CHAIN, f"entry {after.seq} does not link to the one before it")
            return
    if links:
        says = f"entries {links[0].seq} to {links[-1].seq} of the log link to each other without a gap"
        yield holds(Check.CHAIN, layout.CHAIN, says)


def _between(links: tuple[Link, ...], ours: int) -> Iterator[Line]:
    others = len(links) - ours
    if others:
        says = (
            f"{others} entries in between are shown by digest only: that they are of other stays is the exporter's word"
        )
        yield noted(Check.CHAIN, layout.CHAIN, says)
