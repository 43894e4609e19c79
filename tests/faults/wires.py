"""A partner's mail server that drops the connection at a word, or takes a mail and holds it back."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, field
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.faults.running import free_port
from tests.mailservers.cutting import Wires

GREETING, BEFORE_THE_DOT, AFTER_THE_DOT = b"EHLO", b"SOAPAction", b"\r\n.\r\n"
"""What the sender says when its connection is cut; a mail of ours has the second in the header of its first part."""


class Dropping(Wires):
    """Connections are cut at the words of the plan, each once and in its order; then the wire holds."""

    def __init__(self, port: int, *plan: bytes) -> None:
        super().__init__(port)
        self._plan = list(plan)

    @property
    def left(self) -> int:
        return len(self._plan)

    def cut(self, said: bytes) -> int | None:
        if not self._plan or self._plan[0] not in said:
            return None
        # After the dot the server has all of the mail, and what is cut is its answer, after the first octet.
        return 1 if self._plan.pop(0) == AFTER_THE_DOT else 0


@dataclass
class Holding:
    """A mail server that says 250 to every mail and delivers none before `release`."""

    held: list[Envelope] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.held.append(envelope)
        return "250 2.0.0 taken"

    def release(self, port: int) -> None:
        """Deliver what was held."""
        for envelope in self.held:
            assert envelope.mail_from is not None
            assert isinstance(envelope.content, bytes)
            with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
                client.sendmail(envelope.mail_from, envelope.rcpt_tos, envelope.content)
        self.held.clear()
