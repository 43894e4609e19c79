"""What is attached: the eb:Manifest, built and read (`ebxml.md` §3.7)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import tolerated
from adapter.envelope.names import attribute, eb, xlink
from adapter.errors import ATTACHMENT_MISMATCH, ENVELOPE_INVALID, ENVELOPE_VALUE
from adapter.messages.findings import Finding
from adapter.messages.xml import Element

_AT = "/SOAP:Envelope/SOAP:Body/eb:Manifest"


@dataclass(frozen=True, slots=True)
class Schema:
    """The type of a business document: namespace and published version (HITS 1210 §6.2.1)."""

    location: str
    version: str


@dataclass(frozen=True, slots=True)
class ManifestReference:
    """One attachment as the envelope names it. `href` is the text of `xlink:href`, `cid:` and the Content-ID."""

    href: str
    schemas: tuple[Schema, ...]

    @property
    def content_id(self) -> str:
        return unquote(self.href.removeprefix("cid:"))


@dataclass(frozen=True, slots=True)
class Manifest:
    """The attachments, in order."""

    references: tuple[ManifestReference, ...]

    def xml(self) -> str:
        return '<eb:Manifest eb:version="2.0">\n' + "".join(map(_reference_xml, self.references)) + "</eb:Manifest>"


def _reference_xml(reference: ManifestReference) -> str:
    schemas = "".join(
        f"<eb:Schema eb:location={attribute(schema.location)} eb:version={attribute(schema.version)}></eb:Schema>"
        for schema in reference.schemas
    )
    return f'<eb:Reference xlink:href={attribute(reference.href)} xlink:type="simple">{schemas}</eb:Reference>\n'


def read_manifest(element: Element) -> tuple[Manifest, tuple[Finding, ...]]:
    """The Manifest of a received envelope.

    Raises `RefusedError` with rules EB-441, EB-442, EB-444 or EB-447.
    """
    if element.get(eb("version")) != "2.0":
        raise RefusedError(ENVELOPE_VALUE, "EB-441", "eb:version is not 2.0", f"{_AT}/@eb:version")
    found = element.findall(eb("Reference"))
    if not found:
        raise RefusedError(ENVELOPE_INVALID, "EB-442", "there is no Reference", _AT)
    references = []
    findings = []
    for position, one in enumerate(found, start=1):
        at = f"{_AT}/eb:Reference[{position}]"
        href = one.get(xlink("href"), "").strip()
        if not href:
            raise RefusedError(ATTACHMENT_MISMATCH, "EB-444", "xlink:href is empty", at)
        if not href.startswith("cid:"):
            raise RefusedError(ATTACHMENT_MISMATCH, "EB-447", "xlink:href is not a cid: URL", at)
        schemas = tuple(
            Schema(schema.get(eb("location"), ""), schema.get(eb("version"), ""))
            for schema in one.findall(eb("Schema"))
        )
        references.append(ManifestReference(href, schemas))
    if len({reference.content_id for reference in references}) < len(references):
        raise RefusedError(ATTACHMENT_MISMATCH, "EB-447", "two references name one attachment", _AT)
    # Of several, those that belong to the document beside it have no type to tell.
    there = [one.schemas for one in references if one.schemas] or [()]
    if not all(schemas and schemas[0].location for schemas in there):
        path = "Envelope/Body/Manifest/Reference"
        findings.append(tolerated("EB-451", path, "the type of the document is not told", "HITS 1210 §6.2.1"))
    return Manifest(tuple(references)), tuple(findings)
