"""No patient leaves a message: nothing of one reaches a log line, a journal, an error or a listing (promise 7)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from io import StringIO

import pytest

from adapter.errors import AdapterError
from adapter.facts import AnswerKind
from adapter.service import letters, sealing
from adapter.service.asking import Said, answer
from adapter.service.figures import samples
from adapter.service.health import examine
from adapter.service.submission import NotTaken, submit_now
from adapter.testing.neighbours import Neighbour, World
from adapter.transports.port import ReceivedMail

MARKS = ("Zyxwvut", "Qqrrsst", "12834130279", "Hemmeligveien", "Kjempehemmelig", "Bortgjemt", "Skjultnavn")
PATIENT = {
    "family_name": "Zyxwvut",
    "given_name": "Qqrrsst",
    "birth_date": "1941-03-12",
    "id": {"type": "FNR", "number": "12834130279"},
    "address": {"street": "Hemmeligveien 1", "postal_code": "9999", "city": "Prøvefjord"},
}
DOCTOR = {"family_name": "Skjultnavn", "given_name": "Ada", "profession": "LE", "role": "3", "hpr": "9999001"}
UNIT = {"name": "Bortgjemt sengepost", "id": "MED2", "phone": "55500123"}


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "not valid": lambda content: content.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b""),
    "a date that is none": lambda content: content.replace(b'V="2024-03-05"', b'V="Kjempehemmelig"'),
    "an id that is none": lambda content: content.replace(b"12834130279", b"Kjempehemmelig"),
    "a MsgId that is none": lambda content: content.replace(b"<MsgId>", b"<MsgId>Kjempehemmelig"),
    "an unknown type": lambda content: content.replace(b"LOG_UTSKRIVNINGSKLAR", b"Kjempehemmelig"),
    "another sender": lambda content: content.replace(b"8140010", b"8160010").replace(b"8140011", b"8160011"),
    "another receiver": lambda content: content.replace(b"8140020", b"8150020").replace(b"8140022", b"8150022"),
    "cut off": lambda content: content[: len(content) // 2],
    "not well-formed": lambda content: content.replace(b"</", b"</Kjempehemmelig", 1),
    "no XML": lambda content: b"Kjempehemmelig, ikke XML",
    "another document": lambda content: b"<brev til='Zyxwvut'>Kjempehemmelig<!-- Qqrrsst --></brev>",
}
"""What can be wrong with a message that is full of marks."""


def marked(side: Neighbour, kind: str = "discharge-ready", **fields: object) -> bytes:
    """A message with a mark in everything that is about a person."""
    content = side.build(
        kind,
        patient=PATIENT,
        responsible=[DOCTOR],
        unit=UNIT,
        remark="Kjempehemmelig merknad",
        **fields,  # type: ignore[arg-type]
    )
    assert all(mark.encode() in content for mark in MARKS)
    return content


def said(world: World, journal: StringIO) -> Iterator[str]:
    """Everything that the two sides show or log."""
    yield journal.getvalue()
    for side in (world.hospital, world.municipality):
        for row in side.listing():
            yield json.dumps(asdict(row), ensure_ascii=False)
        for exchange in [*side.sent(), *side.received()]:
            yield from side.journal(exchange.id)
            store = side.installation.store
            for item in store.read_now(lambda reader: reader.outbox_of(exchange.id)):  # noqa: B023
                yield item.reason
        for mail in side.mails():
            yield mail.reception.reason
        yield side.installation.metrics.text(samples(examine(side.installation))).decode()


def assert_silent(texts: Iterator[str]) -> None:
    everything = list(texts)
    assert sum(map(len, everything)) > 100
    assert [(mark, text) for mark in MARKS for text in everything if mark.lower() in text.lower()] == []


async def test_an_exchange_that_goes_well_says_nothing_of_the_patient(world: World, journal: StringIO) -> None:
    """Sent, delivered, receipted, answered, discharged: ids and states in the log, and no mark."""
    world.hospital.submit(marked(world.hospital))
    await world.settle()
    [received] = world.municipality.received()
    answer(world.municipality.installation, received, Said(AnswerKind.LATER, date(2024, 3, 8), "Kjempehemmelig"))
    await world.settle()
    assert "exchange.sent" in journal.getvalue()
    assert_silent(said(world, journal))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_message_that_is_not_taken_says_nothing_of_the_patient(
    world: World, journal: StringIO, change: Callable[[bytes], bytes]
) -> None:
    """Whatever is wrong with what a partner sends, what we say of it carries no mark, and nor does our own refusal."""
    content = marked(world.hospital)
    changed = change(content)
    assert changed != content
    texts = []
    try:
        outcome = submit_now(world.hospital.installation, changed)
        if isinstance(outcome, NotTaken):
            texts = [f"{one.rule} {one.path} {one.message}" for one in outcome.findings]
    except AdapterError as error:
        texts = [str(error)]
    world.hospital.send_unjudged(changed, content)
    await world.settle()
    assert len(world.municipality.received()) == 1
    assert_silent(iter([*said(world, journal), *texts]))


async def test_a_defect_says_nothing_of_the_patient(
    world: World, journal: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception of ours that carries the whole message is logged by its name only."""

    def broken(*arguments: object) -> None:
        raise ValueError(marked(world.hospital).decode())

    monkeypatch.setattr(letters, "decide", broken)
    world.hospital.submit(marked(world.hospital))
    await world.settle()
    assert "defect ValueError" in journal.getvalue()
    assert_silent(said(world, journal))


async def test_a_defect_while_sealing_says_nothing_of_the_patient(
    world: World, journal: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that cannot be sealed for a defect of ours waits by itself, and its reason carries no mark."""

    def broken(*arguments: object) -> None:
        raise ValueError(marked(world.hospital).decode())

    monkeypatch.setattr(sealing, "understand", broken)
    sent = world.hospital.submit(marked(world.hospital))
    await world.settle()
    assert world.hospital.exchange(sent).transport.reason == "defect ValueError"  # type: ignore[union-attr]
    assert "exchange.sealing_failed" in journal.getvalue()
    assert_silent(said(world, journal))


async def test_marks_in_a_mails_own_headers_stay_there(world: World, journal: StringIO) -> None:
    """What an unreadable mail says of itself, even its address and subject, is kept and not repeated."""
    content = (
        b"From: Zyxwvut.Qqrrsst@elsewhere.example\r\nTo: municipality@edi.example\r\nSubject: Kjempehemmelig\r\n"
        b"Message-ID: <Kjempehemmelig@x>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n12834130279\r\n"
    )
    received = ReceivedMail(content, "Zyxwvut.Qqrrsst@elsewhere.example", ("municipality@edi.example",))
    await world.municipality.daemon.keep(received)
    await world.settle()
    assert "mail.quarantined" in journal.getvalue()
    assert_silent(said(world, journal))


@pytest.mark.parametrize("action", ["failed", "delayed", "Kjempehemmelig"])
async def test_what_a_mail_server_reports_is_not_quoted(world: World, journal: StringIO, action: str) -> None:
    """A report about our mail may quote whatever the servers say, and nobody has signed it: no word of it is shown."""
    world.hospital.submit(marked(world.hospital))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    world.road.under_way.clear()
    content = (
        "From: Zyxwvut <MAILER-DAEMON@mx.example>\r\nTo: hospital@edi.example\r\nSubject: Qqrrsst 12834130279\r\n"
        "MIME-Version: 1.0\r\nMessage-ID: <Kjempehemmelig@mx.example>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nHemmeligveien 1 finnes ikke, Skjultnavn.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; Bortgjemt.example\r\n"
        f"Original-Envelope-Id: {mail.envelope_id}\r\n\r\nFinal-Recipient: rfc822; Zyxwvut@edi.example\r\n"
        f"Action: {action}\r\nStatus: 5.1.1 Kjempehemmelig\r\nDiagnostic-Code: smtp; 550 Qqrrsst 12834130279\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Kjempehemmelig\r\n\r\n--b--\r\n"
    ).encode()
    await world.hospital.daemon.keep(ReceivedMail(content, "Zyxwvut@mx.example", ("hospital@edi.example",)))
    await world.hospital.daemon.settle()
    assert_silent(said(world, journal))


async def test_an_envelope_nobody_vouches_for_is_not_quoted(world: World, journal: StringIO) -> None:
    """What stands where an id should stand in a mail that does not verify reaches no log line."""
    world.hospital.submit(marked(world.hospital))
    await world.hospital.daemon.settle()
    [mail] = world.road.under_way
    world.road.under_way.clear()
    [exchange] = world.hospital.sent()
    assert exchange.message_id is not None
    parts = mail.content.split(b"\r\n\r\n")
    at = next(n for n, part in enumerate(parts) if b"MessageHeader" in decoded(part))
    encoded, boundary, rest = parts[at].partition(b"\r\n--")
    envelope = decoded(encoded).replace(exchange.message_id.value.encode(), b"Zyxwvut-Kjempehemmelig")
    parts[at] = base64.encodebytes(envelope).replace(b"\n", b"\r\n") + boundary + rest
    changed = ReceivedMail(b"\r\n\r\n".join(parts), mail.sender.value, (mail.recipient.value,))
    await world.municipality.daemon.keep(changed)
    await world.settle()
    assert "message.refused" in journal.getvalue()
    assert_silent(said(world, journal))


def decoded(part: bytes) -> bytes:
    """A MIME part in base64, up to the next boundary; nothing where it is none."""
    try:
        return base64.b64decode(part.partition(b"\r\n--")[0])
    except ValueError:
        return b""
