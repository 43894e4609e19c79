"""A stand-in for the registers on loopback, which misbehaves on request."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

MISBEHAVIOURS = (
    "error 500", "no token 401", "forbidden 403", "slow", "drip", "garbage", "list", "huge", "redirect", "hang up",
    "another party", "broken certificate",
)  # fmt: skip
"""Every way in which a register can fail to answer."""


class Registry:
    """What the stand-in knows, how it behaves now, and what it was asked."""

    def __init__(self) -> None:
        self.parties: dict[str, dict[str, object]] = {}
        self.certificates: dict[tuple[str, str], x509.Certificate] = {}
        self.agreements: dict[str, bytes] = {}
        self.profiles: dict[str, bytes] = {}
        self.behaves = ""
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self.url = ""

    def enter(self, her: str, address: str, signing: x509.Certificate, encryption: x509.Certificate) -> None:
        """Enter a service with address and certificates."""
        self.parties[her] = {"herId": int(her), "name": "En tjeneste", "type": "Service", "ediAddress": address}
        self.certificates[her, "signing"] = signing
        self.certificates[her, "encryption"] = encryption

    def answer(self, path: str) -> bytes | None:
        """The body for a path, None where there is no such thing."""
        match path.strip("/").split("/"):
            case ["ar", "api", "v1", "communicationparty", her]:
                party = self.parties.get(her)
                if party is not None and self.behaves == "another party":
                    party = {**party, "herId": 1}
                return None if party is None else json.dumps(party).encode()
            case ["ar", "api", "v1", "certificate", her, purpose]:
                found = self.certificates.get((her, purpose))
                if found is None:
                    return None
                octets = b"nonsense" if self.behaves == "broken certificate" else found.public_bytes(Encoding.DER)
                return json.dumps({"certificateValue": base64.b64encode(octets).decode()}).encode()
            case ["cppa", "Agreements", "HerIds", one, other]:
                return self.agreements.get(f"{one}/{other}")
            case ["cppa", "Profiles", her]:
                return self.profiles.get("1" if self.behaves == "another party" else her)
            case ["cppa", "Agreements", cpa_id]:
                return self.agreements.get(cpa_id)
        return None


@contextmanager
def serve() -> Iterator[Registry]:
    """The stand-in on a port of loopback."""
    registry = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append(self.path)
            registry.tokens.append(self.headers.get("Authorization", ""))
            body = registry.answer(self.path)
            match registry.behaves:
                case "error 500" | "no token 401" | "forbidden 403":
                    self.send(int(registry.behaves[-3:]), b"no")
                case "redirect":
                    self.send_response(302)
                    self.send_header("Location", self.path)
                    self.end_headers()
                case "slow":
                    time.sleep(0.5)
                    self.send(200, b"{}")
                case "drip":
                    self.send_response(200)
                    self.end_headers()
                    for _ in range(10):
                        time.sleep(0.05)
                        self.wfile.write(b" ")
                        self.wfile.flush()
                case "garbage":
                    self.send(200, b"\x00\xff{")
                case "list":
                    self.send(200, b"[]")
                case "huge":
                    self.send(200, b" " * 3_000_000)
                case "hang up":
                    self.connection.close()
                case _:
                    self.send(404 if body is None else 200, body or b"")

        def send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that gave up is what is tested."""

    server = Server(("127.0.0.1", 0), Handler)
    registry.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
