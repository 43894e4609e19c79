"""One side whose interface really listens on loopback, and clients of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import httpx

from adapter.api.serving import ApiServer
from adapter.config import Scope
from adapter.service.access import new_token
from adapter.store.access import AuditFilter, AuditLine
from adapter.testing.neighbours import Neighbour
from adapter.values import HerId

EVERYTHING = tuple(Scope)


@dataclass
class Served:
    """One side and its interface."""

    neighbour: Neighbour
    server: ApiServer
    running: asyncio.Task[None]
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def token(self, *scopes: Scope, hers: tuple[str, ...] = ()) -> str:
        """A new token; for everything, if no scope is named."""
        installation = self.neighbour.installation
        wanted, parties = frozenset(scopes or EVERYTHING), frozenset(HerId(her) for her in hers)
        return new_token(installation.store, installation.clock.now(), "test", wanted, parties, None)[1]

    def client(self, *scopes: Scope, hers: tuple[str, ...] = ()) -> httpx.AsyncClient:
        """A client with a new token."""
        return self.with_headers({"Authorization": f"Bearer {self.token(*scopes, hers=hers)}"})

    def with_headers(self, headers: dict[str, str] | dict[str, bytes]) -> httpx.AsyncClient:
        """A client with these headers and no token of its own."""
        made = httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, verify=False)
        self.clients.append(made)
        return made

    def audit(self) -> list[AuditLine]:
        """The audit log, oldest first."""
        read = self.neighbour.installation.store.read_now
        return list(reversed(read(lambda reader: reader.audit(AuditFilter()))))

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()
        self.server.stop()
        await self.running


async def serve(neighbour: Neighbour) -> Served:
    """Let a side's interface listen on a free port."""
    api = neighbour.settings.api
    assert api is not None
    server = ApiServer(neighbour.installation, api.model_copy(update={"port": 0}))
    await server.start()
    return Served(neighbour, server, asyncio.create_task(server.run()))
