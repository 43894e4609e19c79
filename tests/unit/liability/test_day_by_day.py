"""A second engine, small and slow, that walks from date to date; both have to agree on every stay.

It was written from the text of the reference alone and shares no code with the engine. It knows notices, withdrawals,
answers, departure and death with their receipts, and the policy keys that move dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.facts import (
    AdmissionNotice,
    Answer,
    AnswerKind,
    Carrier,
    Death,
    Discharged,
    Fact,
    HowKnown,
    ReadyNotice,
    Receipt,
    ReceiptStatus,
    What,
    Withdrawal,
)
from adapter.liability.case import Case
from adapter.liability.decide import decide
from adapter.liability.policy import AcceptanceEnds, EarlyAccept, WithdrawnReady
from adapter.liability.profiles import Profile
from adapter.liability.rates import RateTable
from adapter.values import OSLO, Moment, MsgId

START = datetime(2018, 3, 20, tzinfo=UTC)
ONE = timedelta(days=1)
NEVER = date.max


@dataclass
class Said:
    time: datetime
    kind: AnswerKind
    promised: date | None

    @property
    def day(self) -> date:
        return oslo(self.time)


@dataclass
class Ready:
    time: datetime
    ready: date
    day: date
    closed: list[tuple[date, datetime]] = field(default_factory=list)
    answers: list[Said] = field(default_factory=list)
    early: list[Said] = field(default_factory=list)

    @property
    def end(self) -> tuple[date, datetime] | None:
        return min(self.closed, default=None)


def oslo(time: datetime) -> date:
    return time.astimezone(OSLO).date()


def walk(facts: Sequence[Fact], policy: Any, now: datetime) -> tuple[list[date], str, str]:
    """The payable dates, the start reason of the first and the end reason of the last; without dates the zero code."""
    known = [(time(fact), fact.what) for fact in facts if time(fact) <= now]
    known.sort(
        key=lambda pair: (
            pair[0],
            [ReadyNotice, Withdrawal, Answer].index(type(pair[1]))
            if type(pair[1]) in {ReadyNotice, Withdrawal, Answer}
            else 9,
        )
    )
    left = [oslo(t) for t, what in known if isinstance(what, Discharged)][:1]
    died = [oslo(t) for t, what in known if isinstance(what, Death)][:1]
    sent = [(t, what) for t, what in known if isinstance(what, ReadyNotice)]
    if not sent:
        return [], "-", "ZR_NO_READY_NOTICE"
    good = [(t, what) for t, what in known if worth(what, t, now) in {"valid", "provisional"}]
    notices = [
        Ready(t, what.ready, oslo(t + timedelta(hours=policy.lead_h)))
        for t, what in good
        if isinstance(what, ReadyNotice)
    ]
    if not notices:
        rejected = worth(sent[-1][1], sent[-1][0], now) == "rejected"
        return [], "-", "ZR_NOTICE_REJECTED" if rejected else "ZR_NOTICE_UNACKED"
    told = [oslo(t) for t, what in good if isinstance(what, AdmissionNotice)]
    if not told:
        return [], "-", "ZR_NO_ADM_NOTICE"
    for t, what in good:
        if isinstance(what, Withdrawal):
            effective = what.effective or oslo(t)
            before = [notice for notice in notices if notice.time <= t]
            reached = [notice for notice in before if effective >= min(notice.ready, notice.day)]
            still_open = [notice for notice in before if not notice.closed]
            if before and not reached:
                reached = still_open if before[-1] in still_open else before[-1:]
            for notice in reached:
                notice.closed.append((effective, t))
    periods: list[Ready] = []
    for notice in notices:
        if not periods or (periods[-1].end is not None and periods[-1].end not in notice.closed):
            periods.append(notice)
    for t, what in good:
        if isinstance(what, Answer):
            place(Said(t, what.answer, what.promised), periods)
    counted: dict[date, tuple[str, str]] = {}
    zero = ""
    previous: date | None = None
    for period in periods:
        start = max(period.ready, period.day, told[0], date(2012, 1, 1))
        if policy.avmeld_reready is WithdrawnReady.NOT_COUNTED and previous == start:
            start += ONE
        previous = period.end[0] if period.end else None
        dates, zero = one_period(period, start, left, died, oslo(now), policy)
        for day, reasons in dates.items():
            counted.setdefault(day, reasons)
    if not counted:
        return [], "-", zero
    days = sorted(counted)
    return days, counted[days[0]][0], counted[days[-1]][1]


def time(fact: Fact) -> datetime:
    assert isinstance(fact.when, Moment)
    return fact.when.instant


def worth(what: What, t: datetime, now: datetime) -> str:
    if isinstance(what, ReadyNotice | AdmissionNotice | Withdrawal | Answer):
        status = what.carrier.receipt.status
        if status is ReceiptStatus.NEGATIVE:
            return "rejected"
        if status is ReceiptStatus.NONE:
            return "provisional" if now - t <= timedelta(hours=96) else "unacked"
    return "valid"


def place(said: Said, periods: list[Ready]) -> None:
    before = [number for number, period in enumerate(periods) if period.time <= said.time]
    if before:
        last = periods[before[-1]]
        if last.end is None or said.time < last.end[1]:
            last.answers.append(said)
            return
    coming = periods[len(before) :]
    if coming:
        coming[0].early.append(said)


def one_period(
    period: Ready, start: date, left: list[date], died: list[date], today: date, policy: Any
) -> tuple[dict[date, tuple[str, str]], str]:
    """The payable dates of a period with the reasons that would begin and end there; and the code without any."""
    answers = list(period.answers)
    words = [said for said in period.early if said.kind in {AnswerKind.ACCEPT, AnswerKind.WITHDRAW}]
    if policy.early_accept is EarlyAccept.COUNTS and words and words[-1].kind is AnswerKind.ACCEPT:
        answers.insert(0, replace(words[-1], time=period.time))
    ends = [(day, 1, "DISCHARGED") for day in left] + [(day, 2, "DEATH") for day in died]
    ends += [(period.end[0], 3, "AVMELDT")] if period.end else []
    end = min([*ends, (today, 5, "OPEN")])
    offered = offers(answers, period.time, start, policy)
    accepted_then = stands(offers(answers, period.time, start, policy, late=False), start)
    others = [day for day, _, name in ends if name != "DISCHARGED"]
    if policy.same_day_departure and left == [start] and start < min(others, default=NEVER) and not accepted_then:
        end = (start + ONE, 1, "DISCHARGED")
    counting = [] if policy.acceptance_ends is AcceptanceEnds.DEPARTURE_ONLY else offered
    dates: dict[date, tuple[str, str]] = {}
    day, begun = start, ""
    while day < end[0]:
        if not stands(counting, day):
            if day - ONE not in dates:
                begun = reason(answers, day, policy)
            ended = "OFFER_READY" if any(first == day + ONE for first, _ in counting) else end[2]
            dates[day] = (begun, ended)
        day += ONE
    if dates:
        return dates, ""
    codes = {"DISCHARGED": "ZR_LEFT_SAME_DAY", "DEATH": "ZR_DIED_SAME_DAY", "AVMELDT": "ZR_AVMELDT_SAME_DAY"}
    at_once = [(day, order, codes[name]) for day, order, name in ends if day <= start]
    at_once += [
        (first, 0, "ZR_ACCEPTED_SAME_DAY")
        for first, until in counting
        if first <= start < until and not (end[2] == "OPEN" and until < NEVER)
    ]
    return {}, min(at_once)[2] if at_once else "OPEN"


def offers(
    answers: list[Said], notice: datetime, start: date, policy: Any, late: bool = True
) -> list[tuple[date, date]]:
    """From when until when an offer stands."""
    promises = [said.promised for said in answers if said.kind is AnswerKind.LATER and said.promised]
    promised = promises[-1] if promises and late and policy.acceptance_ends is AcceptanceEnds.PROMISED_DATE else None
    found: list[tuple[date, date]] = []
    since: date | None = None
    for said in answers:
        if promised and promised <= said.day:
            since, promised = since or promised, None
        if said.kind is AnswerKind.ACCEPT and since is None:
            since = said.day
            hours = policy.answer_deadline_h
            if late and hours is not None and since == start and said.time - notice > timedelta(hours=hours):
                since += ONE
        if said.kind is AnswerKind.WITHDRAW and since is not None:
            found.append((since, said.day))
            since = None
    since = since or promised
    if since is not None:
        found.append((since, NEVER))
    return [(first, until) for first, until in found if first < until]


def stands(offered: list[tuple[date, date]], day: date) -> bool:
    return any(first <= day < until for first, until in offered)


def reason(answers: list[Said], day: date, policy: Any) -> str:
    said = [one for one in answers if one.day <= day]
    no = [one.kind for one in said if one.kind in {AnswerKind.LATER, AnswerKind.REFUSE}]
    if no:
        return "LATER" if no[-1] is AnswerKind.LATER else "REFUSED"
    yes = [one.kind for one in said if one.kind in {AnswerKind.ACCEPT, AnswerKind.WITHDRAW}]
    if policy.acceptance_ends is AcceptanceEnds.DEPARTURE_ONLY and yes and yes[-1] is AnswerKind.ACCEPT:
        return "ACCEPTED"
    return "NO_ANSWER"


@st.composite
def stays(draw: st.DrawFn) -> tuple[Fact, ...]:
    """Facts at distinct instants, so that nothing hangs on how equal ones are ordered."""
    hours = draw(st.lists(st.integers(0, 12 * 8), min_size=2, max_size=9, unique=True))
    found: list[Fact] = []
    for number, hour in enumerate(hours):
        when = START + timedelta(hours=3 * hour)
        day = oslo(when) + draw(st.sampled_from([0, 0, 0, 1, 2, -1, -2])) * ONE
        status = draw(st.sampled_from([ReceiptStatus.OK] * 6 + [ReceiptStatus.NEGATIVE, ReceiptStatus.NONE]))
        carrier = Carrier(MsgId(str(number)), receipt=Receipt(status))
        kind = draw(st.sampled_from("RRVVAAAAAN")) if number else "R"
        what: What = AdmissionNotice(carrier)
        if kind == "R":
            what = ReadyNotice(carrier, day)
        elif kind == "V":
            what = Withdrawal(carrier, draw(st.sampled_from([day, day, None])))
        elif kind == "A":
            answer = draw(st.sampled_from(AnswerKind))
            promised = draw(st.sampled_from([day, None])) if answer is AnswerKind.LATER else None
            what = Answer(carrier, answer, promised)
        found.append(Fact(what, Moment.at(when), HowKnown.IMPORT))
    if draw(st.sampled_from([True, True, True, False])):
        found.append(Fact(AdmissionNotice(Carrier()), Moment.at(START - ONE), HowKnown.IMPORT))
    for kind_ in (Discharged, Death):
        if draw(st.sampled_from([True, False] if kind_ is Discharged else [True, False, False, False])):
            when = START + timedelta(hours=3 * draw(st.integers(4 * 8, 16 * 8)) + 1)
            found.append(Fact(kind_(), Moment.at(when), HowKnown.IMPORT))
    return tuple(found)


KEYS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "acceptance_ends": st.sampled_from([AcceptanceEnds.PROMISED_DATE, AcceptanceEnds.DEPARTURE_ONLY]),
        "same_day_departure": st.just(1),
        "avmeld_reready": st.just(WithdrawnReady.NOT_COUNTED),
        "early_accept": st.just(EarlyAccept.COUNTS),
        "lead_h": st.just(24),
        "answer_deadline_h": st.just(4),
    },
)


@settings(deadline=None, max_examples=200)
@given(stays(), KEYS, st.integers(2 * 8, 20 * 8))
def test_both_engines_agree(
    baseline: Profile, rates: RateTable, facts: tuple[Fact, ...], keys: dict[str, Any], hour: int
) -> None:
    """Date by date and by intervals the same dates are payable, from and to the same reasons."""
    policy = replace(baseline.policy, **keys)
    now = START + timedelta(hours=3 * hour + 2)
    decision = decide(Case(facts), policy, rates, Moment.at(now))
    days = [night.date for night in decision.nights]
    assert (days, decision.start_reason, decision.end_reason) == walk(facts, policy, now)
