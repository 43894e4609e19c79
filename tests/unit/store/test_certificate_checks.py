"""Answers of certificate authorities are cached, and what was found out about a message stays as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapter.crypto.certificates import Usage
from adapter.crypto.revocation import Outcome
from adapter.crypto.standing import Action, Form
from adapter.store.port import BlobKind, CertificateCheck, RevocationAnswer, UsedAnswer
from adapter.values import Digest

NOW = datetime(2024, 3, 5, 9, tzinfo=UTC)
ABOUT, MESSAGE = Digest.of(b"certificate"), Digest.of(b"mail")


def test_the_newest_answer_takes_the_place_of_the_last(store):
    """There is one answer per form and certificate; a failed attempt keeps the answer and counts."""
    octets = store.write_now(lambda writer: writer.put_blob(b"answer", BlobKind.ANSWER, NOW))
    first = RevocationAnswer(Form.OCSP, ABOUT, NOW, octets, NOW)
    later = replace(first, tried_at=NOW + timedelta(hours=1), failures=1, problem="away")
    for kept in (first, later):
        store.write_now(lambda writer, kept=kept: writer.keep_revocation_answer(kept))
        assert store.read_now(lambda reader: reader.revocation_answer(Form.OCSP, ABOUT)) == kept
    assert store.read_now(lambda reader: reader.revocation_answer(Form.CRL, ABOUT)) is None


def test_the_first_check_of_a_message_stands(store):
    """One check per message and usage, in the order of their time; a second one changes nothing."""
    signing = CertificateCheck(
        MESSAGE,
        Usage.SIGNING,
        NOW,
        Outcome.GOOD,
        Action.ACCEPT,
        "the CRL",
        (ABOUT, Digest.of(b"root")),
        (UsedAnswer(0, Form.CRL, Digest.of(b"list")), UsedAnswer(0, Form.OCSP, Digest.of(b"answer"))),
    )
    bare = replace(signing, usage=Usage.ENCRYPTION, judged_at=NOW + timedelta(hours=1), chain=(), answers=())
    for check in (signing, bare, replace(signing, outcome=Outcome.REVOKED)):
        store.write_now(lambda writer, check=check: writer.keep_check(check))
    assert store.read_now(lambda reader: reader.certificate_checks([MESSAGE, ABOUT])) == (signing, bare)
    assert store.read_now(lambda reader: reader.certificate_checks([])) == ()
