"""Where does each statement of the rule list live: LI-001 to LI-100, what carries it out, or why nothing can?

The list is that of the reference of the project (`liability.md` §3). What an explanation cites is said in `rules.py`;
here stand the others too, so that nobody has to guess whether one was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from adapter.liability.rules import RULES, Source


class Place(StrEnum):
    """How far a statement is carried out."""

    CARRIED_OUT = "carried out"
    FOR_PEOPLE = "for people"
    """no fact that the adapter can have decides it"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One statement. `by` names the modules of `adapter/` that carry it out, or says why none does."""

    id: str
    text: str
    place: Place
    by: str
    source: str


_DECIDE, _PERIODS, _STRETCHES = "liability/decide", "liability/periods", "liability/stretches"
_TIMELINE, _REFERENCES, _CALENDAR = "liability/timeline", "liability/references", "liability/calendar"

_CITED: Final[Mapping[str, str]] = {
    "LI-002": _DECIDE,
    "LI-005": f"{_DECIDE}, {_STRETCHES}",
    "LI-006": "liability/payers",
    "LI-010": _DECIDE,
    "LI-016": _DECIDE,
    "LI-017": f"{_DECIDE}, {_STRETCHES}",
    "LI-018": _DECIDE,
    "LI-022": f"{_TIMELINE}, {_CALENDAR}",
    "LI-023": f"{_PERIODS}, {_STRETCHES}",
    "LI-030": f"{_PERIODS}, {_STRETCHES}",
    "LI-031": _TIMELINE,
    "LI-032": f"{_TIMELINE}, liability/folding",
    "LI-034": _PERIODS,
    "LI-035": _TIMELINE,
    "LI-036": f"{_TIMELINE}; messages for another municipality are another stay: delivery/recorded",
    "LI-037": f"{_TIMELINE}, {_PERIODS}",
    "LI-038": _CALENDAR,
    "LI-039": _CALENDAR,
    "LI-040": _STRETCHES,
    "LI-042": f"{_PERIODS}, {_TIMELINE}, service/answers",
    "LI-044": _STRETCHES,
    "LI-045": _STRETCHES,
    "LI-046": _STRETCHES,
    "LI-047": _STRETCHES,
    "LI-048": f"{_TIMELINE}, {_PERIODS}",
    "LI-049": _STRETCHES,
    "LI-050": _STRETCHES,
    "LI-051": _STRETCHES,
    "LI-052": _STRETCHES,
    "LI-053": f"{_CALENDAR}, {_TIMELINE}",
    "LI-056": _STRETCHES,
    "LI-057": _PERIODS,
    "LI-058": f"{_PERIODS}, {_STRETCHES}",
    "LI-059": _STRETCHES,
    "LI-062": _STRETCHES,
    "LI-063": f"{_PERIODS}, {_STRETCHES}",
    "LI-064": _REFERENCES,
    "LI-065": f"{_REFERENCES}, {_PERIODS}",
    "LI-066": _DECIDE,
    "LI-068": _TIMELINE,
    "LI-069": _TIMELINE,
    "LI-070": _DECIDE,
    "LI-072": f"{_DECIDE}, liability/ledger",
    "LI-073": f"{_DECIDE}, liability/statement",
    "LI-095": "liability/agreements, liability/succession",
    "LI-100": _PERIODS,
}
"""What carries out the rules that explanations cite."""

_OTHERS: Final[tuple[tuple[str, str, Place, str], ...]] = (
    (
        "LI-001",
        "only nights of an inpatient who is ready and waits for a municipal service can be payable",
        Place.CARRIED_OUT,
        f"{_STRETCHES}: from notices to departure; what the patient waits for is the hospital's word",
    ),
    (
        "LI-003",
        "private rehabilitation, contract specialists, out-patient laboratory and X-ray are not covered",
        Place.CARRIED_OUT,
        f"{_DECIDE}: the kind of the sender, never the kind of message",
    ),
    (
        "LI-004",
        "each sector is payable from its own date",
        Place.CARRIED_OUT,
        f"{_DECIDE}, key sector_dates",
    ),
    (
        "LI-007",
        "who can go home without municipal follow-up is outside the scheme",
        Place.FOR_PEOPLE,
        "no message says it; the hospital sends no notice then",
    ),
    (
        "LI-008",
        "a municipal emergency unit sends the same messages and its nights are never payable",
        Place.CARRIED_OUT,
        f"{_DECIDE}, key payable_sender_types; the directory says what a sender is",
    ),
    (
        "LI-009",
        "ready for transfer is not discharge-ready",
        Place.CARRIED_OUT,
        "delivery/stay_facts: only a notice of readiness makes the fact; no message says ready for transfer",
    ),
    (
        "LI-011",
        "the hospital gives notice within 24 hours of admission",
        Place.CARRIED_OUT,
        f"{_DECIDE}; how often it was kept: liability/statistics",
    ),
    (
        "LI-012",
        "the notice is a HELSEOPPL_SOKNAD with content 1",
        Place.CARRIED_OUT,
        "delivery/stay_facts; key adm_notice_types",
    ),
    (
        "LI-013",
        "LOG_INNLAGT is no notice of admission, unless agreed",
        Place.CARRIED_OUT,
        f"{_DECIDE}, key adm_notice_types",
    ),
    (
        "LI-014",
        "the 24 hours run from admission, or from when the need was seen",
        Place.CARRIED_OUT,
        f"{_DECIDE}, key adm_anchor; a person enters the need",
    ),
    (
        "LI-015",
        "24 hours are elapsed time, unless agreed",
        Place.CARRIED_OUT,
        f"{_DECIDE}, key adm_24h",
    ),
    (
        "LI-020",
        "what makes a patient ready is a physician's judgement, documented in the record",
        Place.FOR_PEOPLE,
        "the record is not in the messages; the engine takes the notice at its word",
    ),
    (
        "LI-021",
        "mental health and substance treatment have two further conditions",
        Place.FOR_PEOPLE,
        "no message carries the meeting and the follow-up plan; they change no number of nights",
    ),
    (
        "LI-024",
        "whether a date is an estimate decides nothing",
        Place.CARRIED_OUT,
        "messages/logistics: it is shown and never judged by",
    ),
    (
        "LI-033",
        "a positive AppRec is not an answer",
        Place.CARRIED_OUT,
        "liability/folding: a receipt changes the standing of a message and makes no answer",
    ),
    (
        "LI-041",
        "the answer of the municipality is free text",
        Place.CARRIED_OUT,
        "service/answers: shown to a person, never guessed",
    ),
    (
        "LI-043",
        "an accept on the start date gives no night",
        Place.CARRIED_OUT,
        _STRETCHES,
    ),
    (
        "LI-054",
        "the change of the clock never changes the number of nights",
        Place.CARRIED_OUT,
        f"{_STRETCHES}: dates are counted, never hours",
    ),
    (
        "LI-055",
        "departure on the start date gives no night, unless agreed",
        Place.CARRIED_OUT,
        f"{_STRETCHES}, key same_day_departure",
    ),
    (
        "LI-060",
        "no date is counted twice for one patient",
        Place.CARRIED_OUT,
        f"{_DECIDE}; stays of one patient and hospital are kept apart by liability/stays",
    ),
    (
        "LI-061",
        "after an express offer the days are the hospital's own",
        Place.CARRIED_OUT,
        _STRETCHES,
    ),
    (
        "LI-067",
        "a transfer is the departure of this case; what follows is a new one",
        Place.CARRIED_OUT,
        "liability/stays: by hospital and admission",
    ),
    (
        "LI-071",
        "amounts are whole kroner, not rounded",
        Place.CARRIED_OUT,
        "liability/rates, liability/statement_table",
    ),
    (
        "LI-074",
        "value added tax, interest, fees and terms of payment stay out",
        Place.FOR_PEOPLE,
        "the basis names nights and prices; invoicing is another system's",
    ),
    (
        "LI-080",
        "the hospital trust invoices on a correct basis",
        Place.CARRIED_OUT,
        "service/statements: by month, hospital and municipality",
    ),
    (
        "LI-081",
        "the adapter makes a basis and a dossier and never sends an invoice",
        Place.CARRIED_OUT,
        "liability/statement, evidence",
    ),
    (
        "LI-082",
        "an issued basis is never changed; what changes later is a correction",
        Place.CARRIED_OUT,
        "liability/statement, store: a statement is issued once",
    ),
    (
        "LI-090",
        "the dispute board gives advice and mediates",
        Place.FOR_PEOPLE,
        "a fact about the board; evidence is what it is given",
    ),
    (
        "LI-091",
        "a case for the board states claim and basis, anonymised",
        Place.CARRIED_OUT,
        "evidence/anonymised: `adapter evidence export --anonymised`",
    ),
    (
        "LI-092",
        "municipalities can also sue in the ordinary courts",
        Place.FOR_PEOPLE,
        "a fact about the courts",
    ),
    (
        "LI-096",
        "the result of the regulation is shown beside that of the agreement where they differ",
        Place.CARRIED_OUT,
        "liability/readings, liability/explain",
    ),
    (
        "LI-097",
        "agreements hold contact points, hours, holidays and what to do when systems are down",
        Place.CARRIED_OUT,
        f"{_CALENDAR}: hours and holidays as keys of the policy; contact points are in no key",
    ),
)


def listed() -> Iterator[Listed]:
    """Every statement, in the order of its number."""
    others = {id_: Listed(id_, text, place, by, f"{_SOURCE} {id_}") for id_, text, place, by in _OTHERS}
    for id_ in sorted(_CITED.keys() | others.keys()):
        if id_ in others:
            yield others[id_]
        else:
            rule = RULES[id_]
            chosen = "; open to agreement" if rule.source is Source.CHOICE else ""
            yield Listed(id_, rule.english, Place.CARRIED_OUT, _CITED[id_], f"{_SOURCE} {id_}{chosen}")


_SOURCE: Final = "liability.md §3"
