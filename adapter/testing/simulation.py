"""How do two adapters live through an awkward counterparty? A scenario is a list of steps; a report says what happened.

A hospital and a municipality run in one process on a road between them (`neighbours.py`), with real messages, real
cryptography and a driven clock. A scenario file is TOML with one [[step]] after the other, each with one key:

    send = "discharge-ready"            the hospital hands over an example of this kind
    mail_server = ["421 busy"]          what the hospital's mail server answers to the next mails: 4.., 5.., "cut"
    road = { from = "municipality", what = "answers", fate = "lose" }
                                        from now on; what: answers, messages, everything; fate: lose, hold, double, pass
    release = true                      what was held arrives now; "reversed": the last first
    wait_hours = 12                     time passes
    stranger = "signing"                before the first send: the hospital's partner file has a certificate that is not
                                        the municipality's, "signing" or "encryption"
    careless = "discharge-ready"        the hospital sends, past its own rules, a document that is not valid
    contradict = "Unknown"              the municipality signs an ErrorList with this errorCode about the last message,
                                        whatever it has answered before
    clock_hours = -48                   from now on the municipality's clock is so many hours ahead, or behind
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapter.errors import INPUT_NOT_UNDERSTOOD, AdapterError, WireCode
from adapter.lookups.toml_files import Section, read_section
from adapter.service.views import apprec_word, transport_word
from adapter.testing import scenarios
from adapter.testing.clock import WrongClock
from adapter.testing.neighbours import World, is_signal
from adapter.testing.pki import ThrowAwayPki
from adapter.testing.place import Place, prepare
from adapter.transports.port import Deferred, Outcome, OutcomeUnknown, OutgoingMail, Refused

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


class Weather(Section):
    """What becomes of mails on the road."""

    sender: Annotated[Literal["hospital", "municipality", "both"], Field(alias="from")] = "both"
    what: Literal["answers", "messages", "everything"] = "everything"
    fate: Literal["lose", "hold", "double", "pass"]

    def meets(self, mail: OutgoingMail) -> bool:
        """Whether a mail is one of these."""
        who = self.sender == "both" or mail.sender.value.startswith(self.sender)
        return who and (self.what == "everything" or (self.what == "answers") == is_signal(mail))


class Step(Section):
    """One step; exactly one of its keys is there."""

    send: str | None = None
    careless: str | None = None
    mail_server: tuple[str, ...] | None = None
    road: Weather | None = None
    release: Literal[True, "reversed"] | None = None
    contradict: WireCode | None = None
    clock_hours: Annotated[float, Field(ge=-10_000, le=10_000)] | None = None
    wait_hours: Annotated[float, Field(gt=0, le=10_000)] | None = None
    stranger: Literal["signing", "encryption"] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("a step has exactly one key")
        return self


class Scenario(Section):
    """A whole scenario file."""

    step: Annotated[tuple[Step, ...], Field(min_length=1)]


SITUATIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "well": ("nothing is awkward", 'send = "discharge-ready"'),
        "lost": (
            "the first copy is lost; the same octets go again after twelve hours",
            (
                'road = { from = "hospital", fate = "lose" }\n'
                'send = "discharge-ready"\nroad = { fate = "pass" }\nwait_hours = 12'
            ),
        ),
        "lost-answer": (
            "the acknowledgment is lost; the copy is answered from the store, and nothing is delivered twice",
            (
                'road = { from = "municipality", fate = "lose" }\n'
                'send = "discharge-ready"\nroad = { fate = "pass" }\nwait_hours = 12'
            ),
        ),
        "late": (
            "every answer comes after the message was given up",
            'road = { from = "municipality", fate = "hold" }\n'
            'send = "discharge-ready"\n' + "wait_hours = 12\n" * 7 + 'road = { fate = "pass" }\nrelease = true',
        ),
        "slow": (
            "every answer comes six hours late, and no copy is sent before",
            (
                'road = { from = "municipality", fate = "hold" }\nsend = "discharge-ready"\nwait_hours = 6\n'
                'road = { fate = "pass" }\nrelease = true'
            ),
        ),
        "reordered": (
            "two messages arrive in the wrong order",
            (
                'road = { from = "hospital", what = "messages", fate = "hold" }\nsend = "admitted"\n'
                'send = "discharge-ready"\nroad = { fate = "pass" }\nrelease = "reversed"'
            ),
        ),
        "repeats": (
            "the municipality says everything twice",
            'road = { from = "municipality", fate = "double" }\nsend = "discharge-ready"',
        ),
        "takes-back": (
            "the municipality acknowledges, and then says that it refuses",
            'send = "discharge-ready"\ncontradict = "DeliveryFailure"',
        ),
        "thinks-again": (
            "the municipality refuses, and its acknowledgment comes after",
            (
                'road = { from = "municipality", fate = "hold" }\nsend = "discharge-ready"\n'
                'contradict = "DeliveryFailure"\nroad = { fate = "pass" }\nrelease = true'
            ),
        ),
        "clock-ahead": (
            "the municipality's clock is two days ahead",
            'clock_hours = 48\nsend = "discharge-ready"',
        ),
        "clock-behind": (
            "the municipality's clock is two days behind, so it has had the message before that was sent",
            'clock_hours = -48\nsend = "discharge-ready"',
        ),
        "silent": (
            "nobody ever answers",
            'road = { fate = "lose" }\nsend = "discharge-ready"\n' + "wait_hours = 12\n" * 9,
        ),
        "doubled": ("every mail arrives twice", 'road = { fate = "double" }\nsend = "discharge-ready"'),
        "busy": (
            "the mail server says later, three times",
            (
                'mail_server = ["421 busy", "421 busy", "421 busy"]\n'
                'send = "discharge-ready"\nwait_hours = 0.1\nwait_hours = 0.1\nwait_hours = 0.1'
            ),
        ),
        "refused-mail": (
            "the mail server knows no such address",
            'mail_server = ["550 no such user"]\nsend = "discharge-ready"',
        ),
        "cut": (
            "the connection is lost after the mail was handed over: unknown, and soon cleared up",
            'mail_server = ["cut"]\nsend = "discharge-ready"\nwait_hours = 0.1',
        ),
        "wrong-signature": (
            "the municipality signs with a certificate that the hospital does not know",
            'stranger = "signing"\nsend = "discharge-ready"\n' + "wait_hours = 12\n" * 7,
        ),
        "wrong-encryption": (
            "the hospital encrypts for a certificate that the municipality no longer has",
            'stranger = "encryption"\nsend = "discharge-ready"',
        ),
        "refused": ("the municipality's application refuses the document", 'careless = "discharge-ready"'),
    }
)
"""The situations that ship with the adapter: a line about each, and its steps, one a line."""


def situation(name: str) -> Scenario:
    """A situation of the table."""
    return scenario("".join(f"[[step]]\n{line}\n" for line in SITUATIONS[name][1].splitlines()).encode(), name)


def scenario(content: bytes, called: str) -> Scenario:
    """Read a scenario file. Raises `AdapterError` (INPUT_NOT_UNDERSTOOD) with every mistake."""
    read = read_section(Scenario, content, Path())
    if isinstance(read, Scenario):
        return read
    raise AdapterError(INPUT_NOT_UNDERSTOOD, "; ".join((called, *read)))


@dataclass(frozen=True, slots=True)
class Moment:
    """What was to be seen after a step: the hours since the start, the step in words, and each side's messages."""

    hours: float
    step: str
    transport: str
    apprec: str
    deliveries: int


@dataclass(frozen=True, slots=True)
class Report:
    """The course step by step, and at the end the journal of the message on both sides."""

    moments: tuple[Moment, ...]
    sent_journal: tuple[str, ...]
    received_journal: tuple[str, ...]
    next_step: str


async def simulate(folder: Path, said: Scenario, told: Callable[[int, int], None], *, key_size: int = 2048) -> Report:
    """Play a scenario in a new folder; `told` hears how many steps of how many are done."""
    place = prepare(folder, scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=key_size)
    for step in said.step:
        if step.stranger is not None:
            _estrange(place, step.stranger)
    world = World(place, START)
    try:
        return await _Play(world).play(said, told)
    finally:
        await world.close()


class _Play:
    def __init__(self, world: World) -> None:
        self._world = world
        self._weather: list[Weather] = []
        self._held: list[OutgoingMail] = []
        self._sent: str | None = None
        world.road.loses = self._meets

    def _meets(self, mail: OutgoingMail) -> bool:
        fate = next((one.fate for one in reversed(self._weather) if one.meets(mail)), "pass")
        if fate == "hold":
            self._held.append(mail)
        elif fate == "double":
            self._world.road.under_way.append(mail)
        return fate in {"lose", "hold"}

    async def play(self, said: Scenario, told: Callable[[int, int], None]) -> Report:
        moments = []
        for number, step in enumerate(said.step, start=1):
            await self._take(step)
            moments.append(self._seen(step))
            told(number, len(said.step))
        world, sent = self._world, self._sent
        if sent is None:
            return Report(tuple(moments), (), (), "nothing was sent")
        received = [one for one in world.municipality.received() if one.type != "APPREC"]
        rows = [row for row in world.hospital.listing() if row.id == sent]
        return Report(
            tuple(moments),
            tuple(world.hospital.journal(sent)),
            tuple(world.municipality.journal(received[0].id)) if received else (),
            rows[0].next_step,
        )

    async def _take(self, step: Step) -> None:
        world = self._world
        if step.send is not None:
            self._sent = world.hospital.submit(world.hospital.build(step.send))
        if step.careless is not None:
            whole = world.hospital.build(step.careless)
            self._sent = world.hospital.send_unjudged(whole.replace(b"<MIGversion>", b"<MIGversion>x"), whole)
        if step.mail_server is not None:
            world.road.tell(*map(_outcome, step.mail_server))
        if step.road is not None:
            self._weather.append(step.road)
        if step.release is not None:
            held, self._held = self._held, []
            for mail in held[:: -1 if step.release == "reversed" else 1]:
                await world.road.arrive(mail)
        if step.contradict is not None and self._sent is not None:
            await world.road.arrive(world.municipality.object_to(world.hospital.exchange(self._sent), step.contradict))
        if step.clock_hours is not None:
            await world.municipality.set_clock(WrongClock(world.clock, timedelta(hours=step.clock_hours)))
        if step.wait_hours is not None:
            world.clock.advance(timedelta(hours=step.wait_hours))
        await world.settle()

    def _seen(self, step: Step) -> Moment:
        [(key, value)] = step.model_dump(exclude_unset=True, by_alias=True).items()
        words = " ".join(map(str, value.values())) if isinstance(value, dict) else str(value)
        hours = (self._world.clock.now() - START) / timedelta(hours=1)
        if self._sent is None:
            return Moment(hours, f"{key} {words}", "-", "-", 0)
        exchange = self._world.hospital.exchange(self._sent)
        deliveries = len(self._world.municipality.inbox())
        return Moment(hours, f"{key} {words}", transport_word(exchange), apprec_word(exchange) or "-", deliveries)


def _outcome(answer: str) -> Outcome:
    if answer == "cut":
        return OutcomeUnknown("the connection was lost after DATA")
    return Refused(answer) if answer.startswith("5") else Deferred(answer)


def _estrange(place: Place, which: str) -> None:
    """Put a certificate that is not the municipality's, under a root that the hospital trusts, into its directory."""
    pki, folder = ThrowAwayPki(2048), place.folder / "stranger"
    pki.organisation("Stranger", "974744570").write(folder)
    place.root.write_bytes(place.root.read_bytes() + pki.root_pem())
    for partner in (place.hospital.folder / "partners").glob("*.toml"):
        text = partner.read_text("utf-8")
        partner.write_text(text.replace(f"../../municipality/keys/{which}.crt", str(folder / f"{which}.crt")), "utf-8")
