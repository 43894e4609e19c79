"""Whom the mails of a package are encrypted to, against the certificates that it shows for them."""

from __future__ import annotations

import json
from dataclasses import replace

from cryptography.hazmat.primitives.serialization import Encoding
from played_stay import Exporter, Played

from adapter.crypto.certificates import Usage
from adapter.evidence.report import Check, Line, Outcome
from adapter.evidence.verify import verify


def lines(package: bytes) -> list[Line]:
    return [line for line in verify(package).lines if line.check is Check.ENCRYPTION]


def test_a_sent_mail_is_tied_to_the_certificate_of_its_receiver(hospital: Exporter) -> None:
    """Every mail that went out is encrypted to the certificate whose revocation was judged for it."""
    sent = [one for one in lines(hospital.package) if one.member.endswith("mail.mime")]
    assert sent
    assert {one.outcome for one in sent} == {Outcome.HOLDS}


def test_a_received_mail_shows_no_certificate(hospital: Exporter) -> None:
    """For what the exporter opened himself it is said that nothing is shown."""
    received = [one for one in lines(hospital.package) if one.member.endswith("mail.eml")]
    assert {one.outcome for one in received} == {Outcome.NOTED}
    assert "the exporter opened it" in received[0].says


def test_a_certificate_of_somebody_else(played: Played) -> None:
    """A check that shows a certificate the mail was not encrypted to fails by the name of the mail."""
    hospital = played.hospital
    stranger = played.pki.pair("Stranger", "974760673", Usage.ENCRYPTION).certificate.public_bytes(Encoding.DER)
    checks = tuple(
        replace(one, chain=(stranger, *one.chain[1:])) if one.usage is Usage.ENCRYPTION else one
        for one in hospital.dossier.checks
    )
    found = lines(hospital.pack(replace(hospital.dossier, checks=checks)))
    wrong = [one.member for one in found if one.outcome is Outcome.FAILS]
    assert wrong == [one.member for one in found if one.member.endswith("mail.mime")]
    assert wrong


def test_a_mail_without_a_check(hospital: Exporter) -> None:
    """Where no check was kept of a sent mail, and where the list of them cannot be read, nothing is claimed."""
    bare = lines(hospital.pack(replace(hospital.dossier, checks=())))
    assert {one.outcome for one in bare} == {Outcome.NOTED}
    for content in (b"{", json.dumps({"checks": [{"usage": "encryption"}]}).encode()):
        assert {one.outcome for one in lines(hospital.repack({"revocation/checks.json": content}))} == {Outcome.NOTED}
