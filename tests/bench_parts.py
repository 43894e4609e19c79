"""What the benchmarks measure with, and the chain of one message without a store: judge, seal, open, acknowledge."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from adapter.crypto.policy import NATIONAL
from adapter.envelope import open as opening
from adapter.envelope.agreement import pair_id
from adapter.envelope.routing import Process, Routing
from adapter.envelope.seal import PayloadIds, Sealed
from adapter.envelope.unpack import Unpacked, unpack
from adapter.messages.building import build, example, parse_input
from adapter.messages.identifiers import PersonNumber, person_number
from adapter.messages.read import read
from adapter.messages.rules.rule import Side
from adapter.service.agreements import expected_signer
from adapter.service.build_json import SOFTWARE
from adapter.service.installation import Installation
from adapter.testing.place import PlaceParty
from adapter.values import HerId, MessageId, MsgId

ROUNDS = 15
SLICE_SECONDS = 0.1

HOSPITAL = (PlaceParty(HerId("8140011"), "PLO innleggelse somatikk", HerId("8140010"), "Prøvefjord sykehus HF"),)
MUNICIPALITY = (PlaceParty(HerId("8140022"), "Saksbehandling", HerId("8140020"), "Prøvefjord kommune"),)


@dataclass(frozen=True, slots=True)
class Rate:
    """Operations a second of wall time, and milliseconds of CPU each, in one slice."""

    per_second: float
    cpu_ms: float


def measure(work: Callable[[], object]) -> Rate:
    """Do something over and over for one slice."""
    count, started, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - started < SLICE_SECONDS:
        work()
        count += 1
    took, burnt = time.perf_counter() - started, time.process_time() - cpu
    return Rate(count / took, burnt / count * 1000)


def interleave(*works: Callable[[], object]) -> list[list[Rate]]:
    """Slices of each work in turn, so that the machine's mood meets all of them."""
    for work in works:
        work()
    rounds = [[measure(work) for work in works] for _ in range(ROUNDS)]
    return [list(slices) for slices in zip(*rounds, strict=True)]


def ratio(slices: list[Rate], of: list[Rate]) -> float:
    """The median ratio of CPU cost: how much of `slices` an operation of `of` would explain."""
    return statistics.median(base.cpu_ms / one.cpu_ms for one, base in zip(slices, of, strict=True))


def line(name: str, slices: list[Rate], against: str = "") -> None:
    """One row of the report."""
    rate = statistics.median(one.per_second for one in slices)
    cpu = statistics.median(one.cpu_ms for one in slices)
    print(f"  {name:44} {rate:9.1f} /s   {cpu:8.3f} ms CPU   {against}")


def _patients() -> Iterator[tuple[str, str]]:
    """Birth date and synthetic national number of one invented patient after another."""
    for day in count():
        born = date(1930, 1, 1) + timedelta(days=day % 20_000)
        began = f"{born:%d}{born.month + 80}{born:%y}{day // 20_000:03}"
        for number in (f"{began}{control:02}" for control in range(100)):
            judged = person_number(number)
            if isinstance(judged, PersonNumber) and not judged.relaxed:
                yield born.isoformat(), number


_PATIENTS = _patients()


def ready_message(installation: Installation) -> bytes:
    """A fresh readiness message of the example, now, about a patient of its own."""
    kind = "discharge-ready"
    told = json.loads(example(kind))
    told["patient"]["birth_date"], told["patient"]["id"]["number"] = next(_PATIENTS)
    message = parse_input(kind, json.dumps(told).encode())
    now, msg_id = installation.clock.now(), MsgId(installation.ids.fresh())
    return build(kind, message, {}, now=now, msg_id=msg_id, codes=installation.codes, software=SOFTWARE)


def seal(installation: Installation, content: bytes) -> Sealed:
    """Judge and seal, as before sending."""
    reading = read(content, installation.schemas, installation.context(Side.SEND))
    assert reading.valid
    assert reading.standard is not None
    sender, receiver = HOSPITAL[0].her, MUNICIPALITY[0].her
    routing = Routing(
        sender,
        receiver,
        Process("LOG_UTSKRIVNINGSKLAR"),
        pair_id(sender, receiver),
        reading.standard.namespace,
        reading.standard.version,
    )
    fresh = installation.ids.fresh
    ids = PayloadIds(MessageId(fresh()), fresh(), fresh(), fresh(), f"=_{fresh()}")
    now = installation.clock.now()
    return installation.sealer.seal(content, routing, installation.partner(receiver).encryption_at(now), ids, now)


def open_and_acknowledge(installation: Installation, mail: bytes) -> bytes:
    """Open, judge and acknowledge, as on arrival, without keeping anything."""
    now = installation.clock.now()
    unpacked = unpack(mail)
    assert isinstance(unpacked, Unpacked)
    message = opening.read(unpacked)
    verified = opening.verify(message, expected_signer(installation, message.header.sender.her, now), NATIONAL, now)
    opening.admit(message, installation.own_hers, now)
    document = opening.decrypt(verified, installation.keys, NATIONAL, now)[0]
    read(document.octets, installation.schemas, installation.context(Side.RECEIVE))
    return installation.sealer.acknowledge(verified, MessageId(installation.ids.fresh()), now, now).body
