"""What the log knows beside the messages, and how it lands on the timeline."""

from datetime import UTC, date, datetime, timedelta

import pytest

from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerClassified,
    AnswerKind,
    Cancellation,
    Carrier,
    Correction,
    Discharged,
    Fact,
    HowKnown,
    ReadyNotice,
    Receipt,
    ReceiptGiven,
    ReceiptStatus,
    What,
)
from adapter.liability.entries import Standing
from adapter.liability.profiles import Profile
from adapter.liability.reasons import Flag
from adapter.liability.timeline import Timeline, latest_moment, timeline
from adapter.values import Digest, Moment, MsgId, Zone

NOON = datetime(2018, 4, 9, 12, tzinfo=UTC)
WAITING = Receipt(ReceiptStatus.NONE)


def at(hours: float, what: What, digest: Digest | None = None) -> Fact:
    return Fact(what, Moment.at(NOON + timedelta(hours=hours)), HowKnown.THEIR_MESSAGE, digest)


def ready(name: str, receipt: Receipt = WAITING) -> ReadyNotice:
    return ReadyNotice(Carrier(MsgId(name), receipt=receipt), date(2018, 4, 9))


def answer(name: str, kind: AnswerKind = AnswerKind.UNCLEAR) -> Answer:
    return Answer(Carrier(MsgId(name)), kind)


@pytest.fixture
def line(baseline: Profile) -> "Line":
    return Line(baseline)


class Line:
    def __init__(self, baseline: Profile) -> None:
        self.policy = baseline.policy

    def __call__(self, *facts: Fact, hours: float | None = None) -> Timeline:
        as_of = None if hours is None else Moment.at(NOON + timedelta(hours=hours))
        return timeline(facts, self.policy, as_of)


def flags(line: Timeline) -> set[Flag]:
    return {note.flag for note in line.notes}


def test_a_receipt_in_the_log_is_that_of_its_message(line: Line) -> None:
    """A positive AppRec makes the message valid from the moment it was made, and no earlier."""
    facts = (at(0, ready("r")), at(100, ReceiptGiven(MsgId("R"), ReceiptStatus.OK)))
    assert line(*facts, hours=96).ready[0].standing is Standing.PROVISIONAL
    assert line(*facts, hours=97).ready[0].standing is Standing.UNACKED
    entry = line(*facts, hours=100).ready[0]
    assert (entry.standing, entry.positive) == (Standing.VALID, NOON + timedelta(hours=100))


def test_a_negative_receipt_in_the_log(line: Line) -> None:
    """A negative AppRec rejects its message once it is known."""
    facts = (at(0, ready("r")), at(1, ReceiptGiven(MsgId("r"), ReceiptStatus.NEGATIVE)))
    assert line(*facts, hours=0).ready[0].standing is Standing.PROVISIONAL
    assert line(*facts).ready[0].standing is Standing.REJECTED


def test_the_first_receipt_is_final(line: Line) -> None:
    """A second AppRec changes nothing; one of another kind asks for a person."""
    ok, other = ReceiptGiven(MsgId("r"), ReceiptStatus.OK), ReceiptGiven(MsgId("r"), ReceiptStatus.NEGATIVE)
    again = line(at(0, ready("r")), at(2, ok), at(1, ok))
    assert (again.ready[0].positive, flags(again)) == (NOON + timedelta(hours=1), set())
    contrary = line(at(0, ready("r")), at(2, other), at(1, ok))
    assert (contrary.ready[0].standing, flags(contrary)) == (Standing.VALID, {Flag.REVIEW})


def test_a_receipt_for_something_else_changes_nothing(line: Line) -> None:
    """An AppRec for a message that is no fact of the stay is let pass."""
    assert flags(line(at(0, ready("r", Receipt())), at(1, ReceiptGiven(MsgId("x"), ReceiptStatus.OK)))) == set()


def test_the_latest_reading_of_an_answer_holds(line: Line) -> None:
    """A person's reading takes the place of `unclear`, and a later reading that of an earlier one."""
    facts = (
        at(0, answer("s")),
        at(3, AnswerClassified(MsgId("s"), AnswerKind.LATER, date(2018, 4, 12))),
        at(1, AnswerClassified(MsgId("s"), AnswerKind.ACCEPT)),
    )
    assert line(*facts, hours=0).answers[0].what.answer is AnswerKind.UNCLEAR
    assert line(*facts, hours=2).answers[0].what.answer is AnswerKind.ACCEPT
    read = line(*facts).answers[0]
    assert (read.what.answer, read.what.promised, read.at) == (AnswerKind.LATER, date(2018, 4, 12), NOON)


def test_a_reading_of_a_corrected_answer(line: Line) -> None:
    """A correction in free text counts as a person has read it."""
    corrected = line(
        at(0, answer("s", AnswerKind.ACCEPT)),
        at(1, Correction(Carrier(MsgId("m")), MsgId("s"))),
        at(2, AnswerClassified(MsgId("m"), AnswerKind.REFUSE)),
    )
    assert corrected.answers[0].what.answer is AnswerKind.REFUSE
    assert flags(corrected) == {Flag.CORRECTED}


def test_a_reading_of_nothing_known(line: Line) -> None:
    """A reading of what is no answer asks for a person."""
    facts = at(0, ready("r", Receipt())), at(1, AnswerClassified(MsgId("r"), AnswerKind.ACCEPT))
    assert flags(line(*facts)) == {Flag.REVIEW}


def test_one_message_may_tell_two_things(line: Line) -> None:
    """Facts of different kinds from one copy of a message are no repeat; a cancellation meets them all."""
    copy = Digest.of(b"LOG_INNLAGT")
    carrier = Carrier(MsgId("a"))
    facts = (at(0, Admitted(carrier), copy), at(1, AdmissionNotice(carrier, "LOG_INNLAGT"), copy))
    both = line(*facts)
    assert (len(both.admitted), len(both.notices), flags(both)) == (1, 1, set())
    gone = line(*facts, at(2, Cancellation(Carrier(MsgId("c")), MsgId("a"))))
    assert (gone.admitted, gone.notices) == ((), ())
    other = line(facts[0], at(1, AdmissionNotice(carrier), Digest.of(b"another")))
    assert (other.notices, flags(other)) == ((), {Flag.DUPLICATE})
    same_kind = line(facts[0], at(1, Admitted(carrier), copy))
    assert (len(same_kind.admitted), flags(same_kind)) == (1, {Flag.DUPLICATE})


def test_what_happened_to_the_patient_needs_no_receipt(line: Line) -> None:
    """A departure stands although the message that told it was rejected."""
    rejected = Carrier(MsgId("d"), receipt=Receipt(ReceiptStatus.NEGATIVE))
    assert len(line(at(0, Discharged(rejected))).discharged) == 1


def test_the_latest_moment_named() -> None:
    """Every clock of a fact counts, the dates that messages speak of do not."""
    assert latest_moment(()).year == 1
    late = Moment.at(NOON + timedelta(hours=9))
    for carrier in (
        Carrier(generated=late),
        Carrier(sent=late),
        Carrier(receipt=Receipt(ReceiptStatus.OK, late)),
    ):
        assert latest_moment([at(0, ReadyNotice(carrier, date(2020, 1, 1)))]) == late.instant
    assert latest_moment([at(0, AdmissionNotice(Carrier(), need_identified=late))]) == late.instant
    assert latest_moment([Fact(Discharged(), date(2018, 4, 12), HowKnown.IMPORT)]) == datetime(
        2018, 4, 11, 22, tzinfo=UTC
    )


def test_a_message_known_by_date_only(line: Line) -> None:
    """A message without clock time is placed at the start of its date, and a person is asked."""
    found = line(Fact(ready("r", Receipt()), date(2018, 4, 9), HowKnown.PERSON))
    assert (found.ready[0].day, flags(found)) == (date(2018, 4, 9), {Flag.REVIEW})


def test_only_oslo_time_is_a_guess(line: Line) -> None:
    """A time read as UTC because its norm says so asks for nobody."""
    moment = Moment(NOON, "2018-04-09T12:00:00", Zone.ASSUMED_UTC)
    assert flags(line(Fact(ready("r", Receipt()), moment, HowKnown.THEIR_MESSAGE))) == set()
