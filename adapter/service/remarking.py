"""What is remarked on about a message that is accepted, and only the directory or the document can show.

None of it refuses anything (`ebxml.md` §10.4, §10.7): the mail may have come by a relay, and the monitoring may have
been told the wrong type.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapter.crypto.tolerated import tolerated
from adapter.envelope.open import Document
from adapter.envelope.unpack import Unpacked
from adapter.lookups.port import Partner
from adapter.messages.findings import Finding
from adapter.messages.namespaces import namespace_of
from adapter.messages.reading import Reading
from adapter.values import EdiAddress

_MANIFEST = "Envelope/Body/Manifest/Reference/Schema"


def addresses(unpacked: Unpacked, partner: Partner | None, own: EdiAddress | None) -> Iterator[Finding]:
    """Whether mail From and To are the parties' EDI addresses (EB-231, EB-232); a mail without either says nothing.

    `own` is None where the message is for nobody of ours.
    """
    said = unpacked.mail
    for rule, header, there, expected in (
        ("EB-231", "From", said.sender, partner.address if partner is not None else None),
        ("EB-232", "To", said.recipient, own),
    ):
        if there and expected is not None and there.strip().lower() != expected.value.lower():
            yield tolerated(rule, header, f"mail {header} is not the EDI address of the party", "HITS 1172 §5.9.3")


def namespaces(document: Document, reading: Reading) -> Iterator[Finding]:
    """Whether a document has the namespace that the Manifest told the monitoring (EB-456): its own or its content's."""
    told = {schema.location for schema in document.schemas if schema.location}
    if reading.tree is None or not told:
        return
    there = {namespace_of(str(reading.tree.getroot().tag))}
    if reading.payload is not None:
        there.add(namespace_of(reading.payload.tag))
    if not told & there:
        yield tolerated(
            "EB-456", _MANIFEST, "the document is of another namespace than Schema tells", "HITS 1210 §6.2.1"
        )
