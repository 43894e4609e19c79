"""What has had its time goes; what is open or proves something stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from adapter.config import Retention
from adapter.delivery.receiver import ReceivedExchange, ReceptionState
from adapter.delivery.recorded import Pseudonym, StayFact
from adapter.delivery.sender import HandOver, SenderExchange, TransportState
from adapter.errors import AdapterError
from adapter.facts import Admitted, Fact, HowKnown
from adapter.observe.events import Level
from adapter.observe.log import Stream
from adapter.service import retention
from adapter.service.retention import Going, LetGo, due, let_go
from adapter.store.access import AuditFilter, AuditLine, DeadLetter, HookState
from adapter.store.care import Kept
from adapter.store.port import (
    BlobKind,
    Direction,
    Exchange,
    InboxItem,
    JournalEntry,
    Mail,
    OutboxItem,
    OutboxKind,
    Store,
    Writer,
)
from adapter.store.sql_store import SqlStore, open_store
from adapter.testing.neighbours import World
from adapter.values import Digest, EdiAddress, HerId, Moment

T0 = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
DAYS = Retention(
    payload_days=90,
    mail_days=90,
    signal_days=90,
    quarantine_days=90,
    journal_days=90,
    audit_days=90,
    dead_letter_days=90,
)
EDGE = T0 + timedelta(days=90)
LATER = EDGE + timedelta(microseconds=1)
HERE, THERE = HerId("990102"), HerId("990202")


@pytest.fixture
def store(tmp_path):  # type: ignore[no-untyped-def]
    opened = open_store(tmp_path / "store.db")
    yield opened
    opened.close()


def sent(state: TransportState) -> SenderExchange:
    return SenderExchange(state, T0, 0, T0, None, 0, HandOver.ACCEPTED, "")


def put(writer: Writer, name: str, state: TransportState = TransportState.ACKED) -> Digest:
    """An exchange of ours of that name, sent at T0, with a payload and a line of its journal."""
    payload = writer.put_blob(name.encode() * 100, BlobKind.PAYLOAD, T0)
    writer.add_exchange(Exchange(name, Direction.OUT, "X", HERE, THERE, T0, payload, transport=sent(state)))
    writer.add_journal(JournalEntry(name, T0, "submitted"))
    return payload


def going(store: Store, now: datetime = LATER) -> dict[Kept, int]:
    return {one.kept: len(one.things) for one in due(store, DAYS, now) if one.things}


def test_the_edge_of_a_day(store: SqlStore) -> None:
    """After exactly so many days a payload is still there; a moment later it goes, and is told with its day."""
    digest = store.write_now(lambda writer: put(writer, "one"))
    assert going(store, EDGE) == {}
    [payloads] = [one for one in due(store, DAYS, LATER) if one.things]
    assert (payloads.octets, payloads.oldest, payloads.newest) == (300, T0, T0)
    done = let_go(store, due(store, DAYS, LATER), LATER)
    assert dict(done.gone)[Kept.PAYLOADS] == 1
    assert store.read_now(lambda reader: reader.gone(digest)) == LATER
    with pytest.raises(AdapterError) as caught:
        store.read_now(lambda reader: reader.blob(digest))
    assert caught.value.id == "STORE-EXPIRED"
    assert "2024-06-03" in caught.value.sentence()
    assert going(store) == {}


def test_what_is_not_named_is_kept_for_ever(store: SqlStore) -> None:
    """Without days nothing goes, however old."""
    store.write_now(lambda writer: put(writer, "one"))
    assert all(not one.things for one in due(store, Retention(), T0 + timedelta(days=36_000)))


@pytest.mark.parametrize("state", [TransportState.NEW, TransportState.AWAIT_ACK])
def test_what_is_open_stays(store: SqlStore, state: TransportState) -> None:
    """A message that waits for its acknowledgment keeps octets and journal, however old."""
    store.write_now(lambda writer: put(writer, "one", state))
    assert going(store, T0 + timedelta(days=3650)) == {}


def fact_of(exchange_id: str, digest: Digest | None) -> StayFact:
    what = Fact(Admitted(), Moment.at(T0), HowKnown.OUR_MESSAGE, digest)
    return StayFact(Pseudonym("a" * 64), HERE, what, THERE, exchange_id=exchange_id)


def test_what_a_fact_rests_on_stays(store: SqlStore) -> None:
    """The message of a fact stays, with its receipt, its answer, and a mail that the fact names by digest."""

    def write(writer: Writer) -> None:
        put(writer, "proof")
        for name in ("receipt", "answer"):
            payload = writer.put_blob(name.encode() * 100, BlobKind.PAYLOAD, T0)
            about = {"receipt_for": "proof"} if name == "receipt" else {"answers": "proof"}
            writer.add_exchange(Exchange(name, Direction.IN, "X", THERE, HERE, T0, payload, **about))  # type: ignore[arg-type]
        raw = writer.put_blob(b"a mail", BlobKind.MAIL, T0)
        mail = ReceivedExchange(ReceptionState.CLOSED, T0, T0)
        writer.add_mail(Mail("m", raw, "smtp", "a@b.example", ("c@d.example",), mail))
        writer.append_fact(fact_of("proof", raw), T0)

    store.write_now(write)
    assert going(store, T0 + timedelta(days=3650)) == {}


def test_what_the_application_has_not_taken_stays(store: SqlStore) -> None:
    """A message that waits in the inbox is open."""

    def write(writer: Writer) -> None:
        digest = put(writer, "one")
        writer.add_inbox(InboxItem("one", digest, T0))

    store.write_now(write)
    assert going(store) == {}
    store.write_now(lambda writer: writer.take_inbox("one", T0))
    assert going(store) == {Kept.PAYLOADS: 1}


def test_quarantine_and_mails_are_told_apart(store: SqlStore) -> None:
    """A mail that became nothing is quarantine; one that became an exchange is a mail; one under way is neither."""

    def write(writer: Writer) -> None:
        put(writer, "one")
        for name, state, exchange_id in (
            ("a", ReceptionState.QUARANTINE, None),
            ("b", ReceptionState.CLOSED, "one"),
            ("c", ReceptionState.PENDING, None),
        ):
            raw = writer.put_blob(name.encode(), BlobKind.MAIL, T0)
            mail = ReceivedExchange(state, T0, T0)
            writer.add_mail(Mail(name, raw, "smtp", "a@b.example", ("c@d.example",), mail, exchange_id))

    store.write_now(write)
    assert going(store) == {Kept.PAYLOADS: 1, Kept.MAILS: 1, Kept.QUARANTINE: 1}


def test_what_opens_between_finding_and_letting_go_stays(store: SqlStore) -> None:
    """An operator who sends an old message again, or a fact that comes late, keeps what had been found."""
    store.write_now(lambda writer: [put(writer, "again"), put(writer, "late"), put(writer, "old")])
    found = due(store, DAYS, LATER)

    def meanwhile(writer: Writer) -> None:
        exchange = writer.exchange("again")
        assert exchange is not None
        assert exchange.payload is not None
        address = EdiAddress("a@b.example")
        writer.put_outbox(
            OutboxItem("again", OutboxKind.MESSAGE, exchange.payload, address, address, LATER, LATER, "again")
        )
        writer.append_fact(fact_of("late", None), LATER)

    store.write_now(meanwhile)
    assert dict(let_go(store, found, LATER).gone)[Kept.PAYLOADS] == 1
    kept = store.read_now(lambda reader: [reader.gone(Digest.of(name * 100)) for name in (b"again", b"late", b"old")])
    assert kept == [None, None, LATER]


def test_octets_that_come_again_are_young(store: SqlStore) -> None:
    """The same mail again between finding and letting go is not lost; what was gone is there again."""
    store.write_now(lambda writer: put(writer, "one"))
    found = due(store, DAYS, LATER)
    digest = store.write_now(lambda writer: writer.put_blob(b"one" * 100, BlobKind.PAYLOAD, LATER))
    assert dict(let_go(store, found, LATER).gone)[Kept.PAYLOADS] == 0
    after = LATER + timedelta(days=91)
    let_go(store, due(store, DAYS, after), after)
    assert store.read_now(lambda reader: reader.gone(digest)) == after
    store.write_now(lambda writer: writer.put_blob(b"one" * 100, BlobKind.PAYLOAD, after))
    assert store.read_now(lambda reader: reader.blob(digest)) == b"one" * 100


def test_the_audit_log_loses_its_beginning_only(store: SqlStore) -> None:
    """Lines go when they have had their time, by nothing else, and the last number is never given again."""

    def write(writer: Writer) -> None:
        for day in (0, 50, 95):
            writer.add_audit(AuditLine(T0 + timedelta(days=day), "kari", "payload read", "allowed", "x"))

    store.write_now(write)
    now = T0 + timedelta(days=100)
    assert going(store, now) == {Kept.AUDIT: 1}
    let_go(store, due(store, DAYS, now), now)
    assert [line.seq for line in store.read_now(lambda reader: reader.audit(AuditFilter()))] == [3, 2]
    far = T0 + timedelta(days=900)
    let_go(store, due(store, DAYS, far), far)
    assert [line.seq for line in store.read_now(lambda reader: reader.audit(AuditFilter()))] == [3]


def test_a_webhook_that_is_behind_keeps_the_journal(store: SqlStore) -> None:
    """Lines that a webhook has not told stay; the newest line always stays, for its number."""
    store.write_now(lambda writer: [put(writer, name) for name in ("one", "two", "three", "four")])
    store.write_now(lambda writer: writer.save_hook(HookState("ehr", 2)))
    assert going(store)[Kept.JOURNALS] == 2
    store.write_now(lambda writer: writer.save_hook(HookState("ehr", 4)))
    assert going(store)[Kept.JOURNALS] == 3
    store.write_now(lambda writer: writer.save_hook(HookState("gone", 0)))
    assert Kept.JOURNALS not in going(store)
    assert store.write_now(lambda writer: writer.forget_hooks(["ehr"])) == 1
    assert going(store)[Kept.JOURNALS] == 3
    store.write_now(lambda writer: writer.add_dead_letter(DeadLetter("ehr", 1, "alarm", "one", T0, T0, "500")))
    assert going(store)[Kept.DEAD_LETTERS] == 1


def test_space_is_given_back(store: SqlStore) -> None:
    """The file shrinks when much has gone, and what is left is whole."""
    big = bytes(200_000)

    def write(writer: Writer) -> None:
        for number in range(20):
            payload = writer.put_blob(big + bytes([number]), BlobKind.PAYLOAD, T0)
            done = sent(TransportState.ACKED)
            writer.add_exchange(Exchange(str(number), Direction.OUT, "X", HERE, THERE, T0, payload, transport=done))

    store.write_now(write)
    done = let_go(store, due(store, DAYS, LATER), LATER)
    assert done.before.octets > 4_000_000
    assert done.after.octets < 500_000
    assert done.after.free == 0


def test_payloads_go_before_their_proof() -> None:
    """A payload may not be kept longer than what went over the wire."""
    with pytest.raises(ValueError, match="payload_days"):
        Retention(mail_days=90)
    with pytest.raises(ValueError, match="payload_days"):
        Retention(mail_days=90, payload_days=91)


async def test_the_daemon_lets_go_once_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first turn of a day, what has had its time goes with one line of the log; nothing more until the next."""
    journal, side, looked, honest = StringIO(), world.municipality, list[datetime](), retention.let_go

    def watched(store: Store, going: tuple[Going, ...], now: datetime) -> LetGo:
        looked.append(now)
        return honest(store, going, now)

    monkeypatch.setattr(retention, "let_go", watched)
    object.__setattr__(side.installation, "log", Stream(Level.DEBUG, journal))
    object.__setattr__(side.installation, "settings", side.settings.model_copy(update={"retention": DAYS}))
    world.municipality.submit(side.build("question"))
    await world.settle()
    payload = side.sent()[0].payload
    assert payload is not None

    def gone() -> datetime | None:
        return side.installation.store.read_now(lambda reader: reader.gone(payload))

    async def days_later(days: int) -> int:
        await world.go_on(timedelta(days=days))
        return journal.getvalue().count("retention.done")

    assert await days_later(90) == 0
    assert gone() is None
    assert await days_later(1) == 1
    assert gone() == world.clock.now()
    before = len(looked)
    await world.settle()
    await world.go_on(timedelta(hours=23))
    assert len(looked) == before
    assert journal.getvalue().count("retention.done") == 1
    assert "payloads" in journal.getvalue()
