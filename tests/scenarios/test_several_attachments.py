"""A message that came with several attachments: each is delivered, and each message among them is receipted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.crypto import cms
from adapter.crypto.verified import Part
from adapter.envelope.agreement import pair_id
from adapter.envelope.header import MessageHeader, Party, Service
from adapter.envelope.mail import MailHeaders, mail, payload_body
from adapter.envelope.manifest import Manifest, ManifestReference, Schema
from adapter.envelope.seal import _ACK_REQUESTED
from adapter.testing.neighbours import Neighbour, World
from adapter.transports.port import OutgoingMail
from adapter.values import EdiAddress, HerId, MessageId, Moment

WARD, NURSING = HerId("8140011"), HerId("8140021")
LOCATION = "http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01"
PICTURE = b"\xff\xd8\xff\xe0 a picture"


def with_attachments(
    side: Neighbour,
    kind: str,
    contents: list[bytes],
    *,
    location: str = LOCATION,
    block: str = _ACK_REQUESTED,
    cpa_id: str = "",
    to: HerId = NURSING,
    lives: Moment | None = None,
    missing: bool = False,
) -> OutgoingMail:
    """A mail of the ward with these attachments, each encrypted, named in the Manifest and signed."""
    installation, now = side.installation, side.installation.clock.now()
    partner = installation.partner(NURSING)
    parts = tuple(
        Part(installation.ids.fresh(), cms.encrypt(one, partner.encryption_at(installation.clock.now())))
        for one in contents
    )
    schema = Schema(location, "1.6")
    header = MessageHeader(
        sender=Party(WARD, f"{kind}sender"),
        receiver=Party(to, f"{kind}receiver"),
        cpa_id=cpa_id or pair_id(WARD, NURSING),
        conversation_id=installation.ids.fresh(),
        service=Service(f"S-{kind}", "kithService"),
        action=kind,
        message_id=MessageId(installation.ids.fresh()),
        timestamp=Moment.at(now),
        eliminate_duplicates=True,
        time_to_live=lives,
        monitoring=installation.sealer.monitoring,
    )
    manifest = Manifest(tuple(ManifestReference(f"cid:{part.content_id}", (schema,)) for part in parts))
    envelope, _ = installation.sealer._sign(header, block, manifest.xml(), parts, now)
    parts = parts[: len(parts) - missing]
    body = payload_body(envelope, installation.ids.fresh(), parts, "=_boundary")
    own, name = EdiAddress(side.side.address), f"{installation.ids.fresh()}@hospital.example"
    return OutgoingMail(own, partner.address, mail(MailHeaders(own, partner.address, now, name), body), name)


@pytest.mark.parametrize("position", [0, 1, 2])
async def test_related_attachments_lie_beside_their_message(world: World, position: int) -> None:
    """Wherever it stands among them, the message is the message, and the rest lies beside it, byte for byte."""
    message = world.hospital.build("discharge-ready")
    others = [b"<note>beside</note>", PICTURE]
    contents = [*others[:position], message, *others[position:]]
    await world.road.arrive(with_attachments(world.hospital, "LOG_UTSKRIVNINGSKLAR", contents))
    await world.settle()
    [received] = world.municipality.received()
    assert world.municipality.inbox() == {
        f"{received.id}.xml": message,
        f"{received.id}.1.xml": others[0],
        f"{received.id}.2.bin": PICTURE,
    }
    assert len(world.municipality.sent("APPREC")) == 1
    assert "came with it" in "".join(world.municipality.journal(received.id))


async def test_independent_messages_are_taken_each_for_itself(world: World) -> None:
    """Two messages in one envelope: one acknowledgment, two files, two AppRecs; a copy of the mail changes nothing."""
    messages = [world.hospital.build("discharge-ready"), world.hospital.build("discharge-ready")]
    carried = with_attachments(world.hospital, "LOG_UTSKRIVNINGSKLAR", messages)
    await world.road.arrive(carried)
    await world.road.arrive(replace(carried, envelope_id="again"))
    await world.settle()
    received = world.municipality.received()
    assert sorted(world.municipality.inbox().values()) == sorted(messages)
    assert len(received) == 2
    receipts = world.municipality.sent("APPREC")
    assert {one.receipt_for for one in receipts} == {one.id for one in received}


async def test_messages_of_two_types_in_one_envelope_are_both_taken(world: World) -> None:
    """The envelope names one type; the other message of it is noted (MH-010), and neither is held."""
    messages = [world.hospital.build("discharge-ready"), world.hospital.build("withdrawal")]
    await world.road.arrive(with_attachments(world.hospital, "LOG_UTSKRIVNINGSKLAR", messages))
    await world.settle()
    assert sorted(world.municipality.inbox().values()) == sorted(messages)
    [other] = world.municipality.received("LOG_AVMELDING")
    assert "MH-010" in "".join(world.municipality.journal(other.id))


async def test_an_application_that_takes_messages_over_http_reads_what_came_beside(world: World) -> None:
    """The store gives the other attachments in their order."""
    message = world.hospital.build("discharge-ready")
    await world.road.arrive(with_attachments(world.hospital, "LOG_UTSKRIVNINGSKLAR", [message, PICTURE, b"<n/>"]))
    await world.settle()
    [received] = world.municipality.received()
    store = world.municipality.installation.store
    assert store.read_now(lambda reader: [reader.blob(one) for one in reader.beside(received.id)]) == [PICTURE, b"<n/>"]
