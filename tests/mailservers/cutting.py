"""A wire that is cut once: between a client and a server, at a command or so many octets into its answer."""

from __future__ import annotations

import contextlib
import socket
import threading


class Cutting:
    """Carries connections to `port` of this machine. The first that speaks `command` is cut, all later ones hold."""

    def __init__(self, port: int, command: bytes, octets: int) -> None:
        self._to, self._command, self._octets = port, command, octets
        self._cut = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Cutting:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            _Wire(self, client, server).start()

    def cuts(self, said: bytes) -> bool:
        """Whether this is the command, for the first time."""
        if self._cut or self._command not in said:
            return False
        self._cut = True
        return True

    @property
    def octets(self) -> int:
        return self._octets


class _Wire:
    """One connection: two threads, and what may still be answered once the command was spoken."""

    def __init__(self, of: Cutting, client: socket.socket, server: socket.socket) -> None:
        self._of, self._client, self._server = of, client, server
        self._left: int | None = None

    def start(self) -> None:
        for run in (self._asks, self._answers):
            threading.Thread(target=run, daemon=True).start()

    def _asks(self) -> None:
        with contextlib.suppress(OSError):
            while said := self._client.recv(65_536):
                if self._of.cuts(said):
                    if not self._of.octets:
                        break
                    self._left = self._of.octets
                self._server.sendall(said)
        self._end()

    def _answers(self) -> None:
        with contextlib.suppress(OSError):
            while said := self._server.recv(65_536):
                if self._left is not None:
                    self._client.sendall(said[: self._left])
                    self._left -= len(said)
                    if self._left <= 0:
                        break
                else:
                    self._client.sendall(said)
        self._end()

    def _end(self) -> None:
        for side in (self._client, self._server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()
