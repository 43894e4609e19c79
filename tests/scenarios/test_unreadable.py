"""Mails that are no ebXML messages, or break our own code: kept, shown, seldom answered, never in the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.errors import STORE_FULL, STORE_LOCKED, AdapterError
from adapter.service import intake, payloads
from adapter.service.views import transport_word
from adapter.testing.neighbours import World
from adapter.transports.port import ReceivedMail
from adapter.values import Digest

PARTNER, OWN = "hospital@edi.example", "municipality@edi.example"


def mail(sender: str, *headers: str, text: str = "Can you read this?", kind: str = "text/plain") -> bytes:
    lines = (
        f"From: {sender}",
        f"To: {OWN}",
        "Date: Tue, 05 Mar 2024 10:00:00 +0100",
        f"Message-ID: <{abs(hash((sender, headers, text)))}@mail.example>",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        *headers,
        "",
        text,
        "",
    )
    return "\r\n".join(lines).encode()


async def receive(world: World, content: bytes, envelope_from: str = PARTNER) -> None:
    await world.municipality.daemon.keep(ReceivedMail(content, envelope_from, (OWN,)))
    await world.municipality.daemon.settle()


async def test_an_unreadable_mail_from_a_partner_is_kept_and_answered_by_one_fault(world: World) -> None:
    """Plain text from a partner's EDI address gets one SOAP Fault that names the mail, and stays in the store."""
    content = mail(PARTNER)
    await receive(world, content)
    [fault] = world.road.taken
    assert fault.recipient.value == PARTNER
    assert b"In-Reply-To: <" in fault.content
    assert b"References: <" in fault.content
    [kept] = world.municipality.mails()
    store = world.municipality.installation.store
    assert store.read_now(lambda reader: reader.blob(kept.raw)) == content
    assert kept.raw == Digest.of(content)
    [row] = world.municipality.listing()
    assert (row.state, row.type) == ("fault_sent", "mail")


@pytest.mark.parametrize("name", ["<blåbær@mail.example>", "x" * 2000, "<a\x00b@mail.example>", "a b"])
async def test_a_message_id_that_cannot_be_repeated_stops_nothing(world: World, name: str) -> None:
    """The Fault goes without the name of the mail, and what else is to leave leaves."""
    await receive(world, mail(PARTNER).replace(b"Message-ID: ", f"Message-ID: {name}\r\nX-Was: ".encode(), 1))
    [fault] = world.road.taken
    assert b"In-Reply-To" not in fault.content
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"


async def test_a_partner_is_faulted_at_most_once_an_hour(world: World) -> None:
    """A partner that sends one broken mail after the other hears of the first of each hour only."""
    for number in range(5):
        await receive(world, mail(PARTNER, text=f"{number}"))
        world.clock.advance(timedelta(minutes=14))
    assert len(world.road.taken) == 1
    await receive(world, mail(PARTNER, text="after an hour"))
    assert len(world.road.taken) == 2
    assert [row.state for row in world.municipality.listing()].count("quarantine") == 4


@pytest.mark.parametrize(
    ("content", "envelope_from"),
    [
        (mail("someone@elsewhere.example"), "someone@elsewhere.example"),
        (mail(OWN), OWN),
        (mail(PARTNER, f"Reply-To: {OWN}"), PARTNER),
        (mail(PARTNER, "Auto-Submitted: auto-replied"), PARTNER),
        (mail(PARTNER, "Precedence: bulk"), PARTNER),
        (mail(PARTNER, "Return-Path: <>"), ""),
        (mail(PARTNER), ""),
        (mail(f"MAILER-DAEMON <{PARTNER}>"), PARTNER),
        (b"", PARTNER),
        (b"\x00\xff\xfe", PARTNER),
        (mail(PARTNER, kind="multipart/related; boundary=x"), ""),
    ],
    ids=[
        "a stranger",
        "our own address",
        "a reply address of ours",
        "an automatic reply",
        "bulk",
        "a bounce by its return path",
        "a bounce by its envelope",
        "the mailer daemon",
        "nothing",
        "no mail at all",
        "broken ebXML without an envelope sender",
    ],
)
async def test_what_may_not_be_answered_goes_to_quarantine(world: World, content: bytes, envelope_from: str) -> None:
    """No Fault to strangers, to ourselves, to automatic replies and bounces: the mail is shelved and shown."""
    await receive(world, content, envelope_from)
    assert world.road.taken == []
    [row] = world.municipality.listing()
    assert (row.state, row.partner) == ("quarantine", "?")
    assert row.next_step


async def test_a_fault_is_never_answered(world: World) -> None:
    """The Fault that one side sends ends at the other, however often it comes."""
    await receive(world, mail(PARTNER))
    [fault] = world.road.taken
    await world.settle()
    await world.road.arrive(fault)
    await world.settle()
    assert len(world.road.taken) == 1


async def test_a_mail_that_breaks_our_code_does_not_stop_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours puts one mail off under the defect's name, those behind it are taken in, and it is in time."""
    honest = payloads.take_payload

    def broken(installation: object, mail: object, unpacked: object) -> object:
        if not faults:
            faults.append("once")
            raise KeyError("a defect")
        return honest(installation, mail, unpacked)  # type: ignore[arg-type]

    faults: list[str] = []
    monkeypatch.setattr(intake.payloads, "take_payload", broken)
    sent = [world.hospital.submit(world.hospital.build("discharge-ready", ready=f"2024-03-0{n}")) for n in (5, 6, 7)]
    await world.settle()
    states = sorted(transport_word(world.hospital.exchange(one)) for one in sent)
    assert states == ["acknowledged", "acknowledged", "await_ack"]
    assert [row.reason for row in world.municipality.listing() if row.state == "pending"] == ["defect KeyError"]
    await world.go_on(timedelta(minutes=5))
    assert {transport_word(world.hospital.exchange(one)) for one in sent} == {"acknowledged"}
    assert len(world.municipality.inbox()) == 3


@pytest.mark.parametrize("kind", [STORE_FULL, STORE_LOCKED], ids=["full", "locked"])
async def test_a_mail_that_cannot_be_kept_is_not_acknowledged(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: object
) -> None:
    """When the store refuses, `keep` raises, so that the mail server is told to come again; nothing has happened."""
    store = world.municipality.installation.store

    async def refuse(*_: object) -> None:
        raise AdapterError(kind, "")  # type: ignore[arg-type]

    monkeypatch.setattr(type(store), "write", refuse)
    with pytest.raises(AdapterError):
        await world.municipality.daemon.keep(ReceivedMail(mail(PARTNER), PARTNER, (OWN,)))
    monkeypatch.undo()
    assert world.municipality.mails() == []


async def test_a_defect_while_keeping_asks_the_mail_server_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong while a mail is kept is an error of the catalogue, which the listener answers with 451."""

    async def refuse(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(type(world.municipality.installation.store), "write", refuse)
    with pytest.raises(AdapterError):
        await world.municipality.daemon.keep(ReceivedMail(mail(PARTNER), PARTNER, (OWN,)))


@pytest.mark.parametrize("kind", [STORE_FULL, STORE_LOCKED], ids=["full", "locked"])
async def test_a_mail_that_cannot_be_taken_in_now_is_taken_in_later(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: object
) -> None:
    """A store that is full or locked while a mail is judged ends the turn; the mail is neither answered nor shelved."""

    def refuse(*_: object) -> None:
        raise AdapterError(kind, "")  # type: ignore[arg-type]

    monkeypatch.setattr(payloads, "_accept", refuse)
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    with pytest.raises(AdapterError) as raised:
        await world.settle()
    assert raised.value.kind is kind
    assert len(world.road.taken) == 1
    assert [one.reception.state.value for one in world.municipality.mails()] == ["stored"]
    monkeypatch.undo()
    await world.go_on(timedelta(minutes=5))
    assert transport_word(world.hospital.exchange(sent)) == "acknowledged"
