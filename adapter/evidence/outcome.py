"""What do the facts come to under the terms in the package: decided again, from nothing but its members."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from adapter.delivery.fact_json import Json
from adapter.evidence import layout
from adapter.evidence.container import Member
from adapter.evidence.document import read_document, written
from adapter.evidence.dossier import Subject, Terms
from adapter.facts import Fact
from adapter.liability.case import Case, Sector, SenderType
from adapter.liability.explain import Language, explained
from adapter.liability.mistakes import Mistakes
from adapter.liability.profiles import BASELINE, Profile, Turn, read_profile
from adapter.liability.rates import RateTable, merge_rates, read_rates
from adapter.liability.readings import Readings, read_both
from adapter.liability.result import result_json
from adapter.values import Moment, instant_text


@dataclass(frozen=True, slots=True)
class StatedCase:
    """What `case.json` says; `profile` is as `agreement_text` writes it."""

    subject: Subject
    profile: str


def write_case(subject: Subject, profile: str) -> Member:
    """The member that says what was decided, as of when."""
    told: Json = {
        "stay": subject.stay,
        "hospital": subject.hospital.value,
        "municipality": subject.municipality.value if subject.municipality is not None else None,
        "sector": subject.sector.value,
        "sender_type": subject.sender_type.value,
        "as_of": instant_text(subject.as_of.instant),
        "policy": profile,
    }
    return Member(layout.CASE, written(told))


def read_case(content: bytes) -> StatedCase:
    """Raises `ValueError` for anything that `write_case` does not write."""
    document = read_document(content)
    subject = Subject(
        document.text("stay"),
        document.her("hospital"),
        document.her_or_none("municipality"),
        Sector(document.text("sector")),
        SenderType(document.text("sender_type")),
        Moment.at(document.instant("as_of")),
    )
    return StatedCase(subject, document.text("policy"))


def terms_members(terms: Terms) -> tuple[Member, ...]:
    """The members that decided."""
    own = tuple(Member(layout.agreement(number), content) for number, content in enumerate(terms.agreements, 1))
    rates = tuple(Member(layout.rates(number), content) for number, content in enumerate(terms.rates, 1))
    return (Member(layout.BASELINE, terms.baseline), *own, *rates)


def terms_of(members: Mapping[str, bytes], profile: str) -> Terms:
    """The terms of a package. Raises `ValueError` where a member is missing."""
    wanted = tuple(layout.agreement(number) for number, _ in enumerate(own_names(profile), 1))
    for name in (layout.BASELINE, *wanted, layout.rates(1)):
        if name not in members:
            raise ValueError(f"{name} is missing or damaged")
    rates = tuple(content for name, content in sorted(members.items()) if layout.is_rates(name))
    return Terms(members[layout.BASELINE], tuple(members[name] for name in wanted), profile, rates)


def agreement_text(profile: Profile) -> str:
    """The profile of a stay by name, and those that take its place: `OLD, 2019-01-01 NEW`."""
    return ", ".join([profile.name, *(f"{turn.first} {turn.profile.name}" for turn in profile.turns)])


def own_names(text: str) -> tuple[str, ...]:
    """The profiles of such a text apart from the baseline, each once."""
    names = (name for name, _ in _turns(text))
    return tuple(dict.fromkeys(name for name in names if name != BASELINE))


def _turns(text: str) -> list[tuple[str, str]]:
    """Name and first date of each profile; the date of the first one is empty."""
    first, *turns = text.split(", ")
    pairs = [turn.partition(" ") for turn in turns]
    return [(first, ""), *((name, day) for day, _, name in pairs)]


def decide_again(subject: Subject, facts: Iterable[Fact], terms: Terms) -> Readings:
    """Both readings of a stay. Raises `ValueError` where the terms cannot be read."""
    baseline = _profile(terms.baseline, None)
    agreement = _agreement(terms, baseline)
    case = Case(tuple(facts), subject.sector, subject.sender_type)
    return read_both(case, agreement, baseline, _rates(terms.rates), subject.as_of)


def _agreement(terms: Terms, baseline: Profile) -> Profile:
    own = [_profile(content, baseline) for content in terms.agreements]
    known = {one.name: one for one in (baseline, *own)}
    turns = _turns(terms.profile)
    if missing := [name for name, _ in turns if name not in known]:
        raise ValueError(f"the agreement in the package is not {missing[0]}")
    following = tuple(Turn(date.fromisoformat(day), known[name]) for name, day in turns[1:])
    return replace(known[turns[0][0]], turns=following)


def _profile(content: bytes, baseline: Profile | None) -> Profile:
    profile = read_profile(content, baseline)
    if isinstance(profile, Mistakes):
        raise ValueError(profile.lines()[0])
    return profile


def _rates(files: tuple[bytes, ...]) -> RateTable:
    table = read_rates(files[0])
    for content in files[1:]:
        more = read_rates(content)
        if isinstance(table, Mistakes) or isinstance(more, Mistakes):
            break
        table = merge_rates(table, more)
    if isinstance(table, Mistakes):
        raise ValueError(table.lines()[0])
    return table


def decision_members(readings: Readings, *, in_words: bool) -> tuple[Member, ...]:
    """Both readings as the result contract has them, and the explanation in both languages if it is to be there."""
    regulation = replace(readings, profile=readings.baseline, agreement=readings.regulation, changed_by=())
    documents = (
        Member(layout.AGREEMENT_DECISION, result_json(readings).encode() + b"\n"),
        Member(layout.BASELINE_DECISION, result_json(regulation).encode() + b"\n"),
    )
    if not in_words:
        return documents
    words = (
        Member(layout.explanation(language.value), ("\n".join(explained(readings, language)) + "\n").encode())
        for language in Language
    )
    return (*documents, *words)


def differences(stored: bytes, again: bytes) -> tuple[str, ...]:
    """The keys of a stored decision that another evaluation does not repeat.

    A later version of the adapter may say more; it has to say everything that is stored, in the same words.
    """
    before, after = read_document(stored), json.loads(again)
    return tuple(sorted(key for key, value in before.members.items() if after.get(key) != value))
