"""Readiness and its answer between two instances, and what both ledgers make of it (plo.md §1.5, LI-042)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from adapter.errors import AdapterError
from adapter.facts import Answer, AnswerClassified, AnswerKind
from adapter.liability.reasons import Flag
from adapter.messages.reading import understand
from adapter.service import accounts
from adapter.service.asking import Classified, Said, Sent, answer
from adapter.service.dossier import export
from adapter.service.views import apprec_word, transport_word
from adapter.store.port import Exchange
from adapter.testing import scenarios
from adapter.testing.neighbours import Neighbour, World
from adapter.testing.place import Place

CASE_WORK, NURSING = scenarios.CASE_WORK.her.value, scenarios.NURSING.her.value


async def readiness(world: World, ready: str = "2024-03-05", to: str = CASE_WORK) -> Exchange:
    """A patient reported ready, two days after the early notice was given; the exchange in the municipality."""
    world.clock.advance(timedelta(days=-2))
    world.hospital.submit(world.hospital.build("admitted"))
    await world.settle()
    for side in (world.hospital, world.municipality):
        side.note_early_notice()
    world.clock.advance(timedelta(days=2))
    world.hospital.submit(world.hospital.build("discharge-ready", ready=ready, receiver={"her": to}))
    await world.settle()
    [received] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    return received


def nights(side: Neighbour) -> list[str]:
    """The payable nights of the only stay of a side."""
    [known] = accounts.known_stays(side.installation.store)
    now = side.installation.clock.now()
    [row] = accounts.ledger_of(side.settings, side.installation.in_force.terms, (known,), now).rows
    return [night.date.isoformat() for night in row.nights]


def answers(side: Neighbour) -> list[tuple[AnswerKind, date | None]]:
    """The answers in a side's fact log."""
    said = [one.entry.fact.what for one in side.facts()]
    return [(what.answer, what.promised) for what in said if isinstance(what, Answer)]


@pytest.mark.parametrize(
    ("said", "recorded"),
    [
        (Said(AnswerKind.ACCEPT), (AnswerKind.ACCEPT, None)),
        (Said(AnswerKind.LATER, date(2024, 3, 8)), (AnswerKind.LATER, date(2024, 3, 8))),
        (Said(AnswerKind.REFUSE, text="Ingen ledig plass."), (AnswerKind.REFUSE, None)),
    ],
    ids=["accept", "later", "refuse"],
)
async def test_an_answer_reaches_the_hospital_as_it_was_meant(
    world: World, said: Said, recorded: tuple[AnswerKind, date | None]
) -> None:
    """What the municipality answers is a fact with the same meaning on both sides, and the same nights."""
    received = await readiness(world)
    world.clock.advance(timedelta(hours=1))
    outcome = answer(world.municipality.installation, received, said)
    assert isinstance(outcome, Sent)
    await world.settle()
    sent = world.municipality.exchange(outcome.exchange_id)
    assert (transport_word(sent), apprec_word(sent)) == ("acknowledged", "ok")
    assert answers(world.hospital) == answers(world.municipality) == [recorded]
    world.clock.advance(timedelta(days=2))
    assert nights(world.hospital) == nights(world.municipality)
    assert bool(nights(world.hospital)) is (said.answer is not AnswerKind.ACCEPT)


async def test_an_acceptance_may_be_withdrawn(world: World) -> None:
    """After `accept` and `withdraw` both sides know both answers and find the same nights."""
    received = await readiness(world)
    for kind in (AnswerKind.ACCEPT, AnswerKind.WITHDRAW):
        world.clock.advance(timedelta(hours=1))
        answer(world.municipality.installation, received, Said(kind))
        await world.settle()
    assert [kind for kind, _ in answers(world.hospital)] == [AnswerKind.ACCEPT, AnswerKind.WITHDRAW]
    world.clock.advance(timedelta(days=3))
    assert nights(world.hospital) == nights(world.municipality)


async def test_a_further_answer_follows_the_one_before_it(world: World) -> None:
    """Its parent is the answer before, its dialogue starts at the readiness message; a yes to the announced date is
    still read as one, and proved."""
    received = await readiness(world, ready="2024-03-08")
    for said in (Said(AnswerKind.LATER, date(2024, 3, 11)), Said(AnswerKind.ACCEPT)):
        world.clock.advance(timedelta(hours=1))
        assert isinstance(answer(world.municipality.installation, received, said), Sent)
        await world.settle()
    assert answers(world.hospital) == [(AnswerKind.LATER, date(2024, 3, 11)), (AnswerKind.ACCEPT, None)]
    links = {}
    for one in world.hospital.received("DIALOG_HELSEFAGLIG"):
        head = understand(world.hospital.payload(one)).head
        assert head is not None
        assert head.conversation is not None
        links[head.msg_id] = (head.conversation.parent, head.conversation.conversation)
    [first] = [name for name, (parent, _) in links.items() if parent == received.msg_id]
    assert set(links.values()) == {(received.msg_id, received.msg_id), (first, received.msg_id)}
    for side in (world.hospital, world.municipality):
        [known] = accounts.known_stays(side.installation.store)
        assert export(side.installation, known.stay.key, None, anonymised=False).report.holds


async def test_the_same_course_gives_the_same_nights_on_both_sides(world: World) -> None:
    """Ready on Tuesday, expected Friday, ready and gone on Friday: the same three nights on both sides."""
    received = await readiness(world)
    world.clock.advance(timedelta(hours=2))
    answer(world.municipality.installation, received, Said(AnswerKind.LATER, date(2024, 3, 8)))
    await world.settle()
    await world.go_on(timedelta(days=3) - timedelta(hours=3))
    answer(world.municipality.installation, received, Said(AnswerKind.ACCEPT))
    await world.settle()
    assert received.msg_id is not None
    left = world.hospital.build(
        "discharged", discharged="2024-03-08T09:30:00+01:00", reference={"parent": received.msg_id.value}
    )
    await world.go_on(timedelta(hours=3))
    world.hospital.submit(left)
    await world.go_on(timedelta(days=5))
    assert nights(world.hospital) == nights(world.municipality) == ["2024-03-05", "2024-03-06", "2024-03-07"]


async def test_a_free_text_answer_waits_for_a_person(world: World) -> None:
    """An answer without our first line is unclear until somebody in the hospital says what it means."""
    received = await readiness(world)
    assert received.msg_id is not None
    world.clock.advance(timedelta(hours=1))
    note = world.municipality.build(
        "readiness-answer", answer="later", day="2024-03-08", reference={"parent": received.msg_id.value}
    )
    free = note.replace(b"Kan ta imot: NEI, forventet dato 2024-03-08", "Vi må se på det".encode())
    assert free != note
    world.municipality.send_unjudged(free, note)
    await world.settle()
    [got] = [one for one in world.hospital.received() if one.type == "DIALOG_HELSEFAGLIG"]
    assert answers(world.hospital) == [(AnswerKind.UNCLEAR, None)]
    outcome = answer(world.hospital.installation, got, Said(AnswerKind.REFUSE))
    assert outcome == Classified(got.id)
    said = [one.entry.fact.what for one in world.hospital.facts() if isinstance(one.entry.fact.what, AnswerClassified)]
    assert [(one.answer, one.refers_to) for one in said] == [(AnswerKind.REFUSE, got.msg_id)]


async def test_an_answer_by_telephone_is_noted_at_the_readiness_message(world: World) -> None:
    """A spoken answer is a person's fact of the hospital, and nothing is sent."""
    await readiness(world)
    [sent] = world.hospital.sent("LOG_UTSKRIVNINGSKLAR")
    carried = len(world.road.taken)
    assert answer(world.hospital.installation, sent, Said(AnswerKind.ACCEPT)) == Classified(sent.id)
    await world.settle()
    assert answers(world.hospital) == [(AnswerKind.ACCEPT, None)]
    assert len(world.road.taken) == carried


async def test_nobody_answers_before_the_message_has_arrived(world: World) -> None:
    """A spoken answer to a message that the municipality has not had is refused with what to do."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    with pytest.raises(AdapterError, match="has not had"):
        answer(world.hospital.installation, world.hospital.exchange(sent), Said(AnswerKind.ACCEPT))


async def test_what_we_send_is_never_unclear(world: World) -> None:
    """The municipality cannot answer `unclear`, and no other message can be answered."""
    received = await readiness(world)
    with pytest.raises(AdapterError, match="never unclear"):
        answer(world.municipality.installation, received, Said(AnswerKind.UNCLEAR))
    [admitted] = world.municipality.received("LOG_INNLAGT")
    with pytest.raises(AdapterError):
        answer(world.municipality.installation, admitted, Said(AnswerKind.ACCEPT))


class TestAnotherPlace:
    """Configurations of the municipality that an answer depends on."""

    async def test_a_partner_of_form_a_gets_a_note(self, place: Place, start: Callable[[], World]) -> None:
        """A hospital that takes form A is answered by DIALOG_NOTAT, and understands it."""
        partner = place.folder / "municipality" / "partners" / "8140011.toml"
        partner.write_text('answer_form = "DIALOG_NOTAT"\n' + partner.read_text("utf-8"), "utf-8")
        world = start()
        received = await readiness(world)
        outcome = answer(world.municipality.installation, received, Said(AnswerKind.LATER, date(2024, 3, 8)))
        assert isinstance(outcome, Sent)
        await world.settle()
        assert world.municipality.exchange(outcome.exchange_id).type == "DIALOG_NOTAT"
        assert answers(world.hospital) == [(AnswerKind.LATER, date(2024, 3, 8))]

    async def test_without_a_contact_there_is_no_answer(
        self, configure: Callable[[str, str, str], None], start: Callable[[], World]
    ) -> None:
        """An answer names a health professional with a telephone; a party without contact is told so."""
        for _ in range(2):
            configure("municipality", "\ncontact = ", "\n# contact = ")
        world = start()
        received = await readiness(world)
        with pytest.raises(AdapterError, match="contact"):
            answer(world.municipality.installation, received, Said(AnswerKind.ACCEPT))


async def test_a_cancelled_notice_starts_nothing(world: World) -> None:
    """Forsendelsesstatus C by build-JSON: the notice it means is void, and both sides find no night."""
    received = await readiness(world)
    assert received.msg_id is not None
    await world.go_on(timedelta(days=2))
    assert nights(world.municipality)
    world.hospital.submit(
        world.hospital.build("discharge-ready", status="cancelled", reference={"parent": received.msg_id.value})
    )
    await world.settle()
    await world.go_on(timedelta(days=2))
    assert nights(world.hospital) == nights(world.municipality) == []


@pytest.mark.parametrize("unknown", [False, True], ids=["every change here", "the last one not here"])
async def test_a_cancelled_early_notice_is_cancelled_with_its_updates(world: World, unknown: bool) -> None:
    """PL-046, PL-042: a cancellation that names the latest update voids the notice under it, as the evidence says."""
    hospital, municipality = world.hospital, world.municipality
    world.clock.advance(timedelta(days=-1))
    said = [_submitted(hospital, hospital.build("early-notice"))]
    await world.settle()
    for _ in range(2):
        link = {"parent": said[-1], "conversation": said[0]}
        said.append(_submitted(hospital, hospital.build("health-information-update", reference=link)))
        await world.settle()
    world.clock.advance(timedelta(days=1))
    hospital.submit(hospital.build("discharge-ready"))
    await world.settle()
    await world.go_on(timedelta(days=2))
    assert nights(hospital) == nights(municipality) == ["2024-03-05", "2024-03-06"]
    link = {"parent": hospital.installation.ids.fresh() if unknown else said[-1], "conversation": said[0]}
    hospital.submit(hospital.build("early-notice", status="cancelled", reference=link))
    await world.settle()
    assert nights(hospital) == nights(municipality) == []
    for side in (hospital, municipality):
        [known] = accounts.known_stays(side.installation.store)
        assert export(side.installation, known.stay.key, None, anonymised=False).report.holds


def _submitted(side: Neighbour, content: bytes) -> str:
    """Hand a message over; its MsgId."""
    sent = side.exchange(side.submit(content)).msg_id
    assert sent is not None
    return sent.value


async def test_a_cancellation_without_reference_finds_the_one_message_it_means(world: World) -> None:
    """X-6: status C without ConversationRef voids the notice with the same events, and the evidence still verifies."""
    received = await readiness(world)
    assert received.msg_id is not None
    named = world.hospital.build("discharge-ready", status="cancelled", reference={"parent": received.msg_id.value})
    nameless = re.sub(rb"<ConversationRef>.*?</ConversationRef>", b"", named, flags=re.DOTALL)
    world.hospital.send_unjudged(nameless, named)
    await world.settle()
    await world.go_on(timedelta(days=2))
    assert nights(world.hospital) == nights(world.municipality) == []
    installation = world.municipality.installation
    [known] = accounts.known_stays(installation.store)
    assert export(installation, known.stay.key, None, anonymised=False).report.holds


async def test_a_cancellation_without_reference_waits_for_a_person_by_choice(
    configure: Callable[[str, str, str], None], start: Callable[[], World]
) -> None:
    """X-6: with `unreferenced = "person"` nothing is matched, the stay asks for a look, and the evidence verifies."""
    configure("municipality", "[store]", '[choices]\nunreferenced = "person"\n\n[store]')
    world = start()
    received = await readiness(world)
    assert received.msg_id is not None
    named = world.hospital.build("discharge-ready", status="cancelled", reference={"parent": received.msg_id.value})
    nameless = re.sub(rb"<ConversationRef>.*?</ConversationRef>", b"", named, flags=re.DOTALL)
    world.hospital.send_unjudged(nameless, named)
    await world.settle()
    await world.go_on(timedelta(days=2))
    assert nights(world.municipality) != []
    told = [line for one in world.municipality.received() for line in world.municipality.journal(one.id)]
    assert any(line.startswith("for a person") for line in told)
    installation = world.municipality.installation
    [known] = accounts.known_stays(installation.store)
    assert export(installation, known.stay.key, None, anonymised=False).report.holds


async def test_a_cancellation_that_could_mean_two_messages_is_for_a_person(world: World) -> None:
    """X-6: with two notices of the same events nothing is cancelled, and the stay asks for a look."""
    received = await readiness(world)
    assert received.msg_id is not None
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    named = world.hospital.build("discharge-ready", status="cancelled", reference={"parent": received.msg_id.value})
    nameless = re.sub(rb"<ConversationRef>.*?</ConversationRef>", b"", named, flags=re.DOTALL)
    world.hospital.send_unjudged(nameless, named)
    await world.settle()
    await world.go_on(timedelta(days=2))
    assert nights(world.municipality) != []
    told = [line for one in world.municipality.received() for line in world.municipality.journal(one.id)]
    assert any(line.startswith("for a person") for line in told)


@pytest.mark.parametrize(("service", "looked_at"), [(CASE_WORK, False), (NURSING, True)], ids=["case work", "nursing"])
async def test_a_notice_to_another_service_counts_and_is_looked_at(world: World, service: str, looked_at: bool) -> None:
    """LI-036: both sides find the nights; with the nursing service addressed both ask for a look, and it is proved."""
    await readiness(world, to=service)
    await world.go_on(timedelta(days=2))
    for side in (world.hospital, world.municipality):
        installation = side.installation
        [known] = accounts.known_stays(installation.store)
        ledger = accounts.ledger_of(side.settings, installation.in_force.terms, (known,), installation.clock.now())
        [row] = ledger.rows
        assert row.nights
        assert (Flag.REVIEW in row.flags) is looked_at
        assert export(installation, known.stay.key, None, anonymised=False).report.holds
