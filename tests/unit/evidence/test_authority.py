"""Who can have signed a package and what is in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from played_stay import Exporter, failures

from adapter.crypto.keys import SigningIdentity
from adapter.evidence.package import pack
from adapter.evidence.report import Check, Outcome
from adapter.evidence.verify import verify
from adapter.testing.pki import ThrowAwayPki


@pytest.fixture(scope="module")
def stranger() -> ThrowAwayPki:
    return ThrowAwayPki(2048)


def test_with_the_readers_own_root(hospital: Exporter) -> None:
    """Everything holds under the root that the reader trusts, and the report says whose root it is."""
    lines = verify(hospital.package, hospital.roots).lines
    assert not [line for line in lines if line.outcome is Outcome.FAILS]
    assert any("the reader's own" in line.says for line in lines)


def test_without_a_root_the_packages_own_is_named(hospital: Exporter) -> None:
    """Without a root of the reader's the one in the package is taken, with its thumbprint to compare."""
    (line,) = (line for line in verify(hospital.package).lines if "--trust" in line.says)
    assert line.outcome is Outcome.NOTED


def test_with_another_root_nothing_is_believed(hospital: Exporter, stranger: ThrowAwayPki) -> None:
    """Under a root that did not issue them, the exporter's certificate and every signature fail."""
    found = failures(hospital.package, (stranger.root,))
    assert ("certificate", "certificates/exporter-1.crt") in found
    assert sum(check == "signature" for check, _ in found) == 16


def test_a_stranger_who_signs_anew(hospital: Exporter, stranger: ThrowAwayPki) -> None:
    """A package made by somebody whom the reader's root does not know fails by its exporter."""
    other = stranger.organisation("Noen andre", "999999999")
    package = pack(hospital.dossier, other.identity)
    assert ("certificate", "certificates/exporter-1.crt") in failures(package, hospital.roots)


def test_an_encryption_certificate_signs_nothing(hospital: Exporter) -> None:
    """A certificate that was not issued to sign cannot vouch for a package."""
    pki = ThrowAwayPki(2048)
    pair = pki.organisation("Prøve", "983974929").encryption
    package = pack(hospital.dossier, SigningIdentity(pair.key, pair.certificate))
    assert ("certificate", "certificates/exporter-1.crt") in failures(package, (pki.root,))


def test_a_package_made_when_its_certificate_had_expired(hospital: Exporter) -> None:
    """The exporter's certificate is judged at the time of the export."""
    late = replace(hospital.dossier, made_at=datetime(2050, 1, 1, tzinfo=UTC))
    assert failures(hospital.pack(late)) == [("certificate", "certificates/exporter-1.crt")]


@pytest.mark.parametrize("content", [b"", b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate(hospital: Exporter, content: bytes) -> None:
    """A member that should be a certificate and is none is named."""
    assert ("certificate", "certificates/8140011-1.crt") in failures(
        hospital.repack({"certificates/8140011-1.crt": content})
    )


def test_no_exporter_or_two(hospital: Exporter) -> None:
    """There is exactly one certificate of the exporter."""
    exporter = hospital.member("certificates/exporter-1.crt")
    for package in (
        hospital.repack({"certificates/exporter-1.crt": None}),
        hospital.repack({"certificates/exporter-2.crt": exporter}),
    ):
        assert ("manifest", "certificates/exporter-1.crt") in failures(package)


def test_no_root(hospital: Exporter) -> None:
    """Without any root nothing leads anywhere."""
    assert ("certificate", "") in failures(hospital.repack({"certificates/root-1.crt": None}))


def test_a_party_whose_certificate_is_not_there(hospital: Exporter) -> None:
    """A mail of a HER-id without certificate in the package cannot be checked, and fails."""
    found = failures(hospital.repack({"certificates/8140021-1.crt": None}))
    unsigned = [member for check, member in found if check == Check.SIGNATURE]
    assert [member.endswith(".eml") for member in unsigned] == [True] * 4
