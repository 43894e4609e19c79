"""A received message that is held waits for a person, who accepts or refuses it, once and on the record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.envelope.routing import Process
from adapter.errors import AdapterError
from adapter.service import holding
from adapter.service.claiming import refusal_code
from adapter.service.operating import By
from adapter.service.views import apprec_word
from adapter.store.port import Act, Exchange
from adapter.testing.neighbours import World
from adapter.values import HerId, Moment

NURSE = By("Kari", "the hospital says by telephone that it is theirs")


async def parked(world: World) -> Exchange:
    """A message under another's name (EB-508), in the municipality."""
    content = world.hospital.build("discharge-ready")
    changed = content.replace(b"8140010", b"8160010").replace(b"8140011", b"8160011")
    world.hospital.send_unjudged(changed, content)
    await world.settle()
    [exchange] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    return exchange


async def synthetic(world: World) -> Exchange:
    """A message about a synthetic person, where the municipality runs in production (ID-006)."""
    installation = world.municipality.installation
    production = installation.settings.model_copy(update={"mode": "production"})
    object.__setattr__(installation, "settings", production)
    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    await world.settle()
    [exchange] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    return exchange


async def under(world: World, action: str) -> Exchange:
    """A readiness message in an envelope whose eb:Action says something else (MH-010)."""
    content = world.hospital.build("discharge-ready")
    ward, nursing = HerId("8140011"), HerId("8140021")
    fresh = world.hospital.installation.ids.fresh()
    await world.road.arrive(world.hospital.seal(content, nursing, Process(action), sender=ward, message_id=fresh))
    await world.settle()
    return world.municipality.received("LOG_UTSKRIVNINGSKLAR")[-1]


@pytest.mark.parametrize("accepted", [True, False])
async def test_an_envelope_of_another_type_holds_its_message(world: World, accepted: bool) -> None:
    """It is acknowledged and gets no AppRec until a person accepts it, or refuses it with a code."""
    installation = world.municipality.installation
    exchange = await under(world, "LOG_AVMELDING")
    assert [one.exchange.id for one in holding.held(installation)] == [exchange.id]
    assert "MH-010" in "".join(world.municipality.journal(exchange.id))
    assert (world.municipality.inbox(), world.municipality.sent("APPREC")) == ({}, [])
    if accepted:
        holding.accept(installation, exchange.id, NURSE)
    else:
        holding.refuse(installation, exchange.id, NURSE, (refusal_code(installation.codes, "E36", ""),))
    await world.settle()
    assert (f"{exchange.id}.xml" in world.municipality.inbox()) is accepted
    assert len(world.municipality.sent("APPREC")) == 1


@pytest.mark.parametrize("action", ["LOG_NYTT", "PASIENTLOGISTIKK"])
async def test_an_envelope_of_no_known_type_is_noted(world: World, action: str) -> None:
    """What is not a type we know, or the general one, contradicts nothing: the message is taken, and the rule named."""
    exchange = await under(world, action)
    assert f"{exchange.id}.xml" in world.municipality.inbox()
    assert holding.held(world.municipality.installation) == ()
    assert "MH-010" in "".join(world.municipality.journal(exchange.id))


async def test_what_is_held_is_listed_with_its_reason(world: World) -> None:
    """Both kinds, with why; only for the parties that received them; and the list of exchanges says what to do."""
    exchange = await parked(world)
    installation = world.municipality.installation
    [one] = holding.held(installation)
    assert (one.exchange.id, one.why) == (exchange.id, "it names another sender than its envelope")
    assert holding.held(installation, (exchange.receiver,)) == (one,)
    assert holding.held(installation, (HerId("1"),)) == ()
    [row] = [row for row in world.municipality.listing() if row.id == exchange.id]
    assert "adapter inbox accept" in row.next_step


async def test_an_accepted_message_goes_on_as_if_it_had_just_arrived(world: World) -> None:
    """The application gets it, the sender its AppRec, the stay its fact, dated when the message was received."""
    exchange = await synthetic(world)
    assert world.municipality.inbox() == {}
    received = world.clock.now()
    await world.go_on(timedelta(hours=5))
    done = holding.accept(world.municipality.installation, exchange.id[:9], NURSE)
    assert done.outcome == "given to the application"
    await world.settle()
    assert list(world.municipality.inbox()) == [f"{exchange.id}.xml"]
    [sent] = world.hospital.sent()
    assert apprec_word(world.hospital.exchange(sent.id)) == "ok"
    assert world.municipality.facts()[0].entry.fact.when == Moment.at(received)
    assert holding.held(world.municipality.installation) == ()
    acts = world.municipality.installation.store.read_now(lambda reader: reader.acts(exchange.id))
    assert [(act.who, act.act, act.reason) for act in acts] == [("Kari", Act.ACCEPT, NURSE.reason)]


async def test_a_refused_message_is_told_to_its_sender_with_a_code(world: World) -> None:
    """The negative AppRec carries the person's code; nothing reaches the application or the bill."""
    exchange = await synthetic(world)
    installation = world.municipality.installation
    code = refusal_code(installation.codes, "X99", "Testmelding")
    assert holding.refuse(installation, exchange.id, By("Kari", "a test in production"), (code,)).outcome.startswith(
        "refused"
    )
    await world.settle()
    [sent] = world.hospital.sent()
    receipt = world.hospital.exchange(sent.id).receipt
    assert receipt is not None
    assert (receipt.state.value, receipt.errors) == ("rejected", ("X99",))
    assert world.municipality.inbox() == {}


async def test_a_code_that_is_not_ours_to_send_is_refused_at_once(world: World) -> None:
    """AR-011 would stop the receipt later and its sender would wait in vain; the message is still held."""
    exchange = await synthetic(world)
    installation = world.municipality.installation
    for code in ("E33", "E35", "E20"):
        with pytest.raises(AdapterError, match="AR-011"):
            holding.refuse(
                installation, exchange.id, By("Kari", "a test"), (refusal_code(installation.codes, code, ""),)
            )
    with pytest.raises(AdapterError, match="T99 says nothing"):
        refusal_code(installation.codes, "T99", "")
    assert len(holding.held(installation)) == 1


async def test_a_forged_message_is_refused_in_silence(world: World) -> None:
    """Who sent it is not known: a code is refused, and without one nothing goes out."""
    exchange = await parked(world)
    installation = world.municipality.installation
    code = refusal_code(installation.codes, "E36", "")
    with pytest.raises(AdapterError, match="nobody gets an AppRec"):
        holding.refuse(installation, exchange.id, By("Kari", "forged"), (code,))
    assert len(holding.held(installation)) == 1
    assert holding.refuse(installation, exchange.id, By("Kari", "forged")).outcome == "refused, without an AppRec"
    await world.settle()
    assert world.municipality.sent() == []
    assert holding.held(installation) == ()


async def test_a_decision_is_made_once_and_only_about_what_is_held(world: World) -> None:
    """A second decision, and one about a message that the application has, are refused."""
    exchange = await parked(world)
    installation = world.municipality.installation
    holding.accept(installation, exchange.id, NURSE)
    for again in (holding.accept, holding.refuse):
        with pytest.raises(AdapterError, match="does not wait for a person"):
            again(installation, exchange.id, NURSE)
    await world.settle()
    assert len(world.municipality.inbox()) == 1


async def test_a_message_that_was_taken_in_meanwhile_is_not_given_twice(world: World) -> None:
    """Two envelopes with one message are held; when the first is accepted, the second is a duplicate."""
    exchange = await parked(world)
    process, fresh = Process("LOG_UTSKRIVNINGSKLAR"), world.hospital.installation.ids.fresh()
    held = world.municipality.payload(exchange)
    again = world.hospital.seal(held, exchange.receiver, process, sender=exchange.sender, message_id=fresh)
    await world.road.arrive(again)
    await world.settle()
    first, second = holding.held(world.municipality.installation)
    holding.accept(world.municipality.installation, first.exchange.id, NURSE)
    with pytest.raises(AdapterError, match="taken in or refused before"):
        holding.accept(world.municipality.installation, second.exchange.id, NURSE)
    await world.settle()
    assert len(world.municipality.inbox()) == 1
