"""Base64 of which two different texts never mean the same octets: the one decoder for mails and for signatures."""

from __future__ import annotations

import binascii

_BLANKS = b" \t\r\n"


def decode(text: bytes) -> bytes:
    """Decode base64 that blanks and line ends may break anywhere.

    Raises `ValueError` for any other foreign character, for padding too little or too many, and for bits left over in
    the last group, which most decoders overlook and through which a mail could be changed unnoticed. The decoder of the
    standard library skips what is foreign; then there are more characters than the octets need.
    """
    plain = text.translate(None, _BLANKS)
    octets = binascii.a2b_base64(plain)
    if len(plain) != (len(octets) + 2) // 3 * 4:
        raise ValueError("there are foreign characters or padding too many")
    remainder = len(octets) % 3
    if remainder and binascii.b2a_base64(octets[-remainder:], newline=False) != plain[-4:]:
        raise ValueError("there are bits left over")
    return octets
