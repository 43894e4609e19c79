"""Nobody is believed unverified: strangers, forgers and flipped bits cause an error answer at most (promise 3)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.crypto.certificates import Usage
from adapter.crypto.keys import SigningIdentity
from adapter.envelope.agreement import without_cpa
from adapter.envelope.header import MessageHeader, Party, Service
from adapter.envelope.mail import MailHeaders, mail, signal_body
from adapter.envelope.names import SIGNAL_SERVICE
from adapter.envelope.routing import Process
from adapter.lookups.directory import FolderDirectory
from adapter.service.installation import Installation
from adapter.service.views import transport_word
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.testing.pki import ThrowAwayPki
from adapter.transports.port import OutgoingMail, ReceivedMail
from adapter.values import EdiAddress, HerId, MessageId, Moment, utc_text

WARD, CASE_WORK = HerId("8140011"), HerId("8140022")
READINESS = Process("LOG_UTSKRIVNINGSKLAR")
HOSPITAL = EdiAddress("hospital@edi.example")


def errors_in(mail: OutgoingMail) -> list[str]:
    """The errorCodes of the ErrorList in a mail."""
    payload = message_from_bytes(mail.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return [str(code) for code in etree.fromstring(payload).xpath("//@*[local-name()='errorCode']")]


def untouched(side: Neighbour, message_id: MessageId | None) -> bool:
    """Whether a side holds nothing of a message but its mail: no exchange, file, fact or dedupe record."""
    store = side.installation.store
    seen = message_id is not None and store.read_now(lambda reader: reader.seen(WARD, message_id)) is not None
    return not seen and not side.received() and not side.inbox() and not side.facts() and not side.sent()


def sign_as_stranger(side: Neighbour, stranger: ThrowAwayPki) -> None:
    """Let a side sign with a key of the stranger's from now on, under its own name."""
    pair = stranger.pair(side.settings.party[0].organisation.name, "983974929", Usage.SIGNING)
    installation = side.installation
    anchors = replace(installation.anchors, roots=(*installation.anchors.roots, stranger.root))
    sealer = replace(installation.sealer, signer=SigningIdentity(pair.key, pair.certificate), anchors=anchors)
    refit(side, replace(installation, sealer=sealer))


def refit(side: Neighbour, installation: Installation) -> None:
    """Let a side go on with other tools."""
    side.daemon._installation = side.installation = installation


@pytest.fixture(scope="session")
def stranger() -> ThrowAwayPki:
    """A certificate authority that nobody here trusts."""
    return ThrowAwayPki(2048, name="Stranger")


async def test_a_message_signed_with_another_key_is_refused(world: World, stranger: ThrowAwayPki) -> None:
    """A message under a partner's name and a stranger's key: SecurityFailure to the partner, and nothing is kept."""
    sign_as_stranger(world.hospital, stranger)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    await world.municipality.daemon.settle()
    [_, answer] = world.road.taken
    assert (errors_in(answer), answer.recipient) == (["SecurityFailure"], HOSPITAL)
    assert untouched(world.municipality, world.hospital.exchange(sent).message_id)


async def test_a_partner_that_nobody_knows_gets_no_answer(world: World) -> None:
    """Without an entry in the directory there is nobody to answer: the mail goes to quarantine, where it is shown."""
    refit(world.municipality, replace(world.municipality.installation, partners=FolderDirectory(())))
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert len(world.road.taken) == 1
    assert untouched(world.municipality, world.hospital.exchange(sent).message_id)
    [row] = world.municipality.listing()
    assert (row.state, row.reason) == ("quarantine", "PARTNER-UNKNOWN")


async def test_flipped_bits_are_never_believed(world: World) -> None:
    """One bit changed anywhere in the parts of a mail: refused or ignored, and nothing follows but an error answer."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    world.road.under_way.clear()
    message_id = world.hospital.exchange(sent).message_id
    start = mail.content.index(b"\r\n\r\n")
    lines = [
        match.span() for match in re.finditer(rb"(?m)^[A-Za-z0-9+/=]{40,}\r?$", mail.content) if match.start() > start
    ]
    assert lines

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(lines) - 1), st.integers(0, 39))
    def tampered(line: int, column: int) -> None:
        at = lines[line][0] + column
        old = mail.content[at : at + 1]
        new = b"A" if old != b"A" else b"Q"
        changed.append(mail.content[:at] + new + mail.content[at + 1 :])

    changed: list[bytes] = []
    tampered()
    for content in changed:
        world.clock.advance(timedelta(minutes=90))
        await world.road.arrive(OutgoingMail(mail.sender, mail.recipient, content, "x"))
        await world.municipality.daemon.settle()
        assert untouched(world.municipality, message_id)
    answers = world.road.taken[1:]
    assert {answer.recipient for answer in answers} <= {HOSPITAL}
    world.road.under_way.clear()
    await world.road.arrive(mail)
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


async def test_a_known_envelope_with_other_attachments_delivers_nothing(world: World) -> None:
    """A copy of a verified envelope gets the stored answer, whatever hangs on it, and nothing of it is taken in."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    inbox, facts = world.municipality.inbox(), world.municipality.facts()
    await world.road.arrive(changed_payload(world.road.taken[0]))
    await world.settle()
    assert is_signal(world.road.taken[-1])
    assert errors_in(world.road.taken[-1]) == []
    assert (world.municipality.inbox(), world.municipality.facts()) == (inbox, facts)
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


async def captured_ack(world: World) -> tuple[str, OutgoingMail]:
    """A message that is sent, and its acknowledgment taken off the road before it arrived; no AppRec comes either."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    await world.municipality.daemon.settle()
    ack = next(mail for mail in world.road.under_way if is_signal(mail))
    world.road.under_way.clear()
    return sent, ack


def changed_envelope(mail: OutgoingMail, change: Callable[[bytes], bytes]) -> OutgoingMail:
    """A signal whose envelope was changed on its way."""
    head, _, encoded = mail.content.partition(b"\r\n\r\n")
    envelope = change(base64.b64decode(encoded))
    return OutgoingMail(mail.sender, mail.recipient, head + b"\r\n\r\n" + base64.encodebytes(envelope), "x")


async def test_a_forged_acknowledgment_is_an_alarm_and_no_more(world: World) -> None:
    """An acknowledgment whose signature does not hold leaves the message waiting, is told, and is never answered."""
    sent, ack = await captured_ack(world)
    carried = len(world.road.taken)
    forged = changed_envelope(ack, lambda octets: octets.replace(b"2024-03-05", b"2024-03-04"))
    await world.road.arrive(forged)
    await world.hospital.daemon.settle()
    assert transport_word(world.hospital.exchange(sent)) == "await_ack"
    assert world.hospital.facts() == ()
    assert any("alarm: signal_not_verified" in line for line in world.hospital.journal(sent))
    assert len(world.road.taken) == carried
    await world.road.arrive(ack)
    await world.hospital.daemon.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


async def test_a_forged_error_does_not_reject_a_message(world: World, stranger: ThrowAwayPki) -> None:
    """An ErrorList signed by a stranger changes nothing and raises an alarm."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    sign_as_stranger(world.municipality, stranger)
    world.road.under_way[:] = [changed_payload(mail) for mail in world.road.under_way]
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "await_ack"
    assert any("alarm: signal_not_verified" in line for line in world.hospital.journal(sent))


def changed_payload(mail: OutgoingMail) -> OutgoingMail:
    """A message mail with one sign of its last part changed: it does not verify."""
    at = mail.content.rindex(b"\r\n--") - 60
    new = b"A" if mail.content[at : at + 1] != b"A" else b"Q"
    return OutgoingMail(mail.sender, mail.recipient, mail.content[:at] + new + mail.content[at + 1 :], "x")


async def test_an_acknowledgment_of_other_references_is_not_counted(world: World) -> None:
    """A verified acknowledgment whose references are not those we signed leaves the message waiting, with an alarm."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    message_id = world.hospital.exchange(sent).message_id
    assert message_id is not None
    world.road.under_way.clear()
    other = world.hospital.build("discharge-ready", ready="2024-03-07")
    await world.road.arrive(world.hospital.seal(other, CASE_WORK, READINESS, sender=WARD, message_id=message_id.value))
    await world.settle()
    assert world.hospital.exchange(sent).transport.state.value in {"await_ack", "acked_implied"}  # type: ignore[union-attr]
    assert any("alarm: ack_references" in line for line in world.hospital.journal(sent))


@pytest.mark.parametrize("action", ["Ping", "Pong"])
async def test_a_ping_is_ignored(world: World, action: str) -> None:
    """A correctly signed Ping or Pong is no payload message: it is kept, closed and not answered (ebxml.md §3.8)."""
    sealer, now = world.hospital.installation.sealer, world.clock.now()
    header = MessageHeader(
        sender=Party(WARD),
        receiver=Party(CASE_WORK),
        cpa_id=without_cpa(WARD, CASE_WORK).cpa_id,
        conversation_id="ping",
        service=Service(SIGNAL_SERVICE),
        action=action,
        message_id=MessageId(world.hospital.installation.ids.fresh()),
        timestamp=Moment(now, utc_text(now)),
        monitoring=sealer.monitoring,
    )
    envelope, _ = sealer._sign(header, "", "", (), now)
    whole = mail(MailHeaders(HOSPITAL, HOSPITAL, now, "ping@hospital.example"), signal_body(envelope))
    await world.municipality.daemon.keep(ReceivedMail(whole, HOSPITAL.value, ("municipality@edi.example",)))
    await world.settle()
    assert world.road.taken == []
    [kept] = world.municipality.mails()
    assert kept.reception.state.value == "closed"
    assert world.municipality.listing() == ()
