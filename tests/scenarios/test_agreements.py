"""Two adapters with an agreement (CPA) between them (`ebxml.md` §8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from adapter.crypto.cms_foreign import addressed_to
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import AGREEMENT_LACKS, AdapterError
from adapter.service.views import apprec_word, transport_word
from adapter.testing.agreements import Agreeing, cpa_xml
from adapter.testing.neighbours import World
from adapter.testing.pki import Organisation, Pair
from adapter.testing.place import Place, Side
from adapter.values import EdiAddress, HerId

WARD, CASE_WORK = HerId("8140011"), HerId("8140022")
CPA_ID = "7a0f9f0e-0a63-4f1f-8d3a-4d7f1f8a9b10"
READY = ("LOG_UTSKRIVNINGSKLAR", "1.6")
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)


def keys_of(side: Side) -> Organisation:
    """The pairs that lie in the folder of a side."""

    def pair(name: str) -> Pair:
        key = load_pem_private_key((side.folder / "keys" / f"{name}.key").read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return Pair(key, load_pem_x509_certificate((side.folder / "keys" / f"{name}.crt").read_bytes()))

    return Organisation(pair("signing"), pair("encryption"))


def agree(
    place: Place,
    *sends: tuple[str, str],
    at: tuple[str, ...] = ("hospital", "municipality"),
    status: str = "valid",
    theirs: tuple[str, Organisation] | None = None,
) -> None:
    """Put an agreement of the two sides beside the partner files of one or both; `theirs` are another address and
    other pairs of the municipality than it has."""
    address, keys = theirs or (place.municipality.address, keys_of(place.municipality))
    content = cpa_xml(
        CPA_ID,
        Agreeing(WARD, place.hospital.address, keys_of(place.hospital), sends),
        Agreeing(CASE_WORK, address, keys, (("DIALOG_HELSEFAGLIG", "1.1"),)),
        FIRST,
        LAST,
        retries=2,
        interval="PT4H",
    )
    for side, partner in ((place.hospital, CASE_WORK), (place.municipality, WARD)):
        if side.name in at:
            (side.folder / "partners" / "agreement.xml").write_bytes(content)
            with (side.folder / "partners" / f"{partner}.toml").open("a") as file:
                file.write(f'\n[[agreement]]\nfile = "agreement.xml"\nstatus = "{status}"\n')


async def test_a_message_and_its_receipt_go_under_the_agreement(place: Place, start: Callable[[], World]) -> None:
    """Both carry its CPAId; acknowledged and receipted as without one."""
    agree(place, READY)
    world = start()
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    exchange = world.hospital.exchange(sent)
    assert (exchange.cpa_id, transport_word(exchange), apprec_word(exchange)) == (CPA_ID, "acknowledged", "ok")
    assert {one.cpa_id for one in world.municipality.sent()} == {CPA_ID}


async def test_what_the_agreement_says_of_the_receiver_comes_before_the_directory(
    place: Place, start: Callable[[], World]
) -> None:
    """Where the mail goes and whose key opens it is the agreement's word where it has one (HISD 1177 §6)."""
    other = keys_of(place.hospital)
    agree(place, READY, at=("hospital",), theirs=("annet@edi.example", other))
    world = start()
    world.road.loses = lambda mail: True
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    [mail] = world.road.taken
    assert mail.recipient == EdiAddress("annet@edi.example")
    assert f"To: {mail.recipient}".encode() in mail.content
    unpacked = unpack(mail.content)
    assert isinstance(unpacked, Unpacked)
    [payload] = unpacked.attachments
    assert addressed_to(payload.octets, other.encryption.certificate)
    assert not addressed_to(payload.octets, keys_of(place.municipality).encryption.certificate)


async def test_what_the_agreement_lacks_is_refused_at_once(place: Place, start: Callable[[], World]) -> None:
    """EB-256: the application hears it when it hands the message over, and nothing is kept."""
    agree(place, ("LOG_DOD", "1.6"))
    world = start()
    with pytest.raises(AdapterError) as raised:
        world.hospital.submit(world.hospital.build("discharge-ready"))
    assert raised.value.kind is AGREEMENT_LACKS
    assert world.hospital.sent() == []


async def test_resends_follow_the_agreement(place: Place, start: Callable[[], World]) -> None:
    """Two resends four hours apart instead of five in twelve."""
    agree(place, READY)
    world = start()
    world.road.loses = lambda mail: True
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for copies in (2, 3):
        await world.go_on(timedelta(hours=4))
        assert len(world.road.taken) == copies
    await world.go_on(timedelta(hours=4))
    assert transport_word(world.hospital.exchange(sent)) == "delivery_failed"


async def test_a_revoked_agreement_of_the_receiver_refuses(place: Place, start: Callable[[], World]) -> None:
    """EB-251: who still sends under an agreement that the other side holds for revoked hears `Inconsistent`."""
    agree(place, READY, at=("hospital",))
    agree(place, READY, at=("municipality",), status="revoked")
    world = start()
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    exchange = world.hospital.exchange(sent)
    assert transport_word(exchange) == "rejected"
    assert exchange.transport is not None
    assert "Inconsistent" in exchange.transport.reason
    assert world.municipality.received() == []


async def test_an_agreement_that_only_the_sender_has_is_remarked_on(place: Place, start: Callable[[], World]) -> None:
    """EB-246 without a register: accepted, and counted in the log."""
    agree(place, READY, at=("hospital",))
    world = start()
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"
    assert len(world.municipality.received()) == 1
