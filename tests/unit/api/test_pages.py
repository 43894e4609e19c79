"""The dashboard over real HTTP: login, pages, forms, and what is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, words
from served import Served, serve

from adapter.api.pages import routes, stays
from adapter.api.pages.routes import SCREENS, preferred
from adapter.api.pages.texts import TEXTS, Spoken
from adapter.config import Api, Scope
from adapter.delivery.receipts import AppRecState
from adapter.delivery.receiver import ReceptionState
from adapter.delivery.sender import TransportState
from adapter.facts import AnswerKind
from adapter.liability import wording
from adapter.liability.ledger import Row
from adapter.liability.reasons import EndReason, Flag, StartReason, ZeroCode
from adapter.liability.rules import Language
from adapter.service import intake
from adapter.service.access import revoke
from adapter.service.asking import Said, Sent, answer
from adapter.service.operating import By, mark_handled
from adapter.service.terms import Whose
from adapter.store.port import ExchangeFilter, JournalEntry
from adapter.testing.neighbours import World, is_signal
from adapter.testing.pki import ThrowAwayPki
from adapter.testing.place import Place
from adapter.transports.port import Deferred, ReceivedMail

IDLE, LONGEST = Api().session_idle, Api().session_longest


@pytest.fixture
async def sent(world: World) -> str:
    """The exchange of an admission that was acknowledged and receipted."""
    exchange = world.hospital.submit(world.hospital.build("admitted"))
    await world.settle()
    return exchange


@pytest.fixture
async def stuck(world: World, sent: str) -> str:
    """A second message that nobody answers."""
    world.road.loses = lambda mail: True
    exchange = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    return exchange


@pytest.fixture
async def operator(hospital: Served) -> Browser:
    """An operator who has logged in at the hospital."""
    browser = Browser(hospital)
    assert (await browser.enter()).status_code == 303
    return browser


# ── coming in ──


async def test_who_has_not_logged_in_is_led_to_the_form(hospital: Served) -> None:
    """Every page leads there, keeps where one wanted to go, and shows nothing before."""
    browser = Browser(hospital)
    for screen in SCREENS:
        path = re.sub(r"{\w+}", "1", screen.path)
        answered = await (browser.get(path) if screen.method == "GET" else browser.send(path))
        assert (answered.status_code, answered.text) == (303, "")
        assert answered.headers["Location"] == (
            "/login" if path == "/" or path.endswith(".svg") else f"/login?to={path}"
        )
    form = await browser.get("/login?to=/exchanges")
    assert 'name="to" value="/exchanges"' in form.text


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/", "/\\evil", "/x?y"])
async def test_a_login_never_leads_to_another_site(to: str, hospital: Served) -> None:
    """What is no address of ours is forgotten, in the form and after it."""
    browser = Browser(hospital)
    assert 'name="to" value=""' in (await browser.http.get("/login", params={"to": to})).text
    await browser.get("/login")
    answered = await browser.send("/login", token=hospital.token(), to=to)
    assert answered.headers["Location"] == "/"


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(hospital: Served) -> None:
    """HttpOnly, SameSite=Strict; a login changes the id, and the token is nowhere in it."""
    browser = Browser(hospital)
    before = (await browser.get("/login")).headers["Set-Cookie"]
    token = hospital.token()
    after = (await browser.send("/login", token=token)).headers["Set-Cookie"]
    assert "HttpOnly" in after
    assert "SameSite=strict" in after
    assert before.split(";")[0] != after.split(";")[0]
    assert token.partition(".")[2] not in after


async def test_a_wrong_token_is_told_at_the_form(hospital: Served) -> None:
    """401, the sentence, and no session."""
    browser = Browser(hospital)
    await browser.get("/login")
    answered = await browser.send("/login", token="a.b")
    assert answered.status_code == 401
    assert "not known" in words(answered)
    assert (await browser.get("/")).status_code == 303


async def test_a_session_ends_with_its_time_its_token_and_at_logout(world: World, hospital: Served) -> None:
    """Idle for too long, held for too long, token revoked, logged out: each leads to the form again."""
    for end in ("idle", "longest", "revoked", "logout"):
        browser = Browser(hospital)
        await browser.enter()
        assert (await browser.get("/")).status_code == 200
        if end == "idle":
            world.clock.advance(IDLE)
        elif end == "longest":
            for _ in range(int(LONGEST / (IDLE / 2))):
                assert (await browser.get("/")).status_code == 200
                world.clock.advance(IDLE / 2)
        elif end == "revoked":
            installation = hospital.neighbour.installation
            (*_, token) = installation.store.read_now(lambda reader: reader.tokens())
            for token in installation.store.read_now(lambda reader: reader.tokens()):
                if token.revoked_at is None:
                    revoke(installation.store, token.id, world.clock.now())
        else:
            assert (await browser.send("/logout")).status_code == 303
        assert (await browser.get("/")).status_code == 303, end


async def test_the_configuration_says_how_long_a_login_lasts(place: Place, world: World) -> None:
    """A ward that shares a screen has shorter ones, and the cookie says no longer time than that."""
    config = place.hospital.config
    config.write_text(config.read_text("utf-8") + "session_idle_minutes = 2\nsession_hours = 1\n", "utf-8")
    made = World(place, world.clock.now())
    served = await serve(made.hospital)
    browser = Browser(served)
    await browser.enter()
    assert "Max-Age=3600" in (await browser.get("/")).headers["set-cookie"]
    made.clock.advance(timedelta(seconds=119))
    assert (await browser.get("/")).status_code == 200
    made.clock.advance(timedelta(minutes=2))
    assert (await browser.get("/")).status_code == 303
    await browser.enter()
    for _ in range(40):
        made.clock.advance(timedelta(seconds=89))
        assert (await browser.get("/")).status_code == 200
    made.clock.advance(timedelta(seconds=89))
    assert (await browser.get("/")).status_code == 303
    await served.close()
    await made.close()


async def test_what_a_page_asks_by_itself_does_not_keep_a_session_awake(world: World, hospital: Served) -> None:
    """The live update is answered, and the session still ends when nobody is there."""
    browser = Browser(hospital)
    await browser.enter()
    world.clock.advance(IDLE - timedelta(minutes=1))
    assert (await browser.get("/", **{"X-Live": "1"})).status_code == 200
    world.clock.advance(timedelta(minutes=1))
    assert (await browser.get("/", **{"X-Live": "1"})).status_code == 303


async def test_who_may_not_see_a_page_is_told_so(hospital: Served) -> None:
    """403 as a page, one line in the audit log, and no link in the menu."""
    browser = Browser(hospital)
    await browser.enter(Scope.SUBMIT)
    for screen in SCREENS:
        if screen.scope is Scope.SUBMIT:
            continue
        path = re.sub(r"{\w+}", "1", screen.path)
        answered = await (browser.get(path) if screen.method == "GET" else browser.send(path))
        assert answered.status_code == 403, path
        assert answered.headers["Content-Type"].startswith("text/html")
        assert "ACCESS-SCOPE" in answered.text
        assert hospital.audit()[-1].outcome == "refused"
    assert 'href="/exchanges"' not in (await browser.get("/exchanges")).text


# ── forms ──


@pytest.mark.parametrize(
    "path", sorted({screen.path for screen in SCREENS if screen.method == "POST"} | {"/login", "/logout"})
)
async def test_a_form_without_its_key_is_refused(path: str, stuck: str, operator: Browser) -> None:
    """Without the key, with another's key, or from another site: 403, and nothing has changed."""
    await operator.get(f"/exchanges/{stuck}")
    other = Browser(operator.served)
    await other.enter()
    await other.get("/")
    where = path.replace("{id}", stuck).replace("{seq}", "1").replace("{stay}", "x")
    filled = {"act": "give_up", "reason": "not wanted", "token": "x", "id": stuck}
    for send in (
        operator.send(where, key="", **filled),
        operator.send(where, key=other.form_key, **filled),
        operator.send(where, origin="https://evil.example", **filled),
    ):
        answered = await send
        assert (answered.status_code, "ACCESS-ORIGIN" in answered.text) == (403, True)
    store = operator.served.neighbour.installation.store
    assert store.read_now(lambda reader: reader.acts(stuck)) == ()
    assert (await operator.get("/")).status_code == 200


async def test_a_form_of_another_kind_or_size_is_refused(operator: Browser) -> None:
    """JSON, a form that is too large or unreadable: 400, and no 500."""
    for content, kind in (
        (b"{}", "application/json"),
        (b"a=" + b"x" * 30_000, "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        ("a=æ".encode(), "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(100)), "application/x-www-form-urlencoded"),
    ):
        answered = await operator.http.post("/exchanges", content=content, headers={"Content-Type": kind})
        assert answered.status_code == 400, content[:20]


# ── the pages ──


async def test_every_answer_has_a_policy_that_lets_nothing_in(sent: str, operator: Browser) -> None:
    """No page holds a script, a style or a handler of its own, and none may be kept or framed."""
    for path in ("/", "/exchanges", f"/exchanges/{sent}", "/login", "/exchanges/nobody"):
        answered = await operator.get(path)
        policy = answered.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answered.headers["Cache-Control"] == "no-store"
        assert not re.search(
            r"<style|<script(?! src=\"/static/)|\son\w+=|\sstyle=|javascript:|//[a-z]+\.", answered.text
        )
    for name in ("pages.css", "pages.js"):
        assert (await operator.get(f"/static/{name}")).status_code == 200
    assert (await operator.get("/static/..%2fscreen.py")).status_code == 404


async def test_the_first_page_shows_the_longest_wait_per_partner(
    world: World, stuck: str, operator: Browser, hospital: Served
) -> None:
    """The age of the oldest message without an answer, by the partner's name; nothing where another party sent it."""
    world.clock.advance(timedelta(hours=26, minutes=5))
    await operator.enter()
    shown = words(await operator.get("/"))
    assert "1 d 2 h" in shown
    (waiting,) = hospital.neighbour.installation.store.read_now(lambda reader: reader.unanswered())
    partner = hospital.neighbour.installation.partner(waiting.partner)
    assert f"The longest wait is for {partner.name}." in shown
    stranger = Browser(hospital)
    await stranger.enter(hers=("1",))
    assert "No acknowledgment and no AppRec is waited for." in words(await stranger.get("/"))


async def test_the_list_is_filtered_by_what_its_address_says(sent: str, stuck: str, operator: Browser) -> None:
    """Direction, type, state, partner and dates; a filter that nothing fits says so; a wrong one is 400."""
    everything = await operator.get("/exchanges")
    assert {sent, stuck} <= set(re.findall(r"/exchanges/([0-9a-f-]{36})", everything.text))
    one = await operator.get("/exchanges?direction=out&transport=await_ack&type=&partner=&first=2024-03-05")
    assert re.findall(r"/exchanges/([0-9a-f-]{36})", one.text) == [stuck]
    assert "No exchange fits." in words(await operator.get("/exchanges?last=2024-03-04"))
    for wrong in ("transport=x", "partner=01017012345", "type=Ola%20Nordmann", "after=x", "unknown=1"):
        assert (await operator.get(f"/exchanges?{wrong}")).status_code == 400, wrong


async def test_the_list_goes_on_where_a_page_ended(
    world: World, operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page after page shows every exchange once."""
    monkeypatch.setattr("adapter.api.pages.exchanges.PAGE", 2)
    for _ in range(2):
        world.hospital.submit(world.hospital.build("admitted"))
        await world.settle()
        world.clock.advance(timedelta(minutes=1))
    seen: list[str] = []
    at: str | None = "/exchanges"
    while at is not None:
        page = await operator.get(at)
        seen += re.findall(r"/exchanges/([0-9a-f-]{36})", page.text)
        found = re.search(r'rel="next" href="([^"]+)"', page.text)
        at = None if found is None else found.group(1).replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 4


async def test_an_exchange_is_found_by_id_and_msg_id(sent: str, operator: Browser, world: World) -> None:
    """By a form, so that nothing that was typed stands in an address."""
    msg_id = world.hospital.exchange(sent).msg_id
    assert msg_id is not None
    await operator.get("/exchanges")
    for wanted in (sent, sent[:13], f" {sent} ", msg_id.value, msg_id.value.upper()):
        answered = await operator.send("/exchanges", id=wanted)
        assert (answered.status_code, answered.headers.get("Location")) == (303, f"/exchanges/{sent}"), wanted
    for wanted in ("01017012345", "%", "_", "'", "\x00"):
        answered = await operator.send("/exchanges", id=wanted)
        assert (answered.status_code, "Location" in answered.headers) == (404, False), wanted


async def test_an_exchange_is_shown_whole(sent: str, operator: Browser, hospital: Served) -> None:
    """State, ids, timeline, the headers of its mails; and the reading is a line of the audit log."""
    shown = words(await operator.get(f"/exchanges/{sent}"))
    for said in (
        "Acknowledged",
        "transport: Acknowledged",
        "eb:MessageId",
        "Content-Type: multipart/related",
        "Message-ID:",
    ):
        assert said in shown, said
    assert (hospital.audit()[-1].what, hospital.audit()[-1].about) == ("exchange read", sent)


async def test_the_exchange_of_another_party_is_not_there(sent: str, hospital: Served) -> None:
    """404 for its page, its buttons and the search, and a line in the audit log."""
    stranger = Browser(hospital)
    await stranger.enter(hers=("1",))
    answered = await stranger.get(f"/exchanges/{sent}")
    assert (answered.status_code, hospital.audit()[-1].about) == (404, sent)
    assert sent not in (await stranger.get("/exchanges")).text
    assert (await stranger.send(f"/exchanges/{sent}", act="handled", reason="mine")).status_code == 404
    assert (await stranger.send("/exchanges", id=sent)).status_code == 404
    assert (await stranger.get("/exchanges/nobody")).status_code == 404


async def test_a_person_sends_again_gives_up_and_marks(
    world: World, stuck: str, operator: Browser, hospital: Served
) -> None:
    """Each with a reason that is kept with the name; a reason that cannot be kept is told and stays in its field."""
    await operator.get(f"/exchanges/{stuck}")
    for reason in ("", "  ", "about 01017012345", "x" * 201):
        refused = await operator.send(f"/exchanges/{stuck}", act="give_up", reason=reason)
        assert (refused.status_code, "REASON-UNFIT" in refused.text) == (422, True)
    await world.go_on(timedelta(hours=30))
    await operator.enter()
    await operator.get(f"/exchanges/{stuck}")
    assert (await operator.send(f"/exchanges/{stuck}", act="sing", reason="x")).status_code == 400
    for act, word in (
        ("resend", "It goes again."),
        ("give_up", "It was given up."),
        ("handled", "It is marked as handled."),
    ):
        await operator.get(f"/exchanges/{stuck}")
        answered = await operator.send(f"/exchanges/{stuck}", act=act, reason=f"asked by telephone: {act}")
        assert answered.status_code == 303, words(answered)
        stuck = answered.headers["Location"].split("/")[2].partition("?")[0]
        assert word in words(await operator.get(answered.headers["Location"]))
    acts = hospital.neighbour.installation.store.read_now(lambda reader: reader.acts())
    assert [one.act.value for one in acts] == ["resend", "give_up", "handled"]
    assert all(one.who.startswith("test (") for one in acts)
    assert "exchange changed by hand" in [line.what for line in hospital.audit()]
    refused = await operator.send(f"/exchanges/{stuck}", act="give_up", reason="again")
    assert (refused.status_code, "EXCHANGE-UNFIT" in refused.text) == (409, True)


async def test_who_may_only_read_has_no_buttons(stuck: str, hospital: Served) -> None:
    """The page says everything and offers nothing."""
    reader = Browser(hospital)
    await reader.enter(Scope.READ)
    page = await reader.get(f"/exchanges/{stuck}")
    assert page.status_code == 200
    assert 'name="act"' not in page.text
    assert (await reader.send(f"/exchanges/{stuck}", act="give_up", reason="x")).status_code == 403


@pytest.fixture
async def stay(world: World, sent: str, operator: Browser) -> str:
    """The address of the page of a stay."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    (found,) = re.findall(r'href="(/stays/[^"]+)"', (await operator.get("/stays")).text)
    return str(found)


async def test_a_stay_has_its_picture_and_its_reasons(stay: str, operator: Browser, hospital: Served) -> None:
    """In the language of the page; the picture is a document of its own; readings are audited by the stay's key."""
    english = await operator.get(f"{stay}?lang=en")
    assert f'src="{stay}/timeline.svg"' in english.text
    assert "Why" in words(english)
    drawn = await operator.get(f"{stay}/timeline.svg")
    assert (drawn.headers["Content-Type"], b"<svg" in drawn.content) == ("image/svg+xml", True)
    key = stay.split("/")[3]
    assert [(line.what, line.about) for line in hospital.audit()][-2:] == [("stay explained", key)] * 2
    assert words(await operator.get(f"{stay}?lang=nb")) != words(english)


async def test_the_stay_of_another_organisation_is_not_there(stay: str, hospital: Served) -> None:
    """404 for the page and the picture, whatever number and key are guessed; the list is empty."""
    stranger = Browser(hospital)
    await stranger.enter(hers=("1",))
    for path in (stay, f"{stay}/timeline.svg"):
        assert (await stranger.get(path)).status_code == 404
        assert hospital.audit()[-1].outcome == "refused"
    assert "No stay is known." in words(await stranger.get("/stays"))
    operator = Browser(hospital)
    await operator.enter()
    _, _, seq, key = stay.split("/")
    for path in (
        f"/stays/{seq}/stay-x",
        f"/stays/99/{key}",
        f"/stays/x/{key}",
        f"/stays/{'9' * 40}/{key}",
        f"/stays/-1/{key}",
    ):
        assert (await operator.get(path)).status_code == 404, path


async def test_an_answer_in_free_text_is_listed_read_and_classified(
    world: World, stay: str, operator: Browser, hospital: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until a person has said what it means it is listed; reading it is audited; the date is asked for where needed."""
    monkeypatch.setattr("adapter.service.stay_log._convention", lambda *_: False)
    (asked,) = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    said = Said(AnswerKind.REFUSE, text="Vi ser på det. <script>alert(1)</script>")
    assert isinstance(answer(world.municipality.installation, asked, said), Sent)
    await world.settle()
    (address,) = re.findall(r'href="(/exchanges/[^"]+/answer)"', (await operator.get("/answers")).text)
    page = await operator.get(address)
    assert "Vi ser på det." in words(page)
    assert "<script>alert" not in page.text
    assert hospital.audit()[-1].what == "payload read"
    for wrong in ({}, {"answer": "perhaps"}, {"answer": "later"}, {"answer": "later", "day": "8. mars"}):
        assert (await operator.send(address, **wrong)).status_code == 400, wrong
    assert (await operator.send(address, answer="later", day="2024-03-08")).status_code == 303
    assert "2024-03-08" in words(await operator.get(address))
    assert "No answer waits to be read." in words(await operator.get("/answers"))


async def test_the_municipality_answers_a_readiness_message(world: World, stay: str, municipality: Served) -> None:
    """The answer is built and sent from the page; what our rules refuse is told with its findings."""
    (asked,) = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    browser = Browser(municipality)
    await browser.enter()
    page = await browser.get(f"/exchanges/{asked.id}/answer")
    assert 'value="unclear"' not in page.text
    answered = await browser.send(f"/exchanges/{asked.id}/answer", answer="accept", text="Velkommen")
    assert answered.status_code == 303, words(answered)
    await world.settle()
    assert any(one.answers is not None for one in world.hospital.received())


async def test_a_mail_in_quarantine_is_shown_and_dealt_with(world: World, operator: Browser, hospital: Served) -> None:
    """Why it is there, its headers as text, and the three buttons; nothing a stranger writes becomes markup."""
    hostile = 'Subject: <script>alert(1)</script>\r\nFrom: "><img src=x onerror=alert(2)>\r\n\x1b[2Jnext\r\n\r\nhello'
    party = world.hospital.settings.party[0]
    mail = ReceivedMail(hostile.encode(), "<b>evil</b>@example.org", (party.address.value,))
    await world.hospital.daemon.keep(mail)
    await world.settle()
    (address,) = re.findall(r'href="(/quarantine/[^"?]+)"', (await operator.get("/quarantine")).text)
    page = await operator.get(address)
    for mark in ("<script>alert", "<img", "<b>evil", "\x1b"):
        assert mark not in page.text, mark
    assert "<script>alert(1)</script>" in words(page)
    assert (await operator.send("/exchanges", id=address.split("/")[2])).headers["Location"] == address
    assert (await operator.send(address, act="give_up", reason="")).status_code == 422
    for wrong in ("sing", "accept", "refuse"):
        assert (await operator.send(address, act=wrong, reason="x")).status_code == 400
    for act, word in (("handled", "marked as handled"), ("resend", "judged again")):
        answered = await operator.send(address, act=act, reason="<i>looked</i> at it")
        shown = await operator.get(answered.headers["Location"])
        assert word in words(shown)
        assert "<i>looked" not in shown.text
    await world.settle()
    assert (await operator.send(address, act="give_up", reason="an advertisement")).status_code == 303
    assert "No mail is here." in words(await operator.get("/quarantine"))
    stranger = Browser(hospital)
    await stranger.enter(hers=("1",))
    assert (await stranger.get(address)).status_code == 404
    assert (await stranger.send(address, act="handled", reason="x")).status_code == 404


async def test_certificates_stand_by_days_left(world: World, operator: Browser) -> None:
    """Ours and the partners', those that end first on top."""
    days = [int(found) for found in re.findall(r"(-?\d+) days", words(await operator.get("/certificates")))]
    assert len(days) >= 4
    assert days == sorted(days)


async def test_a_partner_is_explained(world: World, operator: Browser) -> None:
    """The list leads to what holds and why; one that is unknown is 404."""
    partner = world.hospital.installation.partners.hers()[0]
    assert f'href="/partners/{partner}"' in (await operator.get("/partners")).text
    assert "certificate" in words(await operator.get(f"/partners/{partner}"))
    assert (await operator.get("/partners/nobody")).status_code == 404
    assert (await operator.get("/partners?page=2")).status_code == 200


async def test_what_a_partner_writes_never_becomes_markup(
    world: World, sent: str, operator: Browser, hospital: Served
) -> None:
    """Type, ids, journal, reasons and names of a row full of markup are text on every page."""
    mark = "<script>alert('x')</script>"
    store = hospital.neighbour.installation.store
    known = world.hospital.exchange(sent)
    hostile = replace(
        known, id="hostile", type=mark, conversation_id=mark, cpa_id=mark, service=mark, action=mark, sealed=None
    )
    store.write_now(lambda writer: writer.add_exchange(hostile))
    store.write_now(
        lambda writer: writer.add_journal(JournalEntry("hostile", world.clock.now(), f"noted {mark}", mark))
    )
    for path in ("/", "/exchanges", "/exchanges/hostile", "/quarantine"):
        assert "<script>alert" not in (await operator.get(path)).text, path
    assert mark in words(await operator.get("/exchanges/hostile"))


# ── texts ──


def test_every_text_is_there_in_both_languages_and_used() -> None:
    """Each key that a template names has a row, each row has two texts, and no row is left over."""
    folder = Path(routes.__file__).parent
    source = "".join(path.read_text("utf-8") for path in (*folder.glob("templates/*.html"), *folder.glob("*.py")))
    for key in re.findall(r"\bt\('([^']+)'[,)]", source):
        assert key in TEXTS, key
    built = (
        "state.",
        "apprec.",
        "direction.",
        "deed.",
        "mail.",
        "done.",
        "queue.",
        "reason.",
        "usage.",
        "answer.",
        "quarantine.",
        "exchange.answer.",
        "act.",
        "alarm.",
        "news.",
        "key.",
    )
    for key, both in TEXTS.items():
        assert all(both), key
        assert key.startswith(built) or f"'{key}'" in source or source.count(f'"{key}"') > 1, key
    for state in (*TransportState, *ReceptionState):
        assert f"state.{state.value}" in TEXTS
    for apprec in AppRecState:
        assert f"apprec.{apprec.value}" in TEXTS


async def test_codes_are_words_with_the_code_beside(stuck: str, hospital: Served) -> None:
    """What the journal has as `transport: await_ack` is read as words in both languages; the code is there too."""
    for language, told in (("en", "transport: Waits for acknowledgment"), ("nb", "transport: Venter på bekreftelse")):
        browser = Browser(hospital, language)
        await browser.enter()
        page = await browser.get(f"/exchanges/{stuck}")
        assert told in words(page)
        assert "transport: await_ack" not in words(page)
        assert '<data value="await_ack" title="await_ack">' in page.text
        assert "<code>await_ack</code>" in page.text


async def test_the_list_of_stays_says_why_in_words(
    stay: str, operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reason and flag of a stay is a clause in the language of the page, with its code beside."""
    decided = stays.rows_about

    def with_nights(*asked: Any) -> list[tuple[Whose, Row]]:
        reasons = {"start_reason": StartReason.NO_ANSWER, "end_reason": EndReason.OPEN, "flags": tuple(Flag)}
        return [(whose, replace(row, **reasons)) for whose, row in decided(*asked)]

    for language in Language:
        shown = words(await operator.get(f"/stays?lang={language.value}"))
        none = ZeroCode.NO_ADMISSION_NOTICE
        assert f"{wording.word(none, language)} {none.value}" in shown
        with monkeypatch.context() as changed:
            changed.setattr(stays, "rows_about", with_nights)
            shown = words(await operator.get(f"/stays?lang={language.value}"))
        for reason in (StartReason.NO_ANSWER, EndReason.OPEN, *Flag):
            assert f"{wording.word(reason, language)} {reason.value}" in shown


# ── a message that waits ──


@pytest.mark.parametrize("language", list(Language))
async def test_why_a_message_waits_is_on_its_page_in_the_list_and_in_the_api(
    world: World, hospital: Served, language: Language
) -> None:
    """With no pair that can sign, the page, the list and the API name the error; the page says it in words."""
    installation = world.hospital.installation
    made = ThrowAwayPki(2048).organisation("Sykehuset", "983974929")
    world.hospital.daemon._installation = replace(
        installation, sealer=replace(installation.sealer, signer=made.identity)
    )
    waiting = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    browser = Browser(hospital, language.value)
    await browser.enter()
    for path in (f"/exchanges/{waiting}", "/exchanges"):
        shown = words(await browser.get(path))
        assert "SIGNER-UNUSABLE" in shown, path
        assert Spoken(language).told("SIGNER-UNUSABLE")[0].text in shown, path
    assert ("put off" if language is Language.ENGLISH else "utsatt") in words(
        await browser.get(f"/exchanges/{waiting}")
    )
    client = hospital.client()
    assert (await client.get(f"/api/v1/exchanges/{waiting}")).json()["reason"] == "SIGNER-UNUSABLE"
    front = await browser.get("/")
    told = f"{Spoken(language)('state.put_off')} 1"
    assert told in words(front)
    assert Spoken(language).told("SIGNER-UNUSABLE")[0].text in words(front)
    shown = re.search(r'href="(/exchanges\?transport=new[^"]+)"', front.text)
    assert shown is not None
    assert f'href="/exchanges/{waiting}"' in (await browser.get(unescape(shown[1]))).text
    await browser.get(f"/exchanges/{waiting}")
    await browser.send(f"/exchanges/{waiting}", act="handled", reason="a new pair is on its way")
    assert told not in words(await browser.get("/"))


async def test_mails_that_a_person_should_look_at_are_on_the_first_page(
    world: World, municipality: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot be judged, with its reason, and one in quarantine; each leads to the list that has it."""

    def broken(*arguments: object) -> None:
        raise KeyError

    address = world.municipality.settings.party[0].address.value
    await world.municipality.daemon.keep(ReceivedMail(b"Subject: hei\r\n\r\nhei", "post@example.org", (address,)))
    await world.municipality.daemon.settle()
    monkeypatch.setattr(intake, "unpack", broken)
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    browser = Browser(municipality, "en")
    await browser.enter()
    shown = words(await browser.get("/"))
    assert "Mail : ▲ Cannot be judged yet 1 (0 min) defect KeyError" in shown
    assert "In quarantine : 1" in shown
    assert "defect KeyError" in words(await browser.get("/quarantine"))


@pytest.mark.parametrize(
    ("language", "rejected", "late"),
    [
        ("en", "Rejected by the receiver's application (AppRec)", "Acknowledged, but no AppRec in time"),
        ("nb", "Avvist av mottakerens fagsystem (AppRec)", "Bekreftet, men AppRec kom ikke i tide"),
    ],
)
async def test_what_an_apprec_has_refused_is_not_called_acknowledged(
    world: World, hospital: Served, language: str, rejected: str, late: str
) -> None:
    """In the list and on its page it is called what it is; the codes of both axes stand beside it."""
    content = world.hospital.build("discharge-ready")
    refused = world.hospital.send_unjudged(content.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b""), content)
    await world.settle()
    world.road.loses = lambda mail: mail.sender.value.startswith("municipality") and not is_signal(mail)
    unanswered = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    await world.go_on(timedelta(hours=97))
    browser = Browser(hospital, language)
    await browser.enter()
    listed = words(await browser.get("/exchanges"))
    for exchange, called, apprec in ((refused, rejected, "rejected"), (unanswered, late, "timed_out")):
        assert called in listed
        shown = await browser.get(f"/exchanges/{exchange}")
        assert f"{called} acknowledged , AppRec {apprec}" in words(shown)


async def test_every_time_on_a_page_is_of_oslo(world: World, hospital: Served) -> None:
    """Also those within a sentence of the health, and when a person marked something: none is in UTC."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    world.hospital.installation.pulse.handed_over(Deferred("421 busy"), world.clock.now())
    mark_handled(world.hospital.installation, sent, By("kari", "seen at 2024-03-05T09:00:00Z and 2024-99-99T09:00:00Z"))
    browser = Browser(hospital, "en")
    await browser.enter()
    front, page = words(await browser.get("/")), words(await browser.get(f"/exchanges/{sent}"))
    assert "the mail server has taken nothing since 2024-03-05 10:00:00" in front
    assert "2024-03-05 10:00:00 kari: seen at 2024-03-05 10:00:00 and 2024-99-99T09:00:00Z" in page


@pytest.mark.parametrize("language", list(Language))
async def test_an_error_of_an_apprec_stands_with_its_text(
    world: World, hospital: Served, municipality: Served, language: Language
) -> None:
    """The sender's page and the receiver's say what the code means, with the text of list 8221."""
    content = world.hospital.build("discharge-ready")
    world.hospital.send_unjudged(content.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b""), content)
    await world.settle()
    for served in (hospital, municipality):
        browser = Browser(served, language.value)
        await browser.enter()
        (exchange,) = served.neighbour.installation.store.read_now(
            lambda reader: reader.exchanges(ExchangeFilter(type="LOG_UTSKRIVNINGSKLAR"))
        )
        page = await browser.get(f"/exchanges/{exchange.id}")
        assert '<code>T02</code> <span lang="nb">XML validerer ikke</span>' in page.text


# ── held messages ──


@pytest.fixture
async def held(world: World) -> str:
    """A message about a synthetic person in a municipality that runs in production: a person decides (ID-006)."""
    installation = world.municipality.installation
    object.__setattr__(installation, "settings", installation.settings.model_copy(update={"mode": "production"}))
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    (exchange,) = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    return exchange.id


async def test_a_held_message_is_told_first_and_given_on(world: World, held: str, municipality: Served) -> None:
    """The first page names it, its own page says what it waits for, and a button gives it to the application."""
    browser = Browser(municipality, "nb")
    await browser.enter()
    front = await browser.get("/")
    assert f'href="/exchanges/{held}"' in front.text
    assert "Melding om utskrivningsklar pasient" in words(front)
    page = await browser.get(f"/exchanges/{held}")
    assert "Holdes tilbake: noen må avgjøre" in words(page)
    assert page.text.index('value="accept"') < page.text.index('id="facts"')
    assert "<code>adapter inbox accept</code>" in page.text
    assert (await browser.send(f"/exchanges/{held}", act="accept", reason="")).status_code == 422
    answered = await browser.send(f"/exchanges/{held}", act="accept", reason="avtalt prøve med sykehuset")
    shown = words(await browser.get(answered.headers["Location"]))
    assert "Fagsystemet får den." in shown
    assert "Holdes tilbake" not in shown
    assert f'href="/exchanges/{held}"' not in (await browser.get("/")).text
    again = await browser.send(f"/exchanges/{held}", act="refuse", reason="for sent")
    assert (again.status_code, "EXCHANGE-UNFIT" in again.text) == (409, True)


async def test_a_held_message_is_refused_with_a_code(world: World, held: str, municipality: Served) -> None:
    """The sender hears the code that was chosen; X99 without its text is refused and nothing goes out."""
    browser = Browser(municipality)
    await browser.enter()
    await browser.get(f"/exchanges/{held}")
    for wrong in ({"code": "X99"}, {"code": "Q1"}):
        refused = await browser.send(f"/exchanges/{held}", act="refuse", reason="a test", **wrong)
        assert refused.status_code >= 400, wrong
        assert 'value="a test"' in refused.text
    done = await browser.send(f"/exchanges/{held}", act="refuse", reason="a test", code="X99", text="Testmelding")
    assert done.status_code == 303, words(done)
    await world.settle()
    (sent,) = world.hospital.sent()
    receipt = world.hospital.exchange(sent.id).receipt
    assert receipt is not None
    assert (receipt.state.value, receipt.errors) == ("rejected", ("X99",))


# ── languages ──


async def test_pages_speak_the_language_that_is_asked_for(hospital: Served) -> None:
    """By Accept-Language, and by the switch, which is remembered."""
    browser = Browser(hospital, "nn-NO,nn;q=0.9,en;q=0.5")
    await browser.enter()
    assert "Eldste melding uten svar" in words(await browser.get("/"))
    assert "Oldest message without" in words(await browser.get("/?lang=en"))
    page = await browser.get("/")
    assert '<html lang="en">' in page.text
    assert "lang=nb" in page.text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("nb", "nb"),
        ("no", "nb"),
        ("de, nn;q=0.2", "nb"),
        ("en;q=0.1,nb;q=0.2", "nb"),
        ("nb;q=x,en", "en"),
        ("*", "en"),
    ],
)
def test_the_language_that_weighs_most_is_spoken(header: str, language: str) -> None:
    """Every Norwegian is bokmål; what cannot be read does not count."""
    assert preferred(header) is Language(language)


async def test_without_authentication_nobody_logs_in(world: World) -> None:
    """`authentication = "none"`: the pages are there at once, forms keep their keys, other names are refused."""
    from served import serve  # noqa: PLC0415

    settings = world.hospital.settings
    assert settings.api is not None
    api = settings.api.model_copy(update={"authentication": "none"})
    object.__setattr__(world.hospital.installation, "settings", settings.model_copy(update={"api": api}))
    served = await serve(world.hospital)
    try:
        browser = Browser(served)
        assert (await browser.get("/")).status_code == 200
        assert (await browser.get("/login")).headers["Location"] == "/"
        assert (await browser.send("/exchanges", key="", id="x")).status_code == 403
        assert (await browser.get("/", Host="evil.example")).status_code == 403
    finally:
        await served.close()
