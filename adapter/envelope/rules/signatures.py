"""Is the signature of the form that the profile prescribes, and true to what it covers: EB-301 to EB-332.

Whose certificate it is the register decides (EB-253, EB-254). Here the certificate is the one that the message shows:
good enough to say that a value does not fit, never to say who signed (EB-331).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cryptography import x509

from adapter.crypto import dsig, strict_base64
from adapter.crypto.certificates import Usage, has_usage, load_certificates
from adapter.crypto.policy import Standing, Use, find
from adapter.crypto.signature_form import base64_text
from adapter.crypto.verification import untrue
from adapter.envelope.classify import Kind
from adapter.envelope.names import ds, eb, xlink
from adapter.envelope.reading import first
from adapter.envelope.rules.rule import Breach, Consequence, Context, Needs, RuleBook
from adapter.envelope.rules.subject import SIGNATURE, Subject
from adapter.envelope.unpack import content_id
from adapter.errors import AdapterError, WireCode
from adapter.messages.xml import Element
from adapter.values import Zone, parse_moment

BOOK: Final = RuleBook()
_REMARK, _ERROR = Consequence.REMARK, Consequence.ERROR
_SECURITY: Final = WireCode.SECURITY_FAILURE
_HITS: Final = "HITS 1172 §5.10.1"
_5_5: Final = "HIS 1037 §5.5"
_6_2_3: Final = "HIS 1037 §6.2.3"


@BOOK.rule(
    "EB-301", "There is a Signature in the Header", _HITS, hits="45", receive=_ERROR, code=_SECURITY, opened=True
)
def is_signed(subject: Subject, _: Context) -> Iterator[Breach]:
    """Signals too."""
    if subject.has_header and subject.signature is None:
        yield Breach("there is no signature", SIGNATURE)


@BOOK.rule("EB-302", "There is one Signature only", _HITS, hits="52", receive=_ERROR, code=_SECURITY, opened=True)
def is_signed_once(subject: Subject, _: Context) -> Iterator[Breach]:
    """With two, one could be checked and the other be believed."""
    root = subject.envelope.root
    if root is not None and sum(1 for _ in root.iter(ds("Signature"))) > 1:
        yield Breach("there are several signatures", SIGNATURE)


@BOOK.rule("EB-303", "SignedInfo is present", _HITS, hits="363", receive=_ERROR, code=_SECURITY, opened=True)
def has_signed_info(subject: Subject, _: Context) -> Iterator[Breach]:
    """Exactly one."""
    yield from _missing(subject, "SignedInfo")


@BOOK.rule("EB-304", "SignatureValue is present", _HITS, hits="42", receive=_ERROR, code=_SECURITY, opened=True)
def has_signature_value(subject: Subject, _: Context) -> Iterator[Breach]:
    """Exactly one."""
    yield from _missing(subject, "SignatureValue")


@BOOK.rule("EB-305", "KeyInfo is present", _HITS, hits="32", receive=_ERROR, code=_SECURITY, opened=True)
def has_key_info(subject: Subject, _: Context) -> Iterator[Breach]:
    """Exactly one."""
    yield from _missing(subject, "KeyInfo")


@BOOK.rule("EB-306", "There is a Reference", _HITS, hits="39", receive=_ERROR, code=_SECURITY, opened=True)
def has_references(subject: Subject, _: Context) -> Iterator[Breach]:
    """A signature over nothing says nothing."""
    if _signed_info(subject) is not None and not _references(subject):
        yield Breach("nothing is referenced", f"{SIGNATURE}/SignedInfo")


@BOOK.rule(
    "EB-307", 'There is one Reference with URI=""', _HITS, hits="40", receive=_ERROR, code=_SECURITY, opened=True
)
def envelope_is_referenced(subject: Subject, _: Context) -> Iterator[Breach]:
    """The envelope itself."""
    references = _references(subject)
    if references and sum(one.get("URI") == "" for one in references) != 1:
        yield Breach("not exactly one reference is to the envelope", f"{SIGNATURE}/SignedInfo")


@BOOK.rule(
    "EB-308", "Every other Reference is to a cid:", _HITS, hits="34", receive=_ERROR, code=_SECURITY, opened=True
)
def others_are_attachments(subject: Subject, _: Context) -> Iterator[Breach]:
    """No web address, no fragment."""
    for one in _references(subject):
        if one.get("URI") and not one.get("URI", "").startswith("cid:"):
            yield Breach("a reference is neither to the envelope nor to an attachment", one)


@BOOK.rule("EB-309", "Every Reference has a URI", _HITS, hits="85", receive=_ERROR, code=_SECURITY, opened=True)
def references_have_uris(subject: Subject, _: Context) -> Iterator[Breach]:
    """Without one it is up to the reader what is meant."""
    for one in _references(subject):
        if one.get("URI") is None:
            yield Breach("a reference has no URI", one)


@BOOK.rule("EB-310", "Every Reference has a DigestValue", _HITS, hits="64", receive=_ERROR, code=_SECURITY, opened=True)
def references_have_digests(subject: Subject, _: Context) -> Iterator[Breach]:
    """In base64, white space left out."""
    for one in _references(subject):
        values = one.findall(ds("DigestValue"))
        if len(values) != 1 or not base64_text(values[0]):
            yield Breach("there is not exactly one DigestValue", one)


@BOOK.rule(
    "EB-311",
    "DigestMethod is SHA-256",
    "HIS 1037 news 2021 (HITS 1172 rule 33 still says SHA-1)",
    hits="33",
    receive=_ERROR,
    code=_SECURITY,
    opened=True,
)
def digest_is_sha_256(subject: Subject, _: Context) -> Iterator[Breach]:
    """SHA-1 only from a party for which it is switched on."""
    for one in _references(subject):
        methods = one.findall(ds("DigestMethod"))
        if len(methods) != 1 or not _is_sent(Use.DIGEST, methods[0]):
            yield Breach("the digest is not SHA-256", one)


@BOOK.rule(
    "EB-312",
    "The first transform is enveloped-signature",
    _HITS,
    hits="37",
    receive=_ERROR,
    code=_SECURITY,
    opened=True,
)
def first_transform(subject: Subject, _: Context) -> Iterator[Breach]:
    """The signature is not part of what it signs."""
    root, algorithms = _transforms(subject)
    if root is not None and algorithms[:1] != [dsig.ENVELOPED]:
        yield Breach("the first transform is not enveloped-signature", root)


@BOOK.rule(
    "EB-313",
    "The second transform is XPath with the expression of the profile",
    f"{_HITS}; HIS 1037 §5.5",
    hits="36",
    receive=_ERROR,
    code=_SECURITY,
    opened=True,
)
def second_transform(subject: Subject, _: Context) -> Iterator[Breach]:
    """White space and prefix are free. Where it is missing altogether EB-315 tells it."""
    root, _algorithms = _transforms(subject)
    if root is None:
        return
    for transform in root.iterfind(f"{ds('Transforms')}/{ds('Transform')}"):
        if transform.get("Algorithm") == dsig.XPATH:
            expressions = list(transform)
            if [one.tag for one in expressions] != [ds("XPath")] or not dsig.is_standard_xpath(expressions[0]):
                yield Breach("the XPath expression is not the standard one", root)


@BOOK.rule(
    "EB-314", "The last transform is Canonical XML 1.0", _HITS, hits="35", receive=_ERROR, code=_SECURITY, opened=True
)
def last_transform(subject: Subject, _: Context) -> Iterator[Breach]:
    """Inclusive, without comments."""
    root, algorithms = _transforms(subject)
    if root is not None and (algorithms[-1:] != [dsig.C14N] or len(algorithms) < 2):
        yield Breach("the last transform is not Canonical XML 1.0", root)


@BOOK.rule(
    "EB-315",
    "There are three transforms in that order",
    f"{_HITS}; HIS 1037 §6.2.3",
    hits="38",
    receive=_REMARK,
    code=_SECURITY,
    opened=True,
)
def three_transforms(subject: Subject, _: Context) -> Iterator[Breach]:
    """The old form with two is tolerated, another transform is not."""
    root, algorithms = _transforms(subject)
    if root is None or algorithms[:1] != [dsig.ENVELOPED] or algorithms[-1:] != [dsig.C14N]:
        return
    if algorithms == [dsig.ENVELOPED, dsig.C14N]:
        yield Breach("the envelope reference lacks the XPath transform", root)
    elif algorithms != [dsig.ENVELOPED, dsig.XPATH, dsig.C14N]:
        yield Breach("there is a transform that the profile does not have", root, _ERROR)


@BOOK.rule(
    "EB-316",
    "CanonicalizationMethod is Canonical XML 1.0",
    f"{_5_5} st. 3",
    receive=_ERROR,
    code=_SECURITY,
    opened=True,
)
def canonical_method(subject: Subject, _: Context) -> Iterator[Breach]:
    """Inclusive, without comments."""
    yield from _method(subject, "CanonicalizationMethod", Use.CANONICAL_FORM, "the canonical form is another")


@BOOK.rule(
    "EB-317",
    "SignatureMethod is RSA with SHA-256",
    "HIS 1037 news 2021 (HITS 1172 rule 84 still says SHA-1)",
    hits="84",
    receive=_ERROR,
    code=_SECURITY,
    opened=True,
)
def signature_method(subject: Subject, _: Context) -> Iterator[Breach]:
    """RSA with SHA-1 only from a party for which it is switched on, DSA never."""
    yield from _method(subject, "SignatureMethod", Use.SIGNATURE, "the signature is not RSA with SHA-256")


@BOOK.rule("EB-318", "KeyInfo has X509Data", _HITS, hits="41", receive=_ERROR, code=_SECURITY, opened=True)
def has_x509_data(subject: Subject, _: Context) -> Iterator[Breach]:
    """Exactly one."""
    key_info = _part(subject, "KeyInfo")
    if key_info is not None and len(key_info.findall(ds("X509Data"))) != 1:
        yield Breach("there is not exactly one X509Data", key_info)


@BOOK.rule("EB-319", "X509Data has X509Certificate", _HITS, hits="103", receive=_ERROR, code=_SECURITY, opened=True)
def has_certificate(subject: Subject, _: Context) -> Iterator[Breach]:
    """Issuer and serial number alone do not do."""
    data = _x509_data(subject)
    if data is not None and not data.findall(ds("X509Certificate")):
        yield Breach("there is no X509Certificate", data)


@BOOK.rule(
    "EB-320",
    "There is not more than one X509Certificate",
    _HITS,
    hits="65",
    receive=_REMARK,
    code=_SECURITY,
    opened=True,
)
def has_one_certificate(subject: Subject, _: Context) -> Iterator[Breach]:
    """The leaf only; more are tolerated where one of them is the one expected."""
    data = _x509_data(subject)
    if data is not None and len(data.findall(ds("X509Certificate"))) > 1:
        yield Breach("KeyInfo holds more than one certificate", data)


@BOOK.rule("EB-321", "The certificate can be read", _HITS, hits="46", receive=_ERROR, code=_SECURITY, opened=True)
def certificate_can_be_read(subject: Subject, _: Context) -> Iterator[Breach]:
    """DER in base64."""
    data = _x509_data(subject)
    if data is not None and data.findall(ds("X509Certificate")) and _certificate(subject) is None:
        yield Breach("the certificate in KeyInfo cannot be read", data)


@BOOK.rule("EB-322", "Timestamp lies after notBefore", _HITS, hits="104", receive=_ERROR, code=_SECURITY, opened=True)
def certificate_had_begun(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of the certificate that the message shows."""
    certificate, timestamp = _certificate(subject), _timestamp(subject)
    if certificate is not None and timestamp is not None and timestamp < certificate.not_valid_before_utc:
        yield Breach("the certificate was not valid yet at Timestamp", f"{SIGNATURE}/KeyInfo")


@BOOK.rule("EB-323", "Timestamp lies before notAfter", _HITS, hits="105", receive=_ERROR, code=_SECURITY, opened=True)
def certificate_had_not_ended(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of the certificate that the message shows."""
    certificate, timestamp = _certificate(subject), _timestamp(subject)
    if certificate is not None and timestamp is not None and timestamp > certificate.not_valid_after_utc:
        yield Breach("the certificate had expired at Timestamp", f"{SIGNATURE}/KeyInfo")


@BOOK.rule(
    "EB-324",
    "The certificate is for signing: key usage nonRepudiation",
    "HIS 1037 §5.5; HITS 1171 §5.2.5",
    receive=_ERROR,
    code=_SECURITY,
    opened=True,
)
def certificate_is_for_signing(subject: Subject, _: Context) -> Iterator[Breach]:
    """An encryption certificate signs nothing."""
    certificate = _certificate(subject)
    if certificate is not None and not has_usage(certificate, Usage.SIGNING):
        yield Breach("the certificate is not issued for signing (nonRepudiation)", f"{SIGNATURE}/KeyInfo")


BOOK.elsewhere(
    Needs.REGISTER,
    "EB-325",
    "The certificate has a path to a trusted issuer and is not revoked",
    "HITS 1171 §5.2.5",
    by="adapter.crypto.verification.verify",
    receive=_ERROR,
    code=_SECURITY,
)


@BOOK.rule(
    "EB-326", "Signature value and digests are true", _HITS, hits="50", receive=_ERROR, code=_SECURITY, opened=True
)
def values_are_true(subject: Subject, _: Context) -> Iterator[Breach]:
    """Of an envelope without its mail only the envelope's own digest and the value can be judged."""
    unverified, certificate = subject.envelope.unverified, _certificate(subject)
    if unverified is None or certificate is None or subject.signature is None:
        return
    parts = subject.parts if subject.mail is not None else None
    for what in untrue(unverified, parts, certificate):
        yield Breach(f"{what} does not verify", SIGNATURE)


@BOOK.rule(
    "EB-327",
    "Each attachment has one signed Reference, written as in the Manifest",
    "HIS 1037 §5.5; HITS 1171 §5.2.5",
    receive=_ERROR,
    code=_SECURITY,
    opened=True,
)
def attachments_are_signed(subject: Subject, _: Context) -> Iterator[Breach]:
    """What is not signed could be anybody's."""
    if subject.kind is not Kind.PAYLOAD or not _references(subject):
        return
    signed = [one.get("URI", "") for one in _references(subject) if one.get("URI", "").startswith("cid:")]
    if len(signed) > len(set(signed)):
        yield Breach("two references are to the same thing", f"{SIGNATURE}/SignedInfo")
    if subject.manifest is not None:
        named = {one.get(xlink("href"), "").strip() for one in subject.manifest.iterfind(eb("Reference"))}
        named = {href for href in named if href.startswith("cid:")}
        if named and named != set(signed):
            yield Breach("the cid references are not those of the Manifest", f"{SIGNATURE}/SignedInfo")
    elif any(f"cid:{content_id(part)}" not in signed for part in subject.attachments):
        yield Breach("an attachment is not signed", f"{SIGNATURE}/SignedInfo")


BOOK.judged_as(("EB-326",), "EB-328", "The digest of an attachment is over the decoded CMS object", _5_5)


@BOOK.rule("EB-329", "No Transforms on a cid Reference", _6_2_3, receive=_ERROR, code=_SECURITY, opened=True)
def attachments_are_not_transformed(subject: Subject, _: Context) -> Iterator[Breach]:
    """The octets are digested as they are."""
    for one in _references(subject):
        if one.get("URI", "").startswith("cid:") and one.find(ds("Transforms")) is not None:
            yield Breach("the reference to an attachment has transforms", one)


@BOOK.rule("EB-330", "No ds:Object", _6_2_3, receive=_REMARK, opened=True)
def has_no_object(subject: Subject, _: Context) -> Iterator[Breach]:
    """Nothing looks into it."""
    if subject.signature_parts.get(ds("Object")):
        yield Breach("the signature holds a ds:Object", SIGNATURE)


BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-331",
    "It is verified with the certificate of the register, never with a bare KeyValue",
    "ebxml.md §4.4",
    by="adapter.crypto.verification.verify",
)
BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-332",
    "The octets of an envelope are not changed after it was signed",
    "XML-Signature §3.2",
    by="adapter.envelope.seal.Sealer.seal",
)


def _missing(subject: Subject, name: str) -> Iterator[Breach]:
    if subject.signature is not None and len(subject.signature_parts.get(ds(name), ())) != 1:
        yield Breach(f"there is not exactly one {name}", f"{SIGNATURE}/{name}")


def _method(subject: Subject, name: str, use: Use, says: str) -> Iterator[Breach]:
    signed_info = _signed_info(subject)
    method = signed_info.find(ds(name)) if signed_info is not None else None
    if signed_info is not None and (method is None or not _is_sent(use, method)):
        yield Breach(says, f"{SIGNATURE}/SignedInfo/{name}")


def _is_sent(use: Use, method: Element) -> bool:
    row = find(use, method.get("Algorithm", ""))
    return row is not None and row.standing is Standing.SENT


def _part(subject: Subject, name: str) -> Element | None:
    return first(subject.signature_parts, ds(name))


def _signed_info(subject: Subject) -> Element | None:
    return _part(subject, "SignedInfo")


def _references(subject: Subject) -> list[Element]:
    signed_info = _signed_info(subject)
    return signed_info.findall(ds("Reference")) if signed_info is not None else []


def _transforms(subject: Subject) -> tuple[Element | None, list[str | None]]:
    """The reference to the envelope, and the algorithms of its transforms."""
    root = next((one for one in _references(subject) if one.get("URI") == ""), None)
    if root is None:
        return None, []
    return root, [one.get("Algorithm") for one in root.iterfind(f"{ds('Transforms')}/{ds('Transform')}")]


def _x509_data(subject: Subject) -> Element | None:
    key_info = _part(subject, "KeyInfo")
    return key_info.find(ds("X509Data")) if key_info is not None else None


def _certificate(subject: Subject) -> x509.Certificate | None:
    """The first certificate that the message shows, where it can be read."""
    data = _x509_data(subject)
    shown = data.find(ds("X509Certificate")) if data is not None else None
    if shown is None:
        return None
    try:
        (certificate,) = load_certificates(strict_base64.decode(base64_text(shown).encode("ascii")))
    except (ValueError, AdapterError):
        return None
    return certificate


def _timestamp(subject: Subject) -> datetime | None:
    value = subject.datum("Timestamp")
    try:
        return parse_moment(value, Zone.ASSUMED_UTC).instant if value else None
    except (ValueError, OverflowError):
        return None
