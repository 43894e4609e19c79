"""How the application takes received messages over HTTP: claim, work, confirm or reject.

A claim is a lease: whoever claims has the message until the lease ends, and then the next who asks gets it, so that an
application that dies loses nothing. Confirming and rejecting need the number of the claim; done twice, they are done
once, and the first word counts: what was confirmed cannot be rejected. A repetition is known for as long as one with an
Idempotency-Key; later it is refused, since nobody can tell any more whether it says the same. With `inbox.apprec =
"when_taken"` the confirmation sends the positive AppRec, and the application may send a negative one instead, with the
codes of list 8221 (`apprec.md` §4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.envelope.shown import shown_type
from adapter.errors import (
    CLAIM_ENDED,
    CLAIM_FINISHED,
    EXCHANGE_UNKNOWN,
    INBOX_BY_FOLDER,
    INPUT_NOT_UNDERSTOOD,
    RECEIPT_GIVEN,
    AdapterError,
)
from adapter.messages.answering import error
from adapter.messages.codes import CodeLists
from adapter.messages.datatypes import Code
from adapter.messages.rules.receipts import EXPLAINED, may_be_sent
from adapter.service.access import Caller, Did
from adapter.service.inbox import taken
from adapter.service.installation import Installation
from adapter.service.repeating import KEPT
from adapter.service.steps import Told, tell
from adapter.store.port import Exchange, InboxItem, Reader, Writer
from adapter.values import Digest

LONGEST_LEASE = timedelta(days=1)
"""How long an application may keep a message to itself without a word."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for the application, the item of the inbox that holds it, and how much came beside it."""

    exchange: Exchange
    item: InboxItem
    beside: int


def waiting(installation: Installation, caller: Caller, limit: int) -> tuple[Waiting, ...]:
    """What waits for this caller, oldest first; claimed by somebody or not."""
    own = tuple(sorted(caller.parties))
    return installation.store.read_now(lambda reader: _with_exchanges(reader, reader.inbox_waiting(limit, own)))


def claim(installation: Installation, caller: Caller, limit: int, lease: timedelta) -> tuple[Waiting, ...]:
    """Give the caller what waits. Raises `AdapterError` (INBOX_BY_FOLDER)."""
    _require_by_api(installation)
    now = installation.clock.now()
    own = tuple(sorted(caller.parties))

    def write(writer: Writer) -> tuple[Waiting, ...]:
        items = writer.claim_inbox(now, limit, lease, caller.name, own)
        for item in items:
            writer.add_audit(caller.line(now, Did.CLAIMED, item.exchange_id))
        return _with_exchanges(writer, items)

    return installation.store.write_now(write)


def confirm(installation: Installation, caller: Caller, exchange_id: str, number: int) -> None:
    """The application has the message.

    Raises `AdapterError` (EXCHANGE_UNKNOWN, CLAIM_ENDED, CLAIM_FINISHED, INBOX_BY_FOLDER).
    """

    def take(writer: Writer, item: InboxItem, now: datetime) -> list[Told]:
        writer.add_audit(caller.line(now, Did.CONFIRMED, exchange_id))
        return taken(installation, writer, item, "", now)

    _finish(installation, caller, exchange_id, number, _CONFIRMED, take)


def reject(installation: Installation, caller: Caller, exchange_id: str, number: int, errors: tuple[Code, ...]) -> None:
    """The application cannot use the message: a negative AppRec goes out with its errors.

    The same rejection repeated has the same errors. Raises as `confirm`, and RECEIPT_GIVEN where the message was
    receipted when it arrived.
    """
    if installation.settings.inbox.apprec != "when_taken":
        raise AdapterError(RECEIPT_GIVEN)

    def take(writer: Writer, item: InboxItem, now: datetime) -> list[Told]:
        exchange = writer.exchange(exchange_id)
        require_sendable(errors, exchange.type if exchange is not None else "")
        writer.add_audit(caller.line(now, Did.REJECTED, exchange_id))
        return taken(installation, writer, item, "", now, errors)

    _finish(installation, caller, exchange_id, number, _rejected_with(errors), take)


def refusal_code(codes: CodeLists, code: str, text: str) -> Code:
    """An error of list 8221 with a short text of the application's. Raises `AdapterError` (INPUT_NOT_UNDERSTOOD)."""
    known = codes.text("8221", code)
    if known is None:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, "code: it is on list 8221, such as E36 or X99")
    if code in EXPLAINED and not text:
        raise AdapterError(
            INPUT_NOT_UNDERSTOOD, f"text: {code} says nothing by itself; write what is wrong, in a few words"
        )
    return error(code, known, text or None)


def require_sendable(errors: tuple[Code, ...], message_type: str) -> None:
    """Raises `AdapterError` (INPUT_NOT_UNDERSTOOD) for an error that we may not send for such a message: the receipt
    would be stopped by our own rules later, and its sender would wait in vain."""
    for one in errors:
        if not may_be_sent(one.v, message_type):
            raise AdapterError(
                INPUT_NOT_UNDERSTOOD, f"code: {one.v} is not sent for {shown_type(message_type)} (AR-011)"
            )


def _require_by_api(installation: Installation) -> None:
    if installation.settings.inbox.by != "api":
        raise AdapterError(INBOX_BY_FOLDER)


def _with_exchanges(reader: Reader, items: tuple[InboxItem, ...]) -> tuple[Waiting, ...]:
    ids = [item.exchange_id for item in items]
    known, beside = {one.id: one for one in reader.exchanges_named(ids)}, dict(reader.besides(ids))
    return tuple(Waiting(known[item.exchange_id], item, beside.get(item.exchange_id, 0)) for item in items)


def _finish(
    installation: Installation,
    caller: Caller,
    exchange_id: str,
    number: int,
    word: str,
    take: Callable[[Writer, InboxItem, datetime], list[Told]],
) -> None:
    _require_by_api(installation)
    now = installation.clock.now()

    def write(writer: Writer) -> list[Told]:
        item, exchange = writer.inbox_item(exchange_id), writer.exchange(exchange_id)
        if item is None or exchange is None or not caller.may_see(exchange):
            raise AdapterError(EXCHANGE_UNKNOWN)
        if item.fence != number or item.claimed_by != caller.name:
            raise AdapterError(CLAIM_ENDED)
        if item.taken_at is None:
            writer.keep_note(_note(exchange_id), word, until=now + KEPT)
            return take(writer, item, now)
        before = writer.note(_note(exchange_id))
        if before != word:
            raise AdapterError(CLAIM_FINISHED, _finished(before, word))
        return []

    tell(installation.log, installation.store.write_now(write))


_CONFIRMED = "confirmed"
_REJECTED = "rejected with "


def _rejected_with(errors: tuple[Code, ...]) -> str:
    """A rejection as it is noted: the digest of its errors tells a repetition from another rejection."""
    return _REJECTED + Digest.of(repr([(one.v, one.ot) for one in errors]).encode()).value


def _note(exchange_id: str) -> str:
    return f"finished:{exchange_id}"


def _finished(before: str | None, word: str) -> str:
    if before is None:
        return f"it was finished more than {KEPT.days} days ago"
    if before == _CONFIRMED:
        return "it was confirmed"
    return "it was rejected" if word == _CONFIRMED else "it was rejected with other errors"
