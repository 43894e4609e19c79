"""Everything that a page says of its own is there in bokmål: every row, every place that makes one, every page."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from browser import Browser
from served import Served, serve

import adapter
from adapter.api.pages.bokmal import in_bokmal
from adapter.api.pages.texts import TEXTS, Spoken
from adapter.crypto.certificates import Problem
from adapter.crypto.revocation import Outcome
from adapter.delivery import receiver, sender
from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceivedExchange, ReceptionState
from adapter.delivery.sender import TransportState
from adapter.delivery.sender_events import AlarmRule, News
from adapter.errors import AdapterError, catalogue
from adapter.liability.rules import Language
from adapter.lookups.packaged import bokmal
from adapter.lookups.port import PartyRole
from adapter.messages.receipting import Silence
from adapter.store.port import Act
from adapter.testing.neighbours import World
from adapter.transports.port import ReceivedMail, Refused

NORWEGIAN, ENGLISH = Spoken(Language.NORWEGIAN), Spoken(Language.ENGLISH)


def is_said(text: str) -> bool:
    """Whether all of a sentence is said in bokmål."""
    return not any(piece.foreign for piece in NORWEGIAN.told(text))


# ── the rows ──


def test_every_error_has_its_bokmal_and_no_row_is_left_over() -> None:
    """Both texts, neither empty, neither the English one."""
    rows = tomllib.loads(bokmal().decode())["errors"]
    assert set(rows) == {kind.id for kind in catalogue()}
    for kind in catalogue():
        assert set(rows[kind.id]) == {"says", "remedy"}
        assert rows[kind.id]["says"] not in {"", kind.says}
        assert rows[kind.id]["remedy"] not in {"", kind.remedy}


@pytest.mark.parametrize("kind", catalogue(), ids=lambda kind: kind.id)
def test_every_error_is_said_in_each_way_the_adapter_writes_it(kind) -> None:  # type: ignore[no-untyped-def]
    """Alone, with a detail, with its remedy, with its id before it, and by its id alone."""
    error = AdapterError(kind, "HER-id 12")
    for text in (kind.says, str(error), error.sentence(), AdapterError(kind).sentence(), f"{kind.id}: {error}"):
        assert is_said(text), text
    assert kind.remedy in "".join(piece.text for piece in ENGLISH.told(kind.id))


def test_a_row_keeps_the_values_of_its_sentence() -> None:
    """Each value of a text in bokmål is one of the English text, and none is lost."""
    for english, norwegian in tomllib.loads(bokmal().decode())["sentences"].items():
        names = re.findall(r"{(\w+)(?::\w+)?}", english)
        assert norwegian
        assert set(re.findall(r"{(\w+)(?::\w+)?}", norwegian)) <= set(names), english
        assert len(names) == len(set(names)), english


def test_every_word_of_the_tables_is_said() -> None:
    """States, next steps, alarms, news, acts, reasons for silence, problems of certificates, roles."""
    now = datetime(2024, 3, 5, tzinfo=UTC)
    said = [sender.next_step(replace(sender.new(now), state=state)) for state in TransportState]
    said += [receiver.next_step(ReceivedExchange(state, now, now)) for state in ReceptionState]
    said += [f"transport: {state.value}" for state in TransportState]
    said += [f"apprec: {word}" for word in (*(state.value for state in AppRecState), "ok", "rejected")]
    said += [f"alarm: {rule.value}" for rule in AlarmRule] + [f"application: {news.value}" for news in News]
    said += [f"operator: {act.value}" for act in Act]
    said += [one.value for kind in (Silence, Problem, Outcome, PartyRole) for one in kind]
    assert [text for text in said if not is_said(text)] == []


def test_what_has_no_row_is_shown_as_it_is_and_marked() -> None:
    """The words of another machine stay; a code or a name is no sentence."""
    assert [(one.text, one.foreign) for one in NORWEGIAN.told("550 no such user here")] == [
        ("550 no such user here", True)
    ]
    assert is_said("E21, E36")
    parts = in_bokmal("the connection was lost before the mail: TimeoutError", lambda key: None)
    assert "".join(one.text for one in parts) == "forbindelsen ble brutt før e-posten: TimeoutError"


# ── the places that make sentences ──

MADE_BY = {"JournalEntry": (2, 3), "NotAgain": (0,), "Again": (1,), "Change": (0,), "Judgement": (1,), "_unknown": (0,)}
"""Which arguments of a call are shown on a page, by name of what is called."""

DETAILS = (
    "api/pages/*.py",
    "service/operating.py",
    "service/holding.py",
    "service/asking.py",
    "service/desk.py",
    "lookups/authorities.py",
)
"""Where the detail of an error can come from that a form of a page answers with."""

SAMPLES = ("X1", "new", "ok", "resend", "no_answer", "not_sent", "keys.signing", "the CRL", "")
"""One of these in the place of a value makes a sentence that has a row."""

NOT_OURS = ("{finding.rule}: {finding.message}", "{by.who}: {by.reason}", "drop.folder", "inbox.folder", "smtp.receive")
"""Texts of the register of rules, a person's own words, and what only a log or a command tells."""


def sentences(paths: Iterator[Path], calls: dict[str, tuple[int, ...]]) -> Iterator[tuple[str, ast.expr]]:
    """Every text in such an argument, with where it stands."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for place in calls.get(name, ()):
                if place < len(node.args):
                    yield from ((f"{path.name}:{node.lineno}", text) for text in _texts(node.args[place]))


def _texts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node


def filled(node: ast.expr) -> list[str]:
    """A text with each sample in the place of its values."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    assert isinstance(node, ast.JoinedStr)
    return [
        "".join(str(part.value) if isinstance(part, ast.Constant) else _written(part, sample) for part in node.values)
        for sample in SAMPLES
    ]


def _written(value: ast.expr, sample: str) -> str:
    return repr(sample) if isinstance(value, ast.FormattedValue) and value.conversion == ord("r") else sample


def test_every_place_that_writes_a_sentence_for_a_page_has_its_row() -> None:
    """The journal, why something may not go again, what was done, judgements, the details of errors of forms."""
    house = Path(adapter.__file__).parent
    places = list(sentences(house.rglob("*.py"), MADE_BY))
    places += list(sentences((path for one in DETAILS for path in house.glob(one)), {"AdapterError": (1,)}))
    health = [house / "service" / "health.py"]
    places += list(sentences(iter(health), {"Reason": (2,)}))
    assert len(places) > 80
    missing = [
        (where, ast.unparse(node))
        for where, node in places
        if not any(one in ast.unparse(node) for one in NOT_OURS) and not any(map(is_said, filled(node)))
    ]
    assert missing == []


# ── the pages ──

ENGLISH_WORDS = re.compile(
    r"\b(the|is|are|was|were|has|have|not|nobody|nothing|waits|received|given|message|and|of|with|from)\b",
)
"""Words that no sentence in bokmål has. (`for`, `over`, `under`, `by` and `sent` are words of both.)"""


def english_on(page: str) -> list[str]:
    """The lines of a page that read as English: not what is marked as foreign, quoted, a link's address or code."""
    body = page.partition("<main")[2].partition("</main>")[0]
    for gone in (r"<pre.*?</pre>", r"<code.*?</code>", r'<span lang="en">.*?</span>', r"<option.*?</option>"):
        body = re.sub(gone, " ", body, flags=re.S)
    lines = unescape(re.sub(r"<[^>]+>", "\n", body)).splitlines()
    return [line.strip() for line in lines if ENGLISH_WORDS.search(line)]


def marked_on(page: str) -> list[str]:
    """What a page marks as English."""
    return [unescape(one) for one in re.findall(r'<span lang="en">(.*?)</span>', page, re.S)]


@pytest.fixture
async def busy(world: World) -> World:
    """Everything that can go wrong at once: acknowledged, nobody answers, held in both ways, a stray mail, a stay."""
    installation = world.municipality.installation
    production = installation.settings.model_copy(update={"mode": "production"})
    for kind in ("admitted", "discharge-ready"):
        world.hospital.submit(world.hospital.build(kind))
        await world.settle()
    address = world.hospital.settings.party[0].address.value
    await world.hospital.daemon.keep(ReceivedMail(b"Subject: Fri frakt\r\n\r\nhei", "post@example.org", (address,)))
    changed = world.hospital.build("discharge-ready")
    world.hospital.send_unjudged(changed.replace(b"8140010", b"8160010").replace(b"8140011", b"8160011"), changed)
    await world.settle()
    object.__setattr__(installation, "settings", production)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    world.road.loses = lambda mail: True
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for _ in range(6):
        await world.go_on(timedelta(hours=24))
    world.hospital.submit(world.hospital.build("discharged"))
    await world.go_on(timedelta(hours=2))
    return world


async def every_page(browser: Browser) -> dict[str, str]:
    """Each page that a link of a page leads to, by its address."""
    found: dict[str, str] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        if path in found or "lang=" in path or path.startswith("/static") or path.endswith(".svg"):
            continue
        found[path] = (await browser.get(path)).text
        waiting += [unescape(one) for one in re.findall(r'href="(/[^"#]*)"', found[path])]
    return found


@pytest.mark.parametrize("side", ["hospital", "municipality"])
async def test_no_page_in_bokmal_has_an_english_sentence_of_ours(busy: World, side: str) -> None:
    """Every page of both sides, found by its links; only rule texts are English, and the page says so."""
    served: Served = await serve(getattr(busy, side))
    try:
        browser = Browser(served, "nb")
        await browser.enter()
        pages = await every_page(browser)
        assert len(pages) > 12
        for path, page in pages.items():
            assert english_on(page) == [], path
            for marked in marked_on(page):
                assert re.match(r"[A-Z]{2}-?\d+\b", marked), (path, marked)
            assert not marked_on(page) or "Regeltekster vises på engelsk" in page, path
    finally:
        await served.close()


async def test_what_a_form_refuses_is_told_in_bokmal(busy: World, hospital: Served) -> None:
    """A reason that cannot be kept, a deed that is impossible, an answer without a date, a page that is not there."""
    browser = Browser(hospital, "nb")
    await browser.enter()
    (stuck, *_) = re.findall(
        r"/exchanges/([0-9a-f-]{36})", (await browser.get("/exchanges?transport=delivery_failed")).text
    )
    (acked, *_) = re.findall(r"/exchanges/([0-9a-f-]{36})", (await browser.get("/exchanges?transport=acked")).text)
    await browser.get("/exchanges")
    for path, form in (
        (f"/exchanges/{stuck}", {"act": "give_up", "reason": "om 01017012345"}),
        (f"/exchanges/{stuck}", {"act": "give_up", "reason": ""}),
        (f"/exchanges/{stuck}", {"act": "sing", "reason": "x"}),
        (f"/exchanges/{acked}", {"act": "give_up", "reason": "x"}),
        (f"/exchanges/{acked}", {"act": "resend", "reason": "x"}),
        (f"/exchanges/{acked}/answer", {"answer": "later"}),
        ("/exchanges/nobody", {"act": "resend", "reason": "x"}),
    ):
        answered = await browser.send(path, **form)
        assert answered.status_code >= 400, (path, form)
        assert english_on(answered.text) == [], (path, form)
        assert "Dette ble ikke gjort" in answered.text
        assert all(re.match(r"[A-Z]{2}-?\d+\b", one) for one in marked_on(answered.text)), marked_on(answered.text)


async def test_the_words_of_a_mail_server_stay_its_own(world: World, hospital: Served) -> None:
    """They are shown, marked as another language, inside a sentence of ours."""
    world.road.tell(Refused("550 5.1.1 no such user"))
    sent = world.hospital.submit(world.hospital.build("admitted"))
    await world.settle()
    browser = Browser(hospital, "nb")
    await browser.enter()
    page = (await browser.get(f"/exchanges/{sent}")).text
    assert '<span lang="en">550 5.1.1 no such user</span>' in page
    assert english_on(page) == []


def test_every_key_says_something_else_in_each_language_or_is_a_name() -> None:
    """A row with one text twice is a word of both languages, and short."""
    assert [key for key, (english, norwegian) in TEXTS.items() if english == norwegian and len(english) > 20] == []
