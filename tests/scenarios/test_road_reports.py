"""What the road and the partner say of a message beside the acknowledgment: bounces, Faults, Warnings, strangers."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest

from adapter.delivery.receiver import ReceptionState
from adapter.envelope.header import ReturnAddress
from adapter.envelope.mail import MailHeaders
from adapter.envelope.mail import mail as wrapped
from adapter.envelope.signals import EbError, ErrorSeverity
from adapter.errors import WireCode
from adapter.facts import ReadyNotice
from adapter.service import payloads
from adapter.service.views import apprec_word, transport_word
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.transports.port import OutgoingMail, ReceivedMail
from adapter.values import EdiAddress, HerId, MessageId
from tests.scenarios.test_unverified import changed_envelope

WARD, NURSING = HerId("8140011"), HerId("8140021")
OWN = "hospital@edi.example"


def words(side: Neighbour, exchange_id: str) -> tuple[str, str | None]:
    exchange = side.exchange(exchange_id)
    return transport_word(exchange), apprec_word(exchange)


def report(action: str, *, envelope_id: str = "", message_id: str = "") -> bytes:
    """A delivery status notification of a mail server (RFC 3464)."""
    original = f"Original-Envelope-Id: {envelope_id}\r\n" if envelope_id else ""
    returned = (
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message_id}>\r\n\r\n" if message_id else ""
    )
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {OWN}\r\nMIME-Version: 1.0\r\nMessage-ID: <dsn@mx.example>\r\n"
        "Date: Tue, 05 Mar 2024 10:00:00 +0100\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n{original}\r\n"
        f"Final-Recipient: rfc822; municipality@edi.example\r\nAction: {action}\r\nStatus: 5.1.1\r\n\r\n"
        f"{returned}--b--\r\n"
    ).encode()


async def sent_and_gone(world: World) -> tuple[str, OutgoingMail]:
    """A message that a mail server has taken and nobody has answered."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    world.road.under_way.clear()
    return sent, mail


async def receive(world: World, content: bytes) -> None:
    await world.hospital.daemon.keep(ReceivedMail(content, "", (OWN,)))
    await world.hospital.daemon.settle()


@pytest.mark.parametrize("by", ["envelope_id", "message_id"])
async def test_a_bounce_ends_the_resends(world: World, by: str) -> None:
    """A report `failed` that names our mail, by ENVID or by Message-ID, makes it `bounced`; no resend, no answer."""
    sent, mail = await sent_and_gone(world)
    await receive(world, report("failed", **{by: mail.envelope_id}))  # type: ignore[arg-type]
    assert words(world.hospital, sent)[0] == "bounced"
    await world.go_on(timedelta(days=3))
    assert len(world.road.taken) == 1


async def test_a_bounce_is_corrected_by_an_acknowledgment(world: World) -> None:
    """Nobody has signed a bounce: a verified acknowledgment that comes after it counts."""
    sent, mail = await sent_and_gone(world)
    await receive(world, report("failed", envelope_id=mail.envelope_id))
    await world.road.arrive(mail)
    await world.settle()
    assert words(world.hospital, sent) == ("acked_late", "ok")


@pytest.mark.parametrize(
    ("action", "says"), [("delayed", "delayed or relayed"), ("", "it does not say what became of the mail")]
)
async def test_a_delay_ends_nothing(world: World, action: str, says: str) -> None:
    """A report `delayed`, or of nothing in particular, is noted as such, and the message is still waited for."""
    sent, mail = await sent_and_gone(world)
    await receive(world, report(action, envelope_id=mail.envelope_id))
    assert words(world.hospital, sent)[0] == "await_ack"
    assert f"a mail server reports {says}" in world.hospital.journal(sent)


async def test_a_bounce_of_nothing_of_ours_is_shelved(world: World) -> None:
    """A report about a mail that we never sent changes nothing and goes to quarantine."""
    sent, _ = await sent_and_gone(world)
    await receive(world, report("failed", envelope_id="somebody@else.example"))
    assert words(world.hospital, sent)[0] == "await_ack"
    assert [row.state for row in world.hospital.listing()].count("quarantine") == 1


async def test_a_fault_that_names_our_mail_ends_the_resends(world: World) -> None:
    """A SOAP Fault with our Message-ID in In-Reply-To makes the message `faulted`."""
    sent, mail = await sent_and_gone(world)
    broken = mail.content.replace(b"multipart/related", b"text/plain", 1)
    await world.road.arrive(OutgoingMail(mail.sender, mail.recipient, broken, "x"))
    await world.settle()
    assert words(world.hospital, sent)[0] == "faulted"
    await world.go_on(timedelta(days=3))
    assert len(world.road.taken) == 2


async def test_a_warning_is_an_acknowledgment_with_a_remark(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message answered by an ErrorList of severity Warning is delivered, receipted, and a fact on both sides."""
    remark = EbError(WireCode.INCONSISTENT, ErrorSeverity.WARNING, "/", "AckRequested is missing")
    monkeypatch.setattr(payloads.respond, "warnings", lambda findings: (remark,))
    receipts: list[OutgoingMail] = []

    def hold_receipts(mail: OutgoingMail) -> bool:
        """The two answers of the municipality leave together; the receipt must not overtake the warning."""
        held = not is_signal(mail) and "municipality" in mail.sender.value
        receipts.extend([mail] if held else [])
        return held

    world.road.loses = hold_receipts
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert words(world.hospital, sent)[0] == "acked_warn"
    world.road.under_way.extend(receipts)
    await world.settle()
    assert words(world.hospital, sent) == ("acked_warn", "ok")
    assert len(world.municipality.inbox()) == 1
    for side in (world.hospital, world.municipality):
        assert any(isinstance(one.entry.fact.what, ReadyNotice) for one in side.facts())


async def test_a_signal_of_another_partner_is_not_counted(world: World) -> None:
    """A verified ErrorList from a party that the message did not go to leaves it waiting, and a person sees both."""
    sent, mail = await sent_and_gone(world)
    message_id = world.hospital.exchange(sent).message_id
    assert message_id is not None
    installation = world.municipality.installation
    error = EbError(WireCode.SECURITY_FAILURE, ErrorSeverity.ERROR, "/", "refused")
    to = ReturnAddress(WARD, NURSING, "", "", message_id.value)
    now = world.clock.now()
    sealed = installation.sealer.object_to(to, (error,), MessageId(installation.ids.fresh()), now)
    whole = wrapped(MailHeaders(mail.recipient, mail.sender, now, "signal@municipality.example"), sealed.body)
    await world.road.arrive(OutgoingMail(mail.recipient, mail.sender, whole, "x"))
    await world.hospital.daemon.settle()
    assert words(world.hospital, sent) == ("await_ack", "waiting")
    assert any("alarm: signal_not_verified" in line for line in world.hospital.journal(sent))
    assert world.hospital.mails()[-1].reception.state is ReceptionState.QUARANTINE
    assert world.hospital.facts() == ()


@pytest.mark.parametrize("believed", [True, False])
async def test_a_signal_about_nothing_of_ours_is_shelved(world: World, believed: bool) -> None:
    """Its sender may mean a message of ours that it names wrongly: a person sees it, and nobody is answered."""
    installation, now = world.municipality.installation, world.clock.now()
    error = EbError(WireCode.SECURITY_FAILURE, ErrorSeverity.ERROR, "/", "refused")
    to = ReturnAddress(WARD, NURSING, "", "", "nobody@ever.sent")
    sealed = installation.sealer.object_to(to, (error,), MessageId(installation.ids.fresh()), now)
    there, here = EdiAddress("municipality@edi.example"), EdiAddress(OWN)
    signal = OutgoingMail(there, here, wrapped(MailHeaders(there, here, now, "s@m.example"), sealed.body), "s")
    if not believed:
        signal = changed_envelope(signal, lambda octets: octets.replace(b"refused", b"Refused"))
    await receive(world, signal.content)
    assert [row.state for row in world.hospital.listing()] == ["quarantine"]
    assert world.road.taken == []


@pytest.mark.parametrize(("action", "says", "alarm"), [("failed", "came back", True), ("delayed", "delayed", False)])
async def test_a_bounce_of_our_acknowledgment_is_told_of_the_message_that_it_answers(
    world: World, journal: StringIO, action: str, says: str, alarm: bool
) -> None:
    """It is no stray notice: the message stays taken, its history says what happened, and a failure is an error."""
    world.road.loses = is_signal
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    [received] = world.municipality.received()
    ours = "municipality@edi.example"
    [acknowledgment] = [mail for mail in world.road.taken if is_signal(mail) and mail.sender.value == ours]
    content = report(action, envelope_id=acknowledgment.envelope_id)
    await world.municipality.daemon.keep(ReceivedMail(content, "", (ours,)))
    await world.municipality.daemon.settle()
    assert says in "".join(world.municipality.journal(received.id))
    assert ("answer.bounced" in journal.getvalue()) is alarm
    assert not [one for one in world.municipality.mails() if one.reception.state is ReceptionState.QUARANTINE]
    state = world.municipality.exchange(received.id).reception
    assert state is not None
    assert state.state is ReceptionState.DELIVERED
