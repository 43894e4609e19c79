"""The dashboard in a real browser: by mouse, by keyboard alone, without JavaScript, in both languages.

Screenshots go to the folder that ADAPTER_SCREENSHOTS names, else to the test's own.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from served import Served

from adapter.testing.neighbours import World
from adapter.transports.port import ReceivedMail

CHROMIUM = Path("/usr/bin/chromium")

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where pictures go."""
    folder = Path(os.environ.get("ADAPTER_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
async def chromium() -> AsyncIterator[object]:
    """A browser, without a screen."""
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def stuck(world: World) -> str:
    """A hospital with a stay, an answer from nobody, a mail in quarantine, and a message that is stuck; its id."""
    for kind in ("admitted", "discharge-ready"):
        world.hospital.submit(world.hospital.build(kind))
        await world.settle()
    address = world.hospital.settings.party[0].address.value
    await world.hospital.daemon.keep(ReceivedMail(b"Subject: Fri frakt\r\n\r\nhei", "post@example.org", (address,)))
    world.road.loses = lambda mail: True
    stuck = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    for _ in range(30):
        await world.go_on(timedelta(hours=4))
    world.hospital.submit(world.hospital.build("discharged"))
    await world.go_on(timedelta(hours=2))
    return stuck


async def _enter(page: object, hospital: Served) -> None:
    await page.goto(hospital.url)  # type: ignore[attr-defined]
    await page.fill("#token", hospital.token())  # type: ignore[attr-defined]
    await page.click("main button")  # type: ignore[attr-defined]
    await page.wait_for_url(f"{hospital.url}/")  # type: ignore[attr-defined]


WAYS = (
    ("light", {"locale": "nb-NO"}),
    ("dark", {"locale": "en-GB", "color_scheme": "dark"}),
    ("narrow", {"locale": "nb-NO", "viewport": {"width": 360, "height": 740}}),
    ("without-javascript", {"locale": "en-GB", "java_script_enabled": False}),
)


@pytest.mark.parametrize(("name", "settings"), WAYS, ids=[name for name, _ in WAYS])
async def test_every_page_is_read_and_a_message_is_sent_again(
    name: str, settings: dict[str, object], stuck: str, hospital: Served, chromium: object, shots: Path
) -> None:
    """Login, every page of the menu, a filter, an exchange, a resend with a reason: no error on the console, nothing
    refused by the content policy, and no page wider than the screen."""
    context = await chromium.new_context(**settings)  # type: ignore[attr-defined]
    page = await context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(request.url))
    await page.goto(hospital.url)
    await page.screenshot(path=shots / f"{name}-login.png")
    await _enter(page, hospital)

    async def look(what: str) -> None:
        await page.screenshot(path=shots / f"{name}-{what}.png", full_page=True)
        assert await page.locator("h1").count() == 1, what
        if settings.get("java_script_enabled", True):
            sizes = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert sizes[0] <= sizes[1], what

    await look("front")
    for path in ("exchanges", "quarantine", "answers", "stays", "certificates", "partners"):
        await page.click(f"header a[href='/{path}']")
        await page.wait_for_url(f"{hospital.url}/{path}")
        await look(path)
    for start, what in (("stays", "stay"), ("partners", "partner"), ("quarantine", "mail")):
        await page.goto(f"{hospital.url}/{start}")
        await page.click("tbody th a")
        await look(what)
    await page.goto(f"{hospital.url}/exchanges")
    await page.click("summary")
    await page.select_option("#transport", "delivery_failed")
    await page.click("details button")
    assert await page.locator("tbody tr").count() == 1
    await look("filtered")
    await page.click("tbody th a")
    await look("exchange")
    await page.click("button[value=resend]")
    assert page.url.endswith(f"/exchanges/{stuck}")
    await page.fill("#reason", "asked by telephone, they do not have it")
    await page.click("button[value=resend]")
    await page.wait_for_url("**?done=resend")
    await look("sent-again")
    acts = hospital.neighbour.installation.store.read_now(lambda reader: reader.acts(stuck))
    assert [one.reason for one in acts] == ["asked by telephone, they do not have it"]
    await context.close()
    assert wrong == []


async def test_everything_is_done_with_the_keyboard_alone(
    stuck: str, hospital: Served, chromium: object, shots: Path
) -> None:
    """Log in, skip to the content, find the message, mark it as handled, log out: Tab, Enter and typing only. Where
    the focus is can be seen at every stop."""
    page = await (await chromium.new_context(locale="en-GB")).new_page()  # type: ignore[attr-defined]
    await page.goto(hospital.url)

    async def tab_to(selector: str) -> None:
        for _ in range(80):
            await page.keyboard.press("Tab")
            if await page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                style = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert style != "none", selector
                return
        raise AssertionError(f"the keyboard does not reach {selector}")

    await tab_to("#token")
    await page.keyboard.type(hospital.token())
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{hospital.url}/")
    await tab_to(".skip")
    await page.screenshot(path=shots / "keyboard-skip.png")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"
    await tab_to("main a[href='/exchanges?transport=delivery_failed']")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/exchanges?transport=delivery_failed")
    await tab_to("#id")
    await page.keyboard.type(stuck[:13])
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/exchanges/{stuck}")
    await tab_to("#reason")
    await page.keyboard.type("asked by telephone")
    await tab_to("button[value=handled]")
    await page.screenshot(path=shots / "keyboard-focus.png")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**?done=handled")
    await tab_to("header form button")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{hospital.url}/login")
    acts = hospital.neighbour.installation.store.read_now(lambda reader: reader.acts(stuck))
    assert [one.act.value for one in acts] == ["handled"]


async def test_every_field_has_a_label_and_every_page_its_landmarks(
    stuck: str, hospital: Served, chromium: object
) -> None:
    """Names of fields and buttons, one h1, landmarks, header cells with a scope, and headings that skip no level."""
    page = await (await chromium.new_context(locale="nb-NO")).new_page()  # type: ignore[attr-defined]
    await _enter(page, hospital)
    for path in (
        "/",
        "/exchanges",
        f"/exchanges/{stuck}",
        "/quarantine",
        "/stays",
        "/certificates",
        "/partners",
        "/answers",
    ):
        await page.goto(hospital.url + path)
        found = await page.evaluate(
            """() => ({
              nameless: [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
                .filter((one) => !one.labels.length).length,
              buttons: [...document.querySelectorAll('button, a')].filter((one) => !one.textContent.trim() &&
                !one.querySelector('img[alt]')).length,
              scopes: document.querySelectorAll('th:not([scope])').length,
              tables: [...document.querySelectorAll('table')].filter((one) => !one.caption).length,
              marks: ['header', 'main', 'footer', 'nav[aria-label]'].filter((one) => !document.querySelector(one)),
              ids: (() => { const all = [...document.querySelectorAll('[id]')].map((one) => one.id);
                return all.length - new Set(all).size; })(),
              levels: [...document.querySelectorAll('h1, h2, h3')].map((one) => Number(one.tagName[1])),
              language: document.documentElement.lang,
            })"""
        )
        levels = found.pop("levels")
        assert levels[0] == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), path
        empty = {"nameless": 0, "buttons": 0, "scopes": 0, "tables": 0, "marks": [], "ids": 0, "language": "nb"}
        assert found == empty, path


async def test_a_page_brings_itself_up_to_date(world: World, stuck: str, hospital: Served, chromium: object) -> None:
    """What has changed is there without a reload, and a session that has ended is told."""
    page = await (await chromium.new_context(locale="en-GB")).new_page()  # type: ignore[attr-defined]
    await page.clock.install()
    await _enter(page, hospital)
    await page.goto(f"{hospital.url}/exchanges")
    before = await page.locator("tbody tr").count()
    world.hospital.submit(world.hospital.build("admitted"))
    await page.clock.run_for(11_000)
    await playwright.expect(page.locator("tbody tr")).to_have_count(before + 1)
    assert "Brought up to date" in await page.locator("#live").inner_text()
    world.clock.advance(timedelta(hours=13))
    await page.clock.run_for(11_000)
    await playwright.expect(page.locator("#live")).to_contain_text("Not up to date")
