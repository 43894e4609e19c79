"""What the clock does by itself: resends, give-ups, AppRecs that did not come, and forgetting what has had its time.

The due times stand in the store, so a restart forgets none. The mailbox is read to its end before anything is sent
again or given up (HITS 1171 §8.1). Our listener is handed every mail as it comes, so for it that is so as soon as every
kept mail has been taken in; a timer that came while a `[[mailbox]]` could not be read waits until it was.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapter.delivery.receipts import ReceiptEvent
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.retry import VALIDATION_BACK_OFF
from adapter.delivery.sender import TransportState
from adapter.delivery.sender_events import TimerFired
from adapter.service import intake, transmission
from adapter.service.claiming import LONGEST_LEASE
from adapter.service.clock import lately
from adapter.service.installation import Installation
from adapter.service.mailboxes import last_emptied
from adapter.service.signals import own_address
from adapter.service.steps import Told, take_receipt_step, take_transport_step
from adapter.store.port import ExchangeFilter, Latest, Reader, Writer
from adapter.values import instant_of, instant_text

NEVER = datetime.min.replace(tzinfo=UTC)


def fire_due(installation: Installation) -> list[Told]:
    """Fire every timer that has come."""
    now = installation.clock.now()

    def write(writer: Writer) -> list[Told]:
        told: list[Told] = []
        unread = writer.mails((ReceptionState.STORED, ReceptionState.PARSED, ReceptionState.VALIDATING), limit=1)
        emptied = _emptied(installation, writer, now)
        if not unread and emptied is not None:
            for exchange in writer.due_transport(emptied):
                event = TimerFired(mailbox_emptied=emptied)
                address = own_address(installation, exchange)
                told += take_transport_step(writer, exchange, event, now, installation.terms_for(exchange), address)[1]
        for exchange in writer.due_receipts(now):
            told += take_receipt_step(writer, exchange, ReceiptEvent.DEADLINE, now)[1]
        return told

    if installation.store.read_now(
        lambda reader: (
            not reader.due_transport(_emptied(installation, reader, now) or NEVER, limit=1)
            and not reader.due_receipts(now, limit=1)
        )
    ):
        return []
    return installation.store.write_now(write)


def _emptied(installation: Installation, reader: Reader, now: datetime) -> datetime | None:
    """Until when every answer that had arrived is known to us; None when that cannot be said, as of a reading that a
    clock which was ahead has dated."""
    if not installation.settings.mailbox:
        return now
    emptied = last_emptied(reader, installation.settings)
    return emptied if emptied is not None and emptied <= now else None


_FORGOTTEN = "dedupe records forgotten at"
_DAILY = timedelta(days=1)


AT_ONCE = 1000
"""How many records one transaction drops: no message waits long for its turn."""


def forget_old(installation: Installation) -> None:
    """Once a day, drop the records of envelopes that nobody will send again (`ebxml.md` §7.4)."""
    now = installation.clock.now()
    last = installation.store.read_now(lambda reader: reader.note(_FORGOTTEN))
    if last is not None and lately(instant_of(last), _DAILY, now):
        return
    while installation.store.write_now(lambda writer: writer.forget(now, AT_ONCE)):
        pass
    installation.store.write_now(lambda writer: writer.keep_note(_FORGOTTEN, instant_text(now)))


def rein_in(installation: Installation) -> int:
    """Bring nearer what a clock that was ahead has put off beyond every pause there is; says how much that was.

    At every start, and when the clock was set. A copy that leaves too early is only a copy; a message that waits for a
    year that was never meant would be lost.
    """
    now = installation.clock.now()

    def write(writer: Writer) -> int:
        latest = Latest(
            outbox_due=now + max(installation.terms.mail_back_off.pauses),
            mail_due=now + max(VALIDATION_BACK_OFF.pauses),
            claim=now + max(intake.LEASE, transmission.LEASE),
            inbox_claim=now + LONGEST_LEASE,
        )
        brought = writer.rein_in(now, latest)
        for exchange in writer.exchanges(ExchangeFilter(transport=(TransportState.AWAIT_ACK,), limit=1_000_000)):
            transport, last = exchange.transport, now + installation.terms_for(exchange).interval
            if transport is not None and transport.due is not None and transport.due > last:
                writer.save_exchange(replace(exchange, transport=replace(transport, due=last)))
                brought += 1
        return brought

    return installation.store.write_now(write)
