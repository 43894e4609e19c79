"""How the application gets what was received: one file per message in the inbox folder.

A file is complete or not there, and comes once. It is written beside under its own name and flushed; the store notes
that it is placed; then it is renamed. After a crash the note and the file beside tell what is left to do: without a
note everything, with note and file beside only the renaming, and with a note alone nothing, for then the application
has had it, perhaps taken it already. The name is the exchange's id, so even a second look at it is the same file.
Its octets are those that were decrypted. What came with a message beside its main document lies there before it, under
the same name with a number: `ID.1.bin`, or `.xml` where it looks like XML. Who takes the message takes these too.
With `apprec = "at_once"` a message counts as taken when its file lies there; with `"when_taken"` when the application
has removed the file, and only then the positive AppRec goes out.

A mount point without its share is an empty folder, which looks like one from which everything was taken. So the first
message that goes into a folder leaves a mark there, and from then on nothing is written to it, and nothing is believed
to have been taken from it, while the mark is not to be seen.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from adapter.delivery import receiver
from adapter.delivery.receiver import Reception
from adapter.envelope.plaintext import Form, unwrap
from adapter.errors import FILE_UNREADABLE, RECEIPT_GIVEN, AdapterError
from adapter.messages.datatypes import Code
from adapter.messages.read import read
from adapter.messages.receipting import Case, Silence, decide
from adapter.messages.rules.rule import Side
from adapter.service import receipts
from adapter.service.choosing import chosen
from adapter.service.installation import Installation
from adapter.service.pulse import STORE_AWAY
from adapter.service.steps import Told, tell
from adapter.store.port import Exchange, InboxItem, JournalEntry, Reader, Writer
from adapter.values import Moment

MARK = ".adapter"
"""An empty folder in the inbox folder, which no reader of files takes away."""

ALL = 1_000_000
"""However many files wait for the application, the next message is offered too."""


def offer_waiting(installation: Installation) -> list[Told]:
    """Put every message that waits into the folder, and see which the application has taken.

    One that cannot be put there, such as for octets that have changed on the disk, keeps none behind it back: the first
    trouble is raised when all have had their turn. A folder or store that is away is raised at once.

    With `inbox.by = "api"` nothing is put there: the application claims what waits.
    """
    if installation.settings.inbox.by == "api":
        return []
    told: list[Told] = []
    trouble: Exception | None = None
    for item in installation.store.read_now(lambda reader: reader.inbox_waiting(limit=ALL)):
        try:
            told += _offer(installation, item)
        except Exception as error:
            if isinstance(error, AdapterError) and error.kind in {FILE_UNREADABLE, *STORE_AWAY}:
                raise
            trouble = trouble or error
    if trouble is not None:
        tell(installation.log, told)
        raise trouble
    return told


def file_of(installation: Installation, exchange_id: str) -> Path:
    """Where the file of a received message lies, or lay."""
    return installation.settings.inbox.folder / f"{exchange_id}.xml"


def _offer(installation: Installation, item: InboxItem) -> list[Told]:
    path, is_written, is_marked = installation.store.read_now(lambda reader: _known(installation, reader, item))
    if not is_marked:
        _mark(installation, path.parent)
    _see_mark(path.parent)
    if not is_written:
        content, others = installation.store.read_now(lambda reader: _octets(reader, item))
        for number, other in enumerate(others, start=1):
            lies = _file_beside(path, number, other)
            _write_beside(lies, other)
            _show(lies)
        _write_beside(path, content)
        installation.store.write_now(lambda writer: writer.keep_note(_note(item), str(path)))
    _show(path)
    is_there = _is_there(path)
    _see_mark(path.parent)  # again: the share may have gone in between
    if installation.settings.inbox.apprec == "when_taken" and is_there:
        return []
    now = installation.clock.now()
    return installation.store.write_now(lambda writer: taken(installation, writer, item, str(path), now))


def _octets(reader: Reader, item: InboxItem) -> tuple[bytes, list[bytes]]:
    """A message, and what came beside it."""
    return reader.blob(item.payload), [reader.blob(one) for one in reader.beside(item.exchange_id)]


def _file_beside(path: Path, number: int, content: bytes) -> Path:
    kind = ".xml" if unwrap(content).form is Form.XML else ".bin"
    return path.with_name(f"{path.stem}.{number}{kind}")


def _known(installation: Installation, reader: Reader, item: InboxItem) -> tuple[Path, bool, bool]:
    """The file of a message, whether it was written, and whether its folder was marked."""
    placed = reader.note(_note(item))
    path = Path(placed) if placed is not None else file_of(installation, item.exchange_id)
    return path, placed is not None, reader.note(_marked(path.parent)) is not None


def _mark(installation: Installation, folder: Path) -> None:
    """Mark a folder that is used for the first time. Raises `AdapterError` (FILE_UNREADABLE)."""
    try:
        (folder / MARK).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from None
    installation.store.write_now(lambda writer: writer.keep_note(_marked(folder), MARK))


def _see_mark(folder: Path) -> None:
    """See that it is the folder that was marked. Raises `AdapterError` (FILE_UNREADABLE)."""
    try:
        is_there = stat.S_ISDIR((folder / MARK).stat().st_mode)
    except OSError:
        is_there = False
    if not is_there:
        says = f"inbox.folder {folder}: no folder {MARK} in it; mount its share, or make {MARK} if it is right"
        raise AdapterError(FILE_UNREADABLE, says)


def _is_there(path: Path) -> bool:
    """Whether a file still lies in the folder. A folder that is away has handed over nothing: `AdapterError`."""
    try:
        path.parent.stat()
        return path.exists()
    except OSError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: OSError) -> AdapterError:
    return AdapterError(FILE_UNREADABLE, f"inbox.folder {path.parent}: {error.strerror}")


def taken(
    installation: Installation,
    writer: Writer,
    item: InboxItem,
    where: str,
    now: datetime,
    errors: tuple[Code, ...] = (),
) -> list[Told]:
    """The application has a message, from this file or (empty) over HTTP; with `errors` it cannot use it."""
    writer.take_inbox(item.exchange_id, now, where)
    writer.drop_note(_note(item))
    exchange = writer.exchange(item.exchange_id)
    assert exchange is not None
    assert exchange.reception is not None
    reception = receiver.step(exchange.reception, Reception.TAKEN, now).exchange
    exchange = writer.save_exchange(replace(exchange, reception=reception))
    what = "rejected by the application" if errors else "delivered to the application"
    # `inbox.apprec` may have been another when the message came: it is receipted once, now or then.
    receipted = receipts.was_receipted(writer.journal(exchange.id))
    if receipted and errors:
        raise AdapterError(RECEIPT_GIVEN)
    writer.add_journal(JournalEntry(exchange.id, now, what))
    return [] if receipted else _receipt(installation, writer, exchange, errors)


def _receipt(installation: Installation, writer: Writer, exchange: Exchange, errors: tuple[Code, ...]) -> list[Told]:
    assert exchange.payload is not None
    reading = read(writer.blob(exchange.payload), installation.schemas, installation.context(Side.RECEIVE))
    own = receipts.own_at(installation, exchange.receiver)
    # What was held is offered only when a person has let it pass.
    passed = frozenset({Silence.HELD})
    case = Case(reading, own, installation.codes, choices=chosen(installation.settings.choices), passed=passed)
    decision = decide(case)
    if errors:
        decision = replace(decision, receipts=tuple(replace(due, errors=errors) for due in decision.receipts))
    decision, told = receipts.in_time(installation, writer, exchange, decision)
    sent = Moment.at(exchange.created_at)
    return told + receipts.submit_apprecs(installation, writer, exchange, reading, decision, sent)


def _note(item: InboxItem) -> str:
    """What tells that a file was written, and where, until the application has it."""
    return f"inbox:{item.exchange_id}"


def _marked(folder: Path) -> str:
    """What tells that a folder was marked."""
    return f"inbox-marked:{folder}"


def write_out(installation: Installation, item: InboxItem, path: Path) -> None:
    """Write a message to a file of that name and what came with it beside: each whole and durable, the message last.

    Raises `AdapterError` (FILE_UNREADABLE).
    """
    content, others = installation.store.read_now(lambda reader: _octets(reader, item))
    files = [(_file_beside(path, number, other), other) for number, other in enumerate(others, start=1)]
    for file, octets in (*files, (path, content)):
        _write_beside(file, octets)
        _show(file)


def _write_beside(path: Path, content: bytes) -> None:
    """Write a file that the application does not see yet. Raises `AdapterError` (FILE_UNREADABLE)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(_beside(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unusable(path, error) from None


def _show(path: Path) -> None:
    """Give a file that lies beside its name, for good; nothing when it has it already. Raises `AdapterError`, also
    where the folder is away: then nobody knows what lies in it."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(FileNotFoundError):
                _beside(path).replace(path)
                os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise _unusable(path, error) from None


def _beside(path: Path) -> Path:
    return path.with_suffix(".part")
