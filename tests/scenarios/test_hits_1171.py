"""The standard scenarios of HITS 1171 chapter 9, with two instances and everything between them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.crypto.refusal import RefusedError
from adapter.errors import DECRYPTION_FAILED
from adapter.facts import AnswerKind
from adapter.service import payloads
from adapter.service.asking import Said, Sent, answer
from adapter.service.views import apprec_word, transport_word
from adapter.testing.neighbours import Neighbour, World, is_signal

TWELVE_HOURS = timedelta(hours=12)


def words(side: Neighbour, exchange_id: str) -> tuple[str, str | None]:
    exchange = side.exchange(exchange_id)
    return transport_word(exchange), apprec_word(exchange)


async def test_a_message_is_delivered_acknowledged_and_receipted(world: World) -> None:
    """9.1.1: the message is acknowledged and delivered, and its AppRec is acknowledged in turn."""
    content = world.hospital.build("discharge-ready")
    sent = world.hospital.submit(content)
    await world.settle()
    assert list(world.municipality.inbox().values()) == [content]
    assert words(world.hospital, sent) == ("acknowledged", "ok")
    [receipt] = world.municipality.sent()
    assert (receipt.type, transport_word(receipt)) == ("APPREC", "acknowledged")
    assert [is_signal(mail) for mail in world.road.taken].count(True) == 2
    assert len(world.road.taken) == 4


async def test_an_answer_document_stays_in_the_conversation(world: World) -> None:
    """9.1.2: the answer and both AppRecs go under the ConversationId of the first message."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    [received] = world.municipality.received()
    outcome = answer(world.municipality.installation, received, Said(AnswerKind.ACCEPT))
    assert isinstance(outcome, Sent)
    await world.settle()
    assert words(world.municipality, outcome.exchange_id) == ("acknowledged", "ok")
    everything = [*world.hospital.sent(), *world.municipality.sent()]
    assert {one.conversation_id for one in everything} == {world.hospital.exchange(sent).conversation_id}
    assert len(everything) == 4
    assert len(world.road.taken) == 8


async def test_a_negative_apprec_rejects_the_message_and_not_its_envelope(world: World) -> None:
    """9.2: a message that the application refuses is acknowledged on the road and rejected by its AppRec."""
    good = world.hospital.build("discharge-ready")
    sent = world.hospital.send_unjudged(good.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b""), good)
    await world.settle()
    assert words(world.hospital, sent) == ("acknowledged", "rejected")
    assert world.municipality.inbox() == {}


async def test_without_apprec_the_message_counts_as_not_received(world: World) -> None:
    """9.3: acknowledged but never receipted, a message times out 96 hours after its GenDate and not before."""
    world.road.loses = lambda mail: mail.sender.value.startswith("municipality") and not is_signal(mail)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    await world.go_on(timedelta(hours=96, seconds=-1))
    assert words(world.hospital, sent) == ("acknowledged", "waiting")
    await world.go_on(timedelta(seconds=1))
    assert words(world.hospital, sent) == ("acknowledged", "timed_out")
    [row] = world.hospital.listing()
    assert "ask the receiver" in row.next_step


async def test_a_lost_message_is_sent_again_under_the_same_id(world: World) -> None:
    """9.4: a message lost on the road is sent again after 12 hours with the same eb:MessageId, and all is well."""
    world.road.loses = lambda mail: len(world.road.taken) == 1
    content = world.hospital.build("discharge-ready")
    sent = world.hospital.submit(content)
    await world.settle()
    before = world.hospital.exchange(sent).message_id
    assert words(world.hospital, sent) == ("await_ack", "waiting")
    await world.go_on(TWELVE_HOURS)
    assert words(world.hospital, sent) == ("acknowledged", "ok")
    assert world.hospital.exchange(sent).message_id == before
    assert list(world.municipality.inbox().values()) == [content]


async def test_a_message_kept_but_not_answered_is_answered_at_its_resend(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """9.5: when the receiver failed before it answered, the resend is taken in, delivered once and acknowledged."""
    monkeypatch.setattr(payloads, "_accept", lambda *_: 1 / 0)
    content = world.hospital.build("discharge-ready")
    sent = world.hospital.submit(content)
    await world.settle()
    assert words(world.hospital, sent) == ("await_ack", "waiting")
    monkeypatch.undo()
    await world.go_on(TWELVE_HOURS)
    assert words(world.hospital, sent) == ("acknowledged", "ok")
    assert list(world.municipality.inbox().values()) == [content]


async def test_a_lost_acknowledgment_is_given_again_and_nothing_else_happens_twice(world: World) -> None:
    """9.6: a duplicate gets the stored acknowledgment, octet for octet, and neither a delivery nor an AppRec."""
    world.road.loses = lambda mail: mail.sender.value.startswith("municipality") and len(world.road.taken) <= 3
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    [received] = world.municipality.received()
    world.municipality.take(received)
    facts = world.municipality.facts()
    await world.go_on(TWELVE_HOURS)
    acks = [body(mail.content) for mail in world.road.taken if is_signal(mail) and "municipality" in mail.sender.value]
    assert len(acks) == 2
    assert len(set(acks)) == 1
    assert world.municipality.inbox() == {}
    assert len(world.municipality.received()) == 1
    assert len(world.municipality.sent("APPREC")) == 1
    assert world.municipality.facts() == facts
    [sent] = world.hospital.sent("LOG_UTSKRIVNINGSKLAR")
    assert words(world.hospital, sent.id) == ("acknowledged", "ok")


def body(mail: bytes) -> bytes:
    """The MIME body with its own headers, without those of the mail."""
    return mail[mail.index(b"Content-") :]


async def test_a_refused_message_is_corrected_under_a_new_id(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """9.7: an ErrorList rejects the message for good, and the same document goes through in a new message."""

    def cannot(*_: object) -> None:
        raise RefusedError(DECRYPTION_FAILED, "EB-501", "no key of ours opens it")

    monkeypatch.setattr(payloads.opening, "decrypt", cannot)
    first = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert words(world.hospital, first) == ("rejected", "waiting")
    assert "SecurityFailure" in world.hospital.exchange(first).transport.reason  # type: ignore[union-attr]
    await world.go_on(timedelta(days=3))
    assert len(world.road.taken) == 2
    monkeypatch.undo()
    second = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert words(world.hospital, second) == ("acknowledged", "ok")
