"""Rules that need the store or the directory run where these are: before sending, and on what is received."""

from __future__ import annotations

import re

import pytest

from adapter.envelope.routing import Process
from adapter.messages.findings import Severity
from adapter.messages.reading import understand
from adapter.service.submission import NotTaken, judge
from adapter.service.views import apprec_word
from adapter.testing.neighbours import Neighbour, World
from adapter.values import HerId

WARD, CASE_WORK = HerId("8140011"), HerId("8140022")
READINESS = Process("LOG_UTSKRIVNINGSKLAR")
AGAIN = ("1d2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c97", "1d2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c98")
UNKNOWN = "1d2f6a5e-6c1b-4c53-9f2c-6a1d0b6f5c99"


def refused(side: Neighbour, content: bytes) -> list[str]:
    """The rules that refuse a message of a side; what is only warned of with it is left out."""
    outcome = judge(side.installation, content)
    if not isinstance(outcome, NotTaken):
        return []
    return [finding.rule for finding in outcome.findings if finding.severity is Severity.ERROR]


def warned(side: Neighbour, content: bytes) -> list[str]:
    outcome = judge(side.installation, content)
    assert not isinstance(outcome, NotTaken)
    return [finding.rule for finding in outcome.warnings]


def noted(side: Neighbour) -> list[str]:
    """What was noted of received messages."""
    lines = (line for one in side.received("LOG_UTSKRIVNINGSKLAR") for line in side.journal(one.id))
    return [line for line in lines if line.startswith("noted")]


async def exchanged(world: World) -> str:
    """A readiness message that has arrived; its MsgId."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    msg_id = world.hospital.exchange(sent).msg_id
    assert msg_id is not None
    return msg_id.value


async def test_only_an_own_message_is_cancelled(world: World) -> None:
    """What the other side has sent cannot be cancelled; what is not known is warned of; the own message can."""
    ready = await exchanged(world)
    theirs = world.municipality.build("note", receiver={"her": "8140011"}, reference={"parent": ready})
    world.municipality.submit(theirs)
    await world.settle()
    head = understand(theirs).head
    assert head is not None
    assert head.msg_id is not None
    cancel = {"status": "cancelled"}
    foreign = world.hospital.build("discharge-ready", **cancel, reference={"parent": head.msg_id.value})
    assert "LK-010" in refused(world.hospital, foreign)
    unknown = world.hospital.build("discharge-ready", **cancel, reference={"parent": UNKNOWN})
    assert warned(world.hospital, unknown) == ["LK-010"]
    own = world.hospital.build("discharge-ready", **cancel, reference={"parent": ready})
    assert (refused(world.hospital, own), warned(world.hospital, own)) == ([], [])


async def test_the_whole_way_back_is_named(world: World) -> None:
    """A third message of a dialogue names the first of it; one that does not is refused with the rule."""
    ready = await exchanged(world)
    withdrawn = world.hospital.build("withdrawal", reference={"parent": ready})
    head = understand(withdrawn).head
    assert head is not None
    assert head.msg_id is not None
    world.hospital.submit(withdrawn)
    await world.settle()
    gone = {"discharged": "2024-03-05T09:30:00+01:00"}
    short = world.hospital.build("discharged", **gone, reference={"parent": head.msg_id.value})
    assert refused(world.hospital, short) == ["LK-004"]
    whole = world.hospital.build("discharged", **gone, reference={"parent": head.msg_id.value, "conversation": ready})
    assert refused(world.hospital, whole) == []


async def test_the_receiving_party_belongs_to_its_organisation(world: World) -> None:
    """A receiver whose organisation is another one in the partner directory is refused before it is sent."""
    content = world.hospital.build("discharge-ready")
    assert refused(world.hospital, content.replace(b"<Id>8140020</Id>", b"<Id>8140030</Id>")) == ["AD-005"]


async def test_an_old_msg_id_with_other_octets_is_noted(world: World) -> None:
    """The second message under one MsgId is a duplicate: no import, no second receipt, and a note of what it was."""
    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    await world.settle()
    assert noted(world.municipality) == []
    changed = content.replace(b"Medisinsk sengepost 2", b"Medisinsk sengepost 3")
    for number, octets in enumerate((content, changed)):
        again = world.hospital.seal(octets, CASE_WORK, READINESS, sender=WARD, message_id=AGAIN[number])
        await world.road.arrive(again)
        await world.settle()
    assert len(world.municipality.sent("APPREC")) == 1
    [told] = noted(world.municipality)
    assert "MH-014" in told


@pytest.mark.parametrize("kind", ["readiness-answer", "note", "deviation"])
async def test_an_answer_about_another_patient_is_not_linked(world: World, kind: str) -> None:
    """It names a message of another patient: it is taken, but answers nothing, and a person is told (LK-007)."""
    ready = await exchanged(world)
    good = world.municipality.build(kind, receiver={"her": "8140011"}, reference={"parent": ready})
    about = good.replace(b"<Id>12834130279</Id>", b"<Id>12834130511</Id>")
    about = re.sub(rb"<MsgId>[^<]*<", f"<MsgId>{AGAIN[0]}<".encode(), about)
    strange = world.municipality.submit(about)
    right = world.municipality.submit(good)
    await world.settle()
    received = [one for one in world.hospital.received() if one.type != "APPREC"]
    about_another, meant = sorted(received, key=lambda one: b"12834130511" not in world.hospital.payload(one))
    assert apprec_word(world.municipality.exchange(strange)) == "ok"
    assert about_another.answers is None
    assert any("LK-007" in line for line in world.hospital.journal(about_another.id))
    [asked] = world.hospital.sent("LOG_UTSKRIVNINGSKLAR")
    assert meant.answers == asked.id
    assert not any("LK-007" in line for line in world.hospital.journal(meant.id))
    assert world.municipality.exchange(right).answers is not None
    assert world.municipality.exchange(strange).answers is None


@pytest.mark.parametrize("other", ["12834130279", "41834130288"])
async def test_a_cancellation_of_another_patient_is_noted(world: World, other: str) -> None:
    """A cancellation whose patient is another one is accepted with a note for a person, never a refusal."""
    ready = await exchanged(world)
    good = world.hospital.build("discharge-ready", status="cancelled", reference={"parent": ready})
    sent = world.hospital.send_unjudged(re.sub(rb"<Id>12834130279</Id>", f"<Id>{other}</Id>".encode(), good), good)
    await world.settle()
    assert apprec_word(world.hospital.exchange(sent)) == "ok"
    assert any("PL-045" in line for line in noted(world.municipality)) is (other != "12834130279")


async def test_an_answer_copies_the_question(world: World) -> None:
    """The question is the one received: another copy of it is refused before it is sent, and noted when it comes."""
    question = world.municipality.build("question")
    asked = understand(question).head
    assert asked is not None
    assert asked.msg_id is not None
    world.municipality.submit(question)
    await world.settle()
    whole = {"asker": "municipality", "type": "8", "text": "Når ventes pasienten å være utskrivningsklar?"}
    fields = {"reference": {"parent": asked.msg_id.value}}
    another = world.hospital.build("answer", **fields, question={**whole, "text": "Er hun klar?"})
    assert refused(world.hospital, another) == ["PL-075"]
    report = world.hospital.build("early-notice", **fields, answers={**whole, "type": "1"})
    assert refused(world.hospital, report) == ["PL-075"]
    right = world.hospital.build("answer", **fields, question=whole)
    assert (refused(world.hospital, right), warned(world.hospital, right)) == ([], [])
    careless = [world.hospital.send_unjudged(another, another.replace(b"Er hun klar?", whole["text"].encode()))]
    careless.append(world.hospital.submit(right))
    await world.settle()
    assert [apprec_word(world.hospital.exchange(one)) for one in careless] == ["ok", "ok"]
    notes = [world.municipality.journal(one.id) for one in world.municipality.received("DIALOG_SVAR")]
    assert sorted(any("PL-075" in line for line in lines) for lines in notes) == [False, True]


@pytest.mark.parametrize("first", [None, "1"])
async def test_one_of_several_questions_is_named(world: World, first: str | None) -> None:
    """A partner asks twice in one message; the answer names the question by its DokIdForesp (LK-016)."""
    second = {"asker": "municipality", "type": "99", "text": "Får hun hjelp?", "id": "2"}
    one, other = (
        world.municipality.build("question", question=question)
        for question in ({**second, "type": "8", "id": first}, second)
    )
    [more] = re.findall(rb"<(\w+:)?(Foresporsel>.*)</(?:\w+:)?Foresporsel>", other, re.S)
    prefix, inside = more
    close = b"</" + prefix + b"Foresporsel>"
    both = one.replace(close, close + b"<" + prefix + inside + close)
    asked = understand(both).head
    assert asked is not None
    assert asked.msg_id is not None
    world.municipality.submit(both)
    await world.settle()
    fields = {"reference": {"parent": asked.msg_id.value}}
    nameless = world.hospital.build("answer", **fields, question={**second, "id": None})
    assert refused(world.hospital, nameless) == ["LK-016"]
    assert refused(world.hospital, world.hospital.build("answer", **fields, question={**second, "id": "7"})) == [
        "LK-016"
    ]
    assert refused(world.hospital, world.hospital.build("answer", **fields, question=second)) == []


async def test_a_change_that_lacks_a_part_is_warned_of(world: World) -> None:
    """What the message in the store had, and its change has no more, is told before it is sent (PL-044)."""
    notice = world.hospital.build("early-notice")
    head = understand(notice).head
    assert head is not None
    assert head.msg_id is not None
    world.hospital.submit(notice)
    await world.settle()
    fields = {"reference": {"parent": head.msg_id.value}}
    assert warned(world.hospital, world.hospital.build("health-information-update", **fields)) == ["PL-044"]
