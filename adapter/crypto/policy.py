"""Which algorithms are allowed, for sending and for receiving, on which day.

One table holds every algorithm that the profile and its peers use (`ebxml.md` §4.1, §5.1). What we send is one row of
each use. What we accept is more, and every accepted row that is not the one we would send has a remark that goes into
the warnings. SHA-1 is a switch of each partner with a date for its end; where its file has none it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from adapter.crypto.refusal import RefusedError
from adapter.errors import ALGORITHM_REFUSED


class Use(StrEnum):
    """What an algorithm is for."""

    SIGNATURE = "signature"
    DIGEST = "digest"
    CANONICAL_FORM = "canonical form"
    CONTENT = "content encryption"
    KEY_TRANSPORT = "key transport"


class Standing(StrEnum):
    """How an algorithm is looked upon."""

    SENT = "sent"
    """what we send, and accept without a word"""
    ACCEPTED = "accepted"
    """accepted; of these only what a partner's file may ask for is sent, to that partner"""
    OLD = "old"
    """accepted with a remark, and sent as little; a site may refuse it"""
    SWITCHED = "switched"
    """accepted only while the SHA-1 switch is on"""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One row: `identifier` is the URI of XML-DSig, or the dotted OID of CMS."""

    name: str
    use: Use
    identifier: str
    standing: Standing
    rule: str


_ALGORITHMS = (
    Algorithm(
        "rsa-sha256", Use.SIGNATURE, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", Standing.SENT, "EB-317"
    ),
    Algorithm("rsa-sha1", Use.SIGNATURE, "http://www.w3.org/2000/09/xmldsig#rsa-sha1", Standing.SWITCHED, "EB-317"),
    Algorithm("sha256", Use.DIGEST, "http://www.w3.org/2001/04/xmlenc#sha256", Standing.SENT, "EB-311"),
    Algorithm("sha1", Use.DIGEST, "http://www.w3.org/2000/09/xmldsig#sha1", Standing.SWITCHED, "EB-311"),
    Algorithm(
        "c14n-1.0", Use.CANONICAL_FORM, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", Standing.SENT, "EB-316"
    ),
    Algorithm("aes256-cbc", Use.CONTENT, "2.16.840.1.101.3.4.1.42", Standing.SENT, "EB-503"),
    Algorithm("aes192-cbc", Use.CONTENT, "2.16.840.1.101.3.4.1.22", Standing.ACCEPTED, "EB-503"),
    Algorithm("aes128-cbc", Use.CONTENT, "2.16.840.1.101.3.4.1.2", Standing.ACCEPTED, "EB-503"),
    Algorithm("aes128-gcm", Use.CONTENT, "2.16.840.1.101.3.4.1.6", Standing.ACCEPTED, "EB-503"),
    Algorithm("aes192-gcm", Use.CONTENT, "2.16.840.1.101.3.4.1.26", Standing.ACCEPTED, "EB-503"),
    Algorithm("aes256-gcm", Use.CONTENT, "2.16.840.1.101.3.4.1.46", Standing.ACCEPTED, "EB-503"),
    Algorithm("des-ede3-cbc", Use.CONTENT, "1.2.840.113549.3.7", Standing.OLD, "EB-503"),
    Algorithm("rsa-pkcs1-v1.5", Use.KEY_TRANSPORT, "1.2.840.113549.1.1.1", Standing.SENT, "EB-503"),
    Algorithm("rsa-oaep", Use.KEY_TRANSPORT, "1.2.840.113549.1.1.7", Standing.ACCEPTED, "EB-503"),
)

_BY_IDENTIFIER = {(row.use, row.identifier): row for row in _ALGORITHMS}


def algorithms() -> tuple[Algorithm, ...]:
    """Every row, in the order of the table."""
    return _ALGORITHMS


def find(use: Use, identifier: str) -> Algorithm | None:
    """The row of an algorithm, or None where nobody of the profile uses it."""
    return _BY_IDENTIFIER.get((use, identifier))


def sent(use: Use) -> Algorithm:
    """The algorithm that we send with for a use."""
    return next(row for row in _ALGORITHMS if row.use is use and row.standing is Standing.SENT)


@dataclass(frozen=True, slots=True)
class Policy:
    """What one partner may send us. The default is what `ebxml.md` §4.1 and §5.1 rule.

    `sha1_before` is the first day on which SHA-1 is refused again; the default lies before every message.
    `refused` names algorithms of the table that are refused on top, such as `des-ede3-cbc`.
    """

    sha1_before: date = date.min
    refused: frozenset[str] = frozenset()

    def accept(self, use: Use, identifier: str, day: date, location: str = "") -> Algorithm:
        """The row of an algorithm that a message of `day` may use.

        Raises `RefusedError` with `ALGORITHM_REFUSED` for an algorithm that is unknown, refused here, or switched off.
        """
        row = _BY_IDENTIFIER.get((use, identifier))
        if row is None:
            rule = next(known.rule for known in _ALGORITHMS if known.use is use)
            raise RefusedError(ALGORITHM_REFUSED, rule, f"the {use} algorithm is none of those known", location)
        if row.name in self.refused or (row.standing is Standing.SWITCHED and day >= self.sha1_before):
            raise RefusedError(ALGORITHM_REFUSED, row.rule, f"{row.name} is not accepted", location)
        return row


NATIONAL = Policy()
"""What holds where nothing else is agreed."""
