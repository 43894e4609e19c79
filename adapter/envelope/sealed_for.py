"""For whom was a finished MIME body of ours sealed, and by which certificate of ours was it signed?

What is kept for resends is octets. Before they go out again long after, one has to know whether they can still be
opened and believed: the receiver may have another encryption certificate now, and our own may have expired.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass

from cryptography import x509

from adapter.crypto.certificates import load_certificates
from adapter.crypto.cms_foreign import addressed_to
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import SEAL_REFUSED, AdapterError

_HEADERS = b"From: us@adapter.invalid\r\nTo: them@adapter.invalid\r\n"


@dataclass(frozen=True, slots=True)
class SealedFor:
    """The certificate that signed, and the CMS objects that were made for the receiver."""

    signer: x509.Certificate
    payloads: tuple[bytes, ...]

    def opens_with(self, certificate: x509.Certificate) -> bool:
        """Whether the holder of this certificate's key can open every payload. Raises `RefusedError`."""
        return all(addressed_to(payload, certificate) for payload in self.payloads)


def sealed_for(body: bytes) -> SealedFor:
    """Read a body that `seal` made. Raises `AdapterError` (SEAL_REFUSED) when it is none of ours."""
    try:
        unpacked = unpack(_HEADERS + body)
        assert isinstance(unpacked, Unpacked)
        shown = unpacked.header.find(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
        (signer,) = load_certificates(b64decode((shown.text if shown is not None else "") or ""))
    except (AdapterError, ValueError, AssertionError):
        raise AdapterError(SEAL_REFUSED, "kept octets cannot be read as an envelope of ours") from None
    return SealedFor(signer, tuple(part.octets for part in unpacked.attachments))
