"""A responder and a list that openssl keeps, asked over HTTP and judged by us."""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.config import Revocation
from adapter.crypto.certificates import Usage
from adapter.crypto.revocation import Outcome
from adapter.errors import LOOKUP_FAILED, AdapterError
from adapter.lookups.authorities import HttpAuthorities
from adapter.service.revocations import Revocations
from adapter.store.port import Store
from adapter.store.sql_store import open_store
from adapter.testing.pki import Pair, ThrowAwayPki
from adapter.testing.responder import authority_server, octets

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class OpensslAuthority:
    """A throw-away root whose index, responder and list are openssl's."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free_port()
        self.pki = ThrowAwayPki(2048, ocsp=f"http://127.0.0.1:{self.port}")
        (folder / "ca.crt").write_bytes(self.pki.root_pem())
        (folder / "ca.key").write_bytes(self.pki.key_pem())
        responder = self.pki.responder()
        (folder / "responder.crt").write_bytes(responder.certificate_pem())
        (folder / "responder.key").write_bytes(responder.key_pem())
        self.index: list[str] = []

    def issue(self, *, revoked: bool = False, unlisted: bool = False) -> Pair:
        """A signing pair, written into the index unless it is to be unknown there."""
        pair = self.pki.pair("Sykehuset", "123456789", Usage.SIGNING)
        serial = f"{pair.certificate.serial_number:x}".upper()
        serial = serial.zfill(len(serial) + len(serial) % 2)
        state = "R\t450101000000Z\t240101000000Z" if revoked else "V\t450101000000Z\t"
        if not unlisted:
            self.index.append(f"{state}\t{serial}\tunknown\t/CN=Sykehuset\n")
        return pair

    @contextmanager
    def answering(self, *options: str) -> Iterator[None]:
        """Run `openssl ocsp` as a responder."""
        (self.folder / "index.txt").write_text("".join(self.index))
        command = (
            "openssl", "ocsp", "-index", "index.txt", "-CA", "ca.crt", "-rsigner", "responder.crt",
            "-rkey", "responder.key", "-port", str(self.port), *options,
        )  # fmt: skip
        process = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert process.stdout is not None
        try:
            # It says so when it listens; a connection that asks nothing would keep it busy.
            while b"ACCEPT" not in (line := process.stdout.readline()):
                assert line, "openssl ocsp does not start"
            yield
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()

    def crl(self) -> bytes:
        """The list that `openssl ca -gencrl` makes of the index."""
        (self.folder / "index.txt").write_text("".join(self.index))
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=1\n"
        )
        command = "openssl ca -config ca.cnf -gencrl -cert ca.crt -keyfile ca.key -out list.pem"
        made = subprocess.run(shlex.split(command), cwd=self.folder, capture_output=True, timeout=60, check=False)
        assert made.returncode == 0, made.stderr
        pem = (self.folder / "list.pem").read_bytes()
        return x509.load_pem_x509_crl(pem).public_bytes(Encoding.DER)


@pytest.fixture
def authority(tmp_path: Path) -> OpensslAuthority:
    return OpensslAuthority(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store.sqlite")
    yield opened
    opened.close()


def _outcome(authority: OpensslAuthority, store: Store, pair: Pair, settings: Revocation | None = None) -> Outcome:
    said = settings or Revocation(retry_minutes=0.0001)
    asking = HttpAuthorities(said.timeout_seconds, said.max_octets)
    judged = Revocations(said, asking, authority.pki.anchors)
    now = datetime.now(UTC)
    vetted = judged.vet(store, pair.certificate, Usage.SIGNING, now, now, now)
    assert vetted is not None
    return vetted.status.judgement.outcome


def test_what_openssl_answers(authority: OpensslAuthority, store: Store) -> None:
    """Good, revoked, and not in its index: as the responder says."""
    good, revoked, unlisted = authority.issue(), authority.issue(revoked=True), authority.issue(unlisted=True)
    with authority.answering("-nmin", "60"):
        assert _outcome(authority, store, good) is Outcome.GOOD
        assert _outcome(authority, store, revoked) is Outcome.REVOKED
        assert _outcome(authority, store, unlisted) is Outcome.UNKNOWN


def test_an_answer_signed_by_nobody_appointed(authority: OpensslAuthority, store: Store) -> None:
    """A responder whose certificate is not for OCSP signing is not believed."""
    pretender = authority.pki.responder(appointed=False)
    (authority.folder / "responder.crt").write_bytes(pretender.certificate_pem())
    (authority.folder / "responder.key").write_bytes(pretender.key_pem())
    good = authority.issue()
    with authority.answering("-nmin", "60"):
        assert _outcome(authority, store, good) is Outcome.UNKNOWN


def test_the_cache_answers_when_the_responder_is_gone(authority: OpensslAuthority, store: Store) -> None:
    """What was fetched once holds until its nextUpdate, without a network; then it is stale and not good."""
    good = authority.issue()
    with authority.answering("-nmin", "60"):
        assert _outcome(authority, store, good) is Outcome.GOOD
    assert _outcome(authority, store, good) is Outcome.GOOD
    later = datetime.now(UTC) + timedelta(hours=2)
    said = Revocation()
    judged = Revocations(said, HttpAuthorities(1, 100_000), authority.pki.anchors)
    vetted = judged.vet(store, good.certificate, Usage.SIGNING, later, later, later)
    assert vetted is not None
    assert vetted.status.judgement.outcome is Outcome.STALE


def test_a_list_that_openssl_made(authority: OpensslAuthority, store: Store) -> None:
    """Where the responder is away the list decides; both say the same of the same index."""
    good, revoked = authority.issue(), authority.issue(revoked=True)
    with authority_server(octets(authority.crl())) as lists:
        said = Revocation(order=("ocsp", "crl"), retry_minutes=0.0001)
        both = f"http://127.0.0.1:{authority.port}"
        override = Revocation.model_validate({"address": [{"ocsp": both, "crl": f"{lists.address}/list.crl"}]})
        said = replace_address(said, override)
        assert _outcome(authority, store, good, said) is Outcome.GOOD
        assert _outcome(authority, store, revoked, said) is Outcome.REVOKED
        assert set(lists.asked) == {"/list.crl"}


def replace_address(said: Revocation, other: Revocation) -> Revocation:
    return said.model_copy(update={"address": other.address})


def test_asking_nobody(authority: OpensslAuthority) -> None:
    """A port that nobody listens on is told at once, by the name of the address."""
    asking = replace(HttpAuthorities(2, 100_000))
    with pytest.raises(AdapterError) as told:
        asking.crl(f"http://127.0.0.1:{authority.port}/list.crl")
    assert told.value.kind is LOOKUP_FAILED
    assert str(authority.port) in str(told.value)
