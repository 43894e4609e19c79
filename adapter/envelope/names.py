"""The names of the ebXML envelope: namespaces, the service of signals, and texts ready for XML (`ebxml.md` §3.1)."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
EB: Final = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XLINK: Final = "http://www.w3.org/1999/xlink"
XML: Final = "http://www.w3.org/XML/1998/namespace"

SIGNAL_SERVICE: Final = "urn:oasis:names:tc:ebxml-msg:service"
"""The Service of everything that message handlers say to each other."""

ERROR_CONTEXT: Final = "urn:oasis:names:tc:ebxml-msg:service:errors"
TO_PARTY: Final = "urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"


_ESCAPED: Final = re.compile(r"[&<>\"\t\n\r]")
"""What is not written as it is, in text or in an attribute; most values have none of it."""

_IN_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_IN_ATTRIBUTE: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
)
"""How canonical form writes it (Canonical XML 1.0 §2.3)."""


@cache
def soap(name: str) -> str:
    return f"{{{SOAP}}}{name}"


@cache
def eb(name: str) -> str:
    return f"{{{EB}}}{name}"


@cache
def ds(name: str) -> str:
    return f"{{{DS}}}{name}"


@cache
def xlink(name: str) -> str:
    return f"{{{XLINK}}}{name}"


def text(value: str) -> str:
    """Character data in canonical form."""
    return value.translate(_IN_TEXT) if _ESCAPED.search(value) is not None else value


def attribute(value: str) -> str:
    """An attribute value in canonical form, with its quotation marks."""
    return f'"{value.translate(_IN_ATTRIBUTE) if _ESCAPED.search(value) is not None else value}"'
