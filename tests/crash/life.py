"""A message's life in steps, for being killed in the middle of it. Run as a program by `test_kill.py`.

python life.py instants FOLDER    die at every statement and commit in turn, each in a store of its own
python life.py flood STORE        write for ever, and say on standard output what was confirmed
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from changes import before_each_change

from adapter.delivery import receiver, sender
from adapter.delivery.duplicates import Seen, SignedReference
from adapter.delivery.receiver import Reception
from adapter.delivery.recorded import Pseudonym, StayFact
from adapter.delivery.retry import RetryTerms
from adapter.delivery.sender_events import AckVerified, Event, MailAccepted, Sealed
from adapter.facts import Admitted, Discharged, Fact, HowKnown
from adapter.store.port import (
    BlobKind,
    Direction,
    Exchange,
    InboxItem,
    JournalEntry,
    Mail,
    OutboxItem,
    OutboxKind,
    OutboxState,
    Outcome,
    SeenEnvelope,
    TakenMessage,
    Writer,
)
from adapter.store.sql_store import SqlStore, open_store
from adapter.values import Digest, EdiAddress, HerId, MessageId, Moment, MsgId

T0 = datetime(2012, 3, 5, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
TERMS = RetryTerms()
HOSPITAL, MUNICIPALITY = HerId("100"), HerId("200")
US, THEM = EdiAddress("us@hospital.test"), EdiAddress("them@municipality.test")
PATIENT = Pseudonym("1" * 64)


def stay_fact(exchange_id: str, what: Admitted | Discharged) -> StayFact:
    fact = Fact(what, Moment.at(T0), HowKnown.OUR_MESSAGE, Digest.of(exchange_id.encode()))
    return StayFact(PATIENT, HOSPITAL, fact, MUNICIPALITY, exchange_id=exchange_id)


# ── the steps: each is one piece of work, and finds by itself what is to be done ────────────────────────────────────


def submit(writer: Writer) -> None:
    payload = writer.put_blob(b"business message", BlobKind.PAYLOAD, T0)
    writer.add_exchange(
        Exchange(
            "out",
            Direction.OUT,
            "PLO",
            HOSPITAL,
            MUNICIPALITY,
            T0,
            payload=payload,
            msg_id=MsgId("M"),
            transport=sender.new(T0),
        )
    )
    writer.add_journal(JournalEntry("out", T0, "submitted"))


def move(writer: Writer, happened: Event) -> None:
    exchange = writer.exchange("out")
    assert exchange is not None
    assert exchange.transport is not None
    writer.save_exchange(replace(exchange, transport=sender.step(exchange.transport, happened, T0, TERMS).exchange))
    writer.add_journal(JournalEntry("out", T0, type(happened).__name__))


def seal(writer: Writer) -> None:
    body = writer.put_blob(b"sealed bytes", BlobKind.SEALED, T0)
    move(writer, Sealed())
    writer.put_outbox(OutboxItem("out", OutboxKind.MESSAGE, body, US, THEM, T0, T0, exchange_id="out"))


def claim(writer: Writer) -> None:
    (item,) = writer.claim_outbox(T0, 10, LEASE, "daemon")
    writer.correlate(f"<{item.id}-{item.attempts}@us>", "out", T0)


def sent(writer: Writer) -> None:
    (item,) = writer.outbox_of("out")
    move(writer, MailAccepted())
    writer.finish_outbox(item, OutboxState.SENT, T0)
    writer.append_fact(stay_fact("out", Admitted()), T0)


def acknowledged(writer: Writer) -> None:
    move(writer, AckVerified())


def mail_stored(writer: Writer) -> None:
    raw = writer.put_blob(b"a whole mail", BlobKind.MAIL, T0)
    reception = receiver.step(receiver.fetched(T0), Reception.BYTES_STORED, T0).exchange
    writer.add_mail(Mail("mail", raw, "listener", "a@b", ("c@d",), reception))


def taken_in(writer: Writer) -> None:
    (mail,) = writer.claim_mails(T0, 10, LEASE, "daemon")
    reception = mail.reception
    for happened in (Reception.HEADER_READ, Reception.NEW_ENVELOPE, Reception.VALID):
        reception = receiver.step(reception, happened, T0).exchange
    payload = writer.put_blob(b"their message", BlobKind.PAYLOAD, T0)
    response = writer.put_blob(b"the acknowledgment", BlobKind.SIGNAL, T0)
    writer.add_exchange(
        Exchange("in", Direction.IN, "PLO", MUNICIPALITY, HOSPITAL, T0, payload=payload, reception=reception)
    )
    seen = Seen(Digest.of(b"soap"), (SignedReference("", "a=="),), None)
    writer.reserve(
        SeenEnvelope(MUNICIPALITY, MessageId("m"), seen, Outcome.IN_PROGRESS, "in", T0, T0 + timedelta(days=30))
    )
    writer.answered(MUNICIPALITY, MessageId("m"), response, Outcome.ACKNOWLEDGED)
    writer.take_msg_id(TakenMessage(MsgId("m"), HOSPITAL, "in", payload, T0))
    writer.add_inbox(InboxItem("in", payload, T0))
    writer.put_outbox(OutboxItem("in:signal", OutboxKind.SIGNAL, response, US, THEM, T0, T0, exchange_id="in"))
    writer.append_fact(stay_fact("in", Discharged()), T0)
    writer.save_mail(replace(mail, reception=reception, exchange_id="in"))


def delivered(writer: Writer) -> None:
    writer.take_inbox("in", T0, "in.xml")


STEPS: tuple[Callable[[Writer], None], ...] = (
    submit,
    seal,
    claim,
    sent,
    acknowledged,
    mail_stored,
    taken_in,
    delivered,
)


def contents(path: Path) -> str:
    """Everything in the store, as text."""
    connection = sqlite3.connect(path)
    dump = "\n".join(connection.iterdump())
    connection.close()
    return dump


# ── dying at every instant in turn ──────────────────────────────────────────────────────────────────────────────────


class Death:
    """Kills this process at the n-th moment: before a statement, before or after a commit."""

    def __init__(self, moment: int) -> None:
        self._left = moment

    def __call__(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def live(path: Path, moment: int, told: int) -> None:
    """The whole life in a child process, writing one byte for each confirmed step, until death."""
    store = open_store(path)
    death = Death(moment)
    before_each_change(store._engine, death)
    for step in STEPS:
        store.write_now(step)
        death()
        os.write(told, b".")
    os._exit(0)


def kill_once(path: Path, moment: int) -> tuple[int, bool]:
    """Fork, live, die; the number of confirmed steps, and whether life ended by itself."""
    listen, told = os.pipe()
    child = os.fork()
    if child == 0:
        live(path, moment, told)
    os.close(told)
    confirmed = 0
    while part := os.read(listen, 100):
        confirmed += len(part)
    os.close(listen)
    _, status = os.waitpid(child, 0)
    return confirmed, not os.WIFSIGNALED(status)


def instants(folder: Path) -> dict[str, object]:
    """Die at each moment of the life in turn, and compare what is left with the states between the steps."""
    fresh = folder / "fresh.db"
    open_store(fresh, pseudonym_key=b"k" * 32).close()
    empty = fresh.read_bytes()
    states = [contents(fresh)]
    store = open_store(fresh)
    for step in STEPS:
        store.write_now(step)
        states.append(contents(fresh))
    store.close()

    wrong: list[str] = []
    moment, ended = 0, False
    while not ended:
        moment += 1
        path = folder / f"{moment}.db"
        path.write_bytes(empty)
        confirmed, ended = kill_once(path, moment)
        wrong += (f"moment {moment}: {problem}" for problem in after_death(path, confirmed, states))
    return {"moments": moment, "wrong": wrong}


def after_death(path: Path, confirmed: int, states: list[str]) -> list[str]:
    """What does not hold after a restart; empty when everything does."""
    store = open_store(path)
    found = contents(path)
    here = states.index(found) if found in states else -1
    problems = [] if here in {confirmed, confirmed + 1} else [f"{confirmed} steps confirmed, {here} steps kept"]
    if here >= 0:
        for step in STEPS[here:]:
            store.write_now(step)
        if contents(path) != states[-1]:
            problems.append("the rest of the life did not end where it should")
    report = store.read_now(lambda reader: reader.verify_chain())
    if report.broken_at is not None:
        problems.append("the chain is broken")
    store.close()
    return problems


# ── writing for ever ────────────────────────────────────────────────────────────────────────────────────────────────


def round_of(worker: str, number: int) -> Callable[[Writer], int]:
    """One piece of work of several rows that belong together."""

    def work(writer: Writer) -> int:
        exchange_id = f"{worker}-{number}"
        payload = writer.put_blob(exchange_id.encode() * 500, BlobKind.PAYLOAD, T0)
        writer.add_exchange(Exchange(exchange_id, Direction.IN, "PLO", MUNICIPALITY, HOSPITAL, T0, payload=payload))
        writer.add_inbox(InboxItem(exchange_id, payload, T0))
        writer.append_fact(stay_fact(exchange_id, Admitted()), T0)
        return number

    return work


async def flood(store: SqlStore, worker: str) -> None:
    """Eight callers at a time; a number is printed when its work is confirmed."""
    number = 0
    while True:
        works = [round_of(worker, number + offset) for offset in range(8)]
        number += len(works)
        for confirmed in await asyncio.gather(*(store.write(work) for work in works)):
            os.write(1, f"{worker}-{confirmed}\n".encode())


def main() -> None:
    if sys.argv[1] == "instants":
        os.write(1, json.dumps(instants(Path(sys.argv[2]))).encode())
    else:
        asyncio.run(flood(open_store(Path(sys.argv[2])), sys.argv[3]))


if __name__ == "__main__":
    main()
