"""Which facts of a patient in a hospital belong to one stay: an order-free partition of the log.

A message that states its admission time (event code 1) belongs to the stay of that admission; a new admission opens a
new stay. Anything else goes, in this order: with the message that it refers to; to the stay with the latest admission
at or before its own time; to the one stay that is open; to a stay whose admission nobody has told.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from adapter.facts import Admitted, AnswerClassified, Cancellation, Correction, Death, Discharged, Fact, ReceiptGiven
from adapter.liability.calendar import instant_of
from adapter.values import Moment, MsgId

T = TypeVar("T")

Admission = Moment | date | None


@dataclass(frozen=True, slots=True)
class StayFact:
    """A fact as the log has it.

    `admission` is what its message states (None: nothing); `references` are the MsgIds of its ConversationRef, nearest
    first.
    """

    fact: Fact
    admission: Admission = None
    references: tuple[MsgId, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """The facts of one stay in order of time. `key` names it and holds no patient data; `admitted` None is unknown."""

    key: str
    admitted: Admission
    facts: tuple[Fact, ...]


def stays(patient: str, hospital: str, facts: Iterable[StayFact]) -> tuple[Stay, ...]:
    """The stays of a patient (a pseudonym) in a hospital, by admission; one of unknown admission comes first.

    The order of the facts never matters, nor does a fact that is given twice.
    """
    units = _units(facts)
    admissions = _admissions(units)
    homes: dict[int, int | None] = {
        number: _home(unit.admission, admissions) for number, unit in enumerate(units) if unit.admission is not None
    }
    leaders = _leaders(units)
    _follow(leaders, homes)
    still_open = set(range(len(admissions))) - {homes[number] for number in homes if _ends(units[number])}
    only = min(still_open) if len(still_open) == 1 else None
    # Those that refer to nothing known find their place by time, those that refer to them follow; a circle of
    # references is what remains.
    for in_a_circle in (False, True):
        for number, unit in enumerate(units):
            if number not in homes and (in_a_circle or number not in leaders):
                before = bisect_right(admissions, unit.at, key=instant_of) - 1
                homes[number] = before if before >= 0 else only
        _follow(leaders, homes)
    members: dict[int | None, list[Fact]] = defaultdict(list)
    for number, unit in enumerate(units):
        members[homes[number]] += unit.facts
    return tuple(
        _stay(patient, hospital, None if home is None else admissions[home], members[home])
        for home in sorted(members, key=lambda home: -1 if home is None else home)
    )


def stay_key(patient: str, hospital: str, admitted: Admission) -> str:
    """A short name for a stay, from which neither patient nor time can be read."""
    when = admitted.instant.isoformat() if isinstance(admitted, Moment) else str(admitted)
    return "stay-" + hashlib.sha256("\n".join((patient, hospital, when)).encode()).hexdigest()[:16]


def _stay(patient: str, hospital: str, admitted: Admission, facts: Iterable[Fact]) -> Stay:
    return Stay(stay_key(patient, hospital, admitted), admitted, tuple(_by_time(facts, lambda fact: fact)))


@dataclass(frozen=True, slots=True)
class _Unit:
    """What goes together whatever happens: the facts of one message, or one fact that came without."""

    message: MsgId | None
    facts: tuple[Fact, ...]
    admission: Admission
    references: tuple[MsgId, ...]

    @property
    def at(self) -> datetime:
        return instant_of(self.facts[0].when)


def _units(facts: Iterable[StayFact]) -> list[_Unit]:
    """The units in an order of their own; each fact once."""
    grouped: dict[MsgId | Fact, list[StayFact]] = defaultdict(list)
    for fact in _by_time(set(facts), lambda one: one.fact):
        what = fact.fact.what
        message = None if isinstance(what, ReceiptGiven | AnswerClassified) else what.carrier.message
        grouped[message if message is not None else fact.fact].append(fact)
    units: list[_Unit] = []
    for name, members in grouped.items():
        stated = [admission for one in members if (admission := _stated(one)) is not None]
        references = dict.fromkeys(reference for one in members for reference in (*_about(one.fact), *one.references))
        units.append(
            _Unit(
                name if isinstance(name, MsgId) else None,
                tuple(dict.fromkeys(one.fact for one in members)),
                min(stated, key=_precision) if stated else None,
                tuple(references),
            )
        )
    return units


def _stated(one: StayFact) -> Admission:
    """The admission that a fact states: its message's, or its own time where it tells the admission itself."""
    return one.fact.when if one.admission is None and isinstance(one.fact.what, Admitted) else one.admission


def _about(fact: Fact) -> tuple[MsgId, ...]:
    what = fact.what
    if isinstance(what, ReceiptGiven | AnswerClassified | Cancellation | Correction) and what.refers_to is not None:
        return (what.refers_to,)
    return ()


def _by_time(told: Iterable[T], fact_of: Callable[[T], Fact]) -> list[T]:
    """In order of time; what is of one instant by its text, which is costly and seldom needed."""
    groups: dict[datetime, list[T]] = defaultdict(list)
    for one in told:
        groups[instant_of(fact_of(one).when)].append(one)
    ordered = (groups[at] for at in sorted(groups))
    return [one for group in ordered for one in (group if len(group) == 1 else sorted(group, key=repr))]


def _precision(admission: Moment | date) -> tuple[bool, datetime, str]:
    """Clock times before plain dates, then by time."""
    text = admission.text if isinstance(admission, Moment) else ""
    return not isinstance(admission, Moment), instant_of(admission), text


def _admissions(units: Sequence[_Unit]) -> list[Moment | date]:
    """One for each stay, in order of time. A plain date is of its own only where no clock time lies on it."""
    stated = sorted((unit.admission for unit in units if unit.admission is not None), key=_precision)
    found: list[Moment | date] = []
    for admission in stated:
        if _home(admission, found) is None:
            found.append(admission)
    return sorted(found, key=instant_of)


def _home(admission: Moment | date, admissions: Sequence[Moment | date]) -> int | None:
    """The number of the stay of an admission: of the same instant, or of the same date where one is only a date."""
    for number, known in enumerate(admissions):
        if isinstance(admission, Moment) and isinstance(known, Moment):
            if admission.instant == known.instant:
                return number
        elif _day(admission) == _day(known):
            return number
    return None


def _day(when: Moment | date) -> date:
    return when.day if isinstance(when, Moment) else when


def _leaders(units: Sequence[_Unit]) -> Mapping[int, int]:
    """For each unit that refers to a message in the log: the nearest one."""
    messages = {unit.message: number for number, unit in enumerate(units) if unit.message is not None}
    leaders: dict[int, int] = {}
    for number, unit in enumerate(units):
        known = [messages[reference] for reference in unit.references if reference in messages]
        if known and known[0] != number:
            leaders[number] = known[0]
    return leaders


def _follow(leaders: Mapping[int, int], homes: dict[int, int | None]) -> None:
    """Give each unit without a home that of its leader, round by round."""
    while found := {
        number: homes[leader] for number, leader in leaders.items() if number not in homes and leader in homes
    }:
        homes |= found


def _ends(unit: _Unit) -> bool:
    return any(isinstance(fact.what, Discharged | Death) for fact in unit.facts)
