"""How mail is fetched from a mailbox: listed, fetched, made durable, and only then removed on its server.

    opening → reading → waiting → reading …          and from each of them
    → unreachable, login_refused, tls_refused, locked, folder_missing, not_kept → opening, after a growing pause

One thread reads one mailbox. What it has done stands in the store and nowhere else: the id of a fetched mail is made
of the mailbox, the mail's mark and its octets, so a mail that was durable when we died is recognised and only removed
(`ebxml.md` §2.5, POP3 rules). A mail that is too large, or that the server does not hand over, is set aside: it stays
where it is, its header is kept in quarantine for a person, and the mails behind it are fetched as if it were not there.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from adapter.config import Mailbox, Settings
from adapter.delivery.retry import BackOff
from adapter.errors import (
    MAIL_TOO_LARGE,
    MAILBOX_FOLDER,
    MAILBOX_LOCKED,
    MAILBOX_LOGIN,
    MAILBOX_MAIL,
    MAILBOX_TLS,
    MAILBOX_UNREACHABLE,
    STORE_FAILED,
    AdapterError,
    ErrorKind,
)
from adapter.observe import events
from adapter.observe.events import Event
from adapter.observe.log import Line
from adapter.service import intake
from adapter.service.installation import Installation
from adapter.store.port import Reader, Writer
from adapter.transports.mailbox import Lying, MailboxSession, received
from adapter.values import instant_of, instant_text

MAILS_AT_ONCE = 16
OCTETS_AT_ONCE = 8_000_000
"""How many mails, and how much of them, one transaction makes durable before they are removed on their server."""

PATIENCE = 5
"""How often a mail may fail to be fetched before it is set aside; in between it is asked for as the last one."""


class State(StrEnum):
    """Where the reading of a mailbox is."""

    OPENING = "opening"
    READING = "reading"
    WAITING = "waiting"
    UNREACHABLE = "unreachable"
    LOGIN_REFUSED = "login_refused"
    TLS_REFUSED = "tls_refused"
    LOCKED = "locked"
    FOLDER_MISSING = "folder_missing"
    NOT_KEPT = "not_kept"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a failure means: the state, the event that tells of it, and the pauses before the next attempts."""

    state: State
    event: Event
    pauses: BackOff


def _pauses(*seconds: int) -> BackOff:
    return BackOff(tuple(timedelta(seconds=one) for one in seconds))


_SOON = _pauses(1, 2, 5, 15, 60, 300)
_LATER = _pauses(60, 300, 900)
"""Where a person has to act; and a server must not take us for somebody who guesses passwords."""

TROUBLES = MappingProxyType(
    {
        MAILBOX_UNREACHABLE.id: Trouble(State.UNREACHABLE, events.MAILBOX_UNREACHABLE, _SOON),
        MAILBOX_LOCKED.id: Trouble(State.LOCKED, events.MAILBOX_LOCKED, _pauses(5, 15, 60)),
        MAILBOX_LOGIN.id: Trouble(State.LOGIN_REFUSED, events.MAILBOX_LOGIN_REFUSED, _LATER),
        MAILBOX_TLS.id: Trouble(State.TLS_REFUSED, events.MAILBOX_TLS_REFUSED, _LATER),
        MAILBOX_FOLDER.id: Trouble(State.FOLDER_MISSING, events.MAILBOX_FOLDER_MISSING, _LATER),
    }
)
"""What each failure of a mailbox means; any other is one of ours, mostly of the store."""

NOT_KEPT = Trouble(State.NOT_KEPT, events.MAILBOX_NOT_KEPT, _SOON)


@dataclass(frozen=True, slots=True)
class Condition:
    """How the reading of a mailbox is, as the store remembers it for other processes: since when, and why."""

    state: State
    since: datetime
    reason: str = ""


class MailboxReader:
    """Reads one mailbox. `read` reads it to its end once; `start` goes on with that in a thread until `stop`."""

    def __init__(self, installation: Installation, mailbox: Mailbox, opened: Callable[[], MailboxSession]) -> None:
        self._installation = installation
        self._mailbox = mailbox
        self._opened = opened
        self._session: MailboxSession | None = None
        self._failed: Counter[str] = Counter()
        self._aside: set[str] = set()
        self._failures = 0
        self._state = State.OPENING
        self._noted: State | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mailbox {mailbox.name}", daemon=True)

    @property
    def state(self) -> State:
        """Where the reading is."""
        return self._state

    def start(self) -> None:
        """Read on, in a thread of its own."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End after the mails under way, and wait so long for that at most; what is not done is done again."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def read(self) -> int:
        """Read the mailbox to its end and say how many new mails were made durable.

        Where a removal holds only when its session has ended well, a session is for so many mails as one transaction
        takes: over a bad line many short ones come to an end, and one long one never does.
        Raises `AdapterError` (MAILBOX-..., STORE-...); then the session is closed.
        """
        kept, more = 0, True
        try:
            while more and not self._stop.is_set():
                new, more = self._read()
                kept += new
        except BaseException:
            self.close()
            raise
        return kept

    def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None

    # ── one reading ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self) -> tuple[int, bool]:
        """One look at the mailbox and what follows from it: how many mails are new, and whether to look again."""
        fresh = self._session is None
        session = self._session = self._session or self._opened()
        if fresh:
            self._look_at_numbering(session)
        self._state = State.READING
        looked = self._installation.clock.now()
        kept, done, wanted = 0, 0, self._wanted(session)
        for batch in self._fetched(session, wanted):
            kept += self._keep(batch)
            session.remove([mail for mail, _ in batch])
            done += len(batch)
            self._failures = 0
            if not session.stays_open:
                break
        session.finish()
        if not session.stays_open:
            self.close()
        if not wanted:
            self._emptied(looked)
        return kept, done > 0

    def _wanted(self, session: MailboxSession) -> list[Lying]:
        """What is to be fetched now, and those last that could not be fetched before. The others are set aside."""
        wanted = []
        for mail in session.lying():
            if _known_as(mail) in self._aside:
                continue
            if mail.octets > self._mailbox.max_octets:
                says = f"{MAIL_TOO_LARGE.id}: {mail.octets} octets, the limit is {self._mailbox.max_octets}"
                self._set_aside(session, mail, says)
            elif self._failed[_known_as(mail)] >= PATIENCE:
                self._set_aside(session, mail, f"{MAILBOX_MAIL.id}: asked for {PATIENCE} times")
            else:
                wanted.append(mail)
        return sorted(wanted, key=lambda mail: self._failed[_known_as(mail)])

    def _fetched(self, session: MailboxSession, wanted: Sequence[Lying]) -> Iterator[list[tuple[Lying, bytes]]]:
        """The mails with their octets, as many at a time as one transaction takes."""
        batch: list[tuple[Lying, bytes]] = []
        octets = 0
        for mail in wanted:
            if self._stop.is_set():
                break
            self._failed[_known_as(mail)] += 1
            try:
                content = session.fetch(mail)
            except AdapterError as error:
                if error.kind is not MAILBOX_MAIL:
                    if batch:
                        yield batch  # what was handed over before the connection broke is not asked for again
                    raise
                self._tell(events.MAILBOX_MAIL_FAILED, error.id)
                continue
            del self._failed[_known_as(mail)]
            batch.append((mail, content))
            octets += len(content)
            if len(batch) >= MAILS_AT_ONCE or octets >= OCTETS_AT_ONCE:
                yield batch
                batch, octets = [], 0
        if batch:
            yield batch

    def _keep(self, batch: Sequence[tuple[Lying, bytes]]) -> int:
        """Make mails durable, those that are not yet. Raises `AdapterError` (STORE-...)."""
        now = self._installation.clock.now()

        def write(writer: Writer) -> int:
            new = 0
            for mail, content in batch:
                mail_id = mail_id_of(self._mailbox.name, mail.mark, content)
                if writer.mail(mail_id) is None:
                    intake.add(writer, mail_id, received(content), self._mailbox.protocol, now)
                    new += 1
            return new

        new = self._installation.store.write_now(write)
        for number in range(len(batch)):
            self._tell(events.MAIL_RECEIVED if number < new else events.MAILBOX_MAIL_KNOWN)
        return new

    def _set_aside(self, session: MailboxSession, mail: Lying, says: str) -> None:
        now, mail_id = self._installation.clock.now(), mail_id_of(self._mailbox.name, _known_as(mail), b"set aside")
        self._aside.add(_known_as(mail))
        if self._installation.store.read_now(lambda reader: reader.mail(mail_id)) is not None:
            return
        header = session.header(mail)

        def write(writer: Writer) -> None:
            added = intake.add(writer, mail_id, received(header), self._mailbox.protocol, now)
            reason = f"{says}; it lies in mailbox {self._mailbox.name} as {_known_as(mail)}"
            intake.shelve(writer, added, reason, now)

        self._installation.store.write_now(write)
        self._tell(events.MAILBOX_MAIL_SET_ASIDE, says.partition(":")[0])

    def _look_at_numbering(self, session: MailboxSession) -> None:
        key, store = _key("numbering", self._mailbox), self._installation.store
        before = store.read_now(lambda reader: reader.note(key))
        if before == session.numbering or (before is None and not session.numbering):
            return
        store.write_now(lambda writer: writer.keep_note(key, session.numbering))
        if before is not None:
            self._tell(events.MAILBOX_RENUMBERED)

    def _emptied(self, at: datetime) -> None:
        """The mailbox was read to its end: what arrived before `at` is durable here (HITS 1171 §8.1)."""
        before, self._state = self._noted, State.WAITING

        def write(writer: Writer) -> None:
            writer.keep_note(_key("emptied", self._mailbox), instant_text(at))
            if before is not State.WAITING:
                _note(writer, self._mailbox, Condition(State.WAITING, at))

        self._installation.store.write_now(write)
        self._noted = State.WAITING

    # ── for ever ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        """Read and wait until stopped; whatever fails is told, and tried again after a growing pause."""
        opened = False
        while not self._stop.is_set():
            try:
                self.read()
                if not opened:
                    self._tell(events.MAILBOX_OPENED)
                opened, self._failures = True, 0
                self._wait()
            except AdapterError as error:
                opened = False
                self._pause(error.kind, error)
            except Exception as error:
                opened = False
                self._tell(events.DAEMON_STEP_FAILED, f"defect {type(error).__name__}")
                self._pause(STORE_FAILED, error)
        self.close()
        self._state = State.STOPPED

    def _wait(self) -> None:
        session = self._session
        if self._stop.is_set() or (session is not None and session.wait(self._mailbox.poll_seconds, self._stop)):
            return
        self._stop.wait(self._mailbox.poll_seconds)

    def _pause(self, kind: ErrorKind, error: Exception) -> None:
        self.close()
        if self._stop.is_set():
            return
        trouble = TROUBLES.get(kind.id, NOT_KEPT)
        self._failures += 1
        self._tell(trouble.event, kind.id, trouble.state)
        self._state = trouble.state
        if self._noted is not trouble.state:
            condition = Condition(trouble.state, self._installation.clock.now(), str(error)[:300])
            # Where the store is what fails, the line in the log has to do.
            with contextlib.suppress(AdapterError):
                self._installation.store.write_now(lambda writer: _note(writer, self._mailbox, condition))
                self._noted = trouble.state
        self._stop.wait(trouble.pauses.after(self._failures).total_seconds())

    def _tell(self, event: Event, rule: str | None = None, state: State | None = None) -> None:
        said = state.value if state is not None else None
        self._installation.log.tell(event, Line(state=said, rule=rule, mailbox=self._mailbox.name))


class Reading:
    """The reader of a mailbox as a companion of the daemon. `ready` raises `AdapterError` when it cannot begin."""

    def __init__(self, reader: MailboxReader, ready: Callable[[], object]) -> None:
        self._reader = reader
        self._ready = ready
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Look whether the password and the certificates of the configuration can be had."""
        self._ready()

    async def run(self) -> None:
        """Read until `stop`, and let the mails under way be finished."""
        self._reader.start()
        await self._stopping.wait()
        await asyncio.to_thread(self._reader.stop)

    def stop(self) -> None:
        """End `run` soon."""
        self._stopping.set()

    async def close(self) -> None:
        """Nothing is held open."""


# ── what the store remembers ────────────────────────────────────────────────────────────────────────────────────────


def mail_id_of(mailbox: str, mark: str, content: bytes) -> str:
    """The id of a fetched mail: the same for the same octets at the same place of the same mailbox, and no other."""
    place = json.dumps([mailbox, mark]).encode()
    return hashlib.sha256(len(place).to_bytes(8, "big") + place + content).hexdigest()


def last_emptied(reader: Reader, settings: Settings) -> datetime | None:
    """The moment up to which every mailbox has been read to its end; None when one never was, or there are none."""
    moments = [reader.note(_key("emptied", mailbox)) for mailbox in settings.mailbox]
    known = [instant_of(moment) for moment in moments if moment is not None]
    return min(known) if known and len(known) == len(moments) else None


def condition_of(reader: Reader, mailbox: Mailbox) -> Condition | None:
    """How the reading of a mailbox was when it last changed; None when it was never read."""
    text = reader.note(_key("condition", mailbox))
    if text is None:
        return None
    state, since, reason = json.loads(text)
    return Condition(State(state), instant_of(since), reason)


def _note(writer: Writer, mailbox: Mailbox, condition: Condition) -> None:
    text = json.dumps([condition.state.value, instant_text(condition.since), condition.reason])
    writer.keep_note(_key("condition", mailbox), text)


def _key(what: str, mailbox: Mailbox) -> str:
    return f"mailbox {what} {hashlib.sha256(mailbox.name.encode()).hexdigest()[:24]}"


def _known_as(mail: Lying) -> str:
    """What a mail is called in a mailbox without UIDL: its size has to do."""
    return mail.mark or f"{mail.octets} octets"
