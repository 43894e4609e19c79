"""Writing mails."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adapter.envelope.mail import MailHeaders, mail
from adapter.values import EdiAddress


@given(st.integers(1_300_000_000, 2_800_000_000))
def test_the_date_is_that_of_the_standard(seconds):
    """RFC 5322, as the standard library reads it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    headers = MailHeaders(EdiAddress("a@b.no"), EdiAddress("c@d.no"), moment, "m@b.no")
    line = mail(headers, b"").split(b"\r\n")[2].decode()
    assert email.utils.parsedate_to_datetime(line.removeprefix("Date: ")) == moment


def test_a_fault_refers_to_the_mail_it_is_about():
    """In-Reply-To and References, and neither in any other mail (§2.3)."""
    moment = datetime(2012, 1, 1, tzinfo=UTC)
    with_reply = mail(MailHeaders(EdiAddress("a@b.no"), EdiAddress("c@d.no"), moment, "m@b.no", "x@y"), b"body")
    assert b"In-Reply-To: <x@y>\r\nReferences: <x@y>\r\nbody" in with_reply
    without = mail(MailHeaders(EdiAddress("a@b.no"), EdiAddress("c@d.no"), moment, "m@b.no"), b"body")
    assert b"In-Reply-To" not in without
