"""The check of a signature: what holds, and every way in which it must not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from lxml import etree

from adapter.crypto.certificates import TrustAnchors, Usage
from adapter.crypto.policy import NATIONAL, Policy
from adapter.crypto.refusal import RefusedError
from adapter.crypto.signature_form import MAX_REFERENCES
from adapter.crypto.verification import ExpectedSigner, verify
from adapter.crypto.verified import Part, Unverified
from adapter.errors import WireCode
from adapter.testing.forger import (
    C14N,
    DS,
    ENVELOPE_REFERENCE,
    ENVELOPED,
    EXPRESSION,
    METHODS,
    RSA_SHA1,
    RSA_SHA256,
    SHA1,
    SHA256,
    SOAP,
    forge,
    key_info,
    reference,
    xpath_transform,
)
from adapter.testing.pki import ThrowAwayPki

HEADER = "<eb:MessageHeader><eb:MessageId>m1</eb:MessageId></eb:MessageHeader>"
SHOWN = "<ds:X509Certificate>AAAA</ds:X509Certificate>"
PLAIN = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<SOAP:Envelope xmlns:SOAP="{SOAP}" xmlns:eb="urn:eb">\n <SOAP:Header>\n'
    f"  {HEADER}\n  @SIGNATURE@ \n tail </SOAP:Header>\n <SOAP:Body><eb:Manifest eb:n='1'/></SOAP:Body>\n"
    "</SOAP:Envelope>\n"
)
CID = Part("a@b.example", b"\x00\x01payload\r\n")
CID_REFERENCE = reference("cid:a@b.example")
BOTH = ENVELOPE_REFERENCE + CID_REFERENCE
TEST_COMMENT = "<!-- TEST. TEST. Sendt i testøyemed. Har ingen andre formål. -->"


def test_an_honest_signature_over_envelope_and_attachment_holds(world):
    """What an independent signer signs by the book is verified, with the signer, the digests and no warning."""
    envelope = forge(PLAIN, world.sender.signing, {CID.content_id: CID.octets}, references=BOTH)
    verified = world.verify(envelope, (CID,))
    assert verified.content.envelope == envelope
    assert verified.content.parts == (CID,)
    assert verified.check.signer == world.sender.signing.certificate
    assert verified.check.checked_at == world.now
    assert verified.check.warnings == ()
    assert [row.uri for row in verified.check.references] == ["", "cid:a@b.example"]


def test_checking_leaves_the_tree_as_it_was(world):
    """A second check of the same envelope, after a refresh of the directory, comes to the same result."""
    unverified = Unverified(forge(PLAIN, world.sender.signing, {}))
    before = etree.tostring(unverified.document)
    for _ in range(2):
        verify(unverified, (), world.expected(), timestamp=world.now, now=world.now, policy=NATIONAL, signal=False)
        assert etree.tostring(unverified.document) == before


ACCEPTED = {
    "comment first in the header": PLAIN.replace("<SOAP:Header>", f"<SOAP:Header>{TEST_COMMENT}"),
    "comment before the signature": PLAIN.replace("@SIGNATURE@", "<!-- x --> y @SIGNATURE@ z"),
    "signature first": PLAIN.replace("  @SIGNATURE@", "").replace("<SOAP:Header>", "<SOAP:Header>@SIGNATURE@ x "),
    "other prefixes": PLAIN.replace("SOAP:", "soapenv:").replace(":SOAP=", ":soapenv="),
    "no declaration": PLAIN.removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n'),
    "more namespaces": PLAIN.replace("<SOAP:Header>", '<SOAP:Header xmlns:xsi="urn:xsi" xmlns="urn:default">'),
}


@pytest.mark.parametrize("envelope", ACCEPTED.values(), ids=ACCEPTED)
def test_harmless_differences_of_form_are_accepted(world, envelope):
    """Comments, prefixes, white space and further namespaces do not matter."""
    assert world.verify(forge(envelope, world.sender.signing, {})).check.warnings == ()


EXPRESSIONS = {
    "white space": xpath_transform(EXPRESSION.replace(" | ", "\n   |\t ").replace("[@", "[ @")),
    "other prefix": xpath_transform(EXPRESSION.replace("@S:", "@SOAP-ENV:"), "SOAP-ENV"),
    "single quotes": xpath_transform(EXPRESSION.replace('"', "'")),
}


@pytest.mark.parametrize("transform", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_the_standard_xpath_is_known_in_any_dress(world, transform):
    """White space, quotes and prefix of the one allowed expression may differ."""
    envelope = forge(PLAIN, world.sender.signing, {}, references=reference("", ENVELOPED + transform + C14N))
    assert [one.uri for one in world.verify(envelope).check.references] == [""]


def test_the_two_transform_form_is_accepted_with_a_warning(world):
    """A signature without the XPath transform holds and is named EB-315."""
    envelope = forge(PLAIN, world.sender.signing, {}, references=reference("", ENVELOPED + C14N))
    assert [one.rule for one in world.verify(envelope).check.warnings] == ["EB-315"]


def test_wrapped_base64_is_accepted(world):
    """White space and character references for CR inside base64 do not matter."""
    envelope = forge(PLAIN, world.sender.signing, {})
    for name in (b"SignatureValue", b"X509Certificate"):
        start = envelope.index(b"<ds:" + name) + len(name) + 5
        envelope = envelope[:start] + b"&#13;\n  " + envelope[start : start + 20] + b"&#13;\n" + envelope[start + 20 :]
    world.verify(envelope)


def test_a_key_value_beside_the_certificate_is_ignored(world):
    """A real vendor also sends KeyValue; nothing is taken from it."""
    key = key_info(world.sender.signing).replace("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyValue><x/></ds:KeyValue>")
    world.verify(forge(PLAIN, world.sender.signing, {}, key=key))


def test_several_certificates_are_accepted_when_one_is_the_known_one(world):
    """More than one certificate is named EB-320, and the one the directory knows counts."""
    envelope = forge(PLAIN, world.sender.signing, {}, key=key_info(world.other.signing, world.sender.signing))
    check = world.verify(envelope).check
    assert check.signer == world.sender.signing.certificate
    assert [one.rule for one in check.warnings] == ["EB-320"]


def test_an_object_is_accepted_with_a_warning(world):
    """A ds:Object that nothing refers to is named EB-330."""
    envelope = forge(PLAIN, world.sender.signing, {}, after="<ds:Object>x</ds:Object>")
    assert [one.rule for one in world.verify(envelope).check.warnings] == ["EB-330"]


def test_a_signal_may_have_a_stray_attachment_reference(world):
    """A cid reference without attachment is overlooked in a signal and refused in a payload message."""
    envelope = forge(PLAIN, world.sender.signing, {}, references=BOTH)
    check = world.verify(envelope, signal=True).check
    assert [one.rule for one in check.warnings] == ["EB-429"]
    assert [row.uri for row in check.references] == [""]
    with pytest.raises(RefusedError) as refused:
        world.verify(envelope)
    assert refused.value.rule == "EB-327"


def test_escaped_content_ids_meet(world):
    """A cid: URL with an escaped at-sign names the attachment with the plain one."""
    part = Part("a@b.example", b"x")
    envelope = forge(
        PLAIN,
        world.sender.signing,
        {"a%40b.example": b"x"},
        references=ENVELOPE_REFERENCE + reference("cid:a%40b.example"),
    )
    assert world.verify(envelope, (part,)).content.parts == (part,)


@pytest.mark.parametrize(
    ("digest", "method"), [(SHA1, RSA_SHA1), (SHA1, RSA_SHA256), (SHA256, RSA_SHA1)], ids=["both", "digest", "value"]
)
def test_sha1_is_accepted_only_before_the_end_of_its_switch(world, digest, method):
    """rsa-sha1 holds with a warning while the dated switch is on, and is refused on the day it ends and by default."""
    envelope = forge(
        PLAIN,
        world.sender.signing,
        {},
        references=reference("", ENVELOPED + C14N, digest),
        methods=METHODS.replace(RSA_SHA256, method),
    )
    today = world.now.date()
    warned = world.verify(envelope, policy=Policy(sha1_before=today + timedelta(days=1))).check.warnings
    assert "EB-317" in {one.rule for one in warned}
    for policy in (Policy(sha1_before=today), Policy()):
        with pytest.raises(RefusedError) as refused:
            world.verify(envelope, policy=policy)
        assert refused.value.kind.id == "ALGORITHM-REFUSED"


ROOT_TWO = reference("", ENVELOPED + C14N)
NEXT = "http://schemas.xmlsoap.org/soap/actor/next"
NEXT_MSH = "urn:oasis:names:tc:ebxml-msg:actor:nextMSH"
WRONG_FORMS = {
    "no reference": ("EB-306", {"references": ""}),
    "no envelope reference": ("EB-307", {"references": CID_REFERENCE}),
    "two envelope references": ("EB-307", {"references": BOTH + ENVELOPE_REFERENCE}),
    "foreign reference": ("EB-308", {"references": BOTH + reference("http://evil.example/")}),
    "fragment reference": ("EB-308", {"references": BOTH + reference("#id")}),
    "reference without URI": ("EB-309", {"references": BOTH.replace(' URI=""', "", 1)}),
    "attachment twice": ("EB-327", {"references": BOTH + CID_REFERENCE}),
    "attachment not signed": ("EB-327", {"references": ENVELOPE_REFERENCE}),
    "reference too many": ("EB-327", {"references": BOTH + reference("cid:b@b.example")}),
    "transforms on an attachment": (
        "EB-329",
        {"references": ENVELOPE_REFERENCE + reference("cid:a@b.example", C14N)},
    ),
    "no transforms": ("EB-312", {"references": reference("") + CID_REFERENCE}),
    "not enveloped": ("EB-312", {"references": reference("", C14N) + CID_REFERENCE}),
    "not canonical": ("EB-314", {"references": reference("", ENVELOPED) + CID_REFERENCE}),
    "with comments": (
        "EB-314",
        {"references": reference("", ENVELOPED + C14N.replace('"/>', '#WithComments"/>')) + CID_REFERENCE},
    ),
    "exclusive": (
        "EB-314",
        {
            "references": reference(
                "", ENVELOPED + '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
            )
            + CID_REFERENCE
        },
    ),
    "unknown transform": (
        "EB-315",
        {"references": reference("", ENVELOPED + '<ds:Transform Algorithm="urn:x"/>' + C14N) + CID_REFERENCE},
    ),
    "xpath twice": (
        "EB-315",
        {"references": reference("", ENVELOPED + xpath_transform() * 2 + C14N) + CID_REFERENCE},
    ),
    "other xpath": (
        "EB-313",
        {"references": reference("", ENVELOPED + xpath_transform("not(self::S:Body)") + C14N) + CID_REFERENCE},
    ),
    "xpath of another namespace": (
        "EB-313",
        {"references": reference("", ENVELOPED + xpath_transform(namespace="urn:x") + C14N) + CID_REFERENCE},
    ),
    "xpath with a comment": (
        "EB-313",
        {"references": reference("", ENVELOPED + xpath_transform(EXPRESSION + "<!---->") + C14N) + CID_REFERENCE},
    ),
    "too many references": (
        "EB-306",
        {"references": BOTH + "".join(reference(f"cid:{n}") for n in range(MAX_REFERENCES))},
    ),
    "md5": (
        "EB-311",
        {
            "references": BOTH.replace(
                "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5"
            )
        },
    ),
    "no digest method": (
        "EB-311",
        {
            "change": lambda text: text.replace(
                '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>', "", 1
            )
        },
    ),
    "no digest value": ("EB-310", {"change": lambda text: text.replace("<ds:DigestValue/>", "", 1)}),
    "hmac": ("EB-317", {"methods": METHODS.replace(RSA_SHA256, "http://www.w3.org/2000/09/xmldsig#hmac-sha1")}),
    "dsa": ("EB-317", {"methods": METHODS.replace(RSA_SHA256, "http://www.w3.org/2000/09/xmldsig#dsa-sha1")}),
    "exclusive signed info": (
        "EB-316",
        {
            "methods": METHODS.replace(
                "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2001/10/xml-exc-c14n#"
            )
        },
    ),
    "method with a parameter": (
        "EB-316",
        {"methods": METHODS.replace(f'{RSA_SHA256}"/>', f'{RSA_SHA256}"><ds:HMACOutputLength/></ds:SignatureMethod>')},
    ),
    "stranger in signed info": ("EB-303", {"methods": METHODS + "<ds:Manifest/>"}),
    "no signed info": (
        "EB-303",
        {"change": lambda text: text.replace("ds:SignedInfo", "ds:SomethingElse")},
    ),
    "two signed infos": (
        "EB-303",
        {"change": lambda text: text.replace("<ds:SignatureValue/>", "<ds:SignedInfo/><ds:SignatureValue/>")},
    ),
    "no value": ("EB-304", {"change": lambda text: text.replace("<ds:SignatureValue/>", "")}),
    "no key info": ("EB-305", {"key": "<ds:Object/>"}),
    "no certificate data": ("EB-318", {"key": "<ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo>"}),
    "certificates without end": (
        "EB-320",
        {"key": f"<ds:KeyInfo><ds:X509Data>{SHOWN * 21}</ds:X509Data></ds:KeyInfo>"},
    ),
    "no certificate": ("EB-319", {"key": "<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>"}),
    "broken certificate": (
        "EB-321",
        {"key": "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"},
    ),
    "key order": (
        "EB-303",
        {
            "change": lambda text: text.replace("<ds:SignatureValue/>", "").replace(
                "</ds:KeyInfo>", "</ds:KeyInfo><ds:SignatureValue/>"
            )
        },
    ),
}


@pytest.mark.parametrize(("rule", "how"), WRONG_FORMS.values(), ids=WRONG_FORMS)
def test_a_signature_of_another_form_is_a_security_failure(world, rule, how):
    """Whatever the profile does not have is refused by its rule although the values are right."""
    envelope = forge(PLAIN, world.sender.signing, {CID.content_id: CID.octets}, **{"references": BOTH, **how})
    with pytest.raises(RefusedError) as refused:
        world.verify(envelope, (CID,))
    assert refused.value.rule == rule
    assert refused.value.kind.wire is WireCode.SECURITY_FAILURE


def _signed(world, text=PLAIN):
    return forge(text, world.sender.signing, {}).decode()


WRAPPED = {
    "wrapped in a second envelope": (
        "EB-111",
        lambda text: (
            f'<SOAP:Envelope xmlns:SOAP="{SOAP}"><SOAP:Header/>{text.partition("?>")[2]}<SOAP:Body/></SOAP:Envelope>'
        ),
    ),
    "second header": ("EB-111", lambda text: text.replace("<SOAP:Body>", "<SOAP:Header/><SOAP:Body>")),
    "second body": ("EB-111", lambda text: text.replace("</SOAP:Envelope>", "<SOAP:Body/></SOAP:Envelope>")),
    "body first": (
        "EB-111",
        lambda text: text.replace("<SOAP:Header>", "<SOAP:Body/><SOAP:Header>", 1),
    ),
    "something after the body": ("EB-111", lambda text: text.replace("</SOAP:Envelope>", "<x/></SOAP:Envelope>")),
    "no signature": (
        "EB-301",
        lambda text: text.replace("ds:Signature>", "ds:Autograph>").replace("<ds:Signature ", "<ds:Autograph "),
    ),
    "signature moved into a block": (
        "EB-302",
        lambda text: text.replace("<ds:Signature ", "<w><ds:Signature ").replace(
            "</ds:Signature>", "</ds:Signature></w>"
        ),
    ),
    "signature moved into the body": (
        "EB-302",
        lambda text: (
            text[: text.index("<ds:Signature ")]
            + text[text.index("</ds:Signature>") + 15 :].replace(
                "<SOAP:Body>", "<SOAP:Body>" + text[text.index("<ds:Signature ") : text.index("</ds:Signature>") + 15]
            )
        ),
    ),
    "signature twice": (
        "EB-302",
        lambda text: text.replace(
            "</ds:Signature>",
            "</ds:Signature>" + text[text.index("<ds:Signature ") : text.index("</ds:Signature>") + 15],
        ),
    ),
    "empty second signature": (
        "EB-302",
        lambda text: text.replace("</SOAP:Header>", f'<ds:Signature xmlns:ds="{DS}"/></SOAP:Header>'),
    ),
    "second signature in the body": (
        "EB-302",
        lambda text: text.replace("<SOAP:Body>", f'<SOAP:Body><ds:Signature xmlns:ds="{DS}"/>'),
    ),
    "original kept in an object, header exchanged": (
        "EB-326",
        lambda text: text.replace(HEADER, HEADER.replace(">m1<", ">m2<")).replace(
            "</ds:Signature>", f"<ds:Object>{HEADER}</ds:Object></ds:Signature>"
        ),
    ),
    "processing instruction inside": ("EB-106", lambda text: text.replace("<SOAP:Body>", "<?x y?><SOAP:Body>")),
    "processing instruction before": (
        "EB-106",
        lambda text: text.replace("<SOAP:Envelope", "<?x y?><SOAP:Envelope", 1),
    ),
    "processing instruction behind": ("EB-106", lambda text: text + "<?x y?>"),
    "xml:lang on the envelope": (
        "EB-316",
        lambda text: text.replace("<SOAP:Envelope", '<SOAP:Envelope xml:lang="no"', 1),
    ),
    "xml:space on the header": (
        "EB-316",
        lambda text: text.replace("<SOAP:Header", '<SOAP:Header xml:space="preserve"', 1),
    ),
    "xml:id on the signature": ("EB-316", lambda text: text.replace("<ds:Signature ", '<ds:Signature xml:id="a" ', 1)),
    "relative namespace": ("EB-316", lambda text: text.replace("<SOAP:Body>", '<SOAP:Body xmlns:r="relative">')),
    "no soap": ("EB-107", lambda text: text.replace(SOAP, "http://www.w3.org/2003/05/soap-envelope")),
}


@pytest.mark.parametrize(("rule", "attack"), WRAPPED.values(), ids=WRAPPED)
def test_wrapping_a_good_signature_is_refused(world, rule, attack):
    """Moving, doubling or surrounding what was honestly signed never passes."""
    with pytest.raises(RefusedError) as refused:
        world.verify(attack(_signed(world)).encode())
    assert refused.value.rule == rule
    assert refused.value.kind.wire is WireCode.SECURITY_FAILURE


@pytest.mark.parametrize("actor", [NEXT, NEXT_MSH])
@pytest.mark.parametrize("place", ["</SOAP:Header>", "</SOAP:Body>", "</eb:MessageHeader>"])
def test_a_block_for_the_next_hop_is_refused_although_the_digest_holds(world, actor, place):
    """What the XPath transform leaves out of the signature can be put in by anybody, so it is refused (EB-118)."""
    text = _signed(world).replace(place, f'<eb:MessageHeader SOAP:actor="{actor}"/>{place}')
    with pytest.raises(RefusedError) as refused:
        world.verify(text.encode())
    assert refused.value.rule == "EB-118"
    assert refused.value.kind.wire is WireCode.NOT_SUPPORTED


CHANGED = {
    "identifier": lambda text: text.replace(">m1<", ">m2<"),
    "white space": lambda text: text.replace("<SOAP:Body>", "<SOAP:Body> "),
    "text behind the signature": lambda text: text.replace(" tail ", " trail "),
    "namespace": lambda text: text.replace('xmlns:eb="urn:eb"', 'xmlns:eb="urn:eb" xmlns:more="urn:more"'),
    "attribute": lambda text: text.replace('eb:n="1"', 'eb:n="2"'),
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_any_change_of_the_signed_envelope_is_refused(world, change):
    """An envelope changed after signing is SIGNATURE-INVALID."""
    text = _signed(world)
    assert change(text) != text
    with pytest.raises(RefusedError) as refused:
        world.verify(change(text).encode())
    assert refused.value.kind.id == "SIGNATURE-INVALID"


def test_a_changed_attachment_is_refused(world):
    """The digest of an attachment is over its decoded octets."""
    envelope = forge(PLAIN, world.sender.signing, {CID.content_id: CID.octets}, references=BOTH)
    with pytest.raises(RefusedError) as refused:
        world.verify(envelope, (Part(CID.content_id, CID.octets + b"\n"),))
    assert refused.value.rule == "EB-326"
    assert refused.value.location == "cid:a@b.example"


@pytest.mark.parametrize("element", ["DigestValue", "SignatureValue"])
def test_a_comment_inside_a_value_is_refused(world, element):
    """Canonical form drops comments, so a value with one in it could be read in two ways."""
    text = _signed(world)
    start = text.index(f"<ds:{element}>") + len(element) + 8
    with pytest.raises(RefusedError):
        world.verify((text[:start] + "<!-- -->" + text[start:]).encode())


def test_a_signature_value_that_is_not_base64_is_refused(world):
    """Garbage in place of the value is a SecurityFailure."""
    text = _signed(world)
    start = text.index("<ds:SignatureValue>") + 19
    with pytest.raises(RefusedError) as refused:
        world.verify((text[:start] + "*" + text[start + 1 :]).encode())
    assert refused.value.rule == "EB-304"


def _refused(world, envelope, **how):
    with pytest.raises(RefusedError) as refused:
        world.verify(envelope, **how)
    assert refused.value.kind.wire is WireCode.SECURITY_FAILURE
    return refused.value


def test_the_certificate_must_be_one_that_the_directory_gives(world):
    """A good signature with another party's certificate is EB-254, and the error names both certificates in full."""
    envelope = forge(PLAIN, world.other.signing, {})
    error = _refused(world, envelope)
    assert error.rule == "EB-254"
    for part in ("NTRNO-987654321", "NTRNO-123456789", "issued by", "serial", "thumbprint", "partner file", "2001"):
        assert part in str(error)


def test_a_party_without_certificate_cannot_sign(world):
    """EB-253: the directory knows no signing certificate."""
    nobody = ExpectedSigner("2001", "partner file", (), world.pki.anchors)
    assert _refused(world, forge(PLAIN, world.sender.signing, {}), expected=nobody).rule == "EB-253"


def test_the_value_must_be_made_with_the_key_of_the_certificate_shown(world):
    """Showing the right certificate does not help a signature made with another key."""
    envelope = forge(PLAIN, world.other.signing, {}, key=key_info(world.sender.signing))
    assert _refused(world, envelope).rule == "EB-326"


def test_both_certificates_of_a_change_are_accepted(world):
    """During a certificate change a message signed with either of the two known certificates is verified."""
    new = world.pki.pair("Sykehuset", "123456789", Usage.SIGNING)
    expected = world.expected(world.sender.signing, new)
    for pair in (world.sender.signing, new):
        assert world.verify(forge(PLAIN, pair, {}), expected=expected).check.signer == pair.certificate


def test_an_encryption_certificate_does_not_sign(world):
    """EB-324: key usage without nonRepudiation."""
    pair = world.sender.encryption
    assert _refused(world, forge(PLAIN, pair, {}), expected=world.expected(pair)).rule == "EB-324"


def test_a_certificate_of_another_root_is_refused(world):
    """EB-325: known to the directory, but without a path to a trusted root."""
    pair = ThrowAwayPki(2048, name="Other").pair("Sykehuset", "123456789", Usage.SIGNING)
    assert _refused(world, forge(PLAIN, pair, {}), expected=world.expected(pair)).rule == "EB-325"


def test_without_roots_nobody_is_believed(world):
    """An empty set of trusted roots trusts nothing."""
    expected = ExpectedSigner("2001", "partner file", (world.sender.signing.certificate,), TrustAnchors(()))
    assert _refused(world, forge(PLAIN, world.sender.signing, {}), expected=expected).rule == "EB-325"


def test_the_certificate_is_judged_at_the_timestamp_of_the_message(world):
    """Too early is EB-322, too late EB-323, and a certificate that expired while the message was under way is fine."""
    start, end = datetime(2012, 1, 1, tzinfo=UTC), datetime(2012, 3, 1, tzinfo=UTC)
    pair = world.pki.pair("Sykehuset", "123456789", Usage.SIGNING, valid_from=start, valid_until=end)
    envelope, expected = forge(PLAIN, pair, {}), world.expected(pair)
    hour = timedelta(hours=1)
    world.verify(envelope, expected=expected, timestamp=end - hour, now=end + 83 * hour)
    late = {"expected": expected, "timestamp": end - hour, "now": end + 85 * hour}
    assert _refused(world, envelope, **late).rule == "EB-323"
    assert _refused(world, envelope, expected=expected, timestamp=end + hour, now=end + hour).rule == "EB-323"
    assert _refused(world, envelope, expected=expected, timestamp=start - hour, now=start).rule == "EB-322"


def test_the_sha1_switch_is_a_date():
    """The default switch lies before every message."""
    assert Policy().sha1_before == date.min
