"""What the registers have of our own parties, as `adapter check` compares it with what we are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificate

from adapter.config import load
from adapter.crypto.keys import load_private_key
from adapter.service.checking import Looked, State, look
from adapter.testing.agreements import Agreeing, cpp_xml
from adapter.testing.pki import Organisation, Pair, ThrowAwayPki
from adapter.testing.place import Place
from adapter.testing.registry import MISBEHAVIOURS, Registry
from adapter.values import HerId
from tests.scenarios.test_register import CASE_WORK, WARD, registry

__all__ = ["registry"]

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """The keys of somebody else."""
    return ThrowAwayPki(2048).organisation("En annen", "974744570")


def about(place: Place) -> dict[str, Looked]:
    """What the hospital's check says of the registers."""
    seen = look(load(place.hospital.config), START)
    return {one.what: one for one in seen if one.what.startswith("register")}


def test_an_entry_that_fits_is_said_to(place: Place, registry: Registry) -> None:
    """Address and both certificates are ours; without a profile nothing is wrong either."""
    seen = about(place)
    assert {one.state for one in seen.values()} == {State.OK}
    assert "address hospital@edi.example" in seen[f"register {WARD}"].says
    assert "no agreements" in seen[f"register {WARD} profile"].says


def unknown(registry: Registry, others: Organisation) -> None:
    del registry.parties[WARD]


def moved(registry: Registry, others: Organisation) -> None:
    registry.parties[WARD]["ediAddress"] = "gammel@edi.example"


def no_service(registry: Registry, others: Organisation) -> None:
    registry.parties[WARD]["type"] = "Organization"


def signs_otherwise(registry: Registry, others: Organisation) -> None:
    registry.certificates[WARD, "signing"] = registry.certificates[CASE_WORK, "signing"]


def opens_otherwise(registry: Registry, others: Organisation) -> None:
    registry.certificates[WARD, "encryption"] = registry.certificates[CASE_WORK, "encryption"]


def without_certificate(registry: Registry, others: Organisation) -> None:
    del registry.certificates[WARD, "encryption"]


def profile(registry: Registry, keys: Organisation, address: str = "hospital@edi.example") -> None:
    registry.profiles[WARD] = cpp_xml(
        Agreeing(HerId(WARD), address, keys, (("LOG_UTSKRIVNINGSKLAR", "1.6"),)), (("DIALOG_HELSEFAGLIG", "1.1"),)
    )


@pytest.mark.parametrize(
    ("change", "what", "says"),
    [
        (unknown, f"register {WARD}", "knows no party"),
        (moved, f"register {WARD}", "gammel@edi.example"),
        (no_service, f"register {WARD}", "Organization"),
        (signs_otherwise, f"register {WARD}", "partners refuse our messages"),
        (opens_otherwise, f"register {WARD}", "no key of ours opens that"),
        (without_certificate, f"register {WARD}", "it has no certificate to encrypt to"),
        (profile, f"register {WARD} profile", "partners refuse our messages"),
    ],
)
def test_an_entry_that_is_another_is_a_problem(
    place: Place,
    registry: Registry,
    others: Organisation,
    change: Callable[[Registry, Organisation], None],
    what: str,
    says: str,
) -> None:
    """What partners would do wrong because of it is said; the other of the two entries is not touched by it."""
    change(registry, others)
    seen = about(place)
    assert says in seen[what].says
    assert [one.what for one in seen.values() if one.state is State.PROBLEM] == [what]


@pytest.fixture
def own(place: Place) -> Organisation:
    """The keys of the hospital as an organisation of the throw-away certificate authority."""
    keys = place.hospital.folder / "keys"
    signing, encryption = (
        Pair(
            load_private_key((keys / f"{name}.key").read_bytes()),
            load_pem_x509_certificate((keys / f"{name}.crt").read_bytes()),
        )
        for name in ("signing", "encryption")
    )
    return Organisation(signing, encryption)


def test_a_profile_tells_what_the_party_sends_and_takes(place: Place, registry: Registry, own: Organisation) -> None:
    """By the processes and versions of its CPP; another address in it is a problem."""
    profile(registry, own)
    row = about(place)[f"register {WARD} profile"]
    assert row.state is State.OK
    assert "sends LOG_UTSKRIVNINGSKLAR 1.6; takes DIALOG_HELSEFAGLIG 1.1" in row.says
    profile(registry, own, "gammel@edi.example")
    assert about(place)[f"register {WARD} profile"].state is State.PROBLEM


def test_a_pair_of_another_time_is_warned_of(place: Place, registry: Registry, others: Organisation) -> None:
    """During a change the register may have the old pair, or the next one: that is no problem yet."""
    keys: Path = place.hospital.folder / "keys"
    for name, pair in (("signing", others.signing), ("encryption", others.encryption)):
        (keys / f"next-{name}.key").write_bytes(pair.key_pem())
        (keys / f"next-{name}.crt").write_bytes(pair.certificate_pem())
        registry.certificates[WARD, name] = pair.certificate
    config = place.hospital.config
    text = config.read_text("utf-8")
    for name, old, new in (
        ("signing", ", until = 2030-01-01", ""),
        ("encryption", "", ""),
    ):
        known = f'{{ key = "keys/{name}.key", certificate = "keys/{name}.crt" }}'
        dated = known.replace(" }", f"{old} }}")
        after = f'{{ key = "keys/next-{name}.key", certificate = "keys/next-{name}.crt"{new} }}'
        both = f"[{dated}, {after}]"
        text = text.replace(f"[{known}]" if name == "encryption" else known, both, 1)
    config.write_text(text, "utf-8")
    row = about(place)[f"register {WARD}"]
    assert row.state is State.WARNING
    assert "another time's pair" in row.says
    assert "old pair" in row.says


@pytest.mark.parametrize("behaves", [one for one in MISBEHAVIOURS if one != "slow"])
def test_a_register_that_is_away_is_no_problem(place: Place, registry: Registry, behaves: str) -> None:
    """It is said, and the installation is fit to run."""
    registry.behaves = behaves
    profile(registry, ThrowAwayPki(2048).organisation("En annen", "974744570"))
    seen = about(place)
    assert seen[f"register {WARD}"].state is State.WARNING
    assert "the address register does not answer" in seen[f"register {WARD}"].says
