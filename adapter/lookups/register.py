"""What the address register and the register of agreements say over HTTP, and what becomes of an answer that is odd.

The paths are those that NHN publishes (`ebxml.md` §8.3): `communicationparty/{herId}` and `certificate/{herId}/signing`
or `/encryption` of the address register, `Agreements/{id}`, `Agreements/HerIds/{mine}/{other}` and `Profiles/{herId}`
of the CPPA interface. Of the latter the form of the answer is not established (`ebxml.md` §12.4): taken are the
agreement or profile itself as XML, or a JSON object with its text in `agreement` or `profile`, of an agreement with the
number of its standing in `status` (HISD 1177 §6.2). What changes a profile (`AddProcessToCpp`, `RemoveProcessFromCpp`)
and what lists all agreements of a party has no form over HTTP that we know; neither is asked for.

Only two answers count: the thing itself, or a 404 with which the register says that it has none. Everything else, from
a time-out to an answer about somebody else, is a register that did not answer, and never a reason to refuse anybody.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import httpx

from adapter.crypto.certificates import load_certificates
from adapter.envelope.cpa import Cpa, CpaParty, CpaStatus, read_cpa, read_cpp
from adapter.errors import CONFIG_INVALID, REGISTER_UNREACHABLE, AdapterError
from adapter.values import HerId

MAX_OCTETS = 2_000_000
"""No answer is larger: an agreement of all processes has some 700 kilobytes."""

LONGEST_ID = 500
"""No register has an agreement whose id is longer; an id comes from a message, and may be anything."""

ADDRESSABLE = frozenset({"Service", "OrganizationPerson"})
"""The types of party that stand in From and To (HITS 1172 rules 30 and 54)."""


@dataclass(frozen=True, slots=True)
class RegisteredParty:
    """A communication party as the register has it. Certificates are DER, empty where it has none."""

    her: HerId
    name: str
    type: str
    address: str
    signing: bytes
    encryption: bytes


@dataclass(frozen=True, slots=True)
class RegisteredAgreement:
    """An agreement as the register gave it, and read."""

    document: bytes
    cpa: Cpa


class Register(Protocol):
    """A register that can be asked. Every method raises `AdapterError` (REGISTER_UNREACHABLE)."""

    def party(self, her: HerId) -> RegisteredParty | None:
        """The party of that HER-id; None when the register says that there is none."""
        ...

    @property
    def has_agreements(self) -> bool:
        """Whether it can be asked for agreements at all."""
        ...

    def agreement(self, cpa_id: str) -> RegisteredAgreement | None:
        """The agreement of that id; None when there is none."""
        ...

    def agreement_between(self, one: HerId, other: HerId) -> RegisteredAgreement | None:
        """The newest agreement of two parties; None when they have none."""
        ...

    def profile(self, her: HerId) -> CpaParty | None:
        """What the party of that HER-id can do by its own profile (CPP); None when there is none."""
        ...


class HttpRegister:
    """The registers over HTTP. Made for threads: a call blocks until the whole answer or `timeout_seconds`.

    It is asked in a thread and a loop of its own, so that one deadline holds however slowly octets come. Raises
    `AdapterError` (CONFIG_INVALID) for roots that cannot be read.
    """

    def __init__(
        self,
        url: str,
        agreements_url: str | None,
        *,
        token_file: Path | None = None,
        ca: Path | None = None,
        timeout_seconds: float = 5,
    ) -> None:
        self._url = url.rstrip("/")
        self._agreements_url = agreements_url.rstrip("/") if agreements_url is not None else ""
        self._token_file = token_file
        self._timeout = timeout_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="register")
        try:
            self._tls = ssl.create_default_context(cafile=None if ca is None else str(ca))
        except (OSError, ssl.SSLError) as error:
            raise AdapterError(CONFIG_INVALID, f"register.ca: {error}") from None

    @property
    def has_agreements(self) -> bool:
        return bool(self._agreements_url)

    def party(self, her: HerId) -> RegisteredParty | None:
        content = self._get(f"{self._url}/api/v1/communicationparty/{her}")
        if content is None:
            return None
        said = _json(content)
        if str(said.get("herId")) != her.value:
            raise _odd("the answer is about another party")
        return RegisteredParty(
            her,
            str(said.get("name") or ""),
            str(said.get("type") or ""),
            str(said.get("ediAddress") or ""),
            self._certificate(her, "signing"),
            self._certificate(her, "encryption"),
        )

    def agreement(self, cpa_id: str) -> RegisteredAgreement | None:
        if not cpa_id.strip(".") or len(cpa_id) > LONGEST_ID:
            return None
        found = self._agreement(f"Agreements/{quote(cpa_id, safe='')}")
        if found is not None and found.cpa.id != cpa_id:
            raise _odd("the answer is another agreement")
        return found

    def agreement_between(self, one: HerId, other: HerId) -> RegisteredAgreement | None:
        found = self._agreement(f"Agreements/HerIds/{one}/{other}")
        if found is not None and not found.cpa.is_between(one, other):
            raise _odd("the answer is an agreement of others")
        return found

    def profile(self, her: HerId) -> CpaParty | None:
        content = self._get(f"{self._agreements_url}/Profiles/{her}") if self.has_agreements else None
        if content is None:
            return None
        try:
            found = read_cpp(_document(content, "profile"))
        except AdapterError as error:
            raise _odd(error.detail or error.kind.says) from None
        if found.her != her:
            raise _odd("the answer is the profile of another party")
        return found

    def _agreement(self, path: str) -> RegisteredAgreement | None:
        content = self._get(f"{self._agreements_url}/{path}") if self.has_agreements else None
        return None if content is None else read_agreement(content)

    def _certificate(self, her: HerId, purpose: str) -> bytes:
        content = self._get(f"{self._url}/api/v1/certificate/{her}/{purpose}")
        if content is None:
            return b""
        try:
            octets = base64.b64decode("".join(str(_json(content).get("certificateValue") or "").split()), validate=True)
            load_certificates(octets)
        except (ValueError, AdapterError):
            raise _odd(f"the {purpose} certificate cannot be read") from None
        return octets

    def _get(self, url: str) -> bytes | None:
        """The body of a 200, None for a 404. Raises `AdapterError` (REGISTER_UNREACHABLE)."""
        return self._thread.submit(asyncio.run, self._answered(url)).result()

    async def _answered(self, url: str) -> bytes | None:
        body = bytearray()
        client = httpx.AsyncClient(timeout=self._timeout, follow_redirects=False, trust_env=False, verify=self._tls)
        try:
            async with (
                asyncio.timeout(self._timeout),
                client,
                client.stream("GET", url, headers=self._headers()) as response,
            ):
                if response.status_code == httpx.codes.NOT_FOUND:
                    return None
                if response.status_code != httpx.codes.OK:
                    raise _odd(f"it answers {response.status_code}")
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > MAX_OCTETS:
                        raise _odd(f"the answer is larger than {MAX_OCTETS} octets")
        except TimeoutError:
            raise _odd("the answer takes too long") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _odd(type(error).__name__) from None
        return bytes(body)

    def _headers(self) -> dict[str, str]:
        if self._token_file is None:
            return _HEADERS
        try:
            token = self._token_file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise _odd("register.token_file cannot be read") from None
        return {**_HEADERS, "Authorization": f"Bearer {token}"}


_HEADERS = {"User-Agent": "adapter", "Accept-Encoding": "identity"}


def read_agreement(content: bytes) -> RegisteredAgreement:
    """An agreement from the answer of the register. Raises `AdapterError` (REGISTER_UNREACHABLE)."""
    status = CpaStatus.VALID
    if not _is_xml(content):
        try:
            status = CpaStatus(int(str(_json(content).get("status"))))
        except ValueError:
            raise _odd("the agreement has no known status") from None
    try:
        return RegisteredAgreement(content, read_cpa(_document(content, "agreement"), status))
    except AdapterError as error:
        raise _odd(error.detail or error.kind.says) from None


def _is_xml(content: bytes) -> bool:
    return content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def _document(content: bytes, key: str) -> bytes:
    """An XML document, or the text of one under a key of a JSON object."""
    return content if _is_xml(content) else str(_json(content).get(key) or "").encode()


def _json(content: bytes) -> dict[str, object]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        raise _odd("the answer is no JSON") from None
    if not isinstance(said, dict):
        raise _odd("the answer is no JSON object")
    return said


def _odd(says: str) -> AdapterError:
    return AdapterError(REGISTER_UNREACHABLE, says)
