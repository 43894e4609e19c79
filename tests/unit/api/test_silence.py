"""No patient leaves a message through the interface: ids and states everywhere, content only where content is asked
for (promise 7)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import AsyncIterator, Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from browser import Browser
from conftest import START
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from served import Served

from adapter.api.application import OPERATIONS
from adapter.api.pages.routes import SCREENS
from adapter.config import Drop, Webhook
from adapter.messages.examples import EXAMPLES
from adapter.observe.events import Level
from adapter.observe.log import Stream
from adapter.observe.traces import Traced
from adapter.service.drop_folder import DropFolder
from adapter.service.webhooks import HookCaller
from adapter.testing import scenarios
from adapter.testing.neighbours import World
from adapter.testing.place import Place
from adapter.transports.port import ReceivedMail
from tests.scenarios.test_silence import CHANGES, DOCTOR, MARKS, PATIENT, UNIT, marked

V1 = "/api/v1"

CONTENT = {f"{V1}/exchanges/{{id}}/message", f"{V1}/stays/{{stay}}/evidence"}
"""Operations that are there to hand out content."""

CONTENT_PAGES = {"/exchanges/{id}/answer"}
"""The page on which an answer is read."""

ADDRESS = re.compile(r'(?:href|action|src)="([^"]*)"')

HERS = (scenarios.HOSPITAL[0].her.value, scenarios.MUNICIPALITY[0].her.value)

MARKED_JSON = {
    **EXAMPLES["discharge-ready"],
    "kind": "discharge-ready",
    "sender": {"her": HERS[0]},
    "receiver": {"her": HERS[1]},
    "patient": PATIENT,
    "responsible": [DOCTOR],
    "unit": UNIT,
    "remark": "Kjempehemmelig merknad",
}

BAD_JSON: dict[str, dict[str, object]] = {
    "a kind that is none": {"kind": "Kjempehemmelig"},
    "a key that is none": {"Kjempehemmelig": "Zyxwvut"},
    "a key of the patient that is none": {"patient": {**PATIENT, "Kjempehemmelig": "Zyxwvut"}},
    "a date that is none": {"patient": {**PATIENT, "birth_date": "Kjempehemmelig"}},
    "an id that is none": {"patient": {**PATIENT, "id": {"type": "Kjempehemmelig", "number": "Zyxwvut"}}},
    "a text for an object": {"patient": "Zyxwvut Qqrrsst 12834130279"},
    "a sender that is none": {"sender": {"her": "Kjempehemmelig"}},
    "a receiver that nobody knows": {"receiver": {"her": "12834130279"}},
    "a profession that is none": {"responsible": [{**DOCTOR, "profession": "Kjempehemmelig"}]},
}


class Watch:
    """What was said while a test went on: the log, the spans, the calls of webhooks, and every answer it was given."""

    def __init__(self) -> None:
        self.journal = StringIO()
        self.spans = InMemorySpanExporter()
        self.calls: list[str] = []
        self.texts: list[tuple[str, str]] = []

    def see(self, where: str, answered: httpx.Response) -> httpx.Response:
        """Keep an answer, its headers too."""
        headers = "\n".join(f"{name}: {value}" for name, value in answered.headers.items())
        self.texts.append((where, f"{headers}\n{answered.text}"))
        return answered

    def everything(self) -> Iterator[tuple[str, str]]:
        yield from self.texts
        yield "the log", self.journal.getvalue()
        for span in self.spans.get_finished_spans():
            yield (
                f"span {span.name}",
                f"{span.name} {dict(span.attributes or {})} {span.status.description} {span.events}",
            )
        yield from (("webhook", call) for call in self.calls)

    def assert_silent(self) -> None:
        found = [
            (mark, where, _around(mark, unescape(text)))
            for where, text in self.everything()
            for mark in MARKS
            if mark.lower() in unescape(text).lower()
        ]
        assert not found, "\n".join(map(str, found))


def _around(mark: str, text: str) -> str:
    at = text.lower().index(mark.lower())
    return text[max(0, at - 60) : at + 60]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def world(place: Place, watch: Watch) -> AsyncIterator[World]:
    """The two sides, whose logs and spans are kept down to the finest level."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(watch.spans))
    tracer = provider.get_tracer("test")
    logs = [Traced(Stream(Level.DEBUG, watch.journal, side), tracer) for side in ("h", "m")]
    made = World(place, START, logs=(logs[0], logs[1]))
    yield made
    await made.close()
    provider.shutdown()


@pytest.fixture
async def callers(world: World, watch: Watch, tmp_path: Path) -> AsyncIterator[list[HookCaller]]:
    """A webhook at each side; what it is called with is kept whole."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            watch.calls.append(f"{self.path}\n{self.headers}\n{body}")
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    secret = tmp_path / "secret"
    secret.write_bytes(b"a secret of more than sixteen octets")
    hook = Webhook(name="ehr", url=f"http://127.0.0.1:{server.server_address[1]}/hook", secret_file=secret)
    made = [HookCaller(side.installation, hook) for side in (world.hospital, world.municipality)]
    for caller in made:
        await caller.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


async def look_everywhere(served: Served, watch: Watch) -> set[str]:
    """Ask every operation and page without content about everything there is; those that answered with 200."""
    client, browser = served.client(), Browser(served)
    await browser.enter()
    side, answered = served.neighbour, set()
    stays = (await client.get(f"{V1}/ledger")).json()["stays"]
    fillings = {
        "id": [one.id for one in (*side.sent(), *side.received(), *side.mails())],
        "stay": [row["stay"] for row in stays],
        "her": list(HERS),
    }
    asked = [(f"{one.method} {one.path}", one.path) for one in OPERATIONS if one.path not in CONTENT]
    asked += [("GET /openapi.json", "/openapi.json"), ("GET /docs", "/docs")]
    for name, path in asked:
        if name.startswith("GET "):
            for filled in filled_in(path, fillings):
                if watch.see(filled, await client.get(filled)).status_code == 200:
                    answered.add(path)
    for screen in SCREENS:
        if screen.method == "GET" and screen.path not in CONTENT_PAGES:
            for filled in filled_in(screen.path, fillings):
                page = await browser.get(filled)
                watch.see(filled, page)
                if page.status_code == 200:
                    answered.add(screen.path)
                for address in ADDRESS.findall(page.text):
                    watch.texts.append((f"an address on {filled}", address))
                    if address.startswith("/stays/"):
                        watch.see(address, await browser.get(unescape(address)))
                        answered.add("/stays/{seq}/{stay}")
    for line in served.audit():
        watch.texts.append(("the audit log", f"{line.who} {line.what} {line.outcome} {line.about}"))
    for stay in fillings["stay"]:
        package = await client.get(f"{V1}/stays/{stay}/evidence", params={"anonymised": "true"})
        if package.is_error:
            watch.see("anonymised evidence", package)
            continue
        with ZipFile(BytesIO(package.content)) as files:
            for name in files.namelist():
                watch.texts.append((f"anonymised evidence {name}", files.read(name).decode("utf-8", "replace")))
    return answered


def filled_in(path: str, fillings: dict[str, list[str]]) -> list[str]:
    """An address for each thing that it may be about; none for what is found by links."""
    found = re.search(r"{(\w+)}", path)
    if found is None:
        return [path]
    return (
        [path.replace(found.group(), one) for one in fillings.get(found.group(1), ())] if path.count("{") == 1 else []
    )


async def test_a_message_that_goes_well_shows_nothing(
    world: World, hospital: Served, municipality: Served, callers: list[HookCaller], watch: Watch, tmp_path: Path
) -> None:
    """Judged, handed in twice, dropped, claimed, answered, confirmed, rejected: ids and states, in every place."""
    mine, theirs = hospital.client(), municipality.client()
    keyed = {"Idempotency-Key": "Zyxwvut 12834130279"}
    for content, media_type in (
        (marked(world.hospital), "application/xml"),
        (json.dumps(MARKED_JSON).encode(), "application/json"),
    ):
        headers = {"Content-Type": media_type}
        judged = watch.see("validate", await mine.post(f"{V1}/messages/validate", content=content, headers=headers))
        assert judged.json()["valid"] is True, judged.text
        headers["Idempotency-Key"] = f"12834130279 {media_type}"
        for _ in range(2):
            told = watch.see("submit", await mine.post(f"{V1}/messages", content=content, headers=headers))
            assert told.status_code == 201
        assert watch.see("again", await mine.post(f"{V1}/messages", content=content + b" ", headers=headers)).is_error
    folder = tmp_path / "drop"
    drop = DropFolder(world.hospital.installation, Drop(folder=folder, settle_seconds=0))
    await drop.start()
    (folder / "a.xml").write_bytes(marked(world.hospital))
    (folder / "b.xml").write_bytes(CHANGES["a date that is none"](marked(world.hospital)))
    (folder / "c.json").write_bytes(json.dumps(MARKED_JSON | BAD_JSON["a date that is none"]).encode())
    assert drop.turn() == 3
    for result in folder.glob("*.result.json"):
        watch.texts.append((result.name, result.read_text("utf-8")))
    assert len(world.hospital.sent()) == 3
    await world.settle()

    watch.see("inbox", await theirs.get(f"{V1}/inbox"))
    claimed = watch.see("claim", await theirs.post(f"{V1}/inbox/claim", json={})).json()["items"]
    first, second, _ = claimed
    content = (await theirs.get(first["message"])).text
    assert all(mark in content for mark in MARKS)
    said = {"answer": "later", "day": "2024-03-08", "text": "Kjempehemmelig"}
    path = f"{V1}/exchanges/{first['exchange']}/answer"
    assert watch.see("answer", await theirs.post(path, json=said, headers=keyed)).is_success
    path = f"{V1}/inbox/{first['exchange']}/confirm"
    assert watch.see("confirm", await theirs.post(path, json={"claim": first["claim"]})).is_success
    path = f"{V1}/inbox/{second['exchange']}/reject"
    refused = {"claim": second["claim"], "errors": [{"code": "E36", "text": "Kjempehemmelig Zyxwvut"}]}
    watch.see("reject", await theirs.post(path, json=refused))
    await world.settle()
    for caller in callers:
        await caller.turn()
    answered = await look_everywhere(hospital, watch) | await look_everywhere(municipality, watch)
    assert answered >= {f"{V1}/exchanges", f"{V1}/exchanges/{{id}}", f"{V1}/stays/{{stay}}", f"{V1}/inbox", "/metrics"}
    assert answered >= {
        "/",
        "/exchanges",
        "/exchanges/{id}",
        "/quarantine",
        "/answers",
        "/stays",
        "/stays/{seq}/{stay}",
    }
    assert len(watch.calls) >= 3
    assert len(watch.spans.get_finished_spans()) > 10
    watch.assert_silent()


async def test_a_message_that_is_refused_shows_nothing(
    world: World, hospital: Served, municipality: Served, callers: list[HookCaller], watch: Watch
) -> None:
    """Whatever is wrong with it, the problem, the verdict, and what the receiver of it shows are silent."""
    mine = hospital.client()
    wrong = [(name, "application/xml", change(marked(world.hospital))) for name, change in CHANGES.items()]
    wrong += [(name, "application/json", json.dumps(MARKED_JSON | bad).encode()) for name, bad in BAD_JSON.items()]
    wrong += [("cut off", "application/json", json.dumps(MARKED_JSON).encode()[:-20])]
    for number, (name, media_type, content) in enumerate(wrong):
        headers = {"Content-Type": media_type, "Idempotency-Key": str(number)}
        judged = watch.see(name, await mine.post(f"{V1}/messages/validate", content=content, headers=headers))
        assert judged.status_code == 200
        told = watch.see(name, await mine.post(f"{V1}/messages", content=content, headers=headers))
        assert (told.status_code == 201) == judged.json()["valid"], name
    for change in CHANGES.values():
        right = marked(world.hospital)
        world.hospital.send_unjudged(change(right), right)
    await world.settle()
    assert len(world.municipality.received()) >= len(CHANGES)
    for caller in callers:
        await caller.turn()
    await look_everywhere(hospital, watch)
    await look_everywhere(municipality, watch)
    watch.assert_silent()


async def test_a_mail_that_is_no_message_is_shown_by_its_reason_only(
    world: World, municipality: Served, watch: Watch
) -> None:
    """Its own headers stand on the page of that one mail, and nowhere else."""
    content = (
        b"From: Zyxwvut.Qqrrsst@elsewhere.example\r\nTo: municipality@edi.example\r\nSubject: Kjempehemmelig\r\n"
        b"Message-ID: <Kjempehemmelig@x>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n12834130279\r\n"
    )
    mail = ReceivedMail(content, "Zyxwvut.Qqrrsst@elsewhere.example", ("municipality@edi.example",))
    await world.municipality.daemon.keep(mail)
    await world.settle()
    answered = await look_everywhere(municipality, watch)
    assert "/quarantine/{id}" in answered
    [kept] = world.municipality.mails()
    one = f"/quarantine/{kept.id}"
    assert any(where == one and "Kjempehemmelig" in text for where, text in watch.texts)
    watch.texts = [(where, text) for where, text in watch.texts if where != one]
    watch.assert_silent()


async def test_what_a_caller_puts_in_an_address_is_not_said_again(
    world: World, hospital: Served, watch: Watch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Ids, cursors, keys and headers may be anything: no problem, page, log or audit line repeats them."""
    client, browser = hospital.client(), Browser(hospital)
    await browser.enter()
    for mark in ("Zyxwvut", "12834130279"):
        for operation in OPERATIONS:
            path = re.sub(r"{\w+}", mark, operation.path)
            headers = {"Content-Type": "application/json", "Idempotency-Key": mark}
            body = json.dumps({mark: mark}).encode()
            for query in ({}, {mark: mark}, {"cursor": mark}, {"stay": mark, "as_of": mark, "type": mark}):
                answered = await client.request(
                    operation.method, path, params=query, headers=headers, content=body if operation.takes else b""
                )
                watch.see(f"{operation.method} {operation.path}", answered)
        for screen in SCREENS:
            path = re.sub(r"{\w+}", mark, screen.path)
            asked = browser.get(f"{path}?after={mark}&{mark}={mark}") if screen.method == "GET" else browser.send(path)
            watch.see(f"{screen.method} {screen.path}", await asked)
        watch.see("the search", await browser.send("/exchanges", id=mark))
        watch.see("nowhere", await client.get(f"/{mark}"))
        watch.see("a method", await client.delete(f"{V1}/exchanges/{mark}"))
        nobody = hospital.with_headers({"Authorization": f"Bearer {mark}", "Origin": f"http://{mark}.example"})
        watch.see("nobody", await nobody.get(f"{V1}/exchanges/{mark}"))
    for line in hospital.audit():
        watch.texts.append(("the audit log", f"{line.who} {line.what} {line.outcome} {line.about}"))
    watch.texts += [("written beside the log", text) for text in capfd.readouterr()]
    watch.assert_silent()
