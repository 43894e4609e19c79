"""A client of the HTTP interface, to use as it is or to copy: it needs nothing but httpx.

with Client("http://127.0.0.1:8480", token) as adapter:
    exchange = adapter.submit(content, key="discharge-4711")
    for item in adapter.claim():
        keep(adapter.message(item["exchange"]))
        adapter.confirm(item)
"""

from __future__ import annotations

import hmac
import ssl
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from types import TracebackType

import httpx

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


class ProblemError(Exception):
    """The adapter refused: `status`, the id of the error, what it says, and every finding."""

    def __init__(self, status: int, problem: Mapping[str, Json]) -> None:
        self.status = status
        self.error = str(problem.get("error", ""))
        self.findings = problem.get("findings", ())
        super().__init__(f"{status} {self.error}: {problem.get('title', '')}. {problem.get('detail', '')}")


class NotOursError(Exception):
    """A call to a webhook that the adapter did not make, or not now."""


class Client:
    """One connection to an adapter. `verify` is for an adapter with TLS: its CA, and a client certificate if wanted."""

    def __init__(self, url: str, token: str | None = None, verify: ssl.SSLContext | bool = True) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=headers, verify=verify, timeout=60, trust_env=False)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def submit(self, content: bytes, key: str) -> str:
        """Hand in a message, XML or build-JSON; the id of its exchange. Repeat with the same key until it returns."""
        headers = {"Content-Type": _media_type(content), "Idempotency-Key": key}
        return str(self._json("POST", "messages", content=content, headers=headers)["exchange"])

    def validate(self, content: bytes) -> Mapping[str, Json]:
        """What would become of a message: `valid`, `type`, `findings`."""
        return self._json("POST", "messages/validate", content=content, headers={"Content-Type": _media_type(content)})

    def exchanges(self, **which: str) -> Iterator[Mapping[str, Json]]:
        """Every exchange that fits, the newest first, page after page."""
        cursor: Json = ""
        while cursor is not None:
            page = self._json("GET", "exchanges", params={**which, "cursor": str(cursor)} if cursor else which)
            yield from _list(page, "exchanges")
            cursor = page["next"]

    def exchange(self, exchange: str) -> Mapping[str, Json]:
        """Everything known of an exchange but its message."""
        return self._json("GET", f"exchanges/{exchange}")

    def message(self, exchange: str) -> bytes:
        """The business message, byte for byte."""
        return self._answer("GET", f"exchanges/{exchange}/message").content

    def answer(self, exchange: str, answer: str, day: str | None = None, text: str = "") -> Mapping[str, Json]:
        """Answer a readiness message (`accept`, `later` with a day, `refuse`, `withdraw`), or classify an answer."""
        return self._json("POST", f"exchanges/{exchange}/answer", json={"answer": answer, "day": day, "text": text})

    def claim(self, limit: int = 10, lease_seconds: int = 300) -> list[Mapping[str, Json]]:
        """Take messages; whatever is not confirmed before the lease ends is given to the next who asks."""
        told = {"limit": limit, "lease_seconds": lease_seconds}
        return _list(self._json("POST", "inbox/claim", json=told), "items")

    def confirm(self, item: Mapping[str, Json]) -> None:
        """The message of a claim is safe with us."""
        self._json("POST", f"inbox/{item['exchange']}/confirm", json={"claim": item["claim"]})

    def reject(self, item: Mapping[str, Json], code: str, text: str = "") -> None:
        """We cannot use the message of a claim; the sender gets a negative AppRec."""
        told = {"claim": item["claim"], "errors": [{"code": code, "text": text}]}
        self._json("POST", f"inbox/{item['exchange']}/reject", json=told)

    def ledger(self, **which: str) -> Mapping[str, Json]:
        """Nights, kroner and reasons of every stay."""
        return self._json("GET", "ledger", params=which)

    def explain(self, stay: str, **which: str) -> list[Json]:
        """The decision about a stay as sentences."""
        return list(_sequence(self._json("GET", f"stays/{stay}", params=which)["sentences"]))

    def evidence(self, stay: str) -> bytes:
        """The package that proves a stay."""
        return self._answer("GET", f"stays/{stay}/evidence").content

    def _json(self, method: str, path: str, **more: object) -> Mapping[str, Json]:
        told: Mapping[str, Json] = self._answer(method, path, **more).json()
        return told

    def _answer(self, method: str, path: str, **more: object) -> httpx.Response:
        answered = self._http.request(method, f"/api/v1/{path}", **more)  # type: ignore[arg-type]
        if answered.is_success:
            return answered
        is_problem = answered.headers.get("Content-Type", "") == "application/problem+json"
        raise ProblemError(answered.status_code, answered.json() if is_problem else {})


def verify(secret: bytes, headers: Mapping[str, str], body: bytes, *, now: float, tolerance: float = 300) -> None:
    """Check a call to a webhook of ours: `secret` is what stands in the adapter's file, the white space around it does
    not count; `now` is seconds since 1970. Raises `NotOursError`."""
    shown = {name.lower(): value for name, value in headers.items()}
    timestamp = shown.get("adapter-timestamp", "")
    if not timestamp.isdecimal() or abs(now - int(timestamp)) > tolerance:
        raise NotOursError("the call is not of this moment")
    expected = "sha256=" + hmac.new(secret.strip(), f"{timestamp}.".encode() + body, sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), shown.get("adapter-signature", "").encode()):
        raise NotOursError("the signature is not made with our secret over this body")


def _media_type(content: bytes) -> str:
    return "application/json" if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "application/xml"


def _sequence(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _list(page: Mapping[str, Json], key: str) -> list[Mapping[str, Json]]:
    return [item for item in _sequence(page[key]) if isinstance(item, Mapping)]
