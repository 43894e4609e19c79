"""Who can have signed: the certificates in the package, and the roots that the reader believes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography import x509

from adapter.crypto.certificates import (
    UNREADABLE,
    TrustAnchors,
    Usage,
    load_certificates,
    organisation_number,
    problems,
    thumbprint,
)
from adapter.crypto.verification import ExpectedSigner
from adapter.errors import AdapterError
from adapter.evidence import layout
from adapter.evidence.manifest import is_signed
from adapter.evidence.opened import Opened
from adapter.evidence.report import Check, Line, fails, holds, noted
from adapter.values import HerId


@dataclass(frozen=True, slots=True)
class Authority:
    """The anchors, and what each HER-id signed with."""

    anchors: TrustAnchors
    parties: Mapping[str, tuple[x509.Certificate, ...]]

    def signer(self, her: HerId) -> ExpectedSigner:
        """Whom a message from this HER-id must be signed by."""
        return ExpectedSigner(her.value, "the package", self.parties.get(her.value, ()), self.anchors)


def authority(opened: Opened, trusted: tuple[x509.Certificate, ...]) -> tuple[Authority, tuple[Line, ...]]:
    """The certificates of a package, with the reader's own roots in place of its roots where there are any."""
    lines: list[Line] = []
    by_role: dict[str, list[x509.Certificate]] = {}
    for name, content in opened.members.items():
        whose = layout.whose_certificate(name)
        if whose is None:
            continue
        certificate = _readable(content)
        if certificate is None:
            lines.append(fails(Check.CERTIFICATE, name, "it is no certificate that can be read"))
            continue
        by_role.setdefault(whose, []).append(certificate)
        if whose.isdigit():
            lines.append(noted(Check.CERTIFICATE, name, _whose(certificate, whose)))
    roots = trusted or tuple(by_role.get("root", ()))
    found = Authority(
        TrustAnchors(roots, tuple(by_role.get("issuer", ()))),
        {whose: tuple(several) for whose, several in by_role.items() if whose.isdigit()},
    )
    lines += _roots(roots, given=bool(trusted))
    if layout.REVOCATION not in opened.members:
        lines.append(noted(Check.CERTIFICATE, "", "revocation: the package holds no answer of a certificate authority"))
    lines += _exporter(opened, found.anchors, by_role.get("exporter", []))
    return found, tuple(lines)


def _readable(content: bytes) -> x509.Certificate | None:
    """The certificate of a member, if all of it that is asked for can be read: the library reads the parts late."""
    try:
        (certificate,) = load_certificates(content)
        certificate.public_key()
        certificate.extensions  # noqa: B018
        certificate.subject.rfc4514_string()
    except (AdapterError, *UNREADABLE):
        return None
    return certificate


def _whose(certificate: x509.Certificate, her: str) -> str:
    number = organisation_number(certificate) or "none"
    return (
        f"organisation number {number}, thumbprint {thumbprint(certificate)}; "
        f"that HER-id {her} signs with it is what the exporter's partner directory said"
    )


def _roots(roots: tuple[x509.Certificate, ...], *, given: bool) -> Iterator[Line]:
    for root in roots:
        if given:
            yield holds(Check.CERTIFICATE, "", f"the root with thumbprint {thumbprint(root)} is the reader's own")
        else:
            says = "comes with the package: compare its thumbprint, or give the root you trust (--trust)"
            yield noted(Check.CERTIFICATE, "", f"the root with thumbprint {thumbprint(root)} {says}")
    if not roots:
        yield fails(Check.CERTIFICATE, "", "there is no root")


def _exporter(opened: Opened, anchors: TrustAnchors, exporters: list[x509.Certificate]) -> Iterator[Line]:
    """The signature over the manifest, and the path of its certificate at the time of the export."""
    if len(exporters) != 1:
        yield fails(Check.MANIFEST, layout.EXPORTER, "there is not exactly one certificate of the exporter")
        return
    exporter = exporters[0]
    if not is_signed(opened.signed, opened.signature, exporter):
        yield fails(Check.MANIFEST, layout.MANIFEST, "the signature over it (manifest.sig) does not hold")
    else:
        subject = exporter.subject.rfc4514_string()
        yield holds(Check.MANIFEST, layout.MANIFEST, f"it is signed by {subject}")
    found = problems(exporter, Usage.SIGNING, anchors, opened.manifest.made_at)
    if found:
        yield fails(Check.CERTIFICATE, layout.EXPORTER, "; ".join(found))
    else:
        yield holds(Check.CERTIFICATE, layout.EXPORTER, "it led to a root, and might sign, when the package was made")
