"""Has a certificate been revoked: judged from the octets of a CRL or of an OCSP response, at a time given.

There are five outcomes and none of them is a guess: good and revoked rest on a signed statement, stale is one that has
run out, unknown is everything else (`lessons.md` no. 5), and of a certificate that names nobody to ask it is said that
nothing is offered. What to do about each is policy, in `adapter.crypto.standing`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from adapter.crypto.certificates import UNREADABLE

_CLOCK_ERROR = timedelta(minutes=5)
_UNDATED = timedelta(hours=1)
"""How long a statement without nextUpdate is taken for fresh (`ebxml.md` §4.5)."""

_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


class Outcome(StrEnum):
    """What is known about a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    STALE = "stale"
    UNKNOWN = "unknown"
    NOT_OFFERED = "not offered"
    """the certificate names neither a responder nor a list, and none is configured"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome, why, and until when the statement is fresh.

    `revoked_at` is None unless revoked; `fresh_until` is None where there is no statement to rely on.
    """

    outcome: Outcome
    reason: str
    revoked_at: datetime | None = None
    fresh_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A CRL whose signature was checked: the serial numbers with their moments, ready for many look-ups."""

    issuer: x509.Certificate
    this_update: datetime
    next_update: datetime | None
    revoked: Mapping[int, datetime]


def read_crl(octets: bytes, issuer: x509.Certificate) -> RevocationList | Judgement:
    """A CRL of that issuer; an unknown judgement where it cannot be relied on."""
    try:
        crl = x509.load_der_x509_crl(octets)
        if crl.issuer != issuer.subject:
            return _unknown("the CRL is of another issuer")
        if not _grants(issuer, "crl_sign") or not isinstance(crl.signature_hash_algorithm, _HASHES):
            return _unknown("the CRL is signed in a way that is not accepted")
        key = issuer.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or not crl.is_signature_valid(key):
            return _unknown("the signature of the CRL does not hold")
        if any(
            extension.critical or isinstance(extension.value, x509.DeltaCRLIndicator) for extension in crl.extensions
        ):
            return _unknown("the CRL is only a part of the whole")
        revoked = {entry.serial_number: entry.revocation_date_utc for entry in crl}
    except UNREADABLE:
        return _unknown("the CRL cannot be read")
    return RevocationList(issuer, crl.last_update_utc, crl.next_update_utc, revoked)


def judge_by_crl(certificate: x509.Certificate, crl: RevocationList, now: datetime) -> Judgement:
    """What a CRL says about a certificate; a revocation stays one when the CRL has run out."""
    if certificate.issuer != crl.issuer.subject:
        return _unknown("the CRL is of another issuer")
    moment = crl.revoked.get(certificate.serial_number)
    if moment is not None:
        return Judgement(Outcome.REVOKED, "the CRL lists the certificate", moment, crl.next_update)
    return _by_freshness("the CRL", crl.this_update, crl.next_update, now)


def judge_by_ocsp(certificate: x509.Certificate, issuer: x509.Certificate, octets: bytes, now: datetime) -> Judgement:
    """What an OCSP response says, signed by the issuer of the certificate or by a responder that it appointed."""
    try:
        response = ocsp.load_der_ocsp_response(octets)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return _unknown(f"the responder answers {response.response_status.name}")
        if not _is_signed(response, issuer, now):
            return _unknown("the signature of the OCSP response does not hold")
        answers = [one for one in response.responses if _is_about(one, certificate, issuer)]
        if len(answers) != 1:
            return _unknown("the OCSP response is about another certificate")
        answer = answers[0]
        status, revoked_at = answer.certificate_status, answer.revocation_time_utc
        this_update, next_update = answer.this_update_utc, answer.next_update_utc
    except UNREADABLE:
        return _unknown("the OCSP response cannot be read")
    if status is ocsp.OCSPCertStatus.REVOKED:
        return Judgement(Outcome.REVOKED, "the responder says so", revoked_at, next_update)
    if status is not ocsp.OCSPCertStatus.GOOD:
        return _unknown("the responder does not know the certificate")
    return _by_freshness("the OCSP response", this_update, next_update, now)


def strongest(judgements: tuple[Judgement, ...]) -> Judgement:
    """The judgement that counts among several: revoked before good before stale before unknown."""
    for outcome in Outcome.REVOKED, Outcome.GOOD, Outcome.STALE:
        for judgement in judgements:
            if judgement.outcome is outcome:
                return judgement
    return judgements[0] if judgements else _unknown("there is no statement")


def _by_freshness(what: str, this_update: datetime, next_update: datetime | None, now: datetime) -> Judgement:
    if this_update > now + _CLOCK_ERROR:
        return _unknown(f"{what} is from the future")
    until = next_update or this_update + _UNDATED
    if until < now:
        return Judgement(Outcome.STALE, f"{what} has run out", fresh_until=until)
    return Judgement(Outcome.GOOD, what, fresh_until=until)


def _unknown(reason: str) -> Judgement:
    return Judgement(Outcome.UNKNOWN, reason)


def _grants(certificate: x509.Certificate, usage: str) -> bool:
    try:
        return bool(getattr(certificate.extensions.get_extension_for_class(x509.KeyUsage).value, usage))
    except x509.ExtensionNotFound:
        return False


def _is_signed(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> bool:
    """By the issuer itself, or by a certificate in the response that it issued for OCSP signing and that is valid."""
    algorithm = response.signature_hash_algorithm
    if not isinstance(algorithm, _HASHES):
        return False
    appointed = (one for one in response.certificates if _is_appointed(one, issuer, now))
    for signer in (issuer, *appointed):
        key = signer.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            continue
        try:
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        except InvalidSignature:
            continue
        return True
    return False


def _is_appointed(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return valid and ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _is_about(answer: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    parsed = asn1_x509.Certificate.load(issuer.public_bytes(Encoding.DER))
    name, key = parsed.subject.dump(), bytes(parsed.public_key["public_key"])
    algorithm = answer.hash_algorithm.name

    def digest(octets: bytes) -> bytes:
        return hashlib.new(algorithm, octets, usedforsecurity=False).digest()

    return (
        answer.serial_number == certificate.serial_number
        and answer.issuer_name_hash == digest(name)
        and answer.issuer_key_hash == digest(key)
    )
