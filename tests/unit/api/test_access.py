"""Who may come in: tokens, scopes, parties, pages of other sites; and what the audit log says of it."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from served import Served

from adapter.config import Scope
from adapter.service.access import new_token, revoke
from adapter.testing.neighbours import World

LIST = "/api/v1/exchanges"


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x", "Bearer a.b", "Basic dTpw", "Bearer \xff.\xff"])
async def test_who_shows_no_token_is_told_how(shown: str, hospital: Served) -> None:
    """401 with WWW-Authenticate, as problem+json."""
    client = hospital.with_headers({"Authorization": shown.encode("latin-1")} if shown else {})
    answered = await client.get(LIST)
    assert (answered.status_code, answered.json()["error"]) == (401, "ACCESS-UNKNOWN")
    assert answered.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_ends_when_it_is_revoked_or_expires(world: World, hospital: Served) -> None:
    """The next request after either is refused; one that expires after a day is over when the day is."""
    store, clock = world.hospital.installation.store, world.clock
    scopes = frozenset({Scope.READ})
    for end in (
        lambda token_id: revoke(store, token_id, clock.now()),
        lambda token_id: clock.advance(timedelta(days=1)),
    ):
        token, secret = new_token(store, clock.now(), "short", scopes, frozenset(), timedelta(days=1))
        client = hospital.with_headers({"Authorization": f"Bearer {secret}"})
        assert (await client.get(LIST)).status_code == 200
        end(token.id)
        assert (await client.get(LIST)).status_code == 401


async def test_the_secret_is_not_kept(world: World, hospital: Served) -> None:
    """The store's files hold the digest and not the secret."""
    secret = hospital.token().partition(".")[2]
    folder = world.hospital.settings.store.path.parent
    for file in folder.glob("adapter.sqlite*"):
        assert secret.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", LIST, Scope.READ),
        ("GET", f"{LIST}/x", Scope.READ),
        ("GET", f"{LIST}/x/message", Scope.READ),
        ("POST", f"{LIST}/x/answer", Scope.SUBMIT),
        ("POST", "/api/v1/messages", Scope.SUBMIT),
        ("POST", "/api/v1/messages/validate", Scope.SUBMIT),
    ],
)
async def test_a_scope_is_needed_and_its_lack_is_audited(
    method: str, path: str, scope: Scope, hospital: Served
) -> None:
    """With every other scope the answer is 403, and a line says who tried what."""
    client = hospital.client(*(other for other in Scope if other is not scope))
    answered = await client.request(method, path)
    assert (answered.status_code, answered.json()["error"]) == (403, "ACCESS-SCOPE")
    assert scope.value in answered.json()["detail"]
    assert [line.outcome for line in hospital.audit()] == ["refused"]


async def test_another_partys_exchange_is_not_there_and_the_attempt_is_audited(world: World, hospital: Served) -> None:
    """A token for another party sees neither the exchange nor its message nor that it exists."""
    mine = world.hospital.submit(world.hospital.build("discharge-ready"))
    stranger = hospital.client(hers=("1",))
    for path in (f"{LIST}/{mine}", f"{LIST}/{mine}/message"):
        answered = await stranger.get(path)
        missing = await stranger.get(f"{LIST}/no-such")
        assert answered.status_code == missing.status_code == 404
        assert answered.json() == missing.json()
    assert (await stranger.get(LIST)).json()["exchanges"] == []
    assert [(line.outcome, line.about) for line in hospital.audit()] == [("refused", mine)] * 2


async def test_a_token_hands_in_only_for_its_parties(world: World, hospital: Served) -> None:
    """A message from another own party is refused with 403."""
    content = world.hospital.build("discharge-ready")
    answered = await hospital.client(hers=("1",)).post(
        "/api/v1/messages", content=content, headers={"Content-Type": "application/xml", "Idempotency-Key": "a"}
    )
    assert answered.status_code == 403
    assert not world.hospital.sent()


async def test_reading_a_message_is_a_line_without_content(world: World, hospital: Served) -> None:
    """The line says who, what and which exchange, before the octets are handed out; they are the very octets."""
    content = world.hospital.build("discharge-ready")
    mine = world.hospital.submit(content)
    answered = await hospital.client(Scope.READ).get(f"{LIST}/{mine}/message")
    assert answered.content == content
    (line,) = hospital.audit()
    assert (line.what, line.outcome, line.about) == ("payload read", "allowed", mine)
    assert line.who.startswith("test (")


async def test_the_audit_log_cannot_be_changed(world: World, hospital: Served) -> None:
    """Not even with SQL."""
    await hospital.client(Scope.READ).get(f"{LIST}/{world.hospital.submit(world.hospital.build('admitted'))}")
    with sqlite3.connect(world.hospital.settings.store.path) as connection:
        for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "http://["}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_a_page_of_another_site_is_refused(headers: dict[str, str], hospital: Served) -> None:
    """Even with a token: no page of another site has business here."""
    answered = await hospital.client().get(LIST, headers=headers)
    assert (answered.status_code, answered.json()["error"]) == (403, "ACCESS-ORIGIN")


async def test_answers_are_not_kept_on_the_way(hospital: Served) -> None:
    """No cache, no sniffing, no referrer, nothing loaded."""
    answered = await hospital.client().get(LIST)
    assert answered.headers["Cache-Control"] == "no-store"
    assert answered.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answered.headers["Content-Security-Policy"]
