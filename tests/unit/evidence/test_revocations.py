"""The answers of certificate authorities in a package: kept, judged again, and named when they were changed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cryptography import x509
from played_stay import START, Exporter, failures

from adapter.crypto.certificates import Usage
from adapter.crypto.revocation import Outcome
from adapter.crypto.standing import Form
from adapter.evidence.anonymised import pack_anonymised
from adapter.evidence.container import read
from adapter.evidence.dossier import IssuerAnswer, RevocationCheck
from adapter.evidence.report import Outcome as Became
from adapter.evidence.verify import verify
from adapter.testing.pki import ThrowAwayPki
from adapter.values import Digest

CHECKS = "revocation/checks.json"


def members(package: bytes) -> dict[str, bytes]:
    return {one.name: one.content for one in read(package).members}


def lines(package: bytes, outcome: Became) -> list[tuple[str, str]]:
    found = verify(package).lines
    return [(one.member, one.says) for one in found if one.check == "revocation" and one.outcome is outcome]


def judged(exporter: Exporter, pki: ThrowAwayPki, outcome: Outcome = Outcome.GOOD, **answer) -> Exporter:
    """The exporter with every check judged by answers of a responder; its root is the one of `pki`."""
    checks = []
    for one in exporter.dossier.checks:
        leaf = _leaf(one)
        octets = pki.ocsp_response(leaf, one.judged_at, None, **answer)
        checks.append(replace(one, outcome=outcome, answers=(IssuerAnswer(0, Form.OCSP, octets),)))
    dossier = replace(exporter.dossier, checks=tuple(checks))
    return replace(exporter, dossier=dossier, package=exporter.pack(dossier))


def _leaf(check: RevocationCheck):
    return x509.load_der_x509_certificate(check.chain[0])


@pytest.fixture(scope="module")
def good(hospital: Exporter, played) -> Exporter:
    return judged(hospital, played.pki)


def test_every_check_of_the_stay_is_in_the_package(hospital: Exporter) -> None:
    """Of certificates that name nobody to ask it is said so; nothing fails and each mail has its line."""
    assert failures(hospital.package) == []
    told = json.loads(members(hospital.package)[CHECKS])["checks"]
    assert {one["usage"] for one in told} == {"signing", "encryption"}
    assert all("not offered" in says for _, says in lines(hospital.package, Became.NOTED) if "certificate for" in says)


def test_answers_are_judged_again(good: Exporter) -> None:
    """Each answer is judged at the moment of its check, and a line says what it was worth."""
    held = lines(good.package, Became.HOLDS)
    assert len(held) == len(good.dossier.checks)
    assert all("was good at" in says and "by OCSP" in says for _, says in held)
    assert failures(good.package, good.roots) == []


def test_the_anonymised_package_keeps_them(good: Exporter) -> None:
    """The board reads the same lines, by the digests of the mails that were left out."""
    package = pack_anonymised(good.dossier, 7, good.identity)
    assert len(lines(package, Became.HOLDS)) == len(good.dossier.checks)
    assert failures(package, good.roots) == []


def test_a_changed_octet_is_named(good: Exporter) -> None:
    """In the answer, in the path, in the list of checks: the member is named."""
    for name in [one for one in members(good.package) if one.startswith("revocation/")]:
        content = members(good.package)[name]
        at = good.package.index(content) + len(content) // 2
        changed = good.package[:at] + bytes([good.package[at] ^ 1]) + good.package[at + 1 :]
        assert ("digest", name) in failures(changed), name


def test_an_exporter_who_changes_an_answer(good: Exporter) -> None:
    """Signed again by the exporter, a damaged answer no longer says what was stated, and the mail is named."""
    name = next(one for one in members(good.package) if one.startswith("revocation/answer"))
    content = bytearray(members(good.package)[name])
    content[len(content) // 2] ^= 1
    found = [says for _, says in lines(good.repack({name: bytes(content)}), Became.FAILS)]
    assert any(name in says for says in found)


def test_an_exporter_who_states_more_than_the_answer_says(hospital: Exporter, played) -> None:
    """A revocation that is called good fails."""
    lying = judged(hospital, played.pki, Outcome.GOOD, revoked_at=START)
    assert len(lines(lying.package, Became.FAILS)) == len(hospital.dossier.checks)
    honest = judged(hospital, played.pki, Outcome.REVOKED, revoked_at=START)
    assert all("was revoked at" in says for _, says in lines(honest.package, Became.HOLDS))


def test_a_check_of_another_certificate(good: Exporter) -> None:
    """A check whose certificate did not sign the mail fails; one about a mail that is not there is said to be so."""
    signing = next(one for one in good.dossier.checks if one.usage is Usage.SIGNING)
    encryption = next(one for one in good.dossier.checks if one.usage is Usage.ENCRYPTION)
    swapped = replace(signing, chain=encryption.chain)
    assert lines(good.pack(replace(good.dossier, checks=(swapped,))), Became.FAILS)
    elsewhere = replace(signing, message=Digest.of(b"another mail"))
    package = good.pack(replace(good.dossier, checks=(elsewhere,)))
    assert lines(package, Became.FAILS) == []
    assert any("not here" in says for _, says in lines(package, Became.NOTED))


def test_under_another_root_nothing_of_it_is_believed(good: Exporter) -> None:
    """The paths of the checks lead to the reader's roots or nowhere."""
    stranger = ThrowAwayPki(2048)
    found = failures(good.package, (stranger.root,))
    assert sum(check == "revocation" for check, _ in found) == len(good.dossier.checks)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"checks": [1]}', b'{"checks": [{}]}', b'{"checks": [{"chain": 1}]}']
)
def test_a_list_that_cannot_be_read(good: Exporter, content: bytes) -> None:
    """A failed line and no traceback."""
    assert ("revocation", CHECKS) in failures(good.repack({CHECKS: content}))


def test_a_package_from_before(good: Exporter) -> None:
    """A package without checks is read as ever, and says that it holds none."""
    package = good.pack(replace(good.dossier, checks=()))
    assert failures(package) == []
    assert any("no answer of a certificate authority" in one.says for one in verify(package).lines)
