"""A message that is sent with payload parts beside it: every octet arrives, and every digest is acknowledged."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree

from adapter.cli.main import group
from adapter.config import Drop, Scope
from adapter.delivery.sender import TransportState
from adapter.envelope.mail import MAX_OCTETS
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import INPUT_NOT_UNDERSTOOD, AdapterError
from adapter.messages.building import example
from adapter.messages.rules.rule import Side
from adapter.service import operating
from adapter.service.access import Caller
from adapter.service.bundle import MAX_BESIDE, unbundle
from adapter.service.drop_folder import DropFolder
from adapter.service.handing_in import HandedIn, hand_in
from adapter.service.offline import Opened, open_offline, seal_offline
from adapter.service.submission import submit_now
from adapter.testing.neighbours import Neighbour, World, is_signal
from adapter.transports.port import OutgoingMail
from adapter.values import HerId

PICTURE = b"\xff\xd8\xff\xe0 a picture\r\n.\r\n\x00\x1a"
NOTE = "<?xml version='1.0'?>\n<note>æøå</note>\n".encode()
PARTS = (PICTURE, NOTE, b"\x00")
SUBMITTER = Caller("test", frozenset({Scope.SUBMIT}))


def base64_text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def beside(*parts: bytes) -> list[dict[str, str]]:
    return [{"base64": base64_text(part)} for part in parts]


def parts_of(side: Neighbour, exchange: str) -> tuple[bytes, ...]:
    """What the store has beside a message."""
    store = side.installation.store
    return store.read_now(lambda reader: tuple(reader.blob(one) for one in reader.beside(exchange)))


def opened(mail: OutgoingMail) -> Unpacked:
    unpacked = unpack(mail.content)
    assert isinstance(unpacked, Unpacked)
    return unpacked


async def test_every_part_arrives_and_every_digest_is_acknowledged(world: World) -> None:
    """One mail with four attachments; the inbox has each byte for byte; the Acknowledgment copies all five digests."""
    content = world.hospital.build("discharge-ready")
    sent = submit_now(world.hospital.installation, content, beside=PARTS)
    assert isinstance(sent, str)
    await world.settle()
    [received] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    assert world.municipality.payload(received) == content
    assert parts_of(world.municipality, received.id) == PARTS
    assert world.municipality.inbox() == {
        f"{received.id}.xml": content,
        f"{received.id}.1.bin": PICTURE,
        f"{received.id}.2.xml": NOTE,
        f"{received.id}.3.bin": b"\x00",
    }
    exchange = world.hospital.exchange(sent)
    assert exchange.transport is not None
    assert exchange.transport.state is TransportState.ACKED
    carried = next(mail for mail in world.road.taken if not is_signal(mail))
    manifest = opened(carried).body.find("{*}Manifest")
    assert manifest is not None
    assert len(manifest) == len(opened(carried).attachments) == 4
    assert [len(reference) for reference in manifest] == [1, 0, 0, 0]
    answer = next(mail for mail in world.road.taken if is_signal(mail))
    ours = {(one.uri, one.digest) for one in exchange.references}
    assert len(ours) == 5
    assert {(uri, digest) for uri, digest in copied(answer)} == ours
    assert "EB-451" not in "".join(world.municipality.journal(received.id))


def copied(answer: OutgoingMail) -> list[tuple[str, str]]:
    """URI and digest of every Reference that an Acknowledgment copies."""
    payload = message_from_bytes(answer.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    ack = etree.fromstring(payload).find(".//{*}Acknowledgment")
    assert ack is not None
    found = ack.findall("{http://www.w3.org/2000/09/xmldsig#}Reference")
    return [(one.get("URI", ""), one.findtext("{*}DigestValue") or "") for one in found]


async def test_no_rule_has_a_word_to_say_about_it(world: World, journal: object) -> None:
    """Neither side remarks on anything in a message with parts."""
    submit_now(world.hospital.installation, world.hospital.build("discharge-ready"), beside=PARTS)
    await world.settle()
    assert "message.noted" not in str(journal.getvalue())  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["xml", "base64"])
async def test_a_finished_message_in_json(world: World, form: str) -> None:
    """Over the interface a message is text or base64, and its parts come with it; one key hands it in once."""
    content = world.hospital.build("discharge-ready")
    message = {"xml": content.decode()} if form == "xml" else {"base64": base64_text(content)}
    told = json.dumps({"message": message, "beside": beside(*PARTS)}).encode()
    done = hand_in(world.hospital.installation, SUBMITTER, "k", told)
    again = hand_in(world.hospital.installation, SUBMITTER, "k", told)
    assert isinstance(done, HandedIn)
    assert isinstance(again, HandedIn)
    assert (again.exchange_id, again.again) == (done.exchange_id, True)
    assert world.hospital.payload(world.hospital.exchange(done.exchange_id)) == content
    assert parts_of(world.hospital, done.exchange_id) == PARTS


async def test_build_json_has_parts_of_its_own(world: World, tmp_path: Path) -> None:
    """In the drop folder: `beside` stands in the object of any kind."""
    told = json.loads(example("discharge-ready")) | {"kind": "discharge-ready", "beside": beside(PICTURE)}
    for party in ("sender", "receiver"):
        told[party] = {"her": told[party]["her"]}
    dropped = DropFolder(world.hospital.installation, Drop(folder=tmp_path / "drop", settle_seconds=0))
    await dropped.start()
    (tmp_path / "drop" / "a.json").write_text(json.dumps(told), "utf-8")
    assert dropped.turn() == 1
    [exchange] = world.hospital.sent()
    assert parts_of(world.hospital, exchange.id) == (PICTURE,)
    await world.settle()
    [received] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    assert parts_of(world.municipality, received.id) == (PICTURE,)


async def test_the_command_takes_files(world: World, tmp_path: Path) -> None:
    """`--beside` once for each, after those that the JSON names below its folder."""
    content = world.hospital.build("discharge-ready", written=datetime.now(UTC).isoformat(timespec="seconds"))
    (tmp_path / "ready.xml").write_bytes(content)
    (tmp_path / "a.jpg").write_bytes(PICTURE)
    (tmp_path / "note.xml").write_bytes(NOTE)
    told = {"message": {"file": "ready.xml"}, "beside": [{"file": "a.jpg"}]}
    (tmp_path / "in.json").write_text(json.dumps(told), "utf-8")
    words = ["send", str(tmp_path / "in.json"), "--beside", str(tmp_path / "note.xml")]
    result = CliRunner().invoke(group, [*words, "--config", str(world.hospital.side.config)])
    assert result.exit_code == 0, result.output
    assert parts_of(world.hospital, result.output.strip()) == (PICTURE, NOTE)


async def test_a_mail_is_sealed_with_its_parts_offline(world: World, tmp_path: Path) -> None:
    """`adapter seal` takes them as `adapter send` does; `adapter open` of the receiver finds each, and no part that a
    receiver would not have as it is gets into a mail."""
    hospital, municipality = world.hospital.side.config, world.municipality.side.config
    content, out = naming(world.hospital.build("discharge-ready"), "bilde@edi.example"), tmp_path / "out.eml"
    (tmp_path / "ready.xml").write_bytes(content)
    (tmp_path / "a.jpg").write_bytes(PICTURE)
    (tmp_path / "note.xml").write_bytes(NOTE)
    told = {"message": {"file": "ready.xml"}, "beside": [{"file": "a.jpg"}]}
    (tmp_path / "in.json").write_text(json.dumps(told), "utf-8")
    words = ["--from", "8140011", "--to", "8140022", "-o", str(out), "--config", str(hospital)]
    refused = CliRunner().invoke(group, ["seal", str(tmp_path / "ready.xml"), *words])
    assert isinstance(refused.exception, AdapterError)
    assert "1 payload parts" in str(refused.exception)
    assert not out.exists()
    note = ["--beside", str(tmp_path / "note.xml")]
    sealed = CliRunner().invoke(group, ["seal", str(tmp_path / "in.json"), *note, *words])
    assert sealed.exit_code == 0, sealed.output
    opened_again = open_offline(municipality, out.read_bytes())
    assert isinstance(opened_again, Opened)
    assert (opened_again.content, opened_again.beside) == (content, (PICTURE, NOTE))
    unpacked = unpack(out.read_bytes())
    assert isinstance(unpacked, Unpacked)
    assert unpacked.attachments[1].content_id == "bilde@edi.example"
    with pytest.raises(AdapterError, match="unpack"):
        seal_offline(hospital, content, HerId("8140011"), HerId("8140022"), (gzip.compress(NOTE),))


async def test_a_new_envelope_around_the_same_document_has_its_parts(world: World) -> None:
    """What an operator sends again, because nobody answered in 72 hours, goes with everything that went with it."""
    world.road.loses = lambda mail: True
    installation = world.hospital.installation
    sent = submit_now(installation, world.hospital.build("discharge-ready"), beside=PARTS)
    assert isinstance(sent, str)
    for _ in range(8):
        await world.go_on(timedelta(hours=12))
    world.road.loses = lambda mail: False
    done = operating.resend(installation, sent, operating.By("op", "it is needed after all"))
    assert done.goes_on_as != sent
    await world.settle()
    [received] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    assert parts_of(world.municipality, received.id) == PARTS


async def test_a_message_that_names_its_parts(world: World) -> None:
    """The first `cid:` FileReference is the Content-ID of the first part; one too many and nothing is kept."""
    content = naming(world.hospital.build("discharge-ready"), "scan-1@hospital.example")
    with pytest.raises(AdapterError, match="1 payload parts"):
        submit_now(world.hospital.installation, content)
    assert isinstance(submit_now(world.hospital.installation, content, beside=PARTS), str)
    await world.settle()
    carried = next(mail for mail in world.road.taken if not is_signal(mail))
    assert opened(carried).attachments[1].content_id == "scan-1@hospital.example"
    [received] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    assert parts_of(world.municipality, received.id) == PARTS


@pytest.mark.parametrize("content_id", ["a%0D%0AX-Other:%20y", "%C3%A6", "a b", "a>b", "", "a" * 201])
async def test_an_id_that_no_mail_can_carry_is_refused(world: World, content_id: str) -> None:
    """A FileReference whose id would end a header, or is not of plain signs, is refused before anything is kept."""
    content = naming(world.hospital.build("discharge-ready"), content_id)
    with pytest.raises(AdapterError, match="letters, digits"):
        submit_now(world.hospital.installation, content, beside=PARTS)
    assert world.hospital.sent() == []


def naming(content: bytes, content_id: str) -> bytes:
    """A message with one more Document, an attachment that lies in another payload part."""
    other = (
        "<Document><RefDoc><IssueDate V='2024-03-05'/><MsgType V='A' DN='Vedlegg'/><MimeType>image/jpeg</MimeType>"
        f"<Description>Bilde</Description><FileReference>cid:{content_id}</FileReference></RefDoc></Document></MsgHead>"
    )
    return content.replace(b"</MsgHead>", other.encode())


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (b"", "empty"),
        (gzip.compress(PICTURE, mtime=0), "unpack"),
        (b"Content-Type: text/plain\r\n\r\nhei\r\n", "unpack"),
    ],
)
async def test_a_part_that_would_not_arrive_as_it_is_is_refused(world: World, part: bytes, says: str) -> None:
    """Nothing is kept, and the sentence says which part and why."""
    with pytest.raises(AdapterError, match=says) as refused:
        submit_now(world.hospital.installation, world.hospital.build("discharge-ready"), beside=(PICTURE, part))
    assert refused.value.kind is INPUT_NOT_UNDERSTOOD
    assert "beside[1]" in str(refused.value)
    assert world.hospital.sent() == []


async def test_a_message_is_no_part_of_another(world: World) -> None:
    """Documents that belong together and documents of their own are never mixed (EB-448)."""
    first, second = world.hospital.build("discharge-ready"), world.hospital.build("discharged")
    with pytest.raises(AdapterError, match="EB-448"):
        submit_now(world.hospital.installation, first, beside=(second,))
    assert world.hospital.sent() == []


async def test_limits(world: World) -> None:
    """More parts or octets than go in one mail are refused before anything is kept."""
    content = world.hospital.build("discharge-ready")
    for parts in ((b"x",) * (MAX_BESIDE + 1), (b"x" * MAX_OCTETS, b"x")):
        with pytest.raises(AdapterError, match="beside"):
            submit_now(world.hospital.installation, content, beside=parts)
    assert world.hospital.sent() == []
    assert world.hospital.installation.context(Side.SEND)


@pytest.mark.parametrize(
    "said",
    [
        {"message": {}},
        {"message": {"xml": "<a/>", "base64": "AA=="}},
        {"message": {"xml": "<a/>"}, "beside": [{}]},
        {"message": {"xml": "<a/>"}, "beside": [{"base64": "A"}]},
        {"message": {"xml": "<a/>"}, "beside": {"base64": "AA=="}},
        {"message": {"xml": "<a/>"}, "secret 12345678901": 1},
        {"message": "<a/>"},
        {"message": {"xml": "\ud800"}},
        {"kind": "discharge-ready", "beside": [{"file": "a", "base64": "AA=="}]},
        {"kind": "discharge-ready", "beside": [{"base64": "AA=="}] * (MAX_BESIDE + 1)},
        {"message": {"file": "/etc/hostname"}},
        {"message": {"xml": "<a/>"}, "beside": [{"file": "../a"}]},
        {"message": {"xml": "<a/>"}, "beside": [{"file": "a\x00b"}]},
        {"message": {"file": "circle"}},
    ],
)
def test_an_object_that_cannot_be_is_refused(said: dict[str, object], tmp_path: Path) -> None:
    """Every mistake is one of the input, told by its place and never by its value; no file elsewhere is read."""
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(AdapterError) as refused:
        unbundle(json.dumps(said).encode(), tmp_path)
    assert refused.value.kind is INPUT_NOT_UNDERSTOOD
    assert "12345678901" not in str(refused.value)


def test_the_object_of_somebody_else_names_no_file() -> None:
    """Over the interface and in the drop folder a file name reads nothing."""
    with pytest.raises(AdapterError, match="no file can be named"):
        unbundle(b'{"message": {"file": "ready.xml"}}', None)
