"""Disk, store, clock, certificate, connection: daemons that run meet the fault, say so, and lose nothing."""

from __future__ import annotations

import smtplib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapter.crypto.certificates import Usage
from adapter.delivery.retry import VALIDATION_BACK_OFF
from adapter.observe import events
from adapter.observe.events import Event
from adapter.testing.pki import Pair as PairOfKeys
from adapter.testing.pki import ThrowAwayPki
from tests.acceptance.commands import MESSAGES
from tests.faults.disks import BoundedFiles, Disk, SmallDisk
from tests.faults.running import DRIVEN, Pair, Watched, message, pair, until
from tests.faults.table import Fault
from tests.faults.wires import AFTER_THE_DOT, BEFORE_THE_DOT, GREETING, Dropping, Holding


def answer_to_a_mail(daemon: Watched) -> int:
    """What the listener says when it has had the last dot of a mail; the mail is none of a partner's."""
    to = daemon.side.address
    with smtplib.SMTP("127.0.0.1", daemon.side.port, timeout=30) as client:
        client.ehlo()
        client.mail("a@b.example")
        client.rcpt(to)
        try:
            return client.data(f"From: a@b.example\r\nTo: {to}\r\n\r\n".encode() + b"x" * 70_000 + b"\r\n")[0]
        except smtplib.SMTPDataError as error:
            return int(error.smtp_code)


def test_a_full_disk(both: Pair, row: Fault) -> None:
    """Mail gets 451 and the API 503; with space again everything goes its way without a restart, each message once."""
    disk: Disk = SmallDisk(both.municipality) if SmallDisk.permitted() else BoundedFiles(both.municipality)
    try:
        both.start()
        contents = [message() for _ in range(3)]
        before = both.hospital.send(contents[0])
        until(lambda: both.arrived(before))
        disk.fill()
        waiting = [both.hospital.send(content) for content in contents[1:]]
        until(lambda: len(both.hospital.told(events.EXCHANGE_DEFERRED)) >= 2)
        assert answer_to_a_mail(both.municipality) == 451
        question = (MESSAGES / "question.xml").read_bytes()
        said = {"Content-Type": "application/xml", "Idempotency-Key": "one"}
        assert both.municipality.post("/api/v1/messages", question, **said).status_code == 503
        row.assert_shown(both.municipality)
        assert both.municipality.get("/health/ready").status_code == 503
        assert both.municipality.get("/health/live").status_code == 200
        assert {both.hospital.state(one) for one in waiting} == {"ready"}
        disk.free()
        until(lambda: both.arrived(before, *waiting))
        both.assert_each_once(*contents)
        assert {line["rule"] for line in both.municipality.told(events.STORE_UNAVAILABLE)} == {disk.rule}
        until(lambda: both.municipality.get("/health/ready").status_code == 200)
        asked = both.municipality.post("/api/v1/messages", question, **said)
        assert asked.status_code == 201, asked.text
        row.assert_told(both.municipality)
        both.stop()
    finally:
        both.clear()
        disk.close()


def test_a_locked_store(driven: Pair, row: Fault) -> None:
    """While another process holds the file, mail gets 451; when it lets go, everything goes on, each message once."""
    driven.start()
    contents = [message(), message()]
    first = driven.hospital.send(contents[0])
    until(lambda: driven.arrived(first))
    other = sqlite3.connect(driven.municipality.side.folder / "adapter.sqlite", isolation_level=None, timeout=30)
    other.execute("BEGIN EXCLUSIVE")
    try:
        second = driven.hospital.send(contents[1])
        until(lambda: driven.hospital.told(events.EXCHANGE_DEFERRED) != [])
        assert answer_to_a_mail(driven.municipality) == 451
        row.assert_shown(driven.municipality)
        assert driven.municipality.get("/health/ready").status_code == 503
    finally:
        other.close()
    until(lambda: driven.arrived(first, second))
    driven.assert_each_once(*contents)
    until(lambda: driven.municipality.get("/health/ready").status_code == 200)
    assert {line["rule"] for line in driven.municipality.told(events.STORE_UNAVAILABLE)} == {"STORE-LOCKED"}
    row.assert_told(driven.municipality)
    driven.stop()


def test_a_server_that_drops_the_connection(both: Pair, row: Fault) -> None:
    """Dropped at the greeting, before and after the last dot, a message is handed over again and delivered once."""
    with Dropping(both.municipality.side.port, GREETING, BEFORE_THE_DOT, AFTER_THE_DOT) as wire:
        both.hospital.change(f"port = {both.municipality.side.port}", f"port = {wire.port}")
        both.start()
        contents = [message() for _ in range(2)]
        sent = [both.hospital.send(content) for content in contents]
        until(lambda: not wire.left and both.arrived(*sent))
        both.assert_each_once(*contents)
        row.assert_shown(both.hospital)
        row.assert_told(both.hospital)
        both.stop()


def test_a_clock_that_is_set(driven: Pair, row: Fault) -> None:
    """Weeks ahead, a message is given up as unknown and its late answer counts; set right, what was put off goes."""
    ahead = timedelta(days=20)
    contents = [message(), message(ahead)]
    with Holding() as server:
        driven.hospital.change(f"port = {driven.municipality.side.port}", f"port = {server.port}")
        driven.start()
        unanswered = driven.hospital.send(contents[0])
        until(lambda: driven.hospital.state(unanswered) == "await_ack" and server.held != [])
        first_copy = server.held[:1]
        driven.hospital.set_clock(ahead)
        until(lambda: driven.hospital.state(unanswered) == "delivery_failed")
        server.held[:] = first_copy
    # The mail server is away now, so what is handed in under the wrong clock waits for a moment of that clock.
    put_off = driven.hospital.send(contents[1])
    until(lambda: driven.hospital.told(events.EXCHANGE_DEFERRED) != [])
    driven.hospital.set_clock(timedelta(0))
    until(lambda: len(driven.hospital.told(events.CLOCK_STEPPED)) == 2)
    row.assert_shown(driven.hospital)
    driven.hospital.change(f"port = {server.port}", f"port = {driven.municipality.side.port}")
    driven.hospital.reload()
    server.release(driven.municipality.side.port)
    until(lambda: driven.arrived(unanswered, put_off))
    driven.assert_each_once(*contents)
    assert [line["change"].partition(" seconds ")[2] for line in driven.hospital.told(events.CLOCK_STEPPED)] == [
        "forwards",
        "backwards",
    ]
    row.assert_told(driven.hospital)
    driven.stop()


def test_a_server_that_takes_and_loses(driven: Pair, row: Fault) -> None:
    """A mail that was taken and lost is missed after twelve hours and goes again, as the same octets."""
    content = message()
    with Holding() as server:
        driven.hospital.change(f"port = {driven.municipality.side.port}", f"port = {server.port}")
        driven.start()
        lost = driven.hospital.send(content)
        until(lambda: driven.hospital.state(lost) == "await_ack")
        hours = timedelta(hours=12, minutes=1)
        for daemon in (driven.hospital, driven.municipality):
            daemon.set_clock(hours)
        until(lambda: len(server.held) == 2)
        row.assert_shown(driven.hospital)
        first, again = (envelope.content.partition(b"\r\n\r\n")[2] for envelope in server.held)  # type: ignore[union-attr,arg-type]
        assert first == again
        del server.held[0]
        server.release(driven.municipality.side.port)
        until(lambda: driven.arrived(lost))
    driven.assert_each_once(content)
    row.assert_told(driven.hospital)
    driven.stop()


def test_certificates_that_expire_at_midnight(tmp_path: Path, row: Fault) -> None:
    """Told days before; after midnight nothing is sealed until the partner's, and then ours, has been replaced."""
    pki = ThrowAwayPki(2048)
    both = pair(tmp_path / "place", DRIVEN, pki)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    signing = both.hospital.side.folder / "keys" / "signing"
    encryption = both.municipality.side.folder / "keys" / "encryption"

    def issue(until_when: datetime | None, *which: Path) -> None:
        for path in which:
            usage = Usage.SIGNING if path == signing else Usage.ENCRYPTION
            write_pair(path, pki.pair("Prøvefjord", "983974929", usage, valid_until=until_when))

    issue(midnight, signing, encryption)
    try:
        both.hospital.start()
        until(lambda: whose(both.hospital, events.CERTIFICATE_EXPIRING) == {"ours", "8140021", "8140022"})
        assert both.hospital.get("/health/ready").json()["ready"]
        # Sealed before midnight, while the partner is away: valid at its Timestamp, and taken after midnight.
        contents = [message()]
        before = both.hospital.send(contents[0])
        until(lambda: both.hospital.state(before) == "ready")

        after_midnight = midnight - datetime.now(UTC) + timedelta(seconds=1)
        for daemon in (both.hospital, both.municipality):
            daemon.set_clock(after_midnight)
        until(lambda: whose(both.hospital, events.CERTIFICATE_EXPIRED) == {"ours", "8140021", "8140022"})
        contents.append(message(after_midnight))
        after = both.hospital.send(contents[1])
        until(lambda: put_off(both.hospital, after) == ["RECIPIENT-UNUSABLE"])
        row.assert_shown(both.hospital)
        assert both.hospital.get("/health/ready").status_code == 503
        both.municipality.start()
        # Its AppRec has come, and cannot be answered while we cannot sign; it is judged again later.
        until(lambda: both.hospital.told(events.MAIL_PUT_OFF) != [])
        assert both.hospital.state(before) == "acknowledged"

        issue(None, encryption)
        for daemon in (both.municipality, both.hospital):
            daemon.reload()
        until(lambda: put_off(both.hospital, after) == ["RECIPIENT-UNUSABLE", "SIGNER-UNUSABLE"])
        waiting = both.hospital.exchanges()[after]
        assert (waiting.sealed, both.hospital.state(after)) == (None, "new")
        issue(None, signing)
        for daemon in (both.municipality, both.hospital):
            daemon.reload()
        both.hospital.set_clock(after_midnight + VALIDATION_BACK_OFF.after(1))
        until(lambda: both.arrived(before, after))
        both.assert_each_once(*contents)
        assert both.hospital.get("/health/ready").json()["ready"]
        row.assert_told(both.hospital)
        both.stop()
    finally:
        both.clear()


def whose(daemon: Watched, event: Event) -> set[str]:
    """Whose certificates the log has named."""
    return {line["partner"] for line in daemon.told(event)}


def put_off(daemon: Watched, exchange_id: str) -> list[str]:
    """For which rules a message could not be sealed, in their order."""
    return [line["rule"] for line in daemon.told(events.EXCHANGE_PUT_OFF) if line["exchange"] == exchange_id]


def write_pair(path: Path, made: PairOfKeys) -> None:
    """Put a key and its certificate where they are read."""
    path.with_suffix(".key").write_bytes(made.key_pem())
    path.with_suffix(".crt").write_bytes(made.certificate_pem())
