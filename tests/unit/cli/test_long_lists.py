"""`adapter list --mails` and `adapter webhooks`, where there is more than one call shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli.list import command as list_
from adapter.cli.webhooks import command as webhooks
from adapter.delivery.receiver import ReceivedExchange, ReceptionState
from adapter.service import desk
from adapter.store.access import DeadLetter
from adapter.store.port import BlobKind, Mail, Writer
from adapter.testing import scenarios
from adapter.testing.place import prepare

T0 = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hospital with 2,005 mails in quarantine, some of one moment, and with 205 notices that nobody took."""
    folder = tmp_path_factory.mktemp("lists")
    made = prepare(folder / "place", scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048).hospital
    secret = made.folder / "hook.secret"
    secret.write_bytes(b"a secret of more than sixteen octets")
    with made.config.open("a") as file:
        file.write(f'\n[[webhook]]\nname = "ehr"\nurl = "http://127.0.0.1:1/"\nsecret_file = "{secret}"\n')

    def fill(writer: Writer) -> None:
        raw = writer.put_blob(b"nonsense", BlobKind.MAIL, T0)
        for number in range(2005):
            at = T0 + timedelta(minutes=number // 3)
            reception = ReceivedExchange(ReceptionState.QUARANTINE, at, at, reason="MAIL-UNREADABLE")
            writer.add_mail(Mail(f"m{number:04}", raw, "listener", "a@b", ("c@d",), reception))
        for seq in range(1, 206):
            writer.add_dead_letter(DeadLetter("ehr", seq, "alarm", "e1", T0, T0, "HTTP 500"))

    with desk.store(made.config) as (_, store):
        store.write_now(fill)
    return made.config


def run(command: object, config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--config", str(config)])  # type: ignore[arg-type]


def test_mails_beyond_any_page_are_listed(config: Path) -> None:
    """Each call goes on after the last mail of the one before, until there is none."""
    found: list[str] = []
    after: list[str] = []
    while page := json.loads(run(list_, config, "--mails", "--limit", "800", "--json", *after).stdout):
        found += [one["id"] for one in page]
        after = ["--after", found[-1]]
    assert len(found) == 2005
    assert set(found) == {f"m{number:04}" for number in range(2005)}
    assert found[:4] == ["m2004", "m2001", "m2002", "m2003"]


@pytest.mark.parametrize("arguments", [("--mails", "--direction", "in"), ("--after", "m0001")])
def test_a_list_of_mails_is_narrowed_by_nothing(config: Path, arguments: tuple[str, ...]) -> None:
    """What a mail says of itself is not believed; and a list of exchanges goes on after an exchange."""
    assert run(list_, config, *arguments).exit_code == 2


def test_notices_beyond_the_first_page_are_listed(config: Path) -> None:
    """What was shown last leads to the rest; the text says how."""
    first = run(webhooks, config)
    assert first.exit_code == 1
    assert "adapter webhooks --after 100" in first.stdout
    seqs: list[int] = []
    after: int | None = 0
    while after is not None:
        (hook,) = json.loads(run(webhooks, config, "--json", "--after", str(after)).stdout)
        seqs += [one["seq"] for one in hook["set_aside"]]
        after = hook["next"]
    assert seqs == list(range(1, 206))


def test_every_notice_is_told_again(config: Path) -> None:
    """Those of every page, also where none is taken."""
    again = run(webhooks, config, "--again")
    assert again.exit_code == 1
    assert again.stderr.count("no answer (ConnectError)") == 205
