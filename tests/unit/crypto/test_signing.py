"""Our own signature: what it looks like and that an independent reader agrees."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.crypto.signing import sign
from adapter.crypto.verified import Part
from adapter.testing.forger import C14N_10, DS, RSA_SHA256, SHA256, SOAP, envelope_octets

ENVELOPE = (
    f'<SOAP:Envelope xmlns:SOAP="{SOAP}" xmlns:eb="urn:eb" xmlns:xlink="urn:x"><SOAP:Header>\n'
    '<eb:A b="2" z="1">@</eb:A>\n'
    "</SOAP:Header>\n<SOAP:Body></SOAP:Body></SOAP:Envelope>"
)
PART = Part("c2a5d1de-38a4-4a87-8f55-8d6f0f3f0b8e", b"\x30\x00cms")


def test_our_signature_has_exactly_the_form_of_the_profile(world):
    """EB-301 to EB-332: one signature, last in the Header, three transforms, one cid reference, one certificate."""
    signed = sign(ENVELOPE.encode(), (PART,), world.sender.identity)
    assert signed.envelope.startswith(b'<?xml version="1.0" encoding="UTF-8"?><SOAP:Envelope ')
    root = etree.fromstring(signed.envelope)
    signature = root[0][-1]
    assert signature.tag == f"{{{DS}}}Signature"
    assert [etree.QName(child).localname for child in signature] == ["SignedInfo", "SignatureValue", "KeyInfo"]
    signed_info = signature[0]
    assert [child.get("Algorithm") for child in signed_info[:2]] == [C14N_10, RSA_SHA256]
    first, second = signed_info[2:]
    assert [transform.get("Algorithm") for transform in first[0]] == [
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        C14N_10,
    ]
    assert (first.get("URI"), second.get("URI")) == ("", f"cid:{PART.content_id}")
    assert [etree.QName(child).localname for child in second] == ["DigestMethod", "DigestValue"]
    assert {one.get("Algorithm") for one in signed_info.iter(f"{{{DS}}}DigestMethod")} == {SHA256}
    assert second[1].text == base64.b64encode(hashlib.sha256(PART.octets).digest()).decode()
    assert first[2].text == base64.b64encode(hashlib.sha256(envelope_octets(signature)).digest()).decode()
    assert len(signature[2]) == len(signature[2][0]) == 1


def test_what_is_signed_is_its_own_canonical_form(world):
    """The octets after the declaration are canonical, so that no hop that canonicalises can break the signature."""
    signed = sign(ENVELOPE.encode(), (PART,), world.sender.identity)
    root = etree.fromstring(signed.envelope)
    assert signed.envelope.partition(b"?>")[2] == etree.tostring(root, method="c14n", with_comments=False)


def test_the_references_returned_are_those_in_the_envelope(world):
    """What is kept for comparing an Acknowledgment is what the verification reads out of the envelope."""
    signed = sign(ENVELOPE.encode(), (PART,), world.sender.identity)
    assert world.verify(signed.envelope, (PART,)).check.references == signed.references


@settings(max_examples=40, deadline=None)
@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n\r"), max_size=60),
    st.binary(max_size=60),
)
def test_whatever_text_stands_in_the_envelope_the_signature_holds(world, text, octets):
    """Any text and any attachment: signed, then verified."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
    if any(ord(character) in {0xFFFE, 0xFFFF} for character in text):
        return
    part = Part("x@y", octets)
    signed = sign(ENVELOPE.replace("@", escaped).encode(), (part,), world.sender.identity)
    assert world.verify(signed.envelope, (part,)).content.parts == (part,)


def test_an_envelope_without_header_is_a_defect_of_the_caller(world):
    """There is nowhere to put the signature."""
    with pytest.raises(ValueError, match="SOAP:Header"):
        sign(b"<a/>", (), world.sender.identity)
