"""Reading a mailbox: the order of the steps, what is recognised, what is set aside, what a failure leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from threading import Event

import pytest

from adapter.config import Mailbox
from adapter.delivery.receiver import ReceptionState
from adapter.errors import (
    MAILBOX_FOLDER,
    MAILBOX_LOCKED,
    MAILBOX_LOGIN,
    MAILBOX_MAIL,
    MAILBOX_TLS,
    MAILBOX_UNREACHABLE,
    STORE_FULL,
    AdapterError,
    ErrorKind,
)
from adapter.observe import events
from adapter.service import mailboxes
from adapter.service.mailboxes import MailboxReader, State, condition_of, last_emptied
from adapter.service.timers import fire_due
from adapter.service.views import transport_word
from adapter.testing.neighbours import World
from adapter.transports.mailbox import Lying, MailboxSession, received

MAILBOX = Mailbox(protocol="imap", host="localhost", username="municipality", password_env="X", max_octets=10_000)


class Box:
    """A mailbox in memory: mails by mark, a diary of what was asked, and what shall go wrong."""

    def __init__(self, *contents: bytes) -> None:
        self.mails = {f"7:{number}": content for number, content in enumerate(contents, 1)}
        self.diary: list[str] = []
        self.unwilling: dict[str, ErrorKind] = {}
        self.numbering = "7"
        self.stays_open = True

    def open(self) -> MailboxSession:
        self._asked("open")
        return self

    def lying(self) -> tuple[Lying, ...]:
        self._asked("look")
        return tuple(Lying(mark, n, len(content)) for n, (mark, content) in enumerate(self.mails.items()))

    def fetch(self, mail: Lying) -> bytes:
        self._asked(f"fetch {mail.mark}")
        return self.mails[mail.mark]

    def header(self, mail: Lying) -> bytes:
        return self.mails[mail.mark].partition(b"\r\n\r\n")[0]

    def remove(self, mails: Sequence[Lying]) -> None:
        self._asked("remove")
        for mail in mails:
            del self.mails[mail.mark]

    def finish(self) -> None:
        self._asked("finish")

    def wait(self, seconds: float, until: Event) -> bool:
        return until.wait(seconds)

    def close(self) -> None:
        self.diary.append("close")

    def _asked(self, what: str) -> None:
        self.diary.append(what)
        if what in self.unwilling:
            raise AdapterError(self.unwilling[what], "told to")


def reader(world: World, box: Box, mailbox: Mailbox = MAILBOX) -> MailboxReader:
    return MailboxReader(world.municipality.installation, mailbox, box.open)


def mail(number: int, body: bytes = b"x") -> bytes:
    return b"Return-Path: <a@b.example>\r\nSubject: %d\r\n\r\n%s\r\n" % (number, body)


def kept(world: World) -> list[bytes]:
    store = world.municipality.installation.store
    return [store.read_now(lambda reader, raw=one.raw: reader.blob(raw)) for one in world.municipality.mails()]


async def test_a_mail_is_removed_only_after_it_is_durable(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps are: fetch, commit, remove; what the store has confirmed is what leaves the server."""
    box = Box(mail(1), mail(2))
    store = world.municipality.installation.store
    honest = type(store).write_now
    monkeypatch.setattr(
        type(store), "write_now", lambda self, work: (box.diary.append("commit"), honest(self, work))[1]
    )
    assert reader(world, box).read() == 2
    steps = [step for step in box.diary if step not in {"open", "look", "finish"}]
    assert steps == ["commit", "fetch 7:1", "fetch 7:2", "commit", "remove", "commit"]  # numbering, mails, emptied
    assert sorted(kept(world)) == [mail(1), mail(2)]
    assert {one.envelope_from for one in world.municipality.mails()} == {"a@b.example"}
    assert box.mails == {}


async def test_a_mail_that_was_durable_is_only_removed(world: World) -> None:
    """When we died between commit and removal, the next reading keeps nothing twice and removes what is left."""
    box = Box(mail(1), mail(2))
    box.unwilling["remove"] = MAILBOX_UNREACHABLE
    with pytest.raises(AdapterError, match="mailbox"):
        reader(world, box).read()
    assert len(box.mails) == 2
    box.unwilling.clear()
    assert reader(world, box).read() == 0
    assert sorted(kept(world)) == [mail(1), mail(2)]
    assert box.mails == {}


async def test_equal_octets_at_two_places_are_two_mails(world: World) -> None:
    """A mail that the mail system has doubled is kept twice, so that the second copy is answered as a duplicate."""
    box = Box(mail(1), mail(1))
    assert reader(world, box).read() == 2
    assert kept(world) == [mail(1), mail(1)]


async def test_what_cannot_be_kept_stays_on_the_server(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is full loses nothing: no mail is removed, and all are fetched when there is room again."""
    box = Box(mail(1), mail(2))

    def full(self: object, work: object) -> object:
        raise AdapterError(STORE_FULL)

    with monkeypatch.context() as trouble:
        trouble.setattr(type(world.municipality.installation.store), "write_now", full)
        with pytest.raises(AdapterError) as caught:
            reader(world, box).read()
    assert caught.value.kind is STORE_FULL
    assert "remove" not in box.diary
    assert reader(world, box).read() == 2


@pytest.mark.parametrize("again", ["same reader", "new reader"])
async def test_a_mail_that_is_too_large_is_set_aside(world: World, again: str) -> None:
    """It is never fetched and never blocks the others; its header stands in quarantine once, with the reason."""
    box = Box(mail(1), mail(2, b"x" * 20_000), mail(3))
    first = reader(world, box)
    assert first.read() == 2
    (first if again == "same reader" else reader(world, box)).read()
    assert "fetch 7:2" not in box.diary
    assert list(box.mails) == ["7:2"]
    [aside] = [one for one in world.municipality.mails() if one.reception.state is ReceptionState.QUARANTINE]
    assert aside.reception.reason.startswith("MAIL-TOO-LARGE")
    assert "7:2" in aside.reception.reason
    assert b"Subject: 2" in kept(world)[[one.id for one in world.municipality.mails()].index(aside.id)]
    assert len(world.municipality.mails()) == 3


async def test_a_mail_that_the_server_does_not_hand_over_blocks_nobody(world: World) -> None:
    """The others go on at once; it is asked for a few times more, as the last one, and then set aside with a reason."""
    box = Box(mail(1), mail(2), mail(3))
    box.unwilling["fetch 7:1"] = MAILBOX_MAIL
    one = reader(world, box)
    assert one.read() == 2
    assert list(box.mails) == ["7:1"]
    store, settings = world.municipality.installation.store, world.municipality.settings
    settings = settings.model_copy(update={"mailbox": (MAILBOX,)})
    assert store.read_now(lambda reader: last_emptied(reader, settings)) is None
    for _ in range(mailboxes.PATIENCE):
        one.read()
    assert box.diary.count("fetch 7:1") == mailboxes.PATIENCE
    [aside] = [one for one in world.municipality.mails() if one.reception.state is ReceptionState.QUARANTINE]
    assert aside.reception.reason.startswith("MAILBOX-MAIL")
    assert store.read_now(lambda reader: last_emptied(reader, settings)) == world.clock.now()


async def test_a_mail_that_ends_the_connection_blocks_nobody(world: World) -> None:
    """A mail on which the connection breaks comes last the next time, and is set aside in the end."""
    box = Box(mail(1), mail(2))
    box.unwilling["fetch 7:1"] = MAILBOX_UNREACHABLE
    one = reader(world, box)
    for _ in range(mailboxes.PATIENCE):
        with pytest.raises(AdapterError):
            one.read()
    assert one.read() == 0
    assert list(box.mails) == ["7:1"]
    assert mail(2) in kept(world)


async def test_a_new_numbering_is_told_and_loses_nothing(world: World) -> None:
    """When UIDVALIDITY changes, mails of the same number are other mails, even of the same octets; it is told once."""
    told = f'adapter_events_total{{event="{events.MAILBOX_RENUMBERED.name}"}} 1.0'.encode()
    metrics = world.municipality.installation.metrics
    box = Box(mail(1))
    reader(world, box).read()
    assert told not in metrics.text(())
    box.mails, box.numbering = {"8:1": mail(1)}, "8"
    for _ in range(2):
        reader(world, box).read()
    assert kept(world) == [mail(1), mail(1)]
    assert told in metrics.text(())


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (MAILBOX_UNREACHABLE, State.UNREACHABLE),
        (MAILBOX_LOGIN, State.LOGIN_REFUSED),
        (MAILBOX_TLS, State.TLS_REFUSED),
        (MAILBOX_LOCKED, State.LOCKED),
        (MAILBOX_FOLDER, State.FOLDER_MISSING),
        (STORE_FULL, State.NOT_KEPT),
    ],
)
async def test_each_failure_is_a_state_that_the_store_remembers(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: ErrorKind, state: State
) -> None:
    """The reader waits, and another process sees the state, since when, and the reason; stopping ends the wait."""
    box = Box()
    box.unwilling["open"] = kind
    paused = Event()
    one = reader(world, box)
    monkeypatch.setattr(one, "_stop", Watched(paused))
    one.start()
    assert paused.wait(10)
    condition = world.municipality.installation.store.read_now(lambda reader: condition_of(reader, MAILBOX))
    assert condition is not None
    assert (condition.state, condition.since) == (state, world.clock.now())
    assert "told to" in condition.reason
    one.stop()
    assert one.state is State.STOPPED


class Watched(Event):
    """An event that tells when somebody begins to wait for it."""

    def __init__(self, paused: Event) -> None:
        super().__init__()
        self._paused = paused

    def wait(self, timeout: float | None = None) -> bool:
        self._paused.set()
        return super().wait(timeout)


async def test_nothing_is_sent_again_before_the_mailbox_was_read(world: World) -> None:
    """A timer that comes while the mailbox is out of reach waits until it was read to its end."""
    side = world.hospital
    sent = side.submit(side.build("discharge-ready"))
    world.road.loses = lambda mail: True
    await world.settle()
    settings = side.settings.model_copy(update={"mailbox": (MAILBOX,)})
    object.__setattr__(side.installation, "settings", settings)
    box = Box()
    one = MailboxReader(side.installation, MAILBOX, box.open)
    one.read()
    world.clock.advance(timedelta(hours=13))
    assert fire_due(side.installation) == []
    assert len(world.road.taken) == 1
    one.read()
    await world.settle()
    assert len(world.road.taken) == 2
    assert transport_word(side.exchange(sent)) == "await_ack"


@pytest.mark.parametrize(
    ("content", "sender"),
    [
        (b"Return-Path: <a@b.example>\r\nX: y\r\n\r\nReturn-Path: <no>\r\n", "a@b.example"),
        (b"Return-Path: <>\r\n\r\n", ""),
        (b"Subject: x\r\n\r\nReturn-Path: <no@body>\r\n", ""),
        (b"return-path: a@b.example\r\nReturn-Path: <forged@b.example>\r\n\r\n", "a@b.example"),
        (b"", ""),
    ],
)
def test_the_envelope_of_a_fetched_mail(content: bytes, sender: str) -> None:
    """The sender is what the last mail server wrote on top; where it wrote nothing, the mail is treated as a bounce."""
    assert received(content).sender == sender
