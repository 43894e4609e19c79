"""A partner changes its certificates as its file says: the one of the day is taken, and in a gap messages wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from adapter.config import load
from adapter.crypto.certificates import Usage, thumbprint
from adapter.crypto.cms_foreign import addressed_to
from adapter.delivery.sender import TransportState
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import CONFIG_INVALID, AdapterError
from adapter.lookups import directory
from adapter.service import partners
from adapter.service.checking import State, look
from adapter.testing.neighbours import World
from adapter.testing.pki import Pair, ThrowAwayPki
from adapter.testing.place import Place
from adapter.values import HerId

CASE_WORK, WARD = HerId("8140022"), HerId("8140011")
START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
CHANGE = START + timedelta(days=2)
Start = Callable[[], World]
Planning = Callable[..., Pair]


@pytest.fixture(scope="module")
def pki() -> ThrowAwayPki:
    return ThrowAwayPki(2048, name="Other")


@pytest.fixture
def plan(place: Place, pki: ThrowAwayPki) -> Planning:
    """Give the municipality a second encryption pair, and write a change into its file at the hospital."""

    def write(until: datetime, first: datetime) -> Pair:
        pair = pki.pair("Kommunen", "974744570", Usage.ENCRYPTION)
        keys = place.municipality.folder / "keys"
        (keys / "next.key").write_bytes(pair.key_pem())
        (keys / "next.crt").write_bytes(pair.certificate_pem())
        with (place.folder / "ca.crt").open("ab") as roots:
            roots.write(pki.root_pem())
        config = place.municipality.config
        old = '{ key = "keys/encryption.key", certificate = "keys/encryption.crt" }'
        new = '{ key = "keys/next.key", certificate = "keys/next.crt" }'
        config.write_text(config.read_text("utf-8").replace(f"[{old}]", f"[{old}, {new}]"), "utf-8")
        for file in (place.hospital.folder / "partners").glob("*.toml"):
            said = file.read_text("utf-8")
            one = '"../../municipality/keys/encryption.crt"'
            assert f"encryption_certificate = {one}" in said
            two = one.replace("encryption.crt", "next.crt")
            planned = (
                f"[{{ file = {one}, until = {until.isoformat()} }}, {{ file = {two}, from = {first.isoformat()} }}]"
            )
            file.write_text(said.replace(f"encryption_certificate = {one}", f"encryption_certificate = {planned}"))
        return pair

    return write


def opened_by(world: World) -> list[str]:
    """The thumbprints that the mails under way are encrypted to."""
    found = []
    for mail in world.road.under_way:
        unpacked = unpack(mail.content)
        assert isinstance(unpacked, Unpacked)
        (part,) = unpacked.attachments
        found += [
            thumbprint(pair.certificate)
            for pair in world.municipality.installation.keys.pairs
            if addressed_to(part.octets, pair.certificate)
        ]
    return found


@pytest.mark.parametrize("overlap", [timedelta(0), timedelta(days=1)], ids=["no overlap", "overlap"])
async def test_the_certificate_of_the_day_is_taken(start: Start, plan: Planning, overlap: timedelta) -> None:
    """The old one up to the second before the new one begins, the new one from then on, and both arrive."""
    new = plan(CHANGE + overlap, CHANGE)
    world = start()
    old = thumbprint(world.municipality.installation.keys.pairs[0].certificate)
    for moment, expected in ((CHANGE - timedelta(seconds=1), old), (CHANGE, thumbprint(new.certificate))):
        world.clock.set(moment)
        world.hospital.submit(world.hospital.build("discharge-ready"))
        await world.hospital.daemon.settle()
        assert opened_by(world) == [expected]
        await world.settle()
    assert len(world.municipality.inbox()) == 2


async def test_in_a_gap_messages_wait(start: Start, plan: Planning) -> None:
    """Nothing fails, the reason names the next beginning, and the message goes when it has come."""
    plan(CHANGE, CHANGE + timedelta(days=3))
    world = start()
    world.clock.set(CHANGE)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    await world.go_on(timedelta(days=2))
    transport = world.hospital.exchange(sent).transport
    assert transport is not None
    assert transport.state is TransportState.NEW
    with pytest.raises(AdapterError) as waiting:
        world.hospital.installation.partner(CASE_WORK).encryption_at(world.clock.now())
    assert "the next one begins 2024-03-10 10:00" in waiting.value.sentence()
    await world.go_on(timedelta(days=1, hours=13))
    transport = world.hospital.exchange(sent).transport
    assert transport is not None
    assert transport.state is TransportState.ACKED


async def test_explain_says_why_this_one_and_what_comes_next(start: Start, plan: Planning) -> None:
    """Each certificate with its time and whether it is used, and the moment of the next change."""
    new = plan(CHANGE + timedelta(days=1), CHANGE)
    world = start()

    def told() -> list[tuple[str, str, str]]:
        reasons = partners.explain(world.hospital.installation, CASE_WORK)
        return [(one.what, one.holds, one.because) for one in reasons if one.what.startswith("encryption")]

    (first, second, change) = told()
    assert "until 2024-03-08 10:00; encrypted to now" in first[2]
    assert "from 2024-03-07 10:00; not used yet" in second[2]
    assert change[1:] == ("2024-03-07 10:00", f"then to thumbprint {thumbprint(new.certificate)}")
    world.clock.set(CHANGE)
    (first, second) = told()
    assert "not used: another one began later" in first[2]
    assert "encrypted to now: of those that hold it began last" in second[2]
    world.clock.set(CHANGE + timedelta(days=1))
    assert "not used any more" in told()[0][2]


async def test_explain_in_a_gap(start: Start, plan: Planning) -> None:
    """In a gap it says when the next one begins; before it, that a gap comes."""
    plan(CHANGE, CHANGE + timedelta(days=3))
    world = start()

    def change() -> tuple[str, str]:
        (found,) = (one for one in partners.explain(world.hospital.installation, CASE_WORK) if "change" in one.what)
        return found.holds, found.because

    assert change() == ("2024-03-07 10:00", "from then on there is none in the plan: messages wait")
    world.clock.set(CHANGE)
    assert change()[0] == "2024-03-10 10:00"


def test_check_warns_of_a_gap_beforehand(place: Place, plan: Planning) -> None:
    """`adapter check` names the partner, the gap and that messages wait."""
    plan(CHANGE, CHANGE + timedelta(days=3))
    looked = [one for one in look(load(place.hospital.config), START) if one.what == f"partner {CASE_WORK}"]
    assert [one.state for one in looked] == [State.WARNING]
    assert "from 2024-03-07 10:00 on, until 2024-03-10 10:00; messages wait" in looked[0].says


def _signs_until(place: Place, until: datetime) -> None:
    for file in (place.hospital.folder / "partners").glob("*.toml"):
        said = file.read_text("utf-8")
        one = '"../../municipality/keys/signing.crt"'
        assert f"[{one}]" in said
        file.write_text(said.replace(f"[{one}]", f"[{{ file = {one}, until = {until.isoformat()} }}]"))


@pytest.mark.parametrize(("late", "believed"), [(timedelta(seconds=1), True), (timedelta(0), False)])
async def test_a_signing_certificate_has_its_until(place: Place, start: Start, late: timedelta, believed: bool) -> None:
    """A partner's signature is believed for 84 hours after the until of its certificate, for what is under way."""
    _signs_until(place, START - timedelta(hours=84) + late)
    world = start()
    sent = world.hospital.submit(world.hospital.build("admitted"))
    await world.settle()
    transport = world.hospital.exchange(sent).transport
    assert transport is not None
    assert (transport.state is TransportState.ACKED) is believed


@pytest.mark.parametrize(
    ("said", "mistake"),
    [
        ('[{ file = "a.crt", from = 2026-02-01, until = 2026-01-01 }]', "from must lie before until"),
        ('[{ file = "a.crt", from = "2026-02-01" }]', "from: must be a date or a time, without quotes"),
        ('[{ certificate = "a.crt" }]', "there is no such key"),
        ("[{ until = 2026-01-01 }]", "file: is missing"),
        ('[{ file = "a.crt", until = "soon" }]', "until"),
        ("5", "encryption_certificate"),
    ],
)
def test_a_mistake_in_a_plan_is_named(place: Place, said: str, mistake: str) -> None:
    """The file, the key and what is allowed."""
    (file, *_) = sorted((place.hospital.folder / "partners").glob("*.toml"))
    key, text = "encryption_certificate = ", file.read_text("utf-8")
    file.write_text(text.replace(f'{key}"../../municipality/keys/encryption.crt"', f"{key}{said}"))
    with pytest.raises(AdapterError) as wrong:
        directory.load(place.hospital.folder / "partners")
    assert wrong.value.kind is CONFIG_INVALID
    assert mistake in str(wrong.value)
    assert file.name in str(wrong.value)
