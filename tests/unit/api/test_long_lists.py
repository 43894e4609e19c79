"""Lists that are longer than a page: what webhooks did not take, and mails that became no exchange."""

from __future__ import annotations

import re

import httpx
import pytest
from browser import Browser
from served import Served

from adapter.config import Scope
from adapter.store.access import DeadLetter
from adapter.testing.neighbours import World
from adapter.testing.place import Place
from adapter.transports.port import ReceivedMail


@pytest.fixture
async def hooked(place: Place) -> None:
    """The hospital has a webhook."""
    secret = place.hospital.folder / "hook.secret"
    secret.write_bytes(b"a secret of more than sixteen octets")
    with place.hospital.config.open("a") as file:
        file.write(f'\n[[webhook]]\nname = "ehr"\nurl = "http://127.0.0.1:1/"\nsecret_file = "{secret}"\n')


async def pages(
    client: httpx.AsyncClient, path: str, key: str, limit: int, **query: str
) -> list[list[dict[str, object]]]:
    """Every page of a list."""
    found, query = [], {**query, "limit": str(limit)}
    while True:
        page = (await client.get(path, params=query)).raise_for_status().json()
        found.append(page[key])
        if page["next"] is None:
            return found
        query["cursor"] = page["next"]


async def test_every_notice_that_was_set_aside_is_listed(hooked: None, world: World, hospital: Served) -> None:
    """Page after page, each once, the oldest first; beyond the first thousand too, and each can be told again."""
    store, now = world.hospital.installation.store, world.clock.now()
    exchange = world.hospital.submit(world.hospital.build("admitted"))
    letters = [DeadLetter("ehr", number, "alarm", exchange, now, now, "HTTP 500") for number in range(1, 1103)]
    store.write_now(lambda writer: [writer.add_dead_letter(one) for one in letters])
    client = hospital.client(Scope.OPERATE)
    found = await pages(client, "/api/v1/webhooks/ehr/set-aside", "set_aside", 500)
    assert [len(page) for page in found] == [500, 500, 102]
    assert [one["seq"] for page in found for one in page] == [letter.seq for letter in letters]
    (listed,) = (await client.get("/api/v1/webhooks")).json()["webhooks"]
    rest = await client.get("/api/v1/webhooks/ehr/set-aside", params={"cursor": listed["next"], "limit": "1"})
    assert rest.json()["set_aside"][0]["seq"] == listed["set_aside"][-1]["seq"] + 1
    again = await client.post("/api/v1/webhooks/ehr/set-aside/1102/again")
    assert again.json() == {"taken": False, "reason": "no answer (ConnectError)"}
    assert (hospital.audit()[-1].outcome, hospital.audit()[-1].about) == ("allowed", exchange)
    stranger = hospital.client(Scope.OPERATE, hers=("1",))
    assert await pages(stranger, "/api/v1/webhooks/ehr/set-aside", "set_aside", 500) == [[], [], []]
    for path, status in (("ehr/set-aside?cursor=x", 400), ("nobody/set-aside", 404)):
        assert (await client.get(f"/api/v1/webhooks/{path}")).status_code == status


async def test_every_mail_that_was_set_aside_is_listed(world: World, hospital: Served) -> None:
    """By the interface and on the pages: each once, those of one moment too, and only to those whom they came to."""
    address = world.hospital.settings.party[0].address.value
    for number in range(105):
        await world.hospital.daemon.keep(ReceivedMail(f"nonsense {number}".encode(), "a@example.org", (address,)))
    await world.settle()
    kept = {one.id for one in world.hospital.mails()}
    client = hospital.client(Scope.READ)
    found = await pages(client, "/api/v1/mails", "mails", 50)
    assert [len(page) for page in found] == [50, 50, 5]
    listed = [str(one["id"]) for page in found for one in page]
    assert (len(listed), set(listed)) == (105, kept)
    assert found[0][0]["state"] == "quarantine"
    assert await pages(client, "/api/v1/mails", "mails", 50, which="answered") == [[]]
    assert await pages(hospital.client(Scope.READ, hers=("1",)), "/api/v1/mails", "mails", 50) == [[], [], []]
    assert (await client.get("/api/v1/mails?cursor=x")).status_code == 400
    browser = Browser(hospital)
    await browser.enter()
    first = (await browser.get("/quarantine")).text
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = (await browser.get(older.replace("&amp;", "&"))).text
    shown = [re.findall(r'href="/quarantine/([^"?]+)"', page) for page in (first, second)]
    assert [len(ids) for ids in shown] == [100, 5]
    assert {one for ids in shown for one in ids} == kept
    assert 'rel="next"' not in second
