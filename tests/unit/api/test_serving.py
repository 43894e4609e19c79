"""The server: TLS, client certificates, what the configuration refuses, limits, and the documents about itself."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
from served import Served

from adapter.api.serving import ApiServer
from adapter.config import Api, ApiClient, Scope
from adapter.errors import AdapterError
from adapter.observe import events
from adapter.testing.neighbours import World
from adapter.testing.pki import ThrowAwayPki

LIST = "/api/v1/exchanges"


def write_pair(folder: Path, name: str, pki: ThrowAwayPki) -> tuple[Path, Path]:
    """A certificate and its key as files."""
    pair = pki.server("localhost")
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    certificate.write_bytes(pair.certificate_pem())
    key.write_bytes(pair.key_pem())
    return certificate, key


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    """A client's certificate and key, made as the documentation says."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    subprocess.run([*made, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    return certificate, key


async def test_mutual_tls_names_the_caller(world: World, tmp_path: Path) -> None:
    """The certificate that the configuration names has its scopes; another one does not get through the handshake."""
    pki = ThrowAwayPki(2048)
    (tmp_path / "ca.crt").write_bytes(pki.root_pem())
    server_certificate, server_key = write_pair(tmp_path, "server", pki)
    client_pair, stranger_pair = self_signed(tmp_path, "client"), self_signed(tmp_path, "stranger")
    record_system = ApiClient(name="record system", certificate=client_pair[0], scopes=(Scope.READ,))
    api = Api(certificate=server_certificate, key=server_key, client=(record_system,))
    settings = world.hospital.settings.model_copy(update={"api": api})
    installation = replace(world.hospital.installation, settings=settings)
    server = ApiServer(installation, api.model_copy(update={"port": 0}))
    await server.start()
    running = asyncio.create_task(server.run())
    url = f"https://localhost:{server.port}"

    def context(pair: tuple[Path, Path] | None) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
        if pair is not None:
            made.load_cert_chain(*pair)
        return made

    async with httpx.AsyncClient(base_url=url, verify=context(client_pair), trust_env=False) as known:
        assert (await known.get(LIST)).status_code == 200
        assert (await known.get("/api/v1/ledger")).status_code == 403
    async with httpx.AsyncClient(base_url=url, verify=context(None), trust_env=False) as nobody:
        assert (await nobody.get(LIST)).status_code == 401
    async with httpx.AsyncClient(base_url=url, verify=context(stranger_pair), trust_env=False) as stranger:
        with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
            await stranger.get(LIST)
    server.stop()
    await running


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"host": "0.0.0.0"}, "needs TLS"),
        ({"host": "192.0.2.1"}, "needs TLS"),
        ({"host": "adapter.example"}, "needs TLS"),
        ({"host": "0.0.0.0", "certificate": "a", "key": "b", "authentication": "none"}, "authentication"),
        ({"certificate": "a"}, "belong together"),
        ({"client": [{"name": "a", "certificate": "a", "scopes": ["read"]}]}, "need TLS"),
        ({"client": [{"name": "a", "certificate": "a", "scopes": []}], "certificate": "a", "key": "b"}, "at least 1"),
    ],
)
def test_what_is_reached_from_outside_has_tls_and_asks(fields: dict[str, object], says: str) -> None:
    """The configuration refuses an interface that others could use without showing who they are."""
    with pytest.raises(ValueError, match=says):
        Api.model_validate(fields)


async def test_without_authentication_only_this_machine_under_its_own_name(world: World) -> None:
    """`none` lets in who calls localhost; a page that points its own name here is refused."""
    api = Api(authentication="none")
    installation = replace(
        world.hospital.installation, settings=world.hospital.settings.model_copy(update={"api": api})
    )
    server = ApiServer(installation, api.model_copy(update={"port": 0}))
    await server.start()
    running = asyncio.create_task(server.run())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", trust_env=False, verify=False) as client:
        assert (await client.get(LIST)).status_code == 200
        for host in (f"evil.example:{server.port}", "["):
            rebound = await client.get(LIST, headers={"Host": host})
            assert (rebound.status_code, rebound.json()["error"]) == (403, "ACCESS-ORIGIN")
    server.stop()
    await running


async def test_a_port_that_is_taken_is_said_at_the_start(hospital: Served, world: World) -> None:
    """The daemon does not start, with a sentence that names the address."""
    with pytest.raises(AdapterError, match="cannot listen"):
        await ApiServer(world.hospital.installation, Api(port=hospital.server.port)).start()


async def test_a_body_over_the_limit_is_413_and_no_memory(world: World, hospital: Served) -> None:
    """Nothing is kept of it, whether its length was said or not."""
    api = Api(max_octets=10_000)
    installation = replace(
        world.hospital.installation, settings=world.hospital.settings.model_copy(update={"api": api})
    )
    server = ApiServer(installation, api.model_copy(update={"port": 0}))
    await server.start()
    running = asyncio.create_task(server.run())
    headers = {
        "Authorization": f"Bearer {hospital.token()}",
        "Content-Type": "application/xml",
        "Idempotency-Key": "a",
    }

    async def parts() -> object:
        for _ in range(20):
            yield b"x" * 1000

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", trust_env=False, verify=False) as client:
        for content in (b"x" * 20_000, parts()):
            answered = await client.post("/api/v1/messages", content=content, headers=headers)
            assert answered.status_code == 413
    server.stop()
    await running


HEAD = b"POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer TOKEN\r\nIdempotency-Key: a\r\n"
BODY = HEAD + b"Content-Type: application/xml\r\nContent-Length: 1000000\r\n\r\n"
WHOLE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "drips"),
    [(b"", b""), (HEAD, b"x"), (BODY, b"<"), (WHOLE, b"G")],
    ids=["nothing", "a head", "a body", "a second head"],
)
async def test_a_client_that_drips_is_let_go(world: World, hospital: Served, first: bytes, drips: bytes) -> None:
    """Who sends an octet now and then has a connection for a while, not for ever; after it the others are served."""
    api = Api(head_seconds=0.5, body_seconds=0.5, concurrent_requests=3)
    installation = replace(
        world.hospital.installation, settings=world.hospital.settings.model_copy(update={"api": api})
    )
    server = ApiServer(installation, api.model_copy(update={"port": 0}))
    await server.start()
    running = asyncio.create_task(server.run())
    begins = first.replace(b"TOKEN", hospital.token().encode())

    async def drip() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(begins)
        ended = asyncio.create_task(reader.read())
        while not ended.done():
            writer.write(drips)
            await asyncio.wait({ended}, timeout=0.1)
        ended.exception()
        writer.close()

    async with asyncio.timeout(15):
        await asyncio.gather(*(drip() for _ in range(3)))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", trust_env=False, verify=False) as client:
        assert (await client.get("/health/live")).status_code == 200
    server.stop()
    await running


async def test_a_body_that_is_cut_off_is_taken_by_nobody_and_no_defect(hospital: Served, world: World) -> None:
    """A connection that breaks in the middle keeps nothing and reports nothing; the same key is free afterwards."""
    content = world.hospital.build("discharge-ready")
    head = (
        "POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/xml\r\nIdempotency-Key: half\r\n"
        f"Authorization: Bearer {hospital.token()}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    log = world.hospital.installation.log
    with patch.object(type(log), "tell", autospec=True) as told:
        _, writer = await asyncio.open_connection("127.0.0.1", hospital.server.port)
        writer.write(head.encode() + content[: len(content) // 2])
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.2)
    assert events.REQUEST_FAILED not in [call.args[1] for call in told.call_args_list]
    assert world.hospital.sent() == []
    headers = {"Content-Type": "application/xml", "Idempotency-Key": "half"}
    whole = await hospital.client().post("/api/v1/messages", content=content, headers=headers)
    assert whole.status_code == 201


async def test_unknown_addresses_and_methods_are_problems(hospital: Served) -> None:
    """404 and 405 have the same form as every refusal, and 405 says what is allowed."""
    client = hospital.client()
    missing = await client.get("/api/v1/no-such")
    assert (missing.status_code, missing.json()["error"]) == (404, "REQUEST-REFUSED")
    wrong = await client.delete(LIST)
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]


NO_PLACES = ("2024-03-05T09:00:00 x", "2024-03-05 x", "0001-01-01T00:00:00+14:00 x")
"""A cursor says a moment with its offset, one that there is in UTC."""


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=501", "limit=x", "limit=1&limit=2", "nobody=1", "cursor=%%%", "partner=abc"),
        *(f"cursor={base64.urlsafe_b64encode(place.encode()).decode()}" for place in NO_PLACES),
    ],
)
async def test_a_wrong_parameter_is_named_and_not_quoted(query: str, hospital: Served) -> None:
    """The detail says which parameter, and repeats nothing of what was given."""
    answered = await hospital.client().get(f"{LIST}?{query}")
    assert (answered.status_code, answered.json()["error"]) == (400, "REQUEST-REFUSED")
    assert "abc" not in answered.text


async def test_pages_of_the_list_neither_skip_nor_repeat(world: World, hospital: Served) -> None:
    """Also when everything was created at the same moment."""
    sent = {world.hospital.submit(world.hospital.build("admitted")) for _ in range(7)}
    client, found, cursor = hospital.client(), [], None
    while True:
        page = (await client.get(LIST, params={"limit": 3} | ({"cursor": cursor} if cursor else {}))).json()
        found += [one["id"] for one in page["exchanges"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(found) == 7
    assert set(found) == sent


async def test_the_description_is_complete_and_the_page_loads_nothing(hospital: Served) -> None:
    """Every reference of the OpenAPI document leads somewhere; the page for people names every operation."""
    client = hospital.with_headers({})
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    references = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])
    page = (await client.get("/docs")).text
    for operations in document["paths"].values():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page
    assert not re.findall(r'(?:src|href)="?https?:', page)
    assert "<script" not in page


async def test_health_says_why_not(hospital: Served, world: World) -> None:
    """Without a token; ready with an expired certificate is no, and says which."""
    client = hospital.with_headers({})
    for path in ("/health/live", "/health/ready"):
        answered = await client.get(path)
        assert answered.status_code in {200, 503}
        assert {"live", "ready", "reasons"} == set(answered.json())
