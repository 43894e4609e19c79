"""Two key pairs with a planned change, PKCS #12 and passwords, and the list of all certificates."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from adapter.cli.keys import command
from adapter.config import load, parse
from adapter.crypto.certificates import Usage
from adapter.errors import CONFIG_INVALID, KEY_UNREADABLE, AdapterError
from adapter.service import desk, installation, key_list
from adapter.testing import scenarios
from adapter.testing.pki import Pair, ThrowAwayPki
from adapter.testing.place import Place, prepare

ONE = '{ key = "keys/signing.key", certificate = "keys/signing.crt" }'


@pytest.fixture(scope="module")
def pki() -> ThrowAwayPki:
    return ThrowAwayPki(2048)


@pytest.fixture
def place(tmp_path: Path, pki: ThrowAwayPki) -> Place:
    return prepare(tmp_path / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048, pki=pki)


@pytest.fixture
def signing(place: Place) -> Callable[[str], None]:
    """Write another `keys.signing` into the hospital's configuration."""

    def write(said: str) -> None:
        config = place.hospital.config
        config.write_text(config.read_text("utf-8").replace(f"signing = {ONE}", f"signing = {said}"), "utf-8")

    return write


@pytest.fixture
def following(place: Place, pki: ThrowAwayPki) -> Pair:
    """The next signing pair, as a PKCS #12 file with the password `geheim`."""
    pair = pki.pair("Sykehuset", "983974929", Usage.SIGNING)
    locked = pkcs12.serialize_key_and_certificates(
        b"next", pair.key, pair.certificate, None, BestAvailableEncryption(b"geheim")
    )
    (place.hospital.folder / "keys" / "next.p12").write_bytes(locked)
    (place.hospital.folder / "keys" / "next.txt").write_text("geheim\n")
    return pair


CHANGE = f'[{ONE[:-2]}, until = 2026-03-01 }}, {{ pkcs12 = "keys/next.p12", '


@pytest.mark.parametrize("password", ['password_file = "keys/next.txt" }]', 'password_env = "NEXT_PASSWORD" }]'])
def test_one_pair_until_then_the_other(place, signing, following, monkeypatch, password) -> None:
    """The first pair signs until the first moment of the day in Oslo, the second from then on."""
    monkeypatch.setenv("NEXT_PASSWORD", "geheim")
    signing(CHANGE + password)
    plan = installation.signer(load(place.hospital.config))
    midnight = datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert plan.at(datetime(2026, 2, 28, 22, 59, tzinfo=UTC)) == plan.first
    assert plan.at(midnight).certificate == following.certificate
    assert len(plan.identities) == 2


def test_a_password_that_is_wrong_or_not_there(place, signing, following, monkeypatch) -> None:
    """Each is told without the password."""
    signing(CHANGE + 'password_env = "NEXT_PASSWORD" }]')
    for value in (None, "wrong"):
        if value is not None:
            monkeypatch.setenv("NEXT_PASSWORD", value)
        with pytest.raises(AdapterError) as told:
            installation.signer(load(place.hospital.config))
        assert told.value.kind is KEY_UNREADABLE
        assert "wrong " not in told.value.detail


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"[{ONE}, {ONE}]", "needs until"),
        ("{ password_env = 'A' }", "needs key and certificate, or pkcs12"),
        ("{ key = 'a' }", "needs key and certificate, or pkcs12"),
        ("{ pkcs12 = 'a', password_env = 'A', password_file = 'b' }", "one of them is enough"),
        ("{ pkcs12 = 'a', from = 2026-03-02, until = 2026-03-01 }", "from must lie before until"),
        ("{ pkcs12 = 'a', from = '2026-03-01', until = 2026-03-02 }", "without quotes"),
        ("[{ pkcs12 = 'a', until = 2026-03-01 }, { pkcs12 = 'b', from = 2026-04-01 }]", "until and from differ"),
        (
            "[{ pkcs12 = 'a', until = 2026-03-01 }, { pkcs12 = 'b' }, { pkcs12 = 'c', from = 2026-02-01 }]",
            "in the order in which they take over",
        ),
    ],
)
def test_plans_that_make_no_sense(place, signing, said, told) -> None:
    """A plan with a hole, an overlap or half a pair is a mistake of the configuration."""
    signing(said)
    with pytest.raises(AdapterError) as refused:
        parse(place.hospital.config.read_bytes(), place.hospital.folder, "config.toml")
    assert refused.value.kind is CONFIG_INVALID
    assert told in refused.value.detail


def test_the_list_of_all_certificates(place, signing, following) -> None:
    """Ours and the partners', with purpose, numbers, days and revocation, and nothing secret."""
    signing(CHANGE + 'password_file = "keys/next.txt" }]')
    shown = CliRunner().invoke(command, ["--config", str(place.hospital.config), "--json"])
    assert shown.exit_code == 0, shown.output
    told = json.loads(shown.output)["certificates"]
    ours = [one for one in told if one["whose"] == "ours"]
    assert [one["purpose"] for one in ours] == ["signing", "signing", "encryption"]
    assert {one["plan"] for one in ours if one["purpose"] == "signing"} == {"signs now", "another time's pair"}
    assert {one["whose"] for one in told} > {party.her.value for party in scenarios.MUNICIPALITY}
    assert {one["revocation"] for one in told} == {"not offered"}
    assert all(one["days_left"] > 0 and len(one["fingerprint_sha256"]) == 64 for one in told)
    assert "PRIVATE" not in shown.output
    assert "geheim" not in shown.output
    for_people = CliRunner().invoke(command, ["--config", str(place.hospital.config)])
    assert "days left" in for_people.output


def test_an_expired_certificate_is_not_fine(place, pki) -> None:
    """Exit code 1, and the row says what is wrong."""
    old = pki.pair("Kommunen", "974744570", Usage.SIGNING, valid_until=datetime(2020, 1, 1, tzinfo=UTC))
    (place.municipality.folder / "keys" / "signing.crt").write_bytes(old.certificate_pem())
    shown = CliRunner().invoke(command, ["--config", str(place.hospital.config), "--json"])
    assert shown.exit_code == 1
    assert any("expired" in " ".join(one["problems"]) for one in json.loads(shown.output)["certificates"])


def test_an_old_decryption_pair_and_its_time(place) -> None:
    """The list says until when an old pair is kept, 84 hours after its end at least."""
    config = place.hospital.config
    pair = '{ key = "keys/encryption.key", certificate = "keys/encryption.crt"'
    config.write_text(config.read_text("utf-8").replace(f"[{pair} }}]", f"[{pair}, until = 2024-03-01 }}]"), "utf-8")
    with desk.installation(config) as opened:
        (row,) = (one for one in key_list.rows(opened) if one.whose == "ours" and one.usage == "encryption")
    assert "kept to open what is under way until 2024-03-04 12:00" in row.plan
    assert "may be taken out" in row.plan
