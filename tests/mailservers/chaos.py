"""A bad road between adapters and mail servers: a relay that sends mail on as a bad mail system does, frayed wires.

One mail in twenty meets each of the misfortunes of `Fate`, as the seed has it. What a person would have to mend is not
among them: a message or an answer is lost at most `LOSSES` times, and where a payload arrives maimed or a bounce
says that it did not, a whole copy arrives besides. So every message can be delivered, and nothing else is promised.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

import aiosmtplib

CHANCE = 0.05
LOSSES = 2


class Fate(StrEnum):
    """What may happen to a mail on its way."""

    REFUSED_AT_MAIL = "refused at MAIL"
    REFUSED_AT_RCPT = "refused at RCPT"
    REFUSED_AT_END = "refused after DATA"
    CUT_AT_MAIL = "connection cut at MAIL"
    CUT_IN_DATA = "connection cut in the mail"
    CUT_AND_TAKEN = "connection cut after the mail, which is sent on"
    CUT_AND_LOST = "connection cut after the mail, which is lost"
    LOST = "lost"
    DOUBLED = "doubled"
    DELAYED = "delayed"
    TRUNCATED = "truncated"
    BOUNCED = "bounced"
    DELAY_REPORTED = "reported as delayed"


_LOSE = {Fate.CUT_AND_LOST, Fate.LOST}
_BEFORE_DATA = (Fate.REFUSED_AT_MAIL, Fate.CUT_AT_MAIL, Fate.REFUSED_AT_RCPT, Fate.CUT_IN_DATA)


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that the relay has: its envelope and its octets as they were on the wire, dots doubled."""

    sender: str
    recipient: str
    envelope_id: str
    content: bytes

    @property
    def carries_payload(self) -> bool:
        return b"multipart/related" in self.content

    @property
    def subject(self) -> str:
        """What is the same in every copy of a message or an answer: the octets below the mail's own header."""
        return hashlib.sha256(self.content.partition(b"\r\n\r\n")[2]).hexdigest()


@dataclass(slots=True)
class Relay:
    """Takes mail on `port` and sends it on to the mail server on `to`."""

    to: int
    seed: int
    port: int = 0
    met: Counter[Fate] = field(default_factory=Counter)
    taken: int = 0
    held: list[Taken] = field(default_factory=list)
    _losses: Counter[str] = field(default_factory=Counter)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _idle: list[aiosmtplib.SMTP] = field(default_factory=list)
    _chance: random.Random = field(init=False)
    _server: asyncio.Server = field(init=False)

    async def start(self) -> None:
        self._chance = random.Random(self.seed)
        self._server = await asyncio.start_server(self._session, "127.0.0.1", 0, limit=60_000_000)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        self._server.close()
        for client in self._idle:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()

    @property
    def busy(self) -> int:
        """Mails that are on their way through the relay now."""
        return len(self._under_way)

    def release(self) -> None:
        """Let half of what was held up go on."""
        kept = [mail for mail in self.held if self._chance.random() < 0.5]
        going = [mail for mail in self.held if mail not in kept]
        self.held = kept
        for mail in going:
            self._send_on(mail)

    # ── what happens to a mail ──────────────────────────────────────────────────────────────────────────────────────

    def _meets(self, *fates: Fate) -> Fate | None:
        for fate in fates:
            if self._chance.random() < CHANCE:
                return fate
        return None

    def _met(self, fate: Fate) -> None:
        self.met[fate] += 1

    def _may_lose(self, mail: Taken) -> bool:
        self._losses[mail.subject] += 1
        return self._losses[mail.subject] <= LOSSES

    def _after_data(self, mail: Taken) -> Fate | None:
        """What becomes of a mail that was handed over whole; its sending on has begun when this returns."""
        fate = self._meets(Fate.REFUSED_AT_END, Fate.CUT_AND_TAKEN, Fate.CUT_AND_LOST, Fate.LOST, Fate.DOUBLED,
                           Fate.DELAYED, Fate.TRUNCATED, Fate.BOUNCED, Fate.DELAY_REPORTED)  # fmt: skip
        if fate in _LOSE and not self._may_lose(mail):
            fate = None
        if fate is not None:
            self._met(fate)
        self._dispatch(mail, fate)
        return fate

    def _dispatch(self, mail: Taken, fate: Fate | None) -> None:
        match fate:
            case Fate.REFUSED_AT_END | Fate.CUT_AND_LOST | Fate.LOST:
                return
            case Fate.DELAYED:
                self.held.append(mail)
            case Fate.DOUBLED:
                self._send_on(mail)
                self._send_on(mail)
            case Fate.TRUNCATED:
                at = self._chance.randrange(len(mail.content) // 4, len(mail.content))
                self._send_on(Taken(mail.sender, mail.recipient, mail.envelope_id, mail.content[:at] + b"\r\n"))
                if mail.carries_payload or not self._may_lose(mail):
                    self._send_on(mail)
            case Fate.BOUNCED:
                self._send_on(report(mail, "failed"))
                if mail.carries_payload or not self._may_lose(mail):
                    self._send_on(mail)
            case Fate.DELAY_REPORTED:
                self._send_on(report(mail, "delayed"))
                self._send_on(mail)
            case _:
                self._send_on(mail)

    # ── the SMTP of both sides ──────────────────────────────────────────────────────────────────────────────────────

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = recipient = envelope_id = ""
        fate: Fate | None = None
        writer.write(b"220 bad road ESMTP\r\n")
        while line := (await reader.readline()).decode("ascii", "replace").strip():
            answer = "250 ok"
            match line.split()[0].upper():
                case "EHLO":
                    answer = "250-bad road\r\n250-8BITMIME\r\n250 DSN"
                case "MAIL":
                    sender = line[line.index("<") + 1 : line.index(">")]
                    envelope_id = line.partition("ENVID=")[2].split(" ")[0]
                    fate = self._meets(*_BEFORE_DATA)
                    if fate is not None:
                        self._met(fate)
                    if fate is Fate.CUT_AT_MAIL:
                        return
                    if fate is Fate.REFUSED_AT_MAIL:
                        answer = "451 later"
                case "RCPT":
                    recipient = line[line.index("<") + 1 : line.index(">")]
                    answer = "450 later" if fate is Fate.REFUSED_AT_RCPT else answer
                case "DATA":
                    writer.write(b"354 go on\r\n")
                    if fate is Fate.CUT_IN_DATA:
                        await reader.readline()
                        return
                    content = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                    self.taken += 1
                    fate = self._after_data(Taken(sender, recipient, envelope_id, content))
                    if fate in {Fate.CUT_AND_LOST, Fate.CUT_AND_TAKEN}:
                        return
                    answer = "452 later" if fate is Fate.REFUSED_AT_END else answer
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                case _:
                    pass
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()

    def _send_on(self, mail: Taken) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(mail))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, mail: Taken) -> None:
        client = self._idle.pop() if self._idle else None
        if client is None:
            client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.to, start_tls=False, timeout=60)
            await client.connect()
        await client.mail(mail.sender)
        await client.rcpt(mail.recipient)
        await client.data(mail.content.replace(b"\r\n..", b"\r\n."))
        self._idle.append(client)


def report(mail: Taken, action: str) -> Taken:
    """What a mail server says about a mail to its sender (RFC 3464)."""
    returned = mail.content.partition(b"\r\n\r\n")[0]
    content = (
        (
            f"From: <MAILER-DAEMON@edi.example>\r\nTo: <{mail.sender}>\r\nSubject: {action}\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; edi.example\r\n"
            f"Original-Envelope-Id: {mail.envelope_id}\r\n\r\nFinal-Recipient: rfc822; {mail.recipient}\r\n"
            f"Action: {action}\r\nStatus: 5.0.0\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        ).encode()
        + returned
        + b"\r\n\r\n--b--\r\n"
    )
    return Taken("", mail.sender, "", content)
