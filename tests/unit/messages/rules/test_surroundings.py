"""Every rule about the messages before and about the parties: a case that breaks it and only it, one that keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from adapter.messages.choices import StayCourse
from adapter.messages.codes import IdType
from adapter.messages.datatypes import Code
from adapter.messages.dialog import Question
from adapter.messages.findings import Severity
from adapter.messages.head import Participant
from adapter.messages.namespaces import PO_16_NS, clark
from adapter.messages.parties import Ident, Organisation
from adapter.messages.reading import Reading, understand
from adapter.messages.rules.compared import content_of
from adapter.messages.rules.known import Content, Course, Deadlines, Earlier, Known, OwnReceipt, Surroundings
from adapter.messages.rules.rule import Side
from adapter.messages.rules.surroundings import ROWS, judge_surroundings
from adapter.values import HerId, Moment, MsgId

Build = Callable[..., bytes]
PARENT, FIRST = MsgId("1d2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c13"), MsgId("0d1f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c11")
REFERENCE = {"parent": PARENT.value}
PATIENT = "12834130279"
WARD = Known(HerId("8140010"), "Prøvefjord sykehus HF", "hospital")
CASE_WORK = Known(HerId("8140020"), "Prøvefjord kommune", "municipality")


def party(organisation: str, unit: str) -> Participant:
    def of(her: str, inner: Organisation | None = None) -> Organisation:
        return Organisation("x", idents=(Ident(her, IdType.HER.of_organisation()),), unit=inner)

    return Participant(of(organisation, of(unit)))


HOSPITAL, MUNICIPALITY = party("8140010", "8140011"), party("8140020", "8140022")
EARLIER = Earlier(PARENT, PARENT, "LOG_UTSKRIVNINGSKLAR", PATIENT, HOSPITAL, MUNICIPALITY, from_sender=True)
AROUND = Surroundings(PATIENT, EARLIER, WARD, CASE_WORK)
CANCELLED = {"status": "cancelled", "reference": REFERENCE}

DAY = date(2024, 3, 20)


def at(hours: float) -> datetime:
    """So many hours after the morning of the day."""
    return datetime(2024, 3, 20, 8, tzinfo=UTC) + timedelta(hours=hours)


MORNING = Moment.at(at(0))
STAY = Course(admitted=MORNING, admission_told=MORNING, early_notice=MORNING)
GONE = replace(STAY, left=MORNING, left_told=MORNING)
FROM_HOME = Surroundings(PATIENT)
ANSWERING = replace(FROM_HOME, earlier=replace(EARLIER, from_sender=False))
PATIENT_LATE = replace(ANSWERING, course=replace(STAY, ready=MORNING), now=at(1.1))


def asked(*ids: str | None) -> Surroundings:
    """A question of the other side for each of these DokIdForesp, None for one without."""
    text = "Når ventes pasienten å være utskrivningsklar?"
    questions = tuple(Question(Code("8"), question=text, document_id=id_) for id_ in ids)
    earlier = replace(EARLIER, type="DIALOG_FORESPORSEL", sender=MUNICIPALITY, receiver=HOSPITAL, from_sender=False)
    return Surroundings(PATIENT, replace(earlier, asked=questions))


def answering(**changed: str) -> dict[str, object]:
    """An answer with its copy of the question changed."""
    whole = {"asker": "municipality", "type": "8", "text": "Når ventes pasienten å  være utskrivnings\nklar?\n"}
    return {"reference": REFERENCE, "question": whole | changed}


def as_report(**changed: str) -> dict[str, object]:
    """A nursing and care message that is the answer, with its copy of the question changed."""
    return {"reference": REFERENCE, "answers": answering(**changed)["question"]}


PO, OWN = clark(PO_16_NS), clark("http://www.kith.no/xmlstds/po/HelseopplysningerVedSoknad/2012-04-01")
UPDATE: dict[str, object] = {"status": "changed", "reference": REFERENCE}


def changing(
    *more: tuple[str, ...], documents: int = 1, form: str = OWN + "HelseopplysningerVedSoknad"
) -> Surroundings:
    """A message of the sender that held these parts, by their local names, and so many documents."""
    parts = frozenset(tuple(PO + name for name in path) for path in more)
    earlier = replace(EARLIER, type="HELSEOPPL_SOKNAD", content=Content(form, parts, documents))
    return Surroundings(PATIENT, earlier)


def received(receipt: OwnReceipt, msg_id: MsgId = PARENT) -> Surroundings:
    """A message that we received, and what we have answered it with."""
    return Surroundings(PATIENT, replace(EARLIER, msg_id=msg_id, from_sender=False, receipt=receipt))


NEWER = replace(STAY, informed=Moment.at(datetime(2024, 3, 25, 9, 1, tzinfo=UTC)))

Case = tuple[str, str, dict[str, object], Surroundings]
BREAKS: list[Case] = [
    ("MH-010", "discharge-ready", {}, replace(AROUND, earlier=None, action="LOG_AVMELDING")),
    ("AD-005", "discharge-ready", {}, Surroundings(receiver=replace(CASE_WORK, organisation_her=HerId("5")))),
    ("AD-013", "discharge-ready", {}, Surroundings(receiver=replace(CASE_WORK, organisation_name="Annen kommune"))),
    (
        "AD-017",
        "answer",
        {"reference": REFERENCE},
        Surroundings(PATIENT, replace(EARLIER, sender=party("8140020", "8140021"), from_sender=False)),
    ),
    ("LK-006", "readiness-answer", {"reference": REFERENCE}, Surroundings(PATIENT)),
    ("LK-006", "deviation", {"reference": REFERENCE}, Surroundings(PATIENT)),
    (
        "LK-007",
        "readiness-answer",
        {"reference": REFERENCE},
        replace(AROUND, sender=None, receiver=None, earlier=replace(EARLIER, from_sender=False, same_pair=False)),
    ),
    ("LK-007", "withdrawal", {"reference": REFERENCE}, replace(AROUND, earlier=replace(EARLIER, patient="another"))),
    ("LK-004", "withdrawal", {"reference": REFERENCE}, replace(AROUND, earlier=replace(EARLIER, first=FIRST))),
    ("LK-010", "discharge-ready", CANCELLED, replace(AROUND, earlier=replace(EARLIER, from_sender=False))),
    ("LK-010", "discharge-ready", CANCELLED, replace(AROUND, earlier=None)),
    ("PL-045", "discharge-ready", CANCELLED, replace(AROUND, earlier=replace(EARLIER, type="LOG_INNLAGT"))),
    ("PL-045", "discharge-ready", CANCELLED, replace(AROUND, earlier=replace(EARLIER, sender=party("7", "8")))),
    ("PL-045", "discharge-ready", CANCELLED, replace(AROUND, earlier=replace(EARLIER, receiver=party("7", "8")))),
    (
        "PL-046",
        "admission-report",
        {"status": "changed", "reference": REFERENCE},
        Surroundings(
            PATIENT,
            Earlier(PARENT, PARENT, "INNLEGGELSESRAPPORT", PATIENT, MUNICIPALITY, HOSPITAL, True, cancelled=True),
        ),
    ),
    ("PL-055", "death", {}, Surroundings(sender=WARD)),
    ("PL-056", "discharge-ready", {}, Surroundings(sender=CASE_WORK)),
    ("PL-056", "discharge-ready", {}, Surroundings(receiver=replace(CASE_WORK, role="hospital"))),
    ("PL-049", "discharge-ready", {}, replace(AROUND, course=replace(STAY, ready=MORNING))),
    ("PL-050", "withdrawal", {}, replace(AROUND, course=STAY)),
    ("PL-051", "discharge-ready", {}, replace(AROUND, course=replace(STAY, early_notice=None))),
    ("PL-052", "discharge-ready", {}, replace(AROUND, course=GONE)),
    ("PL-052", "discharged", {}, replace(AROUND, course=GONE)),
    ("PL-053", "discharge-report", {}, replace(AROUND, course=replace(STAY, left=MORNING, died=MORNING))),
    ("PL-062", "admission-report", {}, replace(FROM_HOME, course=STAY, now=at(24.1))),
    ("PL-063", "early-notice", {}, replace(AROUND, course=replace(STAY, early_notice=None), now=at(24.1))),
    ("PL-063", "early-notice", {}, replace(AROUND, course=replace(STAY, admitted=DAY), now=at(64.1))),
    ("PL-064", "readiness-answer", {}, replace(ANSWERING, course=replace(STAY, ready=MORNING), now=at(24.1))),
    ("PL-064", "readiness-answer", {}, replace(PATIENT_LATE, deadlines=Deadlines(answered=timedelta(hours=1)))),
    ("PL-065", "discharged", {}, replace(AROUND, now=datetime(2024, 3, 29, 12, tzinfo=UTC))),
    ("PL-065", "discharge-report", {}, replace(AROUND, course=replace(STAY, left=DAY), now=at(24))),
    ("PL-066", "discharged", {}, replace(AROUND, course=STAY)),
    ("LK-015", "deviation", {"reference": REFERENCE}, received(OwnReceipt.OWED)),
    ("LK-015", "deviation", {"reference": REFERENCE}, received(OwnReceipt.NEGATIVE)),
    ("LK-016", "answer", answering(), asked("1", "2")),
    ("LK-016", "answer", answering(id="3"), asked("1", "2")),
    ("LK-016", "answer", answering(id="3"), asked("1")),
    ("LK-016", "early-notice", as_report(), asked("1", "2")),
    ("LK-016", "early-notice", as_report(id="3"), asked("1", "2")),
    ("PL-075", "answer", answering(type="7"), asked(None)),
    ("PL-075", "answer", answering(text="Når er hun klar?"), asked(None, None)),
    ("PL-075", "answer", answering(id="1", text="Når er hun klar?"), asked("1", "2")),
    ("PL-075", "early-notice", as_report(text="Når er hun klar?"), asked(None)),
    ("PL-044", "health-information-update", UPDATE, changing(("InfoReservasjon",))),
    ("PL-044", "health-information-update", UPDATE, changing(documents=2)),
    ("PL-061", "early-notice", {}, replace(AROUND, course=NEWER)),
    ("PL-061", "health-information-update", UPDATE, replace(changing(), course=NEWER)),
    ("PL-101", "death", {}, Surroundings(sender=replace(CASE_WORK, has_beds=True), course=STAY)),
    ("PL-099", "admitted", {}, replace(AROUND, now=datetime(2024, 3, 29, 12, tzinfo=UTC))),
    ("PL-100", "withdrawal", {}, replace(AROUND, now=datetime(2024, 3, 29, 12, tzinfo=UTC))),
]


def test_against_the_course_is_refused_by_choice(built: Build) -> None:
    """`choices.stay_course`: a second readiness message is warned of or refused; received it is for a person."""
    around = replace(AROUND, course=replace(STAY, ready=MORNING))
    message = reading(built, "discharge-ready", {})
    for choice, severity in ((StayCourse.WARN, Severity.WARNING), (StayCourse.REFUSE, Severity.ERROR)):
        chosen = replace(around, stay_course=choice)
        assert [one.severity for one in judge_surroundings(message, chosen, Side.SEND)] == [severity]
        assert [one.severity for one in judge_surroundings(message, chosen, Side.RECEIVE)] == [Severity.WARNING]


@pytest.mark.parametrize(("rule", "kind", "changes", "around"), BREAKS)
def test_what_is_found_has_a_line(
    built: Build, rule: str, kind: str, changes: dict[str, object], around: Surroundings
) -> None:
    """What store, directory and clock tell of a message is told with a line of it too."""
    message = reading(built, kind, changes)
    found = [one for side in Side for one in judge_surroundings(message, around, side) if one.rule == rule]
    assert found
    assert [one.message for one in found if one.line is None] == []


def broken(built: Build, kind: str, changes: dict[str, object], around: Surroundings, side: Side) -> set[str]:
    return {finding.rule for finding in judge_surroundings(reading(built, kind, changes), around, side)}


def reading(built: Build, kind: str, changes: dict[str, object]) -> Reading:
    return understand(built(kind, changes))


@pytest.mark.parametrize(("rule", "kind", "changes", "around"), BREAKS)
def test_a_rule_is_broken_alone(
    built: Build, rule: str, kind: str, changes: dict[str, object], around: Surroundings
) -> None:
    """The case breaks its rule on one of the sides at least, and no other rule on any."""
    found = [broken(built, kind, changes, around, side) for side in Side]
    assert set().union(*found) == {rule}


@pytest.mark.parametrize(
    ("enquiry", "copied", "rules"),
    [
        (b"2", {}, set()),
        (b"2", {"id": "2"}, set()),
        (b"3", {}, {"LK-016"}),
        (b"2", {"id": "1"}, {"LK-016"}),
    ],
)
def test_the_document_may_name_the_question(
    built: Build, enquiry: bytes, copied: dict[str, str], rules: set[str]
) -> None:
    """Document/EnquiryRefId names one of several questions as well; it and the copy name the same one (LK-016)."""
    for kind, changes in (("answer", answering(**copied)), ("early-notice", as_report(**copied))):
        named = b"<EnquiryRefId>" + enquiry + b"</EnquiryRefId><RefDoc>"
        message = understand(built(kind, changes).replace(b"<RefDoc>", named, 1))
        for side, severity in ((Side.SEND, Severity.ERROR), (Side.RECEIVE, Severity.WARNING)):
            found = judge_surroundings(message, asked("1", "2"), side)
            assert {(one.rule, one.severity) for one in found} == {(rule, severity) for rule in rules}


def test_what_is_not_linked_is_compared_with_nothing(built: Build) -> None:
    """A question about another patient was not asked of this one; a change of another's message has its own parts. Nor
    does the first message of a dialogue stand for a later one that is not known here."""
    for kind, changes, around in (
        ("answer", answering(text="Når er hun klar?"), asked("1", "2")),
        ("health-information-update", UPDATE, changing(("InfoReservasjon",))),
    ):
        assert around.earlier is not None
        strange = replace(around, earlier=replace(around.earlier, patient="another"))
        found = broken(built, kind, changes, strange, Side.SEND)
        assert "LK-007" in found
        assert found & {"LK-016", "PL-044", "PL-075"} == set()
        of_dialogue = replace(around, earlier=replace(around.earlier, msg_id=FIRST))
        assert broken(built, kind, changes, of_dialogue, Side.SEND) == set()


@pytest.mark.parametrize(
    ("kind", "left_out", "says"),
    [
        ("health-information-update", {"relatives": []}, ["ParorendeForesatt"]),
        ("health-information-update", {"nursing": None, "needs": []}, ["Sykepleierdokumentasjon", "TjenesteBehov"]),
        ("discharge-report", {"allergies": [], "critical": []}, ["Allerginotat", "Cave"]),
        ("summary", {"relatives": []}, ["ParorendeForesatt"]),
    ],
)
def test_a_change_that_lacks_a_part_says_which(
    built: Build, kind: str, left_out: dict[str, object], says: list[str]
) -> None:
    """A change is compared with the message it changes, inside of what only holds other parts too (PL-044)."""
    before = reading(built, kind, UPDATE)
    assert before.type is not None
    content = content_of(before)
    around = Surroundings(PATIENT, replace(EARLIER, type=before.type, content=content))
    assert judge_surroundings(before, around, Side.SEND) == ()
    [found] = judge_surroundings(reading(built, kind, {**UPDATE, **left_out}), around, Side.SEND)
    assert (found.rule, found.severity) == ("PL-044", Severity.WARNING)
    assert found.message.startswith(f"the change lacks what the message before has: {', '.join(says)};")


@pytest.mark.parametrize(("contradicted", "severity"), [(True, Severity.ERROR), (False, Severity.WARNING)])
def test_an_action_that_is_another_type(built: Build, contradicted: bool, severity: Severity) -> None:
    """It holds the message where both are known types, and is noted otherwise (MH-010)."""
    around = Surroundings(action="LOG_AVMELDING", contradicted=contradicted)
    [finding] = judge_surroundings(reading(built, "discharge-ready", {}), around, Side.RECEIVE)
    assert (finding.rule, finding.severity) == ("MH-010", severity)


def test_a_message_about_another_patient(built: Build) -> None:
    """A reference to another patient's message is told when received; changing that one is refused and for a person."""
    around = replace(AROUND, earlier=replace(EARLIER, patient="another"))
    assert broken(built, "withdrawal", {"reference": REFERENCE}, around, Side.RECEIVE) == {"LK-007"}
    assert broken(built, "withdrawal", {"reference": REFERENCE}, around, Side.SEND) == {"LK-007"}
    sent = judge_surroundings(reading(built, "discharge-ready", CANCELLED), around, Side.SEND)
    assert {(one.rule, one.severity) for one in sent} == {("PL-045", Severity.ERROR), ("LK-007", Severity.WARNING)}
    received = judge_surroundings(reading(built, "discharge-ready", CANCELLED), around, Side.RECEIVE)
    assert {(one.rule, one.severity) for one in received} == {
        ("PL-045", Severity.WARNING),
        ("LK-007", Severity.WARNING),
    }


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(
    ("kind", "changes", "around"),
    [
        ("discharge-ready", {}, replace(AROUND, earlier=None, action="LOG_UTSKRIVNINGSKLAR")),
        ("discharge-ready", {}, Surroundings()),
        ("discharge-ready", CANCELLED, AROUND),
        ("withdrawal", {"reference": REFERENCE}, AROUND),
        (
            "withdrawal",
            {"reference": {"parent": PARENT.value, "conversation": FIRST.value}},
            replace(AROUND, earlier=replace(EARLIER, first=FIRST)),
        ),
        ("readiness-answer", {"reference": REFERENCE}, Surroundings(PATIENT, replace(EARLIER, from_sender=False))),
        (
            "readiness-answer",
            {"reference": REFERENCE},
            Surroundings(PATIENT, replace(EARLIER, first=FIRST, from_sender=False)),
        ),
        ("death", {}, Surroundings(sender=CASE_WORK, receiver=replace(CASE_WORK, role="other"))),
        ("discharge-ready", {}, Surroundings(sender=replace(CASE_WORK, has_beds=True))),
        ("discharge-ready", {}, replace(AROUND, course=STAY)),
        ("discharge-ready", CANCELLED, replace(AROUND, course=replace(GONE, ready=MORNING))),
        ("discharge-ready", {}, replace(AROUND, course=replace(GONE, left_told=Moment.at(at(1000))))),
        (
            "withdrawal",
            {},
            replace(AROUND, course=replace(STAY, ready=MORNING), now=datetime(2024, 3, 7, 15, tzinfo=UTC)),
        ),
        ("discharge-report", {}, replace(AROUND, course=replace(STAY, left=DAY), now=at(14.9))),
        ("admission-report", {}, replace(FROM_HOME, course=STAY, now=at(24))),
        ("early-notice", {}, replace(AROUND, course=replace(STAY, early_notice=None), now=at(24))),
        ("early-notice", {}, replace(AROUND, course=replace(STAY, admitted=DAY), now=at(38))),
        ("readiness-answer", {}, replace(ANSWERING, course=replace(STAY, ready=MORNING), now=at(24))),
        (
            "readiness-answer",
            {},
            replace(PATIENT_LATE, course=replace(STAY, ready=MORNING, answered=MORNING), now=at(99)),
        ),
        ("admitted", {}, replace(AROUND, now=datetime(2024, 3, 2, 13, tzinfo=UTC))),
        ("discharged", {}, replace(AROUND, course=replace(STAY, reported=MORNING))),
        ("discharged", {}, AROUND),
        ("discharged", {"state": "dead"}, replace(AROUND, course=STAY)),
        ("discharged", CANCELLED, replace(AROUND, earlier=replace(EARLIER, type="LOG_UTSKREVET"), course=STAY)),
        ("death", {}, Surroundings(sender=replace(CASE_WORK, has_beds=True), course=GONE)),
        ("death", {}, Surroundings(sender=CASE_WORK)),
        ("deviation", {"reference": REFERENCE}, received(OwnReceipt.SETTLED)),
        ("deviation", {"reference": REFERENCE}, received(OwnReceipt.OWED, FIRST)),
        ("readiness-answer", {"reference": REFERENCE}, received(OwnReceipt.OWED)),
        ("answer", answering(), asked("1")),
        ("answer", answering(), asked(None, None)),
        ("answer", answering(), asked("1", None)),
        ("answer", answering(id="2"), asked("1", "2")),
        ("answer", answering(type="7"), asked()),
        ("early-notice", as_report(), asked("1")),
        ("early-notice", as_report(id="1"), asked("1", "2")),
        ("early-notice", {"reference": REFERENCE}, asked("1", "2")),
        ("health-information-update", UPDATE, changing(("OpplysningOpphold",))),
        ("health-information-update", UPDATE, changing(("InfoReservasjon",), form="of another version")),
        ("early-notice", {}, replace(AROUND, course=replace(STAY, informed=MORNING))),
    ],
)
def test_what_is_right_breaks_none(
    built: Build, kind: str, changes: dict[str, object], around: Surroundings, side: Side
) -> None:
    """A message that fits its surroundings, or around which nothing is known, is judged without a word."""
    found = broken(built, kind, changes, around, side)
    assert found - ({"AD-005", "AD-013"} if kind == "death" else set()) == set()


def test_every_rule_has_a_case() -> None:
    """A rule without a case that breaks it does not exist."""
    assert {case[0] for case in BREAKS} == {row.id for row in ROWS}
