"""How a mail is taken in: kept first, then opened, judged and answered, each mail for itself.

`keep` makes the raw octets durable before the mail server is answered. `take_in` does the rest of `ebxml.md` §1.3 in
one task of the worker pool. A mail that breaks our own code is tried again like one that meets any other trouble of
ours, with the name of the defect, and never stops the mails behind it (`ebxml.md` §6.4, Unknown after all retries).
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta

from adapter.delivery import receiver
from adapter.delivery.receiver import Reception, ReceptionState
from adapter.envelope.classify import AutomaticReply, Bounce
from adapter.envelope.respond import Arrived, arrived_as
from adapter.envelope.unpack import FaultMail, Unpacked, unpack
from adapter.errors import JUDGING_DEFECT, STORE_CLAIM_LOST, STORE_FAILED, AdapterError, Blame
from adapter.observe import events
from adapter.observe.log import Line
from adapter.service import payloads, signals
from adapter.service.answers import answer_unreadable
from adapter.service.defects import defect
from adapter.service.installation import Installation
from adapter.service.pulse import STORE_AWAY
from adapter.service.steps import Told, tell
from adapter.service.unjudged import WHY, refuse_unjudged
from adapter.store.port import BlobKind, Mail, Writer
from adapter.transports.port import ReceivedMail

LEASE = timedelta(minutes=5)
BATCH = 16


async def keep(installation: Installation, received: ReceivedMail) -> None:
    """Make a mail durable. Raises `AdapterError` (STORE-...) when it cannot be; then it must not be acknowledged.

    A defect of ours is one of these too: the sending server has to come again, and anything else might tell it not to.
    """
    now = installation.clock.now()
    mail_id = installation.ids.fresh()

    try:
        await installation.store.write(lambda writer: add(writer, mail_id, received, "smtp", now))
    except AdapterError:
        raise
    except Exception as error:
        raise AdapterError(STORE_FAILED, defect(type(error).__name__)) from error
    installation.log.tell(events.MAIL_RECEIVED, Line(state="stored"))


def add(writer: Writer, mail_id: str, received: ReceivedMail, source: str, now: datetime) -> Mail:
    """Write a mail as it arrived; it waits to be taken in."""
    raw = writer.put_blob(received.content, BlobKind.MAIL, now)
    stored = receiver.step(receiver.fetched(now), Reception.BYTES_STORED, now).exchange
    mail = Mail(mail_id, raw, source, received.sender, received.recipients, stored)
    writer.add_mail(mail)
    return mail


def shelve(writer: Writer, mail: Mail, reason: str, now: datetime) -> None:
    """Put a mail into quarantine, for a person to look at."""
    shelved = receiver.step(mail.reception, Reception.UNREADABLE, now, reason).exchange
    writer.save_mail(replace(mail, reception=shelved))


def claim(installation: Installation, worker: str) -> tuple[Mail, ...]:
    """The mails to be taken in now."""
    now = installation.clock.now()
    return installation.store.write_now(lambda writer: writer.claim_mails(now, BATCH, LEASE, worker))


def take_in(installation: Installation, mail: Mail) -> None:
    """Take one claimed mail in, and tell what came of it; runs in a worker thread.

    Raises `AdapterError` only while the store is full, locked or away; the mail waits.
    """
    started = time.perf_counter()
    if mail.reception.state is ReceptionState.PENDING:
        again = receiver.step(mail.reception, Reception.TRY_AGAIN, installation.clock.now()).exchange
        mail = replace(mail, reception=again)
    try:
        told = _take_in(installation, mail)
    except AdapterError as error:
        if error.kind in STORE_AWAY:
            raise
        if (error.kind.retryable and not error.kind.may_pass) or error.kind is STORE_CLAIM_LOST:
            installation.log.tell(events.DAEMON_STEP_FAILED, Line(state="stored", rule=error.id))
            return
        if error.kind.blame is Blame.ADAPTER:
            told = _met_defect(installation, mail, error.id)
        elif _is_ours(error):
            told = _put_off(installation, mail, error, error.id)
        else:
            told = _quarantine(installation, mail, error.id)
    except Exception as error:
        told = _met_defect(installation, mail, type(error).__name__)
    took_ms = round((time.perf_counter() - started) * 1000, 1)
    tell(installation.log, (replace(entry, line=replace(entry.line, took_ms=took_ms)) for entry in told))


def _take_in(installation: Installation, mail: Mail) -> list[Told]:
    octets = installation.store.read_now(lambda reader: reader.blob(mail.raw))
    try:
        unpacked = unpack(octets)
    except AdapterError as error:
        return answer_unreadable(installation, mail, octets, error)
    match unpacked:
        case Bounce():
            return signals.take_bounce(installation, mail, unpacked)
        case FaultMail():
            return signals.take_fault(installation, mail, unpacked)
        case AutomaticReply():
            return _quarantine(installation, mail, "an automatic reply, never answered (EB-030)")
        case Unpacked() if arrived_as(unpacked.kind) is Arrived.SIGNAL:
            return signals.take_signal(installation, mail, unpacked)
        case Unpacked():
            return payloads.take_payload(installation, mail, unpacked)


def _is_ours(error: AdapterError) -> bool:
    """Whether the trouble is this installation's, so that the sender must not be refused for it (`ebxml.md` §7.4)."""
    return error.kind.blame in {Blame.OPERATOR, Blame.NETWORK}


def _met_defect(installation: Installation, mail: Mail, name: str) -> list[Told]:
    """Judge a mail that broke our code later: the next version of it may do better, and until then a person is told."""
    return _put_off(installation, mail, AdapterError(JUDGING_DEFECT), defect(name))


def _put_off(installation: Installation, mail: Mail, error: AdapterError, reason: str) -> list[Told]:
    """Judge a mail later, with a growing pause; after a day its sender is told. Nothing is answered meanwhile."""
    now = installation.clock.now()
    if receiver.has_waited_long(mail.reception, now):
        told = refuse_unjudged(installation, mail, error)
        return told if told is not None else _quarantine(installation, mail, f"{reason}: {WHY}")
    steps = (Reception.HEADER_READ, Reception.NEW_ENVELOPE, Reception.CANNOT_JUDGE)
    pending = receiver.walk(mail.reception, now, *steps, reason=reason)
    installation.store.write_now(lambda writer: writer.save_mail(replace(mail, reception=pending)))
    event = events.MAIL_JUDGING_FAILED if error.kind is JUDGING_DEFECT else events.MAIL_PUT_OFF
    return [Told(event, Line(state="pending", rule=reason))]


def _quarantine(installation: Installation, mail: Mail, reason: str) -> list[Told]:
    now = installation.clock.now()

    installation.store.write_now(lambda writer: shelve(writer, mail, reason, now))
    return [Told(events.MAIL_QUARANTINED, Line(state="quarantine", rule=reason))]
