"""What a site may choose of the profile, both sides of each choice; and what is remarked on whatever it chose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest

from adapter.delivery.receiver import ReceptionState
from adapter.envelope.agreement import without_cpa
from adapter.envelope.classify import Kind
from adapter.envelope.header import MessageHeader, Party, Service
from adapter.envelope.mail import MailHeaders, mail, signal_body
from adapter.envelope.names import EB, SIGNAL_SERVICE
from adapter.envelope.unpack import Unpacked, unpack
from adapter.testing.neighbours import World
from adapter.transports.port import OutgoingMail, ReceivedMail
from adapter.values import EdiAddress, HerId, MessageId, Moment, utc_text
from tests.scenarios.test_several_attachments import with_attachments

WARD, NURSING = HerId("8140011"), HerId("8140021")
HOSPITAL, MUNICIPALITY = EdiAddress("hospital@edi.example"), EdiAddress("municipality@edi.example")
Configure = Callable[[str, str, str], None]
Start = Callable[[], World]
READY = "LOG_UTSKRIVNINGSKLAR"


def question(world: World, action: str, body: str = "") -> OutgoingMail:
    """A service message of the ward, correctly signed."""
    installation, now = world.hospital.installation, world.clock.now()
    header = MessageHeader(
        sender=Party(WARD),
        receiver=Party(NURSING),
        cpa_id=without_cpa(WARD, NURSING).cpa_id,
        conversation_id="watching",
        service=Service(SIGNAL_SERVICE),
        action=action,
        message_id=MessageId(installation.ids.fresh()),
        timestamp=Moment(now, utc_text(now)),
        monitoring=installation.sealer.monitoring,
    )
    envelope, _ = installation.sealer._sign(header, "", body, (), now)
    name = f"{installation.ids.fresh()}@hospital.example"
    whole = mail(MailHeaders(HOSPITAL, MUNICIPALITY, now, name), signal_body(envelope))
    return OutgoingMail(HOSPITAL, MUNICIPALITY, whole, name)


def status_of(message_id: str) -> str:
    return f'<eb:StatusRequest eb:version="2.0"><eb:RefToMessageId>{message_id}</eb:RefToMessageId></eb:StatusRequest>'


def opened(sent: OutgoingMail) -> Unpacked:
    found = unpack(sent.content)
    assert isinstance(found, Unpacked)
    return found


def answering(configure: Configure) -> None:
    for side in ("hospital", "municipality"):
        configure(side, "[keys]", "[envelope]\nanswer_service = true\n\n[keys]")


async def test_a_ping_is_answered_by_one_pong_and_a_pong_by_nothing(configure: Configure, start: Start) -> None:
    """The Pong names the Ping, is signed, and ends it; a second Ping in the same minute is left alone."""
    answering(configure)
    world = start()
    await world.road.arrive(question(world, "Ping"))
    await world.settle()
    await world.road.arrive(question(world, "Ping"))
    await world.settle()
    [pong] = world.road.taken
    assert (pong.sender, pong.recipient, opened(pong).kind) == (MUNICIPALITY, HOSPITAL, Kind.PONG)
    assert [one.reception.state for one in world.hospital.mails()] == [ReceptionState.CLOSED]
    world.clock.advance(timedelta(minutes=1))
    await world.road.arrive(question(world, "Ping"))
    await world.settle()
    assert len(world.road.taken) == 2


@pytest.mark.parametrize(("known", "says"), [(True, "Processed"), (False, "NotRecognized")])
async def test_a_status_request_hears_what_became_of_the_senders_message(
    configure: Configure, start: Start, known: bool, says: str
) -> None:
    """A message that was delivered is `Processed`; one that never came, or is another party's, is not recognized."""
    answering(configure)
    world = start()
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    message_id = world.hospital.exchange(sent).message_id
    assert message_id is not None
    before = len(world.road.taken)
    asked = message_id.value if known else "6f1d4b7a-93b1-4b0f-8a0c-2f4f7e1b9c55"
    await world.road.arrive(question(world, "StatusRequest", status_of(asked)))
    await world.settle()
    [response] = world.road.taken[before:]
    element = opened(response).body.find(f"{{{EB}}}StatusResponse")
    assert element is not None
    assert element.get(f"{{{EB}}}messageStatus") == says


async def test_a_question_of_a_stranger_is_not_answered(configure: Configure, start: Start) -> None:
    """A Ping whose signature does not hold gets nothing, agreement or not."""
    answering(configure)
    world = start()
    asked = question(world, "Ping")
    text = opened(asked).envelope.octets.decode().replace(">watching<", ">listening<")
    forged = mail(MailHeaders(HOSPITAL, MUNICIPALITY, world.clock.now(), "x@y.example"), signal_body(text.encode()))
    await world.municipality.daemon.keep(ReceivedMail(forged, HOSPITAL.value, (MUNICIPALITY.value,)))
    await world.settle()
    assert world.road.taken == []


async def test_the_test_mark_is_in_everything_that_leaves(configure: Configure, start: Start) -> None:
    """Where it is switched on, message and answer carry the comment first in the Header; signatures hold (EB-626)."""
    configure("hospital", "[keys]", "[envelope]\ntest_mark = true\n\n[keys]")
    world = start()
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for sent in world.road.taken:
        is_marked = "<SOAP:Header><!-- TEST. TEST. Sendt i testøyemed." in opened(sent).envelope.octets.decode()
        assert is_marked is (sent.sender == HOSPITAL)
    assert len(world.municipality.inbox()) == 1
    assert b"\r\n\r\nTEST. TEST." in world.road.taken[0].content


async def test_production_has_no_test_mark(configure: Configure, start: Start) -> None:
    """The mode and the mark contradict each other, and the configuration says so."""
    configure("hospital", "[keys]", "[envelope]\ntest_mark = true\n\n[keys]")
    configure("hospital", 'mode = "test"', 'mode = "production"')
    with pytest.raises(Exception, match="test_mark"):
        start()


@pytest.mark.parametrize(("strict", "delivered"), [(False, 1), (True, 0)])
async def test_a_known_mistake_is_accepted_unless_the_site_is_strict(
    configure: Configure, start: Start, strict: bool, delivered: int
) -> None:
    """A CPAId in the wrong order is accepted and counted, and refused with `validation.strict` (EB-214)."""
    if strict:
        configure("municipality", "[keys]", "[validation]\nstrict = true\n\n[keys]")
    world = start()
    message = world.hospital.build("discharge-ready")
    await world.road.arrive(with_attachments(world.hospital, READY, [message], cpa_id="8140021_8140011"))
    await world.municipality.daemon.settle()
    assert len(world.municipality.received()) == delivered


async def test_a_mail_from_another_address_is_remarked_on(world: World, journal: StringIO) -> None:
    """The sender is who signed; that the mail came from elsewhere refuses nothing and is named (EB-231, EB-232)."""
    sent = with_attachments(world.hospital, READY, [world.hospital.build("discharge-ready")])
    content = sent.content.replace(b"From: hospital@", b"From: relay@").replace(b"To: municipality@", b"To: other@")
    await world.municipality.daemon.keep(ReceivedMail(content, HOSPITAL.value, (MUNICIPALITY.value,)))
    await world.settle()
    assert len(world.municipality.inbox()) == 1
    assert {rule for rule in ("EB-231", "EB-232") if rule in journal.getvalue()} == {"EB-231", "EB-232"}


@pytest.mark.parametrize("told", [True, False])
async def test_a_document_of_another_type_than_was_told_is_remarked_on(
    world: World, journal: StringIO, told: bool
) -> None:
    """The monitoring was told another namespace: delivered all the same, and named (EB-456)."""
    other = {} if told else {"location": "http://www.kith.no/xmlstds/epikrise/2006-09-23"}
    await world.road.arrive(with_attachments(world.hospital, READY, [world.hospital.build("discharge-ready")], **other))
    await world.settle()
    assert len(world.municipality.inbox()) == 1
    assert ("EB-456" in journal.getvalue()) is not told


async def test_a_copy_that_asks_for_no_answer_is_ignored(world: World) -> None:
    """A message without AckRequested is warned of once; its copy gets nothing and is not delivered again (EB-605)."""
    sent = with_attachments(world.hospital, READY, [world.hospital.build("discharge-ready")], block="")
    await world.road.arrive(sent)
    await world.municipality.daemon.settle()
    answers = len(world.road.under_way)
    await world.road.arrive(sent)
    await world.municipality.daemon.settle()
    assert len(world.road.under_way) == answers
    [received] = world.municipality.received()
    assert any("EB-605" in line for line in world.municipality.journal(received.id))
    assert len(world.municipality.inbox()) == 1
