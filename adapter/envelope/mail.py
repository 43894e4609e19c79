"""How our mails are written: the MIME body that is kept for resends, and the mail headers that are new each time.

`ebxml.md` §2.1 to §2.3. The body begins with its own MIME headers, so that a resend is new From, To, Date and
Message-ID lines before identical octets (§7.2).
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from dataclasses import dataclass
from datetime import UTC, datetime

from adapter.crypto.verified import Part
from adapter.values import EdiAddress

MAX_OCTETS = 51_200_000
"""What the net carries, encoding included (`ebxml.md` §2.5)."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LINE = 76
_WRITABLE = re.compile(r"[!-;=?-~]{1,900}")
"""An identifier that a header line can hold between angle brackets (RFC 5322 §2.1.1, §3.6.4)."""
_PAYLOAD_HEADERS = (
    b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n"
    b"Content-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="payload.p7m"\r\n\r\n'
)


@dataclass(frozen=True, slots=True)
class MailHeaders:
    """What is new in every mail. Identifiers are without angle brackets; `in_reply_to` is empty but in a Fault mail.

    `in_reply_to` is as its sender wrote it. Where that cannot stand in a header the mail goes without it.
    """

    sender: EdiAddress
    recipient: EdiAddress
    date: datetime
    message_id: str
    in_reply_to: str = ""


def mail(headers: MailHeaders, body: bytes) -> bytes:
    """A whole mail: the headers of this transmission before a stored MIME body."""
    lines = [
        f"From: {headers.sender}",
        f"To: {headers.recipient}",
        f"Date: {_date(headers.date)}",
        f"Message-ID: <{headers.message_id}>",
    ]
    if _WRITABLE.fullmatch(headers.in_reply_to) is not None:
        lines += [f"In-Reply-To: <{headers.in_reply_to}>", f"References: <{headers.in_reply_to}>"]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii") + body


def payload_body(
    envelope: bytes, envelope_id: str, parts: tuple[Part, ...], boundary: str, preamble: str = ""
) -> bytes:
    """The multipart/related body of a payload message: the SOAP part, then the attachments, all base64.

    `envelope_id` is the Content-ID of the SOAP part without angle brackets. `preamble` is ASCII for a person who opens
    the mail; programs pass over it.
    """
    chunks = [
        _top(f'multipart/related; boundary="{boundary}"; type="text/xml"; start="<{envelope_id}>"'),
        f"\r\n{preamble}".encode("ascii"),
        b"\r\n--" if preamble else b"--",
        boundary.encode("ascii"),
        f'\r\nContent-ID: <{envelope_id}>\r\nContent-Type: text/xml; charset="UTF-8"\r\n'.encode("ascii"),
        b"Content-Transfer-Encoding: base64\r\n\r\n",
        _base64_lines(envelope),
    ]
    for part in parts:
        chunks += [
            b"--",
            boundary.encode("ascii"),
            f"\r\nContent-ID: <{part.content_id}>\r\n".encode("ascii"),
            _PAYLOAD_HEADERS,
            _base64_lines(part.octets),
        ]
    chunks += [b"--", boundary.encode("ascii"), b"--\r\n"]
    return b"".join(chunks)


def signal_body(envelope: bytes) -> bytes:
    """The bare text/xml body of a signal or a Fault."""
    top = _top('text/xml; charset="UTF-8"\r\nContent-Transfer-Encoding: base64')
    return b"".join((top, b"\r\n", _base64_lines(envelope)))


def _top(content_type: str) -> bytes:
    return f'MIME-Version: 1.0\r\nSOAPAction: "ebXML"\r\nContent-Type: {content_type}\r\n'.encode("ascii")


def _base64_lines(octets: bytes) -> bytes:
    """Base64 in full lines of 76 characters, each with its line end."""
    encoded = b2a_base64(octets, newline=False)
    lines = [encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)]
    return b"\r\n".join([*lines, b""])


def _date(moment: datetime) -> str:
    """RFC 5322, in UTC, in English whatever the locale."""
    utc = moment.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]}, {utc.day:02d} {_MONTHS[utc.month - 1]} {utc:%Y %H:%M:%S} +0000"
