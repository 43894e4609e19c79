"""A responder or a list's server that misbehaves costs no more than the deadline and the limit, and is named."""

from __future__ import annotations

import time

import pytest

from adapter.errors import LOOKUP_FAILED, AdapterError
from adapter.lookups.authorities import MAX_RESPONSE, HttpAuthorities
from adapter.testing.responder import AuthorityServer, authority_server, circle, dripping, endless, octets, status

DEADLINE = 0.5


@pytest.fixture
def server():
    with authority_server(status(503)) as running:
        yield running


@pytest.fixture
def asking() -> HttpAuthorities:
    return HttpAuthorities(DEADLINE, 300_000)


def _refusal(asking: HttpAuthorities, server: AuthorityServer) -> str:
    began = time.monotonic()
    with pytest.raises(AdapterError) as told:
        asking.crl(f"{server.address}/list.crl")
    assert told.value.kind is LOOKUP_FAILED
    assert server.address in told.value.detail
    # Not the speed of anything: a call that has a deadline ends somewhere near it.
    assert time.monotonic() - began < 20 * DEADLINE
    return told.value.detail


def test_octets_come_as_they_are(asking, server):
    """What is answered is handed on unread, to a question by POST and to a list by GET."""
    server.answering = octets(b"\x30\x00")
    assert asking.ocsp(f"{server.address}/ocsp", b"question") == b"\x30\x00"
    assert asking.crl(f"{server.address}/list.crl") == b"\x30\x00"
    assert server.asked == ["/ocsp", "/list.crl"]


def test_a_status_that_is_not_ok(asking, server):
    """The status is told."""
    assert "503" in _refusal(asking, server)


def test_a_circle_of_redirects(asking, server):
    """A few are followed and no more."""
    server.answering = circle
    assert "from one address to the next" in _refusal(asking, server)
    assert len(server.asked) == 4


def test_an_endless_answer(asking, server):
    """It is cut off at the limit, the one of a response sooner than that of a list."""
    server.answering = endless
    assert "more than 300000 octets" in _refusal(asking, server)
    with pytest.raises(AdapterError, match=f"more than {MAX_RESPONSE} octets"):
        asking.ocsp(server.address, b"question")


@pytest.mark.parametrize("head", [True, False])
def test_an_answer_that_drips(asking, server, head):
    """An octet every tenth of a second resets no deadline, neither in the head of an answer nor in its body."""
    server.answering = dripping(0.1, server.stop, head=head)
    assert "takes longer" in _refusal(asking, server)


def test_an_address_nobody_listens_on(asking):
    """A connection that is refused is told."""
    with authority_server(status(200)) as gone:
        pass
    _refusal(asking, gone)


@pytest.mark.parametrize("address", ["http://", "http://[", "ftp://127.0.0.1/", "nonsense"])
def test_an_address_that_is_none(asking, address):
    """What a certificate names as an address need not be one."""
    with pytest.raises(AdapterError) as told:
        asking.crl(address)
    assert told.value.kind is LOOKUP_FAILED
