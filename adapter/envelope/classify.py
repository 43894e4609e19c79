"""What kind of thing has arrived: bounce, automatic reply, SOAP Fault, or which type of ebXML message.

The first look is at the mail only and takes bounces and automatic replies out before anything could answer them
(`ebxml.md` §1.3 R2, §2.6). The second is a table over the blocks that the envelope has (§6.1); a contradictory mix is
decided by Service and Action, and if they decide nothing it stays a mix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from adapter.envelope.mime import Entity
from adapter.envelope.names import SIGNAL_SERVICE, eb, soap
from adapter.envelope.reading import Index, first
from adapter.messages.xml import Element

_MSG_ID = re.compile(r"<([^<>\s]+)>")


class Kind(StrEnum):
    """The types of ebXML message of the profile."""

    PAYLOAD = "payload"
    ACKNOWLEDGMENT = "acknowledgment"
    ERROR = "error"
    PING = "ping"
    PONG = "pong"
    STATUS_REQUEST = "status request"
    STATUS_RESPONSE = "status response"
    MIXED = "mixed"
    """of the Service of signals, contradicts itself, and the Action does not decide"""
    BARE = "bare"
    """nothing but a header, and no ping"""
    EMPTY = "empty"
    """a signal by its Service and Action, without the block of one"""

    @property
    def is_signal(self) -> bool:
        return self in {Kind.ACKNOWLEDGMENT, Kind.ERROR}


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery report of a mail server. Identifiers are without angle brackets, empty where the report has none.

    `action` is the word of RFC 3464: `failed`, `delayed`, `delivered`, `relayed`, `expanded`, or empty.
    """

    action: str
    envelope_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class AutomaticReply:
    """An out-of-office note or its like: never answered (EB-030)."""


def stranger(mail: Entity) -> Bounce | AutomaticReply | None:
    """A bounce or an automatic reply by the looks of its mail headers; None for everything that may be ebXML."""
    if mail.media_type == "multipart/report":
        if (mail.parameter("report-type") or "delivery-status").lower() == "delivery-status":
            return _bounce(mail)
        return AutomaticReply()
    if mail.media_type in {"multipart/related", "text/xml"}:
        return None
    sender = (mail.header("from") or "").lower()
    if (mail.header("return-path") or "").strip() == "<>" or "mailer-daemon" in sender:
        return _bounce(mail)
    submitted = (mail.header("auto-submitted") or "no").lower()
    if submitted != "no" or (mail.header("precedence") or "").lower() in {"bulk", "auto_reply", "junk"}:
        return AutomaticReply()
    return None


def _bounce(mail: Entity) -> Bounce:
    fields: dict[str, str] = {}
    for node in _below(mail):
        for name, value in node.headers:
            fields.setdefault(name, value.strip())
        if node.media_type == "text/rfc822-headers":
            for line in node.content.decode("ascii", "replace").splitlines():
                name, colon, value = line.partition(":")
                if colon and name.strip() == name:
                    fields.setdefault(name.lower(), value.strip())
    return Bounce(
        fields.get("action", "").lower(),
        fields.get("original-envelope-id", ""),
        without_brackets(fields.get("message-id", "")),
    )


def _below(entity: Entity) -> list[Entity]:
    """Every entity under the top one, outermost first; the bounce's own headers do not count."""
    found = list(entity.children)
    for child in entity.children:
        found += _below(child)
    return found


def identifiers(value: str) -> tuple[str, ...]:
    """Every identifier of an In-Reply-To or References header, in order."""
    return tuple(_MSG_ID.findall(value)) or tuple(filter(None, (value.strip(),)))


def without_brackets(value: str) -> str:
    """The identifier of a Message-ID, Content-ID or In-Reply-To header; peers leave the brackets out at times."""
    match = _MSG_ID.search(value)
    return match[1] if match is not None else value.strip()


_PAYLOAD_BLOCKS = frozenset({"AckRequested", "Manifest"})
_SIGNALS = {
    "Acknowledgment": Kind.ACKNOWLEDGMENT,
    "Acknowledgement": Kind.ACKNOWLEDGMENT,
    "MessageError": Kind.ERROR,
}
_BY_BLOCKS = {
    frozenset({"Acknowledgment"}): Kind.ACKNOWLEDGMENT,
    frozenset({"ErrorList"}): Kind.ERROR,
    frozenset({"AckRequested"}): Kind.PAYLOAD,
    frozenset({"Manifest"}): Kind.PAYLOAD,
    _PAYLOAD_BLOCKS: Kind.PAYLOAD,
}
_TELLING = tuple((eb(name), name) for name in ("Acknowledgment", "ErrorList", "AckRequested", "Manifest"))
_DECIDING = ("Service", "Action")
"""What decides where the blocks do not, as far as it can be read."""
_STATUS = ((eb("StatusRequest"), Kind.STATUS_REQUEST), (eb("StatusResponse"), Kind.STATUS_RESPONSE))
_PINGS = {"Ping": Kind.PING, "Pong": Kind.PONG}


def kind_of(blocks: Index, inside: Index) -> Kind:
    """The type of an ebXML message by what stands in its Header and in its Body."""
    for tag, kind in _STATUS:
        if tag in inside:
            return kind
    telling = frozenset(name for tag, name in _TELLING if tag in blocks or tag in inside)
    if telling in _BY_BLOCKS:
        return _BY_BLOCKS[telling]
    header = first(blocks, eb("MessageHeader"))
    service, action = ((header.findtext(eb(name)) or "").strip() if header is not None else "" for name in _DECIDING)
    if not telling:
        if service != SIGNAL_SERVICE:
            return Kind.BARE
        return Kind.EMPTY if action in _SIGNALS else _PINGS.get(action, Kind.BARE)
    if service != SIGNAL_SERVICE:
        return Kind.PAYLOAD
    return _SIGNALS.get(action, Kind.MIXED)


def is_fault(soap_body: Element) -> bool:
    """Whether the Body holds a SOAP Fault."""
    return soap_body.find(soap("Fault")) is not None
