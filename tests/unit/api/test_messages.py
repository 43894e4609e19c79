"""Handing in over HTTP: once for each key, refused with every finding, judged without being kept."""

from __future__ import annotations

import json

import httpx
import pytest
from served import Served

from adapter.config import Scope
from adapter.messages.building import example
from adapter.testing.neighbours import World

URL = "/api/v1/messages"
XML = {"Content-Type": "application/xml"}
JSON = {"Content-Type": "application/json"}


def build_json(world: World, kind: str = "discharge-ready") -> bytes:
    """Build-JSON between the parties of the world, with its kind."""
    told = json.loads(example(kind))
    for party in ("sender", "receiver"):
        told[party] = {"her": told[party]["her"]}
    return json.dumps({"kind": kind, **told}).encode()


async def test_a_message_is_kept_sent_and_acknowledged(world: World, hospital: Served) -> None:
    """XML that is handed in gets an exchange id, and the daemon sends it."""
    client = hospital.client()
    content = world.hospital.build("discharge-ready")
    answered = await client.post(URL, content=content, headers=XML | {"Idempotency-Key": "a"})
    assert answered.status_code == 201
    told = answered.json()
    assert told["type"] == "LOG_UTSKRIVNINGSKLAR"
    assert answered.headers["Location"] == f"/api/v1/exchanges/{told['exchange']}"
    await world.settle()
    assert (await client.get(answered.headers["Location"])).json()["state"] == "acknowledged"


async def test_build_json_is_taken_like_xml(world: World, hospital: Served) -> None:
    """Build-JSON with its kind becomes a message with a MsgId of our own."""
    headers = JSON | {"Idempotency-Key": "a"}
    answered = await hospital.client().post(URL, content=build_json(world), headers=headers)
    assert answered.status_code == 201
    assert world.hospital.exchange(answered.json()["exchange"]).type == "LOG_UTSKRIVNINGSKLAR"


async def test_the_same_key_and_octets_are_done_once(world: World, hospital: Served) -> None:
    """A repeated request gets the same answer, and nothing more is sent."""
    client, content = hospital.client(), build_json(world)
    first = await client.post(URL, content=content, headers=JSON | {"Idempotency-Key": "a"})
    again = await client.post(URL, content=content, headers=JSON | {"Idempotency-Key": "a"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(world.hospital.sent()) == 1


async def test_a_key_is_not_for_other_octets(world: World, hospital: Served) -> None:
    """The same key with another body is refused with 409 and changes nothing."""
    client, headers = hospital.client(), XML | {"Idempotency-Key": "a"}
    await client.post(URL, content=world.hospital.build("discharge-ready"), headers=headers)
    other = await client.post(URL, content=world.hospital.build("discharge-ready"), headers=headers)
    assert (other.status_code, other.json()["error"]) == (409, "IDEMPOTENCY-KEY-USED")
    assert len(world.hospital.sent()) == 1


async def test_two_callers_may_choose_the_same_key(world: World, hospital: Served) -> None:
    """A key belongs to its caller."""
    for client in (hospital.client(), hospital.client()):
        headers = XML | {"Idempotency-Key": "a"}
        answered = await client.post(URL, content=world.hospital.build("discharge-ready"), headers=headers)
        assert answered.status_code == 201
    assert len(world.hospital.sent()) == 2


async def test_a_key_must_be_there(world: World, hospital: Served) -> None:
    """Without an Idempotency-Key nothing is taken."""
    answered = await hospital.client().post(URL, content=world.hospital.build("discharge-ready"), headers=XML)
    assert answered.status_code == 400
    assert "Idempotency-Key" in answered.json()["detail"]


async def test_every_finding_is_told_and_nothing_kept(world: World, hospital: Served) -> None:
    """A message with errors is refused with the ids of the rules, and its key may be used again."""
    content = world.hospital.build("discharge-ready")
    broken = content.replace(b"<GenDate>", b"<GenDate>x")
    client, headers = hospital.client(), XML | {"Idempotency-Key": "a"}
    refused = await client.post(URL, content=broken, headers=headers)
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert "XSD" in {finding["rule"] for finding in refused.json()["findings"]}
    assert not world.hospital.sent()
    assert (await client.post(URL, content=content, headers=headers)).status_code == 201


@pytest.mark.parametrize(
    "content", [b"", b"<a", b"\x00\xff", b"{", b'{"kind": 1}', b'{"kind": "no-such"}', b"[" * 5000]
)
async def test_rubbish_is_a_problem_and_no_defect(content: bytes, hospital: Served) -> None:
    """Whatever the octets are, the answer is 4xx with what to do."""
    for media_type in (XML, JSON):
        answered = await hospital.client().post(URL, content=content, headers=media_type | {"Idempotency-Key": "a"})
        assert answered.status_code == 422
        assert answered.json()["remedy"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the body is no JSON object"),
        (b"[]", "the body is no JSON object"),
        (b'{"kind": ', "it is no JSON: line 1, column 10"),
        (b'{"kind": "\xff"}', "it is no JSON: octet 10 is not UTF-8"),
        (b'{"kin": 1}', "$.kind is missing"),
    ],
)
async def test_what_is_said_to_be_json_and_is_not_is_told_so(content: bytes, says: str, hospital: Served) -> None:
    """Whoever sends JSON hears what is wrong with the JSON, on both addresses, and not that it is no XML."""
    answered = await hospital.client().post(URL, content=content, headers=JSON | {"Idempotency-Key": "a"})
    assert answered.status_code == 422
    assert answered.json()["detail"].startswith(says)
    judged = await hospital.client().post(f"{URL}/validate", content=content, headers=JSON)
    assert (judged.status_code, judged.json()["valid"]) == (200, False)
    assert says in judged.json()["findings"][0]["message"]


async def test_a_packed_body_is_415(hospital: Served) -> None:
    """Nothing is unpacked here, and the answer says what is taken."""
    packed = {"Content-Encoding": "gzip", "Idempotency-Key": "a"}
    answered = await hospital.client().post(URL, content=b"\x1f\x8b", headers=JSON | packed)
    assert answered.status_code == 415
    assert answered.headers["Accept-Encoding"] == "identity"
    assert "Content-Encoding" in answered.json()["detail"]


async def test_another_media_type_is_415(hospital: Served) -> None:
    """A form or a text is not read as a message."""
    answered = await hospital.client().post(
        URL, content=b"a=b", headers={"Content-Type": "text/plain", "Idempotency-Key": "a"}
    )
    assert answered.status_code == 415


async def test_validate_keeps_nothing(world: World, hospital: Served) -> None:
    """The verdict has every finding, or none, and no exchange is made."""
    client, content = hospital.client(), world.hospital.build("discharge-ready")
    fine = (await client.post(f"{URL}/validate", content=content, headers=XML)).json()
    assert (fine["valid"], fine["type"]) == (True, "LOG_UTSKRIVNINGSKLAR")
    broken = content.replace(b"<GenDate>", b"<GenDate>x")
    wrong = (await client.post(f"{URL}/validate", content=broken, headers=XML)).json()
    assert not wrong["valid"]
    assert wrong["findings"]
    assert not world.hospital.sent()


async def test_validate_says_that_the_sender_is_not_ours(world: World, municipality: Served) -> None:
    """Who may not send a message here learns it before sending."""
    content = world.hospital.build("discharge-ready")
    told = (await municipality.client().post(f"{URL}/validate", content=content, headers=XML)).json()
    assert not told["valid"]
    assert "PARTY-NOT-OURS" in {finding["rule"] for finding in told["findings"]}


async def test_the_verdict_says_what_handing_in_would_say(world: World, hospital: Served) -> None:
    """A rule that needs the directory stops a message on both addresses: a hospital sends no LOG_DOD."""
    parties = {"sender": {"her": "8140011"}, "receiver": {"her": "8140022"}}
    content, client = world.hospital.build("death", **parties), hospital.client()
    judged = (await client.post(f"{URL}/validate", content=content, headers=XML)).json()
    refused = await client.post(URL, content=content, headers=XML | {"Idempotency-Key": "a"})
    assert "PL-055" in {finding["rule"] for finding in refused.json()["findings"]}
    assert judged["valid"] is False
    assert judged["findings"] == refused.json()["findings"]


async def test_a_full_backlog_is_503_with_a_time(world: World, hospital: Served) -> None:
    """Nothing is kept, the key is free, and what was taken in is answered again; later the same request is taken."""
    settings = world.hospital.installation.settings
    delivery = settings.delivery.model_copy(update={"most_waiting": 1})
    object.__setattr__(world.hospital.installation, "settings", settings.model_copy(update={"delivery": delivery}))
    client, kind = hospital.client(Scope.SUBMIT), {"Content-Type": "application/xml"}
    first, second = (world.hospital.build("discharge-ready", ready=f"2024-03-0{day}") for day in (4, 5))

    async def hand_in(key: str, content: bytes) -> httpx.Response:
        return await client.post("/api/v1/messages", content=content, headers={**kind, "Idempotency-Key": key})

    assert (await hand_in("a", first)).status_code == 201
    full = await hand_in("b", second)
    assert (full.status_code, full.json()["error"], full.headers["Retry-After"]) == (503, "BACKLOG-FULL", "30")
    assert (await hand_in("a", first)).headers["Idempotency-Replayed"] == "true"
    assert len(world.hospital.sent()) == 1
    judged = await client.post("/api/v1/messages/validate", content=second, headers=kind)
    assert judged.json()["valid"]
    await world.settle()
    assert (await hand_in("b", second)).status_code == 201
