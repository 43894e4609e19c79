"""What the rules look at: one index of a mail and of the envelope in it, whatever of both is missing.

A rule never searches: it asks the index for the blocks of the Header, the children of MessageHeader, the signature, the
attachments. Everything is found by absolute paths. An index can be made of a mail that cannot be opened, so that all
that can still be judged of it is (EB-627); what it holds is unverified throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from adapter.crypto.refusal import RefusedError
from adapter.crypto.verified import Part, Unverified
from adapter.envelope.classify import Kind, kind_of
from adapter.envelope.mime import Entity, survey_mail
from adapter.envelope.names import ds, eb, soap
from adapter.envelope.reading import Index, by_tag, first
from adapter.envelope.unpack import Unpacked, choose_soap_part, content_id
from adapter.errors import AdapterError
from adapter.messages.namespaces import local_name
from adapter.messages.xml import Element, NotParsedError, tag_of

HEADER = "Envelope/Header"
MESSAGE_HEADER = "Envelope/Header/MessageHeader"
SIGNATURE = "Envelope/Header/Signature"
MANIFEST = "Envelope/Body/Manifest"

NONE: Index = {}


@dataclass(frozen=True, slots=True)
class Envelope:
    """The SOAP part. `refusal` is why it could not be parsed; then everything else is empty."""

    octets: bytes
    unverified: Unverified | None = None
    refusal: AdapterError | None = None
    root: Element | None = None
    header: Element | None = None
    body: Element | None = None
    kind: Kind = Kind.BARE
    blocks: Index = field(default_factory=dict)
    inside: Index = field(default_factory=dict)

    def block(self, name: str) -> Element | None:
        """The first block of that ebXML name in the Header."""
        return first(self.blocks, eb(name))

    def line(self, path: str) -> int | None:
        """The line of the first element that a path of local names leads to, or of the nearest around it; of a document
        that cannot be parsed, where reading it ended. None for what is not in the envelope."""
        if self.root is None:
            return self.refusal.line if path == "/" and isinstance(self.refusal, NotParsedError) else None
        names = path.strip("/").split("/")
        if names[0] not in {"", local_name(tag_of(self.root))}:
            return None
        element = self.root
        for name in names[1:]:
            inside = (child for child in element.iterchildren("*") if local_name(tag_of(child)) == name)
            following = next(inside, None)
            if following is None:
                break
            element = following
        return element.sourceline


@dataclass(frozen=True, slots=True)
class Subject:
    """One mail, or only its SOAP part. `mail` and `soap_part` are None where there is no mail around the envelope.

    `raw` is the mail as it came, empty where only its nodes are known. `flaws` is what was wrong in taking the mail
    apart. `fields` are the children of MessageHeader, `data` those of MessageData, `signature_parts` those of the first
    Signature, all by tag.
    """

    envelope: Envelope
    mail: Entity | None = None
    soap_part: Entity | None = None
    attachments: tuple[Entity, ...] = ()
    flaws: tuple[AdapterError, ...] = ()
    fields: Index = field(default_factory=dict)
    data: Index = field(default_factory=dict)
    signature: Element | None = None
    signature_parts: Index = field(default_factory=dict)
    manifest: Element | None = None
    raw: bytes = b""

    @property
    def kind(self) -> Kind:
        return self.envelope.kind

    @property
    def has_header(self) -> bool:
        """Whether there is an eb:MessageHeader to be judged."""
        return bool(self.envelope.blocks.get(eb("MessageHeader")))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The attachments as the signature is checked over them."""
        return tuple(Part(content_id(one), one.content) for one in self.attachments)

    def value(self, name: str) -> str:
        """The text of a child of MessageHeader; empty where it is missing or has anything but text inside."""
        return text_of(first(self.fields, eb(name)))

    def datum(self, name: str) -> str:
        """The text of a child of MessageData; empty where it is missing or has anything but text inside."""
        return text_of(first(self.data, eb(name)))


def text_of(element: Element | None) -> str:
    """The text of a leaf without surrounding white space; empty for what is no leaf."""
    return "" if element is None or len(element) else (element.text or "").strip()


def of_mail(octets: bytes) -> Subject:
    """The index of a raw mail; what cannot be taken apart is in `flaws`."""
    entity, flaws = survey_mail(octets)
    if entity is None:
        return Subject(Envelope(b""), flaws=flaws, raw=octets)
    soap_part, others = choose_soap_part(entity)
    content = soap_part.content if soap_part is not None else b""
    return _index(envelope_of(content), entity, soap_part, others, flaws, octets)


def of_envelope(octets: bytes) -> Subject:
    """The index of a SOAP part alone."""
    return _index(envelope_of(octets))


def of_unpacked(unpacked: Unpacked) -> Subject:
    """The index of a mail that was opened; nothing is parsed again."""
    octets, root = unpacked.envelope.octets, unpacked.envelope.document.getroot()
    envelope = Envelope(
        octets, unpacked.envelope, None, root, unpacked.header, unpacked.body, unpacked.kind, unpacked.blocks,
        unpacked.inside,
    )  # fmt: skip
    return _index(envelope, unpacked.entity, unpacked.soap_part, unpacked.others)


def envelope_of(octets: bytes) -> Envelope:
    """The SOAP part, parsed where it can be."""
    try:
        return _framed(Unverified(octets))
    except AdapterError as error:
        return Envelope(octets, refusal=error)


def _framed(unverified: Unverified) -> Envelope:
    root = unverified.document.getroot()
    header, body = root.find(soap("Header")), root.find(soap("Body"))
    blocks, inside = by_tag(header), by_tag(body)
    kind = kind_of(blocks, inside) if header is not None else Kind.BARE
    return Envelope(unverified.octets, unverified, None, root, header, body, kind, blocks, inside)


def _index(
    envelope: Envelope,
    mail: Entity | None = None,
    soap_part: Entity | None = None,
    attachments: tuple[Entity, ...] = (),
    flaws: tuple[AdapterError, ...] = (),
    raw: bytes = b"",
) -> Subject:
    fields = by_tag(envelope.block("MessageHeader"))
    signature = first(envelope.blocks, ds("Signature"))
    return Subject(
        envelope,
        mail,
        soap_part,
        attachments,
        flaws,
        fields,
        by_tag(first(fields, eb("MessageData"))),
        signature,
        by_tag(signature),
        first(envelope.inside, eb("Manifest")),
        raw,
    )


def flaw_of(subject: Subject, rule: str) -> RefusedError | None:
    """The first flaw in taking the mail apart that is of that rule."""
    return next((one for one in subject.flaws if isinstance(one, RefusedError) and one.rule == rule), None)
