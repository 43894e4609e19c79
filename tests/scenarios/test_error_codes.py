"""Every ebXML error code of the profile, both ways: what makes us send it, and what it does to a message of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from lxml import etree

from adapter.envelope.header import ReturnAddress
from adapter.envelope.mail import MailHeaders, mail
from adapter.envelope.seal import _ACK_REQUESTED
from adapter.envelope.signals import EbError, ErrorSeverity
from adapter.errors import WireCode
from adapter.service.views import transport_word
from adapter.testing.neighbours import World
from adapter.transports.port import OutgoingMail
from adapter.values import EdiAddress, HerId, MessageId, Moment, utc_text
from tests.scenarios.test_several_attachments import with_attachments

HOSPITAL, MUNICIPALITY = EdiAddress("hospital@edi.example"), EdiAddress("municipality@edi.example")
READY = "LOG_UTSKRIVNINGSKLAR"

BROKEN: Mapping[WireCode, str] = {
    WireCode.VALUE_NOT_RECOGNIZED: "for a HER-id that is none of ours",
    WireCode.NOT_SUPPORTED: "with a block for the next hop, which no signature covers",
    WireCode.OTHER_XML: "with two AckRequested",
    WireCode.TIME_TO_LIVE_EXPIRED: "whose time is over",
    WireCode.MIME_PROBLEM: "whose Manifest names an attachment that is not there",
}
"""What is wrong with a message that gets the code."""

ELSEWHERE: Mapping[WireCode, str] = {
    WireCode.SECURITY_FAILURE: "scenarios/test_unverified.py::test_a_message_signed_with_another_key_is_refused",
    WireCode.INCONSISTENT: "scenarios/test_reliability.py::test_an_old_id_for_new_content_is_inconsistent",
    WireCode.DELIVERY_FAILURE: "scenarios/test_revocation.py::test_an_end_to_the_waiting",
    WireCode.UNKNOWN: "unit/envelope/test_respond.py::test_errors_carry_the_code_of_the_catalogue",
}
"""Which test makes us send the others."""


def broken(world: World, code: WireCode) -> OutgoingMail:
    """A message that is signed correctly and wrong in one respect."""
    side, content = world.hospital, [world.hospital.build("discharge-ready")]
    over = world.clock.now() - timedelta(hours=1)
    match code:
        case WireCode.VALUE_NOT_RECOGNIZED:
            return with_attachments(side, READY, content, to=HerId("999999"))
        case WireCode.NOT_SUPPORTED:
            return with_attachments(side, READY, content, block=_ACK_REQUESTED.replace("toPartyMSH", "nextMSH"))
        case WireCode.OTHER_XML:
            return with_attachments(side, READY, content, block=_ACK_REQUESTED * 2)
        case WireCode.TIME_TO_LIVE_EXPIRED:
            return with_attachments(side, READY, content, lives=Moment(over, utc_text(over)))
        case WireCode.MIME_PROBLEM:
            return with_attachments(side, READY, [*content, b"<lost/>"], missing=True)
        case _:
            raise ValueError(code)


def codes_in(sent: OutgoingMail) -> list[str]:
    payload = message_from_bytes(sent.content).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return [str(code) for code in etree.fromstring(payload).xpath("//@*[local-name()='errorCode']")]


def test_every_code_is_accounted_for() -> None:
    """A code without a case that makes us send it, or whose test is gone, fails here."""
    assert set(BROKEN) | set(ELSEWHERE) == set(WireCode)
    for node in ELSEWHERE.values():
        file, _, name = node.partition("::")
        assert re.search(rf"def {name}\b", (Path(__file__).parents[1] / file).read_text("utf-8"))


@pytest.mark.parametrize("code", BROKEN, ids=str)
async def test_what_is_wrong_is_answered_by_its_code(world: World, code: WireCode) -> None:
    """One ErrorList with the code of §6.4 first; nothing is delivered, and nothing is acknowledged."""
    await world.road.arrive(broken(world, code))
    await world.municipality.daemon.settle()
    [answer] = world.road.under_way
    assert codes_in(answer)[0] == code.value
    assert world.municipality.inbox() == {}


@pytest.mark.parametrize("code", WireCode, ids=str)
async def test_a_message_that_gets_the_code_is_rejected_and_never_sent_again(world: World, code: WireCode) -> None:
    """Whatever the code, a verified Error rejects the message, says why, and ends the resends."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    world.road.under_way.clear()
    waiting = world.hospital.exchange(sent)
    assert waiting.message_id is not None
    installation, now = world.municipality.installation, world.clock.now()
    error = EbError(code, ErrorSeverity.ERROR, "", "refused")
    to = ReturnAddress(waiting.sender, waiting.receiver, "", "", waiting.message_id.value)
    sealed = installation.sealer.object_to(to, (error,), MessageId(installation.ids.fresh()), now)
    whole = mail(MailHeaders(MUNICIPALITY, HOSPITAL, now, "x@edi.example"), sealed.body)
    await world.road.arrive(OutgoingMail(MUNICIPALITY, HOSPITAL, whole, "x"))
    await world.go_on(timedelta(days=4))
    exchange = world.hospital.exchange(sent)
    assert (transport_word(exchange), exchange.transport and exchange.transport.reason) == ("rejected", code.value)
    assert len(world.road.taken) == 1
