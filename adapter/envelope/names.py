"""The names of the ebXML envelope: namespaces, the service of signals, and texts ready for XML (`ebxml.md` §3.1)."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape as _escape
from xml.sax.saxutils import quoteattr as _quoteattr

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
EB: Final = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XLINK: Final = "http://www.w3.org/1999/xlink"
XML: Final = "http://www.w3.org/XML/1998/namespace"

SIGNAL_SERVICE: Final = "urn:oasis:names:tc:ebxml-msg:service"
"""The Service of everything that message handlers say to each other."""

ERROR_CONTEXT: Final = "urn:oasis:names:tc:ebxml-msg:service:errors"
TO_PARTY: Final = "urn:oasis:names:tc:ebxml-msg:actor:toPartyMSH"


_IN_TEXT: Final = re.compile(r"[&<>\r]")
"""What is not written as it is; most values have none of it."""


def soap(name: str) -> str:
    return f"{{{SOAP}}}{name}"


def eb(name: str) -> str:
    return f"{{{EB}}}{name}"


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def xlink(name: str) -> str:
    return f"{{{XLINK}}}{name}"


def text(value: str) -> str:
    """Character data as XML carries it unchanged."""
    return _escape(value, {"\r": "&#13;"}) if _IN_TEXT.search(value) is not None else value


def attribute(value: str) -> str:
    """An attribute value with its quotation marks, as XML carries it unchanged."""
    return _quoteattr(value, {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})
