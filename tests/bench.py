"""How fast it is: `make bench`. Every figure stands beside the bare RSA private-key rate of the same run.

Absolute figures swing with the machine; the ratios are medians of interleaved slices and are what to compare. Nothing
here fails when a figure is bad: speed is measured, never asserted by a timed test.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapter.config import load
from adapter.crypto.policy import NATIONAL
from adapter.delivery.recorded import StayFact
from adapter.envelope import open as opening
from adapter.envelope.agreement import pair_id
from adapter.envelope.routing import Process, Routing
from adapter.envelope.seal import PayloadIds, Sealed
from adapter.envelope.unpack import Unpacked, unpack
from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerClassified,
    AnswerKind,
    Cancellation,
    Carrier,
    Correction,
    Discharged,
    DischargeDocument,
    Fact,
    HowKnown,
    ReadyNotice,
    ReceiptGiven,
    ReceiptStatus,
    What,
    Withdrawal,
)
from adapter.liability.case import Case
from adapter.liability.casefile import CaseFile, read_case
from adapter.liability.ledger import Account, ledger
from adapter.liability.readings import read_both
from adapter.messages.building import build, example, parse_input
from adapter.messages.read import read
from adapter.messages.rules.rule import Side
from adapter.messages.xml import parse
from adapter.observe.log import Silent
from adapter.service.accounts import ledger_of, stays_of
from adapter.service.agreements import expected_signer
from adapter.service.build_json import SOFTWARE
from adapter.service.clock import MachineClock, RandomIds
from adapter.service.daemon import Daemon
from adapter.service.installation import Installation, open_installation, open_own_store
from adapter.service.running import mail_in, mail_out
from adapter.service.submission import submit_now
from adapter.service.terms import terms
from adapter.store.port import ExchangeFilter, Writer
from adapter.testing.place import Place, PlaceParty, prepare
from adapter.values import Digest, HerId, MessageId, Moment, MsgId

ROUNDS = 15
SLICE_SECONDS = 0.12
BURST = 60
STAYS_IN_STORE = 300

_HOSPITAL = (PlaceParty(HerId("8140011"), "PLO innleggelse somatikk", HerId("8140010"), "Prøvefjord sykehus HF"),)
_MUNICIPALITY = (PlaceParty(HerId("8140022"), "Saksbehandling", HerId("8140020"), "Prøvefjord kommune"),)


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


def ready_message(installation: Installation) -> bytes:
    """A fresh readiness message of the example, now."""
    kind = "discharge-ready"
    message = parse_input(kind, example(kind).encode())
    now, msg_id = installation.clock.now(), MsgId(installation.ids.fresh())
    return build(kind, message, {}, now=now, msg_id=msg_id, codes=installation.codes, software=SOFTWARE)


def seal(installation: Installation, content: bytes) -> Sealed:
    """Judge and seal, as before sending."""
    reading = read(content, installation.schemas, installation.context(Side.SEND))
    assert reading.valid
    assert reading.standard is not None
    sender, receiver = _HOSPITAL[0].her, _MUNICIPALITY[0].her
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
    recipient = installation.partner(receiver).encryption
    return installation.sealer.seal(content, routing, recipient, ids, installation.clock.now())


def open_and_acknowledge(installation: Installation, mail: bytes) -> bytes:
    """Open, judge and acknowledge, as on arrival, without keeping anything."""
    now = installation.clock.now()
    unpacked = unpack(mail)
    assert isinstance(unpacked, Unpacked)
    message = opening.read(unpacked)
    verified = opening.verify(message, expected_signer(installation, message.header.sender.her), NATIONAL, now)
    opening.admit(message, installation.own_hers, now)
    document = opening.decrypt(verified, installation.keys, NATIONAL, now)[0]
    read(document.octets, installation.schemas, installation.context(Side.RECEIVE))
    return installation.sealer.acknowledge(verified, MessageId(installation.ids.fresh()), now, now).body


def bench_chain(hospital: Installation, municipality: Installation, size: int) -> float:
    """Seal and open beside the bare RSA rate; gives the CPU milliseconds of one RSA operation."""
    content = ready_message(hospital)
    sealed = seal(hospital, content)
    key = hospital.sealer.signer.key
    tree = parse(content)

    def rsa() -> object:
        return key.sign(b"x" * 200, padding.PKCS1v15(), hashes.SHA256())

    def schema_only() -> object:
        return hospital.schemas.validate(parse(content))

    def judged() -> object:
        return read(content, hospital.schemas, hospital.context(Side.SEND))

    assert hospital.schemas.validate(tree) == ()
    bare, sealing, opened, schema, judging = interleave(
        rsa,
        lambda: seal(hospital, content),
        lambda: open_and_acknowledge(municipality, sealed.body),
        schema_only,
        judged,
    )
    print(f"\nRSA-{size}, one core; ratios are CPU of the bare operations to CPU of the whole")
    line("bare RSA private-key operation", bare)
    line("judge and seal", sealing, f"{ratio(sealing, bare):.2f} of the limit of its one RSA operation")
    line("open, judge and acknowledge", opened, f"{2 * ratio(opened, bare):.2f} of the limit of its two")
    line("parse and schema check", schema)
    line(
        "parse, schema check and every rule", judging, f"{1 / ratio(judging, schema):.2f} times parse and schema alone"
    )
    return statistics.median(one.cpu_ms for one in bare)


async def bench_exchange(place: Place, rsa_ms: float) -> None:
    """A burst of messages, from submission to acknowledged and receipted, durable on both sides, over SMTP."""
    sides = []
    for side in (place.hospital, place.municipality):
        settings = load(side.config)
        installation = open_installation(settings, MachineClock(), RandomIds(), Silent())
        daemon = Daemon(installation, mail_out(settings))
        listener = mail_in(installation, daemon)
        await listener.start()
        sides.append((installation, daemon, listener))
    hospital = sides[0][0]
    messages = [ready_message(hospital) for _ in range(BURST)]
    started, cpu = time.perf_counter(), time.process_time()
    for message in messages:
        assert isinstance(submit_now(hospital, message), str)
    while sum([await daemon.turn() for _, daemon, _ in sides]):
        pass
    took, burnt = time.perf_counter() - started, time.process_time() - cpu
    exchanges = hospital.store.read_now(lambda reader: reader.exchanges(ExchangeFilter(limit=10_000)))
    done = sum(one.receipt is not None and one.receipt.state.value == "accepted" for one in exchanges)
    assert done == BURST, f"{done} of {BURST} exchanges were completed"
    cpu_ms = burnt / BURST * 1000
    print("\nWhole exchange: message, acknowledgment, AppRec, acknowledgment; both sides and SMTP in one process")
    print(
        f"  {'submit to receipted, durable on both sides':44} {BURST / took:9.1f} /s   {cpu_ms:8.3f} ms CPU", end="   "
    )
    print(f"{6 * rsa_ms / cpu_ms:.2f} of the limit of its six RSA operations")
    for _, daemon, listener in sides:
        await listener.close()
        await daemon.close()


CASE = b"""{"facts": [
 {"kind": "admitted", "at": "2012-03-01T09:00+01:00"},
 {"kind": "admission_notice", "at": "2012-03-01T15:00+01:00", "message": "a1"},
 {"kind": "ready_notice", "at": "2012-03-05T10:15+01:00", "message": "r1", "ready": "2012-03-05"},
 {"kind": "answer", "at": "2012-03-05T12:30+01:00", "message": "s1", "answer": "later", "promised": "2012-03-08"},
 {"kind": "answer", "at": "2012-03-08T09:30+01:00", "message": "s2", "answer": "accept"},
 {"kind": "discharged", "at": "2012-03-08T13:00+01:00"}]}"""


def case_of_twenty(number: int) -> Case:
    """A stay of 20 facts: two periods, answers that change, a correction, a cancellation, receipts; dates by number."""
    admitted = datetime(2018, 1, 1, 9, tzinfo=UTC) + timedelta(days=number % 360, minutes=number)

    def fact(what: What, days: float) -> Fact:
        return Fact(what, Moment.at(admitted + timedelta(days=days)), HowKnown.THEIR_MESSAGE, Digest.of(b"x"))

    def by(name: str) -> Carrier:
        return Carrier(MsgId(f"{number}-{name}"))

    ready = (admitted + timedelta(days=4)).date()
    told = [
        fact(Admitted(by("admitted")), 0),
        fact(AdmissionNotice(by("notice")), 0.3),
        fact(ReadyNotice(by("wrong"), ready), 3.9),
        fact(Cancellation(by("cancels"), MsgId(f"{number}-wrong")), 3.95),
        fact(ReadyNotice(by("ready"), ready), 4),
        fact(Answer(by("later"), AnswerKind.LATER, ready + timedelta(days=2)), 4.1),
        fact(Correction(by("corrects"), MsgId(f"{number}-later"), promised=ready + timedelta(days=3)), 4.2),
        fact(Withdrawal(by("ill"), ready + timedelta(days=2)), 6),
        fact(ReadyNotice(by("again"), ready + timedelta(days=5)), 9),
        fact(Answer(by("no"), AnswerKind.UNCLEAR), 9.1),
        fact(AnswerClassified(MsgId(f"{number}-no"), AnswerKind.REFUSE), 9.2),
        fact(Answer(by("yes"), AnswerKind.ACCEPT), 12),
        fact(DischargeDocument(by("document")), 12.4),
        fact(Discharged(by("gone")), 12.5),
    ]
    receipts = [
        fact(ReceiptGiven(MsgId(f"{number}-{name}"), ReceiptStatus.OK), 12.6)
        for name in ("notice", "ready", "later", "ill", "again", "yes")
    ]
    return Case(tuple(told + receipts))


STAYS = 2_000


def bench_liability() -> None:
    """The ministry's own example, a stay of 20 facts, and a ledger of many stays, with its memory."""
    agreed = terms(None)
    profile, rates, as_of = agreed.baseline, agreed.rates, Moment.at(datetime(2019, 6, 1, tzinfo=UTC))
    small = read_case(CASE, (profile,))
    assert isinstance(small, CaseFile)
    twenty = case_of_twenty(0)
    assert len(twenty.facts) == 20
    six, one = interleave(
        lambda: read_both(small.case, small.profile, profile, rates, small.as_of),
        lambda: read_both(twenty, profile, profile, rates, as_of),
    )
    print("\nLiability")
    line("one decision, six facts", six)
    line("one decision, 20 facts", one)
    accounts = [Account(f"stay-{number}", case_of_twenty(number), profile) for number in range(STAYS)]
    tracemalloc.start()
    decided = ledger(accounts, profile, rates, as_of)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert decided.nights > STAYS
    cpu = time.process_time()
    ledger(accounts, profile, rates, as_of)
    burnt = time.process_time() - cpu
    name = f"ledger of {STAYS} such stays, one core"
    print(f"  {name:44} {burnt:9.2f} s CPU; {peak / STAYS / 1000:.1f} kB of memory a stay")
    print(
        f"  worked out from it, without a store: 100 000 stays with 2 million facts in {burnt / STAYS * 100_000:.0f} s"
    )


def bench_ledger_of_a_store(folder: Path) -> None:
    """The same ledger from the fact log of a store, one patient at a time: reading, dividing into stays, deciding."""
    place = prepare(folder, _HOSPITAL, _MUNICIPALITY, key_size=2048)
    settings = load(place.hospital.config)
    store = open_own_store(settings)
    hospital, municipality = _HOSPITAL[0].organisation_her, _MUNICIPALITY[0].organisation_her
    now = datetime(2019, 6, 1, tzinfo=UTC)

    def write(writer: Writer) -> None:
        for number in range(STAYS_IN_STORE):
            patient = store.pseudonym(f"patient {number}")
            for fact in case_of_twenty(number).facts:
                writer.append_fact(StayFact(patient, hospital, fact, municipality), now)

    store.write_now(write)
    tracemalloc.start()
    shown = ledger_of(settings, terms(settings), stays_of(store), now)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(shown.rows) >= STAYS_IN_STORE
    cpu = time.process_time()
    ledger_of(settings, terms(settings), stays_of(store), now)
    burnt = time.process_time() - cpu
    store.close()
    name = f"ledger of {STAYS_IN_STORE} such stays from a store"
    print(f"  {name:44} {burnt:9.2f} s CPU; {peak / STAYS_IN_STORE / 1000:.1f} kB of memory a stay")
    whole = burnt / STAYS_IN_STORE * 100_000
    print(f"  worked out from it: 100 000 stays with 2 million facts in {whole:.0f} s of one core")


def main() -> None:
    print(f"Python {sys.version.split()[0]}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; figures are of this run only")
    with tempfile.TemporaryDirectory() as folder:
        rsa_ms = 0.0
        for size in (2048, 3072):
            place = prepare(Path(folder) / str(size), _HOSPITAL, _MUNICIPALITY, key_size=size)
            opened = [
                open_installation(load(side.config), MachineClock(), RandomIds(), Silent())
                for side in (place.hospital, place.municipality)
            ]
            rsa_ms = bench_chain(opened[0], opened[1], size)
            for installation in opened:
                installation.store.close()
        asyncio.run(bench_exchange(place, rsa_ms))
    bench_liability()
    with tempfile.TemporaryDirectory() as folder:
        bench_ledger_of_a_store(Path(folder) / "place")


if __name__ == "__main__":
    main()
