"""Both sides of every contradiction of the sources that conduct can decide."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.config import Settings
from adapter.config.choices import Choices as Section
from adapter.messages.answering import Software
from adapter.messages.building import build, example, parse_input
from adapter.messages.choices import (
    CONTRADICTIONS,
    RECOMMENDED,
    Choices,
    Happened,
    LogisticsChange,
    ReadyEstimate,
    Unlinked,
)
from adapter.messages.codes import CodeLists, Event
from adapter.messages.logistics import Logistics
from adapter.messages.read import read
from adapter.messages.reading import understand
from adapter.messages.reports.messages import HealthInformation
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.service.choosing import chosen
from adapter.values import HerId, MsgId

NOW = datetime(2024, 3, 25, 9, 0, tzinfo=UTC)
ELSEWHERE = {"answer_form of the partner file", "schemas.path"}


def made(kind: str, choices: Choices, codes: CodeLists, **changes: object) -> bytes:
    values = json.loads(example(kind)) | changes
    message = parse_input(kind, json.dumps(values).encode())
    msg_id = MsgId("6a1d0b6f-5b0e-4c53-9f2c-6a1d0b6f5c11")
    return build(kind, message, {}, now=NOW, msg_id=msg_id, codes=codes, software=Software("a", "1"), choices=choices)


def estimates(content: bytes) -> dict[str, bool | None]:
    message = understand(content).message
    assert isinstance(message, Logistics)
    return {event.code.v or "": event.estimate for event in message.events if event.code is not None}


@pytest.mark.parametrize(("chosen", "estimate"), [(Happened.DECIDED, False), (Happened.FINAL, True)])
def test_anslag_of_what_has_happened(codes: CodeLists, schemas: SchemaSet, chosen: Happened, estimate: bool) -> None:
    """X-1: builders write the chosen value, the rule warns of the other when sending, and receiving tolerates both."""
    choices = Choices(happened=chosen)
    content = made("admitted", choices, codes)
    assert estimates(content) == {"1": estimate}
    assert read(content, schemas, Context(Side.SEND, codes, NOW, choices=choices)).findings == ()
    other = made("admitted", Choices(happened=Happened.FINAL if not estimate else Happened.DECIDED), codes)
    judged = read(other, schemas, Context(Side.SEND, codes, NOW, choices=choices))
    assert ([finding.rule for finding in judged.findings], judged.valid) == (["PL-032"], True)
    assert read(other, schemas, Context(Side.RECEIVE, codes, NOW, choices=choices)).valid


@pytest.mark.parametrize(("chosen", "estimate"), [(ReadyEstimate.WHEN_ANNOUNCED, False), (ReadyEstimate.ALWAYS, True)])
def test_anslag_of_a_ready_time(codes: CodeLists, schemas: SchemaSet, chosen: ReadyEstimate, estimate: bool) -> None:
    """X-2: a ready time that has come is no estimate, or always one by choice; a time ahead always is."""
    choices = Choices(ready_estimate=chosen)
    content = made("discharge-ready", choices, codes)
    assert estimates(content) == {"1": False, "3": estimate}
    assert estimates(made("discharge-ready", choices, codes, ready="2024-03-28")) == {"1": False, "3": True}
    assert read(content, schemas, Context(Side.SEND, codes, NOW, choices=choices)).findings == ()


@pytest.mark.parametrize(
    ("takes", "said", "event"),
    [
        (frozenset(), {}, Event.READY),
        (frozenset({HerId("8140022")}), {}, Event.EXPECTED_READY),
        (frozenset({HerId("8140099")}), {}, Event.READY),
        (frozenset({HerId("8140022")}), {"expected_ready_code": "3"}, Event.READY),
        (frozenset(), {"expected_ready_code": "5"}, Event.EXPECTED_READY),
    ],
)
def test_event_of_the_expected_ready_date(
    codes: CodeLists, schemas: SchemaSet, takes: frozenset[HerId], said: dict[str, object], event: Event
) -> None:
    """X-3: event 3 as an estimate, event 5 for a receiver that takes it; the input goes before the choice."""
    content = made("early-notice", Choices(takes_event_5=takes), codes, **said)
    reading = read(content, schemas, Context(Side.SEND, codes, NOW))
    assert isinstance(reading.message, HealthInformation)
    assert (reading.message.stay[0].code, reading.message.stay[0].estimate) == (event.cv(), True)
    assert reading.findings == ()


@pytest.mark.parametrize("status", ["A", "H", "X", "O"])
def test_status_codes_of_the_past(codes: CodeLists, schemas: SchemaSet, status: str) -> None:
    """X-4: A, H, X and O are never sent; received none of them is refused."""
    content = made("admission-report", RECOMMENDED, codes).replace(
        b'Forsendelsesstatus V="N"', f'Forsendelsesstatus V="{status}"'.encode()
    )
    assert "PL-039" in [
        one.rule for one in read(content, schemas, Context(Side.SEND, codes, NOW)).findings if one.severity == "error"
    ]
    assert read(content, schemas, Context(Side.RECEIVE, codes, NOW)).valid


@pytest.mark.parametrize(("chosen", "valid"), [(LogisticsChange.REFUSE, False), (LogisticsChange.SEND, True)])
def test_changed_logistics_message(codes: CodeLists, schemas: SchemaSet, chosen: LogisticsChange, valid: bool) -> None:
    """X-5: a changed logistics message is refused when sending, or only warned of by choice; received it is taken."""
    earlier = {"parent": "1d2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c13"}
    content = made("discharge-ready", RECOMMENDED, codes, reference=earlier).replace(
        b'Forsendelsesstatus V="N" DN="Ny"', b'Forsendelsesstatus V="M" DN="Endring"'
    )
    choices = Choices(logistics_change=chosen)
    judged = read(content, schemas, Context(Side.SEND, codes, NOW, choices=choices))
    assert ([finding.rule for finding in judged.findings], judged.valid) == (["PL-040"], valid)
    assert read(content, schemas, Context(Side.RECEIVE, codes, NOW, choices=choices)).valid


@pytest.mark.parametrize(("chosen", "valid"), [(Unlinked.WARN, True), (Unlinked.REFUSE, False)])
def test_withdrawal_without_reference(codes: CodeLists, schemas: SchemaSet, chosen: Unlinked, valid: bool) -> None:
    """X-7: a withdrawal that does not name the readiness message is warned of when sending, or refused by choice."""
    content = made("withdrawal", RECOMMENDED, codes, reference=None)
    judged = read(content, schemas, Context(Side.SEND, codes, NOW, choices=Choices(unlinked=chosen)))
    assert ([finding.rule for finding in judged.findings], judged.valid) == (["LK-005"], valid)


def test_every_contradiction_is_decided_and_every_choice_decides_one() -> None:
    """Each has a decision and a key or a reason; the keys of `[choices]` are those of the table."""
    ids = [one.id for one in CONTRADICTIONS]
    assert ids == [*(f"X-{number}" for number in range(1, 22)), "A-1", "A-2", "AR-040", "PL-049"]
    assert all(one.decided and bool(one.key) != bool(one.why) for one in CONTRADICTIONS)
    keys = {one.key for one in CONTRADICTIONS if one.key} - ELSEWHERE
    assert keys == {f"choices.{field.name}" for field in fields(Choices)}
    assert {f"choices.{name}" for name in Section.model_fields} == keys


def test_the_section_is_what_it_says(codes: CodeLists) -> None:
    """The recommended values are the defaults, and the commented lines of the file that ships say the same."""
    assert chosen(Section()) == RECOMMENDED
    shipped = (Path(__file__).parents[3] / "config.toml").read_text("utf-8")
    _, _, block = shipped.partition("# [choices]\n")
    said = dict(re.findall(r'^# (\w+) = (?:"(\w+)"|\[\])', block.partition("\n\n")[0], re.MULTILINE))
    for name, value in said.items():
        assert str(getattr(Section(), name)) == (value or "()"), name
    assert set(said) == set(Section.model_fields)
    assert "choices" in Settings.model_fields
