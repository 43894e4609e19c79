"""Whose certificate is it, and may it be used for this, now: reading, naming, key usage, path to a trusted root.

Enterprise certificates (virksomhetssertifikat) come in pairs: one for signing with key usage nonRepudiation, one for
encryption with keyEncipherment (`ebxml.md` §4.5). Times are arguments, so that a message is judged at its own
eb:Timestamp. Revocation is judged in `adapter.crypto.revocation`.

A path is looked for link by link with two bounds, and only the one line of issuers that was found goes to the library:
it tries every combination of what it is handed, and a stranger's package may hold thousands of issuers of one name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import lru_cache

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from adapter.errors import CERTIFICATE_UNREADABLE, AdapterError

_ORGANISATION_NUMBER = re.compile(r"(?:NTRNO-)?([0-9]{9})")


class Usage(StrEnum):
    """What a certificate is to be used for."""

    SIGNING = "signing"
    ENCRYPTION = "encryption"


class Problem(StrEnum):
    """Why a certificate may not be used."""

    NOT_YET_VALID = "not valid yet at that time"
    EXPIRED = "expired at that time"
    WRONG_KEY = "not for an RSA key of 2048 to 8192 bits with an ordinary exponent"
    WRONG_USAGE = "not issued for this use (key usage)"
    IS_ISSUER = "an issuer's own certificate, which nobody signs messages with or is encrypted to"
    NO_PATH = "no path to a trusted root"
    WRONG_POLICY = "issued under none of the certificate policies that are accepted"


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """The roots we believe, and the issuing certificates that may stand between them and a leaf.

    `policies` are the certificate policies (dotted OIDs) of which each certificate below a root must name one
    (`ebxml.md` §4.5); empty demands none.
    """

    roots: tuple[x509.Certificate, ...]
    issuing: tuple[x509.Certificate, ...] = ()
    policies: frozenset[str] = frozenset()


MAX_ISSUERS = 4
"""How many issuing certificates may stand between a leaf and its root; Norwegian issuers have one."""

MAX_SIGNATURES = 64
"""How many signatures are checked in search of one path; beyond that there is none (about 10 ms)."""


MIN_KEY_BITS, MAX_KEY_BITS = 2048, 8192
"""How long an RSA key may be; Norwegian issuers have 3072 and 4096. A check with 16 384 bits takes 16 times as long as
with 4096."""

MAX_EXPONENT_BITS = 33
"""How long a public exponent may be: everybody has 65537, and the work of every check grows with its length."""


def load_certificates(content: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file (one or more) or of one DER object, with names and key that can be read.

    Raises `AdapterError` (CERTIFICATE_UNREADABLE).
    """
    try:
        forms = _der_forms(content)
        # The library warns of such a number and will refuse it one day (RFC 5280 §4.1.2.2).
        if any(asn1_x509.Certificate.load(one)["tbs_certificate"]["serial_number"].native <= 0 for one in forms):
            raise ValueError("a serial number is not positive")
        certificates = tuple(x509.load_der_x509_certificate(one) for one in forms)
        for certificate in certificates:
            _read_all(certificate)
    except UNREADABLE:
        raise AdapterError(CERTIFICATE_UNREADABLE, "neither PEM nor DER of an X.509 certificate") from None
    return certificates


def _der_forms(content: bytes) -> tuple[bytes, ...]:
    if b"-----BEGIN" not in content:
        return (content,)
    found = tuple(octets for kind, _, octets in pem.unarmor(content, multiple=True) if kind == "CERTIFICATE")
    if not found:
        raise ValueError("there is no certificate")
    return found


UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
)
"""What the library raises for octets that are no certificate, CRL or answer, for some only when a part is asked for."""


def _read_all(certificate: x509.Certificate) -> None:
    """Touch what the library reads only when asked, so that a malformed part is found here and not later."""
    _ = (certificate.subject, certificate.issuer, certificate.public_key(), certificate.extensions)
    _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.serial_number)


def thumbprint(certificate: x509.Certificate) -> str:
    """The SHA-1 of the DER form in capital hexadecimals, as the address register and certificate viewers show it."""
    der = certificate.public_bytes(Encoding.DER)
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


@lru_cache(maxsize=1024)
def describe(certificate: x509.Certificate, source: str, partner: str) -> str:
    """A certificate as every crypto error names it: subject, issuer, serial, thumbprint, where from, whose.

    `source` is where the certificate was found (`KeyInfo of the message`, `partner file`), `partner` the HER-id.
    """
    return (
        f"certificate of {certificate.subject.rfc4514_string()}, issued by {certificate.issuer.rfc4514_string()}, "
        f"serial {certificate.serial_number:x}, thumbprint {thumbprint(certificate)}, from {source}, for {partner}"
    )


def describe_octets(octets: bytes, source: str, partner: str) -> str:
    """The same for the DER of a stranger's certificate, read leniently and only for the text.

    Raises `ValueError` when it cannot be read.
    """
    try:
        body = asn1_x509.Certificate.load(octets, strict=True)["tbs_certificate"]
        subject, issuer = body["subject"].human_friendly, body["issuer"].human_friendly
        serial = f"{body['serial_number'].native:x}"
    except (TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("this is no certificate") from error
    digest = hashlib.sha1(octets, usedforsecurity=False).hexdigest().upper()
    return (
        f"certificate of {subject}, issued by {issuer}, serial {serial}, thumbprint {digest}, "
        f"from {source}, for {partner}"
    )


def organisation_number(certificate: x509.Certificate) -> str:
    """The number of the organisation (organisasjonsnummer) in the subject; empty when there is none.

    Newer certificates have organizationIdentifier `NTRNO-#########`, older ones serialNumber
    (`engineering-facts.md` §4).
    """
    for oid in (NameOID.ORGANIZATION_IDENTIFIER, NameOID.SERIAL_NUMBER):
        for attribute in certificate.subject.get_attributes_for_oid(oid):
            match = _ORGANISATION_NUMBER.fullmatch(str(attribute.value))
            if match is not None:
                return match[1]
    return ""


def days_left(certificate: x509.Certificate, now: datetime) -> int:
    """Whole days until the certificate expires; negative when it has."""
    return (certificate.not_valid_after_utc - now).days


def problems(certificate: x509.Certificate, usage: Usage, anchors: TrustAnchors, at: datetime) -> tuple[Problem, ...]:
    """Everything that speaks against using a certificate at a time; empty when nothing does."""
    found = []
    if at < certificate.not_valid_before_utc:
        found.append(Problem.NOT_YET_VALID)
    if at > certificate.not_valid_after_utc:
        found.append(Problem.EXPIRED)
    found += _lasting_problems(certificate, usage)
    if not found:
        chain = path(certificate, anchors, at)
        if not chain:
            found.append(Problem.NO_PATH)
        elif not _under_policy(chain, anchors.policies):
            found.append(Problem.WRONG_POLICY)
    return tuple(found)


def path(certificate: x509.Certificate, anchors: TrustAnchors, at: datetime) -> tuple[x509.Certificate, ...]:
    """The certificates from this one to a trusted root, both included; empty when there is no path at that moment.

    The path of the day is remembered, as one party sends many messages.
    """
    line = _line(certificate, anchors, at.astimezone(UTC).date())
    if line and line[0].not_valid_before_utc <= at:
        first = max(link.not_valid_before_utc for link in line)
        last = min(link.not_valid_after_utc for link in line)
        if first <= at <= last:
            return line
    return _path(certificate, anchors, at)


@lru_cache(maxsize=4096)
def _lasting_problems(certificate: x509.Certificate, usage: Usage) -> tuple[Problem, ...]:
    found = []
    if not _has_ordinary_key(certificate):
        found.append(Problem.WRONG_KEY)
    if not _usable(certificate, usage):
        found.append(Problem.WRONG_USAGE)
    if _is_issuer(certificate):
        found.append(Problem.IS_ISSUER)
    return tuple(found)


def _has_ordinary_key(certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or not MIN_KEY_BITS <= key.key_size <= MAX_KEY_BITS:
        return False
    return key.public_numbers().e.bit_length() <= MAX_EXPONENT_BITS


def _is_issuer(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def has_usage(certificate: x509.Certificate, usage: Usage) -> bool:
    """Whether a certificate was issued for this use, whoever issued it."""
    return _usable(certificate, usage)


def _usable(certificate: x509.Certificate, usage: Usage) -> bool:
    """Signing wants nonRepudiation; encryption wants keyEncipherment, and never dataEncipherment (`ebxml.md` §4.5)."""
    try:
        granted = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return granted.content_commitment if usage is Usage.SIGNING else granted.key_encipherment


@lru_cache(maxsize=16)
def _store(roots: tuple[x509.Certificate, ...]) -> Store:
    return Store(list(roots))


def _any_key_usage(policy: Policy, certificate: x509.Certificate, extension: x509.KeyUsage | None) -> None:
    """Key usage is judged by `_usable`; the path only demands that the leaf has the extension."""


_LEAF = ExtensionPolicy.permit_all().require_present(x509.KeyUsage, Criticality.AGNOSTIC, _any_key_usage)
_ISSUER = ExtensionPolicy.webpki_defaults_ca()


@lru_cache(maxsize=4096)
def _line(certificate: x509.Certificate, anchors: TrustAnchors, day: date) -> tuple[x509.Certificate, ...]:
    """A path that holds early on that day."""
    morning = datetime.combine(day, time(0), UTC)
    return _path(certificate, anchors, max(morning, certificate.not_valid_before_utc))


def _path(certificate: x509.Certificate, anchors: TrustAnchors, at: datetime) -> tuple[x509.Certificate, ...]:
    """The certificates from the leaf to a root; empty when there is no path."""
    if not anchors.roots:
        return ()
    verifier = (
        PolicyBuilder()
        .store(_store(anchors.roots))
        .time(at)
        .max_chain_depth(MAX_ISSUERS)
        .extension_policies(ca_policy=_ISSUER, ee_policy=_LEAF)
        .build_client_verifier()
    )
    for issuers in _lines((certificate,), anchors, [MAX_SIGNATURES]):
        try:
            return tuple(verifier.verify(certificate, list(issuers)).chain)
        except VerificationError:
            continue
    return ()


def _lines(
    below: tuple[x509.Certificate, ...], anchors: TrustAnchors, left: list[int]
) -> Iterator[tuple[x509.Certificate, ...]]:
    """Each line of issuers that leads from the last of `below` to a root, while signatures may still be checked."""
    last = below[-1]
    if any(_issued(last, root, left) for root in anchors.roots):
        yield below[1:]
    if len(below) > MAX_ISSUERS:
        return
    for issuer in anchors.issuing:
        # The same holder again would be a loop, under whatever serial number.
        again = any(one.subject == issuer.subject and one.public_key() == issuer.public_key() for one in below)
        if not again and _issued(last, issuer, left):
            yield from _lines((*below, issuer), anchors, left)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate, left: list[int]) -> bool:
    if certificate.issuer != issuer.subject or left[0] <= 0 or not _has_ordinary_key(issuer):
        return False
    left[0] -= 1
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


_ANY_POLICY = "2.5.29.32.0"


def _under_policy(chain: tuple[x509.Certificate, ...], accepted: frozenset[str]) -> bool:
    """Whether the leaf names an accepted policy, and every issuer below the root the same one or any."""
    if not accepted:
        return True
    common = accepted & _policies(chain[0])
    for issuer in chain[1:-1]:
        named = _policies(issuer)
        common = common if _ANY_POLICY in named else common & named
    return bool(common)


def _policies(certificate: x509.Certificate) -> frozenset[str]:
    try:
        named = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except (x509.ExtensionNotFound, ValueError):
        return frozenset()
    return frozenset(one.policy_identifier.dotted_string for one in named)
