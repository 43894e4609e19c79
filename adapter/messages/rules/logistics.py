"""Whether a patient logistics message says what it must: PL-005, PL-022 to PL-040, PL-054, PL-097, PL-103."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from adapter.errors import AppRecCode
from adapter.messages.choices import Happened, LogisticsChange
from adapter.messages.codes import Event, State, Status
from adapter.messages.datatypes import Timestamp, attribute, child_text, children
from adapter.messages.kinds import Family
from adapter.messages.logistics import TimedEvent, Usage, Use, Version, top_of
from adapter.messages.namespaces import FK1, MH, clark
from adapter.messages.nodes import Node
from adapter.messages.reading import Reading
from adapter.messages.rules.places import components, everywhere, in_info, in_payload
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope, Side
from adapter.values import Moment

BOOK: Final = RuleBook(Scope.LOGISTICS)
_BLOCK, _WARN, _MANUAL, _INFO = Consequence.BLOCK, Consequence.WARN, Consequence.MANUAL, Consequence.INFO

_OWN_EVENTS: Final = {
    Use.ADMITTED: frozenset({Event.ADMITTED}),
    Use.DISCHARGE_READY: frozenset({Event.ADMITTED, Event.READY}),
    Use.WITHDRAWAL: frozenset({Event.ADMITTED, Event.READY, Event.WITHDRAWN}),
    Use.DISCHARGED: frozenset({Event.DISCHARGED}),
    Use.DEATH: frozenset({Event.DEAD}),
    Use.FEEDBACK: frozenset(Event),
}
"""Which events belong to which use (`plo.md` §2.4.1); for the answer of 2.0 none are defined anywhere."""

_EVENTS: Final = frozenset(Event)
_STATUSES: Final = frozenset(Status)
_HAPPENED: Final = frozenset({Event.ADMITTED, Event.DISCHARGED, Event.WITHDRAWN, Event.DEAD})
_ENDS: Final = (Event.WITHDRAWN, Event.DISCHARGED, Event.DEAD)
_DECIDED: Final = frozenset({Use.DISCHARGE_READY, Use.WITHDRAWAL})
_TOLERANCE: Final = timedelta(minutes=10)


def _uses(*uses: Use) -> tuple[str, ...]:
    """The tags of the elements that tell these uses, in every version."""
    return tuple(clark(version.namespace) + use for version in Version for use in uses)


def _usage(reading: Reading) -> Usage:
    usage = reading.usage
    assert usage is not None
    return usage


def _events(reading: Reading) -> Iterator[tuple[TimedEvent, str | None, Node]]:
    """The events of the use, the code of each, and where it stands."""
    usage = _usage(reading)
    return zip(usage.events, usage.coded, usage.places, strict=True)


def before(earlier: Timestamp | None, later: Timestamp | None) -> bool:
    """Whether the first is truly after the second, at the coarser precision of the two; unknown times never are."""
    if earlier is None or later is None or earlier.value is None or later.value is None:
        return False
    if isinstance(earlier.value, Moment) and isinstance(later.value, Moment):
        return earlier.value.instant > later.value.instant
    first, second = earlier.day, later.day
    return first is not None and second is not None and first > second


@BOOK.rule(
    "PL-005",
    "Type fits the usage element",
    "AT-S 23; HIS 1149 §3.x.1",
    send=_BLOCK,
    receive=Consequence.NEGATIVE,
    code=AppRecCode.OTHER,
)
def type_fits_use(reading: Reading, _: Context) -> Iterator[Fault]:
    """All five uses share one namespace, and only this tells them apart."""
    kind, usage = reading.kind, _usage(reading)
    if kind is not None and kind.use is not None and usage.use is not None and kind.use is not usage.use:
        yield Fault(f"{kind.type} is sent with {kind.use}, not with {usage.use}", in_info(reading, "Type"))


@BOOK.rule(
    "PL-022",
    "An event has a time that is a date or a date with clock",
    "HIS 80704:2014 §13.2.7",
    send=_BLOCK,
    receive=_MANUAL,
    scope=Scope.PLO,
    about=components("TidsfestetHendelse"),
)
def event_timed(reading: Reading, _: Context) -> Iterator[Fault]:
    """The schema also lets through a year, a month, a clock time, or nothing."""
    if reading.standard is not None and reading.standard.version == "2.0":
        return
    tag = reading.po + "TidspunktForHendelse"
    for event in everywhere(reading, "TidsfestetHendelse"):
        time = event.first.get(tag)
        text = attribute(time, "V")
        if time is not None and (text is None or Timestamp.read(text).value is None):
            yield Fault("TidspunktForHendelse is neither a date nor a date with clock; write one of them", time)


@BOOK.rule(
    "PL-023",
    "An event has a code or a description",
    "HIS 80704:2014 §13.2.7",
    send=_BLOCK,
    receive=_MANUAL,
    scope=Scope.PLO,
    about=components("TidsfestetHendelse"),
)
def event_says_what(reading: Reading, _: Context) -> Iterator[Fault]:
    """Manual in a logistics message, a warning elsewhere."""
    logistics = reading.usage is not None
    for event in everywhere(reading, "TidsfestetHendelse"):
        code = event.first.get(reading.po + "Hendelsekode")
        if attribute(code, "V") is None and child_text(event, reading.po + "BeskrivelseAvHendelse") is None:
            says = "an event has neither Hendelsekode nor BeskrivelseAvHendelse; write the code"
            yield Fault(says, event, receive=None if logistics else _WARN)


@BOOK.rule("PL-024", "Every event of a logistics message has a code of list 9121", "HIS 1149 §3", send=_BLOCK)
def event_coded(reading: Reading, _: Context) -> Iterator[Fault]:
    """Received, the rules for each use say what is missing. A code of another list is PL-021's, nothing PL-023's."""
    for event, code, place in _events(reading):
        if code is None and event.description is not None:
            yield Fault("an event has no code of list 9121; write Hendelsekode", place)


def _required(reading: Reading, use: Use, code: Event, name: str) -> Iterator[Fault]:
    usage = _usage(reading)
    if usage.use is not use:
        return
    count = usage.coded.count(code)
    if count == 0:
        yield Fault(f"there is no event {code.value} ({name}); write it", usage.place)
    elif count > 1:
        yield Fault(f"there is more than one event {code.value} ({name}); write the one that counts", usage.place)


@BOOK.rule(
    "PL-025",
    "LOG_INNLAGT: the event has code 1",
    "HIS 1149 §3.2.2",
    send=_BLOCK,
    receive=_MANUAL,
    about=_uses(Use.ADMITTED),
)
def admitted_event(reading: Reading, _: Context) -> Iterator[Fault]:
    """Admission (innlagt)."""
    return _required(reading, Use.ADMITTED, Event.ADMITTED, "admitted")


@BOOK.rule(
    "PL-026",
    "LOG_INNLAGT: the time has a clock",
    "HIS 1149 §3.2",
    send=_BLOCK,
    receive=_WARN,
    about=_uses(Use.ADMITTED),
)
def admitted_clock(reading: Reading, _: Context) -> Iterator[Fault]:
    """An acceptance test has a date only, so it is tolerated when received."""
    usage = _usage(reading)
    time = usage.time(Event.ADMITTED)
    if usage.use is Use.ADMITTED and time is not None and time.value is not None and not time.has_clock:
        yield Fault("the admission has no clock; write date and clock", usage.place)


@BOOK.rule(
    "PL-027",
    "LOG_UTSKRIVNINGSKLAR: exactly one event 3 and one event 1",
    "HIS 1149 §3.3.2; AT-S 25",
    send=_BLOCK,
    receive=_MANUAL,
    about=_uses(Use.DISCHARGE_READY),
)
def ready_events(reading: Reading, _: Context) -> Iterator[Fault]:
    """Without the admission it can still be counted, without the ready date not."""
    yield from _required(reading, Use.DISCHARGE_READY, Event.READY, "discharge-ready")
    for fault in _required(reading, Use.DISCHARGE_READY, Event.ADMITTED, "admitted"):
        missing = Event.ADMITTED not in _usage(reading).coded
        yield Fault(fault.says, fault.at, receive=_WARN if missing else None)


@BOOK.rule(
    "PL-028",
    "LOG_AVMELDING: one event 4, and events 1 and 3",
    "HIS 1149 §3.4.2; HIS 80704:2014 §13.2.4; AT-S 26",
    send=_BLOCK,
    receive=_MANUAL,
    about=_uses(Use.WITHDRAWAL),
)
def withdrawal_events(reading: Reading, _: Context) -> Iterator[Fault]:
    """Only the withdrawal itself is demanded; the others help to find the stay."""
    yield from _required(reading, Use.WITHDRAWAL, Event.WITHDRAWN, "withdrawal")
    usage = _usage(reading)
    if usage.use is Use.WITHDRAWAL:
        for code in (Event.ADMITTED, Event.READY):
            if code not in usage.coded:
                yield Fault(
                    f"event {code.value} should be there too; write it, by which the stay is found",
                    usage.place,
                    send=_WARN,
                    receive=_INFO,
                )


@BOOK.rule(
    "PL-029",
    "LOG_UTSKREVET: event 2, and a destination of list 8408",
    "HIS 1149 §3.5.2",
    send=_BLOCK,
    receive=_MANUAL,
    about=_uses(Use.DISCHARGED),
)
def discharged_event(reading: Reading, _: Context) -> Iterator[Fault]:
    """That the code is on the list is PL-020's."""
    yield from _required(reading, Use.DISCHARGED, Event.DISCHARGED, "discharged")
    usage = _usage(reading)
    if usage.use is Use.DISCHARGED and usage.destination is not None:
        place = usage.destination.place
        if place is None or place.v is None:
            yield Fault(
                "UtTil has no code of list 8408; write where the patient goes", _usage(reading).place, receive=_WARN
            )


@BOOK.rule(
    "PL-030",
    "LOG_DOD: event 13 with at least a date",
    "HIS 1149 §3.6.2",
    send=_BLOCK,
    receive=_MANUAL,
    about=_uses(Use.DEATH),
)
def death_event(reading: Reading, _: Context) -> Iterator[Fault]:
    """A time that is no date is PL-022's."""
    return _required(reading, Use.DEATH, Event.DEAD, "dead")


@BOOK.rule(
    "PL-031",
    "Readiness and withdrawal name who decided, with profession and role",
    "HIS 1149 §3.3.2, §3.4.2; HITS 1174 §5.1.2",
    send=_BLOCK,
    receive=_WARN,
    about=_uses(Use.DISCHARGE_READY, Use.WITHDRAWAL),
)
def decision_maker(reading: Reading, _: Context) -> Iterator[Fault]:
    """AnsvarForRapport; that the codes are complete is PL-018's and PL-019's, the profession of all others PL-076's."""
    if _usage(reading).use not in _DECIDED or reading.payload is None:
        return
    for responsible in children(top_of(reading.payload), reading.po + "AnsvarForRapport"):
        for person in children(responsible, reading.po + "AnsvarligRapport"):
            if child_text(person, FK1 + "FamilyName") is not None and FK1 + "RoleToPatient" in person.first:
                return
    yield Fault(
        "AnsvarForRapport names nobody with family name and role; write who answers for the message",
        in_payload(reading, "AnsvarForRapport"),
    )


@BOOK.rule("PL-032", "Anslag is false for what has happened", "HIS 80704:2014 §13.2.7", send=_WARN, receive=_WARN)
def not_an_estimate(reading: Reading, context: Context) -> Iterator[Fault]:
    """HIS 1149 says the opposite (`plo.md` X-1), so it decides nothing; whoever chose that, is told of a false."""
    final = context.choices.happened is Happened.FINAL
    if final and context.side is Side.RECEIVE:
        return
    for event, code, place in _events(reading):
        if code in _HAPPENED and event.estimate is not None and event.estimate is not final:
            found, wanted = ("false", "true") if final else ("true", "false")
            yield Fault(f"Anslag is {found} for something that has happened; write {wanted}", place)


@BOOK.rule("PL-033", "No event that is foreign to the message", "own rule", send=_BLOCK, receive=_MANUAL)
def own_events_only(reading: Reading, _: Context) -> Iterator[Fault]:
    """A discharge in an admission message, for instance; a code of no list is PL-020's."""
    use = _usage(reading).use
    for _event, code, place in _events(reading):
        if use is not None and code in _EVENTS and code not in _OWN_EVENTS[use]:
            yield Fault(f"event {code} does not belong in {use}; leave it out", place)


@BOOK.rule("PL-034", "The admission is not after the ready time", "own rule", send=_BLOCK, receive=_WARN)
def admitted_before_ready(reading: Reading, _: Context) -> Iterator[Fault]:
    """Compared at the coarser precision of the two."""
    usage = _usage(reading)
    if before(usage.time(Event.ADMITTED), usage.time(Event.READY)):
        yield Fault("the patient is ready before being admitted; correct the times", usage.place)


@BOOK.rule(
    "PL-035", "The admission is not after withdrawal, discharge or death", "own rule", send=_BLOCK, receive=_WARN
)
def admitted_before_the_rest(reading: Reading, _: Context) -> Iterator[Fault]:
    """Compared at the coarser precision of the two."""
    usage = _usage(reading)
    admitted = usage.time(Event.ADMITTED)
    for code in _ENDS:
        if before(admitted, usage.time(code)):
            yield Fault(f"event {code.value} lies before the admission; correct the times", usage.place)


@BOOK.rule("PL-036", "A withdrawal may precede the ready time", "AT-M case 4", receive=_INFO)
def withdrawn_in_advance(reading: Reading, _: Context) -> Iterator[Fault]:
    """Readiness announced in advance and taken back before it came: no error."""
    usage = _usage(reading)
    if before(usage.time(Event.READY), usage.time(Event.WITHDRAWN)):
        yield Fault(
            "the readiness was announced in advance and is withdrawn before it came; cancel it instead", usage.place
        )


@BOOK.rule("PL-037", "What has happened does not lie in the future", "own rule", send=_WARN, receive=_WARN)
def not_in_the_future(reading: Reading, _: Context) -> Iterator[Fault]:
    """Seen from GenDate; a ready time may lie ahead."""
    generated = reading.parts.generated
    if generated is None:
        return
    for event, code, place in _events(reading):
        value: Moment | date | None = event.time.value if event.time is not None else None
        if value is None or code not in _HAPPENED:
            continue
        if value.instant - generated.instant > _TOLERANCE if isinstance(value, Moment) else value > generated.day:
            yield Fault("an event that has happened lies after GenDate; correct its time, or write Anslag true", place)


def _status_place(reading: Reading) -> Node | None:
    return in_payload(reading, "InformasjonOmForsendelsen", "Forsendelsesstatus")


@BOOK.rule(
    "PL-039", "Forsendelsesstatus is N, M or C", "HISD 1154 ch. 2", send=_BLOCK, receive=_MANUAL, scope=Scope.PLO
)
def status_known(reading: Reading, _: Context) -> Iterator[Fault]:
    """O is read as M (`plo.md` X-4); A, H, X and none go to a person."""
    status = reading.status
    if status not in _STATUSES:
        says = "Forsendelsesstatus is none of N, M and C; write one of them"
        yield Fault(says, _status_place(reading), receive=_WARN if status == "O" else None)


@BOOK.rule(
    "PL-040",
    "The status is allowed for the message",
    "HISD 1154 §3.1",
    send=_BLOCK,
    receive=_MANUAL,
    scope=Scope.PLO,
)
def status_allowed(reading: Reading, context: Context) -> Iterator[Fault]:
    """A logistics message is cancelled and sent anew, not changed, unless that was chosen (`plo.md` X-5)."""
    status, kind = reading.status, reading.kind
    changed = Status.CHANGED if status == "O" else status
    if kind is not None and kind.family is not Family.DIALOG and changed in _STATUSES - kind.statuses:
        chosen = kind.family is Family.LOGISTICS and context.choices.logistics_change is LogisticsChange.SEND
        says = f"{kind.type} is never sent with this status; cancel it and send a new one"
        yield Fault(says, _status_place(reading), send=_WARN if chosen else None)


BOOK.elsewhere(Needs.STORE, "PL-049", "No second readiness of a stay without withdrawal between", "own rule")
BOOK.elsewhere(Needs.STORE, "PL-050", "No withdrawal without a valid readiness", "own rule; HIS 1149 §3.4")
BOOK.elsewhere(Needs.STORE, "PL-051", "Readiness only after an accepted early notice", "HIS 1149 §3.3; REG §8")
BOOK.elsewhere(Needs.STORE, "PL-052", "No logistics message after the discharge of the stay", "own rule")
BOOK.elsewhere(Needs.STORE, "PL-053", "Of a dead patient no discharge report is expected", "HIS 1149 §3.5")


@BOOK.rule("PL-054", "A dead patient does not go home", "own rule", send=_WARN, about=components("UtskrevetTil"))
def dead_patient_at_home(reading: Reading, _: Context) -> Iterator[Fault]:
    """Implausible, not impossible."""
    destination = _usage(reading).destination
    if destination is None or destination.state is None or destination.place is None:
        return
    if destination.state.v in {State.DEAD, State.SUICIDE} and destination.place.v in {"1", "2", "10", "11"}:
        yield Fault("the state is dead and the destination a home; check both", _usage(reading).place)


BOOK.elsewhere(Needs.REGISTER, "PL-055", "LOG_DOD only between municipality and GP", "HIS 1149 §3.6")
BOOK.elsewhere(Needs.REGISTER, "PL-056", "The other LOG_ messages only from a 24-hour unit", "HIS 1149 §1, §3")
BOOK.elsewhere(Needs.REGISTER, "PL-057", "The receiving service is the one of the profile", "HIS 1149 §3; ADR")


@BOOK.rule(
    "PL-097",
    "A test or training message is never counted",
    "list 8113",
    receive=_INFO,
    scope=Scope.PLO,
    about=(MH + "ProcessingStatus",),
)
def marked_as_test(reading: Reading, context: Context) -> Iterator[Fault]:
    """In production MH-017 holds it."""
    status = reading.parts.processing_status
    if not context.production and status is not None and status.v in {"T", "D"}:
        yield Fault(
            "the message is marked as test or training and is never counted", in_info(reading, "ProcessingStatus")
        )


BOOK.elsewhere(Needs.REGISTER, "PL-098", "LOG_INNLAGT only for a known receiver of services", "HIS 1149 §3.2")
BOOK.elsewhere(Needs.CLOCK, "PL-099", "LOG_INNLAGT as soon as possible after the admission", "HIS 1149 §3.2")
BOOK.elsewhere(Needs.CLOCK, "PL-100", "LOG_AVMELDING at once when no longer ready", "HIS 1149 §3.4")
BOOK.elsewhere(Needs.STORE, "PL-101", "A death in a 24-hour unit is sent as LOG_UTSKREVET", "HIS 1149 §3.5")
BOOK.elsewhere(Needs.REGISTER, "PL-102", "LOG_DOD only for a receiver of care services", "HIS 1149 §3.6")


@BOOK.rule(
    "PL-103",
    "No health information in free text",
    "HIS 1149 §1",
    send=_INFO,
    about=components("BeskrivelseAvHendelse", "Merknad"),
)
def free_text(reading: Reading, _: Context) -> Iterator[Fault]:
    """A program cannot tell clinical words from others; a person can, so the field is pointed at. The name of a place
    is administrative."""
    for name in ("BeskrivelseAvHendelse", "Merknad"):
        for field in everywhere(reading, name):
            if field.text is not None:
                yield Fault(f"{name} is free text; see that it holds no health information", field)
