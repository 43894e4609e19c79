"""Rules about how a message handler behaves (`ebxml.md` §10.9), each in a situation where breaking it would show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from lxml import etree

from adapter import __version__
from adapter.crypto.refusal import RefusedError
from adapter.delivery.receiver import ReceptionState
from adapter.errors import DECRYPTION_FAILED
from adapter.service import payloads
from adapter.service.views import transport_word
from adapter.testing.neighbours import World, is_signal
from adapter.transports.port import OutgoingMail, ReceivedMail
from tests.scenarios.test_road_reports import OWN as HOSPITAL
from tests.scenarios.test_unreadable import PARTNER, mail, receive

TWELVE_HOURS = timedelta(hours=12)


def answers(world: World) -> list[OutgoingMail]:
    """The signals that the municipality has sent, oldest first."""
    return [one for one in world.road.taken if is_signal(one) and "municipality" in one.sender.value]


def action_of(answer: OutgoingMail) -> str:
    payload = message_from_bytes(answer.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return etree.fromstring(payload).findtext(".//{*}Action") or ""


def cannot(*_: object) -> None:
    raise RefusedError(DECRYPTION_FAILED, "EB-502", "no key of ours opens it")


@pytest.mark.parametrize("refused", [False, True])
async def test_a_message_has_one_answer_and_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    """An Acknowledgment, or an Error, and never both (EB-601); what was not decrypted is not acknowledged (EB-603)."""
    if refused:
        monkeypatch.setattr(payloads.opening, "decrypt", cannot)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    about = world.hospital.exchange(sent).message_id
    assert about is not None
    said = [one for one in answers(world) if about.value in text_of(one)]
    assert [action_of(one) for one in said] == ["MessageError" if refused else "Acknowledgment"]
    assert bool(world.municipality.inbox()) is not refused


def text_of(answer: OutgoingMail) -> str:
    payload = message_from_bytes(answer.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


async def test_the_software_that_partners_name_is_counted(world: World) -> None:
    """Messages and signals alike are counted by the product and version in their Description (HITS 1210 §6.2.2)."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for side in (world.hospital, world.municipality):
        heard = f'adapter_heard_total{{system="adapter",version="{__version__}"}} 2.0'
        assert heard in side.installation.metrics.text(()).decode()


async def test_no_resend_is_begun_while_a_mail_is_unread(world: World) -> None:
    """The timer has come and an answer lies unopened: nothing is put out until it has been read (EB-609)."""
    world.road.loses = lambda one: "municipality" in one.sender.value
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    [ack] = [one for one in answers(world) if action_of(one) == "Acknowledgment"]
    world.clock.advance(TWELVE_HOURS)
    await world.road.arrive(ack)
    await world.hospital.daemon._tend()
    waiting = world.hospital.exchange(sent).transport
    assert waiting is not None
    assert (waiting.state.value, waiting.resends) == ("await_ack", 0)
    await world.hospital.daemon.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


@pytest.mark.parametrize("evening", [datetime(2024, 3, 30, 20, tzinfo=UTC), datetime(2024, 10, 26, 20, tzinfo=UTC)])
async def test_a_resend_is_due_after_hours_and_not_at_an_hour(world: World, evening: datetime) -> None:
    """Twelve hours are twelve hours in the nights in which Norwegian clocks are changed (case 38)."""
    world.clock.set(evening)
    world.road.loses = lambda one: True
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    await world.go_on(TWELVE_HOURS - timedelta(seconds=1))
    assert len(world.road.taken) == 1
    await world.go_on(timedelta(seconds=1))
    assert len(world.road.taken) == 2


async def test_after_the_last_resend_the_application_and_a_person_are_told(world: World) -> None:
    """Both stand in the journal of the message, and the log has the line (EB-610)."""
    world.road.loses = lambda one: True
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for _ in range(7):
        await world.go_on(TWELVE_HOURS)
    journal = "\n".join(world.hospital.journal(sent))
    assert "application: outcome_unknown" in journal
    assert "alarm: no_answer" in journal


async def test_the_same_document_goes_again_under_a_new_message_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an Error the document keeps its MsgId, and its envelope has another eb:MessageId (EB-612)."""
    content = world.hospital.build("discharge-ready")
    with monkeypatch.context() as broken:
        broken.setattr(payloads.opening, "decrypt", cannot)
        first = world.hospital.submit(content)
        await world.settle()
    assert transport_word(world.hospital.exchange(first)) == "rejected"
    second = world.hospital.submit(content)
    await world.settle()
    before, after = world.hospital.exchange(first), world.hospital.exchange(second)
    assert before.msg_id == after.msg_id
    assert before.message_id != after.message_id
    assert transport_word(after) == "acknowledged"
    assert list(world.municipality.inbox().values()) == [content]


async def test_an_answer_goes_where_the_directory_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the mail says of its sender, Acknowledgment and Error go to the partner's own address (EB-615)."""
    for broken in (False, True):
        with monkeypatch.context() as patched:
            if broken:
                patched.setattr(payloads.opening, "decrypt", cannot)
            world.hospital.submit(world.hospital.build("discharge-ready"))
            await world.hospital.daemon.settle()
            [carried] = world.road.under_way
            world.road.under_way.clear()
            forged = carried.content.replace(HOSPITAL.encode(), b"elsewhere@edi.example")
            assert forged != carried.content
            to = (carried.recipient.value,)
            await world.municipality.daemon.keep(ReceivedMail(forged, "elsewhere@edi.example", to))
            await world.municipality.daemon.settle()
            assert answers(world)[-1].recipient.value == HOSPITAL
            await world.settle()


@pytest.mark.parametrize("headers", [f"Reply-To: {PARTNER}\r\nFrom:", f"Sender: {PARTNER}\r\nX-From:"])
async def test_a_fault_goes_to_reply_to_before_from(world: World, headers: str) -> None:
    """And to Sender where there is neither; it names the mail it is about in both headers (EB-616)."""
    content = mail("nobody@elsewhere.example").replace(b"From:", headers.encode(), 1)
    await receive(world, content)
    [fault] = world.road.taken
    assert fault.recipient.value == PARTNER
    name = message_from_bytes(content)["Message-ID"]
    assert message_from_bytes(fault.content)["In-Reply-To"] == name
    assert message_from_bytes(fault.content)["References"] == name


async def test_an_answer_counts_for_the_message_it_names_and_no_other(world: World) -> None:
    """Of two messages that wait, the one whose eb:MessageId is named is acknowledged (EB-617)."""
    world.road.loses = lambda one: "municipality" in one.sender.value
    first = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    second = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for named, others in ((first, second), (second, first)):
        about = world.hospital.exchange(named).message_id
        assert about is not None
        before = transport_word(world.hospital.exchange(others))
        [ack] = [one for one in answers(world) if f"RefToMessageId>{about.value}<" in text_of(one)]
        await world.road.arrive(ack)
        await world.hospital.daemon.settle()
        assert transport_word(world.hospital.exchange(named)) == "acknowledged"
        assert transport_word(world.hospital.exchange(others)) == before


async def test_every_mail_is_in_the_log_of_what_was_received(world: World) -> None:
    """A repeat too: with its octets, its moment and the message it repeats; the first keeps its digests (EB-630)."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [carried] = world.road.taken
    await world.settle()
    world.clock.advance(TWELVE_HOURS)
    await world.road.arrive(carried)
    await world.municipality.daemon.settle()
    [received] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    mails = [one for one in world.municipality.mails() if one.exchange_id == received.id]
    states = [one.reception.state for one in mails]
    assert len(mails) == 2
    assert ReceptionState.DUPLICATE in states
    assert mails[1].reception.received - mails[0].reception.received == TWELVE_HOURS
    assert received.message_id == world.hospital.exchange(sent).message_id
    assert received.references == world.hospital.exchange(sent).references
    assert any(line.startswith("came again") for line in world.municipality.journal(received.id))
