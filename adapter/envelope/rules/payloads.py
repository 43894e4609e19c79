"""Is what is attached encrypted, and is what comes out of it what the envelope promises: EB-501 to EB-512."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapter.crypto.cms import ContentCipher, content_algorithm, is_enveloped
from adapter.crypto.policy import Standing, Use, find
from adapter.envelope.rules.rule import Breach, Consequence, Context, Needs, RuleBook
from adapter.envelope.rules.subject import Subject
from adapter.envelope.unpack import content_id
from adapter.errors import WireCode
from adapter.messages.rules.rule import Side

BOOK: Final = RuleBook()
_REMARK, _ERROR = Consequence.REMARK, Consequence.ERROR
_SECURITY: Final = WireCode.SECURITY_FAILURE
_HITS: Final = "HITS 1172 §5.15.1"


@BOOK.rule("EB-501", "An attachment is a CMS object", _HITS, hits="263", receive=_ERROR, code=_SECURITY)
def is_encrypted(subject: Subject, _: Context) -> Iterator[Breach]:
    """EnvelopedData; a patient's document in clear text is nothing that a message standard here allows."""
    for part in subject.attachments:
        if part.content and not is_enveloped(part.content):
            yield Breach("an attachment is not encrypted (CMS EnvelopedData)", f"cid:{_shown(content_id(part))}")


BOOK.elsewhere(
    Needs.KEYS,
    "EB-502",
    "One of our keys opens it",
    "HIS 1037 §4.3; HITS 1172 §5.15",
    by="adapter.crypto.cms.decrypt",
    receive=_ERROR,
    code=_SECURITY,
)


_SENT: Final = frozenset(one.value for one in ContentCipher)


@BOOK.rule(
    "EB-503", "The content is encrypted by an allowed algorithm", "ebxml.md §5.1", receive=_ERROR, code=_SECURITY
)
def algorithm_is_allowed(subject: Subject, context: Context) -> Iterator[Breach]:
    """AES-256-CBC sent, or what a partner's file may ask for; AES and, with a remark, 3DES received; RC2, DES never."""
    for part in subject.attachments:
        identifier = content_algorithm(part.content)
        if not identifier:
            continue
        row = find(Use.CONTENT, identifier)
        if row is None or (context.side is Side.SEND and row.name not in _SENT):
            yield Breach(
                "the content is encrypted by an algorithm that is not allowed", f"cid:{_shown(content_id(part))}"
            )
        elif row.standing is Standing.OLD and context.side is Side.RECEIVE:
            yield Breach(f"the content is encrypted with {row.name}", f"cid:{_shown(content_id(part))}", _REMARK)


_IN_MIME: Final = (
    ("EB-504", "A plaintext in MIME has a Content-Type", ""),
    ("EB-505", "A plaintext in MIME has a Content-Transfer-Encoding", "264"),
    ("EB-506", "A plaintext in MIME is application/xml", ""),
    ("EB-507", "A plaintext in MIME is encoded by 8bit, binary, quoted-printable or base64", "259"),
)
for _id, _text, _number in _IN_MIME:
    BOOK.elsewhere(Needs.KEYS, _id, _text, _HITS, by="adapter.envelope.plaintext.unwrap", hits=_number, receive=_REMARK)

BOOK.elsewhere(
    Needs.DOCUMENT,
    "EB-508",
    "Sender and receiver in the document are those of the envelope",
    "HIS 1153-2 AD2.2, AD2.5-2.8",
    by="adapter.messages.receipting.decide",
    receive=Consequence.DROP,
)
BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-509",
    "What is wrong in the document is never an ebXML error",
    "HITS 1171 §8.2",
    by="adapter.envelope.plaintext.unwrap",
)
BOOK.elsewhere(
    Needs.DOCUMENT,
    "EB-510",
    "Type of the document is the Action, and an AppRec has the Action APPREC",
    "HISD 1209 §3.1",
    by="adapter.messages.receipting.decide",
    receive=_REMARK,
)
BOOK.elsewhere(
    Needs.CONDUCT,
    "EB-511",
    "It is packed only where the message standard demands it",
    "HITS 1171 §6",
    by="adapter.envelope.seal.Sealer.seal",
    receive=_REMARK,
)
BOOK.judged_as(("EB-501",), "EB-512", "A payload is encrypted", "HITS 1171 §6")


def _shown(name: str) -> str:
    """A Content-ID as far as it can be shown: it is a stranger's text."""
    return name if name.isascii() and name.isprintable() and len(name) < 200 else "?"
