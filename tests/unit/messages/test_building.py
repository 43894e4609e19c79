"""Whether every kind is built from its example without a finding, and every mistake of an input is told at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.errors import INPUT_NOT_UNDERSTOOD, AdapterError
from adapter.messages.answering import Software
from adapter.messages.apprec import write_apprec
from adapter.messages.building import (
    InputError,
    build,
    example,
    json_schema,
    kinds,
    parse_input,
    parties_to_look_up,
    versions,
)
from adapter.messages.codes import CodeLists, Event
from adapter.messages.dialog import Dialog, DialogVersion
from adapter.messages.logistics import Logistics, Use, Version
from adapter.messages.party import Party
from adapter.messages.read import read
from adapter.messages.readiness import ReadinessAnswer, Reply, answer_text, read_answer
from adapter.messages.reading import understand
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.messages.writing import write_message
from adapter.values import HerId, MsgId

Build = Callable[..., bytes]
FIXTURES = Path(__file__).parents[3] / "fixtures/messages"
READY = "5c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a02"

STAY = [
    ("admitted", "2024-03-01T13:40:00+00:00", "0d1f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c11"),
    ("discharge-ready", "2024-03-05T08:40:00+00:00", READY),
    ("readiness-answer", "2024-03-05T09:05:00+00:00", "0f6b7c1e-2d0a-4a53-9a57-7d0b9a7a0001"),
    ("readiness-answer-note", "2024-03-05T09:05:00+00:00", "0f6b7c1e-2d0a-4a53-9a57-7d0b9a7a0002"),
    ("apprec", "2024-03-05T08:41:00+00:00", "1f0f6a54-5b0e-4c53-9f2c-6a1d0b6f5c12"),
    ("withdrawal", "2024-03-06T15:12:00+00:00", "7c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a03"),
    ("discharged", "2024-03-08T10:15:00+00:00", "8c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a04"),
    ("death", "2024-03-20T12:00:00+00:00", "9c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a05"),
    ("health-information-to-gp", "2024-02-20T09:00:00+00:00", "0a1f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c10"),
    ("early-notice", "2024-03-01T16:30:00+00:00", "1d2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c13"),
    ("admission-report", "2024-03-01T17:00:00+00:00", "1e2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c14"),
    ("health-information-update", "2024-03-03T10:00:00+00:00", "3d2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c15"),
    ("question", "2024-03-03T11:00:00+00:00", "4b2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a09"),
    ("answer", "2024-03-03T12:00:00+00:00", "4c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a10"),
    ("clinical-dialog", "2024-03-03T13:00:00+00:00", "4d2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a11"),
    ("deviation", "2024-03-05T09:00:00+00:00", "5e2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a12"),
    ("discharge-report", "2024-03-08T10:30:00+00:00", "8d2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a13"),
    ("note", "2024-03-09T08:00:00+00:00", "9a2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a14"),
    ("medical-information", "2024-03-10T08:00:00+00:00", "9b2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a15"),
    ("services-offered", "2024-03-11T08:00:00+00:00", "9d2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a16"),
]
"""The messages of one invented stay: kind, GenDate, MsgId. The files in `fixtures/messages` are these."""


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("kind", kinds())
def test_example_builds_without_a_finding(
    built: Build, schemas: SchemaSet, codes: CodeLists, kind: str, side: Side
) -> None:
    """The example of every kind becomes a message that schema and rules have nothing to say about."""
    now = datetime(2024, 3, 25, 9, 0, tzinfo=UTC)
    reading = read(built(kind, now=now), schemas, Context(side, codes, now))
    assert reading.findings == ()
    assert reading.type is not None


VERSIONS = [(kind, version) for kind in kinds() for version in versions(kind) or (None,)]


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
def test_what_is_built_is_clean_and_read_back(
    schemas: SchemaSet, codes: CodeLists, kind: str, version: str | None
) -> None:
    """Every kind in every version is built from its example without a finding, and says the same when read.

    What is read is written again, head and content, and gives the very document that was built.
    """
    now = datetime(2024, 3, 25, 9, 0, tzinfo=UTC)
    message = parse_input(kind, example(kind, version).encode())
    software, msg_id = Software("adapter", "test"), MsgId("6a1d0b6f-5b0e-4c53-9f2c-6a1d0b6f5c11")
    content = build(kind, message, {}, now=now, msg_id=msg_id, codes=codes, software=software)
    for side in Side:
        reading = read(content, schemas, Context(side, codes, now))
        assert reading.findings == ()
        assert version is None or (reading.standard is not None and reading.standard.version == version)
        if reading.apprec is not None:
            assert write_apprec(reading.apprec) == content
        else:
            assert reading.head is not None
            assert reading.message is not None
            assert write_message(reading.head, reading.message) == content


def test_a_version_that_is_not_built_is_refused() -> None:
    """An example in a version that a kind has not is an error that names those it has."""
    with pytest.raises(AdapterError, match=r"1\.6, 1\.5"):
        example("admission-report", "2.0")
    with pytest.raises(AdapterError, match="no versions"):
        example("readiness-answer", "1.1")


@pytest.mark.parametrize("version", ["1.5", "1.6"])
@pytest.mark.parametrize(
    ("kind", "use"),
    [
        ("admitted", Use.ADMITTED),
        ("discharge-ready", Use.DISCHARGE_READY),
        ("withdrawal", Use.WITHDRAWAL),
        ("discharged", Use.DISCHARGED),
        ("death", Use.DEATH),
    ],
)
def test_logistics_kinds_in_both_versions(
    built: Build, schemas: SchemaSet, codes: CodeLists, kind: str, use: Use, version: str
) -> None:
    """Each of the five uses is built in 1.6 and in 1.5, and is clean in both."""
    reading = read(built(kind, {"version": version}), schemas, Context(Side.SEND, codes))
    assert reading.findings == ()
    assert reading.name == kind
    assert isinstance(reading.message, Logistics)
    assert (reading.message.use, reading.message.version) == (use, Version(version))


@pytest.mark.parametrize(("kind", "when", "msg_id"), STAY)
def test_fixture_is_what_the_builder_builds(built: Build, kind: str, when: str, msg_id: str) -> None:
    """The sample messages of the project are the builders' own work."""
    content = built(kind, now=datetime.fromisoformat(when), msg_id=msg_id)
    assert (FIXTURES / f"{kind}.xml").read_bytes() == content


def test_forms_of_the_answer(built: Build) -> None:
    """The answer is written as clinical dialog 1.1 and as note 1.0, and both read back to what was meant."""
    for kind, type_, version in (
        ("readiness-answer", "DIALOG_HELSEFAGLIG", DialogVersion.V1_1),
        ("readiness-answer-note", "DIALOG_NOTAT", DialogVersion.V1_0),
    ):
        now = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
        reading = understand(built(kind, {"answer": "accept", "day": "2024-03-05"}, now=now))
        assert reading.type == type_
        assert isinstance(reading.message, Dialog)
        assert reading.message.version is version
        text = answer_text(reading.message) or ""
        assert read_answer(text, now.date(), None) == ReadinessAnswer(Reply.ACCEPT, now.date())
        assert text.endswith("ventes ledig da.")


@pytest.mark.parametrize(
    ("ready", "announced"),
    [("2024-03-05", False), ("2024-03-06", True), ("2024-03-05T12:00:00+01:00", True), ("2024-03-05T09:00:00Z", False)],
)
def test_only_an_announced_ready_time_is_an_estimate(built: Build, ready: str, announced: bool) -> None:
    """Anslag is true for a ready time to come and false for one that has come."""
    now = datetime(2024, 3, 5, 10, 0, tzinfo=UTC)
    message = understand(built("discharge-ready", {"ready": ready}, now=now)).message
    assert isinstance(message, Logistics)
    event = message.event(Event.READY)
    assert event is not None
    assert event.time is not None
    assert (event.estimate, event.time.text) == (announced, ready)


def test_cancellation_names_what_it_cancels(built: Build) -> None:
    """A cancellation has status C and both fields of the reference; without a reference it is refused."""
    content = built("discharge-ready", {"status": "cancelled", "reference": {"parent": READY}})
    reading = understand(content)
    assert reading.head is not None
    link = reading.head.conversation
    assert link is not None
    assert (link.parent, link.conversation) == (MsgId(READY), MsgId(READY))
    assert b'<po:Forsendelsesstatus V="C" DN="Kansellering"/>' in content
    with pytest.raises(InputError, match="reference"):
        built("discharge-ready", {"status": "cancelled"})


def test_every_mistake_is_told_at_once_with_its_path() -> None:
    """Each field that is wrong is named by its JSON path, whatever else is wrong."""
    values = json.loads(example("admitted"))
    values["sender"]["her"] = "08"
    values["patient"]["sex"] = "queen"
    values["patient"]["given_name"] = "A\x00"
    values["responsible"][0]["profession"] = "?"
    values["admitted"] = "2024-03-01"
    values["status"] = "changed"
    values["unknown"] = 1
    del values["receiver"]
    with pytest.raises(InputError) as refused:
        parse_input("admitted", json.dumps(values).encode())
    assert {mistake.path for mistake in refused.value.mistakes} == {
        "$.sender.her",
        "$.patient.sex",
        "$.patient.given_name",
        "$.responsible[0].profession",
        "$.admitted",
        "$.status",
        "$",
        "$.receiver",
    }


@pytest.mark.parametrize("kind", kinds())
def test_mistakes_repeat_no_value(kind: str) -> None:
    """Whatever stands in a field, the mistake does not repeat it."""
    values = json.loads(example(kind))
    secret = "Hemmelighet 12834130279"
    broken = dict.fromkeys(values, secret) | {"sender": {"her": secret, "name": secret, "organisation": secret}}
    with pytest.raises(InputError) as refused:
        parse_input(kind, json.dumps(broken).encode())
    assert "Hemmelighet" not in str(refused.value)
    assert "1283" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"[", b"[]", b"null", b"\xff", b'{"a": 1', b'"Lyngrose"'])
def test_input_that_is_no_object_is_a_mistake(content: bytes) -> None:
    """Anything but a JSON object is refused as a whole."""
    with pytest.raises(InputError) as refused:
        parse_input("admitted", content)
    assert [mistake.path for mistake in refused.value.mistakes] == ["$"]
    assert refused.value.kind is INPUT_NOT_UNDERSTOOD


def test_party_is_looked_up_by_her_id(codes: CodeLists) -> None:
    """A party given by HER-id alone comes from the partner directory, and is missed by name if it is not there."""
    values = json.loads(example("admitted")) | {"receiver": {"her": "77"}, "copies": [{"her": "78"}]}
    message = parse_input("admitted", json.dumps(values).encode())
    assert parties_to_look_up(message) == (HerId("77"), HerId("78"))
    known = {HerId("77"): Party(HerId("77"), "Sykepleietjeneste", HerId("70"), "Fjordby kommune")}
    with pytest.raises(InputError) as refused:
        _build(message, known, codes)
    assert [mistake.path for mistake in refused.value.mistakes] == ["$.copies[0].her"]
    known[HerId("78")] = Party(HerId("78"), "Saksbehandling", HerId("70"), "Fjordby kommune")
    head = understand(_build(message, known, codes)).head
    assert head is not None
    assert [receiver.party_her for receiver in head.all_receivers] == [HerId("77"), HerId("78")]
    assert head.receiver.organisation_her == HerId("70")


def _build(message: object, parties: dict[HerId, Party], codes: CodeLists) -> bytes:
    now, msg_id = datetime(2024, 3, 25, tzinfo=UTC), MsgId("6a1d0b6f-5b0e-4c53-9f2c-6a1d0b6f5c11")
    return build("admitted", message, parties, now=now, msg_id=msg_id, codes=codes, software=Software("a", "1"))  # type: ignore[arg-type]


def test_code_outside_its_list_is_a_mistake(built: Build) -> None:
    """A profession or role that the lists do not know is refused with its path."""
    doctor = json.loads(example("admitted"))["responsible"][0]
    with pytest.raises(InputError) as refused:
        built("admitted", {"responsible": [doctor | {"profession": "QQ", "role": "77"}]})
    assert {mistake.path for mistake in refused.value.mistakes} == {
        "$.responsible[0].profession",
        "$.responsible[0].role",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"answer": "refuse"},
        {"answer": "accept", "day": None},
        {"contact": json.loads(example("readiness-answer"))["contact"] | {"phone": None}},
    ],
)
def test_answer_holds_together(built: Build, changes: dict[str, object]) -> None:
    """A day belongs to accept and later only, and the contact has a telephone."""
    with pytest.raises(InputError):
        built("readiness-answer", changes)


@pytest.mark.parametrize(
    ("kind", "type_", "version"),
    [
        ("question", "DIALOG_FORESPORSEL", DialogVersion.V1_0),
        ("answer", "DIALOG_SVAR", DialogVersion.V1_0),
        ("clinical-dialog", "DIALOG_HELSEFAGLIG", DialogVersion.V1_1),
        ("deviation", "DIALOG_AVVIK", DialogVersion.V1_0),
    ],
)
def test_dialog_kinds(built: Build, kind: str, type_: str, version: DialogVersion) -> None:
    """Each dialog message is built in the version its profile names."""
    reading = understand(built(kind))
    assert isinstance(reading.message, Dialog)
    assert (reading.type, reading.name, reading.message.version) == (type_, kind, version)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("question", {"question": {"asker": "gp", "type": "99"}}),
        ("question", {"question": {"asker": "gp", "type": "8", "text": "Ikke på listen"}}),
        ("clinical-dialog", {"to": None}),
        ("deviation", {"reference": None}),
        ("answer", {"reference": None}),
    ],
)
def test_dialog_inputs_hold_together(built: Build, kind: str, changes: dict[str, object]) -> None:
    """A question has words or a code of the asker's list, an answer a reference, an enquiry an addressee."""
    with pytest.raises(InputError):
        built(kind, changes)


def test_negative_receipt(built: Build) -> None:
    """A receipt with errors is negative, and X99 needs words."""
    receipt = understand(built("apprec", {"errors": [{"code": "X99", "explanation": "Vedlegg mangler"}]})).apprec
    assert receipt is not None
    assert receipt.accepted is False
    assert (receipt.errors[0].dn, receipt.errors[0].ot) == ("Annen feil", "Vedlegg mangler")
    with pytest.raises(InputError, match="X99"):
        built("apprec", {"errors": [{"code": "X99"}]})


@pytest.mark.parametrize("kind", kinds())
def test_json_schema_names_every_field_of_the_example(kind: str) -> None:
    """The JSON Schema is of the same model as the example."""
    schema = json.loads(json_schema(kind))
    assert set(json.loads(example(kind))) <= set(schema["properties"])
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("use", [example, json_schema, lambda kind: parse_input(kind, b"{}")])
def test_unknown_kind_is_refused_with_the_list(use: Callable[[str], object]) -> None:
    """A kind that does not exist is answered with those that do."""
    with pytest.raises(AdapterError, match="discharge-ready"):
        use("admission")


def test_input_of_another_kind_is_refused(codes: CodeLists) -> None:
    """An input is built as the kind it was read as."""
    with pytest.raises(AdapterError, match="admitted"):
        _build(parse_input("death", example("death").encode()), {}, codes)
