"""The signature profile: a copy of a reference that stands on its own."""

from __future__ import annotations

from lxml import etree

from adapter.crypto.dsig import canonical, is_standard_xpath, self_contained
from adapter.testing.forger import C14N, DS, ENVELOPED, SOAP, reference, xpath_transform


def test_a_copied_reference_keeps_the_namespace_of_its_xpath():
    """The prefix that only the text of the XPath uses is declared in the copy wherever it was declared before."""
    inner = reference("", ENVELOPED + xpath_transform(prefix="S") + C14N)
    outside = inner.replace(f' xmlns:S="{SOAP}"', "")
    root = etree.fromstring(f'<a xmlns:ds="{DS}" xmlns:S="{SOAP}" xmlns:more="urn:more">{outside}</a>')
    copied = etree.fromstring(self_contained(root[0]))
    expression = next(copied.iter(f"{{{DS}}}XPath"))
    assert is_standard_xpath(expression)
    assert b"urn:more" not in self_contained(root[0])


def test_canonical_form_of_an_element_carries_the_namespaces_around_it():
    """Inclusive canonicalisation renders what is in scope, and no comment."""
    root = etree.fromstring('<a xmlns="urn:a" xmlns:b="urn:b"> <c>x<!-- y --></c>tail</a>')
    assert canonical(root[0]) == b'<c xmlns="urn:a" xmlns:b="urn:b">x</c>'
