"""A browser without a screen: keeps cookies, reads forms from pages, and sends them as a browser would."""

from __future__ import annotations

import re
from html import unescape

import httpx
from served import Served

from adapter.config import Scope


class Browser:
    """One visitor of one side's pages."""

    def __init__(self, served: Served, language: str = "en") -> None:
        self.served = served
        self.http = httpx.AsyncClient(
            base_url=served.url, headers={"Accept-Language": language}, trust_env=False, follow_redirects=False
        )
        served.clients.append(self.http)
        self.form_key = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """A page; its form key is kept for the next form."""
        return self._read(await self.http.get(path, headers=headers))

    async def send(
        self, path: str, *, key: str | None = None, origin: str | None = None, **form: str
    ) -> httpx.Response:
        """A form of the page that was read last."""
        fields = {"form_key": self.form_key if key is None else key, **form}
        headers = {
            "Origin": origin or self.served.url,
            "Sec-Fetch-Site": "same-origin" if origin is None else "cross-site",
        }
        return self._read(await self.http.post(path, data=fields, headers=headers))

    async def enter(self, *scopes: Scope, hers: tuple[str, ...] = ()) -> httpx.Response:
        """Log in with a new token."""
        await self.get("/login")
        return await self.send("/login", token=self.served.token(*scopes, hers=hers))

    def _read(self, answered: httpx.Response) -> httpx.Response:
        found = re.search(r'name="form_key" value="([0-9a-f]+)"', answered.text)
        if found is not None:
            self.form_key = found.group(1)
        return answered


def words(answered: httpx.Response) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answered.text)).split())
