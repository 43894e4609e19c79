"""The signature profile: the names, the one XPath expression, and canonical form (`ebxml.md` §4.1 and §4.2)."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from adapter.crypto.refusal import RefusedError
from adapter.errors import SIGNATURE_FORM
from adapter.messages.xml import Element, Tree

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XML: Final = "http://www.w3.org/XML/1998/namespace"

ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
XPATH: Final = "http://www.w3.org/TR/1999/REC-xpath-19991116"
C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

NEXT_HOP_ACTORS: Final = frozenset(
    {"urn:oasis:names:tc:ebxml-msg:actor:nextMSH", "http://schemas.xmlsoap.org/soap/actor/next"}
)
"""Blocks addressed to these are outside what the XPath transform leaves to sign (`ebxml.md` §4.3)."""

STANDARD_XPATH: Final = (
    'not(ancestor-or-self::node()[@SOAP-ENV:actor="urn:oasis:names:tc:ebxml-msg:actor:nextMSH"]'
    ' | ancestor-or-self::node()[@SOAP-ENV:actor="http://schemas.xmlsoap.org/soap/actor/next"])'
)

_ACTOR_PREFIX = re.compile(r"@([A-Za-z_][\w.-]*):actor=")
_COMPACT_XPATH = "".join(STANDARD_XPATH.split())


def canonical(node: Element | Tree) -> bytes:
    """Inclusive Canonical XML 1.0 without comments; of an element, in the context of its document.

    lxml does not import `xml:*` attributes of ancestors; the verification refuses them there (`ebxml.md` §4.3).

    Raises `RefusedError` (SIGNATURE_FORM, EB-316) for what has no canonical form, such as a relative namespace URI.
    """
    try:
        return etree.tostring(node, method="c14n", with_comments=False)
    except etree.C14NError:
        raise _no_canonical_form() from None


def _no_canonical_form() -> RefusedError:
    return RefusedError(SIGNATURE_FORM, "EB-316", "the envelope has no canonical form", "/SOAP:Envelope")


def is_standard_xpath(expression: Element) -> bool:
    """Whether a `ds:XPath` says what the profile says, whatever its white space, quotes and prefix."""
    if len(expression):
        return False
    compact = "".join((expression.text or "").split()).replace("'", '"')
    prefixes = set(_ACTOR_PREFIX.findall(compact))
    if len(prefixes) != 1:
        return False
    prefix = prefixes.pop()
    return expression.nsmap.get(prefix) == SOAP and compact.replace(f"@{prefix}:", "@SOAP-ENV:") == _COMPACT_XPATH


def self_contained(reference: Element) -> bytes:
    """A `ds:Reference` as XML that can be copied elsewhere: with the namespaces of its names and of its XPath.

    Raises `RefusedError` (SIGNATURE_FORM, EB-316) as `canonical` does.
    """
    prefixes: set[str] = set()
    for expression in reference.iter(f"{{{DS}}}XPath"):
        prefixes.update(_ACTOR_PREFIX.findall("".join((expression.text or "").split())))
    try:
        return etree.tostring(
            reference, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=sorted(prefixes)
        )
    except etree.C14NError:
        raise _no_canonical_form() from None
