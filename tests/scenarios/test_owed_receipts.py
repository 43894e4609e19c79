"""Who keeps a message waiting is told before 96 hours are over, and after them nothing negative goes out.

AR-023 and AR-024; HIS 80415:2012 §3.2.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest

from adapter.config import Scope
from adapter.errors import AdapterError
from adapter.messages.reading import understand
from adapter.service import claiming, holding
from adapter.service.access import Caller
from adapter.service.claiming import refusal_code
from adapter.service.health import Against, examine
from adapter.service.operating import By, mark_handled
from adapter.service.submission import NotTaken, judge
from adapter.service.views import apprec_word
from adapter.store.port import Exchange
from adapter.testing.neighbours import World

APPLICATION = Caller("application (1)", frozenset({Scope.SUBMIT}))
NURSE = By("Kari", "looked at it with the hospital on the telephone")
BEFORE, AFTER = timedelta(hours=95), timedelta(hours=97)

WAYS = {
    "folder": 'folder = "inbox"\napprec = "when_taken"',
    "api": 'folder = "inbox"\nby = "api"\napprec = "when_taken"',
    "at_once": 'folder = "inbox"\nby = "api"',
}


@pytest.fixture
def way(configure: Callable[[str, str, str], None], request: pytest.FixtureRequest) -> str:
    """How the municipality's application takes messages; asked for before `world`."""
    configure("municipality", 'folder = "inbox"', WAYS[request.param])
    return str(request.param)


folder, api, at_once = (pytest.mark.parametrize("way", [name], indirect=True) for name in WAYS)


async def arrived(world: World) -> Exchange:
    world.hospital.submit(world.hospital.build("discharge-ready"))
    await world.settle()
    return world.municipality.received("LOG_UTSKRIVNINGSKLAR")[-1]


async def held(world: World) -> Exchange:
    """A message about a synthetic person, where the municipality runs in production (ID-006)."""
    installation = world.municipality.installation
    object.__setattr__(installation, "settings", installation.settings.model_copy(update={"mode": "production"}))
    return await arrived(world)


def told(journal: StringIO, event: str) -> list[str]:
    """The exchanges of which the log says that."""
    lines = [json.loads(line) for line in journal.getvalue().splitlines()]
    return [line["exchange"] for line in lines if line["event"] == event]


def reasons(world: World) -> list[str]:
    found = examine(world.municipality.installation).reasons
    return [one.says for one in found if one.what == "apprec_owed" and one.against is Against.NOTHING]


def shown(world: World, exchange: Exchange) -> str:
    [row] = [row for row in world.municipality.listing() if row.id == exchange.id]
    return row.reason


def word(world: World) -> str | None:
    """What the hospital knows of the AppRec of its message."""
    return apprec_word(world.hospital.sent()[-1])


def reject(world: World, exchange: Exchange) -> None:
    installation = world.municipality.installation
    [mine] = claiming.claim(installation, APPLICATION, 10, timedelta(minutes=5))
    code = refusal_code(installation.codes, "E36", "")
    claiming.reject(installation, APPLICATION, exchange.id, mine.item.fence, (code,))


def confirm(world: World, exchange: Exchange) -> None:
    installation = world.municipality.installation
    [mine] = claiming.claim(installation, APPLICATION, 10, timedelta(minutes=5))
    claiming.confirm(installation, APPLICATION, exchange.id, mine.item.fence)


@folder
async def test_what_nobody_takes_is_told_once_a_day_before(way: str, world: World, journal: StringIO) -> None:
    """Not in the hour before, and then by event, journal, health and list; once, whatever restarts; until it is
    taken."""
    exchange = await arrived(world)
    await world.go_on(timedelta(hours=71))
    assert (told(journal, "apprec.owed"), reasons(world), shown(world, exchange)) == ([], [], "")
    await world.go_on(timedelta(hours=1))
    assert told(journal, "apprec.owed") == [exchange.id]
    due = "2024-03-09T09:00:00Z"
    assert f"alarm: apprec_owed it is due by {due}" in world.municipality.journal(exchange.id)
    assert reasons(world) == [f"1 received messages owe their AppRec, the first by {due}"]
    assert shown(world, exchange) == f"its AppRec is due by {due}"
    await world.municipality.restart()
    await world.go_on(timedelta(hours=2))
    assert told(journal, "apprec.owed") == [exchange.id]
    world.municipality.take(exchange)
    await world.settle()
    assert (word(world), reasons(world), shown(world, exchange)) == ("ok", [], "")
    await world.go_on(timedelta(hours=2))
    assert told(journal, "apprec.owed") == [exchange.id]


@at_once
async def test_what_was_receipted_at_once_owes_nothing(way: str, world: World, journal: StringIO) -> None:
    """It waits for the application for days, and its sender has its AppRec."""
    exchange = await arrived(world)
    await world.go_on(timedelta(hours=100))
    assert (word(world), told(journal, "apprec.owed"), reasons(world)) == ("ok", [], [])
    assert shown(world, exchange) == ""


async def test_what_a_person_has_not_decided_about_is_told_too(world: World, journal: StringIO) -> None:
    """A held message has no AppRec either; who marks it as handled, or decides, is reminded no more."""
    exchange = await held(world)
    await world.go_on(timedelta(hours=72))
    assert told(journal, "apprec.owed") == [exchange.id]
    assert len(reasons(world)) == 1
    assert shown(world, exchange).startswith("its AppRec is due by")
    mark_handled(world.municipality.installation, exchange.id, NURSE)
    assert reasons(world) == []
    holding.accept(world.municipality.installation, exchange.id, NURSE)
    await world.settle()
    assert (word(world), shown(world, exchange)) == ("ok", "")


@api
async def test_a_late_confirmation_is_receipted_positively(way: str, world: World) -> None:
    """After 96 hours a message may still be taken; its sender, which had given it up, hears that it was."""
    exchange = await arrived(world)
    await world.go_on(AFTER)
    assert word(world) == "timed_out"
    confirm(world, exchange)
    await world.settle()
    assert word(world) == "ok"


@api
@pytest.mark.parametrize(("waited", "said", "receipts"), [(BEFORE, "rejected", 1), (AFTER, "timed_out", 0)])
async def test_a_late_rejection_goes_without_an_apprec(
    way: str, waited: timedelta, said: str, receipts: int, world: World, journal: StringIO
) -> None:
    """Within 96 hours it is negative; after them the message leaves the inbox, nothing goes out, and that is told."""
    exchange = await arrived(world)
    await world.go_on(waited)
    reject(world, exchange)
    await world.settle()
    assert (word(world), len(world.municipality.sent("APPREC"))) == (said, receipts)
    assert told(journal, "message.unanswered") == ([] if receipts else [exchange.id])
    assert ("no AppRec" in "".join(world.municipality.journal(exchange.id))) is (receipts == 0)
    assert claiming.claim(world.municipality.installation, APPLICATION, 10, timedelta(minutes=5)) == ()


async def test_a_person_refuses_late_without_a_code(world: World) -> None:
    """With a code it is refused and nothing is changed; without one it is done, and nothing goes out."""
    exchange = await held(world)
    installation = world.municipality.installation
    await world.go_on(AFTER)
    with pytest.raises(AdapterError, match="96 hours are over"):
        holding.refuse(installation, exchange.id, NURSE, (refusal_code(installation.codes, "E36", ""),))
    assert [one.exchange.id for one in holding.held(installation)] == [exchange.id]
    holding.refuse(installation, exchange.id, NURSE)
    await world.settle()
    assert (holding.held(installation), world.municipality.sent("APPREC")) == ((), [])
    assert word(world) == "timed_out"


async def test_a_person_accepts_late(world: World) -> None:
    """What a person lets pass after 96 hours is given to the application and receipted positively."""
    exchange = await held(world)
    await world.go_on(AFTER)
    holding.accept(world.municipality.installation, exchange.id, NURSE)
    await world.settle()
    assert word(world) == "ok"


async def test_what_comes_late_and_is_refused_is_answered_at_once(world: World) -> None:
    """Nobody has kept its sender waiting: the checks on arrival say what is wrong, however old the message is."""
    good = world.hospital.build("discharge-ready")
    old = good.replace(b"<GenDate>2024-03-05T", b"<GenDate>2024-02-05T")
    assert old != good
    world.hospital.send_unjudged(old.replace(b"<MIGversion>v1.2 2006-05-24</MIGversion>", b""), good)
    await world.settle()
    [receipt] = world.municipality.sent("APPREC")
    apprec = understand(world.municipality.payload(receipt)).apprec
    assert apprec is not None
    assert [error.v for error in apprec.errors] == ["T02"]


@api
async def test_a_message_is_receipted_once_when_the_setting_changes(way: str, world: World) -> None:
    """What came under `when_taken` is receipted when taken under `at_once`; the other way round it is not again."""
    exchange, installation = await arrived(world), world.municipality.installation

    def change(apprec: str) -> None:
        inbox = installation.settings.inbox.model_copy(update={"apprec": apprec})
        object.__setattr__(installation, "settings", installation.settings.model_copy(update={"inbox": inbox}))

    change("at_once")
    confirm(world, exchange)
    await world.settle()
    assert word(world) == "ok"
    world.clock.advance(timedelta(minutes=1))
    second = await arrived(world)
    change("when_taken")
    with pytest.raises(AdapterError) as caught:
        reject(world, second)
    assert caught.value.id == "APPREC-GIVEN"
    world.clock.advance(timedelta(minutes=10))
    confirm(world, second)
    await world.settle()
    assert len(world.municipality.sent("APPREC")) == 2


def of_deviation(world: World, about: Exchange) -> tuple[str, list[str]]:
    """Whether the municipality may send a deviation about a message, and which rules say something about it."""
    assert about.msg_id is not None
    reference = {"parent": about.msg_id.value}
    content = world.municipality.build("deviation", receiver={"her": "8140011"}, reference=reference)
    outcome = judge(world.municipality.installation, content)
    refused = isinstance(outcome, NotTaken)
    found = outcome.findings if isinstance(outcome, NotTaken) else outcome.warnings
    return "refused" if refused else "sent", [one.rule for one in found if one.rule.startswith("LK-")]


@api
@pytest.mark.parametrize("decide", [confirm, reject])
async def test_a_deviation_waits_for_the_apprec(way: str, world: World, decide: Callable[..., None]) -> None:
    """While the AppRec is owed it says what is wrong; after a negative one a deviation is only warned of (LK-015)."""
    exchange = await arrived(world)
    assert of_deviation(world, exchange) == ("refused", ["LK-015"])
    decide(world, exchange)
    assert of_deviation(world, exchange) == ("sent", ["LK-015"] if decide is reject else [])


@folder
async def test_a_deviation_tells_what_no_apprec_may_tell_any_more(way: str, world: World) -> None:
    """When the 96 hours are over nothing negative is said by AppRec, and the sender has to hear it otherwise."""
    exchange = await arrived(world)
    assert of_deviation(world, exchange) == ("refused", ["LK-015"])
    await world.go_on(timedelta(hours=97))
    assert of_deviation(world, exchange) == ("sent", [])
