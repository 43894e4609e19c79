"""How certificate authorities are asked over HTTP: a responder by POST, a list by GET, both within limits.

An address comes from a certificate, or from the configuration. Whoever answers there can be slow, endless or elsewhere,
so one deadline holds for the whole of an answer and not only for each piece of it, octets are counted while they come,
and a few redirects are followed. What was answered is judged in `adapter.crypto.standing`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from adapter.errors import LOOKUP_FAILED, AdapterError

MAX_REDIRECTS = 3

MAX_RESPONSE = 200_000
"""Octets of an OCSP response: one answer and the certificates of a responder are a tenth of that."""

_HEADERS = {"User-Agent": "adapter", "Accept-Encoding": "identity"}
_ASKING = {**_HEADERS, "Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}


@dataclass(frozen=True, slots=True)
class HttpAuthorities:
    """Asks over HTTP, from a worker thread: a call has a small event loop of its own and ends by its deadline.

    `proxy` is the address of an HTTP proxy, empty where there is none; the environment is not asked for one.
    """

    timeout_seconds: float
    max_octets: int
    proxy: str = ""

    def ocsp(self, address: str, request: bytes) -> bytes:
        """The octets that a responder gave to a request (RFC 6960 appendix A). Raises `AdapterError`."""
        return asyncio.run(self._ask("POST", address, min(self.max_octets, MAX_RESPONSE), request, _ASKING))

    def crl(self, address: str) -> bytes:
        """The octets of a list (RFC 5280 §4.2.1.13). Raises `AdapterError`."""
        return asyncio.run(self._ask("GET", address, self.max_octets, b"", _HEADERS))

    async def _ask(self, method: str, address: str, limit: int, body: bytes, headers: Mapping[str, str]) -> bytes:
        client = httpx.AsyncClient(
            timeout=self.timeout_seconds,
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            proxy=self.proxy or None,
            trust_env=False,
        )
        chunks, size = [], 0
        try:
            async with (
                asyncio.timeout(self.timeout_seconds),
                client,
                client.stream(method, address, content=body, headers=headers) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise AdapterError(LOOKUP_FAILED, f"{address} answers with HTTP status {response.status_code}")
                async for chunk in response.aiter_raw():
                    size += len(chunk)
                    if size > limit:
                        raise AdapterError(LOOKUP_FAILED, f"{address} answers with more than {limit} octets")
                    chunks.append(chunk)
        except (TimeoutError, httpx.TimeoutException):
            raise AdapterError(LOOKUP_FAILED, f"{address} takes longer than {self.timeout_seconds:g} seconds") from None
        except httpx.TooManyRedirects:
            raise AdapterError(LOOKUP_FAILED, f"{address} leads from one address to the next") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AdapterError(LOOKUP_FAILED, f"{address} cannot be asked: {type(error).__name__}") from None
        return b"".join(chunks)
