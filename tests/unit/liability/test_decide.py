"""Properties of the decision, whatever the facts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerClassified,
    AnswerKind,
    Cancellation,
    Carrier,
    Channel,
    Correction,
    Death,
    Discharged,
    DischargeDocument,
    Fact,
    HowKnown,
    Leave,
    ReadyNotice,
    Receipt,
    ReceiptGiven,
    ReceiptStatus,
    What,
    Withdrawal,
)
from adapter.liability.case import Case, Sector, SenderType
from adapter.liability.decide import decide
from adapter.liability.decision import Decision
from adapter.liability.policy import (
    AcceptanceEnds,
    AdmissionMissing,
    AnswerUnacked,
    CancelEffect,
    EarlyAccept,
    NoticeTime,
    Policy,
    RateBy,
    WithdrawnReady,
)
from adapter.liability.profiles import Profile
from adapter.liability.rates import RateTable
from adapter.liability.readings import read_both
from adapter.liability.reasons import EndReason, Flag, StartReason, ZeroCode
from adapter.liability.result import result_json
from adapter.values import Digest, Moment, MsgId, Zone

START = datetime(2018, 12, 20, tzinfo=UTC)


def moments(first: datetime = START, days: int = 20) -> st.SearchStrategy[Moment]:
    instants = st.integers(0, days * 8).map(lambda steps: first + timedelta(hours=3 * steps))
    return st.builds(
        lambda instant, zone, twice: Moment(instant, "t", zone, twice and zone is Zone.ASSUMED_OSLO),
        instants,
        st.sampled_from([Zone.STATED, Zone.STATED, Zone.STATED, Zone.ASSUMED_OSLO]),
        st.booleans(),
    )


def whats(times: st.SearchStrategy[Moment], days: st.SearchStrategy[date]) -> st.SearchStrategy[What]:
    ids = st.sampled_from([MsgId(name) for name in "abcdefgh"])
    maybe_id, maybe_day = st.none() | ids, st.none() | days
    receipts = st.sampled_from([Receipt(), Receipt(), Receipt(ReceiptStatus.NEGATIVE), Receipt(ReceiptStatus.NONE)])
    carriers = st.builds(
        Carrier,
        maybe_id,
        st.none() | times,
        st.none() | times,
        receipts | st.builds(Receipt, st.just(ReceiptStatus.OK), times),
    )
    kinds = st.sampled_from(AnswerKind)
    return st.one_of(
        st.builds(Admitted, carriers),
        st.builds(AdmissionNotice, carriers, st.sampled_from(["HELSEOPPL_SOKNAD/1", "LOG_INNLAGT"]), st.none() | times),
        st.builds(ReadyNotice, carriers, days, st.sampled_from(Channel)),
        st.builds(ReadyNotice, carriers, days),
        st.builds(Withdrawal, carriers, maybe_day),
        st.builds(Answer, carriers, kinds, maybe_day),
        st.builds(Answer, carriers, kinds, maybe_day),
        st.builds(Cancellation, carriers, maybe_id),
        st.builds(Correction, carriers, maybe_id, maybe_day, maybe_day, st.none() | kinds, maybe_day),
        st.builds(DischargeDocument, carriers),
        st.builds(Discharged, carriers),
        st.builds(Death, carriers),
        st.builds(Leave, carriers),
        st.builds(ReceiptGiven, ids, st.sampled_from(ReceiptStatus)),
        st.builds(AnswerClassified, ids, kinds, maybe_day),
    )


def facts(times: st.SearchStrategy[Moment], days: st.SearchStrategy[date]) -> st.SearchStrategy[Fact]:
    digests = st.none() | st.sampled_from([Digest.of(b"1"), Digest.of(b"2")])
    return st.builds(Fact, whats(times, days), times | times | days, st.sampled_from(HowKnown), digests)


DAYS = st.dates(date(2018, 12, 18), date(2019, 1, 12))
NOTICE = Fact(AdmissionNotice(Carrier(MsgId("n"))), Moment.at(START - timedelta(days=1)), HowKnown.IMPORT)
STAY = st.lists(facts(moments(), DAYS), max_size=12).map(lambda found: (NOTICE, *found))
WILD = st.builds(
    Case,
    STAY,
    st.sampled_from([Sector.SOMATIC, Sector.SOMATIC, Sector.SUBSTANCE]),
    st.sampled_from([SenderType.HOSPITAL, SenderType.HOSPITAL, SenderType.OTHER]),
    st.sampled_from([(), (), ("newborn",)]),
)


@st.composite
def likely(draw: st.DrawFn) -> Case:
    """A stay with notices, answers and withdrawals that mostly count, and a departure after them, if any."""
    found = [NOTICE]
    for number in range(draw(st.integers(2, 9))):
        receipt = draw(
            st.sampled_from([Receipt()] * 6 + [Receipt(ReceiptStatus.NEGATIVE), Receipt(ReceiptStatus.NONE)])
        )
        carrier = Carrier(MsgId(str(number)), receipt=receipt)
        kind = draw(st.sampled_from("RRRVVAAAAAACM")) if number else "R"
        when = draw(moments(days=12))
        day = when.day + timedelta(days=draw(st.sampled_from([0, 0, 0, 0, 1, 2, -1, -2])))
        other = MsgId(str(draw(st.integers(0, 8))))
        what: What = Cancellation(carrier, other)
        if kind == "R":
            what = ReadyNotice(carrier, day)
        elif kind == "V":
            what = Withdrawal(carrier, day)
        elif kind == "A":
            what = Answer(carrier, draw(st.sampled_from(AnswerKind)), draw(st.sampled_from([None, None, day])))
        elif kind == "M":
            what = Correction(carrier, other, ready=day, effective=day, answer=draw(st.sampled_from(AnswerKind)))
        found.append(Fact(what, when, HowKnown.IMPORT))
    if draw(st.booleans()):
        left = draw(moments(START + timedelta(days=10), days=8))
        found.append(Fact(draw(st.sampled_from([Discharged(), Discharged(), Death()])), left, HowKnown.IMPORT))
    return Case(tuple(found))


CASES = WILD | likely() | likely()
CHANGES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "notice_time": st.sampled_from(NoticeTime),
        "adm_missing": st.sampled_from(AdmissionMissing),
        "acceptance_ends": st.sampled_from(AcceptanceEnds),
        "same_day_departure": st.sampled_from([0, 1]),
        "avmeld_reready": st.sampled_from(WithdrawnReady),
        "cancel_effect": st.sampled_from(CancelEffect),
        "early_accept": st.sampled_from(EarlyAccept),
        "answer_unacked": st.sampled_from(AnswerUnacked),
        "rate_by": st.sampled_from(RateBy),
        "require_doc": st.booleans(),
        "lead_h": st.sampled_from([0, 24]),
        "answer_deadline_h": st.sampled_from([None, 4]),
        "exclusion_list": st.sampled_from([(), ("newborn",)]),
    },
)


def outcome(decision: Decision) -> tuple[object, ...]:
    spans = [([night.date for night in s.nights], s.start_reason, s.end_reason) for s in decision.spans]
    return spans, decision.start_reason, decision.end_reason, decision.flags, decision.amount_nok, decision.known_nok


@settings(deadline=None)
@given(CASES, CHANGES, st.randoms(), st.none() | moments())
def test_order_does_not_matter(
    baseline: Profile, rates: RateTable, case: Case, changes: dict[str, Any], random: Any, as_of: Moment | None
) -> None:
    """The same facts in another order are the same decision."""
    policy = replace(baseline.policy, **changes)
    shuffled = list(case.facts)
    random.shuffle(shuffled)
    other = replace(case, facts=tuple(shuffled))
    assert outcome(decide(case, policy, rates, as_of)) == outcome(decide(other, policy, rates, as_of))


@settings(deadline=None)
@given(CASES, CHANGES)
def test_shape_of_every_decision(baseline: Profile, rates: RateTable, case: Case, changes: dict[str, Any]) -> None:
    """Nights are distinct dates with rules and facts, reasons and amounts agree with them."""
    decision = decide(case, replace(baseline.policy, **changes), rates, None)
    days = [night.date for night in decision.nights]
    assert days == sorted(set(days))
    assert sum(len(span.nights) for span in decision.spans) == len(days)
    assert all(night.rules and night.facts for night in decision.nights)
    assert all(day >= date(2012, 1, 1) for day in days)
    assert (decision.start_reason is StartReason.NOTHING) == (not days)
    if days:
        assert isinstance(decision.end_reason, EndReason)
    else:
        assert isinstance(decision.end_reason, ZeroCode) or decision.end_reason is EndReason.OPEN
    for span in decision.spans:
        assert bool(span.nights) == (span.start_reason is not StartReason.NOTHING)
        assert [night.date for night in span.nights] == sorted(night.date for night in span.nights)
    assert (decision.amount_nok is None) == (Flag.RATE_BLOCKED in decision.flags)
    if decision.amount_nok is not None:
        assert decision.amount_nok == decision.known_nok


@settings(deadline=None)
@given(CASES, CHANGES, st.data())
def test_repeats_change_no_night(
    baseline: Profile, rates: RateTable, case: Case, changes: dict[str, Any], data: Any
) -> None:
    """A message that is delivered again, as it was, changes neither nights nor reasons."""
    policy = replace(baseline.policy, **changes)
    messages = [
        fact
        for fact in case.facts
        if not isinstance(fact.what, ReceiptGiven | AnswerClassified) and fact.what.carrier.message is not None
    ]
    again = data.draw(st.sampled_from(messages))
    twice = replace(case, facts=(*case.facts, again))
    one, two = decide(case, policy, rates, None), decide(twice, policy, rates, None)
    assert outcome(one)[:3] == outcome(two)[:3]
    assert set(two.flags) - set(one.flags) <= {Flag.DUPLICATE}


@settings(deadline=None)
@given(CASES, CHANGES, moments(), moments())
def test_what_comes_later_is_not_known(
    baseline: Profile, rates: RateTable, case: Case, changes: dict[str, Any], as_of: Moment, late: Moment
) -> None:
    """A fact after the evaluation time changes nothing."""
    if late.instant <= as_of.instant:
        return
    policy = replace(baseline.policy, **changes)
    known = replace(
        case, facts=tuple(f for f in case.facts if isinstance(f.when, date) or f.when.instant <= as_of.instant)
    )
    assert outcome(decide(case, policy, rates, as_of)) == outcome(decide(known, policy, rates, as_of))


@settings(deadline=None)
@given(CASES, moments(), st.integers(1, 10))
def test_an_open_wait_grows_by_one_night_a_day(
    baseline: Profile, rates: RateTable, case: Case, as_of: Moment, days: int
) -> None:
    """While nothing is heard and the patient waits, each day adds its night and takes none away."""
    latest = max(f.when.instant if isinstance(f.when, Moment) else START + timedelta(days=40) for f in case.facts)
    first = Moment.at(max(latest, START + timedelta(days=60)))
    later = Moment.at(first.instant + timedelta(days=days))
    one, two = decide(case, baseline.policy, rates, first), decide(case, baseline.policy, rates, later)
    before, after = [night.date for night in one.nights], [night.date for night in two.nights]
    if one.end_reason is EndReason.OPEN and before:
        assert after[: len(before)] == before
        assert len(after) == len(before) + days
    elif one.end_reason is not EndReason.OPEN:
        assert after == before


EXTREMES = st.sampled_from(
    [
        Moment(datetime.min.replace(tzinfo=UTC), "t"),
        Moment(datetime.max.replace(tzinfo=UTC), "t"),
        Moment(datetime(2012, 1, 1, tzinfo=UTC), "t"),
        Moment(datetime(2013, 3, 31, 1, tzinfo=UTC), "t", Zone.ASSUMED_UTC),
    ]
)
ENDS = st.sampled_from([date.min, date.max, date(2012, 1, 2), date(1, 1, 3), date(9990, 1, 1)])


@settings(deadline=None)
@given(
    st.lists(facts(EXTREMES, ENDS), max_size=8).map(tuple),
    CHANGES,
    st.sampled_from([datetime(year, 1, 1, tzinfo=UTC) for year in (1, 2012, 2014)]),
)
def test_never_raises(
    baseline: Profile, rates: RateTable, found: tuple[Fact, ...], changes: dict[str, Any], as_of: datetime
) -> None:
    """Facts from both ends of time get a decision like any other."""
    policy: Policy = replace(baseline.policy, **{"adm_missing": AdmissionMissing.IGNORE, **changes})
    profile = replace(baseline, policy=policy)
    assert result_json(read_both(Case(found), profile, baseline, rates, Moment(as_of, "t")))


def test_evaluation_at_the_end_of_time(baseline: Profile, rates: RateTable) -> None:
    """An evaluation time beyond all calendars is one like any other."""
    case = Case((Fact(Discharged(), date.max, HowKnown.IMPORT),))
    at = Moment(datetime.max.replace(tzinfo=UTC), "t")
    assert decide(case, baseline.policy, rates, at).end_reason is ZeroCode.NO_READY_NOTICE
    assert decide(case, baseline.policy, rates, None).end_reason is ZeroCode.NO_READY_NOTICE
