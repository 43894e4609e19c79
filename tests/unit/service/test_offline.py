"""Sealing and opening without store and daemon."""

from __future__ import annotations

import pytest

from adapter.errors import PARTNER_UNKNOWN, PARTY_NOT_OURS, AdapterError
from adapter.service.offline import Opened, Refused, SealedMail, open_offline, seal_offline
from adapter.service.submission import NotTaken
from adapter.testing.neighbours import World
from adapter.values import HerId

WARD, CASE_WORK = HerId("8140011"), HerId("8140022")


def sealed(world: World, content: bytes) -> SealedMail:
    outcome = seal_offline(world.place.hospital.config, content, WARD, CASE_WORK)
    assert isinstance(outcome, SealedMail)
    return outcome


async def test_what_was_sealed_opens_to_the_same_octets(world: World) -> None:
    """The receiver opens exactly what was sealed, and is told who signed and what was checked."""
    content = world.hospital.build("discharge-ready")
    made = sealed(world, content)
    opened = open_offline(world.place.municipality.config, made.mail)
    assert isinstance(opened, Opened)
    assert (opened.content, opened.message_id) == (content, made.message_id)
    assert (opened.sender, opened.receiver) == ("8140011", "8140022")
    assert "974744570" in opened.signer or "983974929" in opened.signer
    assert len(opened.checked) == 5


async def test_what_was_changed_is_refused(world: World) -> None:
    """A mail with one sign changed is refused as its sender would be told."""
    mail = sealed(world, world.hospital.build("discharge-ready")).mail
    at = mail.rindex(b"\r\n--") - 60
    changed = mail[:at] + (b"A" if mail[at : at + 1] != b"A" else b"Q") + mail[at + 1 :]
    refused = open_offline(world.place.municipality.config, changed)
    assert isinstance(refused, Refused)
    assert refused.wire == "SecurityFailure"


async def test_a_mail_for_somebody_else_does_not_open(world: World) -> None:
    """The sender itself cannot open what it has sealed to another."""
    mail = sealed(world, world.hospital.build("discharge-ready")).mail
    assert isinstance(open_offline(world.place.hospital.config, mail), Refused)


async def test_a_message_that_may_not_be_sent_is_not_sealed(world: World) -> None:
    """What breaks a rule is told with every finding, and what is no message with what to do."""
    content = world.hospital.build("discharge-ready").replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b"")
    outcome = seal_offline(world.place.hospital.config, content, WARD, CASE_WORK)
    assert isinstance(outcome, NotTaken)
    assert outcome.findings
    assert isinstance(seal_offline(world.place.hospital.config, b"no XML", WARD, CASE_WORK), NotTaken)


async def test_parties_must_be_known(world: World) -> None:
    """Sealing for a party that is nobody of ours, or to a stranger, is refused."""
    content = world.hospital.build("discharge-ready")
    stranger = HerId("8149999")
    for sender, receiver, kind in ((stranger, CASE_WORK, PARTY_NOT_OURS), (WARD, stranger, PARTNER_UNKNOWN)):
        with pytest.raises(AdapterError) as refused:
            seal_offline(world.place.hospital.config, content, sender, receiver)
        assert refused.value.kind is kind
