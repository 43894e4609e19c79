"""Every operation of the port on a real SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.delivery import receipts, receiver, sender
from adapter.delivery.duplicates import Seen, SignedReference
from adapter.delivery.receipts import AppRecState, ReceiptExchange
from adapter.delivery.receiver import ReceivedExchange, Reception, ReceptionState
from adapter.delivery.recorded import Pseudonym, StayFact
from adapter.delivery.retry import RetryTerms
from adapter.delivery.sender import HandOver, SenderExchange, TransportState
from adapter.delivery.sender_events import AckVerified, Event, MailAccepted, Sealed
from adapter.errors import AdapterError
from adapter.facts import Admitted, Discharged, Fact, HowKnown
from adapter.store.port import (
    BlobKind,
    Counts,
    Direction,
    Exchange,
    ExchangeFilter,
    FactFilter,
    InboxItem,
    JournalEntry,
    Mail,
    OutboxItem,
    OutboxKind,
    OutboxState,
    Outcome,
    Reader,
    SeenEnvelope,
    Store,
    TakenMessage,
    Writer,
)
from adapter.store.sql_reader import SqlReader
from adapter.store.sql_store import SqlStore
from adapter.store.sql_writer import SqlWriter
from adapter.values import Digest, EdiAddress, HerId, MessageId, Moment, MsgId, Zone

T = TypeVar("T")
T0 = datetime(2012, 3, 5, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LEASE = 5 * MINUTE
HOSPITAL, MUNICIPALITY = HerId("100"), HerId("200")
US, THEM = EdiAddress("us@hospital.test"), EdiAddress("them@municipality.test")
GUID = "0F8FAD5B-D9CB-469F-A165-70867728950E"


def outgoing(exchange_id: str = "e1", **changes: object) -> Exchange:
    exchange = Exchange(exchange_id, Direction.OUT, "PLO", HOSPITAL, MUNICIPALITY, T0, transport=sender.new(T0))
    return replace(exchange, **changes)  # type: ignore[arg-type]


def incoming(exchange_id: str = "i1", **changes: object) -> Exchange:
    reception = ReceivedExchange(ReceptionState.ACCEPTED, T0, T0)
    exchange = Exchange(exchange_id, Direction.IN, "PLO", MUNICIPALITY, HOSPITAL, T0, reception=reception)
    return replace(exchange, **changes)  # type: ignore[arg-type]


def put(store: SqlStore, *exchanges: Exchange) -> None:
    store.write_now(lambda writer: [writer.add_exchange(exchange) for exchange in exchanges])


def ask(store: SqlStore, question: Callable[[Reader], T]) -> T:
    return store.read_now(question)


def error_of(store: SqlStore, work: Callable[[Writer], object]) -> str:
    with pytest.raises(AdapterError) as caught:
        store.write_now(work)
    return caught.value.id


def test_it_is_a_store(store: SqlStore) -> None:
    """The SQL store is what the port describes."""
    port: Store = store
    assert port.data_version() == port.data_version()


# ── bytes ──


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(st.binary(max_size=3000))
def test_bytes_come_back(store: SqlStore, content: bytes) -> None:
    """Bytes come back by their digest, however often they were put."""
    digest = store.write_now(lambda writer: writer.put_blob(content, BlobKind.MAIL, T0))
    again = store.write_now(lambda writer: writer.put_blob(content, BlobKind.PAYLOAD, T0))
    assert digest == again == Digest.of(content)
    assert ask(store, lambda reader: reader.blob(digest)) == content


def test_bytes_that_are_not_there(store: SqlStore) -> None:
    """A digest without bytes is STORE-MISSING."""
    assert error_of(store, lambda writer: writer.blob(Digest.of(b"nothing"))) == "STORE-MISSING"


# ── exchanges ──


def full_exchange() -> Exchange:
    moment = Moment(T0, "2012-03-05T10:00:00", Zone.ASSUMED_OSLO, ambiguous_hour=True)
    return Exchange(
        id="full",
        direction=Direction.OUT,
        type="PLO",
        sender=HOSPITAL,
        receiver=MUNICIPALITY,
        created_at=T0,
        payload=Digest.of(b"payload"),
        msg_id=MsgId(GUID),
        generated=moment,
        message_id=MessageId("m1@hospital"),
        conversation_id="c",
        cpa_id="100_200_1",
        service="HIS:S",
        action="A",
        from_role="r1",
        to_role="r2",
        sealed=Digest.of(b"sealed"),
        soap=Digest.of(b"soap"),
        peer_address=THEM,
        references=(SignedReference("", "a=="), SignedReference("cid:p", "b==")),
        receipt_for="e1",
        answers="e1",
        transport=SenderExchange(TransportState.AWAIT_ACK, T0, 2, T0, T0 + HOUR, 1, HandOver.UNKNOWN, "why"),
        receipt=ReceiptExchange(AppRecState.REJECTED, T0, None, ("E36", "X99")),
        reception=ReceivedExchange(ReceptionState.PENDING, T0, T0, 3, T0 + HOUR, T0, T0, "because"),
    )


def test_every_column_of_an_exchange_comes_back(store: SqlStore) -> None:
    """An exchange with every field set is read as it was written."""
    exchange = full_exchange()

    def work(writer: Writer) -> None:
        writer.put_blob(b"payload", BlobKind.PAYLOAD, T0)
        writer.put_blob(b"sealed", BlobKind.SEALED, T0)
        writer.add_exchange(outgoing("e1"))
        writer.add_exchange(exchange)

    store.write_now(work)
    back = ask(store, lambda reader: reader.exchange("full"))
    assert repr(back) == repr(exchange)


def test_an_exchange_of_an_unknown_id_is_none(store: SqlStore) -> None:
    """Asking for an id that nobody gave finds nothing."""
    assert ask(store, lambda reader: reader.exchange("nobody")) is None
    assert ask(store, lambda reader: reader.mail("nobody")) is None
    assert ask(store, lambda reader: reader.inbox_item("nobody")) is None


def test_an_id_is_used_once(store: SqlStore) -> None:
    """A second exchange of the same id is STORE-EXISTS and leaves the first alone."""
    put(store, outgoing("e1"))
    assert error_of(store, lambda writer: writer.add_exchange(outgoing("e1", type="other"))) == "STORE-EXISTS"
    found = ask(store, lambda reader: reader.exchange("e1"))
    assert found is not None
    assert found.type == "PLO"


def test_a_change_on_an_old_reading_is_refused(store: SqlStore) -> None:
    """Who saves what somebody else has changed since gets STORE-CONFLICT."""
    put(store, outgoing("e1"))
    read = ask(store, lambda reader: reader.exchange("e1"))
    assert read is not None
    saved = store.write_now(lambda writer: writer.save_exchange(replace(read, cpa_id="mine")))
    assert saved.version == 1
    assert error_of(store, lambda writer: writer.save_exchange(replace(read, cpa_id="theirs"))) == "STORE-CONFLICT"
    assert ask(store, lambda reader: reader.exchange("e1")) == saved


def test_submissions_come_oldest_first(store: SqlStore) -> None:
    """New submissions are found in the order in which they were handed in, and nothing else is."""
    waiting = SenderExchange(TransportState.AWAIT_ACK, T0)
    put(
        store,
        outgoing("b", created_at=T0 + MINUTE),
        outgoing("a", created_at=T0 + HOUR),
        outgoing("c", created_at=T0),
        outgoing("d", transport=waiting),
        incoming(),
    )
    assert [exchange.id for exchange in ask(store, lambda reader: reader.submissions())] == ["c", "b", "a"]
    assert len(ask(store, lambda reader: reader.submissions(limit=1))) == 1


def test_timers_are_due_when_their_time_has_come(store: SqlStore) -> None:
    """Transport timers count in AWAIT_ACK only; receipts count wherever the message is."""
    waiting = SenderExchange(TransportState.AWAIT_ACK, T0, first_sent=T0, due=T0 + HOUR)
    ready = SenderExchange(TransportState.READY, T0, due=T0)
    put(
        store,
        outgoing("wait", transport=waiting, receipt=receipts.expected(T0, T0)),
        outgoing("ready", transport=ready),
    )
    assert ask(store, lambda reader: reader.due_transport(T0 + HOUR - MINUTE)) == ()
    assert [e.id for e in ask(store, lambda reader: reader.due_transport(T0 + HOUR))] == ["wait"]
    assert ask(store, lambda reader: reader.due_receipts(T0 + 95 * HOUR)) == ()
    assert [e.id for e in ask(store, lambda reader: reader.due_receipts(T0 + 96 * HOUR))] == ["wait"]
    assert ask(store, lambda reader: reader.next_due()) == T0 + HOUR


def test_an_envelope_is_found_by_its_id_and_peer(store: SqlStore) -> None:
    """The MessageId finds our exchange, and only with the right other party when one is given."""
    put(store, outgoing("e1", message_id=MessageId("m1")), incoming("i1", message_id=MessageId("m2")))

    def found(direction: Direction, message_id: str, peer: HerId | None) -> str | None:
        exchange = ask(store, lambda reader: reader.by_message_id(direction, MessageId(message_id), peer))
        return None if exchange is None else exchange.id

    assert found(Direction.OUT, "m1", None) == "e1"
    assert found(Direction.OUT, "m1", MUNICIPALITY) == "e1"
    assert found(Direction.OUT, "m1", HOSPITAL) is None
    assert found(Direction.IN, "m1", None) is None
    assert found(Direction.IN, "m2", MUNICIPALITY) == "i1"
    assert found(Direction.OUT, "M1", None) is None


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (GUID, True),
        (GUID.lower(), True),
        (GUID.replace("-", ""), True),
        (f"{{{GUID}}}", True),
        (GUID.replace("0", "1"), False),
        ("dada", False),
    ],
)
def test_a_receipt_finds_the_message_it_is_for(store: SqlStore, written: str, found: bool) -> None:
    """A MsgId is found without regard to case, and as bare digits where a counterparty drops the hyphens."""
    put(store, outgoing("e1", msg_id=MsgId(GUID)), outgoing("e2", msg_id=MsgId("da da")))
    ids = [e.id for e in ask(store, lambda reader: reader.find_sent(MsgId(written), MUNICIPALITY))]
    assert ids == (["e1"] if found else [])
    assert ask(store, lambda reader: reader.find_sent(MsgId(GUID), HerId("999"))) == ()


LISTS = {
    "all, newest first": (ExchangeFilter(), ["i1", "e2", "e1"]),
    "out": (ExchangeFilter(direction=Direction.OUT), ["e2", "e1"]),
    "type": (ExchangeFilter(type="APPREC"), ["e2"]),
    "peer": (ExchangeFilter(peer=MUNICIPALITY), ["i1", "e1"]),
    "transport": (ExchangeFilter(transport=(TransportState.NEW,)), ["e2", "e1"]),
    "receipt": (ExchangeFilter(receipt=(AppRecState.SENT,)), ["e1"]),
    "reception": (ExchangeFilter(reception=(ReceptionState.ACCEPTED, ReceptionState.PENDING)), ["i1"]),
    "since": (ExchangeFilter(created_from=T0 + MINUTE), ["i1", "e2"]),
    "before": (ExchangeFilter(created_before=T0 + MINUTE), ["e1"]),
    "limit": (ExchangeFilter(limit=1), ["i1"]),
}


@pytest.mark.parametrize(("which", "ids"), LISTS.values(), ids=LISTS.keys())
def test_a_list(store: SqlStore, which: ExchangeFilter, ids: list[str]) -> None:
    """Each filter restricts by its own column."""
    put(
        store,
        outgoing("e1", receipt=receipts.expected(T0, T0)),
        outgoing("e2", type="APPREC", receiver=HerId("300"), created_at=T0 + MINUTE),
        incoming("i1", created_at=T0 + HOUR),
    )
    assert [exchange.id for exchange in ask(store, lambda reader: reader.exchanges(which))] == ids


def test_receipts_and_answers_are_related(store: SqlStore) -> None:
    """The AppRecs for and the answers to a message are found from it."""
    put(store, outgoing("e1"), incoming("r", receipt_for="e1"), incoming("a", answers="e1", created_at=T0 + HOUR))
    assert [exchange.id for exchange in ask(store, lambda reader: reader.related("e1"))] == ["r", "a"]


def test_a_writer_reads_the_journal_that_it_has_just_written(store: SqlStore) -> None:
    """Lines that are written together at the end of a piece of work are there for it before."""
    line = JournalEntry("e1", T0, "sent")

    def work(writer: Writer) -> tuple[JournalEntry, ...]:
        writer.add_journal(line)
        return writer.journal("e1")

    assert store.write_now(work) == (line,)
    assert store.read_now(lambda reader: reader.journal("e1")) == (line,)


def test_the_journal_keeps_its_order(store: SqlStore) -> None:
    """Lines of a journal come back in the order of writing, and only those of the exchange."""
    entries = [JournalEntry("e1", T0, "sealed"), JournalEntry("e1", T0, "sent", "250"), JournalEntry("e2", T0, "x")]
    store.write_now(lambda writer: [writer.add_journal(entry) for entry in entries])
    assert ask(store, lambda reader: reader.journal("e1")) == tuple(entries[:2])


# ── mails ──


def stored_mail(mail_id: str = "m1", received: datetime = T0) -> Mail:
    reception = receiver.step(receiver.fetched(received), Reception.BYTES_STORED, received).exchange
    return Mail(mail_id, Digest.of(b"mail"), "listener", "a@b", ("c@d", "e@f"), reception)


def put_mails(store: SqlStore, *mails: Mail) -> None:
    def work(writer: Writer) -> None:
        writer.put_blob(b"mail", BlobKind.MAIL, T0)
        for mail in mails:
            writer.add_mail(mail)

    store.write_now(work)


def claim_mails(store: SqlStore, now: datetime, limit: int = 10) -> tuple[Mail, ...]:
    return store.write_now(lambda writer: writer.claim_mails(now, limit, LEASE, "w"))


def test_a_mail_comes_back(store: SqlStore) -> None:
    """A mail is read as it was written, and listed by its state."""
    put_mails(store, stored_mail())
    assert ask(store, lambda reader: reader.mail("m1")) == stored_mail()
    assert ask(store, lambda reader: reader.mails([ReceptionState.STORED])) == (stored_mail(),)
    assert ask(store, lambda reader: reader.mails([ReceptionState.CLOSED])) == ()


def test_a_mail_is_claimed_by_one_worker(store: SqlStore) -> None:
    """A claimed mail is not given out again before its lease is over; then it is, with a new fence."""
    put_mails(store, stored_mail("m1"), stored_mail("m2", T0 - MINUTE))
    first = claim_mails(store, T0)
    assert [(mail.id, mail.fence) for mail in first] == [("m2", 1), ("m1", 1)]
    assert claim_mails(store, T0 + LEASE - MINUTE) == ()
    assert [mail.fence for mail in claim_mails(store, T0 + LEASE)] == [2, 2]
    assert error_of(store, lambda writer: writer.save_mail(first[0])) == "STORE-CLAIM-LOST"


def test_a_pending_mail_waits_for_its_time(store: SqlStore) -> None:
    """What could not be judged is claimed again when it is due, and a closed mail never."""
    put_mails(store, stored_mail("m1"), stored_mail("m2"))
    one, two = claim_mails(store, T0)
    pending = replace(one, reception=replace(one.reception, state=ReceptionState.PENDING, due=T0 + HOUR))
    closed = replace(two, reception=replace(two.reception, state=ReceptionState.CLOSED), exchange_id="x")
    store.write_now(lambda writer: [writer.save_mail(pending), writer.save_mail(closed)])
    assert ask(store, lambda reader: reader.next_due()) == T0 + HOUR
    assert claim_mails(store, T0 + HOUR - MINUTE) == ()
    assert [mail.id for mail in claim_mails(store, T0 + HOUR)] == ["m1"]
    assert ask(store, lambda reader: reader.mail("m2")) == closed


# ── outbox ──


def item(item_id: str = "o1", due: datetime = T0, **changes: object) -> OutboxItem:
    made = OutboxItem(item_id, OutboxKind.MESSAGE, Digest.of(b"body"), US, THEM, due, T0)
    return replace(made, **changes)  # type: ignore[arg-type]


def put_items(store: SqlStore, *items: OutboxItem) -> None:
    def work(writer: Writer) -> None:
        writer.put_blob(b"body", BlobKind.SEALED, T0)
        for one in items:
            writer.put_outbox(one)

    store.write_now(work)


def claim(store: SqlStore, now: datetime, limit: int = 10) -> tuple[OutboxItem, ...]:
    return store.write_now(lambda writer: writer.claim_outbox(now, limit, LEASE, "w"))


def test_an_item_is_claimed_when_it_is_due(store: SqlStore) -> None:
    """Due items are given out, the longest due first, and the first attempt is noted once."""
    put_items(store, item("late", T0 + HOUR), item("now", T0), item("before", T0 - MINUTE))
    claimed = claim(store, T0)
    assert [one.id for one in claimed] == ["before", "now"]
    assert [(one.fence, one.attempts, one.first_attempt) for one in claimed] == [(1, 1, T0)] * 2
    again = claim(store, T0 + LEASE)
    assert [(one.fence, one.attempts, one.first_attempt) for one in again] == [(2, 2, T0)] * 2


def test_only_the_last_claim_may_write_the_end(store: SqlStore) -> None:
    """A worker whose lease ran out cannot finish or postpone what another one has taken."""
    put_items(store, item())
    (old,) = claim(store, T0)
    (new,) = claim(store, T0 + LEASE)
    assert error_of(store, lambda w: w.finish_outbox(old, OutboxState.SENT, T0)) == "STORE-CLAIM-LOST"
    assert error_of(store, lambda w: w.postpone_outbox(old, T0, "x")) == "STORE-CLAIM-LOST"
    store.write_now(lambda writer: writer.finish_outbox(new, OutboxState.SENT, T0 + LEASE))
    assert claim(store, T0 + HOUR) == ()


def test_a_postponed_item_comes_back(store: SqlStore) -> None:
    """An item given back is due at its new time, with the deferral counted."""
    put_items(store, item())
    (claimed,) = claim(store, T0)
    store.write_now(lambda writer: writer.postpone_outbox(claimed, T0 + HOUR, "421"))
    assert ask(store, lambda reader: reader.next_due()) == T0 + HOUR
    assert claim(store, T0 + MINUTE) == ()
    (again,) = claim(store, T0 + HOUR)
    assert (again.deferrals, again.reason, again.attempts) == (1, "421", 2)


def test_doubts_are_counted_until_it_is_put_again(store: SqlStore) -> None:
    """Each time nobody knows whether an item left is a doubt; put again, it is as one that was never doubted."""
    put_items(store, item())
    for doubts in range(3):
        (claimed,) = claim(store, T0)
        assert (claimed.doubts, claimed.deferrals) == (doubts, 0)
        store.write_now(lambda writer, one=claimed: writer.put_back_outbox(one, T0, "lost after DATA"))
    put_items(store, item())
    (again,) = claim(store, T0)
    assert (again.doubts, again.never_left) == (0, False)


def test_whether_an_item_has_left_is_known_over_every_put(store: SqlStore) -> None:
    """Put off, put again while it waits, refused and put again: it never left. Doubted, run out, sent: it may have."""

    def next_claim(hours: int) -> OutboxItem:
        (claimed,) = claim(store, T0 + hours * HOUR)
        return claimed

    put_items(store, item())
    first = next_claim(0)
    store.write_now(lambda writer: writer.postpone_outbox(first, T0 + HOUR, "421"))
    put_items(store, item(due=T0 + HOUR))
    assert next_claim(1).never_left
    again = next_claim(2)
    assert not again.never_left
    put_items(store, item("o2"), item("o3"), item("o4"))
    for claimed in claim(store, T0):
        if claimed.id == "o2":
            store.write_now(lambda writer, one=claimed: writer.finish_outbox(one, OutboxState.REFUSED, T0, "550"))
        elif claimed.id == "o3":
            store.write_now(lambda writer, one=claimed: writer.finish_outbox(one, OutboxState.SENT, T0))
        else:
            store.write_now(lambda writer, one=claimed: writer.put_back_outbox(one, T0, "lost after DATA"))
    put_items(store, item("o2"), item("o3"), item("o4"))
    assert [(one.id, one.never_left) for one in claim(store, T0)] == [("o2", True), ("o3", False), ("o4", False)]


def test_a_renewed_item_is_the_answer_from_then_on(store: SqlStore) -> None:
    """Other octets for a signal that never left go at once, and a copy of the envelope it answers gets them too."""
    old, new = Digest.of(b"body"), Digest.of(b"renewed")
    put_items(store, item(kind=OutboxKind.SIGNAL))
    (claimed,) = claim(store, T0)

    def renew(writer: Writer) -> None:
        writer.put_blob(b"renewed", BlobKind.SIGNAL, T0)
        writer.reserve(envelope())
        writer.answered(MUNICIPALITY, MessageId("m1"), old, Outcome.ACKNOWLEDGED)
        writer.renew_outbox(claimed, new, T0 + MINUTE)

    store.write_now(renew)
    seen = ask(store, lambda reader: reader.seen(MUNICIPALITY, MessageId("m1")))
    assert seen is not None
    assert seen.seen.response == new
    (again,) = claim(store, T0 + MINUTE)
    assert (again.body, again.never_left) == (new, True)
    assert error_of(store, lambda writer: writer.renew_outbox(claimed, old, T0)) == "STORE-CLAIM-LOST"


def test_an_item_put_again_waits_again(store: SqlStore) -> None:
    """A resend uses the same item: it waits again, from now on, and an end of an earlier claim no longer counts."""
    put_items(store, item())
    (first,) = claim(store, T0)
    put_items(store, item(due=T0 + HOUR, created_at=T0 + MINUTE))
    assert error_of(store, lambda w: w.finish_outbox(first, OutboxState.SENT, T0)) == "STORE-CLAIM-LOST"
    (again,) = claim(store, T0 + HOUR)
    assert (again.fence, again.created_at, again.first_attempt) == (3, T0 + MINUTE, T0)


def test_claims_of_a_dead_worker_are_given_back_at_start(store: SqlStore) -> None:
    """A worker that starts anew takes back its own claims at once, and nobody else's."""
    put_items(store, item("mine"), item("theirs"))
    put_mails(store, stored_mail())
    store.write_now(lambda writer: writer.claim_outbox(T0, 1, LEASE, "me"))
    store.write_now(lambda writer: writer.claim_outbox(T0, 1, LEASE, "them"))
    store.write_now(lambda writer: writer.claim_mails(T0, 1, LEASE, "me"))
    assert store.write_now(lambda writer: writer.release_claims("me")) == 2
    assert [one.id for one in claim(store, T0)] == ["mine"]
    assert len(claim_mails(store, T0)) == 1


def test_what_is_decided_is_no_longer_sent(store: SqlStore) -> None:
    """A decided exchange withdraws its waiting message, and the attempt under way may still write its end."""
    put(store, outgoing("e1", transport=SenderExchange(TransportState.READY, T0)))
    put_items(store, item(exchange_id="e1"), item("signal", exchange_id="e1", kind=OutboxKind.SIGNAL))
    claimed = {one.id: one for one in claim(store, T0)}
    read = ask(store, lambda reader: reader.exchange("e1"))
    assert read is not None
    acked = replace(read, transport=SenderExchange(TransportState.ACKED, T0))
    store.write_now(lambda writer: writer.save_exchange(acked))
    states = {one.id: one.state for one in ask(store, lambda reader: reader.outbox_of("e1"))}
    assert states == {"o1": OutboxState.WITHDRAWN, "signal": OutboxState.WAITING}
    store.write_now(lambda writer: writer.finish_outbox(claimed["o1"], OutboxState.SENT, T0))
    assert [one.id for one in claim(store, T0 + HOUR)] == ["signal"]


def test_the_next_moment_counts_a_claim_from_the_end_of_its_lease(store: SqlStore) -> None:
    """While an item is claimed, the next moment is when its lease ends."""
    assert ask(store, lambda reader: reader.next_due()) is None
    put_items(store, item())
    assert ask(store, lambda reader: reader.next_due()) == T0
    claim(store, T0)
    assert ask(store, lambda reader: reader.next_due()) == T0 + LEASE


# ── dedupe, business duplicates, inbox ──


def envelope() -> SeenEnvelope:
    seen = Seen(Digest.of(b"soap"), (SignedReference("", "a=="), SignedReference("cid:1", "b==")), None)
    return SeenEnvelope(MUNICIPALITY, MessageId("m1"), seen, Outcome.IN_PROGRESS, "i1", T0, T0 + timedelta(days=30))


def test_an_envelope_id_is_reserved_once(store: SqlStore) -> None:
    """The pair of sender and MessageId can be taken once; another sender may use the same id."""
    store.write_now(lambda writer: writer.reserve(envelope()))
    assert ask(store, lambda reader: reader.seen(MUNICIPALITY, MessageId("m1"))) == envelope()
    assert error_of(store, lambda writer: writer.reserve(envelope())) == "STORE-EXISTS"
    store.write_now(lambda writer: writer.reserve(replace(envelope(), sender=HOSPITAL)))
    assert ask(store, lambda reader: reader.seen(HOSPITAL, MessageId("M1"))) is None


def test_the_first_answer_holds(store: SqlStore) -> None:
    """The stored answer is written once and never replaced."""

    def answer(content: bytes) -> Callable[[Writer], None]:
        def work(writer: Writer) -> None:
            response = writer.put_blob(content, BlobKind.SIGNAL, T0)
            writer.answered(MUNICIPALITY, MessageId("m1"), response, Outcome.ACKNOWLEDGED)

        return work

    assert error_of(store, answer(b"early")) == "STORE-CONFLICT"
    store.write_now(lambda writer: writer.reserve(envelope()))
    store.write_now(answer(b"ack"))
    assert error_of(store, answer(b"error")) == "STORE-CONFLICT"
    seen = ask(store, lambda reader: reader.seen(MUNICIPALITY, MessageId("m1")))
    assert seen is not None
    assert (seen.seen.response, seen.outcome) == (Digest.of(b"ack"), Outcome.ACKNOWLEDGED)
    with pytest.raises(AdapterError):
        ask(store, lambda reader: reader.blob(Digest.of(b"error")))


def test_only_finished_records_are_forgotten(store: SqlStore) -> None:
    """Dedupe records go when their time is over, but never one that is still being worked on."""
    done = replace(envelope(), message_id=MessageId("m2"), outcome=Outcome.REFUSED)
    store.write_now(lambda writer: [writer.reserve(envelope()), writer.reserve(done)])
    assert store.write_now(lambda writer: writer.forget(T0 + timedelta(days=30), 10)) == 0
    assert store.write_now(lambda writer: writer.forget(T0 + timedelta(days=31), 10)) == 1
    assert ask(store, lambda reader: reader.seen(MUNICIPALITY, MessageId("m1"))) is not None


def test_much_is_forgotten_in_parts(store: SqlStore) -> None:
    """No transaction drops more than its limit, and going on until nothing is left drops all of it."""
    done = replace(envelope(), outcome=Outcome.REFUSED)
    for number in range(5):
        record = replace(done, message_id=MessageId(f"m{number}"))
        store.write_now(lambda writer, record=record: writer.reserve(record))  # type: ignore[misc]
    gone = [store.write_now(lambda writer: writer.forget(T0 + timedelta(days=31), 2)) for _ in range(4)]
    assert gone == [2, 2, 1, 0]


def test_a_business_message_is_taken_once_per_organisation(store: SqlStore) -> None:
    """A MsgId in another case is the same message; for another organisation it is new."""
    put(store, incoming("i1"), incoming("i2"))
    first = TakenMessage(MsgId(GUID), HOSPITAL, "i1", Digest.of(b"p"), T0)
    second = TakenMessage(MsgId(GUID.lower()), HOSPITAL, "i2", Digest.of(b"q"), T0)
    assert store.write_now(lambda writer: writer.take_msg_id(first)) is None
    assert store.write_now(lambda writer: writer.take_msg_id(second)) == first
    other = replace(second, organisation=MUNICIPALITY)
    assert store.write_now(lambda writer: writer.take_msg_id(other)) is None
    assert ask(store, lambda reader: reader.taken(MsgId(GUID), HOSPITAL)) == first


def test_the_application_takes_a_message_once(store: SqlStore) -> None:
    """The first taking counts; a second one gets the item as it was."""
    waiting = InboxItem("i1", Digest.of(b"p"), T0)

    def work(writer: Writer) -> None:
        writer.put_blob(b"p", BlobKind.PAYLOAD, T0)
        writer.add_exchange(incoming("i1"))
        writer.add_inbox(waiting)

    store.write_now(work)
    assert ask(store, lambda reader: reader.inbox_waiting()) == (waiting,)
    taken = store.write_now(lambda writer: writer.take_inbox("i1", T0 + HOUR, "f.xml"))
    assert taken == replace(waiting, taken_at=T0 + HOUR, file="f.xml")
    assert store.write_now(lambda writer: writer.take_inbox("i1", T0 + 2 * HOUR, "g.xml")) == taken
    assert ask(store, lambda reader: reader.inbox_waiting()) == ()
    assert error_of(store, lambda writer: writer.add_inbox(waiting)) == "STORE-EXISTS"
    assert error_of(store, lambda writer: writer.take_inbox("nobody", T0)) == "STORE-MISSING"


def test_a_bounce_finds_its_exchange(store: SqlStore) -> None:
    """A Message-ID or ENVID leads back to the exchange it was used for."""
    put(store, outgoing("e1"))
    store.write_now(lambda writer: writer.correlate("<x@us>", "e1", T0))
    assert ask(store, lambda reader: reader.correlated(["<other>", "<x@us>"])) == "e1"
    assert ask(store, lambda reader: reader.correlated(["<other>"])) is None
    assert ask(store, lambda reader: reader.correlated([])) is None


# ── facts ──

ONE, TWO = Pseudonym("1" * 64), Pseudonym("2" * 64)


def entry(number: int = 1, **changes: object) -> StayFact:
    moment = Moment.at(T0 + number * HOUR)
    fact = Fact(Admitted() if number % 2 else Discharged(), moment, HowKnown.OUR_MESSAGE, Digest.of(b"m"))
    made = StayFact(ONE, HOSPITAL, fact, MUNICIPALITY, date(2012, 3, 1), (MsgId("r"),), "e1")
    return replace(made, **changes)  # type: ignore[arg-type]


def test_facts_come_back_in_order(store: SqlStore) -> None:
    """Facts are numbered from one, linked, and read as they were written."""
    written = [store.write_now(lambda writer, n=n: writer.append_fact(entry(n), T0)) for n in (1, 2, 3)]
    assert [fact.seq for fact in written] == [1, 2, 3]
    assert [fact.previous for fact in written[1:]] == [fact.hash for fact in written[:2]]
    assert ask(store, lambda reader: reader.facts(FactFilter())) == tuple(written)
    report = ask(store, lambda reader: reader.verify_chain())
    assert (report.length, report.head, report.broken_at) == (3, written[-1].hash, None)


FACTS = {
    "patient": (FactFilter(patient=TWO), [2]),
    "hospital": (FactFilter(hospital=HerId("999")), [3]),
    "municipality": (FactFilter(municipality=MUNICIPALITY), [1, 2, 3]),
    "exchange": (FactFilter(exchange_id="e4"), [4]),
    "after": (FactFilter(after_seq=2), [3, 4]),
    "two at once": (FactFilter(patient=ONE, after_seq=1), [3, 4]),
    "newest": (FactFilter(newest=2), [3, 4]),
    "newest of one": (FactFilter(patient=ONE, newest=2), [3, 4]),
}


@pytest.mark.parametrize(("which", "seqs"), FACTS.values(), ids=FACTS.keys())
def test_facts_are_found(store: SqlStore, which: FactFilter, seqs: list[int]) -> None:
    """Each filter restricts by its own column."""

    def work(writer: Writer) -> None:
        writer.append_fact(entry(1), T0)
        writer.append_fact(entry(2, patient=TWO), T0)
        writer.append_fact(entry(3, hospital=HerId("999")), T0)
        writer.append_fact(entry(4, municipality=None, exchange_id="e4"), T0)

    store.write_now(work)
    assert [fact.seq for fact in ask(store, lambda reader: reader.facts(which))] == seqs


# ── the store itself ──


def test_a_pseudonym_is_of_this_store(store: SqlStore) -> None:
    """The same number gives the same pseudonym, another number another, and the number is not in it."""
    one = store.pseudonym("13116900216")
    assert one == store.pseudonym(" 131169 00216 ")
    assert one != store.pseudonym("13116900217")
    assert "13116900216" not in one.value


def test_notes_are_kept_and_replaced(store: SqlStore) -> None:
    """A small text is what was kept last."""
    assert ask(store, lambda reader: reader.note("mailbox")) is None
    store.write_now(lambda writer: writer.keep_note("mailbox", "a"))
    store.write_now(lambda writer: writer.keep_note("mailbox", "b"))
    assert ask(store, lambda reader: reader.note("mailbox")) == "b"


def test_a_note_with_an_end_is_forgotten_after_it(store: SqlStore) -> None:
    """One that was kept again has its new end, one without stays, and one that has served is dropped at once."""
    for key, until in (("short", HOUR), ("again", HOUR), ("again", 3 * HOUR), ("for good", HOUR)):
        store.write_now(lambda writer, key=key, until=until: writer.keep_note(key, "x", until=T0 + until))  # type: ignore[misc]
    store.write_now(lambda writer: [writer.keep_note("for good", "y"), writer.keep_note("served", "x")])
    store.write_now(lambda writer: [writer.drop_note("served"), writer.drop_note("none such")])
    assert store.write_now(lambda writer: writer.forget(T0 + 2 * HOUR, 10)) == 1
    keys = ("short", "again", "for good", "served")
    assert ask(store, lambda reader: [reader.note(key) for key in keys]) == [None, "x", "y", None]


def test_counts(store: SqlStore) -> None:
    """The counts name each state that occurs and the oldest of what waits."""
    assert ask(store, lambda reader: reader.counts()) == Counts()
    put(store, outgoing("e1", receipt=receipts.expected(T0, T0)), outgoing("e2"), incoming())
    put_mails(store, stored_mail("m1"), stored_mail("m2", T0 + HOUR))
    put_items(store, item())
    counts = ask(store, lambda reader: reader.counts())
    assert counts.transport == ((TransportState.NEW, 2),)
    assert counts.receipt == ((AppRecState.SENT, 1),)
    assert counts.reception == ((ReceptionState.ACCEPTED, 1),)
    assert (counts.mails_waiting, counts.oldest_mail) == (2, T0)
    assert (counts.outbox_waiting, counts.oldest_outbox) == (1, T0)
    assert (counts.inbox_waiting, counts.oldest_inbox) == (0, None)


def test_a_reader_cannot_write(store: SqlStore) -> None:
    """A connection for reading refuses a change whatever the code says."""

    def sneak(reader: Reader) -> None:
        SqlWriter(cast("SqlReader", reader)._connection).keep_note("a", "b")

    with pytest.raises(AdapterError) as caught:
        ask(store, sneak)
    assert caught.value.id == "STORE-UNREACHABLE"


def test_the_whole_life_of_a_message(store: SqlStore) -> None:
    """Submission, sealing, hand-over and acknowledgment leave one exchange that says so, and nothing to do."""
    terms = RetryTerms()

    def submit(writer: Writer) -> None:
        payload = writer.put_blob(b"xml", BlobKind.PAYLOAD, T0)
        writer.add_exchange(outgoing("e1", payload=payload, msg_id=MsgId(GUID)))

    def seal(writer: Writer) -> None:
        (exchange,) = writer.submissions()
        assert exchange.transport is not None
        transition = sender.step(exchange.transport, Sealed(), T0, terms)
        body = writer.put_blob(b"sealed", BlobKind.SEALED, T0)
        writer.save_exchange(replace(exchange, sealed=body, message_id=MessageId("m1"), transport=transition.exchange))
        writer.put_outbox(OutboxItem("e1", OutboxKind.MESSAGE, body, US, THEM, T0, T0, exchange_id="e1"))

    def on(event: Event) -> Callable[[Writer], None]:
        def work(writer: Writer) -> None:
            exchange = writer.exchange("e1")
            assert exchange is not None
            assert exchange.transport is not None
            writer.save_exchange(
                replace(exchange, transport=sender.step(exchange.transport, event, T0, terms).exchange)
            )

        return work

    store.write_now(submit)
    store.write_now(seal)
    (sending,) = claim(store, T0)
    store.write_now(lambda writer: [on(MailAccepted())(writer), writer.finish_outbox(sending, OutboxState.SENT, T0)])
    store.write_now(on(AckVerified()))
    exchange = ask(store, lambda reader: reader.exchange("e1"))
    assert exchange is not None
    assert exchange.transport == SenderExchange(TransportState.ACKED, T0, first_sent=T0, hand_over=HandOver.ACCEPTED)
    assert ask(store, lambda reader: reader.next_due()) is None
