"""What an operator can do with what is stuck: each state has its answer, and every deed is written down."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from adapter.delivery.sender_events import FaultReceived
from adapter.errors import AdapterError, WireCode
from adapter.observe.log import Silent
from adapter.service.operating import By, give_up, handled_by, mark_handled, resend
from adapter.service.signals import own_address
from adapter.service.steps import take_transport_step
from adapter.service.webhooks import notices_of
from adapter.store.port import Act, OutboxState
from adapter.testing.neighbours import Neighbour, World
from adapter.testing.pki import ThrowAwayPki
from adapter.transports.port import Deferred, ReceivedMail, Refused

ME = By("kari", "the mail server is back")


def state(side: Neighbour, exchange_id: str) -> str:
    transport = side.exchange(exchange_id).transport
    assert transport is not None
    return transport.state.value


async def failed(world: World) -> str:
    """A message that nobody has answered for 72 hours."""
    world.road.loses = lambda mail: True
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for _ in range(7):
        await world.go_on(timedelta(hours=12))
    world.road.loses = lambda mail: False
    assert state(world.hospital, sent) == "delivery_failed"
    return sent


async def test_a_waiting_message_goes_at_once(world: World) -> None:
    """A message that a mail server has put off goes now, not after the pause, as the same octets."""
    world.road.tell(Deferred("421 busy"))
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert state(world.hospital, sent) == "ready"
    done = resend(world.hospital.installation, sent, ME)
    assert done.goes_on_as == sent
    assert "same octets" in done.outcome
    await world.settle()
    assert state(world.hospital, sent) == "acked"
    assert len(world.municipality.received("LOG_UTSKRIVNINGSKLAR")) == 1


async def test_a_copy_of_what_arrived_is_answered_from_the_store(world: World) -> None:
    """A message whose acknowledgment was lost is acknowledged after a resend, and delivered once."""
    world.road.loses = lambda mail: mail.sender.value.startswith("municipality")
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert state(world.hospital, sent) == "await_ack"
    world.road.loses = lambda mail: False
    before = world.hospital.exchange(sent)
    resend(world.hospital.installation, sent, ME)
    await world.settle()
    after = world.hospital.exchange(sent)
    assert state(world.hospital, sent) == "acked"
    assert (after.sealed, after.message_id) == (before.sealed, before.message_id)
    assert len(world.municipality.inbox()) == 1


async def test_a_refused_address_that_was_corrected(world: World) -> None:
    """A message refused by the mail server goes to the address that the directory has now."""
    world.road.tell(Refused("550 no such user"))
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert state(world.hospital, sent) == "transport_failed"
    resend(world.hospital.installation, sent, ME)
    await world.settle()
    assert state(world.hospital, sent) == "acked"


async def test_after_its_life_the_document_gets_a_new_envelope(world: World) -> None:
    """A given-up message goes again under a new eb:MessageId and the same MsgId; the old one keeps its state."""
    sent = await failed(world)
    done = resend(world.hospital.installation, sent, ME)
    assert done.goes_on_as != sent
    assert "new envelope" in done.outcome
    await world.settle()
    old, new = world.hospital.exchange(sent), world.hospital.exchange(done.goes_on_as)
    assert (state(world.hospital, sent), state(world.hospital, new.id)) == ("delivery_failed", "acked")
    assert old.msg_id == new.msg_id
    assert old.message_id != new.message_id
    assert world.hospital.payload(old) == world.hospital.payload(new)
    with pytest.raises(AdapterError, match=new.id):
        resend(world.hospital.installation, sent, ME)


async def test_a_document_that_had_arrived_is_not_delivered_twice(world: World) -> None:
    """A new envelope around a document that the receiver has is acknowledged, and the application hears nothing."""
    world.road.loses = lambda mail: mail.sender.value.startswith("municipality")
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    for _ in range(7):
        await world.go_on(timedelta(hours=12))
    world.road.loses = lambda mail: False
    assert state(world.hospital, sent) == "delivery_failed"
    done = resend(world.hospital.installation, sent, ME)
    await world.settle()
    assert state(world.hospital, done.goes_on_as) == "acked"
    assert len(world.municipality.inbox()) == 1
    assert len(world.municipality.sent("APPREC")) == 1


async def test_another_certificate_of_the_receiver_demands_a_new_envelope(world: World, tmp_path: Path) -> None:
    """Octets that the receiver can no longer open are not sent again; the document goes in a new envelope."""
    world.road.tell(Refused("550"))
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    ThrowAwayPki(2048).organisation("New", "974744570").write(tmp_path)
    her = world.hospital.exchange(sent).receiver
    folder = world.place.hospital.folder
    partner = folder / "partners" / f"{her}.toml"
    text = partner.read_text("utf-8")
    old = "../../municipality/keys/encryption.crt"
    assert old in text
    partner.write_text(text.replace(old, str(tmp_path / "encryption.crt")), "utf-8")
    await world.hospital.daemon.close()
    renewed = type(world.hospital)(
        world.place.hospital, world.road, world.clock, world.hospital.installation.ids, Silent()
    )
    try:
        done = resend(renewed.installation, sent, ME)
        assert "certificate" in done.outcome
        assert done.goes_on_as != sent
    finally:
        world.hospital = renewed


async def test_what_the_receiver_has_is_not_sent_again(world: World) -> None:
    """An acknowledged message is refused with what to do instead, and nothing is written down."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    with pytest.raises(AdapterError, match="new MsgId"):
        resend(world.hospital.installation, sent, ME)
    with pytest.raises(AdapterError, match="nothing is under way"):
        give_up(world.hospital.installation, sent, ME)
    assert acts(world.hospital) == []


async def test_what_was_received_is_neither_sent_nor_given_up(world: World) -> None:
    """A received message can only be marked."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    [received] = world.municipality.received()
    for deed in (resend, give_up):
        with pytest.raises(AdapterError, match="received, not sent"):
            deed(world.municipality.installation, received.id, ME)
    mark_handled(world.municipality.installation, received.id, ME)
    assert acts(world.municipality) == [Act.HANDLED]


async def test_given_up_and_sent_after_all(world: World) -> None:
    """A message given up before it left is withdrawn, says so, and goes when somebody changes their mind."""
    world.road.tell(Deferred("421"))
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    done = give_up(world.hospital.installation, sent, By("kari", "wrong ward"))
    assert done.outcome == "given up"
    await world.go_on(timedelta(days=1))
    assert state(world.hospital, sent) == "cancelled"
    items = world.hospital.installation.store.read_now(lambda reader: reader.outbox_of(sent))
    assert [item.state for item in items] == [OutboxState.WITHDRAWN]
    assert world.municipality.received() == []
    resend(world.hospital.installation, sent, ME)
    await world.settle()
    assert state(world.hospital, sent) == "acked"


async def told(world: World, since: int) -> list[str]:
    """What a webhook is told of the hospital's journal after that line."""
    store = world.hospital.installation.store
    return store.read_now(
        lambda reader: [one.event for line in reader.journal_after(since, 1000) for one in notices_of(reader, line)]
    )


async def test_giving_up_what_had_failed_is_no_second_end(world: World) -> None:
    """An application hears once that it failed, once that a message under way was given up, and of every new end."""
    sent = await failed(world)
    assert await told(world, 0) == ["exchange.final", "alarm"]
    last = world.hospital.installation.store.read_now(lambda reader: reader.last_journal_seq())
    give_up(world.hospital.installation, sent, ME)
    assert state(world.hospital, sent) == "cancelled"
    assert await told(world, last) == []
    world.road.tell(Deferred("421"))
    other = world.hospital.submit(world.hospital.build("discharge-ready", ready="2024-03-06"))
    await world.hospital.daemon.settle()
    give_up(world.hospital.installation, other, ME)
    assert await told(world, last) == ["exchange.final"]
    world.clock.advance(timedelta(minutes=1))
    world.road.tell(Deferred("421"))
    resend(world.hospital.installation, other, ME)
    await world.hospital.daemon.settle()
    give_up(world.hospital.installation, other, ME)
    assert await told(world, last) == ["exchange.final", "exchange.final"]


async def test_a_refusal_that_comes_late_is_what_is_known(world: World) -> None:
    """Nobody had answered; then the receiver refuses: rejected, told again, and it goes in a new envelope only."""
    sent = await failed(world)
    world.road.under_way.append(world.municipality.object_to(world.hospital.exchange(sent), WireCode.SECURITY_FAILURE))
    await world.settle()
    [row] = [one for one in world.hospital.listing() if one.id == sent]
    assert (row.state, "refused by the receiver" in row.next_step) == ("rejected", True)
    assert await told(world, 0) == ["exchange.final", "alarm", "exchange.final", "alarm"]
    done = resend(world.hospital.installation, sent, ME)
    assert done.goes_on_as != sent


async def test_octets_that_could_not_be_read_never_go_again(world: World) -> None:
    """Given up after a Fault and then sent again: in a new envelope (`ebxml.md` §6.4)."""
    world.road.loses = lambda mail: True
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    installation, exchange = world.hospital.installation, world.hospital.exchange(sent)
    event, terms = FaultReceived("Client"), installation.terms_for(exchange)
    address = own_address(installation, exchange)
    installation.store.write_now(
        lambda writer: take_transport_step(writer, exchange, event, world.clock.now(), terms, address)
    )
    give_up(installation, sent, ME)
    world.road.loses = lambda mail: False
    done = resend(installation, sent, ME)
    assert (state(world.hospital, sent), done.goes_on_as != sent) == ("cancelled", True)
    await world.settle()
    assert state(world.hospital, done.goes_on_as) == "acked"


async def test_a_failed_apprec_goes_again(world: World) -> None:
    """An AppRec that nobody acknowledged goes again, and the sender of the message gets it."""
    world.road.loses = lambda mail: (
        mail.sender.value.startswith("municipality") and b"multipart/related" in mail.content
    )
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    for _ in range(7):
        await world.go_on(timedelta(hours=12))
    world.road.loses = lambda mail: False
    [apprec] = world.municipality.sent("APPREC")
    assert state(world.municipality, apprec.id) == "delivery_failed"
    done = resend(world.municipality.installation, apprec.id, ME)
    await world.settle()
    assert state(world.municipality, done.goes_on_as) == "acked"
    receipt = world.hospital.exchange(sent).receipt
    assert receipt is not None
    assert receipt.state.value == "accepted"


async def test_a_mail_in_quarantine_is_judged_again_or_laid_aside(world: World) -> None:
    """A mail that nobody could read is judged once more on demand, and closed when somebody gives it up."""
    await world.municipality.daemon.keep(ReceivedMail(b"no mail at all", "", ("municipality@edi.example",)))
    await world.settle()
    [mail] = world.municipality.mails()
    assert mail.reception.state.value == "quarantine"
    resend(world.municipality.installation, mail.id[:8], ME)
    assert world.municipality.mails()[0].reception.state.value == "stored"
    await world.settle()
    assert world.municipality.mails()[0].reception.state.value == "quarantine"
    give_up(world.municipality.installation, mail.id, ME)
    assert world.municipality.mails()[0].reception.state.value == "closed"
    with pytest.raises(AdapterError):
        resend(world.municipality.installation, mail.id, ME)
    assert acts(world.municipality) == [Act.RESEND, Act.GIVE_UP]


async def test_a_mark_stands_until_something_happens(world: World) -> None:
    """The mark is shown with name and reason, and is gone when a late answer changes the state."""
    sent = await failed(world)
    mark_handled(world.hospital.installation, sent, By("ola", "called them"))
    [row] = [one for one in world.hospital.listing() if one.id == sent]
    assert row.handled is not None
    assert row.handled.endswith("ola: called them")
    since = world.hospital.exchange(sent).transport
    assert since is not None
    read = world.hospital.installation.store.read_now
    assert read(lambda reader: handled_by(reader.acts(sent), sent, since.since)) is not None
    later = world.clock.now() + timedelta(seconds=1)
    assert read(lambda reader: handled_by(reader.acts(sent), sent, later)) is None


async def test_every_deed_is_written_down(world: World) -> None:
    """Who, when, what, why and what came of it stand in the store, and in the journal of the exchange."""
    sent = await failed(world)
    mark_handled(world.hospital.installation, sent, By("ola", "called them"))
    [act] = world.hospital.installation.store.read_now(lambda reader: reader.acts(sent))
    assert (act.subject, act.who, act.act, act.reason) == (sent, "ola", Act.HANDLED, "called them")
    assert act.at == world.clock.now()
    assert any("ola: called them" in line for line in world.hospital.journal(sent))


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "two\nlines", "about 12034130279", "about 120341 30279"])
def test_a_reason_that_cannot_be_kept(reason: str) -> None:
    """An empty, long or many-lined reason, and one that holds a national identity number, is refused."""
    with pytest.raises(AdapterError, match="reason"):
        By("kari", reason)


async def test_nobody_knows_the_id(world: World) -> None:
    """An id that nothing has is the error of the catalogue."""
    with pytest.raises(AdapterError) as caught:
        mark_handled(world.hospital.installation, "nothing", ME)
    assert caught.value.id == "EXCHANGE-UNKNOWN"


def acts(side: Neighbour) -> list[Act]:
    return [act.act for act in side.installation.store.read_now(lambda reader: reader.acts())]
