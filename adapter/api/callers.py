"""Who sends this request: the holder of a bearer token, or of a client certificate that the configuration names?"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import SplitResult, urlsplit

from cryptography.hazmat.primitives.hashes import SHA256

from adapter.errors import ACCESS_ORIGIN, ACCESS_UNKNOWN, CONFIG_INVALID, AdapterError
from adapter.lookups import key_files
from adapter.service.access import EVERYBODY_HERE, Caller, known_by
from adapter.service.installation import Installation

PEER_CERTIFICATE = "peer_certificate"
"""Where the server leaves the DER of the certificate that a client has proved to own."""


class Doorkeeper:
    """Knows the callers of one installation. Raises `AdapterError` when a client's certificate cannot be read."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        api = installation.settings.api
        self.is_open = api is not None and api.authentication == "none"
        self._clients: dict[str, Caller] = {}
        for client in api.client if api is not None else ():
            found = key_files.certificates((client.certificate,))
            if len(found) != 1:
                raise AdapterError(CONFIG_INVALID, f"api.client {client.name}: one certificate, not {len(found)}")
            caller = Caller(client.name, frozenset(client.scopes), frozenset(client.parties))
            self._clients[found[0].fingerprint(SHA256()).hex()] = caller

    def caller(self, headers: Mapping[str, str], peer_certificate: bytes | None) -> Caller:
        """Who calls. Raises `AdapterError` (ACCESS_UNKNOWN)."""
        if "authorization" in headers:
            kind, _, shown = headers["authorization"].partition(" ")
            now = self._installation.clock.now()
            found = self._installation.store.read_now(lambda reader: known_by(reader, shown.strip(), now))
            if kind.lower() != "bearer" or found is None:
                raise AdapterError(ACCESS_UNKNOWN)
            return found
        if peer_certificate is not None and fingerprint(peer_certificate) in self._clients:
            return self._clients[fingerprint(peer_certificate)]
        if self.is_open:
            require_local_name(headers)
            return EVERYBODY_HERE
        raise AdapterError(ACCESS_UNKNOWN)


def fingerprint(certificate: bytes) -> str:
    """The SHA-256 of a certificate's DER."""
    return sha256(certificate).hexdigest()


def require_own_origin(headers: Mapping[str, str]) -> None:
    """Refuse what a page of another site makes a browser send (`Sec-Fetch-Site`, and `Origin` against `Host`).

    Raises `AdapterError` (ACCESS_ORIGIN).
    """
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise AdapterError(ACCESS_ORIGIN)
    origin = headers.get("origin")
    if origin is not None and _split(origin).netloc != headers.get("host"):
        raise AdapterError(ACCESS_ORIGIN)


def require_local_name(headers: Mapping[str, str]) -> None:
    """Refuse a request that reached this machine under another name: a page that points its own name here (DNS
    rebinding) is of the same origin for a browser. Raises `AdapterError` (ACCESS_ORIGIN)."""
    if _split(f"//{headers.get('host', '')}").hostname not in _LOCAL_NAMES:
        raise AdapterError(ACCESS_ORIGIN)


def _split(address: str) -> SplitResult:
    """The parts of an address that anybody can have sent. Raises `AdapterError` (ACCESS_ORIGIN) where it is none."""
    try:
        return urlsplit(address)
    except ValueError:
        raise AdapterError(ACCESS_ORIGIN) from None


_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
