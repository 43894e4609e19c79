"""How applications are told that something has happened: signed calls, in order, repeated until they are taken.

Notices are made from the journal, which is written in the transactions that change an exchange, so none is lost and
none is invented. Each webhook has its own place in it, kept in the store. A call that is not taken is repeated with
growing pauses; after the last one the notice is set aside, shown, and can be told again. A notice carries ids and
nothing else: the application asks the interface for the rest, with its own token.

The signature is HMAC-SHA256 with the webhook's secret over `TIMESTAMP.BODY`; the timestamp lets the receiver refuse a
call that was recorded and played again.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import ssl
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

import httpx

from adapter import __version__
from adapter.config import HookEvent, Webhook
from adapter.delivery.sender import ACKNOWLEDGED_STATES, OPEN_STATES, TransportState
from adapter.envelope.shown import shown_type
from adapter.errors import CONFIG_INVALID, EXCHANGE_UNKNOWN, FILE_UNREADABLE, AdapterError
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.companions import Companion
from adapter.service.installation import Installation
from adapter.service.letters import IN_THE_INBOX
from adapter.store.access import DeadLetter, HookState, NumberedEntry
from adapter.store.port import Reader, Writer
from adapter.values import utc_text

POLL_SECONDS = 0.5
BATCH = 100
MIN_SECRET_OCTETS = 16

MOST_LETTERS = 100
"""So many notices that were set aside are shown at once."""

_TRANSPORT = "transport: "
_GIVEN_UP = f"{_TRANSPORT}{TransportState.CANCELLED.value}"
_FINAL = frozenset(
    {f"{_TRANSPORT}{state.value}" for state in TransportState if state not in OPEN_STATES | ACKNOWLEDGED_STATES}
    | {"apprec: accepted", "apprec: rejected", "apprec: timed_out"}
)
"""Journal words after which a message of ours needs nothing more: it failed, or its AppRec is known."""

_ALARMS = ("alarm: ", "not imported", "for a person")


@dataclass(frozen=True, slots=True)
class Notice:
    """What a webhook is told: `id` grows and is never used twice, so that a repeated call is recognised."""

    id: int
    event: str
    at: datetime
    exchange: str
    type: str
    answers: str | None

    def body(self) -> bytes:
        """The body of the call: ids only."""
        told = {
            "id": self.id,
            "event": self.event,
            "at": utc_text(self.at),
            "exchange": self.exchange,
            "type": shown_type(self.type),
            "answers": self.answers,
        }
        return json.dumps(told).encode()


def notices_of(reader: Reader, entry: NumberedEntry) -> tuple[Notice, ...]:
    """What a journal line says to an application: nothing for most of them, and those are not looked into."""
    in_inbox = entry.what == IN_THE_INBOX and entry.direction == "in"
    alarms = entry.what.startswith(_ALARMS)
    ends = entry.direction == "out" and entry.what in _FINAL and entry.type != "APPREC"
    if not (alarms or in_inbox or (ends and not _had_ended(reader, entry))):
        return ()
    exchange = reader.exchange(entry.exchange_id)
    answers = exchange.answers if exchange is not None else None
    event: HookEvent = "answer.received" if answers is not None else "message.received"
    if not in_inbox:
        event = "alarm" if alarms else "exchange.final"
    return (Notice(entry.seq, event, entry.at, entry.exchange_id, entry.type, answers),)


def _had_ended(reader: Reader, entry: NumberedEntry) -> bool:
    """Whether a person has given up what had failed already: that end was told, and this one is no other."""
    if entry.what != _GIVEN_UP:
        return False
    lines = [line for line in reader.journal(entry.exchange_id) if line.what.startswith(_TRANSPORT)]
    place = next((at for at, line in enumerate(lines) if line.what == _GIVEN_UP and line.at == entry.at), 0)
    return place > 0 and lines[place - 1].what in _FINAL


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """What stands in `Adapter-Signature`."""
    return "sha256=" + hmac.new(secret, f"{timestamp}.".encode() + body, sha256).hexdigest()


def webhook_companions(installation: Installation) -> tuple[Companion, ...]:
    """One caller for each webhook of the configuration. Raises `AdapterError` for a secret that cannot be used."""
    return tuple(HookCaller(installation, hook) for hook in installation.settings.webhook)


class HookCaller:
    """The companion that calls one webhook."""

    def __init__(self, installation: Installation, hook: Webhook) -> None:
        self._installation = installation
        self._hook = hook
        self._secret, self._tls = secret_of(hook), tls_of(hook)
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """A webhook that is new is told what happens from now on."""
        name = self._hook.name

        def begin(writer: Writer) -> None:
            if writer.hook(name) is None:
                writer.save_hook(HookState(name, writer.last_journal_seq()))

        await self._installation.store.write(begin)

    async def run(self) -> None:
        """Call until `stop`. Why nothing can be told, such as a store that is away, is said once while it is so."""
        trouble = ""
        while not self._stopping.is_set():
            try:
                told = await self.turn()
                trouble = ""
            except AdapterError as error:
                if error.id != trouble:
                    self._installation.log.tell(events.DAEMON_STEP_FAILED, Line(rule=error.id))
                told, trouble = 0, error.id
            if not told:
                try:
                    await asyncio.wait_for(self._stopping.wait(), POLL_SECONDS)
                except TimeoutError:
                    continue

    def stop(self) -> None:
        """End `run` after the call under way."""
        self._stopping.set()

    async def close(self) -> None:
        """Nothing is held open."""

    async def turn(self) -> int:
        """Tell what is due, in order, up to the first that is not taken; says how many journal lines that was."""
        store, name = self._installation.store, self._hook.name
        state = await store.read(lambda reader: reader.hook(name))
        if state is None or self._rests(state):
            return 0
        cursor = state.cursor
        waiting = await store.read(lambda reader: _waiting(reader, cursor))
        passed = 0
        for seq, notices in waiting:
            if self._stopping.is_set():
                break
            wanted = [notice for notice in notices if notice.event in self._hook.events]
            for notice in wanted:
                reason = await call(self._hook, self._secret, notice, self._installation.clock.now(), self._tls)
                if reason:
                    await self._failed(state, notice, reason)
                    return passed
                self._installation.log.tell(
                    events.WEBHOOK_TOLD, Line(exchange=notice.exchange, type=shown_type(notice.type), state=name)
                )
            state = HookState(name, seq)
            passed += 1
            if wanted or seq == waiting[-1][0]:
                await store.write(lambda writer, saved=state: writer.save_hook(saved))  # type: ignore[misc]
        return passed

    def _rests(self, state: HookState) -> bool:
        """Whether the pause after a call that was not taken is under way. One that would last longer than any pause
        there is was set by a clock that was wrong, and is over."""
        now, longest = self._installation.clock.now(), timedelta(seconds=max(self._hook.pauses_seconds))
        return state.due is not None and now < state.due <= now + longest

    async def _failed(self, state: HookState, notice: Notice, reason: str) -> None:
        """Put the notice off, or set it aside after the last pause."""
        now, pauses = self._installation.clock.now(), self._hook.pauses_seconds
        line = Line(exchange=notice.exchange, type=shown_type(notice.type), state=state.hook, rule=reason)
        if state.attempts < len(pauses):
            due = now + timedelta(seconds=pauses[state.attempts])
            again = replace(state, cursor=notice.id - 1, attempts=state.attempts + 1, due=due, reason=reason)
            await self._installation.store.write(lambda writer: writer.save_hook(again))
            self._installation.log.tell(events.WEBHOOK_FAILED, line)
            return
        letter = DeadLetter(state.hook, notice.id, notice.event, notice.exchange, notice.at, now, reason)

        def set_aside(writer: Writer) -> None:
            writer.add_dead_letter(letter)
            writer.save_hook(HookState(state.hook, notice.id))

        await self._installation.store.write(set_aside)
        self._installation.log.tell(events.WEBHOOK_SET_ASIDE, line)


def _waiting(reader: Reader, cursor: int) -> list[tuple[int, tuple[Notice, ...]]]:
    return [(entry.seq, notices_of(reader, entry)) for entry in reader.journal_after(cursor, BATCH)]


async def call(hook: Webhook, secret: bytes, notice: Notice, now: datetime, tls: ssl.SSLContext) -> str:
    """Make one call; empty when it was taken (2xx), else why not, without anything that the other side said.

    One deadline holds for the whole of it, and the body of the answer is not read: it may drip, or have no end.
    """
    body, timestamp = notice.body(), int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"adapter/{__version__}",
        "Adapter-Timestamp": str(timestamp),
        "Adapter-Signature": signature(secret, timestamp, body),
    }
    try:
        async with (
            asyncio.timeout(hook.timeout_seconds),
            httpx.AsyncClient(timeout=hook.timeout_seconds, verify=tls, trust_env=False) as client,
            client.stream("POST", hook.url, content=body, headers=headers) as answered,
        ):
            return "" if answered.is_success else f"HTTP {answered.status_code}"
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
        return f"no answer ({type(error).__name__})"


def secret_of(hook: Webhook) -> bytes:
    """What signs the calls. Raises `AdapterError` (FILE_UNREADABLE, CONFIG_INVALID)."""
    try:
        secret = hook.secret_file.read_bytes().strip()
    except OSError as error:
        raise AdapterError(FILE_UNREADABLE, f"webhook {hook.name}: {hook.secret_file}: {error.strerror}") from None
    if len(secret) < MIN_SECRET_OCTETS:
        raise AdapterError(CONFIG_INVALID, f"webhook {hook.name}: the secret has under {MIN_SECRET_OCTETS} octets")
    return secret


def tls_of(hook: Webhook) -> ssl.SSLContext:
    """What the webhook's certificate is judged by. Raises `AdapterError` (CONFIG_INVALID)."""
    try:
        return ssl.create_default_context(cafile=None if hook.ca is None else str(hook.ca))
    except (OSError, ssl.SSLError) as error:
        raise AdapterError(CONFIG_INVALID, f"webhook {hook.name}: ca: {error}") from None


# ── for operators ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Letters:
    """Notices that were set aside, the oldest first; after the last of them `following` goes on, None at the end."""

    letters: tuple[DeadLetter, ...]
    following: int | None


@dataclass(frozen=True, slots=True)
class HookView:
    """How a webhook is: how many journal lines it is behind, what the last call met, and what was set aside."""

    state: HookState
    behind: int
    set_aside: Letters


def hooks(installation: Installation, limit: int = MOST_LETTERS, after: int = 0) -> tuple[HookView, ...]:
    """Every webhook of the configuration, each with so many of the notices that were set aside after that number."""
    names = [hook.name for hook in installation.settings.webhook]

    def look(reader: Reader) -> tuple[HookView, ...]:
        last = reader.last_journal_seq()
        states = [reader.hook(name) or HookState(name, last) for name in names]
        return tuple(
            HookView(state, last - state.cursor, _letters(reader, state.hook, limit, after)) for state in states
        )

    return installation.store.read_now(look)


def set_aside(installation: Installation, hook_name: str, limit: int = MOST_LETTERS, after: int = 0) -> Letters:
    """What one webhook did not take, after that number. Raises `AdapterError` (EXCHANGE_UNKNOWN) for no webhook."""
    if all(hook.name != hook_name for hook in installation.settings.webhook):
        raise AdapterError(EXCHANGE_UNKNOWN, "there is no such webhook")
    return installation.store.read_now(lambda reader: _letters(reader, hook_name, limit, after))


def _letters(reader: Reader, hook_name: str, limit: int, after: int) -> Letters:
    found = reader.dead_letters(hook_name, limit + 1, after)
    shown = found[:limit]
    return Letters(shown, shown[-1].seq if len(found) > len(shown) else None)


def tell_again(installation: Installation, hook_name: str, seq: int) -> str:
    """Call once more about a notice that was set aside; empty when it was taken, else why not.

    Raises `AdapterError`: EXCHANGE_UNKNOWN when there is no such notice; FILE_UNREADABLE and CONFIG_INVALID for the
    webhook's own files.
    """
    hook = next((one for one in installation.settings.webhook if one.name == hook_name), None)
    letter = installation.store.read_now(lambda reader: reader.dead_letter(hook_name, seq))
    if hook is None or letter is None:
        raise AdapterError(EXCHANGE_UNKNOWN, "there is no such notice")
    found: DeadLetter = letter

    def read(reader: Reader) -> Notice:
        exchange = reader.exchange(found.exchange_id)
        return Notice(
            found.seq,
            found.event,
            found.at,
            found.exchange_id,
            exchange.type if exchange is not None else "",
            exchange.answers if exchange is not None else None,
        )

    notice = installation.store.read_now(read)
    reason = asyncio.run(call(hook, secret_of(hook), notice, installation.clock.now(), tls_of(hook)))
    if not reason:
        installation.store.write_now(lambda writer: writer.take_dead_letter(hook_name, seq))
    return reason
