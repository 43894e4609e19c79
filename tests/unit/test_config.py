"""The configuration: what is read, and every mistake at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.config import load, parse
from adapter.errors import CONFIG_INVALID, FILE_UNREADABLE, AdapterError
from adapter.values import EdiAddress, HerId

ROOT = Path(__file__).parents[2]


def test_the_example_configuration_is_read() -> None:
    """The configuration in the top folder is valid, its paths absolute, STARTTLS on both ways."""
    settings = load(ROOT / "config.toml")
    assert settings.party[0].her == HerId("990102")
    assert settings.party[0].address == EdiAddress("sykehus@edi.example")
    assert settings.keys.signing[0].key == ROOT / "keys" / "signing.key"
    assert settings.smtp.send.tls == "starttls"
    assert settings.smtp.receive.certificate is not None
    assert settings.delivery.retries == 5


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A path without a file gives FILE-UNREADABLE with the path."""
    with pytest.raises(AdapterError, match=r"nowhere\.toml") as caught:
        load(tmp_path / "nowhere.toml")
    assert caught.value.kind is FILE_UNREADABLE


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ('mode = "test"|mode = "prod"', "mode: Input should be 'test' or 'production' (found 'prod')"),
        ('her = "990102"|her = "x"', "party[1].her: a HER-id is 1 to 10 digits and does not begin with 0 (found 'x')"),
        ("port = 587|port = 0", "smtp.send.port: Input should be greater than or equal to 1 (found 0)"),
        ("keep_hours = 84|keep_hours = 83", "keys.keep_hours: Input should be greater than or equal to 84 (found 83)"),
        ("retries = 5|retires = 5", "delivery.retires: there is no such key"),
        ('path = "var/hospital.sqlite"|', "store.path: is missing"),
        ('certificate = "keys/mail.crt"|#', "smtp.receive: certificate and key belong together"),
        ('roots = ["ca.crt"]|roots = []', "trust.roots: Tuple should have at least 1 item"),
    ],
)
def test_a_mistake_is_named_with_its_key(change: str, expected: str) -> None:
    """Each mistake is told with its key, what is allowed and what was found."""
    before, _, after = change.partition("|")
    example = (ROOT / "config.toml").read_text("utf-8")
    assert before in example
    with pytest.raises(AdapterError) as caught:
        parse(example.replace(before, after, 1).encode(), ROOT, "config.toml")
    assert caught.value.kind is CONFIG_INVALID
    assert expected in str(caught.value)


def test_every_mistake_is_told_at_once() -> None:
    """Three mistakes in three places give three lines."""
    example = (ROOT / "config.toml").read_text("utf-8")
    wrong = (
        example.replace("port = 587", "port = -1")
        .replace('"at_once"', '"never"')
        .replace("retries = 5", "retries = 'x'")
    )
    with pytest.raises(AdapterError) as caught:
        parse(wrong.encode(), ROOT, "config.toml")
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize("content", [b"\xff", b"= 1", b"[store", b""])
def test_what_is_no_toml_is_said(content: bytes) -> None:
    """Bytes that are not UTF-8 or not TOML, and an empty file, are a configuration error and never a traceback."""
    with pytest.raises(AdapterError):
        parse(content, ROOT, "config.toml")


MAILBOX = """
[[mailbox]]
protocol = "imap"
host = "mail.example"
username = "sykehus"
password_file = "keys/mailbox.password"
"""


def with_mailbox(change: str = "", listener: bool = False) -> bytes:
    example = (ROOT / "config.toml").read_text("utf-8")
    if not listener:
        head, _, rest = example.partition("[smtp.receive]")
        example = head + rest[rest.index("# Mailboxes") :]
    before, _, after = change.partition("|")
    assert before in MAILBOX
    return (example + (MAILBOX.replace(before, after, 1) if change else MAILBOX)).encode()


def test_a_mailbox_takes_the_place_of_the_listener() -> None:
    """With a mailbox there is no listener unless it is asked for; without one there is always a listener."""
    assert parse(with_mailbox(), ROOT, "config.toml").listener is None
    assert parse(with_mailbox(listener=True), ROOT, "config.toml").listener is not None
    assert load(ROOT / "config.toml").listener is not None
    assert parse(with_mailbox(), ROOT, "config.toml").mailbox[0].reached_port == 993


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ('protocol = "imap"|protocol = "pop3"\nafter = "move"', "POP3 knows no folders"),
        ('password_file = "keys/mailbox.password"|', "needs one of password_file and password_env"),
        ('username = "sykehus"|username = "sykehus"\ntls = "none"', "a password is not sent in the clear"),
        ('username = "sykehus"|username = "sykehus"\nafter = "move"\nmove_to = "INBOX"', "move_to is another folder"),
        ('username = "sykehus"|username = "sykehus"\npoll_seconds = 0', "mailbox[1].poll_seconds"),
        (f'password_file = "keys/mailbox.password"|password_env = "X"{MAILBOX}', "the same mailbox"),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_said(change: str, expected: str) -> None:
    """What a protocol cannot do, a password in the clear, and two readers of one mailbox are mistakes."""
    with pytest.raises(AdapterError) as caught:
        parse(with_mailbox(change), ROOT, "config.toml")
    assert expected in str(caught.value)


def test_a_secret_may_lie_where_systemd_put_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A path may begin with $CREDENTIALS_DIRECTORY, and the mistake names the variable where it is not set."""
    text = (ROOT / "config.toml").read_text("utf-8").replace("keys/signing.key", "$CREDENTIALS_DIRECTORY/signing.key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert parse(text.encode(), Path("/etc"), "config.toml").keys.signing[0].key == tmp_path / "signing.key"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(AdapterError, match="systemd sets it"):
        parse(text.encode(), Path("/etc"), "config.toml")
