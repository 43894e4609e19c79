"""What did late facts change: the decision as it was then, as it is now, and which facts made the difference.

A fact that became known in between made a difference when taking it out of what is known now, or adding it alone to
what was known then, gives other payable dates or another amount: the rule by which policy keys are said to have changed
an outcome. Facts that do so only together, as an answer and its AppRec can, are named together. Time itself is one more
cause: what was known then, evaluated now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from adapter.facts import AnswerClassified, Fact, ReceiptGiven
from adapter.liability.case import Case
from adapter.liability.explain import fact_line
from adapter.liability.profiles import Profile
from adapter.liability.rates import RateTable
from adapter.liability.readings import Readings, outcome, read_both
from adapter.liability.rules import Language
from adapter.liability.wording import kroner
from adapter.values import Moment, MsgId, oslo_text


@dataclass(frozen=True, slots=True)
class Terms:
    """What both decisions are made under."""

    profile: Profile
    baseline: Profile
    rates: RateTable


@dataclass(frozen=True, slots=True)
class Change:
    """Two decisions of one stay. `late` are the facts that came in between, `decisive` those among them that made a
    difference, `together` groups of others that made one only together; `by_time` says whether the passing of time
    alone changed the outcome of then."""

    then: Readings
    now: Readings
    late: tuple[Fact, ...]
    decisive: tuple[Fact, ...]
    together: tuple[tuple[Fact, ...], ...]
    by_time: bool

    @property
    def is_none(self) -> bool:
        return outcome(self.then.agreement) == outcome(self.now.agreement)


def change(case: Case, known_then: Iterable[Fact], terms: Terms, then: Moment, now: Moment) -> Change:
    """Compare what `known_then` came to at `then` with what the facts of the case come to at `now`."""
    before = tuple(known_then)

    def decided(facts: tuple[Fact, ...], at: Moment) -> Readings:
        return read_both(replace(case, facts=facts), terms.profile, terms.baseline, terms.rates, at)

    today, waited = decided(case.facts, now), decided(before, now)
    late = tuple(fact for fact in case.facts if fact not in set(before))
    replaced = tuple(fact for fact in before if fact not in set(case.facts))

    def matters(some: tuple[Fact, ...]) -> bool:
        left_out = decided(_without(case.facts, some, replaced), now)
        added = decided((*before, *some), now)
        return outcome(left_out.agreement) != outcome(today.agreement) or (
            outcome(added.agreement) != outcome(waited.agreement)
        )

    decisive = tuple(fact for fact in late if matters((fact,)))
    rest = tuple(fact for fact in late if fact not in decisive)
    together = tuple(group for group in _about_one_message(rest) if matters(group))
    if not (decisive or together) and outcome(waited.agreement) != outcome(today.agreement):
        together = (_fewest(rest, matters),)
    at_first = decided(before, then)
    by_time = outcome(waited.agreement) != outcome(at_first.agreement)
    return Change(at_first, today, late, decisive, together, by_time)


def _about_one_message(facts: tuple[Fact, ...]) -> list[tuple[Fact, ...]]:
    """The facts that tell of one message, where they are several: the message itself, its receipt, its reading."""
    groups: dict[MsgId, list[Fact]] = defaultdict(list)
    for fact in facts:
        what = fact.what
        message = what.refers_to if isinstance(what, ReceiptGiven | AnswerClassified) else what.carrier.message
        if message is not None:
            groups[message].append(fact)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _fewest(facts: tuple[Fact, ...], matters: Callable[[tuple[Fact, ...]], bool]) -> tuple[Fact, ...]:
    """Facts that matter together and of which none can be spared; all of them always do."""
    kept = facts
    for fact in facts:
        fewer = tuple(one for one in kept if one != fact)
        if matters(fewer):
            kept = fewer
    return kept


def _without(facts: tuple[Fact, ...], late: tuple[Fact, ...], replaced: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The facts without some, and with what these took the place of: a better proof of the same message."""
    back = tuple(old for old in replaced if any(_same_message(old, one) for one in late))
    return (*(fact for fact in facts if fact not in late), *back)


def _same_message(one: Fact, other: Fact) -> bool:
    if type(one.what) is not type(other.what) or isinstance(one.what, ReceiptGiven | AnswerClassified):
        return False
    assert not isinstance(other.what, ReceiptGiven | AnswerClassified)
    return one.what.carrier.message is not None and one.what.carrier.message == other.what.carrier.message


_SAYS = {
    Language.ENGLISH: (
        "Then, {at}: {nights} nights, {amount} ({codes}).",
        "Now, {at}: {nights} nights, {amount} ({codes}).",
        "The outcome is the same.",
        "Facts that made the difference:",
        "Facts that made a difference only together:",
        "Facts that came in between and changed nothing:",
        "Time passed: what was known then comes to another result now.",
        "Dates that became payable: {days}.",
        "Dates that are no longer payable: {days}.",
        "price missing",
    ),
    Language.NORWEGIAN: (
        "Da, {at}: {nights} døgn, {amount} ({codes}).",
        "Nå, {at}: {nights} døgn, {amount} ({codes}).",
        "Resultatet er det samme.",
        "Opplysninger som gjorde forskjellen:",
        "Opplysninger som bare sammen gjorde en forskjell:",
        "Opplysninger som kom imellom og ikke endret noe:",
        "Tiden gikk: det som var kjent da, gir et annet resultat nå.",
        "Datoer som ble å betale: {days}.",
        "Datoer som ikke lenger skal betales: {days}.",
        "pris mangler",
    ),
}


def change_told(found: Change, language: Language) -> tuple[str, ...]:
    """The change as lines of text."""
    then, now, same, made, joined, others, time, more, fewer, missing = _SAYS[language]
    lines = []
    for text, readings in ((then, found.then), (now, found.now)):
        decision = readings.agreement
        amount = missing if decision.amount_nok is None else kroner(decision.amount_nok)
        codes = f"{decision.start_reason} / {decision.end_reason}"
        at = oslo_text(decision.as_of)
        lines.append(text.format(at=at, nights=len(decision.nights), amount=amount, codes=codes))
    old = {night.date for night in found.then.agreement.nights}
    new = {night.date for night in found.now.agreement.nights}
    for says, days in ((more, new - old), (fewer, old - new)):
        if days:
            lines.append(says.format(days=", ".join(day.isoformat() for day in sorted(days))))
    if found.is_none:
        lines.append(same)
    if found.by_time:
        lines.append(time)
    named = {*found.decisive, *(fact for group in found.together for fact in group)}
    rest = tuple(fact for fact in found.late if fact not in named)
    for says, facts in ((made, found.decisive), *((joined, group) for group in found.together), (others, rest)):
        if facts:
            lines += ["", says, *(f"  {fact_line(fact, language)}" for fact in facts)]
    return tuple(lines)
