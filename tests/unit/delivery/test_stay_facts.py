"""Whether a business message gives the facts it proves, no more, and doubts where it leaves something open."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapter.delivery.stay_facts import Conveyance, StayFacts, patient_identity, stay_facts
from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerKind,
    Cancellation,
    Carrier,
    Correction,
    Death,
    Discharged,
    DischargeDocument,
    HowKnown,
    ReadyNotice,
    Withdrawal,
)
from adapter.messages.answering import Software
from adapter.messages.building import build, example, parse_input
from adapter.messages.codes import CodeLists
from adapter.messages.datatypes import Code
from adapter.messages.parties import Ident, Person
from adapter.messages.reading import understand
from adapter.values import Digest, Moment, MsgId, parse_moment

ROOT = Path(__file__).parents[3]
CODES = CodeLists.parse((ROOT / "adapter/data/codes.tsv").read_bytes())
HAD = Moment.at(datetime(2024, 3, 5, 9, 0, tzinfo=UTC))
ID = MsgId("6a1d0b6f-5b0e-4c53-9f2c-6a1d0b6f5c11")
READY = MsgId("5c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a02")
EARLY_NOTICE = MsgId("1d2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c13")
CARRIER = Carrier(ID, HAD)
ADMITTED = parse_moment("2024-03-01T14:20:00+01:00")


def _content(kind: str, **changes: object) -> bytes:
    message = parse_input(kind, json.dumps(json.loads(example(kind)) | changes).encode())
    return build(kind, message, {}, now=HAD.instant, msg_id=ID, codes=CODES, software=Software("a", "1"))


def _facts(content: bytes, *, convention: bool = False, ready: date | None = None) -> StayFacts:
    by = Conveyance(HAD, HowKnown.THEIR_MESSAGE, Digest.of(content), convention=convention, ready=ready)
    return stay_facts(understand(content), by)


def _whats(content: bytes) -> list[tuple[object, Moment | date]]:
    return [(fact.what, fact.when) for fact in _facts(content).facts]


def test_admission_is_a_fact_and_a_notice() -> None:
    """LOG_INNLAGT proves the admission at its own time, and a notice when the addressee had it."""
    assert _whats(_content("admitted")) == [
        (Admitted(CARRIER), ADMITTED),
        (AdmissionNotice(CARRIER, "LOG_INNLAGT"), HAD),
    ]


def test_readiness_is_noticed_when_the_addressee_had_it() -> None:
    """LOG_UTSKRIVNINGSKLAR is a notice at the time of arrival, with the ready date of its event 3."""
    found = _facts(_content("discharge-ready"))
    assert [(fact.what, fact.when) for fact in found.facts] == [(ReadyNotice(CARRIER, date(2024, 3, 5)), HAD)]
    assert (found.admitted, found.references, found.doubts) == (ADMITTED, (), ())
    assert found.facts[0].how is HowKnown.THEIR_MESSAGE
    assert found.facts[0].digest == Digest.of(_content("discharge-ready"))


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("admitted", "admitted"),
        ("discharge-ready", "ready"),
        ("withdrawal", "withdrawn"),
        ("discharged", "discharged"),
        ("death", "died"),
    ],
)
def test_a_time_at_either_end_of_what_can_be_written_is_a_time(kind: str, key: str, time: str) -> None:
    """The year 9999, which some write for "without end", is a fact like any other and breaks nothing."""
    (fact, *_) = _facts(_content(kind, **{key: time})).facts
    assert isinstance(fact.what, Admitted | ReadyNotice | Withdrawal | Discharged | Death)
    at = parse_moment(time)
    told = fact.what.ready if isinstance(fact.what, ReadyNotice) else None
    effective = fact.what.effective if isinstance(fact.what, Withdrawal) else None
    assert at.day in {told, effective} or fact.when == at


def test_ready_time_late_in_the_evening_is_that_days() -> None:
    """The date of a ready time is the one in Oslo."""
    content = _content("discharge-ready", ready="2024-03-04T23:30:00Z")
    assert _whats(content) == [(ReadyNotice(CARRIER, date(2024, 3, 5)), HAD)]


def test_withdrawal_has_its_date() -> None:
    """LOG_AVMELDING takes effect on the date of its event 4 and names the readiness message."""
    found = _facts(_content("withdrawal"))
    assert [fact.what for fact in found.facts] == [Withdrawal(CARRIER, date(2024, 3, 6))]
    assert found.references == (READY,)


@pytest.mark.parametrize(
    ("state", "what"), [("alive", Discharged(CARRIER)), ("dead", Death(CARRIER)), ("suicide", Death(CARRIER))]
)
def test_discharge_or_death_at_its_own_time(state: str, what: object) -> None:
    """LOG_UTSKREVET is a discharge or a death, by the state, at the time of its event 2; a date stays a date."""
    assert _whats(_content("discharged", state=state, discharged="2024-03-08")) == [(what, date(2024, 3, 8))]


def test_death_at_home() -> None:
    """LOG_DOD is a death at the time of its event 13."""
    assert _whats(_content("death")) == [(Death(CARRIER), date(2024, 3, 20))]


@pytest.mark.parametrize("kind", ["readiness-answer", "readiness-answer-note"])
def test_answer_is_unclear_unless_the_convention_is_to_be_read(kind: str) -> None:
    """An answer in free text waits for a person; with the convention the first line says it."""
    unread = _facts(_content(kind))
    assert [fact.what for fact in unread.facts] == [Answer(CARRIER, AnswerKind.UNCLEAR)]
    assert unread.doubts
    read = _facts(_content(kind), convention=True)
    assert [fact.what for fact in read.facts] == [Answer(CARRIER, AnswerKind.LATER, date(2024, 3, 8))]
    assert read.doubts == ()
    assert read.references == (READY,)


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"answer": "accept", "day": "2024-03-05"}, Answer(CARRIER, AnswerKind.ACCEPT)),
        ({"answer": "accept", "day": "2024-03-09"}, Answer(CARRIER, AnswerKind.LATER, date(2024, 3, 9))),
        ({"answer": "refuse", "day": None}, Answer(CARRIER, AnswerKind.REFUSE)),
        ({"answer": "withdraw", "day": None}, Answer(CARRIER, AnswerKind.WITHDRAW)),
    ],
)
def test_answers_by_convention(changes: dict[str, object], answer: Answer) -> None:
    """Each of our first lines is read to its word; a yes to a later day is a promise."""
    found = _facts(_content("readiness-answer", **changes), convention=True)
    assert [fact.what for fact in found.facts] == [answer]


def test_cancellation_is_a_fact_about_another_message() -> None:
    """Status C gives a cancellation of the message named and nothing of its own content."""
    content = _content("discharge-ready", status="cancelled", reference={"parent": READY.value})
    assert _whats(content) == [(Cancellation(CARRIER, READY), HAD)]


def test_cancellation_without_reference_is_a_doubt() -> None:
    """A cancellation that names no message is kept, and a person is asked."""
    content = _content("discharge-ready").replace(b'V="N" DN="Ny"', b'V="C" DN="Kansellering"')
    found = _facts(content)
    assert [fact.what for fact in found.facts] == [Cancellation(CARRIER, None)]
    assert found.doubts


@pytest.mark.parametrize("status", [b"M", b"O"])
def test_correction_repeats_what_it_replaces(status: bytes) -> None:
    """Status M, and O which is read as M, gives a correction with the new date."""
    content = _content("discharge-ready", reference={"parent": READY.value}).replace(b'V="N"', b'V="%b"' % status)
    assert _whats(content) == [(Correction(CARRIER, READY, date(2024, 3, 5)), HAD)]
    withdrawal = _content("withdrawal").replace(b'V="N"', b'V="%b"' % status)
    assert _whats(withdrawal) == [(Correction(CARRIER, READY, effective=date(2024, 3, 6)), HAD)]


@pytest.mark.parametrize("kind", ["admitted", "discharged", "death"])
def test_a_correction_that_cannot_be_carried_out_is_a_doubt(kind: str) -> None:
    """A changed admission, discharge or death moves nothing by itself, so a person is asked (`plo.md` X-5)."""
    found = _facts(_content(kind, reference={"parent": READY.value}).replace(b'V="N"', b'V="M"'))
    assert [fact.what for fact in found.facts] == [Correction(CARRIER, READY)]
    assert found.doubts


@pytest.mark.parametrize("status", [b"T", b"D"])
def test_a_test_message_is_never_counted(status: bytes) -> None:
    """PL-097: what is marked as training or test proves nothing, also where a person let it pass."""
    marked = b'<ProcessingStatus V="%b"/><Sender>' % status
    found = _facts(_content("discharge-ready").replace(b"<Sender>", marked, 1))
    assert found.facts == ()
    assert found.doubts


@pytest.mark.parametrize(
    "edit",
    [
        (b'<po:Hendelsekode V="3"', b'<po:Hendelsekode V="2"'),
        (b'<po:Hendelsekode V="1"', b'<po:Hendelsekode V="3"'),
        (b'<po:TidspunktForHendelse V="2024-03-05"', b'<po:TidspunktForHendelse V="2024"'),
        (b'<po:TidspunktForHendelse V="2024-03-05"', b"<po:TidspunktForHendelse"),
    ],
)
def test_readiness_without_one_date_is_a_doubt(edit: tuple[bytes, bytes]) -> None:
    """Without exactly one usable ready date there is no notice, and a person is asked."""
    found = _facts(_content("discharge-ready").replace(*edit))
    assert found.facts == ()
    assert found.doubts


@pytest.mark.parametrize(
    "idents",
    [
        [("FNR", "12834130279")],
        [("LOK", "7"), ("FNR", "12834130279"), ("DNR", "41834130288")],
        [("HNR", "12434130253"), ("FNR", "12834130279")],
        [("FNR", "128341 30279")],
    ],
)
def test_a_patient_is_told_apart_by_the_national_number(idents: list[tuple[str, str]]) -> None:
    """The first national number stands for the patient, whatever other numbers are given, and however it is spaced."""
    person = Person("Lyngrose", idents=tuple(Ident(number, Code(type_)) for type_, number in idents))
    assert patient_identity(person) == "12834130279"


def test_what_is_no_message_about_a_stay_has_no_facts() -> None:
    """A receipt and an unreadable document prove nothing about a stay."""
    assert _facts(_content("apprec")) == StayFacts()
    assert _facts(b"<a>") == StayFacts()


@pytest.mark.parametrize(
    ("kind", "whats"),
    [
        ("early-notice", [(AdmissionNotice(CARRIER, "HELSEOPPL_SOKNAD/1"), HAD)]),
        ("health-information-update", [(Correction(CARRIER, EARLY_NOTICE), HAD)]),
        ("discharge-report", [(DischargeDocument(CARRIER), HAD)]),
        ("admission-report", []),
        ("services-offered", []),
        ("medical-information", []),
        ("health-information-to-gp", []),
        ("question", []),
        ("answer", []),
        ("note", []),
        ("clinical-dialog", []),
        ("deviation", []),
    ],
)
def test_reports_and_dialogs(kind: str, whats: list[tuple[object, Moment]]) -> None:
    """The early notice counts when the addressee had it, and an update corrects it; most reports prove nothing."""
    assert _whats(_content(kind)) == whats


@pytest.mark.parametrize(
    ("name", "whats"),
    [
        ("Helseopplysninger_Varsel_om_innlagt_pasient_v1-6_Ny.xml", [AdmissionNotice]),
        ("Helseopplysninger_Oppdaterte_opplysninger_v1-6_Endring1.xml", [Correction]),
        ("Pasientlogistikk_Innlagt_pasient_v1-6_Ny.xml", [Admitted, AdmissionNotice]),
        ("Pasientlogistikk_Utskrivningsklar_pasient_v1-6_Ny.xml", [ReadyNotice]),
        ("Pasientlogistikk_Avmelding_av_utskrivningsklar_pasient_v1-6_Ny.xml", [Withdrawal]),
        ("Pasientlogistikk_Melding_om_utskrevet_pasient_v1-6_Ny.xml", [Discharged]),
        ("Utskrivningsrapport_v1-6_Ny.xml", [DischargeDocument]),
        ("Innleggelsesrapport_v1-6_Ny.xml", []),
    ],
)
def test_official_examples(name: str, whats: list[type]) -> None:
    """Each official example gives the facts its kind stands for."""
    place = ROOT.parent / "shared/examples/plo-1.6" / name
    if not place.is_file():
        pytest.skip("the official examples do not lie beside the project")
    found = _facts(place.read_bytes())
    assert [type(fact.what) for fact in found.facts] == whats
    for fact in found.facts:
        if isinstance(fact.what, AdmissionNotice) and fact.what.type != "LOG_INNLAGT":
            assert fact.what.type == "HELSEOPPL_SOKNAD/1"
