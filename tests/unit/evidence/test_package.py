"""What a package holds."""

from __future__ import annotations

import re

import pytest
from played_stay import Exporter, Played, failures

from adapter.evidence.container import read

NAME = re.compile(
    r"manifest\.(json|sig)|case\.json|chain\.json|facts/\d{4}\.json|decision/[a-z-]+\.(json|txt)|terms/[a-z0-9-]+\.(toml|json)"
    r"|certificates/(root|issuer|exporter|\d+)-\d+\.crt|revocation/(checks\.json|certificate-\d+\.der)"
    r"|messages/\d{3}/(record\.json|mail\.(eml|mime)|document-1\.xml|content-key-1\.bin|answer-\d\.(eml|mime))"
)


@pytest.mark.parametrize("side", ["hospital", "municipality"])
def test_an_honest_package_holds(played: Played, side: str) -> None:
    """What either side exports holds in every line, under the root that both trust."""
    exporter: Exporter = getattr(played, side)
    assert failures(exporter.package, exporter.roots) == []


def test_the_same_dossier_gives_the_same_octets(hospital: Exporter) -> None:
    """Nothing in the file depends on when or where it was written."""
    assert hospital.pack(hospital.dossier) == hospital.package


def test_members_are_named_by_role_and_number(hospital: Exporter) -> None:
    """No name says anything of the patient, and the manifest and its signature come first."""
    names = [one.name for one in read(hospital.package).members]
    assert names[:2] == ["manifest.json", "manifest.sig"]
    assert all(NAME.fullmatch(name) for name in names)


def test_mails_acknowledgments_and_apprecs_of_both_ways_are_there(hospital: Exporter) -> None:
    """Four messages and their four AppRecs, each with its sealed octets, its document and its acknowledgment."""
    letters = hospital.dossier.letters
    types = ["LOG_INNLAGT", "LOG_UTSKRIVNINGSKLAR", "DIALOG_HELSEFAGLIG", "LOG_UTSKREVET", *["APPREC"] * 4]
    assert sorted(letter.record.type for letter in letters) == sorted(types)
    for letter in letters:
        assert len(letter.sealed) == len(letter.attachments) == len(letter.answers) == 1
        received = letter.sealed[0].received
        assert bool(letter.attachments[0].content_key) is received
        assert letter.answers[0].received is not received


def test_the_sides_hold_the_same_octets(played: Played) -> None:
    """The MIME body that one side sent stands, behind the mail headers, in the mail that the other received."""
    received = [one.octets for letter in played.municipality.dossier.letters for one in letter.sealed if one.received]
    sent = [one.octets for letter in played.hospital.dossier.letters for one in letter.sealed if not one.received]
    assert sent
    assert len(sent) == len(received)
    assert all(any(mail.endswith(body) for mail in received) for body in sent)
