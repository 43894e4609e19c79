"""Two adapters of which one asks the address register about the other (`ebxml.md` §8.3, §8.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificate

from adapter.delivery.receiver import ReceptionState
from adapter.service.views import apprec_word, transport_word
from adapter.testing.neighbours import World
from adapter.testing.place import Place
from adapter.testing.registry import Registry, serve

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


async def test_a_mail_waits_for_the_register(place: Place, registry: Registry, start: Callable[[], World]) -> None:
    """Who sent it cannot be known now: no answer and no refusal; judged when the register is back."""
    world = start()
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
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
