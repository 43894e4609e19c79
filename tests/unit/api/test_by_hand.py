"""What an operator and a record system do over HTTP: resend, give up, handled; answers and statements done once."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from served import Served

from adapter.api import application
from adapter.api.endpoints import health as asked_health
from adapter.config import Scope
from adapter.errors import STORE_LOCKED, AdapterError
from adapter.observe.log import Stream
from adapter.service import health
from adapter.store.port import Exchange
from adapter.testing.neighbours import World
from adapter.transports.port import Deferred

LIST = "/api/v1/exchanges"


async def lost(world: World) -> Exchange:
    """A message of the hospital's that nobody acknowledged, given up by itself."""
    world.road.loses = lambda mail: True
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    await world.go_on(timedelta(days=30))
    world.road.loses = lambda mail: False
    return world.hospital.exchange(sent)


async def test_a_failed_message_is_sent_again(world: World, hospital: Served) -> None:
    """It arrives after all, and the record says who, why and what came of it."""
    exchange = await lost(world)
    client = hospital.client(Scope.OPERATE)
    done = await client.post(f"{LIST}/{exchange.id}/resend", json={"reason": "their server is back"})
    assert done.status_code == 200, done.text
    await world.settle()
    assert len(world.municipality.received("LOG_UTSKRIVNINGSKLAR")) == 1
    assert world.hospital.exchange(done.json()["goes_on_as"]).transport.state.value.startswith("acked")  # type: ignore[union-attr]
    assert any("their server is back" in line for line in world.hospital.journal(exchange.id))
    assert ("exchange changed by hand", exchange.id) in [(line.what, line.about) for line in hospital.audit()]


async def test_a_message_is_given_up_once(world: World, hospital: Served) -> None:
    """What is under way stops; a second time there is nothing under way, and it is 409."""
    world.road.loses = lambda mail: True
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    client = hospital.client(Scope.OPERATE)
    told = {"reason": "sent by post"}
    assert (await client.post(f"{LIST}/{sent}/give-up", json=told)).status_code == 200
    assert world.hospital.exchange(sent).transport.state.value == "cancelled"  # type: ignore[union-attr]
    again = await client.post(f"{LIST}/{sent}/give-up", json=told)
    assert (again.status_code, again.json()["error"]) == (409, "EXCHANGE-UNFIT")


async def test_a_mark_is_shown_and_changes_no_state(world: World, hospital: Served) -> None:
    """The list says who has handled it, with the reason."""
    exchange = await lost(world)
    client = hospital.client(Scope.OPERATE, Scope.READ)
    await client.post(f"{LIST}/{exchange.id}/handled", json={"reason": "telephoned"})
    row = (await client.get(f"{LIST}/{exchange.id}")).json()
    assert "telephoned" in row["handled"]
    assert world.hospital.exchange(exchange.id).transport == exchange.transport


@pytest.mark.parametrize("path", ["resend", "give-up", "handled"])
@pytest.mark.parametrize(("reason", "status"), [("", 400), ("x" * 201, 400), ("pasient 12834130279", 422)])
async def test_a_reason_is_needed_and_names_no_patient(
    path: str, reason: str, status: int, world: World, hospital: Served
) -> None:
    """Without one, too long, or with a national identity number: nothing is done."""
    sent = world.hospital.submit(world.hospital.build("discharge-ready"))
    answered = await hospital.client().post(f"{LIST}/{sent}/{path}", json={"reason": reason})
    assert answered.status_code == status
    assert "12834130279" not in answered.text
    assert world.hospital.journal(sent) == ["submitted"]


async def test_an_answer_under_a_key_is_given_once(world: World, municipality: Served) -> None:
    """The same key and octets: the same exchange; other octets: 409; without a key it is a second answer."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    [received] = world.municipality.received("LOG_UTSKRIVNINGSKLAR")
    client, path = municipality.client(), f"{LIST}/{received.id}/answer"
    headers = {"Idempotency-Key": "answer-1"}
    told = {"answer": "later", "day": "2024-03-08"}
    first = await client.post(path, json=told, headers=headers)
    second = await client.post(path, json=told, headers=headers)
    assert first.status_code == second.status_code == 200, first.text
    assert first.json() == second.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    other = await client.post(path, json={"answer": "accept"}, headers=headers)
    assert (other.status_code, other.json()["error"]) == (409, "IDEMPOTENCY-KEY-USED")
    answers = [one for one in world.municipality.sent() if one.type != "APPREC"]
    assert [one.id for one in answers] == [first.json()["exchange"]]
    await client.post(path, json=told)
    assert len([one for one in world.municipality.sent() if one.type != "APPREC"]) == 2


async def test_a_statement_under_a_key_is_issued_once(world: World, hospital: Served) -> None:
    """Who did not hear the answer gets the same statement, not an empty list."""
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    world.hospital.note_early_notice()
    client = hospital.client(Scope.ECONOMY)
    (row,) = (await client.get("/api/v1/ledger")).json()["stays"]
    world.clock.advance(timedelta(days=40))
    asked = {"month": "2024-03", "hospital": row["hospital"], "municipality": row["municipality"]}
    headers = {"Idempotency-Key": "march"}
    answers = [await client.post("/api/v1/statements", json=asked, headers=headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201], answers[0].text
    assert answers[0].json() == answers[1].json()
    assert len((await client.get("/api/v1/statements")).json()["statements"]) == 1


async def test_refusals_of_nobody_are_counted_and_seldom_told(
    world: World, hospital: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty knocks without a token are one line of the log, none of the audit, and twenty in the metrics."""
    journal, installation = StringIO(), world.hospital.installation
    heard = Stream(stream=journal)
    monkeypatch.setattr(installation.log, "_log", heard)
    client = hospital.with_headers({})
    for _ in range(20):
        assert (await client.get(LIST)).status_code == 401
    assert journal.getvalue().count("access.refused") == 1
    assert hospital.audit() == []
    assert 'adapter_events_total{event="access.refused"} 20.0' in installation.metrics.text(()).decode()
    monkeypatch.setattr(application, "TELL_SECONDS", 0.0)
    await client.get(LIST)
    assert journal.getvalue().count("access.refused") == 2


@pytest.mark.parametrize("wrong", ["store", "certificate", "mail_out", "mailbox"])
async def test_health_over_http_says_why_not(
    wrong: str, world: World, hospital: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with the reason where a message would not go its way; a mailbox that is away is only a warning."""
    monkeypatch.setattr(asked_health, "FRESH_SECONDS", 0.0)
    client, installation = hospital.with_headers({}), world.hospital.installation
    assert (await client.get("/health/ready")).status_code == 200
    if wrong == "store":

        def locked(*_: object) -> None:
            raise AdapterError(STORE_LOCKED)

        monkeypatch.setattr(health, "probe", locked)
    elif wrong == "certificate":
        world.clock.set(installation.sealer.signer.at(world.clock.now()).certificate.not_valid_after_utc)
        world.clock.advance(timedelta(seconds=1))
    elif wrong == "mail_out":
        installation.pulse.handed_over(Deferred("no connection"), world.clock.now())
        world.clock.advance(health.MAIL_AWAY)
    else:
        reason = health.Reason("mailbox", health.Against.NOTHING, "mailbox edi: cannot be reached")
        monkeypatch.setattr(health, "_mailboxes", lambda _: [reason])
    answered = await client.get("/health/ready")
    assert wrong in [one["what"] for one in answered.json()["reasons"]]
    assert answered.status_code == (200 if wrong == "mailbox" else 503)
    assert (await client.get("/health/live")).status_code == 200
