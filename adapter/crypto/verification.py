"""Does the signature hold, and is it theirs: the check that turns `Unverified` octets into a `Verified` envelope.

The order is that of `ebxml.md` §4.4: first the form, then the signer, then the values. No XPath of a stranger is
evaluated: the only expression allowed removes blocks addressed to the next hop, and an envelope with such a block is
refused (EB-118). So the octets digested are always the canonical form of the whole envelope without its one signature.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.crypto import dsig
from adapter.crypto.certificates import Problem, TrustAnchors, Usage, describe, describe_octets, problems
from adapter.crypto.policy import Policy, Standing, Use
from adapter.crypto.refusal import RefusedError
from adapter.crypto.signature_form import LOCATION, Row, anatomy, base64_text, decoded, ds, references, the_signature
from adapter.crypto.tolerated import SEVERAL_CERTIFICATES, SHA1
from adapter.crypto.verified import Part, Reference, SignatureCheck, SignedEnvelope, Unverified, Verified, _vouch
from adapter.errors import (
    CERTIFICATE_REFUSED,
    SIGNATURE_FORM,
    SIGNATURE_INVALID,
)
from adapter.messages.findings import Finding
from adapter.messages.xml import Element, Tree

_FLIGHT = timedelta(hours=84)
"""How long a message may be under way (`ebxml.md` §5.4): its certificate must not have expired before that."""

MAX_SHOWN = 20
"""How many certificates KeyInfo may show: a path has three or four, two of them in an overlap eight; each is decoded
and compared."""

_HASHES: dict[str, type[hashes.SHA256 | hashes.SHA1]] = {"rsa-sha256": hashes.SHA256, "rsa-sha1": hashes.SHA1}
_PROBLEM_RULES = {
    Problem.NOT_YET_VALID: "EB-322",
    Problem.EXPIRED: "EB-323",
    Problem.WRONG_KEY: "EB-317",
    Problem.WRONG_USAGE: "EB-324",
    Problem.IS_ISSUER: "EB-324",
    Problem.NO_PATH: "EB-325",
    Problem.WRONG_POLICY: "EB-325",
}


@dataclass(frozen=True, slots=True)
class ExpectedSigner:
    """Whom a message must be from: what the partner directory says about its From HER-id.

    `certificates` are all that the party may sign with today (two during a change); `source` says where they come from
    and `partner` is the HER-id, both for the error text.
    """

    partner: str
    source: str
    certificates: tuple[x509.Certificate, ...]
    anchors: TrustAnchors


def verify(
    unverified: Unverified,
    parts: tuple[Part, ...],
    expected: ExpectedSigner,
    *,
    timestamp: datetime,
    now: datetime,
    policy: Policy,
    signal: bool,
) -> Verified[SignedEnvelope]:
    """Check the one signature of an envelope over itself and over every attachment.

    `timestamp` is the eb:Timestamp, at which the certificate must be valid; `now` is the time of receipt. In a `signal`
    a cid reference without attachment is overlooked (`ebxml.md` §4.6).

    Raises `RefusedError`: SIGNATURE_FORM, SIGNATURE_INVALID, CERTIFICATE_REFUSED, ALGORITHM_REFUSED, or
    ENVELOPE_NOT_SUPPORTED (a block for the next hop).
    """
    document = unverified.document
    warnings: list[Finding] = []
    signature = the_signature(document)
    signed_info, signature_value, key_info = anatomy(signature, warnings)
    rows = references(signed_info, parts, now, policy, warnings, signal=signal)
    certificate = _signer(key_info, expected, timestamp, now, warnings)
    _check_value(signed_info, signature_value, certificate, now, policy, warnings)
    by_id = {part.content_id: part for part in parts}
    covered = []
    for row in rows:
        if row.part_id is None:
            continue
        part = by_id[row.part_id]
        covered.append(part)
        _check_digest(row, part.octets)
    _check_digest(rows[0], _without_signature(document))
    check = SignatureCheck(
        certificate,
        now,
        tuple(Reference(row.uri, row.digest) for row in rows),
        tuple(warnings),
    )
    return _vouch(SignedEnvelope(unverified.octets, tuple(covered)), check)


def untrue(unverified: Unverified, parts: tuple[Part, ...] | None, certificate: x509.Certificate) -> tuple[str, ...]:
    """Which values of a signature do not fit what they cover, for a report; empty where the form is broken already.

    The certificate is whatever one the message shows, so that this tells of changes on the way and never of who signed;
    SHA-1 is computed like any other. `parts` is None where the attachments are not at hand.
    """
    try:
        signature = the_signature(unverified.document)
        signed_info, value, _ = anatomy(signature, [])
        named = [one.get("URI", "") for one in signed_info.iterfind(ds("Reference"))]
        there = parts if parts is not None else tuple(Part(unquote(uri[4:]), b"") for uri in named if uri)
        rows = references(signed_info, there, _SOME_DAY, _ANY_DAY, [], signal=True)
    except RefusedError:
        return ()
    found = []
    octets = {part.content_id: part.octets for part in there}
    try:
        _check_value(signed_info, value, certificate, _SOME_DAY, _ANY_DAY, [])
    except RefusedError as error:
        found += ["the signature value"] if error.kind is SIGNATURE_INVALID else []
    for row in rows if parts is not None else rows[:1]:
        try:
            _check_digest(
                row, octets[row.part_id] if row.part_id is not None else _without_signature(unverified.document)
            )
        except RefusedError:
            found.append("the digest of the envelope" if row.part_id is None else "the digest of an attachment")
    return tuple(found)


_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_ANY_DAY = Policy(sha1_before=date.max)
"""What a report computes with: on no day is an algorithm of the table refused."""


def _signer(
    key_info: Element, expected: ExpectedSigner, timestamp: datetime, now: datetime, warnings: list[Finding]
) -> x509.Certificate:
    """The certificate of KeyInfo, which the directory must know for the From party, and which must be usable then."""
    at = f"{LOCATION}/ds:KeyInfo"
    data = key_info.findall(ds("X509Data"))
    if len(data) != 1:
        raise RefusedError(SIGNATURE_FORM, "EB-318", "there is not exactly one X509Data", at)
    elements = data[0].findall(ds("X509Certificate"))
    if len(elements) > MAX_SHOWN:
        raise RefusedError(SIGNATURE_FORM, "EB-320", f"KeyInfo shows more than {MAX_SHOWN} certificates", at)
    shown = [decoded(base64_text(element), "EB-321", at) for element in elements]
    if not shown:
        raise RefusedError(SIGNATURE_FORM, "EB-319", "there is no X509Certificate", at)
    if not expected.certificates:
        raise RefusedError(CERTIFICATE_REFUSED, "EB-253", f"{expected.source} has none for {expected.partner}", at)
    certificate = next((known for known in expected.certificates if known.public_bytes(Encoding.DER) in shown), None)
    if certificate is None:
        theirs = "; ".join(_shown(one, expected.partner, at) for one in shown[:3])
        ours = "; ".join(describe(one, expected.source, expected.partner) for one in expected.certificates[:3])
        raise RefusedError(CERTIFICATE_REFUSED, "EB-254", f"the message shows: {theirs}. Expected: {ours}", at)
    if len(shown) > 1:
        warnings.append(SEVERAL_CERTIFICATES)
    found = problems(certificate, Usage.SIGNING, expected.anchors, timestamp)
    if not found and certificate.not_valid_after_utc < now - _FLIGHT:
        found = (Problem.EXPIRED,)
    if found:
        named = describe(certificate, expected.source, expected.partner)
        raise RefusedError(CERTIFICATE_REFUSED, _PROBLEM_RULES[found[0]], f"{'; '.join(found)}: {named}", at)
    return certificate


def _shown(octets: bytes, partner: str, at: str) -> str:
    """A stranger's certificate for the error text; nothing else is ever taken from it."""
    try:
        return describe_octets(octets, "KeyInfo of the message", partner)
    except ValueError:
        raise RefusedError(CERTIFICATE_REFUSED, "EB-321", "the certificate in KeyInfo cannot be read", at) from None


def _check_value(
    signed_info: Element,
    signature_value: Element,
    certificate: x509.Certificate,
    now: datetime,
    policy: Policy,
    warnings: list[Finding],
) -> None:
    at = f"{LOCATION}/ds:SignedInfo"
    names = [child.tag for child in signed_info if isinstance(child.tag, str)]
    methods = [ds("CanonicalizationMethod"), ds("SignatureMethod")]
    if names[:2] != methods or set(names[2:]) != {ds("Reference")}:
        raise RefusedError(SIGNATURE_FORM, "EB-303", "SignedInfo is not two methods and the references", at)
    canonicalisation, method = (child for child in signed_info.iterchildren(*methods))
    if len(canonicalisation) or len(method):
        raise RefusedError(SIGNATURE_FORM, "EB-316", "a method has a parameter", at)
    policy.accept(Use.CANONICAL_FORM, canonicalisation.get("Algorithm", ""), now.date(), at)
    algorithm = policy.accept(Use.SIGNATURE, method.get("Algorithm", ""), now.date(), at)
    if algorithm.standing is Standing.SWITCHED and SHA1 not in warnings:
        warnings.append(SHA1)
    value = decoded(base64_text(signature_value), "EB-304", f"{LOCATION}/ds:SignatureValue")
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise RefusedError(
            CERTIFICATE_REFUSED, "EB-317", "the certificate is not for an RSA key", f"{LOCATION}/ds:KeyInfo"
        )
    try:
        key.verify(value, dsig.canonical(signed_info), padding.PKCS1v15(), _HASHES[algorithm.name]())
    except InvalidSignature:
        raise RefusedError(
            SIGNATURE_INVALID, "EB-326", "the signature value", f"{LOCATION}/ds:SignatureValue"
        ) from None


def _check_digest(row: Row, octets: bytes) -> None:
    at = row.uri or "/SOAP:Envelope"
    digest = hashlib.new(row.algorithm, octets, usedforsecurity=False).digest()
    if not hmac.compare_digest(digest, decoded(row.digest, "EB-310", at)):
        what = "the digest of the envelope" if row.part_id is None else "the digest of an attachment"
        raise RefusedError(SIGNATURE_INVALID, "EB-326", what, at)


def _without_signature(document: Tree) -> bytes:
    """Canonical form of a document without its one signature but with the text behind that.

    It works on a copy: putting an element back into its tree would drop namespace declarations that lxml holds for
    superfluous, such as the one that only the text of the XPath expression uses.
    """
    twin = copy.deepcopy(document)
    signature = next(twin.getroot().iter(ds("Signature")))
    header = signature.getparent()
    if header is None:
        raise ValueError("the root of a document is not its signature")
    previous, tail = signature.getprevious(), signature.tail or ""
    if previous is None:
        header.text = (header.text or "") + tail
    else:
        previous.tail = (previous.tail or "") + tail
    signature.tail = None
    header.remove(signature)
    return dsig.canonical(twin)
