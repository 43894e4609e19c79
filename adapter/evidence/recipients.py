"""Was a mail encrypted to the certificate that the package shows for it?

A mail names the certificates whose keys open it, by issuer and serial number or by key identifier, within what its
signature covers. The exporter shows the certificate it encrypted to among the checks of revocation; the two have to
be the same, or the judgement of the certificate says nothing of this mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cryptography import x509

from adapter.crypto.certificates import Usage, load_certificates, thumbprint
from adapter.crypto.cms_foreign import addressed_to
from adapter.envelope.manifest import Manifest
from adapter.errors import AdapterError
from adapter.evidence import layout
from adapter.evidence.document import read_document
from adapter.evidence.report import Check, Line, fails, holds, noted
from adapter.evidence.seals import CheckedLetter
from adapter.values import Digest


def check_recipients(members: Mapping[str, bytes], letters: Sequence[CheckedLetter]) -> Iterator[Line]:
    """A line for each message whose signature holds."""
    shown = _shown(members)
    for letter in letters:
        certificates = shown.get(letter.digest, ())
        if not certificates:
            whose = "the exporter opened it" if letter.received else "the exporter kept no check of it"
            says = f"the certificate that it was encrypted to is not in the package: {whose}"
            yield noted(Check.ENCRYPTION, letter.name, says)
        for certificate in certificates:
            yield _line(letter, certificate)


def _line(letter: CheckedLetter, certificate: x509.Certificate) -> Line:
    named = f"the certificate shown for it ({thumbprint(certificate)})"
    try:
        addressed = all(addressed_to(octets, certificate) for octets in _encrypted(letter))
    except AdapterError as error:
        return fails(Check.ENCRYPTION, letter.name, f"whom it is encrypted to cannot be read: {error}")
    if not addressed:
        return fails(Check.ENCRYPTION, letter.name, f"it is not encrypted to {named}")
    return holds(Check.ENCRYPTION, letter.name, f"it is encrypted to {named}")


def _encrypted(letter: CheckedLetter) -> Iterator[bytes]:
    """The attachments as they were sent."""
    octets = {part.content_id: part.octets for part in letter.verified.verified.content.parts}
    manifest = letter.verified.message.content
    assert isinstance(manifest, Manifest)
    return (octets[reference.content_id] for reference in manifest.references)


def _shown(members: Mapping[str, bytes]) -> Mapping[Digest, tuple[x509.Certificate, ...]]:
    """The encryption certificates of each mail. What cannot be read is told where revocation is judged."""
    found: dict[Digest, tuple[x509.Certificate, ...]] = {}
    try:
        checks = read_document(members.get(layout.REVOCATION, b'{"checks": []}')).documents("checks")
        for check in checks:
            chain = check.texts("chain")
            if check.text("usage") == Usage.ENCRYPTION.value and chain and chain[0] in members:
                certificate = tuple(load_certificates(members[chain[0]])[:1])
                found[check.digest("message")] = (*found.get(check.digest("message"), ()), *certificate)
    except (ValueError, AdapterError):
        return found
    return found
