"""Is a signature of the form that the profile prescribes: where it stands, of what parts, over which references.

Everything is found by absolute paths, and everything that a signature of the profile does not need is refused rather
than interpreted (`ebxml.md` §4.1, §4.4). Nothing here tells whether a value is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from urllib.parse import unquote

from lxml import etree

from adapter.crypto import dsig, strict_base64
from adapter.crypto.policy import Policy, Standing, Use
from adapter.crypto.refusal import RefusedError
from adapter.crypto.tolerated import HAS_OBJECT, SHA1, STRAY_REFERENCE, TWO_TRANSFORMS
from adapter.crypto.verified import Part
from adapter.errors import ENVELOPE_NOT_SUPPORTED, SIGNATURE_FORM, SIGNATURE_INVALID
from adapter.messages.findings import Finding
from adapter.messages.xml import Element, Tree

MAX_REFERENCES: Final = 110
"""An envelope reference and one for each of at most a hundred attachments."""

LOCATION: Final = "/SOAP:Envelope/SOAP:Header/ds:Signature"

_ACTORS = etree.XPath("//@SOAP:actor", namespaces={"SOAP": dsig.SOAP}, smart_strings=False)
"""Every actor there is, wherever it stands: one search in C, where a walk would make a proxy of each element."""


@cache
def ds(name: str) -> str:
    return f"{{{dsig.DS}}}{name}"


@cache
def _soap(name: str) -> str:
    return f"{{{dsig.SOAP}}}{name}"


@dataclass(frozen=True, slots=True)
class Row:
    """A reference under examination; `part_id` is None for the envelope itself."""

    uri: str
    part_id: str | None
    algorithm: str
    digest: str


def the_signature(document: Tree) -> Element:
    """The one signature, after everything that could make another reading of the envelope possible was refused.

    Raises `RefusedError` (SIGNATURE_FORM, or ENVELOPE_NOT_SUPPORTED for a block to the next hop).
    """
    root = document.getroot()
    if root.tag != _soap("Envelope"):
        raise RefusedError(SIGNATURE_FORM, "EB-107", "the root is no SOAP 1.1 Envelope", "/")
    if any(True for _ in _instructions(root)):
        raise RefusedError(SIGNATURE_FORM, "EB-106", "the envelope has a processing instruction", "/")
    if any(str(actor).strip() in dsig.NEXT_HOP_ACTORS for actor in _ACTORS(root)):
        raise RefusedError(
            ENVELOPE_NOT_SUPPORTED, "EB-118", "a block is addressed to the next hop", "/SOAP:Envelope/SOAP:Header"
        )
    children = [child for child in root if isinstance(child.tag, str)]
    if [child.tag for child in children] != [_soap("Header"), _soap("Body")]:
        raise RefusedError(SIGNATURE_FORM, "EB-111", "the envelope is not one Header and one Body", "/SOAP:Envelope")
    header = children[0]
    found = header.findall(ds("Signature"))
    signatures = sum(1 for _ in root.iter(ds("Signature")))
    if signatures == 0:
        raise RefusedError(SIGNATURE_FORM, "EB-301", "there is no signature", LOCATION)
    if signatures > 1 or len(found) != 1:
        raise RefusedError(
            SIGNATURE_FORM, "EB-302", "there is not exactly one signature, as a child of the Header", LOCATION
        )
    for element in (root, header, found[0]):
        if any(str(name).startswith(f"{{{dsig.XML}}}") for name in element.attrib):
            raise RefusedError(
                SIGNATURE_FORM, "EB-316", "an ancestor of SignedInfo carries an xml: attribute, which canonical form "
                "would import", LOCATION
            )  # fmt: skip
    return found[0]


def _instructions(root: Element) -> Iterator[Element]:
    around = (*root.itersiblings(preceding=True), *root.itersiblings())
    yield from root.iter(etree.ProcessingInstruction)
    yield from (node for node in around if isinstance(node, etree._ProcessingInstruction))


def anatomy(signature: Element, warnings: list[Finding]) -> tuple[Element, Element, Element]:
    """SignedInfo, SignatureValue and KeyInfo; an Object behind them is added to the warnings.

    Raises `RefusedError` (SIGNATURE_FORM, EB-303 to EB-305).
    """
    names = [child.tag for child in signature if isinstance(child.tag, str)]
    for name, rule in (("SignedInfo", "EB-303"), ("SignatureValue", "EB-304"), ("KeyInfo", "EB-305")):
        if names.count(ds(name)) != 1:
            raise RefusedError(SIGNATURE_FORM, rule, f"there is not exactly one {name}", f"{LOCATION}/ds:{name}")
    if names[:3] != [ds("SignedInfo"), ds("SignatureValue"), ds("KeyInfo")]:
        raise RefusedError(SIGNATURE_FORM, "EB-303", "the parts of the signature stand in another order", LOCATION)
    if names[3:]:
        warnings.append(HAS_OBJECT)
    children = [child for child in signature if isinstance(child.tag, str)]
    return children[0], children[1], children[2]


def references(
    signed_info: Element,
    parts: tuple[Part, ...],
    now: datetime,
    policy: Policy,
    warnings: list[Finding],
    *,
    signal: bool,
) -> tuple[Row, ...]:
    """Every reference, the envelope's own first; the set is exactly `""` and one `cid:` for each attachment.

    Raises `RefusedError` (SIGNATURE_FORM or ALGORITHM_REFUSED, EB-306 to EB-315, EB-327, EB-329).
    """
    elements = signed_info.findall(ds("Reference"))
    if not elements:
        raise RefusedError(SIGNATURE_FORM, "EB-306", "nothing is referenced", f"{LOCATION}/ds:SignedInfo")
    if len(elements) > MAX_REFERENCES:
        raise RefusedError(
            SIGNATURE_FORM, "EB-306", f"more than {MAX_REFERENCES} references", f"{LOCATION}/ds:SignedInfo"
        )
    known = {part.content_id for part in parts}
    if len(known) != len(parts):
        raise RefusedError(SIGNATURE_FORM, "EB-327", "two attachments have the same Content-ID", LOCATION)
    rows: dict[str | None, Row] = {}
    for position, element in enumerate(elements, start=1):
        at = f"{LOCATION}/ds:SignedInfo/ds:Reference[{position}]"
        uri = element.get("URI")
        if uri is None:
            raise RefusedError(SIGNATURE_FORM, "EB-309", "a reference has no URI", at)
        part_id = None
        if uri == "":
            _check_transforms(element, at, warnings)
        elif not uri.startswith("cid:"):
            raise RefusedError(
                SIGNATURE_FORM, "EB-308", "a reference is neither to the envelope nor to an attachment", at
            )
        else:
            part_id = unquote(uri[4:])
            if element.find(ds("Transforms")) is not None:
                raise RefusedError(SIGNATURE_FORM, "EB-329", "the reference to an attachment has transforms", at)
            if part_id not in known:
                if signal and not parts:
                    warnings.append(STRAY_REFERENCE)
                    continue
                raise RefusedError(SIGNATURE_FORM, "EB-327", "a reference names an attachment that is not there", at)
        if part_id in rows:
            rule = "EB-307" if part_id is None else "EB-327"
            raise RefusedError(SIGNATURE_FORM, rule, "two references are to the same thing", at)
        rows[part_id] = Row(
            uri, part_id, _digest_method(element, now, policy, at, warnings), _digest_value(element, at)
        )
    if None not in rows:
        raise RefusedError(SIGNATURE_FORM, "EB-307", "no reference is to the envelope", f"{LOCATION}/ds:SignedInfo")
    if known - set(rows):
        raise RefusedError(SIGNATURE_FORM, "EB-327", "an attachment is not signed", f"{LOCATION}/ds:SignedInfo")
    return (rows.pop(None), *rows.values())


def _check_transforms(reference: Element, at: str, warnings: list[Finding]) -> None:
    lists = reference.findall(ds("Transforms"))
    transforms = [child for child in lists[0] if isinstance(child.tag, str)] if len(lists) == 1 else []
    algorithms = [transform.get("Algorithm") for transform in transforms]
    if any(transform.tag != ds("Transform") for transform in transforms):
        raise RefusedError(SIGNATURE_FORM, "EB-315", "something else stands among the transforms", at)
    if algorithms[:1] != [dsig.ENVELOPED]:
        raise RefusedError(SIGNATURE_FORM, "EB-312", "the first transform is not enveloped-signature", at)
    if algorithms[-1:] != [dsig.C14N] or len(algorithms) < 2:
        raise RefusedError(SIGNATURE_FORM, "EB-314", "the last transform is not Canonical XML 1.0", at)
    if algorithms[1:-1] not in ([], [dsig.XPATH]):
        raise RefusedError(SIGNATURE_FORM, "EB-315", "there is a transform that the profile does not have", at)
    if len(transforms[0]) or len(transforms[-1]):
        raise RefusedError(SIGNATURE_FORM, "EB-315", "a transform has a parameter", at)
    if len(transforms) == 2:
        warnings.append(TWO_TRANSFORMS)
        return
    expressions = list(transforms[1])
    if [node.tag for node in expressions] != [ds("XPath")] or not dsig.is_standard_xpath(expressions[0]):
        raise RefusedError(SIGNATURE_FORM, "EB-313", "the XPath expression is not the standard one", at)


def _digest_method(reference: Element, now: datetime, policy: Policy, at: str, warnings: list[Finding]) -> str:
    methods = reference.findall(ds("DigestMethod"))
    if len(methods) != 1:
        raise RefusedError(SIGNATURE_FORM, "EB-311", "there is not exactly one DigestMethod", at)
    row = policy.accept(Use.DIGEST, methods[0].get("Algorithm", ""), now.date(), at)
    if row.standing is not Standing.SENT and SHA1 not in warnings:
        warnings.append(SHA1)
    return row.name


def _digest_value(reference: Element, at: str) -> str:
    values = reference.findall(ds("DigestValue"))
    if len(values) != 1 or not base64_text(values[0]):
        raise RefusedError(SIGNATURE_FORM, "EB-310", "there is not exactly one DigestValue", at)
    return base64_text(values[0])


def base64_text(element: Element) -> str:
    """The text of a base64 element without any white space, as peers wrap and indent it; empty if it has children.

    A comment is a child too: canonical form drops it, so that what stands on its two sides could be read differently.
    """
    return "" if len(element) else "".join((element.text or "").split())


def decoded(text: str, rule: str, at: str) -> bytes:
    """The octets of a base64 value.

    Raises `RefusedError` (SIGNATURE_INVALID, `rule`).
    """
    try:
        return strict_base64.decode(text.encode("ascii"))
    except ValueError:
        raise RefusedError(SIGNATURE_INVALID, rule, "a value is not base64", at) from None
