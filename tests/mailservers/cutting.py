"""Wires that are cut: between a client and a server, at a command or so many octets into its answer."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from typing import Self


class Wires:
    """Carries connections to `port` of this machine; `cut` says which are cut, and when."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.cuts = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def cut(self, said: bytes) -> int | None:
        """How many octets of the answer to what the client said still arrive; None leaves the wire whole."""
        raise NotImplementedError

    def __enter__(self) -> Self:
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


class Cutting(Wires):
    """The first connection that speaks `command` is cut, so many octets into its answer; all later ones hold."""

    def __init__(self, port: int, command: bytes, octets: int) -> None:
        super().__init__(port)
        self._command, self._octets = command, octets

    def cut(self, said: bytes) -> int | None:
        return self._octets if not self.cuts and self._command in said else None


class Fraying(Wires):
    """One reading in twenty is cut: at the command that looks what is there, or anywhere in what follows from it."""

    def __init__(self, port: int, looks: bytes, chance: float, seed: int) -> None:
        super().__init__(port)
        self._looks, self._chance, self._random = looks, chance, random.Random(seed)

    def cut(self, said: bytes) -> int | None:
        if self._looks not in said or self._random.random() >= self._chance:
            return None
        return self._random.choice((0, 200, 20_000, 200_000))


class _Wire:
    """One connection: two threads, and what may still be answered once the command was spoken."""

    def __init__(self, of: Wires, client: socket.socket, server: socket.socket) -> None:
        self._of, self._client, self._server = of, client, server
        self._left: int | None = None

    def start(self) -> None:
        for run in (self._asks, self._answers):
            threading.Thread(target=run, daemon=True).start()

    def _asks(self) -> None:
        with contextlib.suppress(OSError):
            while said := self._client.recv(65_536):
                octets = self._of.cut(said)
                if octets is not None:
                    self._of.cuts += 1
                    if not octets:
                        break
                    self._left = octets
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
