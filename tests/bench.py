"""How fast it is: `make bench`. Every figure stands beside the bare RSA private-key rate of the same run.

Absolute figures swing with the machine; the ratios are medians of interleaved slices and are what to compare. Nothing
here fails when a figure is bad: speed is measured, never asserted by a timed test.

Where the processor has AVX-512 IFMA, OpenSSL makes a private-key operation several times cheaper with it and leaves
everything else as it was, so that the same code comes to far lower ratios. The ratios to reach were set on a machine
without it (`engineering-facts.md`, first paragraph). So there everything that is compared with RSA is measured twice,
as the machine is and, in a process of its own, with those instructions hidden from OpenSSL; both are printed.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from adapter.config import load
from adapter.crypto import cms, dsig
from adapter.crypto.policy import NATIONAL
from adapter.crypto.verified import Part
from adapter.delivery.recorded import StayFact
from adapter.envelope import open as opening
from adapter.envelope.mail import payload_body
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
from adapter.lookups import packaged
from adapter.messages.read import read
from adapter.messages.reading import understand
from adapter.messages.rules.rule import Side
from adapter.messages.schemas import INDEX, SchemaIndex, driver
from adapter.messages.xml import compile_schema, parse
from adapter.observe.log import Silent
from adapter.service.accounts import ledger_of, stays_of
from adapter.service.agreements import expected_signer
from adapter.service.clock import MachineClock, RandomIds
from adapter.service.installation import Installation, open_installation, open_own_store
from adapter.service.terms import terms
from adapter.store.port import Writer
from adapter.testing.place import prepare
from adapter.values import Digest, Moment, MsgId
from tests.bench_load import bench_load, whole_exchange
from tests.bench_parts import (
    HOSPITAL,
    MUNICIPALITY,
    interleave,
    line,
    open_and_acknowledge,
    ratio,
    ready_message,
    seal,
)

STAYS_IN_STORE = 300


def bench_chain(hospital: Installation, municipality: Installation, size: int) -> float:
    """Judge, seal and open beside the bare RSA rate, and their parts; gives the CPU ms of one RSA operation."""
    content = ready_message(hospital)
    sealed = seal(hospital, content)
    now = hospital.clock.now()
    key = hospital.sealer.signer.at(now).key
    recipient = hospital.partner(MUNICIPALITY[0].her).encryption_at(now)
    files = packaged.schemas()
    schema = compile_schema(driver(SchemaIndex.read(files[INDEX])), files)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    document = parse(content)
    unpacked = unpack(sealed.body)
    assert isinstance(unpacked, Unpacked)
    envelope = unpacked.envelope.document
    message = opening.read(unpacked)
    expected = expected_signer(municipality, message.header.sender.her, now)
    verified = opening.verify(message, expected, NATIONAL, now)
    part = Part("part@bench", cms.encrypt(content, recipient))

    def rsa() -> object:
        return key.sign(b"x" * 200, padding.PKCS1v15(), hashes.SHA256())

    def bare_schema() -> object:
        return schema.validate(etree.fromstring(content, parser))

    def modelled() -> object:
        said = understand(content)
        return said.head, said.message

    assert bare_schema()
    bare, sealing, opened, lxml_alone, judging, *parts = interleave(
        rsa,
        lambda: seal(hospital, content),
        lambda: open_and_acknowledge(municipality, sealed.body),
        bare_schema,
        lambda: read(content, hospital.schemas, hospital.context(Side.SEND)),
        lambda: parse(content, bare=True),
        lambda: hospital.schemas.validate(document),
        modelled,
        lambda: cms.encrypt(content, recipient),
        lambda: opening.decrypt(verified, municipality.keys, NATIONAL, now),
        lambda: dsig.canonical(envelope),
        lambda: opening.verify(message, expected, NATIONAL, now),
        lambda: payload_body(unpacked.envelope.octets, "envelope@bench", (part,), "=_bench"),
        lambda: unpack(sealed.body),
    )
    print(f"\nRSA-{size}, one core; ratios are CPU of the bare operations to CPU of the whole")
    line("bare RSA private-key operation", bare)
    line("judge and seal", sealing, f"{ratio(sealing, bare):.2f} of the limit of its one RSA operation")
    line("open, judge and acknowledge", opened, f"{2 * ratio(opened, bare):.2f} of the limit of its two")
    line("bare lxml: parse and compiled schema", lxml_alone)
    line("parse, schema check and every rule", judging, f"{1 / ratio(judging, lxml_alone):.2f} times lxml alone")
    names = (
        "parse with limits",
        "schema check",
        "parse and read the model",
        "CMS: encrypt for one",
        "CMS: decrypt (one RSA operation)",
        "canonical form of an envelope",
        "verify a signature, with the certificate",
        "write the MIME body",
        "take a mail apart, parse its envelope",
    )
    print("  of which:")
    for name, slices in zip(names, parts, strict=True):
        line(f"  {name}", slices)
    return statistics.median(one.cpu_ms for one in bare)


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
    place = prepare(folder, HOSPITAL, MUNICIPALITY, key_size=2048)
    settings = load(place.hospital.config)
    store = open_own_store(settings)
    hospital, municipality = HOSPITAL[0].organisation_her, MUNICIPALITY[0].organisation_her
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


CAPABILITIES = "OPENSSL_ia32cap"
WITHOUT_IFMA = ":~0x200000"
"""What hides AVX-512 IFMA: bit 21 of the register EBX of CPUID leaf 7 (`OPENSSL_ia32cap(3)`)."""


def has_ifma() -> bool:
    """Whether OpenSSL of this process can use AVX-512 IFMA."""
    cpu = Path("/proc/cpuinfo")
    there = cpu.exists() and "avx512ifma" in cpu.read_text("ascii", "replace").split()
    return there and os.environ.get(CAPABILITIES) != WITHOUT_IFMA


def bench_rsa(folder: Path) -> None:
    """Everything that is compared with the rate of RSA, for both key sizes."""
    rsa_ms = 0.0
    for size in (2048, 3072):
        place = prepare(folder / str(size), HOSPITAL, MUNICIPALITY, key_size=size)
        opened = [
            open_installation(load(side.config), MachineClock(), RandomIds(), Silent())
            for side in (place.hospital, place.municipality)
        ]
        rsa_ms = bench_chain(opened[0], opened[1], size)
        for installation in opened:
            installation.store.close()
    asyncio.run(whole_exchange(prepare(folder / "exchange", HOSPITAL, MUNICIPALITY), rsa_ms))


def main() -> None:
    """Everything in a few minutes; `--long` has the backlog of 10 000 and the memory over 100 000 messages."""
    with tempfile.TemporaryDirectory() as folder:
        if "--rsa" in sys.argv:
            bench_rsa(Path(folder))
            return
        print(f"Python {sys.version.split()[0]}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; figures are of this run only")
        if has_ifma():
            print("\n── RSA as this machine has it, with AVX-512 IFMA ──", flush=True)
        bench_rsa(Path(folder))
        if has_ifma():
            print(
                "\n── the same again, AVX-512 IFMA hidden from OpenSSL, as on the machine of the targets ──", flush=True
            )
            without = os.environ | {CAPABILITIES: WITHOUT_IFMA}
            subprocess.run([sys.executable, "-m", "tests.bench", "--rsa"], env=without, check=True)
            print("\n── from here on as this machine is ──")
        bench_load(Path(folder), long="--long" in sys.argv)
    bench_liability()
    with tempfile.TemporaryDirectory() as folder:
        bench_ledger_of_a_store(Path(folder) / "place")


if __name__ == "__main__":
    main()
