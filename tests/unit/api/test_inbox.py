"""Taking received messages over HTTP: claims are leases, confirming is final, rejecting sends a negative AppRec."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from served import Served, serve

from adapter.config import Scope
from adapter.store.port import Exchange
from adapter.testing.neighbours import World
from adapter.testing.place import Place

INBOX = "/api/v1/inbox"


async def received(world: World) -> Exchange:
    """A readiness message that has arrived in the municipality."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    return world.municipality.received("LOG_UTSKRIVNINGSKLAR")[-1]


async def claimed(client: httpx.AsyncClient) -> list[dict[str, str]]:
    """What a claim of five minutes gives."""
    answered = await client.post(f"{INBOX}/claim", json={"lease_seconds": 300})
    assert answered.status_code == 200
    return list(answered.json()["items"])


async def test_claim_read_confirm(world: World, municipality: Served) -> None:
    """A message is claimed, read as it was sent, confirmed, and never given again."""
    content = world.hospital.build("discharge-ready")
    world.hospital.submit(content)
    await world.settle()
    client = municipality.client()
    assert len((await client.get(INBOX)).json()["items"]) == 1
    (item,) = await claimed(client)
    assert (await client.get(item["message"])).content == content
    confirmed = await client.post(f"{INBOX}/{item['exchange']}/confirm", json={"claim": item["claim"]})
    assert confirmed.status_code == 200
    assert (await client.get(INBOX)).json()["items"] == []
    assert world.municipality.listing()[-1].state
    assert [line.what for line in municipality.audit()] == ["message claimed", "payload read", "message confirmed"]


async def test_no_file_is_written(world: World, municipality: Served) -> None:
    """What is claimed over HTTP does not lie in the folder too."""
    await received(world)
    assert world.municipality.inbox() == {}
    assert len(await claimed(municipality.client())) == 1


async def test_a_claim_is_for_one_and_ends(world: World, municipality: Served) -> None:
    """While the lease lasts nobody else gets the message; after it the next who asks, and the first is too late."""
    exchange = await received(world)
    first, second = municipality.client(), municipality.client()
    (item,) = await claimed(first)
    assert await claimed(second) == []
    stolen = await second.post(f"{INBOX}/{exchange.id}/confirm", json={"claim": item["claim"]})
    assert (stolen.status_code, stolen.json()["error"]) == (409, "CLAIM-ENDED")
    world.clock.advance(timedelta(minutes=6))
    (again,) = await claimed(second)
    late = await first.post(f"{INBOX}/{exchange.id}/confirm", json={"claim": item["claim"]})
    assert late.status_code == 409
    done = await second.post(f"{INBOX}/{exchange.id}/confirm", json={"claim": again["claim"]})
    assert done.status_code == 200


async def test_confirming_twice_is_confirming_once(world: World, municipality: Served) -> None:
    """An application that did not hear the answer asks again."""
    exchange = await received(world)
    client = municipality.client()
    (item,) = await claimed(client)
    for _ in range(2):
        answered = await client.post(f"{INBOX}/{exchange.id}/confirm", json={"claim": item["claim"]})
        assert answered.status_code == 200
    assert world.municipality.journal(exchange.id).count("delivered to the application") == 1


async def test_what_was_not_claimed_cannot_be_confirmed(world: World, municipality: Served) -> None:
    """A number that was never given out is no claim."""
    exchange = await received(world)
    answered = await municipality.client().post(f"{INBOX}/{exchange.id}/confirm", json={"claim": 1})
    assert answered.status_code == 409


async def test_a_limited_token_claims_only_its_own(world: World, municipality: Served) -> None:
    """Messages for other parties are neither seen, nor claimed, nor confirmed, and the attempt is audited."""
    exchange = await received(world)
    (item,) = await claimed(municipality.client())
    stranger = municipality.client(hers=("1",))
    world.clock.advance(timedelta(hours=1))
    assert await claimed(stranger) == []
    assert (await stranger.get(INBOX)).json()["items"] == []
    answered = await stranger.post(f"{INBOX}/{exchange.id}/confirm", json={"claim": item["claim"]})
    assert answered.status_code == 404
    assert municipality.audit()[-1].outcome == "refused"


@pytest.fixture
async def when_taken(place: Place) -> None:
    """The municipality's AppRec waits for the application; before the world is made."""
    config = place.municipality.config
    config.write_text(config.read_text("utf-8").replace('by = "api"', 'by = "api"\napprec = "when_taken"'), "utf-8")


async def test_confirming_sends_the_apprec(when_taken: None, world: World, municipality: Served) -> None:
    """With `when_taken` the sender waits for its AppRec until the application has confirmed."""
    exchange = await received(world)
    assert world.hospital.listing()[-1].apprec == "waiting"
    client = municipality.client()
    (item,) = await claimed(client)
    await client.post(f"{INBOX}/{exchange.id}/confirm", json={"claim": item["claim"]})
    await world.settle()
    (sent,) = world.hospital.sent()
    assert [row.apprec for row in world.hospital.listing() if row.id == sent.id] == ["ok"]


async def test_rejecting_sends_a_negative_apprec(when_taken: None, world: World, municipality: Served) -> None:
    """The application's codes reach the sender, and the message is not given again."""
    exchange = await received(world)
    client = municipality.client()
    (item,) = await claimed(client)
    told = {"claim": item["claim"], "errors": [{"code": "E36"}, {"code": "X99", "text": "Ukjent avdeling"}]}
    answered = await client.post(f"{INBOX}/{exchange.id}/reject", json=told)
    assert answered.status_code == 200
    await world.settle()
    (sent,) = world.hospital.sent()
    receipt = world.hospital.exchange(sent.id).receipt
    assert receipt is not None
    assert (receipt.state.value, receipt.errors) == ("rejected", ("E36", "X99"))
    assert await claimed(client) == []


async def test_the_other_word_is_a_conflict(when_taken: None, world: World, municipality: Served) -> None:
    """What was confirmed is not rejected: 409, with what was done, what to do, and no second AppRec."""
    exchange = await received(world)
    client = municipality.client()
    (item,) = await claimed(client)
    await client.post(f"{INBOX}/{exchange.id}/confirm", json={"claim": item["claim"]})
    told = {"claim": item["claim"], "errors": [{"code": "E36"}]}
    answered = await client.post(f"{INBOX}/{exchange.id}/reject", json=told)
    assert answered.status_code == 409
    assert answered.headers["content-type"] == "application/problem+json"
    problem = answered.json()
    assert (problem["error"], problem["detail"]) == ("CLAIM-FINISHED", "it was confirmed")
    assert "new message" in problem["remedy"]
    assert len(world.municipality.sent("APPREC")) == 1


@pytest.mark.parametrize("errors", [[], [{"code": "nonsense"}], [{"code": "Z77"}], [{"code": "X99"}]])
async def test_a_rejection_says_why(
    errors: list[dict[str, str]], when_taken: None, world: World, municipality: Served
) -> None:
    """Codes of the list only, and X99 never without a text; nothing is sent otherwise."""
    exchange = await received(world)
    client = municipality.client()
    (item,) = await claimed(client)
    answered = await client.post(f"{INBOX}/{exchange.id}/reject", json={"claim": item["claim"], "errors": errors})
    assert answered.status_code in {400, 422}
    assert not world.municipality.sent()


async def test_what_was_receipted_at_once_cannot_be_rejected(world: World, municipality: Served) -> None:
    """The sender has its positive AppRec already."""
    exchange = await received(world)
    client = municipality.client()
    (item,) = await claimed(client)
    told = {"claim": item["claim"], "errors": [{"code": "E36"}]}
    answered = await client.post(f"{INBOX}/{exchange.id}/reject", json=told)
    assert (answered.status_code, answered.json()["error"]) == (409, "APPREC-GIVEN")


async def test_a_folder_is_not_claimed_from(place: Place, world: World) -> None:
    """Where files are laid into the folder, the answer says how to change that."""
    config = place.hospital.config
    config.write_text(config.read_text("utf-8").replace('by = "api"', 'by = "folder"'), "utf-8")
    made = World(place, world.clock.now())
    served = await serve(made.hospital)
    answered = await served.client(Scope.SUBMIT).post(f"{INBOX}/claim", json={})
    assert (answered.status_code, answered.json()["error"]) == (409, "INBOX-BY-FOLDER")
    await served.close()
    await made.close()


async def test_what_is_held_is_decided_over_http(world: World, municipality: Served) -> None:
    """A message under another's name is listed with why; accepted it can be claimed; every step is audited."""
    content = world.hospital.build("discharge-ready")
    changed = content.replace(b"8140010", b"8160010").replace(b"8140011", b"8160011")
    for _ in range(2):
        world.hospital.send_unjudged(changed.replace(b"<MsgId>0", b"<MsgId>1"), content)
        await world.settle()
        changed = (
            world.hospital.build("discharge-ready").replace(b"8140010", b"8160010").replace(b"8140011", b"8160011")
        )
    client = municipality.client(Scope.OPERATE, Scope.SUBMIT)
    first, second = (await client.get(f"{INBOX}/held")).json()["items"]
    assert first["why"] == "it names another sender than its envelope"
    assert await claimed(client) == []
    nobody = await client.post(f"{INBOX}/{first['exchange']}/accept-held", json={"reason": ""})
    assert nobody.status_code == 400
    for path, told in (("accept-held", first), ("refuse-held", second)):
        done = await client.post(f"{INBOX}/{told['exchange']}/{path}", json={"reason": "asked the hospital"})
        assert done.status_code == 200, done.text
        again = await client.post(f"{INBOX}/{told['exchange']}/{path}", json={"reason": "asked the hospital"})
        assert (again.status_code, again.json()["error"]) == (409, "EXCHANGE-UNFIT")
    assert [item["exchange"] for item in await claimed(client)] == [first["exchange"]]
    assert (await client.get(f"{INBOX}/held")).json()["items"] == []
    lines = [(line.what, line.about) for line in municipality.audit()]
    assert ("held message accepted", first["exchange"]) in lines
    assert ("held message refused", second["exchange"]) in lines
    stranger = municipality.client(hers=("1",))
    assert (await stranger.get(f"{INBOX}/held")).json()["items"] == []
    assert (await stranger.post(f"{INBOX}/{first['exchange']}/accept-held", json={"reason": "x"})).status_code == 404
