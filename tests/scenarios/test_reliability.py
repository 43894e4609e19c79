"""Reliable messaging between two instances: resends, giving up, late answers, restarts, duplicates (ebxml.md §7)."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from io import StringIO

import pytest
from lxml import etree

from adapter.crypto.refusal import RefusedError
from adapter.delivery.sender import TransportState
from adapter.envelope.routing import Process
from adapter.errors import DECRYPTION_FAILED
from adapter.facts import ReadyNotice
from adapter.service import payloads
from adapter.service.views import apprec_word, transport_word
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.transports.port import Deferred, OutcomeUnknown, OutgoingMail, Refused
from adapter.values import HerId

TWELVE_HOURS = timedelta(hours=12)
WARD, CASE_WORK = HerId("8140011"), HerId("8140022")
READINESS = Process("LOG_UTSKRIVNINGSKLAR")


def words(side: Neighbour, exchange_id: str) -> tuple[str, str | None]:
    exchange = side.exchange(exchange_id)
    return transport_word(exchange), apprec_word(exchange)


def body(mail: OutgoingMail) -> bytes:
    """The MIME body with its own headers, without those of the mail."""
    return mail.content[mail.content.index(b"Content-") :]


def errors_in(mail: OutgoingMail) -> list[str]:
    """The errorCodes of the ErrorList in a mail."""
    payload = message_from_bytes(mail.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return [str(code) for code in etree.fromstring(payload).xpath("//@*[local-name()='errorCode']")]


def lose_answers(world: World) -> None:
    world.road.loses = lambda mail: "municipality" in mail.sender.value


def lose_nothing(world: World) -> None:
    world.road.loses = lambda mail: False


async def test_a_resend_is_the_same_body_in_a_new_mail(world: World) -> None:
    """Every resend is octet for octet the first MIME body, in a mail with a Message-ID and Date of its own."""
    world.road.loses = lambda mail: True
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for _ in range(3):
        await world.go_on(TWELVE_HOURS)
    mails = world.road.taken
    assert len(mails) == 4
    assert len({body(mail) for mail in mails}) == 1
    headers = [message_from_bytes(mail.content) for mail in mails]
    assert len({mail["Message-ID"] for mail in headers}) == 4
    assert len({mail["Date"] for mail in headers}) == 4
    assert len({mail.envelope_id for mail in mails}) == 4


async def test_five_resends_twelve_hours_apart_and_then_nobody_knows(world: World) -> None:
    """After six transmissions without a word the message is `delivery_failed`, and what it says is "unknown"."""
    world.road.loses = lambda mail: True
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for copies in range(2, 7):
        await world.go_on(TWELVE_HOURS - timedelta(seconds=1))
        assert len(world.road.taken) == copies - 1
        await world.go_on(timedelta(seconds=1))
        assert len(world.road.taken) == copies
    await world.go_on(TWELVE_HOURS)
    assert words(world.hospital, sent)[0] == "delivery_failed"
    assert len(world.road.taken) == 6
    [row] = world.hospital.listing()
    assert row.next_step.startswith("unknown whether the receiver has it")
    assert "may have the message" in row.reason
    await world.go_on(timedelta(days=30))
    assert len(world.road.taken) == 6


async def test_a_late_acknowledgment_corrects_what_we_concluded(world: World) -> None:
    """An acknowledgment after `delivery_failed` makes the message `acked_late`, with its facts at the true moment."""
    lose_answers(world)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    first_answer = next(mail for mail in world.road.taken if is_signal(mail))
    received_at = world.clock.now()
    for _ in range(7):
        await world.go_on(TWELVE_HOURS)
    assert words(world.hospital, sent)[0] == "delivery_failed"
    assert world.hospital.facts() == ()
    lose_nothing(world)
    await world.road.arrive(first_answer)
    await world.settle()
    assert words(world.hospital, sent)[0] == "acked_late"
    [when] = [one.entry.fact.when for one in world.hospital.facts() if isinstance(one.entry.fact.what, ReadyNotice)]
    assert when.instant == received_at  # type: ignore[union-attr]


@pytest.mark.parametrize("side", ["hospital", "municipality"])
async def test_a_restart_between_any_two_steps_changes_nothing(world: World, side: str) -> None:
    """A side that is restarted after every single step delivers once, answers once, and ends where it always does."""
    content = world.hospital.build("discharge-ready")
    sent = world.hospital.submit(content)
    restarted, other = world.hospital, world.municipality
    if side == "municipality":
        restarted, other = other, restarted
    for _ in range(4):
        for number in range(4):
            await restarted.daemon._steps()[number]()
            await restarted.restart()
        await other.daemon.turn()
        await world.road.carry()
    await world.settle()
    assert words(world.hospital, sent) == ("acknowledged", "ok")
    assert list(world.municipality.inbox().values()) == [content]
    assert len(world.road.taken) == 4


async def test_a_restart_while_waiting_for_an_answer_forgets_no_timer(world: World) -> None:
    """Resends and the end of patience come at their times though both sides were restarted in between."""
    world.road.loses = lambda mail: True
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for _ in range(5):
        await world.hospital.restart()
        await world.go_on(TWELVE_HOURS)
    assert len(world.road.taken) == 6
    await world.hospital.restart()
    await world.go_on(TWELVE_HOURS)
    assert words(world.hospital, sent)[0] == "delivery_failed"


async def test_an_apprec_that_overtakes_the_acknowledgment(world: World) -> None:
    """Both sides end `acknowledged`, and the facts keep the moment of the acknowledgment, not that of the AppRec."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    await world.municipality.daemon.settle()
    received_at = world.clock.now()
    ack = next(mail for mail in world.road.under_way if is_signal(mail))
    world.road.under_way.remove(ack)
    world.clock.advance(timedelta(hours=2))
    await world.settle()
    assert words(world.hospital, sent) == ("acked_implied", "ok")
    await world.road.arrive(ack)
    await world.settle()
    assert words(world.hospital, sent) == ("acknowledged", "ok")
    assert [transport_word(one) for one in world.municipality.sent()] == ["acknowledged"]
    moments = [one.entry.fact.when for one in world.hospital.facts() if isinstance(one.entry.fact.what, ReadyNotice)]
    assert min(moment.instant for moment in moments) == received_at  # type: ignore[union-attr]


async def test_a_duplicate_of_a_refused_message_hears_the_same_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ErrorList for a verified envelope is kept, and given again octet for octet even when we could now open it."""

    def cannot(*_: object) -> None:
        raise RefusedError(DECRYPTION_FAILED, "EB-501", "no key of ours opens it")

    lose_answers(world)
    monkeypatch.setattr(payloads.opening, "decrypt", cannot)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    monkeypatch.undo()
    await world.go_on(TWELVE_HOURS)
    answers = [mail for mail in world.road.taken if is_signal(mail)]
    assert len(answers) == 2
    assert body(answers[0]) == body(answers[1])
    assert errors_in(answers[1]) == ["SecurityFailure"]
    assert world.municipality.inbox() == {}
    await world.road.arrive(answers[1])
    await world.settle()
    assert words(world.hospital, sent)[0] == "rejected"


async def test_an_old_id_for_new_content_is_inconsistent(world: World) -> None:
    """A false duplicate is answered by an ErrorList `Inconsistent`, is not delivered, and unsays nothing."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    facts, used = world.municipality.facts(), world.hospital.exchange(sent).message_id
    other = world.hospital.build("discharge-ready", ready="2024-03-07")
    assert used is not None
    await world.road.arrive(world.hospital.seal(other, CASE_WORK, READINESS, sender=WARD, message_id=used.value))
    await world.settle()
    assert errors_in(world.road.taken[-1]) == ["Inconsistent"]
    assert len(world.municipality.inbox()) == 1
    assert world.municipality.facts() == facts
    assert [row.state for row in world.municipality.listing()].count("false_duplicate") == 1
    assert words(world.hospital, sent) == ("acknowledged", "ok")


async def test_a_known_message_in_a_new_envelope_is_acknowledged_and_ignored(world: World) -> None:
    """A business duplicate is acknowledged like any envelope; it is not delivered, not receipted and no fact."""
    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    await world.settle()
    facts = world.municipality.facts()
    world.clock.advance(timedelta(hours=1))
    again = world.hospital.installation.ids.fresh()
    await world.road.arrive(world.hospital.seal(content, CASE_WORK, READINESS, sender=WARD, message_id=again))
    await world.settle()
    assert is_signal(world.road.taken[-1])
    assert b"Acknowledgment" in world.road.taken[-1].content or errors_in(world.road.taken[-1]) == []
    assert len(world.municipality.inbox()) == 1
    assert len(world.municipality.sent("APPREC")) == 1
    assert world.municipality.facts() == facts


async def test_an_answer_after_the_end_is_told_as_late(world: World, journal: StringIO) -> None:
    """An acknowledgment that comes when the message was given up counts, and is no contradiction."""
    world.road.loses = lambda mail: mail.sender.value == world.place.municipality.address
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for _ in range(9):
        await world.go_on(timedelta(hours=12))
    assert words(world.hospital, sent)[0] == "delivery_failed"
    world.road.loses = lambda mail: False
    await world.road.arrive(next(one for one in world.road.taken if is_signal(one)))
    await world.settle()
    assert world.hospital.exchange(sent).transport.state is TransportState.ACKED_LATE  # type: ignore[union-attr]
    assert journal.getvalue().count('"ack.came_late"') == 1
    assert "ack.alarmed" not in journal.getvalue()


async def test_a_partner_that_is_away_for_days_is_waited_for(world: World, journal: StringIO) -> None:
    """The message waits with growing pauses, shown with age, reason and next attempt, and then goes through once."""
    world.road.tell(*[Deferred("connection refused")] * 200)
    content = world.hospital.build("discharge-ready")
    sent = world.hospital.submit(content)
    await world.settle()
    pauses = []
    for _ in range(8):
        [row] = world.hospital.listing()
        assert (row.state, row.reason) == ("ready", "connection refused")
        due = world.hospital.exchange(sent).transport.due  # type: ignore[union-attr]
        assert due is not None
        assert row.next_attempt is not None
        pauses.append(due - world.clock.now())
        await world.go_on(pauses[-1])
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1] == timedelta(minutes=30)
    for _ in range(96):
        await world.go_on(timedelta(minutes=30))
    [row] = world.hospital.listing()
    assert row.age_seconds > timedelta(days=2).total_seconds()
    assert world.hospital.journal(sent).count("alarm: mail_waiting connection refused") == 1
    assert journal.getvalue().count('"exchange.held_up"') == 1
    assert "ack.alarmed" not in journal.getvalue()
    world.road._told.clear()
    await world.go_on(timedelta(minutes=30))
    assert words(world.hospital, sent) == ("acknowledged", "ok")
    assert len(world.municipality.received()) == 1


async def test_a_refused_mail_is_not_tried_again(world: World) -> None:
    """A mail server's 5xx ends it: `transport_failed`, with the answer as the reason and nothing sent any more."""
    world.road.tell(Refused("550 5.1.1 there is no such mailbox here"))
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    await world.go_on(timedelta(days=4))
    assert words(world.hospital, sent)[0] == "transport_failed"
    assert world.hospital.exchange(sent).transport.reason.startswith("550")  # type: ignore[union-attr]
    assert world.road.taken == []


async def test_a_connection_lost_after_data_is_treated_as_sent_and_marked(world: World) -> None:
    """What a mail server may have taken is not sent again at once; it waits for the acknowledgment like any other."""
    world.road.tell(OutcomeUnknown("connection lost after DATA"))
    world.road.loses = lambda mail: True
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    [row] = world.hospital.listing()
    assert row.state == "await_ack"
    assert "unknown" in row.next_step
    lose_nothing(world)
    await world.go_on(TWELVE_HOURS)
    assert words(world.hospital, sent) == ("acknowledged", "ok")


@pytest.mark.parametrize("days", [31, 366])
async def test_a_mail_that_is_played_again_long_after_delivers_nothing(world: World, days: int) -> None:
    """When the envelope is forgotten its message is still known: nothing is delivered, dated or receipted again."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    first = next(mail for mail in world.road.taken if not is_signal(mail))
    inbox, facts = world.municipality.inbox(), world.municipality.facts()
    receipts = len(world.municipality.sent("APPREC"))
    await world.go_on(timedelta(days=days))
    await world.road.arrive(first)
    await world.settle()
    assert (world.municipality.inbox(), world.municipality.facts()) == (inbox, facts)
    assert len(world.municipality.sent("APPREC")) == receipts


async def test_acknowledgments_that_come_late_and_backwards_find_their_own_messages(world: World) -> None:
    """Of messages under way to one partner, each acknowledgment speaks for the one that it refers to and no other."""
    lose_answers(world)
    sent = [world.hospital.submit(world.hospital.build("discharge-ready")) for _ in range(3)]
    await world.settle()
    answers = [mail for mail in world.road.taken if is_signal(mail) and "municipality" in mail.sender.value]
    named = [answer_to(mail, world.hospital, sent) for mail in answers]
    assert sorted(named) == sorted(sent)
    lose_nothing(world)
    acknowledged: set[str] = set()
    for mail, exchange_id in reversed(list(zip(answers, named, strict=True))):
        await world.road.arrive(mail)
        await world.settle()
        acknowledged.add(exchange_id)
        assert {one for one in sent if words(world.hospital, one)[0] == "acknowledged"} == acknowledged


def answer_to(signal: OutgoingMail, side: Neighbour, sent: list[str]) -> str:
    """Which of the messages sent the RefToMessageId of a signal names."""
    payload = message_from_bytes(signal.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    [reference] = set(etree.fromstring(payload).xpath("//*[local-name()='RefToMessageId']/text()"))
    [found] = [
        one for one in sent if (own := side.exchange(one).message_id) is not None and own.value == str(reference)
    ]
    return found


async def test_a_repeated_acknowledgment_changes_nothing(world: World) -> None:
    """An acknowledgment that arrives three times is one acknowledgment: no state, fact or log alarm more."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    ack = next(mail for mail in world.road.taken if is_signal(mail) and "municipality" in mail.sender.value)
    before, facts = world.hospital.exchange(sent).transport, world.hospital.facts()
    for _ in range(2):
        await world.road.arrive(ack)
        await world.go_on(timedelta(hours=1))
    assert world.hospital.exchange(sent).transport == before
    assert world.hospital.facts() == facts
    assert [line for line in world.hospital.journal(sent) if "alarm" in line] == []


async def come_to_rest(world: World) -> None:
    """Settle, unless the two answer each other without end."""
    for _ in range(100):
        if not await world.hospital.daemon.turn() + await world.municipality.daemon.turn() + await world.road.carry():
            return
    raise AssertionError("they do not come to rest")


async def test_a_signal_is_never_answered(world: World) -> None:
    """Neither an acknowledgment nor an ErrorList, believed or not, ever causes a mail."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await come_to_rest(world)
    signals = [mail for mail in world.road.taken if is_signal(mail)]
    carried = len(world.road.taken)
    for signal in signals:
        await world.road.arrive(signal)
        await come_to_rest(world)
    assert len(world.road.taken) == carried


async def test_the_outbox_holds_nothing_when_all_is_said(world: World) -> None:
    """After a whole exchange nothing waits on either side."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for side in (world.hospital, world.municipality):
        counts = side.installation.store.read_now(lambda reader: reader.counts())
        assert (counts.outbox_waiting, counts.mails_waiting, counts.inbox_waiting) == (0, 0, 0)


async def test_the_mailbox_is_read_before_anything_is_sent_again(world: World) -> None:
    """An acknowledgment that is kept and not yet opened when the timer fires stops the resend (EB-609)."""
    world.road.loses = lambda mail: "municipality" in mail.sender.value
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    ack = next(mail for mail in world.road.taken if is_signal(mail))
    carried = len(world.road.taken)
    world.clock.advance(TWELVE_HOURS)
    await world.road.arrive(ack)
    await world.hospital.daemon._tend()
    await world.hospital.daemon.settle()
    assert len(world.road.taken) == carried
    assert words(world.hospital, sent)[0] == "acknowledged"
