"""How is a decision told to people: sentences with rules, facts and sources, in English or Norwegian bokmål."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapter.facts import AdmissionNotice, Answer, AnswerClassified, Fact, ReadyNotice, ReceiptGiven, Withdrawal
from adapter.liability.choices import decisive
from adapter.liability.decision import Decision, Night, Span
from adapter.liability.readings import Readings
from adapter.liability.reasons import Note, ZeroCode
from adapter.liability.rules import RULES, Language
from adapter.liability.wording import day_text, fact_name, kroner, word
from adapter.values import Moment, oslo_text

__all__ = ["Language", "explained", "fact_line"]

_ZERO_RULE: Mapping[ZeroCode, str] = {
    ZeroCode.OUT_OF_SCOPE: "LI-002",
    ZeroCode.NO_READY_NOTICE: "LI-030",
    ZeroCode.CANCELLED: "LI-065",
    ZeroCode.NOTICE_REJECTED: "LI-031",
    ZeroCode.NOTICE_UNACKED: "LI-032",
    ZeroCode.NO_ADMISSION_NOTICE: "LI-016",
    ZeroCode.ACCEPTED_SAME_DAY: "LI-047",
    ZeroCode.LEFT_SAME_DAY: "LI-052",
    ZeroCode.DIED_SAME_DAY: "LI-056",
    ZeroCode.WITHDRAWN_SAME_DAY: "LI-057",
    ZeroCode.DOCUMENT_MISSING: "LI-066",
}


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The sentences of one language, with their places to fill."""

    nights: str
    no_nights: str
    amount: str
    blocked: str
    span: str
    empty_span: str
    night: str
    no_price: str
    facts: str
    flags: str
    rules: str
    differs: str
    agrees: str
    changed_by: str
    basis: str
    caution: str
    choices: str


_PHRASES: Mapping[Language, _Phrases] = {
    Language.ENGLISH: _Phrases(
        nights="{count} payable nights, {first} to {last}.",
        no_nights="No payable night: {why} ({code}, {rule}).",
        amount="Amount: {amount}.",
        blocked="No amount, because a price is missing; the nights that have one come to {known}.",
        span="From {first} because {start}; {count} nights, until {end} ({codes}).",
        empty_span="A period of readiness without a payable night: {why} ({code}).",
        night="  {day}: {price}; {rules}",
        no_price="no price known",
        facts="What this rests on:",
        flags="For a person to look at:",
        rules="Rules and their sources:",
        differs="The regulation read without agreement gives another result: {count} nights, {amount}.",
        agrees="The regulation read without agreement gives the same nights and amount.",
        changed_by="Changed by: {keys}.",
        basis="Policy {policy}, prices {rates}, evaluated at {as_of}.",
        caution="This is a basis for people to decide on, not legal advice.",
        choices="Where the rules are silent, this adapter chose:",
    ),
    Language.NORWEGIAN: _Phrases(
        nights="{count} døgn kan kreves betalt, {first} til {last}.",
        no_nights="Ingen døgn kan kreves betalt: {why} ({code}, {rule}).",
        amount="Beløp: {amount}.",
        blocked="Ikke noe beløp, fordi en pris mangler; døgnene som har pris, utgjør {known}.",
        span="Fra {first} fordi {start}; {count} døgn, til {end} ({codes}).",
        empty_span="En utskrivningsklar periode uten døgn å betale: {why} ({code}).",
        night="  {day}: {price}; {rules}",
        no_price="ingen kjent pris",
        facts="Dette bygger på:",
        flags="Dette bør et menneske se på:",
        rules="Regler og kilder:",
        differs="Forskriften lest uten avtale gir et annet resultat: {count} døgn, {amount}.",
        agrees="Forskriften lest uten avtale gir de samme døgnene og det samme beløpet.",
        changed_by="Endret av: {keys}.",
        basis="Regelsett {policy}, priser {rates}, vurdert {as_of}.",
        caution="Dette er et grunnlag som mennesker avgjør på, ikke juridisk rådgivning.",
        choices="Der reglene tier, har adapteren valgt:",
    ),
}


def explained(readings: Readings, language: Language) -> tuple[str, ...]:
    """The decision under the policy in force as lines of text."""
    phrases, decision = _PHRASES[language], readings.agreement
    lines = [*_headline(decision, phrases, language), ""]
    for span in decision.spans:
        lines += _span(span, phrases, language)
    if decision.spans:
        lines.append("")
    facts = tuple(dict.fromkeys(fact for night in decision.nights for fact in night.facts))
    if facts:
        lines += [phrases.facts, *(f"  {fact_line(fact, language)}" for fact in facts), ""]
    if decision.notes:
        lines += [phrases.flags, *dict.fromkeys(f"  {_note(note, language)}" for note in decision.notes), ""]
    lines += [*_comparison(readings, phrases), ""]
    lines += [phrases.rules, *(f"  {line}" for line in _rules(readings, language)), ""]
    if chosen := decisive(readings):
        told = (f"  {choice.id} ({choice.rule}): {choice.says(language)}." for choice in chosen)
        lines += [phrases.choices, *told, ""]
    as_of = oslo_text(decision.as_of) if decision.as_of.year > 1 else "-"
    lines += [
        phrases.basis.format(policy=readings.profile.cited, rates=readings.rates.version, as_of=as_of),
        phrases.caution,
    ]
    return tuple(lines)


def _headline(decision: Decision, phrases: _Phrases, language: Language) -> list[str]:
    nights = decision.nights
    if not nights:
        code = decision.end_reason
        rule = _ZERO_RULE[code] if isinstance(code, ZeroCode) else "LI-051"
        return [phrases.no_nights.format(why=word(code, language), code=code, rule=rule)]
    first, last = day_text(nights[0].date, language), day_text(nights[-1].date, language)
    amount = phrases.blocked.format(known=kroner(decision.known_nok))
    if decision.amount_nok is not None:
        amount = phrases.amount.format(amount=kroner(decision.amount_nok))
    return [phrases.nights.format(count=len(nights), first=first, last=last), amount]


def _span(span: Span, phrases: _Phrases, language: Language) -> list[str]:
    if not span.nights:
        return [phrases.empty_span.format(why=word(span.end_reason, language), code=span.end_reason)]
    line = phrases.span.format(
        first=day_text(span.nights[0].date, language),
        start=word(span.start_reason, language),
        count=len(span.nights),
        end=word(span.end_reason, language),
        codes=f"{span.start_reason} / {span.end_reason}",
    )
    return [line, *(_night(night, phrases, language) for night in span.nights)]


def _night(night: Night, phrases: _Phrases, language: Language) -> str:
    price = phrases.no_price
    if night.rate is not None:
        price = f"{kroner(night.rate.amount)} ({word(night.rate.status, language)})"
    return phrases.night.format(day=night.date.isoformat(), price=price, rules=", ".join(dict.fromkeys(night.rules)))


def fact_line(fact: Fact, language: Language) -> str:
    """A fact as a line: when, what, which message, how it is known."""
    what = fact.what
    when = oslo_text(fact.when.instant) if isinstance(fact.when, Moment) else fact.when.isoformat()
    parts = [f"{when}  {fact_name(what, language)}"]
    if isinstance(what, AdmissionNotice):
        parts.append(what.type)
    if isinstance(what, ReadyNotice):
        parts.append(what.ready.isoformat())
    if isinstance(what, Withdrawal) and what.effective is not None:
        parts.append(what.effective.isoformat())
    if isinstance(what, Answer | AnswerClassified):
        promised = f", {what.promised.isoformat()}" if what.promised else ""
        parts.append(word(what.answer, language) + promised)
    if not isinstance(what, ReceiptGiven | AnswerClassified) and what.carrier.message is not None:
        parts.append(f"MsgId {what.carrier.message}")
    return "; ".join([*parts, word(fact.how, language)])


def _note(note: Note, language: Language) -> str:
    line = f"{note.flag}: {word(note.flag, language)} ({note.rule}: {RULES[note.rule].says(language)})"
    return line if note.about is None else f"{line} – {fact_line(note.about, language)}"


def _comparison(readings: Readings, phrases: _Phrases) -> list[str]:
    regulation = readings.regulation
    lines: list[str] = []
    if readings.profile.policy != readings.baseline.policy:
        same = [night.date for night in regulation.nights] == [night.date for night in readings.agreement.nights]
        if same and regulation.amount_nok == readings.agreement.amount_nok:
            lines.append(phrases.agrees)
        else:
            amount = phrases.no_price if regulation.amount_nok is None else kroner(regulation.amount_nok)
            lines.append(phrases.differs.format(count=len(regulation.nights), amount=amount))
    if readings.changed_by:
        lines.append(phrases.changed_by.format(keys=", ".join(readings.changed_by)))
    return lines


def _rules(readings: Readings, language: Language) -> list[str]:
    """Every rule that was applied, with its source in the words of the profile."""
    decision = readings.agreement
    used = {rule for night in decision.nights for rule in night.rules} | {note.rule for note in decision.notes}
    if isinstance(decision.end_reason, ZeroCode):
        used.add(_ZERO_RULE[decision.end_reason])
    lines = [
        f"{rule}: {RULES[rule].says(language)}. [{RULES[rule].cites(readings.profile.citations, language)}]"
        for rule in sorted(used)
    ]
    sources = dict.fromkeys(
        f"{rate.first.year}: {kroner(rate.amount)} ({word(rate.status, language)}): {rate.source}"
        for night in decision.nights
        if (rate := night.rate)
    )
    return [*lines, *sources]
