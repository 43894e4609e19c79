"""Whether a message fits the course of its stay so far, and comes in time: PL-049 to PL-053, PL-061 to PL-066, PL-099,
PL-100, PL-101.

The course is what the messages known here tell. One that was sent past this adapter, or is under way, is not among
them; so what is sent against the course is warned of, and refused by choice (`choices.stay_course`). Of a stay of which
nothing is known nothing is said. A message that never comes cannot be judged; that it is due is told with the one that
it goes together with.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from adapter.messages.choices import StayCourse
from adapter.messages.codes import Event, State
from adapter.messages.datatypes import child, code_of
from adapter.messages.dialog import Dialog
from adapter.messages.kinds import Family
from adapter.messages.logistics import Logistics
from adapter.messages.namespaces import clark
from adapter.messages.readiness import is_answer
from adapter.messages.reading import Reading
from adapter.messages.rules.known import Row, Surroundings
from adapter.messages.rules.places import in_info
from adapter.messages.rules.rule import Consequence, Fault
from adapter.values import OSLO, Moment

_BLOCK, _WARN, _MANUAL, _INFO = Consequence.BLOCK, Consequence.WARN, Consequence.MANUAL, Consequence.INFO
_DAY: Final = timedelta(hours=24)
_REPORTS: Final = frozenset({"UTSKRIVNINGSRAPPORT", "TVERRFAGLIG_EPIKRISE"})


def _is_new(reading: Reading, *types: str) -> bool:
    """Whether it is a new message of one of these types; a change or cancellation is judged by what it acts on."""
    return reading.type in types and reading.status not in {"M", "C", "O"}


def _against(known: Surroundings, reading: Reading, says: str) -> Iterator[Fault]:
    refused = known.stay_course is StayCourse.REFUSE
    yield Fault(says, in_info(reading, "Type"), send=_BLOCK if refused else None)


def _second_readiness(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """A new date or a new need is told by taking the first notice back."""
    course = known.course
    if course is not None and course.ready is not None and _is_new(reading, "LOG_UTSKRIVNINGSKLAR"):
        says = "the patient was told to be ready in this stay and is so still; cancel or withdraw that message first"
        yield from _against(known, reading, says)


def _withdrawal_of_nothing(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """Only what is in force can be withdrawn; after the discharge PL-052 speaks."""
    course = known.course
    if course is None or course.ready is not None or course.left is not None:
        return
    if _is_new(reading, "LOG_AVMELDING"):
        says = "no readiness message of this stay is in force that could be withdrawn; look at the stay"
        yield from _against(known, reading, says)


def _readiness_without_notice(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """Without an accepted early notice the municipality does not pay (LI-014)."""
    course = known.course
    if course is not None and course.early_notice is None and _is_new(reading, "LOG_UTSKRIVNINGSKLAR"):
        says = "no accepted early notice (HELSEOPPL_SOKNAD) of this stay is known; send one, or the nights are not paid"
        yield from _against(known, reading, says)


def _after_discharge(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """What was made before the discharge was told, and comes after it, is only late. LOG_DOD is about no stay."""
    course, kind, head = known.course, reading.kind, reading.head
    if course is None or course.left_told is None or kind is None or head is None or head.generated is None:
        return
    if kind.type == "LOG_DOD":
        return
    late = head.generated.instant > course.left_told.instant
    if late and kind.family is Family.LOGISTICS and _is_new(reading, kind.type):
        says = (
            "the discharge of this stay has been told; cancel that message first, or send LOG_INNLAGT of the new stay"
        )
        yield from _against(known, reading, says)


def _report_of_the_dead(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """None is expected; one that comes is taken like any other."""
    if known.course is not None and known.course.died is not None and _is_new(reading, *_REPORTS):
        yield Fault("the patient has died; no discharge report is expected", in_info(reading, "Type"))


def _discharge_without_report(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """The report goes together with the discharge message; whether the patient gets no health services, and so needs
    none, the hospital knows."""
    course, usage = known.course, reading.usage
    if course is None or course.left is not None or course.reported is not None or usage is None:
        return
    if not _is_new(reading, "LOG_UTSKREVET"):
        return
    state = usage.destination.state if usage.destination is not None else None
    if state is None or state.v not in {State.DEAD, State.SUICIDE}:
        says = (
            "no discharge report (UTSKRIVNINGSRAPPORT) of this stay is known; send it today, unless the patient gets "
            "other services than health services only"
        )
        yield Fault(says, in_info(reading, "Type"))


def _death_told_elsewhere(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """A unit with beds tells of a death by LOG_UTSKREVET, also where it tells the GP by LOG_DOD; a hospital sends no
    LOG_DOD at all (PL-055)."""
    course, sender = known.course, known.sender
    if course is None or course.left is not None or sender is None or not sender.has_beds:
        return
    if _is_new(reading, "LOG_DOD"):
        says = "the patient is admitted here; send LOG_UTSKREVET with Uttilstand 2 or 3 as well"
        yield Fault(says, in_info(reading, "Type"))


def _out_of_date(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """The last one sent is valid, new or changed; it may come before an older one. Both are delivered."""
    head, newest = reading.head, known.course.informed if known.course is not None else None
    if head is None or head.generated is None or newest is None or reading.type != "HELSEOPPL_SOKNAD":
        return
    if reading.status != "C" and head.generated.instant < newest.instant:
        says = "a newer message of this type about the same stay was here before; this one is out of date, read that"
        yield Fault(says, in_info(reading, "GenDate"))


# ── in time ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _late(since: Moment | date | None, within: timedelta, now: datetime | None) -> bool:
    """Whether it is later than so long after a moment, or after the end of a day of which no more is known."""
    if since is None or now is None:
        return False
    latest = now - within
    return since.instant < latest if isinstance(since, Moment) else since < latest.astimezone(OSLO).date()


def _event(reading: Reading, code: Event) -> Moment | date | None:
    """The time of the one event of this code that a logistics message tells."""
    events = reading.message.events if isinstance(reading.message, Logistics) else ()
    found = [event.time.value for event in events if event.code is not None and event.code.v == code and event.time]
    return found[0] if len(found) == 1 else None


def _hours(within: timedelta) -> str:
    return f"{within / timedelta(hours=1):g} hours"


def _late_admission_report(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """Counted from when the municipality had LOG_INNLAGT."""
    told = known.course.admission_told if known.course is not None else None
    if _is_new(reading, "INNLEGGELSESRAPPORT") and _late(told, _DAY, known.now):
        yield Fault("the report comes more than 24 hours after the admission was told", in_info(reading, "Type"))


def _late_early_notice(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """Counted from the admission; that the need was found later, only the hospital knows."""
    admitted = known.course.admitted if known.course is not None else None
    if _is_new(reading, "HELSEOPPL_SOKNAD") and _is_early_notice(reading) and _late(admitted, _DAY, known.now):
        yield Fault("the early notice comes more than 24 hours after the admission", in_info(reading, "Type"))


def _is_early_notice(reading: Reading) -> bool:
    if reading.standard is None:
        return False
    components = clark(reading.standard.components)
    code = code_of(child(reading.payload, components + "TypeInnholdIMelding", components + "TypeInnhold"))
    return code is not None and code.v == "1"


def _late_answer(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """The first answer; "at once" is a local matter."""
    course = known.course
    if course is None or course.answered is not None or not isinstance(reading.message, Dialog):
        return
    within = known.deadlines.answered
    if is_answer(reading.message) and _late(course.ready, within, known.now):
        says = f"the answer comes more than {_hours(within)} after the readiness message"
        yield Fault(says, in_info(reading, "Type"))


def _late_discharge(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """The discharge message and the report belong to the day on which the patient leaves."""
    if known.now is None:
        return
    today = known.now.astimezone(OSLO).date()
    left = _event(reading, Event.DISCHARGED) if _is_new(reading, "LOG_UTSKREVET") else None
    if known.course is not None and _is_new(reading, *_REPORTS):
        left = known.course.left
    day = left.day if isinstance(left, Moment) else left
    if day is not None and day < today:
        yield Fault("it is sent after the day on which the patient left", in_info(reading, "Type"))


def _late_admission(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """ "As soon as possible" is a local matter."""
    within = known.deadlines.admitted
    if _is_new(reading, "LOG_INNLAGT") and _late(_event(reading, Event.ADMITTED), within, known.now):
        says = f"the admission is told more than {_hours(within)} after it"
        yield Fault(says, in_info(reading, "Type"))


def _late_withdrawal(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """ "Immediately" is a local matter."""
    within = known.deadlines.withdrawn
    if _is_new(reading, "LOG_AVMELDING") and _late(_event(reading, Event.WITHDRAWN), within, known.now):
        says = f"the withdrawal is told more than {_hours(within)} after the patient was no longer ready"
        yield Fault(says, in_info(reading, "Type"))


ROWS: Final[tuple[Row, ...]] = (
    Row("PL-049", _WARN, _MANUAL, _second_readiness),
    Row("PL-050", _WARN, _MANUAL, _withdrawal_of_nothing),
    Row("PL-051", _WARN, _WARN, _readiness_without_notice),
    Row("PL-052", _WARN, _MANUAL, _after_discharge),
    Row("PL-053", _INFO, _INFO, _report_of_the_dead),
    Row("PL-061", None, _INFO, _out_of_date),
    Row("PL-062", _WARN, _INFO, _late_admission_report),
    Row("PL-063", _WARN, _INFO, _late_early_notice),
    Row("PL-064", _WARN, _WARN, _late_answer),
    Row("PL-065", _WARN, None, _late_discharge),
    Row("PL-066", _WARN, None, _discharge_without_report),
    Row("PL-099", _WARN, None, _late_admission),
    Row("PL-100", _WARN, None, _late_withdrawal),
    Row("PL-101", _WARN, None, _death_told_elsewhere),
)
"""The rules about a stay and its times: id, consequence when sending and when receiving, check."""
