"""Base64 of which two different texts never mean the same octets: the one decoder for mails and for signatures."""

from __future__ import annotations

import binascii


def decode(text: bytes) -> bytes:
    """Decode base64 that blanks and line ends may break anywhere.

    Raises `ValueError` for any other foreign character, for padding too little or too many, and for bits left over in
    the last group, which most decoders overlook and through which a mail could be changed unnoticed.
    """
    compact = text.translate(None, b" \t\r\n")
    octets = binascii.a2b_base64(compact, strict_mode=True)
    remainder = len(octets) % 3
    if len(compact) != (len(octets) + 2) // 3 * 4:
        raise ValueError("there is padding too many")
    if remainder and binascii.b2a_base64(octets[-remainder:], newline=False) != compact[-4:]:
        raise ValueError("there are bits left over")
    return octets
