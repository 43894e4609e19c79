"""Does the signature hold, and is it theirs: the check that turns `Unverified` octets into a `Verified` envelope.

The order is that of `ebxml.md` §4.4. What is looked at is found by absolute paths, everything that a signature of the
profile does not need is refused rather than interpreted, and no XPath of a stranger is evaluated: the only expression
allowed removes blocks addressed to the next hop, and an envelope with such a block is refused (EB-118). So the octets
digested are always the canonical form of the whole envelope without its one signature.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from adapter.crypto import dsig, strict_base64
from adapter.crypto.certificates import Problem, TrustAnchors, Usage, describe, describe_octets, problems
from adapter.crypto.policy import Policy, Standing, Use
from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import HAS_OBJECT, SEVERAL_CERTIFICATES, SHA1, STRAY_REFERENCE, TWO_TRANSFORMS
from adapter.crypto.verified import Part, Reference, SignatureCheck, SignedEnvelope, Unverified, Verified, _vouch
from adapter.errors import (
    CERTIFICATE_REFUSED,
    ENVELOPE_NOT_SUPPORTED,
    SIGNATURE_FORM,
    SIGNATURE_INVALID,
)
from adapter.messages.findings import Finding
from adapter.messages.xml import Element, Tree

MAX_REFERENCES: Final = 110
"""An envelope reference and one for each of at most a hundred attachments."""

_FLIGHT = timedelta(hours=84)
"""How long a message may be under way (`ebxml.md` §5.4): its certificate must not have expired before that."""

_AT = "/SOAP:Envelope/SOAP:Header/ds:Signature"
_HASHES: dict[str, type[hashes.SHA256 | hashes.SHA1]] = {"rsa-sha256": hashes.SHA256, "rsa-sha1": hashes.SHA1}
_PROBLEM_RULES = {
    Problem.NOT_YET_VALID: "EB-322",
    Problem.EXPIRED: "EB-323",
    Problem.WRONG_KEY: "EB-317",
    Problem.WRONG_USAGE: "EB-324",
    Problem.NO_PATH: "EB-325",
}


def _ds(name: str) -> str:
    return f"{{{dsig.DS}}}{name}"


def _soap(name: str) -> str:
    return f"{{{dsig.SOAP}}}{name}"


_ACTOR = _soap("actor")


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
    signature = _the_signature(document)
    signed_info, signature_value, key_info = _anatomy(signature, warnings)
    references = _references(signed_info, parts, now, policy, warnings, signal=signal)
    certificate = _signer(key_info, expected, timestamp, now, warnings)
    _check_value(signed_info, signature_value, certificate, now, policy)
    by_id = {part.content_id: part for part in parts}
    covered = []
    for row in references:
        if row.part_id is None:
            continue
        part = by_id[row.part_id]
        covered.append(part)
        _check_digest(row, part.octets)
    _check_digest(references[0], _without_signature(document))
    check = SignatureCheck(
        certificate,
        now,
        tuple(Reference(row.uri, row.digest, row.xml) for row in references),
        tuple(warnings),
    )
    return _vouch(SignedEnvelope(unverified.octets, tuple(covered)), check)


@dataclass(frozen=True, slots=True)
class _Row:
    """A reference under examination; `part_id` is None for the envelope itself."""

    uri: str
    part_id: str | None
    algorithm: str
    digest: str
    xml: bytes


def _the_signature(document: Tree) -> Element:
    """The one signature, after everything that could make another reading of the envelope possible was refused."""
    root = document.getroot()
    if root.tag != _soap("Envelope"):
        raise RefusedError(SIGNATURE_FORM, "EB-107", "the root is no SOAP 1.1 Envelope", "/")
    if any(True for _ in _instructions(root)):
        raise RefusedError(SIGNATURE_FORM, "EB-106", "the envelope has a processing instruction", "/")
    for element in root.iter("*"):
        if element.get(_ACTOR, "").strip() in dsig.NEXT_HOP_ACTORS:
            raise RefusedError(
                ENVELOPE_NOT_SUPPORTED, "EB-118", "a block is addressed to the next hop", "/SOAP:Envelope/SOAP:Header"
            )
    children = [child for child in root if isinstance(child.tag, str)]
    if [child.tag for child in children] != [_soap("Header"), _soap("Body")]:
        raise RefusedError(SIGNATURE_FORM, "EB-111", "the envelope is not one Header and one Body", "/SOAP:Envelope")
    header = children[0]
    found = header.findall(_ds("Signature"))
    signatures = sum(1 for _ in root.iter(_ds("Signature")))
    if signatures == 0:
        raise RefusedError(SIGNATURE_FORM, "EB-301", "there is no signature", _AT)
    if signatures > 1 or len(found) != 1:
        raise RefusedError(
            SIGNATURE_FORM, "EB-302", "there is not exactly one signature, as a child of the Header", _AT
        )
    for element in (root, header, found[0]):
        if any(str(name).startswith(f"{{{dsig.XML}}}") for name in element.attrib):
            raise RefusedError(
                SIGNATURE_FORM, "EB-316", "an ancestor of SignedInfo carries an xml: attribute, which canonical form "
                "would import", _AT
            )  # fmt: skip
    return found[0]


def _instructions(root: Element) -> Iterator[Element]:
    around = (*root.itersiblings(preceding=True), *root.itersiblings())
    yield from root.iter(etree.ProcessingInstruction)
    yield from (node for node in around if isinstance(node, etree._ProcessingInstruction))


def _anatomy(signature: Element, warnings: list[Finding]) -> tuple[Element, Element, Element]:
    names = [child.tag for child in signature if isinstance(child.tag, str)]
    for name, rule in (("SignedInfo", "EB-303"), ("SignatureValue", "EB-304"), ("KeyInfo", "EB-305")):
        if names.count(_ds(name)) != 1:
            raise RefusedError(SIGNATURE_FORM, rule, f"there is not exactly one {name}", f"{_AT}/ds:{name}")
    if names[:3] != [_ds("SignedInfo"), _ds("SignatureValue"), _ds("KeyInfo")]:
        raise RefusedError(SIGNATURE_FORM, "EB-303", "the parts of the signature stand in another order", _AT)
    if names[3:]:
        warnings.append(HAS_OBJECT)
    children = [child for child in signature if isinstance(child.tag, str)]
    return children[0], children[1], children[2]


def _references(
    signed_info: Element,
    parts: tuple[Part, ...],
    now: datetime,
    policy: Policy,
    warnings: list[Finding],
    *,
    signal: bool,
) -> tuple[_Row, ...]:
    """Every reference, the envelope's own first; the set is exactly `""` and one `cid:` for each attachment."""
    elements = signed_info.findall(_ds("Reference"))
    if not elements:
        raise RefusedError(SIGNATURE_FORM, "EB-306", "nothing is referenced", f"{_AT}/ds:SignedInfo")
    if len(elements) > MAX_REFERENCES:
        raise RefusedError(SIGNATURE_FORM, "EB-306", f"more than {MAX_REFERENCES} references", f"{_AT}/ds:SignedInfo")
    known = {part.content_id for part in parts}
    if len(known) != len(parts):
        raise RefusedError(SIGNATURE_FORM, "EB-327", "two attachments have the same Content-ID", _AT)
    rows: dict[str | None, _Row] = {}
    for position, element in enumerate(elements, start=1):
        at = f"{_AT}/ds:SignedInfo/ds:Reference[{position}]"
        uri = element.get("URI")
        if uri is None:
            raise RefusedError(SIGNATURE_FORM, "EB-309", "a reference has no URI", at)
        part_id = None
        if uri == "":
            _check_transforms(element, at, warnings)
        elif not uri.startswith("cid:"):
            raise RefusedError(
                SIGNATURE_FORM, "EB-308", "a reference is neither to the envelope nor to an attachment", at
            )
        else:
            part_id = unquote(uri[4:])
            if element.find(_ds("Transforms")) is not None:
                raise RefusedError(SIGNATURE_FORM, "EB-329", "the reference to an attachment has transforms", at)
            if part_id not in known:
                if signal and not parts:
                    warnings.append(STRAY_REFERENCE)
                    continue
                raise RefusedError(SIGNATURE_FORM, "EB-327", "a reference names an attachment that is not there", at)
        if part_id in rows:
            rule = "EB-307" if part_id is None else "EB-327"
            raise RefusedError(SIGNATURE_FORM, rule, "two references are to the same thing", at)
        rows[part_id] = _Row(
            uri, part_id, _digest_method(element, now, policy, at, warnings), _digest_value(element, at),
            dsig.self_contained(element),
        )  # fmt: skip
    if None not in rows:
        raise RefusedError(SIGNATURE_FORM, "EB-307", "no reference is to the envelope", f"{_AT}/ds:SignedInfo")
    if known - set(rows):
        raise RefusedError(SIGNATURE_FORM, "EB-327", "an attachment is not signed", f"{_AT}/ds:SignedInfo")
    return (rows.pop(None), *rows.values())


def _check_transforms(reference: Element, at: str, warnings: list[Finding]) -> None:
    lists = reference.findall(_ds("Transforms"))
    transforms = [child for child in lists[0] if isinstance(child.tag, str)] if len(lists) == 1 else []
    algorithms = [transform.get("Algorithm") for transform in transforms]
    if any(transform.tag != _ds("Transform") for transform in transforms):
        raise RefusedError(SIGNATURE_FORM, "EB-315", "something else stands among the transforms", at)
    if algorithms[:1] != [dsig.ENVELOPED]:
        raise RefusedError(SIGNATURE_FORM, "EB-312", "the first transform is not enveloped-signature", at)
    if algorithms[-1:] != [dsig.C14N] or len(algorithms) < 2:
        raise RefusedError(SIGNATURE_FORM, "EB-314", "the last transform is not Canonical XML 1.0", at)
    if algorithms[1:-1] not in ([], [dsig.XPATH]):
        raise RefusedError(SIGNATURE_FORM, "EB-315", "there is a transform that the profile does not have", at)
    if len(transforms[0]) or len(transforms[-1]):
        raise RefusedError(SIGNATURE_FORM, "EB-315", "a transform has a parameter", at)
    if len(transforms) == 2:
        warnings.append(TWO_TRANSFORMS)
        return
    expressions = list(transforms[1])
    if [node.tag for node in expressions] != [_ds("XPath")] or not dsig.is_standard_xpath(expressions[0]):
        raise RefusedError(SIGNATURE_FORM, "EB-313", "the XPath expression is not the standard one", at)


def _digest_method(reference: Element, now: datetime, policy: Policy, at: str, warnings: list[Finding]) -> str:
    methods = reference.findall(_ds("DigestMethod"))
    if len(methods) != 1:
        raise RefusedError(SIGNATURE_FORM, "EB-311", "there is not exactly one DigestMethod", at)
    row = policy.accept(Use.DIGEST, methods[0].get("Algorithm", ""), now.date(), at)
    if row.standing is not Standing.SENT and SHA1 not in warnings:
        warnings.append(SHA1)
    return row.name


def _digest_value(reference: Element, at: str) -> str:
    values = reference.findall(_ds("DigestValue"))
    if len(values) != 1 or not _text(values[0]):
        raise RefusedError(SIGNATURE_FORM, "EB-310", "there is not exactly one DigestValue", at)
    return _text(values[0])


def _text(element: Element) -> str:
    """The text of a base64 element without any white space, as peers wrap and indent it; empty if it has children.

    A comment is a child too: canonical form drops it, so that what stands on its two sides could be read differently.
    """
    return "" if len(element) else "".join((element.text or "").split())


def _decoded(text: str, rule: str, at: str) -> bytes:
    try:
        return strict_base64.decode(text.encode("ascii"))
    except ValueError:
        raise RefusedError(SIGNATURE_INVALID, rule, "a value is not base64", at) from None


def _signer(
    key_info: Element, expected: ExpectedSigner, timestamp: datetime, now: datetime, warnings: list[Finding]
) -> x509.Certificate:
    """The certificate of KeyInfo, which the directory must know for the From party, and which must be usable then."""
    at = f"{_AT}/ds:KeyInfo"
    data = key_info.findall(_ds("X509Data"))
    if len(data) != 1:
        raise RefusedError(SIGNATURE_FORM, "EB-318", "there is not exactly one X509Data", at)
    shown = [_decoded(_text(element), "EB-321", at) for element in data[0].findall(_ds("X509Certificate"))]
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
    signed_info: Element, signature_value: Element, certificate: x509.Certificate, now: datetime, policy: Policy
) -> None:
    at = f"{_AT}/ds:SignedInfo"
    names = [child.tag for child in signed_info if isinstance(child.tag, str)]
    methods = [_ds("CanonicalizationMethod"), _ds("SignatureMethod")]
    if names[:2] != methods or set(names[2:]) != {_ds("Reference")}:
        raise RefusedError(SIGNATURE_FORM, "EB-303", "SignedInfo is not two methods and the references", at)
    canonicalisation, method = (child for child in signed_info.iterchildren(*methods))
    if len(canonicalisation) or len(method):
        raise RefusedError(SIGNATURE_FORM, "EB-316", "a method has a parameter", at)
    policy.accept(Use.CANONICAL_FORM, canonicalisation.get("Algorithm", ""), now.date(), at)
    algorithm = policy.accept(Use.SIGNATURE, method.get("Algorithm", ""), now.date(), at)
    value = _decoded(_text(signature_value), "EB-304", f"{_AT}/ds:SignatureValue")
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise RefusedError(CERTIFICATE_REFUSED, "EB-317", "the certificate is not for an RSA key", f"{_AT}/ds:KeyInfo")
    try:
        key.verify(value, dsig.canonical(signed_info), padding.PKCS1v15(), _HASHES[algorithm.name]())
    except InvalidSignature:
        raise RefusedError(SIGNATURE_INVALID, "EB-326", "the signature value", f"{_AT}/ds:SignatureValue") from None


def _check_digest(row: _Row, octets: bytes) -> None:
    at = row.uri or "/SOAP:Envelope"
    digest = hashlib.new(row.algorithm, octets, usedforsecurity=False).digest()
    if not hmac.compare_digest(digest, _decoded(row.digest, "EB-310", at)):
        what = "the digest of the envelope" if row.part_id is None else "the digest of an attachment"
        raise RefusedError(SIGNATURE_INVALID, "EB-326", what, at)


def _without_signature(document: Tree) -> bytes:
    """Canonical form of a document without its one signature but with the text behind that.

    It works on a copy: putting an element back into its tree would drop namespace declarations that lxml holds for
    superfluous, such as the one that only the text of the XPath expression uses.
    """
    twin = copy.deepcopy(document)
    signature = next(twin.getroot().iter(_ds("Signature")))
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
