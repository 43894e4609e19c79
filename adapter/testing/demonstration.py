"""How a demo is played: two daemons with a store each, real SMTP between them on loopback, a clock that is driven.

Nothing is short-cut: every message is built or read, judged, sealed, sent, verified, decrypted, delivered to the inbox
folder, acknowledged and receipted. Between two moments of the script both daemons turn until nothing is due; then the
clock goes on. A demo that was killed goes on where it was: the script is played again, and what has been done already
is in the stores.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from adapter.config import load
from adapter.errors import DEMO_FOLDER, INPUT_NOT_UNDERSTOOD, AdapterError
from adapter.facts import Carrier
from adapter.messages.head import Head, Participant
from adapter.messages.reading import understand
from adapter.observe.log import Log
from adapter.service.asking import Said, answer
from adapter.service.build_json import build_message
from adapter.service.clock import RandomIds
from adapter.service.daemon import Daemon
from adapter.service.inbox import file_of
from adapter.service.installation import Installation, open_installation
from adapter.service.running import mail_in, mail_out
from adapter.service.submission import NotTaken, submit_now
from adapter.store.port import Direction, Exchange, ExchangeFilter, FactFilter
from adapter.testing import scenarios
from adapter.testing.clock import DrivenClock
from adapter.testing.place import Place, PlaceParty, Side, place_at, prepare
from adapter.testing.scenarios import Answers, DemoPatient, Moment, Scenario, Sends
from adapter.values import HerId, MsgId

_MARK = "demo.json"
_GIVE_UP_TURNS = 400
"""After the last moment the clock goes on in small steps for at most that many, should anything still be under way."""

Progress = Callable[[int, int], None]
"""Told how many of how many moments have been played."""


@dataclass(frozen=True, slots=True)
class Played:
    """One exchange of the demo, seen from its sender and checked at its receiver."""

    type: str
    sender: str
    receiver: str
    exchange: Exchange
    delivered_identical: bool


@dataclass(slots=True)
class _Stage:
    place: Place
    clock: DrivenClock
    hospital: _Actor
    municipality: _Actor

    async def settle(self) -> None:
        """Let both sides do everything that is due at this moment."""
        while await self.hospital.daemon.turn() + await self.municipality.daemon.turn():
            pass


@dataclass(slots=True)
class _Actor:
    side: Side
    installation: Installation
    daemon: Daemon


@dataclass(frozen=True, slots=True)
class Curtain:
    """The end of a demo: what was exchanged, and when it ended. The stores are closed."""

    place: Place
    played: tuple[Played, ...]
    ended: datetime


async def play(folder: Path, scenario: Scenario, log: Log, progress: Progress) -> Curtain:
    """Play a scenario in a folder, or go on with one that was begun there. Raises `AdapterError`."""
    place = _place(folder, {"scenario": scenario.name}, scenarios.HOSPITAL, scenarios.MUNICIPALITY)
    moments = scenario.moments()
    async with _staged(place, moments[0].at, log) as stage:
        for number, moment in enumerate(moments):
            stage.clock.set(moment.at)
            _act(stage, moment)
            await stage.settle()
            progress(number + 1, len(moments))
        await _finish(stage, scenario.until)
        return Curtain(place, _played(stage), stage.clock.now())


async def carry(folder: Path, messages: tuple[tuple[str, bytes], ...], log: Log, progress: Progress) -> Curtain:
    """Send the given business messages, their own senders and receivers being the two sides, in order of GenDate.

    `messages` are name and octets. Raises `AdapterError` when one of them cannot be sent, before anything is sent.
    """
    letters = sorted((_letter(name, content) for name, content in messages), key=lambda one: one.at)
    hospital, municipality = _sides(letters)
    names = {"messages": [letter.head.msg_id.value if letter.head.msg_id else "" for letter in letters]}
    place = _place(folder, names, hospital, municipality)
    async with _staged(place, letters[0].at, log) as stage:
        ours = {party.her for party in hospital}
        for number, letter in enumerate(letters):
            stage.clock.set(max(stage.clock.now(), letter.at + timedelta(seconds=1)))
            actor = stage.hospital if letter.head.sender.party_her in ours else stage.municipality
            _submit_once(actor, letter)
            await stage.settle()
            progress(number + 1, len(letters))
        await _finish(stage, stage.clock.now() + timedelta(minutes=1))
        return Curtain(place, _played(stage), stage.clock.now())


# ── the place ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _place(
    folder: Path, told: Mapping[str, object], hospital: tuple[PlaceParty, ...], municipality: tuple[PlaceParty, ...]
) -> Place:
    """The place of this demo: made now, or found where the same demo was begun. Raises `AdapterError` (DEMO_FOLDER)."""
    mark = folder / _MARK
    if mark.is_file():
        begun = json.loads(mark.read_text("utf-8"))
        if begun.get("demo") != told:
            raise AdapterError(DEMO_FOLDER, f"{folder} holds another demo")
        if begun["prepared"]:
            return place_at(folder, hospital, municipality)
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AdapterError(DEMO_FOLDER, f"{folder} is not an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(json.dumps({"demo": told, "prepared": False}), "utf-8")
        place = prepare(folder, hospital, municipality)
        mark.write_text(json.dumps({"demo": told, "prepared": True}), "utf-8")
    except OSError as error:
        raise AdapterError(DEMO_FOLDER, f"{folder}: {error.strerror}") from None
    return place


@asynccontextmanager
async def _staged(place: Place, start: datetime, log: Log) -> AsyncIterator[_Stage]:
    clock = DrivenClock(start)
    async with AsyncExitStack() as stack:
        actors = []
        for side in (place.hospital, place.municipality):
            settings = load(side.config)
            installation = open_installation(settings, clock, RandomIds(), log)
            daemon = Daemon(installation, mail_out(settings))
            stack.push_async_callback(daemon.close)
            listener = mail_in(installation, daemon)
            await listener.start()
            stack.push_async_callback(listener.close)
            daemon.recover()
            actors.append(_Actor(side, installation, daemon))
        yield _Stage(place, clock, *actors)


async def _finish(stage: _Stage, until: datetime) -> None:
    """Go to the end; should anything be under way still, go on in small steps until it is done."""
    stage.clock.set(max(until, stage.clock.now()))
    await stage.settle()
    for _ in range(_GIVE_UP_TURNS):
        if not any(_under_way(actor.installation) for actor in (stage.hospital, stage.municipality)):
            return
        stage.clock.advance(timedelta(minutes=2))
        await stage.settle()


def _under_way(installation: Installation) -> bool:
    due = installation.store.read_now(lambda reader: reader.counts())
    return bool(due.outbox_waiting or due.mails_waiting)


# ── the script ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _act(stage: _Stage, moment: Moment) -> None:
    match moment.act:
        case Sends() as sends:
            _send(stage.hospital, moment.patient, sends)
        case Answers() as said:
            _answer(stage, moment.patient, said)


def _done(actor: _Actor) -> bool:
    """Whether this side has sent something at this very moment: then the moment was played before."""
    now = actor.installation.clock.now()
    which = ExchangeFilter(
        direction=Direction.OUT, created_from=now, created_before=now + timedelta(seconds=1), limit=20
    )
    found = actor.installation.store.read_now(lambda reader: reader.exchanges(which))
    return any(exchange.type != "APPREC" for exchange in found)


def _send(actor: _Actor, patient: DemoPatient, sends: Sends) -> None:
    if _done(actor):
        return
    installation = actor.installation
    told: dict[str, object] = {
        "sender": {"her": actor.side.parties[0].her.value},
        "receiver": {"her": sends.receiver.her.value},
        "patient": {
            "family_name": patient.family_name,
            "given_name": patient.given_name,
            "birth_date": patient.born.isoformat(),
            "id": {"type": "FNR", "number": patient.number},
        },
        "unit": {"name": "Medisinsk sengepost 2", "id": "MED2", "phone": "55500123"},
        "responsible": [
            {"family_name": "Sølvtind", "given_name": "Ada", "profession": "LE", "role": "3", "hpr": "9999001"}
        ],
        **dict(sends.fields),
    }
    if sends.kind == "discharged":
        told["reference"] = {"parent": _readiness(installation, patient).value}
    content = build_message(
        json.dumps(told).encode(),
        sends.kind,
        (installation.settings, installation.partners),
        now=installation.clock.now(),
        msg_id=MsgId(installation.ids.fresh()),
        codes=installation.codes,
    )
    _require_taken(submit_now(installation, content))


def _answer(stage: _Stage, patient: DemoPatient, said: Answers) -> None:
    actor = stage.municipality
    if _done(actor):
        return
    readiness = _readiness(actor.installation, patient)
    taken = actor.installation.store.read_now(
        lambda reader: reader.taken(readiness, scenarios.CASE_WORK.organisation_her)
    )
    assert taken is not None
    exchange = actor.installation.store.read_now(lambda reader: reader.exchange(taken.exchange_id))
    assert exchange is not None
    outcome = answer(actor.installation, exchange, Said(said.answer, said.day))
    if isinstance(outcome, NotTaken):
        _require_taken(outcome)


def _readiness(installation: Installation, patient: DemoPatient) -> MsgId:
    """The MsgId of the patient's readiness message, from the facts of this side."""
    pseudonym = installation.store.pseudonym(patient.number)
    for recorded in installation.store.read_now(lambda reader: reader.facts(FactFilter(patient=pseudonym))):
        what = recorded.entry.fact.what
        carrier = getattr(what, "carrier", None)
        if type(what).__name__ == "ReadyNotice" and isinstance(carrier, Carrier) and carrier.message is not None:
            return carrier.message
    raise AdapterError(INPUT_NOT_UNDERSTOOD, "the readiness message of this stay has not arrived")


def _require_taken(outcome: str | NotTaken) -> None:
    if isinstance(outcome, NotTaken):
        rules = ", ".join(f"{one.rule} at {one.path} (line {one.line}): {one.message}" for one in outcome.findings)
        raise AdapterError(INPUT_NOT_UNDERSTOOD, rules)


# ── given messages ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Letter:
    name: str
    content: bytes
    head: Head
    at: datetime


def _letter(name: str, content: bytes) -> _Letter:
    head = understand(content).head
    if head is None or head.generated is None:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"{name} is no business message with MsgHead and GenDate")
    if head.sender.party_her is None or head.receiver.party_her is None:
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"{name} does not name sender and receiver by HER-id")
    return _Letter(name, content, head, head.generated.instant)


def _sides(letters: list[_Letter]) -> tuple[tuple[PlaceParty, ...], tuple[PlaceParty, ...]]:
    """The parties of the two sides: sender and receiver of a message never stand on the same one.

    Raises `AdapterError` (INPUT_NOT_UNDERSTOOD) when three organisations all write to each other.
    """
    side_of: dict[HerId, bool] = {}
    waiting = list(letters)
    while waiting:
        # One that touches a side already, else the first: it opens a course of its own.
        letter = next((one for one in waiting if _organisations(one) & set(side_of)), waiting[0])
        waiting.remove(letter)
        sender, receiver = _level_1(letter.head.sender), _level_1(letter.head.receiver)
        if sender in side_of or receiver not in side_of:
            side_of.setdefault(sender, True)
            side_of.setdefault(receiver, not side_of[sender])
        else:
            side_of[sender] = not side_of[receiver]
        if side_of[sender] == side_of[receiver]:
            says = f"{letter.name}: its sender and receiver cannot be put on two sides beside the other messages"
            raise AdapterError(INPUT_NOT_UNDERSTOOD, f"{says}; send it in a demo of its own")
    parties: dict[HerId, PlaceParty] = {}
    for letter in letters:
        for participant in (letter.head.sender, letter.head.receiver):
            party = _party(participant)
            parties.setdefault(party.her, party)
    found = tuple(parties.values())
    return (
        tuple(party for party in found if side_of[party.organisation_her]),
        tuple(party for party in found if not side_of[party.organisation_her]),
    )


def _organisations(letter: _Letter) -> set[HerId]:
    return {_level_1(letter.head.sender), _level_1(letter.head.receiver)}


def _level_1(participant: Participant) -> HerId:
    her = participant.organisation_her or participant.party_her
    assert her is not None
    return her


def _party(participant: Participant) -> PlaceParty:
    organisation, her = participant.organisation, participant.party_her
    assert organisation is not None
    assert her is not None
    name = organisation.unit.name if organisation.unit is not None else None
    # What a party is, no message says: a given death may go between a municipality and a GP.
    return PlaceParty(her, name or her.value, _level_1(participant), organisation.name or her.value, "other")


def _submit_once(actor: _Actor, letter: _Letter) -> None:
    """Submit a message unless it was submitted before the demo was interrupted."""
    msg_id = letter.head.msg_id
    if msg_id is not None and actor.installation.store.read_now(lambda reader: reader.find_sent(msg_id)):
        return
    outcome = submit_now(actor.installation, letter.content)
    if isinstance(outcome, NotTaken):
        rules = "; ".join(f"{one.rule} at {one.path} (line {one.line}): {one.message}" for one in outcome.findings)
        raise AdapterError(INPUT_NOT_UNDERSTOOD, f"{letter.name} may not be sent: {rules}")


# ── what came of it ─────────────────────────────────────────────────────────────────────────────────────────────────


def _played(stage: _Stage) -> tuple[Played, ...]:
    found = []
    for actor, other in ((stage.hospital, stage.municipality), (stage.municipality, stage.hospital)):
        which = ExchangeFilter(direction=Direction.OUT, limit=1_000_000)
        for exchange in actor.installation.store.read_now(lambda reader: reader.exchanges(which)):  # noqa: B023
            identical = _identical(actor.installation, other.installation, exchange)
            found.append(Played(exchange.type, exchange.sender.value, exchange.receiver.value, exchange, identical))
    return tuple(sorted(found, key=lambda one: (one.exchange.created_at, one.type == "APPREC")))


def _identical(sender: Installation, receiver: Installation, exchange: Exchange) -> bool:
    """Whether what the receiver holds is, octet for octet, what was sent: the inbox file, or a receipt's payload."""
    message_id, payload = exchange.message_id, exchange.payload
    if message_id is None or payload is None:
        return False
    arrived = receiver.store.read_now(lambda reader: reader.by_message_id(Direction.IN, message_id, exchange.sender))
    if arrived is None or arrived.payload is None:
        return False
    sent = sender.store.read_now(lambda reader: reader.blob(payload))
    if exchange.type == "APPREC":
        held = arrived.payload
        return receiver.store.read_now(lambda reader: reader.blob(held)) == sent
    file = file_of(receiver, arrived.id)
    return file.is_file() and file.read_bytes() == sent
