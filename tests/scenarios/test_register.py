"""Two adapters of which one asks the address register about the other (`ebxml.md` §8.3, §8.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificate

from adapter.delivery.receiver import ReceptionState
from adapter.envelope import seal
from adapter.envelope.header import MessageHeader
from adapter.service.views import apprec_word, transport_word
from adapter.service.webhooks import notices_of
from adapter.testing.neighbours import World
from adapter.testing.place import Place
from adapter.testing.registry import Registry, serve
from adapter.transports.port import Accepted, Outcome, Refused
from adapter.values import HerId, Moment, utc_text

WARD, CASE_WORK = "8140011", "8140022"


@pytest.fixture
def registry(place: Place) -> Iterator[Registry]:
    """The register knows both sides, and both sides leave everything to it."""
    with serve() as served:
        for her, side, asking in (
            (WARD, place.hospital, place.municipality),
            (CASE_WORK, place.municipality, place.hospital),
        ):
            signing, encryption = (
                load_pem_x509_certificate((side.folder / "keys" / f"{name}.crt").read_bytes())
                for name in ("signing", "encryption")
            )
            served.enter(her, side.address, signing, encryption)
            forget(asking.folder / "partners" / f"{her}.toml")
            with (asking.folder / "config.toml").open("a") as file:
                file.write(
                    f'\n[register]\nurl = "{served.url}/ar"\nagreements_url = "{served.url}/cppa"\n'
                    'cache = "register"\ntimeout_seconds = 2\n'
                )
        yield served


def forget(file: Path) -> None:
    """Leave out of a partner file what the register knows."""
    lines = file.read_text("utf-8").splitlines(keepends=True)
    left_out = ("address", "signing_certificates", "encryption_certificate")
    file.write_text("".join(line for line in lines if not line.startswith(left_out)), "utf-8")


async def test_an_exchange_by_what_the_register_says(registry: Registry, start: Callable[[], World]) -> None:
    """Sent, acknowledged, receipted, with partner files that name neither address nor certificate."""
    world = start()
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    exchange = world.hospital.exchange(sent)
    assert (transport_word(exchange), apprec_word(exchange)) == ("acknowledged", "ok")


async def test_a_certificate_that_surprises_is_asked_about_before_it_is_refused(
    registry: Registry, start: Callable[[], World]
) -> None:
    """The partner has another pair than an hour ago (EB-254): the register is asked, and it is believed (§8.6)."""
    world = start()
    new = registry.certificates[WARD, "signing"]
    registry.certificates[WARD, "signing"] = registry.certificates[CASE_WORK, "signing"]
    assert world.municipality.installation.partner(HerId(WARD)).signing
    world.clock.advance(timedelta(hours=1))
    registry.certificates[WARD, "signing"] = new
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


async def test_a_submission_waits_for_the_register(registry: Registry, start: Callable[[], World]) -> None:
    """Nothing is kept and nobody answers: the message waits and goes when the register is back."""
    world = start()
    registry.behaves = "error 500"
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "new"
    registry.behaves = ""
    await world.go_on(timedelta(minutes=5))
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


async def test_days_without_the_register_stop_nobody(registry: Registry, start: Callable[[], World]) -> None:
    """It goes away before anybody has written to anybody: who has a file was asked about in time, and traffic goes."""
    world = start()
    await world.settle()
    registry.behaves = "hang up"
    await world.go_on(timedelta(days=5))
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    exchange = world.hospital.exchange(sent)
    assert (transport_word(exchange), apprec_word(exchange)) == ("acknowledged", "ok")


def mortal(until: datetime) -> Callable[..., MessageHeader]:
    """Headers with a TimeToLive, which we never send."""
    return lambda **fields: MessageHeader(**fields, time_to_live=Moment(until, utc_text(until)))


@pytest.mark.parametrize("lives", [False, True], ids=["as we send", "with a TimeToLive that ends meanwhile"])
async def test_a_mail_waits_for_the_register(
    place: Place, registry: Registry, start: Callable[[], World], monkeypatch: pytest.MonkeyPatch, lives: bool
) -> None:
    """Who sent it cannot be known now: no answer and no refusal; judged when the register is back, as it arrived."""
    world = start()
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    if lives:
        monkeypatch.setattr(seal, "MessageHeader", mortal(world.clock.now() + timedelta(minutes=2)))
    await world.hospital.daemon._seal()
    monkeypatch.undo()
    while await world.hospital.daemon.turn():
        pass
    registry.behaves = "hang up"
    await world.settle()
    [mail] = world.municipality.mails()
    assert mail.reception.state is ReceptionState.PENDING
    assert world.municipality.received() == []
    registry.behaves = ""
    await world.go_on(timedelta(minutes=5))
    assert len(world.municipality.received()) == 1
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


NOBODY = Refused("550 5.1.1 there is no such mailbox here")
HOME = "municipality@edi.example"

MOVED = {
    "the register has another address": ([NOBODY], ["moved@edi.example"], "await_ack"),
    "it has not": ([NOBODY], [HOME], "transport_failed"),
    "asked once, though it has a third one then": ([NOBODY, NOBODY], ["moved@edi.example", "again@edi.example"],
                                                    "transport_failed"),
    "a copy is refused, the first was taken": ([Accepted("250"), NOBODY], [HOME, "moved@edi.example"], "await_ack"),
}  # fmt: skip


@pytest.mark.parametrize(("outcomes", "addresses", "state"), MOVED.values(), ids=MOVED)
async def test_a_refused_address_is_asked_about_once(
    registry: Registry, start: Callable[[], World], outcomes: list[Outcome], addresses: list[str], state: str
) -> None:
    """Before a 5xx is final the register is asked anew: a partner that has moved gets the same octets where it is now
    (`ebxml.md` §2.5, §7.3)."""
    world = start()
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon._seal()
    world.road.loses = lambda mail: True
    world.road.tell(*outcomes)
    for address in addresses:
        registry.parties[CASE_WORK]["ediAddress"] = address
        await world.go_on(timedelta(hours=12))
    assert transport_word(world.hospital.exchange(sent)) == state
    reached = [mail.recipient.value for mail in world.road.taken]
    assert reached == {"await_ack": [*(HOME for one in outcomes if one != NOBODY), "moved@edi.example"]}.get(state, [])
    assert len({mail.content.partition(b"MIME-Version")[2] for mail in world.road.taken}) <= 1
    # A message that goes on to another address has not failed: an application hears of one end, and only of a real one.
    store = world.hospital.installation.store
    told = store.read_now(lambda reader: [n for line in reader.journal_after(0) for n in notices_of(reader, line)])
    assert [notice.event for notice in told] == (["exchange.final", "alarm"] if state == "transport_failed" else [])
    moved = [line for line in world.hospital.journal(sent) if line.startswith("goes to another address")]
    said = f"goes to another address {HOME} was refused ({NOBODY.reason}); moved@edi.example now"
    assert moved == ([said] if "moved@edi.example" in addresses else [])
