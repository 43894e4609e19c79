"""The mails of an exchange."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapter.delivery import receiver
from adapter.delivery.receiver import Reception
from adapter.store.port import BlobKind, Mail, Writer
from adapter.store.sql_store import SqlStore

T0 = datetime(2012, 3, 5, 9, 0, tzinfo=UTC)


def test_every_mail_of_the_exchanges_oldest_first(store: SqlStore) -> None:
    """The mail that became an exchange and the signals about it come, in order; nobody else's."""

    def put(writer: Writer) -> None:
        for number, exchange in enumerate(("e2", "e1", "e1", None, "e3")):
            now = T0 - timedelta(minutes=number)
            stored = receiver.step(receiver.fetched(now), Reception.BYTES_STORED, now).exchange
            mail = Mail(f"m{number}", writer.put_blob(b"%d" % number, BlobKind.MAIL, now), "smtp", "a@b.no", (), stored)
            writer.add_mail(replace(mail, exchange_id=exchange))

    store.write_now(put)
    found = store.read_now(lambda reader: reader.mails_of(["e1", "e2"]))
    assert [mail.id for mail in found] == ["m2", "m1", "m0"]
    assert store.read_now(lambda reader: reader.mails_of([])) == ()
