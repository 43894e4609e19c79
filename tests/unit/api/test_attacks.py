"""What somebody tries who has a little: another's data, another's name, a line of one's own in a log or a header."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from browser import Browser
from served import Served

from adapter.cli.operating import person
from adapter.config import Api, Scope
from adapter.service.access import EVERYBODY_HERE, Did
from adapter.store.access import DeadLetter, HookState
from adapter.store.port import ExchangeFilter
from adapter.testing.neighbours import World

STRANGER = ("1",)


async def test_a_message_of_another_party_is_refused_on_the_record(world: World, hospital: Served) -> None:
    """403 for who hands in in another party's name, a line of the audit log, and nothing is kept."""
    client = hospital.client(Scope.SUBMIT, hers=STRANGER)
    answered = await client.post(
        "/api/v1/messages",
        content=world.hospital.build("admitted"),
        headers={"Content-Type": "application/xml", "Idempotency-Key": "mine"},
    )
    assert (answered.status_code, answered.json()["error"]) == (403, "ACCESS-SCOPE")
    assert [(line.what, line.outcome) for line in hospital.audit()] == [("message submitted", "refused")]
    assert world.hospital.installation.store.read_now(lambda reader: reader.exchanges(ExchangeFilter())) == ()


async def test_notices_of_another_party_are_not_there(world: World, hospital: Served) -> None:
    """Neither listed nor told again; the attempt is a line of the audit log."""
    exchange = world.hospital.submit(world.hospital.build("admitted"))
    installation, now = world.hospital.installation, world.clock.now()
    letter = DeadLetter("ehr", 7, "exchange.final", exchange, now, now, "HTTP 500")
    installation.store.write_now(lambda writer: writer.add_dead_letter(letter))
    installation.store.write_now(lambda writer: writer.save_hook(HookState("ehr", 7)))
    client = hospital.client(Scope.OPERATE, hers=STRANGER)
    assert exchange not in (await client.get("/api/v1/webhooks")).text
    answered = await client.post("/api/v1/webhooks/ehr/set-aside/7/again")
    assert (answered.status_code, answered.json()["detail"]) == (404, "there is no such notice")
    last = hospital.audit()[-1]
    assert (last.outcome, last.about) == ("refused", exchange)


SEGMENTS = (
    "%ff",
    "%00",
    "..%2f..%2fetc",
    "%2e%2e",
    "a%0d%0aSet-Cookie:%20x",
    "stay-%0a2024-01-01T00:00:00Z%20kari",
)


@pytest.mark.parametrize(
    "path", ["exchanges/{}", "exchanges/{}/message", "stays/{}", "stays/{}/evidence", "statements/{}"]
)
async def test_an_address_made_of_anything_leads_nowhere(path: str, hospital: Served) -> None:
    """No 500, no header of the caller's, and nothing of the address in the answer or the audit log."""
    client = hospital.client()
    for segment in SEGMENTS:
        answered = await client.get(f"/api/v1/{path.format(segment)}")
        assert answered.status_code in {400, 404}, segment
        assert "set-cookie" not in answered.headers
        assert "kari" not in answered.text
        assert "etc" not in answered.text
    assert all(line.about.isprintable() for line in hospital.audit())


@pytest.mark.parametrize("about", ["stay-\n2024 kari payload read", "\x1b[2J", "a" * 201, "<b>"])
def test_a_line_of_the_audit_log_is_one_line(world: World, about: str) -> None:
    """What is no id is left out of it."""
    assert EVERYBODY_HERE.line(world.clock.now(), Did.STAY_READ, about).about == ""
    assert EVERYBODY_HERE.line(world.clock.now(), Did.STAY_READ, "stay-4cef6efb").about == "stay-4cef6efb"


async def test_guessing_at_the_login_does_not_fill_the_log(
    world: World, hospital: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every wrong token is counted, and now and then one is told."""
    told: list[str] = []
    log = world.hospital.installation.log
    monkeypatch.setattr(type(log), "tell", lambda _, event, line=None: told.append(event.name))
    browser = Browser(hospital)
    await browser.get("/login")
    for number in range(5):
        assert (await browser.send("/login", token=f"{number}.b")).status_code == 401
    assert told.count("access.refused") == 1


def test_nobody_writes_another_name_into_the_audit_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is the system's word, whatever the environment says; what sudo says stands beside it, on one line."""
    honest = person()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "kari")
    assert person() == honest
    monkeypatch.setenv("SUDO_USER", "kari\n2024-01-01 ola")
    assert person() == f"kari2024-01-01 ola as {honest.rpartition(' as ')[2]}"


def test_two_clients_have_two_names() -> None:
    """Claims and idempotency keys belong to a name."""
    one = {"name": "ehr", "certificate": "a.crt", "scopes": ["read"]}
    with pytest.raises(ValueError, match="one name"):
        Api.model_validate({"certificate": "a", "key": "b", "client": [one, one]})


async def test_a_session_does_not_outlive_a_clock_that_went_back(world: World, hospital: Served) -> None:
    """A clock set to before the login ends it; nobody stays in for ever by it."""
    browser = Browser(hospital)
    await browser.enter()
    world.clock.advance(timedelta(minutes=1))
    assert (await browser.get("/")).status_code == 200
    world.clock.set(world.clock.now() - timedelta(hours=1))
    assert (await browser.get("/")).status_code == 303


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize(
    "asked",
    ["exchanges?created_from={}", "exchanges?created_before={}", "stays?as_of={}", "stays/none?as_of={}&known_at={}"],
)
async def test_a_time_at_the_ends_of_time_is_no_defect(hospital: Served, asked: str, moment: str) -> None:
    """Whatever time is asked for, the answer is a page, a refusal or an unknown stay."""
    answered = await hospital.client().get(f"/api/v1/{asked.replace('{}', quote(moment))}")
    assert answered.status_code in {200, 400, 404, 422}, answered.text
