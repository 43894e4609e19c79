"""A certificate authority's address on loopback that answers as it is told: well, slowly, endlessly, in circles.

It counts what it was asked. An answer is a function of the request's path and body, so that a test can hand out
whatever octets it likes; the misbehaviours below are those that a responder of the field has shown, or could.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

Answering = Callable[[BaseHTTPRequestHandler, bytes], None]


def octets(content: bytes) -> Answering:
    """Answer with these octets."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def status(code: int) -> Answering:
    """Answer with an HTTP status and nothing else."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def circle(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Redirect to itself."""
    handler.send_response(302)
    handler.send_header("Location", handler.path + "x")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def endless(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Send octets until the other side has had enough."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(bytes(65_536))


def dripping(seconds: float, stop: Event, *, head: bool) -> Answering:
    """Send one octet now and then, in the head of the answer or in its body: each wait is short, the whole is not."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if not head:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        until = time.monotonic() + 60
        while not stop.wait(seconds) and time.monotonic() < until:
            handler.wfile.write(b"x")
            handler.wfile.flush()

    return answer


class AuthorityServer:
    """Answers under `address`; `answering` may be changed while it runs, `asked` holds the paths of the requests."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.asked: list[str] = []
        self.stop = Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                outer.asked.append(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.close_connection = True
                try:
                    outer.answering(self, body)
                except OSError:
                    return

            do_GET = do_POST = _answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nothing is written."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop answering; from now on nobody listens there."""
        self.stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def authority_server(answering: Answering) -> Iterator[AuthorityServer]:
    """A server for the length of a test."""
    server = AuthorityServer(answering)
    try:
        yield server
    finally:
        server.close()
