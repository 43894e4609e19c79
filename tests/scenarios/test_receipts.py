"""AppRecs between two instances: when there is one, which, and what it makes of the message (apprec.md §5, §7)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

import pytest
from lxml import etree

from adapter.envelope.routing import Process
from adapter.errors import AdapterError
from adapter.facts import ReadyNotice, ReceiptGiven, ReceiptStatus
from adapter.lookups.directory import FolderDirectory
from adapter.messages.apprec import AppRecVersion
from adapter.messages.reading import understand
from adapter.service import accounts
from adapter.service.receipt_errors import receipt_errors
from adapter.service.views import apprec_word, transport_word
from adapter.store.sql_reader import SqlReader
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.transports.port import OutgoingMail
from adapter.values import HerId, MsgId, utc_text

WARD, CASE_WORK = HerId("8140011"), HerId("8140022")
READINESS = Process("LOG_UTSKRIVNINGSKLAR")
ID_IN_XML = re.compile(rb"<MsgId>[^<]*</MsgId>")


def words(side: Neighbour, exchange_id: str) -> tuple[str, str | None]:
    exchange = side.exchange(exchange_id)
    return transport_word(exchange), apprec_word(exchange)


async def send(world: World, change: Callable[[bytes], bytes]) -> str:
    """Send a message that was changed past our own rules, and settle."""
    good = world.hospital.build("discharge-ready")
    changed = change(good)
    assert changed != good
    sent = world.hospital.send_unjudged(changed, good)
    await world.settle()
    return sent


def receipt_codes(world: World) -> list[str]:
    """The error codes of the only AppRec that the municipality has sent."""
    [receipt] = world.municipality.sent("APPREC")
    apprec = understand(world.municipality.payload(receipt)).apprec
    assert apprec is not None
    return [error.v or "" for error in apprec.errors]


def ends(journal: StringIO) -> list[str]:
    """The events that say what became of the received business messages."""
    words = ("message.refused", "message.unanswered", "message.delivered", "message.repeated", "message.parked")
    events = [json.loads(line) for line in journal.getvalue().splitlines()]
    return [one["event"] for one in events if one["event"] in words and one.get("type") != "APPREC"]


def without_patient_id(content: bytes) -> bytes:
    root = etree.fromstring(content)
    patient = root.find(".//{*}MsgInfo/{*}Patient")
    assert patient is not None
    for name in ("Ident", "DateOfBirth", "Sex"):
        for node in patient.findall(f"{{*}}{name}"):
            patient.remove(node)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda content: content.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b""), "T02"),
        (without_patient_id, "E36"),
        (lambda content: ID_IN_XML.sub(b"<MsgId>no-guid-at-all</MsgId>", content), "E10"),
    ],
    ids=["not schema valid", "patient not identified", "MsgId is no GUID"],
)
async def test_what_the_application_cannot_take_is_refused_by_apprec(
    world: World, change: Callable[[bytes], bytes], code: str
) -> None:
    """A message that may not be imported is acknowledged, receipted negatively with its code, and is no fact."""
    sent = await send(world, change)
    assert words(world.hospital, sent) == ("acknowledged", "rejected")
    assert code in receipt_codes(world)
    assert world.municipality.inbox() == {}
    assert not any(isinstance(one.entry.fact.what, ReadyNotice) for one in world.municipality.facts())


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"<!DOCTYPE MsgHead>" + content.partition(b"?>")[2],
        lambda content: b"%PDF-1.7",
    ],
    ids=["cut off", "DTD", "PDF"],
)
async def test_a_document_that_cannot_be_read_is_refused_by_its_envelope(
    world: World, change: Callable[[bytes], bytes]
) -> None:
    """T01 names the envelope, and its sender finds its message by that: nobody waits 96 hours (TC 16, 34)."""
    sent = await send(world, change)
    assert receipt_codes(world) == ["T01"]
    [receipt] = world.municipality.sent("APPREC")
    apprec = understand(world.municipality.payload(receipt)).apprec
    assert apprec is not None
    named = world.hospital.exchange(sent).message_id
    assert named is not None
    assert apprec.original.id is not None
    assert apprec.original.id.value == named.value
    assert words(world.hospital, sent) == ("acknowledged", "rejected")
    assert world.municipality.inbox() == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.replace(b"msghead/2006-05-24", b"msghead/2099-01-01"),
        lambda content: b'<?xml version="1.0"?><Message><MsgId>no-head-at-all</MsgId></Message>',
        lambda content: b"<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body/></Envelope>",
    ],
    ids=["another version of the head", "another root", "an envelope"],
)
async def test_a_document_of_another_kind_is_refused_by_its_envelope(
    world: World, change: Callable[[bytes], bytes]
) -> None:
    """T10 names the envelope, its text says why, nothing is imported, and the operator sees both (TC 33, MH-006)."""
    sent = await send(world, change)
    assert receipt_codes(world) == ["T10"]
    [receipt] = world.municipality.sent("APPREC")
    apprec = understand(world.municipality.payload(receipt)).apprec
    named = world.hospital.exchange(sent).message_id
    assert apprec is not None
    assert named is not None
    assert apprec.original.id is not None
    assert apprec.original.id.value == named.value
    assert apprec.errors[0].dn == "Støtter ikke meldingsformatet"
    assert "MsgHead 1.2" in (apprec.errors[0].ot or "")
    refused = world.hospital.exchange(sent)
    [shown] = world.hospital.installation.store.read_now(
        lambda reader: receipt_errors(reader, refused, world.hospital.installation.codes)
    )
    assert (shown.code, shown.text, shown.explanation) == ("T10", apprec.errors[0].dn, apprec.errors[0].ot)
    assert words(world.hospital, sent) == ("acknowledged", "rejected")
    assert world.municipality.inbox() == {}
    [received] = world.municipality.received()
    journal = world.municipality.journal(received.id)
    assert "not imported the document is no message that we know; only the envelope could answer it" in journal
    assert f"apprec: rejected exchange {receipt.id}" in journal


async def test_what_the_envelope_says_is_when_it_was_made(world: World) -> None:
    """IssueDate of a document that cannot be read is the eb:Timestamp, not when it came (`apprec.md` §6.1)."""
    made = utc_text(world.clock.now())
    again = world.hospital.installation.ids.fresh()
    mail = world.hospital.seal(b"%PDF-1.7", CASE_WORK, READINESS, sender=WARD, message_id=again)
    world.clock.advance(timedelta(minutes=20))
    await world.road.arrive(mail)
    await world.settle()
    [receipt] = world.municipality.sent("APPREC")
    apprec = understand(world.municipality.payload(receipt)).apprec
    assert apprec is not None
    assert (apprec.original.issued, apprec.original.id) == (made, MsgId(again))


async def test_a_bad_msg_id_names_no_message(world: World) -> None:
    """Two messages with one bad MsgId are two, each refused with E10; the same one again is a duplicate (TC 28, 41)."""
    good = world.hospital.build("discharge-ready")
    first = ID_IN_XML.sub(b"<MsgId>1</MsgId>", good)
    second = first.replace(b"Signe", b"Signy")
    assert first != second
    for content in (first, second, first):
        again = world.hospital.installation.ids.fresh()
        await world.road.arrive(world.hospital.seal(content, CASE_WORK, READINESS, sender=WARD, message_id=again))
        await world.settle()
    receipts = [understand(world.municipality.payload(one)).apprec for one in world.municipality.sent("APPREC")]
    assert [one.errors[0].v for one in receipts if one is not None] == ["E10", "E10"]
    assert world.municipality.inbox() == {}


async def test_a_receipt_of_an_unknown_version_is_not_receipted(world: World) -> None:
    """Whatever the envelope calls it: what has the root of a receipt gets none (`apprec.md` §5.6)."""
    sent = await send(world, lambda content: b"<AppRec xmlns='urn:of-another-version'/>")
    assert words(world.hospital, sent) == ("acknowledged", "waiting")
    assert world.municipality.sent("APPREC") == []
    [received] = world.municipality.received()
    assert "not imported a receipt is never receipted" in world.municipality.journal(received.id)


async def test_what_came_as_a_receipt_and_cannot_be_read_is_not_receipted(world: World) -> None:
    """Two adapters would answer each other for ever (`apprec.md` §5.6)."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    before = len(world.municipality.sent("APPREC"))
    again = world.hospital.installation.ids.fresh()
    mail = world.hospital.seal(
        b"%PDF-1.7", CASE_WORK, Process("LOG_UTSKRIVNINGSKLAR", receipt=True), sender=WARD, message_id=again
    )
    await world.road.arrive(mail)
    await world.settle()
    assert len(world.municipality.sent("APPREC")) == before
    assert len(world.hospital.received("APPREC")) == before


async def test_a_rejected_message_stays_rejected(world: World) -> None:
    """The same MsgId in a new envelope, now without fault, is neither imported nor receipted (TC 41)."""
    good = world.hospital.build("discharge-ready")
    world.hospital.send_unjudged(good.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b""), good)
    await world.settle()
    again = world.hospital.installation.ids.fresh()
    await world.road.arrive(world.hospital.seal(good, CASE_WORK, READINESS, sender=WARD, message_id=again))
    await world.settle()
    assert world.municipality.inbox() == {}
    assert len(world.municipality.sent("APPREC")) == 1


async def test_a_message_for_another_organisation_is_not_receipted(world: World) -> None:
    """An envelope for us around a message for somebody else: acknowledged, not imported, no AppRec, no fact."""
    sent = await send(world, lambda content: content.replace(b"8140020", b"8150020").replace(b"8140022", b"8150022"))
    assert words(world.hospital, sent) == ("acknowledged", "waiting")
    assert world.municipality.inbox() == {}
    assert world.municipality.sent() == []
    assert world.municipality.facts() == ()


@pytest.mark.parametrize(
    ("change", "event"),
    [
        (lambda content: content.replace(b"8140020", b"8150020").replace(b"8140022", b"8150022"), "message.unanswered"),
        (lambda content: re.sub(rb"<Id>814001[01]</Id>", b"<Id>x</Id>", content), "message.unanswered"),
        (lambda content: content[:-20], "message.refused"),
        (lambda content: ID_IN_XML.sub(b"<MsgId>no-guid-at-all</MsgId>", content), "message.refused"),
        (lambda content: content + b" ", "message.delivered"),
    ],
    ids=["for others", "without sender", "not readable", "without MsgId", "good"],
)
async def test_the_event_says_what_happened(
    world: World, journal: StringIO, change: Callable[[bytes], bytes], event: str
) -> None:
    """Refused with an answer, kept without one, or delivered: one of them is told of each message, and no other."""
    good = world.hospital.build("discharge-ready")
    world.hospital.send_unjudged(change(good), good)
    await world.settle()
    assert ends(journal) == [event]


async def test_a_message_that_comes_again_is_told_as_such(world: World, journal: StringIO) -> None:
    """In another envelope it is ignored, and nobody has to do anything."""
    good = world.hospital.build("discharge-ready")
    for _ in range(2):
        again = world.hospital.installation.ids.fresh()
        await world.road.arrive(world.hospital.seal(good, CASE_WORK, READINESS, sender=WARD, message_id=again))
        await world.settle()
    assert ends(journal) == ["message.delivered", "message.repeated"]


async def test_a_message_under_anothers_name_is_not_believed(world: World) -> None:
    """A verified partner whose message names another sender is parked: no import, no AppRec, no fact (EB-508)."""
    sent = await send(world, lambda content: content.replace(b"8140010", b"8160010").replace(b"8140011", b"8160011"))
    assert words(world.hospital, sent) == ("acknowledged", "waiting")
    assert world.municipality.inbox() == {}
    assert world.municipality.sent() == []
    assert world.municipality.facts() == ()
    [received] = world.municipality.received()
    assert any("another sender" in line for line in world.municipality.journal(received.id))


async def test_the_version_of_the_apprec_is_that_of_the_content(world: World) -> None:
    """Nursing and care 1.5 is receipted by AppRec 1.0, and 1.6 by AppRec 1.1."""
    for version in ("1.5", "1.6"):
        world.hospital.submit(world.hospital.build("discharge-ready", version=version))
        await world.settle()
        world.clock.advance(timedelta(minutes=1))
    versions = []
    for receipt in world.municipality.sent("APPREC"):
        apprec = understand(world.municipality.payload(receipt)).apprec
        assert apprec is not None
        versions.append(apprec.version)
    assert versions == [AppRecVersion.V1_0, AppRecVersion.V1_1]
    assert {apprec_word(one) for one in world.hospital.sent("LOG_UTSKRIVNINGSKLAR")} == {"ok"}


def nights(side: Neighbour) -> list[str]:
    """The payable nights of the only stay of a side."""
    [known] = accounts.known_stays(side.installation.store)
    [row] = accounts.ledger_of(
        side.settings, side.installation.in_force.terms, (known,), side.installation.clock.now()
    ).rows
    return [night.date.isoformat() for night in row.nights]


async def test_a_refused_notice_is_void_in_the_ledger_of_both(world: World) -> None:
    """A negative AppRec voids the notice: no night for it on either side, and nights from the next good one on."""
    world.clock.advance(timedelta(days=-2))
    world.hospital.submit(world.hospital.build("admitted"))
    await world.settle()
    for side in (world.hospital, world.municipality):
        side.note_early_notice()
    world.clock.advance(timedelta(days=2))
    good = world.hospital.build("discharge-ready")
    world.hospital.send_unjudged(good.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b""), good)
    await world.settle()
    await world.go_on(timedelta(days=2))
    assert nights(world.hospital) == nights(world.municipality) == []
    world.hospital.submit(world.hospital.build("discharge-ready", ready="2024-03-07"))
    await world.settle()
    await world.go_on(timedelta(days=2))
    assert nights(world.hospital) == nights(world.municipality) == ["2024-03-07", "2024-03-08"]
    statuses = [
        one.entry.fact.what.status for one in world.hospital.facts() if isinstance(one.entry.fact.what, ReceiptGiven)
    ]
    assert ReceiptStatus.NEGATIVE in statuses


async def test_an_apprec_from_a_third_party_is_not_counted(world: World) -> None:
    """Only the organisation that a message went to can receipt it, whatever name stands in the AppRec."""
    hospital, municipality = world.hospital, world.municipality
    sent = hospital.submit(hospital.build("discharge-ready"))
    await hospital.daemon.settle()
    world.road.under_way.clear()
    stranger = HerId("8140099")
    directory = hospital.installation.partners
    known = directory.find(CASE_WORK)
    assert known is not None
    third = replace(known, her=stranger, organisation_her=HerId("8140098"))

    with_third = FolderDirectory((), (*directory.all(), third))
    installation = replace(hospital.installation, partners=with_third)
    hospital.daemon._installation = hospital.installation = installation
    receipt = municipality.build(
        "apprec",
        original={
            "type": "LOG_UTSKRIVNINGSKLAR",
            "id": str(hospital.exchange(sent).msg_id),
            "generated": "2024-03-05T10:00:00+01:00",
        },
    )
    await world.road.arrive(
        municipality.seal(
            receipt,
            WARD,
            Process("LOG_UTSKRIVNINGSKLAR", receipt=True),
            sender=stranger,
            message_id=hospital.installation.ids.fresh(),
        )
    )
    await hospital.daemon.settle()
    assert words(hospital, sent) == ("await_ack", "waiting")
    assert hospital.facts() == ()


async def test_a_second_apprec_changes_nothing_and_is_looked_at(world: World) -> None:
    """TC 13: the first AppRec is final, also when the second says that it is older; what is wrong with it is told."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert words(world.hospital, sent) == ("acknowledged", "ok")
    original = {
        "type": "LOG_INNLAGT",
        "id": str(world.hospital.exchange(sent).msg_id),
        "generated": "2024-03-05T09:00:00+01:00",
    }
    positive = world.municipality.build("apprec", original=original)
    negative = re.sub(rb'<Status V="1" DN="OK"/>', b'<Status V="2" DN="Avvist"/>', positive)
    older = re.sub(rb"<GenDate>[^<]*", b"<GenDate>2024-03-01T10:00:00+01:00", negative)
    for receipt in (older, positive):
        fresh = world.municipality.installation.ids.fresh()
        process = Process("LOG_UTSKRIVNINGSKLAR", receipt=True)
        await world.road.arrive(world.municipality.seal(receipt, WARD, process, sender=CASE_WORK, message_id=fresh))
        await world.settle()
    assert words(world.hospital, sent) == ("acknowledged", "ok")
    given = [one.entry.fact.what for one in world.hospital.facts()]
    assert [what.status for what in given if isinstance(what, ReceiptGiven)] == [ReceiptStatus.OK]
    journals = [world.hospital.journal(one.id) for one in world.hospital.received("APPREC")]
    noted = {line.split(":")[0] for lines in journals for line in lines if line.startswith("noted")}
    assert noted == {"noted AR-008", "noted AR-016"}


async def test_an_apprec_of_another_service_of_the_organisation_counts(world: World) -> None:
    """An AppRec may come from another party of the organisation that the message went to."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    world.road.under_way.clear()
    original = {
        "type": "LOG_UTSKRIVNINGSKLAR",
        "id": str(world.hospital.exchange(sent).msg_id),
        "generated": "2024-03-05T10:00:00+01:00",
    }
    receipt = world.municipality.build("apprec", original=original)
    process = Process("LOG_UTSKRIVNINGSKLAR", receipt=True)
    fresh = world.municipality.installation.ids.fresh()
    await world.road.arrive(world.municipality.seal(receipt, WARD, process, sender=HerId("8140021"), message_id=fresh))
    await world.hospital.daemon.settle()
    assert words(world.hospital, sent) == ("acked_implied", "ok")


async def test_a_message_under_anothers_organisation_is_not_believed(world: World) -> None:
    """The organisation that a message names must be that of the party that signed, too (EB-508)."""
    await send(world, lambda content: content.replace(b"8140010", b"8160010"))
    assert world.municipality.inbox() == {}
    assert world.municipality.facts() == ()


async def test_an_apprec_counts_without_an_acknowledgment(world: World) -> None:
    """When every acknowledgment is lost, the AppRec ends the resends, and the row says that it was implied."""
    world.road.loses = lambda mail: is_signal(mail) and "municipality" in mail.sender.value
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    assert words(world.hospital, sent) == ("acked_implied", "ok")
    assert "implied by the AppRec" in world.hospital.exchange(sent).transport.reason  # type: ignore[union-attr]
    await world.go_on(timedelta(days=4))
    assert words(world.hospital, sent) == ("acked_implied", "ok")


async def test_a_late_apprec_clears_the_alert(world: World) -> None:
    """An AppRec after 96 hours still makes the message `ok`."""
    held: list[OutgoingMail] = []

    def hold(mail: OutgoingMail) -> bool:
        held.append(mail)
        return not is_signal(mail) and "municipality" in mail.sender.value

    world.road.loses = hold
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    await world.go_on(timedelta(hours=97))
    assert words(world.hospital, sent) == ("acknowledged", "timed_out")
    world.road.loses = lambda mail: False
    await world.road.arrive(next(mail for mail in held if not is_signal(mail) and "municipality" in mail.sender.value))
    await world.settle()
    assert words(world.hospital, sent) == ("acknowledged", "ok")


class TestWhenTaken:
    """With `inbox.apprec = "when_taken"` the positive AppRec waits for the application."""

    @pytest.fixture(autouse=True)
    def _configured(self, configure: Callable[[str, str, str], None]) -> None:
        configure("municipality", 'folder = "inbox"', 'folder = "inbox"\napprec = "when_taken"')

    async def test_the_apprec_waits_until_the_file_is_taken(self, world: World) -> None:
        """Acknowledged at once, receipted when the application has removed the file, once, whatever restarts."""
        sent = world.hospital.submit(world.hospital.build("discharge-ready"))
        await world.settle()
        assert words(world.hospital, sent) == ("acknowledged", "waiting")
        await world.go_on(timedelta(hours=1))
        await world.municipality.restart()
        await world.settle()
        assert words(world.hospital, sent) == ("acknowledged", "waiting")
        [received] = world.municipality.received()
        world.municipality.take(received)
        await world.settle()
        assert words(world.hospital, sent) == ("acknowledged", "ok")
        await world.municipality.restart()
        await world.go_on(timedelta(hours=1))
        assert len(world.municipality.sent("APPREC")) == 1
        assert world.municipality.inbox() == {}

    async def test_a_refusal_does_not_wait(self, world: World) -> None:
        """What is not given to the application is receipted negatively at once."""
        sent = await send(world, without_patient_id)
        assert words(world.hospital, sent) == ("acknowledged", "rejected")

    async def test_an_inbox_folder_that_is_gone_has_taken_nothing(self, world: World) -> None:
        """When the whole folder is away no message counts as taken: no AppRec, until the folder is back."""
        sent = world.hospital.submit(world.hospital.build("discharge-ready"))
        await world.settle()
        folder = world.municipality.settings.inbox.folder
        folder.rename(folder.with_name("away"))
        with pytest.raises(Exception, match=r"inbox\.folder"):
            await world.settle()
        assert words(world.hospital, sent) == ("acknowledged", "waiting")
        folder.with_name("away").rename(folder)
        await world.settle()
        assert words(world.hospital, sent) == ("acknowledged", "waiting")

    async def test_an_empty_folder_in_the_place_of_the_inbox_has_taken_nothing(self, world: World) -> None:
        """A mount point without its share is no folder from which all was taken: no AppRec, nothing written to it."""
        sent = world.hospital.submit(world.hospital.build("discharge-ready"))
        await world.settle()
        folder = world.municipality.settings.inbox.folder
        share = folder.rename(folder.with_name("share"))
        folder.mkdir()
        world.hospital.submit(world.hospital.build("admitted"))
        with pytest.raises(AdapterError, match="mount its share"):
            await world.settle()
        assert words(world.hospital, sent) == ("acknowledged", "waiting")
        assert list(folder.iterdir()) == []
        folder.rmdir()
        share.rename(folder)
        await world.settle()
        assert len(world.municipality.inbox()) == 2
        [first] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
        world.municipality.take(first)
        await world.settle()
        assert words(world.hospital, sent) == ("acknowledged", "ok")

    async def test_many_untaken_files_do_not_hold_back_the_next(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A message is offered however many lie in the folder and wait for the application."""
        contents = [
            world.hospital.build("discharge-ready", ready=(date(2024, 3, 5) + timedelta(days=n)).isoformat())
            for n in range(3)
        ]
        monkeypatch.setattr(SqlReader.inbox_waiting, "__defaults__", (2, ()))
        for content in contents:
            world.hospital.submit(content)
        await world.settle()
        assert sorted(world.municipality.inbox().values()) == sorted(contents)


async def test_an_apprec_from_a_slow_clock_moves_no_moment(world: World) -> None:
    """The acknowledgment has dated the notice; an AppRec whose GenDate lies before it changes nothing."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.hospital.daemon.settle()
    await world.road.carry()
    world.clock.advance(timedelta(hours=-1))
    await world.municipality.daemon.settle()
    world.clock.advance(timedelta(hours=1))
    receipt = next(mail for mail in world.road.under_way if not is_signal(mail))
    world.road.under_way.remove(receipt)
    await world.settle()
    [when] = [one.entry.fact.when for one in world.hospital.facts() if isinstance(one.entry.fact.what, ReadyNotice)]
    await world.road.arrive(receipt)
    await world.settle()
    assert words(world.hospital, sent) == ("acknowledged", "ok")
    after = [one.entry.fact.when for one in world.hospital.facts() if isinstance(one.entry.fact.what, ReadyNotice)]
    assert after == [when]
