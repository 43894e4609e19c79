"""What happens in the demos: scripts of moments, each a message of the hospital or an answer of the municipality.

`normal` is one discharge with the ministry's own answers: not today, expected in three days, ready then.

`sorum` is the example of `liability.md` §5.11 in full. What a municipality told on its page in 2012 is kept: the period
from 1 January to 21 February, 43 discharge-ready patients, 17 of them to two earmarked places for 3 to 4 days each, a
few paid nights at 4000 kroner. Everything else, patients, dates of each stay, clock times, is invented to fit it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from adapter.facts import AnswerKind
from adapter.messages.identifiers import PersonNumber, person_number
from adapter.testing.place import PlaceParty
from adapter.values import OSLO, HerId

HOSPITAL = (PlaceParty(HerId("8140011"), "Somatikk plo meldingsmottak", HerId("8140010"), "Prøvefjord sykehus HF"),)
NURSING = PlaceParty(HerId("8140021"), "Sykepleietjeneste", HerId("8140020"), "Prøvefjord kommune", service="nursing")
CASE_WORK = PlaceParty(HerId("8140022"), "Saksbehandling", HerId("8140020"), "Prøvefjord kommune", service="case_work")
MUNICIPALITY = (NURSING, CASE_WORK)

_SURNAMES = ("Lyngrose", "Bjørkelund", "Sølvtind", "Havstein", "Fjellro", "Engmo", "Skarpnes", "Tindvik", "Myrvang")
_GIVEN_NAMES = ("Signe", "Tor", "Ada", "Bjørg", "Einar", "Liv", "Harald", "Synne", "Odd", "Ragna", "Peder")


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """An invented person with a synthetic national identity number (month plus 80)."""

    family_name: str
    given_name: str
    born: date
    number: str


@dataclass(frozen=True, slots=True)
class Sends:
    """The hospital sends a message of this build kind; `fields` is the part of its build-JSON that is its own."""

    kind: str
    receiver: PlaceParty
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """The municipality answers the patient's readiness message."""

    answer: AnswerKind
    day: date | None = None


Act = Sends | Answers


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happens to one patient."""

    at: datetime
    patient: DemoPatient
    act: Act


@dataclass(frozen=True, slots=True)
class Stay:
    """One patient's stay, as the scenario wants it. `place` is the dates on an earmarked place, first and last."""

    patient: DemoPatient
    admitted: datetime
    ready: datetime
    answers: tuple[tuple[datetime, Answers], ...]
    discharged: datetime
    place: tuple[date, date] | None = None

    def moments(self) -> Iterator[Moment]:
        """What happens, in order."""
        admitted, ready = self.admitted.isoformat(), self.ready.date().isoformat()
        yield Moment(
            self.admitted + timedelta(minutes=30),
            self.patient,
            Sends("admitted", NURSING, (("admitted", admitted),)),
        )
        yield Moment(
            self.admitted + timedelta(hours=5),
            self.patient,
            Sends(
                "early-notice",
                CASE_WORK,
                (
                    ("expected_ready", ready),
                    ("patient_status", "Innlagt til behandling."),
                    ("expected_course", "Ventes å trenge kommunale tjenester etter oppholdet."),
                ),
            ),
        )
        yield Moment(
            self.ready,
            self.patient,
            Sends("discharge-ready", CASE_WORK, (("admitted", admitted), ("ready", ready))),
        )
        for at, answer in self.answers:
            yield Moment(at, self.patient, answer)
        yield Moment(
            self.discharged + timedelta(minutes=10),
            self.patient,
            Sends(
                "discharged",
                NURSING,
                (
                    ("discharged", self.discharged.isoformat()),
                    ("destination", "nursing_home" if self.place is not None else "home"),
                    ("state", "alive"),
                ),
            ),
        )


@dataclass(frozen=True, slots=True)
class Scenario:
    """A demo: its name, its stays, and the moment up to which it is told."""

    name: str
    stays: tuple[Stay, ...]
    until: datetime

    def moments(self) -> tuple[Moment, ...]:
        """Everything that happens, in order of time."""
        return tuple(sorted((moment for stay in self.stays for moment in stay.moments()), key=lambda one: one.at))


def normal() -> Scenario:
    """One patient: ready on Tuesday, "expected Friday", ready on Friday, gone the same day. Three nights."""
    ready = _at(date(2024, 3, 5), 10, 15)
    stay = Stay(
        patient=_patient(0),
        admitted=_at(date(2024, 3, 1), 9),
        ready=ready,
        answers=(
            (_at(date(2024, 3, 5), 12, 30), Answers(AnswerKind.LATER, date(2024, 3, 8))),
            (_at(date(2024, 3, 8), 9, 30), Answers(AnswerKind.ACCEPT)),
        ),
        discharged=_at(date(2024, 3, 8), 13),
    )
    return Scenario("normal", (stay,), _at(date(2024, 3, 9), 8))


_FIRST_DAY = date(2012, 1, 1)
_LAST_DAY = date(2012, 2, 21)

_EARMARKED = (
    # Place one: day of arrival (0 is 1 January), nights there. Place two below.
    (2, 4), (8, 3), (12, 4), (16, 3), (22, 3), (27, 4), (33, 3), (38, 4), (44, 3),
    (4, 3), (13, 4), (19, 3), (24, 4), (28, 3), (35, 4), (41, 3), (46, 4),
)  # fmt: skip
_WAITED_FOR_A_PLACE = frozenset({16, 28})
"""The two who were ready the day before, when both places were taken, and were told "tomorrow"."""

_ADAPTED = 20
"""The day on which one patient was ready who needed an adapted place; it was ready two days later."""


def sorum() -> Scenario:
    """43 patients, 17 to the two earmarked places, 4 payable nights in all (`liability.md` §5.11)."""
    stays = [_earmarked(number, arrival, nights) for number, (arrival, nights) in enumerate(_EARMARKED)]
    stays += [_accepted(len(_EARMARKED) + number, 1 + 2 * number) for number in range(25)]
    stays.append(_adapted(len(stays)))
    return Scenario("sorum", tuple(stays), _at(_LAST_DAY, 23, 30))


def _earmarked(number: int, arrival: int, nights: int) -> Stay:
    place = (_day(arrival), _day(arrival + nights - 1))
    if arrival not in _WAITED_FOR_A_PLACE:
        return _stay(number, arrival, ((0, 11, AnswerKind.ACCEPT, None),), arrival, place)
    promised = ((0, 11, AnswerKind.LATER, _day(arrival)),)
    return _stay(number, arrival - 1, promised, arrival, place)


def _accepted(number: int, ready: int) -> Stay:
    return _stay(number, ready, ((0, 12, AnswerKind.ACCEPT, None),), ready, None)


def _adapted(number: int) -> Stay:
    ready = _ADAPTED
    answers = ((0, 13, AnswerKind.LATER, _day(ready + 2)), (2, 9, AnswerKind.ACCEPT, None))
    return _stay(number, ready, answers, ready + 2, None)


def _stay(
    number: int,
    ready: int,
    answers: tuple[tuple[int, int, AnswerKind, date | None], ...],
    left: int,
    place: tuple[date, date] | None,
) -> Stay:
    """A stay by day numbers; every patient has a minute and second of its own, so that no two moments coincide."""
    minute, second = number % 27, number
    return Stay(
        patient=_patient(number),
        admitted=_at(_day(ready - 3 - number % 4), 8, minute, second),
        ready=_at(_day(ready), 10, minute, second),
        answers=tuple(
            (_at(_day(ready + after), hour, minute, second), Answers(answer, promised))
            for after, hour, answer, promised in answers
        ),
        discharged=_at(_day(left), 14, minute, second),
        place=place,
    )


def most_places_in_use(scenario: Scenario) -> int:
    """The most earmarked places that are in use on any date."""
    days = [_day(number) for number in range(80)]
    taken = [stay.place for stay in scenario.stays if stay.place is not None]
    return max((sum(first <= day <= last for first, last in taken) for day in days), default=0)


def _day(number: int) -> date:
    return _FIRST_DAY + timedelta(days=number)


def _at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), OSLO)


def _patient(number: int) -> DemoPatient:
    born = date(1921, 2, 3) + timedelta(days=197 * number)
    return DemoPatient(
        _SURNAMES[number % len(_SURNAMES)],
        _GIVEN_NAMES[number * 7 % len(_GIVEN_NAMES)],
        born,
        _synthetic_number(born, number),
    )


def _synthetic_number(born: date, start: int) -> str:
    """A synthetic national identity number (month plus 80) with control digits that hold."""
    head = f"{born.day:02d}{born.month + 80:02d}{born.year % 100:02d}"
    for individual in range(100 + start, 500):
        for control in range(100):
            number = f"{head}{individual:03d}{control:02d}"
            judged = person_number(number)
            if isinstance(judged, PersonNumber) and judged.born == born:
                return number
    raise ValueError("no control digits fit")


SCENARIOS = {"normal": normal, "sorum": sorum}
