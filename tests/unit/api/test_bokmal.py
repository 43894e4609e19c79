"""No page in bokmål has an English sentence of ours, whatever has gone wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from browser import Browser
from served import Served, serve

from adapter.testing.neighbours import World
from adapter.transports.port import ReceivedMail, Refused

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
