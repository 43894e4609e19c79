"""`adapter token`, `adapter audit`, `adapter webhooks`, and what `adapter check` says of the ways in and out."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli.audit import command as audit
from adapter.cli.show import command as show
from adapter.cli.token import command as token
from adapter.cli.webhooks import command as webhooks
from adapter.config import Scope, load
from adapter.errors import AdapterError
from adapter.messages.building import example
from adapter.service import desk
from adapter.service.access import known_by
from adapter.service.build_json import build_message
from adapter.service.checking import State, look
from adapter.service.submission import submit_now
from adapter.store.engine import open_engine
from adapter.store.migrate import upgrade
from adapter.store.schema import REVISION
from adapter.testing import scenarios
from adapter.testing.place import prepare
from adapter.values import MsgId


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a hospital of its own."""
    folder = tmp_path_factory.mktemp("access") / "place"
    return prepare(folder, scenarios.HOSPITAL, scenarios.MUNICIPALITY, key_size=2048).hospital.config


def run(command: object, config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--config", str(config)])  # type: ignore[arg-type]


def caller_of(config: Path, secret: str) -> frozenset[Scope] | None:
    with desk.store(config) as (_, store):
        found = store.read_now(lambda reader: known_by(reader, secret, datetime.now(UTC)))
    return None if found is None else found.scopes


def test_a_token_is_printed_once_listed_without_its_secret_and_ended(config: Path) -> None:
    """What is printed opens the door until it is revoked; the list shows everything but the secret."""
    made = run(token, config, "add", "ehr", "--scope", "read", "--scope", "submit", "--days", "9", "--json")
    told = json.loads(made.stdout)
    assert caller_of(config, told["token"]) == {Scope.READ, Scope.SUBMIT}
    listed = run(token, config, "list")
    assert told["id"] in listed.stdout
    assert told["token"].partition(".")[2] not in listed.stdout
    assert run(token, config, "revoke", told["id"]).exit_code == 0
    assert caller_of(config, told["token"]) is None
    assert isinstance(run(token, config, "revoke", told["id"]).exception, AdapterError)


def test_a_token_is_only_for_parties_of_ours(config: Path) -> None:
    """A HER-id of somebody else is a mistake that is told."""
    assert isinstance(run(token, config, "add", "x", "--scope", "read", "--her", "1").exception, AdapterError)


def test_printing_a_message_is_a_line_of_the_audit_log(config: Path) -> None:
    """Who is at the keyboard, and which exchange."""
    said = json.loads(example("admitted"))
    said |= {party: {"her": said[party]["her"]} for party in ("sender", "receiver")}
    with desk.installation(config) as installation:
        content = build_message(
            json.dumps(said).encode(),
            "admitted",
            (installation.settings, installation.partners),
            now=datetime.now(UTC),
            msg_id=MsgId(installation.ids.fresh()),
            codes=installation.codes,
        )
        exchange = submit_now(installation, content)
    assert run(show, config, str(exchange), "--payload").exit_code == 0
    (line,) = json.loads(run(audit, config, "--about", str(exchange), "--json").stdout)
    assert (line["what"], line["outcome"]) == ("payload read", "allowed")
    assert line["who"].endswith("(command)")


def test_without_webhooks_there_is_nothing_to_show(config: Path) -> None:
    """And nothing is wrong."""
    shown = run(webhooks, config)
    assert (shown.exit_code, shown.stdout.strip()) == (0, "The configuration has no [[webhook]].")


def test_check_looks_at_every_way(config: Path) -> None:
    """A certificate, a client, a secret and a folder that are not there are problems with their keys."""
    text = config.read_text("utf-8")
    text += """
[api]
certificate = "keys/none.crt"
key = "keys/none.key"
[[api.client]]
name = "ehr"
certificate = "none.crt"
scopes = ["read"]
[drop]
folder = "adapter.sqlite/drop"
[[webhook]]
name = "ehr"
url = "https://localhost/"
secret_file = "none.secret"
"""
    other = config.with_name("ways.toml")
    other.write_text(text, "utf-8")
    looked = {one.what: one.state for one in look(load(other), datetime.now(UTC))}
    for what in ("api.certificate", "api.client ehr", "drop.folder", "webhook ehr"):
        assert looked[what] is State.PROBLEM


def test_a_command_says_that_it_brought_the_store_up_to_date(config: Path, tmp_path: Path) -> None:
    """On stderr, once: from which form to which; what it prints on stdout is its result alone."""
    place = shutil.copytree(config.parent.parent, tmp_path / "place")
    settings = load(place / "hospital" / "config.toml")
    settings.store.path.unlink(missing_ok=True)
    settings.store.path.parent.mkdir(exist_ok=True)
    engine = open_engine(settings.store.path, writes=True, connections=1, create=True)
    with engine.begin() as connection:
        upgrade(connection, "0009")
    engine.dispose()
    first, second = (run(audit, place / "hospital" / "config.toml", "--json") for _ in range(2))
    told = json.loads(first.stderr)
    assert (told["event"], told["change"]) == ("store.upgraded", f"0009 -> {REVISION}")
    assert (json.loads(first.stdout), second.stderr) == ([], "")
