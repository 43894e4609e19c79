"""How messages are taken from the drop folder: whole files only, each once, each with its result beside it.

An application writes `NAME.xml` or `NAME.json` elsewhere on the same disk and renames it into the folder. When the file
has not changed for a while it is read and handed in; `NAME.xml.result.json` then says what came of it, and the file
lies in `taken/` or `refused/`. The result is written first and the file moved after, and the file's identity is the key
of the submission, so that a crash between any two steps repeats the answer and not the message. The result names the
file as it lay there: what was told of it stands, also where another start would have decided otherwise.

What is no plain file of ours to read (a link, a pipe, a folder, a device, a file linked elsewhere too, one that is too
large or not readable) is set aside in `refused/` unread. Other names, such as `*.tmp`, are left alone. While nothing
can be taken in, because the store is locked or too many messages wait to leave, files stay where they are.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from adapter.config import Drop, Scope
from adapter.errors import DROP_REFUSED, FILE_UNREADABLE, AdapterError
from adapter.messages.findings import Finding
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service.access import Caller
from adapter.service.companions import Companion
from adapter.service.handing_in import hand_in
from adapter.service.installation import Installation
from adapter.service.submission import NotTaken
from adapter.values import Digest

POLL_SECONDS = 0.5
NAMES = (".xml", ".json")
RESULT = ".result.json"
TAKEN, REFUSED = "taken", "refused"

_CALLER = Caller("the drop folder", frozenset({Scope.SUBMIT}))

_KINDS = (
    (stat.S_ISLNK, "it is a link"),
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a pipe"),
    (stat.S_ISSOCK, "it is a socket"),
    (lambda mode: not stat.S_ISREG(mode), "it is no plain file"),
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a file looked like, and since when (seconds of the monotonic clock) it has looked so."""

    inode: int
    size: int
    changed: int
    since: float


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a file. `exchange` is empty unless it was taken, `error` to `findings` empty unless not.

    `of` is a digest of the file's place, size and times, by which a result is told from that of an earlier file of the
    same name; moved into the folder once more, the same file is another.
    """

    file: str
    status: str
    exchange: str = ""
    error: str = ""
    detail: str = ""
    remedy: str = ""
    findings: tuple[Finding, ...] = ()
    of: str = ""


def drop_companion(installation: Installation) -> tuple[Companion, ...]:
    """The watcher of the drop folder, if the configuration has `[drop]`."""
    drop = installation.settings.drop
    return () if drop is None else (DropFolder(installation, drop),)


class DropFolder:
    """The companion that takes files."""

    def __init__(self, installation: Installation, drop: Drop) -> None:
        self._installation = installation
        self._drop = drop
        self._seen: dict[str, _Seen] = {}
        self._left: dict[str, str] = {}
        self._trouble = ""
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Make the folders. Raises `AdapterError` (FILE_UNREADABLE)."""
        try:
            for folder in (self._drop.folder, self._drop.folder / TAKEN, self._drop.folder / REFUSED):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AdapterError(FILE_UNREADABLE, f"drop.folder {self._drop.folder}: {error.strerror}") from None

    async def run(self) -> None:
        """Watch until `stop`."""
        while not self._stopping.is_set():
            await asyncio.to_thread(self.look)
            try:
                await asyncio.wait_for(self._stopping.wait(), POLL_SECONDS)
            except TimeoutError:
                continue

    def stop(self) -> None:
        """End `run` after the file under way."""
        self._stopping.set()

    async def close(self) -> None:
        """Nothing is held open."""

    def look(self) -> None:
        """Take what can be taken; why nothing can is told once for as long as it is so."""
        before, self._trouble = self._trouble, ""
        try:
            self.turn()
        except AdapterError as error:
            self._trouble = error.id
            if error.id != before:
                self._installation.log.tell(events.DROP_HELD_UP, Line(rule=error.id))

    def turn(self) -> int:
        """Take every file that is whole; says how many were taken or set aside.

        Raises `AdapterError`: FILE_UNREADABLE for the folder, and what is to be tried again, such as STORE-LOCKED.
        """
        try:
            with os.scandir(self._drop.folder) as entries:
                names = sorted(entry.name for entry in entries if _is_ours(entry.name))
        except OSError as error:
            raise AdapterError(FILE_UNREADABLE, f"drop.folder {self._drop.folder}: {error.strerror}") from None
        there = frozenset(names)
        self._seen = {name: seen for name, seen in self._seen.items() if name in there}
        self._left = {name: identity for name, identity in self._left.items() if name in there}
        return sum(self._look_at(name) for name in names)

    def _look_at(self, name: str) -> bool:
        path = self._drop.folder / name
        try:
            state = path.lstat()
        except OSError:
            return False  # it is gone
        if self._left.get(name) == _identity(name, state):
            return False
        told = _told(self._drop.folder, name, state)
        if told is not None:
            self._lay_aside(name, state, told)
            return True
        unfit = _unfit(state, self._drop.max_octets)
        if unfit:
            self._end(name, state, _refusal(name, unfit))
            return True
        if not self._is_whole(name, state):
            return False
        return self._take(name, state)

    def _is_whole(self, name: str, state: os.stat_result) -> bool:
        now, before = time.monotonic(), self._seen.get(name)
        as_it_is = (state.st_ino, state.st_size, state.st_mtime_ns)
        if before is None or (before.inode, before.size, before.changed) != as_it_is:
            before = self._seen[name] = _Seen(*as_it_is, since=now)
        return now - before.since >= self._drop.settle_seconds

    def _take(self, name: str, state: os.stat_result) -> bool:
        try:
            content = _read(self._drop.folder / name, state, self._drop.max_octets)
        except OSError as error:
            self._end(name, state, _refusal(name, f"it cannot be read: {error.strerror}"))
            return True
        if content is None:
            self._seen.pop(name, None)
            return False
        key = Digest.of(f"{state.st_ino} {state.st_mtime_ns} {name} ".encode("utf-8", "surrogateescape") + content)
        try:
            done = hand_in(self._installation, _CALLER, key.value, content)
        except AdapterError as error:
            if error.kind.retryable:
                raise
            result = Result(_shown(name), "refused", "", error.id, error.detail, error.kind.remedy)
            self._end(name, state, result)
            return True
        if isinstance(done, NotTaken):
            result = Result(
                _shown(name),
                "refused",
                "",
                DROP_REFUSED.id,
                "the message breaks rules",
                "Correct what the findings name.",
                done.findings,
            )
            self._end(name, state, result)
        else:
            self._end(name, state, Result(_shown(name), "taken", done.exchange_id))
        return True

    def _end(self, name: str, state: os.stat_result, result: Result) -> None:
        """Write the result beside the file, and then lay the file aside."""
        told = json.dumps(asdict(replace(result, of=_identity(name, state))), ensure_ascii=False, indent=2)
        try:
            _write(_result_of(self._drop.folder, name), told.encode())
        except OSError:
            self._leave(name, state, result)
        else:
            self._lay_aside(name, state, result)

    def _lay_aside(self, name: str, state: os.stat_result, result: Result) -> None:
        """Move a file whose result lies beside it."""
        where = self._drop.folder / (TAKEN if result.exchange else REFUSED)
        try:
            (self._drop.folder / name).rename(_free_name(where, name))
        except OSError:
            self._leave(name, state, result)
        else:
            self._say(result)

    def _leave(self, name: str, state: os.stat_result, result: Result) -> None:
        """It cannot be moved (rights, or a folder of somebody else's): say so once, and do not read it again; what
        takes its place is another file."""
        self._left[name] = _identity(name, state)
        self._say(result)

    def _say(self, result: Result) -> None:
        event = events.DROP_TAKEN if result.exchange else events.DROP_SET_ASIDE
        self._installation.log.tell(event, Line(exchange=result.exchange or None, rule=result.error or None))


def _is_ours(name: str) -> bool:
    return name.endswith(NAMES) and not name.startswith(".") and not name.endswith(RESULT)


def _identity(name: str, state: os.stat_result) -> str:
    """A digest of which file this is, in which place and since when: a file that is moved here again is another."""
    is_now = f"{state.st_dev} {state.st_ino} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {name}"
    return Digest.of(is_now.encode("utf-8", "surrogateescape")).value


def _result_of(folder: Path, name: str) -> Path:
    return folder / f"{name}{RESULT}"


def _told(folder: Path, name: str, state: os.stat_result) -> Result | None:
    """What was told of this very file before the adapter died; None when nothing was."""
    lies = _result_of(folder, name)
    try:
        if not stat.S_ISREG(lies.lstat().st_mode):
            return None
        told = json.loads(lies.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict) or told.get("of") != _identity(name, state):
        return None
    return Result(_shown(name), str(told.get("status")), str(told.get("exchange")), str(told.get("error")))


def _unfit(state: os.stat_result, max_octets: int) -> str:
    """Why a file must not be opened; empty for a plain one."""
    for is_so, says in _KINDS:
        if is_so(state.st_mode):
            return says
    if state.st_nlink > 1:
        return "it is linked elsewhere too, and could be changed there"
    return f"it is larger than {max_octets} octets" if state.st_size > max_octets else ""


def _read(path: Path, expected: os.stat_result, max_octets: int) -> bytes | None:
    """The octets, if the file that is opened is the one that was looked at and stays as it is; else None."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(max_octets + 1)
        after = os.fstat(file.fileno())
    same = (expected.st_ino, expected.st_size, expected.st_mtime_ns)
    is_same = (after.st_ino, after.st_size, after.st_mtime_ns) == same and len(content) == expected.st_size
    return content if is_same else None


def _refusal(name: str, detail: str) -> Result:
    return Result(_shown(name), "refused", "", DROP_REFUSED.id, detail, DROP_REFUSED.remedy)


def _shown(name: str) -> str:
    """A file name as text, also where it is no UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _free_name(folder: Path, name: str) -> Path:
    """A place in the folder that nothing lies at: the name itself, or with a number before it."""
    place, number = folder / name, 1
    while os.path.lexists(place):
        number += 1
        place = folder / f"{number}-{name}"
    return place


def _write(path: Path, content: bytes) -> None:
    """Write a result whole or not at all."""
    beside = path.with_name(f".{path.name}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
