"""Whether reports are built right from their JSON: clean whatever is left out, in both versions, with every status."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache

import pytest

from adapter.messages.answering import Software
from adapter.messages.building import InputError, build, example, json_schema, parse_input
from adapter.messages.codes import CodeLists, Event
from adapter.messages.findings import Severity
from adapter.messages.logistics import Version
from adapter.messages.nodes import Node
from adapter.messages.read import read
from adapter.messages.reading import Reading, understand
from adapter.messages.reports.care import Appointment, AppointmentToBook, TentativeAppointment
from adapter.messages.reports.messages import AdmissionReport, DischargeReport, HealthInformation, MedicalInformation
from adapter.messages.reports.record import AdministeredMedicine, HandedOutMedicine
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.values import MsgId

Build = Callable[..., bytes]
Json = dict[str, object]

KINDS = (
    "admission-report",
    "early-notice",
    "health-information-update",
    "health-information-to-gp",
    "discharge-report",
    "services-offered",
    "medical-information",
)
BOTH_VERSIONS = tuple(kind for kind in KINDS if kind not in {"early-notice", "health-information-update"})
NOT_CHANGED = {"early-notice", "health-information-to-gp", "services-offered", "medical-information"}
EARLIER = {"parent": "1d2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c13"}
NOW = datetime(2024, 3, 25, 9, 0, tzinfo=UTC)


def _build(kind: str, values: Json, codes: CodeLists) -> bytes:
    message = parse_input(kind, json.dumps(values).encode())
    software, msg_id = Software("adapter", "test"), MsgId("6a1d0b6f-5b0e-4c53-9f2c-6a1d0b6f5c11")
    return build(kind, message, {}, now=NOW, msg_id=msg_id, codes=codes, software=software)


def _old(kind: str) -> Json:
    """The example without what version 1.5 has not."""
    values: Json = json.loads(example(kind)) | {"version": "1.5"}
    if "appointments" in values:
        values["appointments"] = [one for one in json.loads(example(kind))["appointments"] if "about_when" not in one]
    return values


@pytest.mark.parametrize("kind", BOTH_VERSIONS)
def test_reports_are_built_in_1_5(built: Build, schemas: SchemaSet, codes: CodeLists, kind: str) -> None:
    """Every report but the health information, which differs, is built in 1.5 without a finding."""
    reading = read(built(kind, _old(kind)), schemas, Context(Side.SEND, codes, NOW))
    assert reading.findings == ()
    assert getattr(reading.message, "version", None) is Version.V1_5


@pytest.mark.parametrize("kind", KINDS)
def test_least_input_is_clean(schemas: SchemaSet, codes: CodeLists, kind: str) -> None:
    """What the JSON Schema demands is enough for a message that may be sent."""
    required = set(json.loads(json_schema(kind))["required"]) | {"reference"}
    least = {name: value for name, value in json.loads(example(kind)).items() if name in required}
    assert read(_build(kind, least, codes), schemas, Context(Side.SEND, codes, NOW)).valid


def _paths(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key and list place of an object, the deepest first."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield from _paths(inner, (*at, name))
        yield (*at, name)


def _without(values: Json, paths: list[tuple[str | int, ...]]) -> Json:
    left = copy.deepcopy(values)
    for path in sorted(paths, key=lambda path: tuple(str(part).rjust(4) for part in path), reverse=True):
        place: object = left
        for part in path[:-1]:
            place = place[part] if isinstance(place, list | dict) and part in _keys(place) else None  # type: ignore[index]
        if isinstance(place, list | dict) and path[-1] in _keys(place):
            del place[path[-1]]  # type: ignore[arg-type]
    return left


def _keys(place: object) -> set[object]:
    return set(place) if isinstance(place, dict) else set(range(len(place))) if isinstance(place, list) else set()


@cache
def _optional(kind: str) -> list[tuple[str | int, ...]]:
    """What can be left out of an example, one at a time; parties stay whole, for nobody can be looked up here."""
    values = json.loads(example(kind))
    paths = (path for path in _paths(values) if path[0] not in {"sender", "receiver"})
    return [path for path in paths if _accepted(kind, _without(values, [path]))]


def _accepted(kind: str, values: Json) -> bool:
    try:
        parse_input(kind, json.dumps(values).encode())
    except InputError:
        return False
    return True


@pytest.mark.parametrize("draw", range(12))
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_left_out_is_clean(schemas: SchemaSet, codes: CodeLists, kind: str, draw: int) -> None:
    """An input that is accepted is valid in the schema and breaks no rule, whichever of its fields are left out."""
    chance, whole, optional = random.Random(f"{kind} {draw}"), json.loads(example(kind)), _optional(kind)
    drawn = (_without(whole, chance.sample(optional, chance.randint(0, len(optional)))) for _ in range(50))
    values = next(left for left in drawn if _accepted(kind, left))
    reading = read(_build(kind, values, codes), schemas, Context(Side.SEND, codes, NOW))
    assert [finding for finding in reading.findings if finding.severity is Severity.ERROR] == []
    assert reading.message is not None


@pytest.mark.parametrize("kind", KINDS)
def test_status_is_one_the_kind_may_have(built: Build, schemas: SchemaSet, codes: CodeLists, kind: str) -> None:
    """Cancelling is open to all, changing only to those of HISD 1154 §3.1, and both name what they act on."""
    content = built(kind, {"status": "cancelled", "reference": EARLIER})
    assert read(content, schemas, Context(Side.SEND, codes, NOW)).findings == ()
    assert b'<po:Forsendelsesstatus V="C" DN="Kansellering"/>' in content
    with pytest.raises(InputError, match="reference"):
        built(kind, {"status": "cancelled", "reference": None})
    if kind in NOT_CHANGED:
        with pytest.raises(InputError, match="status"):
            built(kind, {"status": "changed", "reference": EARLIER})
    else:
        changed = read(
            built(kind, {"status": "changed", "reference": EARLIER}), schemas, Context(Side.SEND, codes, NOW)
        )
        assert changed.findings == ()


@pytest.mark.parametrize(
    ("kind", "changes", "told"),
    [
        ("early-notice", {"version": "1.5"}, r"\$\.version"),
        ("early-notice", {"expected_ready": "2024-03-05T10:00:00+01:00"}, r"\$\.expected_ready"),
        ("early-notice", {"answers": {"asker": "municipality", "type": "8"}}, "reference"),
        ("early-notice", {"contacts": [{"family_name": "A"}]}, r"\$\.contacts\[0\]\.given_name"),
        ("admission-report", {"responsible": []}, "approved"),
        ("admission-report", {"functions": []}, "functions_remark"),
        ("admission-report", {"diagnoses": [{"main": True}]}, r"\$\.diagnoses\[0\]"),
        ("admission-report", {"marital_status": "77"}, r"\$\.marital_status"),
        ("admission-report", {"communication": [{}]}, r"\$\.communication\[0\]"),
        ("discharge-report", {"version": "1.5"}, "about_when"),
        ("discharge-report", {"appointments": [{}]}, r"\$\.appointments\[0\]"),
        ("discharge-report", {"appointments": [{"about_when": "snart", "minutes": 5}]}, "minutes"),
        (
            "discharge-report",
            {"appointments": [{"to_be_booked_by": "others", "place": "her"}]},
            "place",
        ),
        ("discharge-report", {"needs": [{"amount": "3"}]}, r"\$\.needs\[0\]"),
        ("discharge-report", {"needs": [{"name": "x", "amount": "mange"}]}, r"\$\.needs\[0\]\.amount"),
        ("services-offered", {"services": []}, r"\$\.services"),
        ("services-offered", {"services": [{"type": "15"}]}, r"\$\.services\[0\]\.starts"),
        ("services-offered", {"services": [{"starts": "2024-01-01"}]}, r"\$\.services\[0\]"),
        ("services-offered", {"services": [{"type": "99", "starts": "2024-01-01"}]}, r"\$\.services\[0\]\.type"),
        (
            "services-offered",
            {"version": "1.5", "relatives": [{"family_name": "A", "given_name": "B", "child_born": 2012}]},
            "child_born",
        ),
        (
            "health-information-update",
            {
                "nursing": {
                    "transfer_medicines": [{"name": "x", "at": "2024-03-08", "handed_out_doses": 1, "quantity": "2"}]
                }
            },
            "quantity",
        ),
    ],
)
def test_input_that_cannot_be_right_is_refused(built: Build, kind: str, changes: Json, told: str) -> None:
    """What a version has not, what contradicts itself and what is on no list is refused with its place or its words."""
    with pytest.raises(InputError, match=told):
        built(kind, changes)


def test_early_notice_says_when_the_patient_is_expected_ready(built: Build) -> None:
    """The early notice is new, of kind 1, with a date alone that is an estimate, and both texts of list 9145."""
    message = understand(built("early-notice")).message
    assert isinstance(message, HealthInformation)
    assert message.content is not None
    assert message.content.type is not None
    assert (message.content.type.v, message.content.type.dn) == ("1", "Varsel om innlagt pasient")
    event = message.stay[0]
    assert (event.code, event.estimate) == (Event.READY.cv(), True)
    assert event.time is not None
    assert event.time.value == date(2024, 3, 5)
    assert message.medical is not None
    headings = [text.heading.v for text in message.medical.notes[0].texts if text.heading is not None]
    assert headings == ["1", "2"]


def test_expected_ready_date_as_event_5(built: Build, schemas: SchemaSet, codes: CodeLists) -> None:
    """For a receiver that takes it the expected ready date is event 5, which breaks no rule either."""
    reading = read(built("early-notice", {"expected_ready_code": "5"}), schemas, Context(Side.SEND, codes, NOW))
    assert isinstance(reading.message, HealthInformation)
    assert reading.message.stay[0].code == Event.EXPECTED_READY.cv()
    assert reading.findings == ()


def test_update_changes_the_early_notice(built: Build) -> None:
    """An update is a change of kind 2 that names the message before it."""
    reading = understand(built("health-information-update"))
    message = reading.message
    assert isinstance(message, HealthInformation)
    assert message.content is not None
    assert message.content.type is not None
    assert message.top.status is not None
    assert (message.content.type.v, message.top.status.v) == ("2", "M")
    assert reading.head is not None
    assert reading.head.conversation is not None


def test_parts_of_the_record_are_numbered_within_the_message(built: Build) -> None:
    """Every komponentID is the MsgId and a number, so that building again gives the same bytes."""
    content = built("discharge-report")
    assert content == built("discharge-report")
    ids = [node.attributes["komponentID"] for node in _nodes(understand(content)) if "komponentID" in node.attributes]
    assert ids == list(dict.fromkeys(ids))
    assert all(identity.startswith("6a1d0b6f-5b0e-4c53-9f2c-6a1d0b6f5c11-") for identity in ids)


def _nodes(reading: Reading) -> Iterator[Node]:
    assert reading.nodes is not None
    return iter(reading.nodes.all)


def test_discharge_report_tells_medicines_and_appointments(built: Build) -> None:
    """Medicines given and handed out keep their order, and the three forms of appointment are told apart."""
    message = understand(built("discharge-report")).message
    assert isinstance(message, DischargeReport)
    assert message.nursing is not None
    assert message.nursing.transfer_medicines is not None
    given = message.nursing.transfer_medicines.medicines
    assert [type(one) for one in given] == [AdministeredMedicine, HandedOutMedicine]
    assert [type(one) for one in message.appointments] == [Appointment, TentativeAppointment, AppointmentToBook]
    stopped = message.medications[2].prescription
    assert stopped is not None
    assert stopped.status is not None
    assert stopped.status.dn == "Seponering"


def test_report_that_answers_a_question_holds_a_copy_of_it(built: Build) -> None:
    """An answer is marked as such and repeats the question."""
    changes = {"answers": {"asker": "hospital", "type": "1", "text": "Hva får pasienten hjelp til?"}}
    message = understand(built("admission-report", changes)).message
    assert isinstance(message, AdmissionReport)
    assert message.top.answers_request is True
    assert message.top.request is not None
    assert message.top.request.question == "Hva får pasienten hjelp til?"


def test_own_application_is_a_document_sent(built: Build) -> None:
    """That the patient applied is told as a document sent."""
    message = understand(built("medical-information")).message
    assert isinstance(message, MedicalInformation)
    sent = message.top.sent_documents[0]
    assert sent.information is not None
    assert (sent.information.dn, sent.sent) == ("Egensøknad", True)
