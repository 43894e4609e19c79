"""Sending through a real Postfix: STARTTLS, SASL with Dovecot's passwords, connections used again, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from adapter.config import Settings, load
from adapter.config.mail import SmtpSend
from adapter.service.checking import State, look
from adapter.service.clock import MachineClock
from adapter.service.running import mail_out
from adapter.testing.place import Place
from adapter.transports.port import Accepted, Deferred, OutgoingMail, Refused
from adapter.values import EdiAddress
from tests.mailservers.servers import MailServers

HOSPITAL, MUNICIPALITY = EdiAddress("hospital@edi.example"), EdiAddress("municipality@edi.example")


@pytest.fixture
def sending(servers: MailServers, original: Place) -> Callable[..., Settings]:
    """The hospital's settings, with the mail server of the test to send through."""
    servers.settle()
    servers.empty("municipality")

    def make(**other: object) -> Settings:
        told = {
            "host": "localhost",
            "port": servers.ports["submission"],
            "ca": servers.ca,
            "username": HOSPITAL.value,
            "password_file": servers.password_file,
            "timeout_seconds": 10,
        }
        settings = load(original.hospital.config)
        send = SmtpSend.model_validate(told | other)
        return settings.model_copy(update={"smtp": settings.smtp.model_copy(update={"send": send})})

    return make


def mail(number: int, to: EdiAddress = MUNICIPALITY, size: int = 100) -> OutgoingMail:
    content = b"Subject: %d\r\n\r\n.%s\r\n" % (number, b"x" * size)
    return OutgoingMail(HOSPITAL, to, content, f"env-{number}")


async def test_mails_go_out_over_connections_that_stay_open(
    servers: MailServers, sending: Callable[..., Settings]
) -> None:
    """Thirty mails, ten at a time, are delivered over no more connections than are allowed, each logged in once."""
    log = servers.folder / "postfix.log"
    before = log.read_text("utf-8").count("sasl_username"), len(log.read_text("utf-8"))
    transport = mail_out(sending(connections=3))
    outcomes = await asyncio.gather(*(transport.send(mail(number)) for number in range(30)))
    await transport.close()
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    await asyncio.to_thread(servers.settle)
    said = log.read_text("utf-8")[before[1] :]
    assert said.count("sasl_username=hospital@edi.example") == 30
    assert 1 <= said.count(": connect from") <= 3
    arrived = servers.lying("municipality")
    assert {content.partition(b"\n\n")[2] for content in arrived} == {b"." + b"x" * 100 + b"\n"}


@pytest.mark.parametrize(
    ("change", "expected", "checked", "says"),
    [
        ({}, Accepted, State.OK, "lets us in"),
        ({"ca": None}, Deferred, State.PROBLEM, "certificate"),
        ({"username": None, "password_file": None}, Refused, State.OK, "answers"),
        ({"port": 1}, Deferred, State.WARNING, "mail waits"),
    ],
    ids=["fine", "certificate", "no login", "no server"],
)
async def test_what_stands_between_us_and_the_server(
    sending: Callable[..., Settings],
    change: dict[str, object],
    expected: type,
    checked: State,
    says: str,
) -> None:
    """Each trouble keeps the mail or ends it as it should, and `adapter check` tells of it before any mail does."""
    settings = sending(**change)
    transport = mail_out(settings)
    assert isinstance(await transport.send(mail(1)), expected)
    await transport.close()
    looked = await asyncio.to_thread(look, settings, MachineClock().now())
    [host] = [one for one in looked if one.what == "smtp.send.host"]
    assert host.state is checked, host
    assert says in host.says


async def test_a_wrong_password_is_for_a_person(sending: Callable[..., Settings], tmp_path: Path) -> None:
    """A login that is refused keeps the mail waiting, with the server's own words as the reason, and no password."""
    (tmp_path / "wrong").write_text("feil\n", "utf-8")
    settings = sending(password_file=tmp_path / "wrong")
    transport = mail_out(settings)
    outcome = await transport.send(mail(1))
    assert isinstance(outcome, Deferred)
    assert "535" in outcome.reason
    assert "feil" not in outcome.reason
    looked = await asyncio.to_thread(look, settings, MachineClock().now())
    assert [one.state for one in looked if one.what == "smtp.send.host"] == [State.PROBLEM]


async def test_a_recipient_that_nobody_knows(sending: Callable[..., Settings]) -> None:
    """A mailbox that does not exist there is refused at once and for good."""
    transport = mail_out(sending())
    assert isinstance(await transport.send(mail(1, EdiAddress("nobody@edi.example"))), Refused)
    assert isinstance(await transport.send(mail(2)), Accepted)
    await transport.close()


async def test_check_tries_the_login_of_a_mailbox(
    servers: MailServers, sending: Callable[..., Settings], tmp_path: Path
) -> None:
    """`adapter check` logs in to every mailbox and says which are wrong, without fetching anything."""
    (tmp_path / "wrong").write_text("feil\n", "utf-8")
    servers.put("municipality", b"Subject: x\n\nx\n", "1.x")
    common = f"""[[mailbox]]
host = "localhost"
ca = "{servers.ca}"
username = "municipality@edi.example"
"""
    text = f"""{common}protocol = "imap"
port = {servers.ports["imaps"]}
password_file = "{servers.password_file}"
{common.replace("municipality", "hospital")}protocol = "pop3"
port = {servers.ports["pop3"]}
tls = "starttls"
password_file = "{tmp_path / "wrong"}"
"""
    settings = sending()
    config = settings.partners.folder.parent / "with-mailboxes.toml"
    config.write_text((settings.partners.folder.parent / "config.toml").read_text("utf-8") + text, "utf-8")
    looked = await asyncio.to_thread(look, load(config), MachineClock().now())
    found = {one.what: one for one in looked if one.what.startswith("mailbox")}
    fine = found["mailbox municipality@edi.example@localhost"]
    assert (fine.state, fine.says) == (State.OK, "imap, implicit, 1 mails")
    wrong = found["mailbox hospital@edi.example@localhost"]
    assert wrong.state is State.PROBLEM
    assert "MAILBOX-LOGIN" in wrong.says
    assert len(servers.lying("municipality")) == 1
