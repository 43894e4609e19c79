"""Messages that the adapter has no model of are carried as they are, and judged by the schemas that a site installs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from adapter.service.submission import NotTaken, judge
from adapter.service.views import apprec_word, transport_word
from adapter.testing.neighbours import Neighbour, World

NAMESPACE = "urn:example:epikrise"
INDEX = f"""
[[schema]]
file = "epikrise.xsd"
namespace = "{NAMESPACE}"
version = "1.2"
roots = ["Epikrise"]
types = ["EPIKRISE"]
standard = "the site's own Epikrise"
"""
SCHEMA = f"""<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{NAMESPACE}" elementFormDefault="qualified">
  <xs:element name="Epikrise">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="Vurdering" type="xs:string"/>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
</xs:schema>
"""
GOOD, BAD = "<Vurdering>Går bra.</Vurdering>", "<Gjetning>Går bra.</Gjetning>"


@pytest.fixture
def schemas_installed(configure: Callable[[str, str, str], None], tmp_path: Path) -> Path:
    """Both sides have a folder with a schema that does not ship."""
    folder = tmp_path / "site schemas"
    folder.mkdir()
    (folder / "INDEX.toml").write_text(INDEX, "utf-8")
    (folder / "epikrise.xsd").write_text(SCHEMA, "utf-8")
    for side in ("hospital", "municipality"):
        configure(side, "[store]", f'[schemas]\npath = "{folder}"\n\n[store]')
    return folder


def epikrise(side: Neighbour, inside: str) -> bytes:
    """A discharge summary in a common head, with the letters and line ends of its own maker."""
    ready = side.build("discharge-ready").decode()
    typed = ready.replace(
        'V="LOG_UTSKRIVNINGSKLAR" DN="Melding om utskrivningsklar pasient"', 'V="EPIKRISE" DN="Epikrise"'
    )
    content = f"<Content>\n  <e:Epikrise xmlns:e='{NAMESPACE}' >{inside.replace('<', '<e:').replace('<e:/', '</e:')}"
    return re.sub(r"<Content>.*</Content>", content + "</e:Epikrise></Content>", typed, flags=re.DOTALL).encode()


def rules(side: Neighbour, content: bytes) -> list[str]:
    """The rules that refuse a message on its way out; none when it may be sent."""
    outcome = judge(side.installation, content)
    return [finding.rule for finding in outcome.findings] if isinstance(outcome, NotTaken) else []


def noted(journal: StringIO, exchange_id: str) -> list[str]:
    """The rules that the log names as broken by an exchange without stopping it."""
    lines = [json.loads(line) for line in journal.getvalue().splitlines()]
    return [line["rule"] for line in lines if line["event"] == "message.noted" and line.get("exchange") == exchange_id]


async def test_a_message_without_schema_is_carried_byte_for_byte(world: World, journal: StringIO) -> None:
    """What nobody here knows is sent, acknowledged, receipted and delivered unchanged, and both sides say so."""
    content = epikrise(world.hospital, BAD)
    sent = world.hospital.submit(content)
    await world.settle()
    exchange = world.hospital.exchange(sent)
    assert (transport_word(exchange), apprec_word(exchange)) == ("acknowledged", "ok")
    [received] = world.municipality.received("EPIKRISE")
    assert world.municipality.payload(received) == content
    assert noted(journal, sent) == noted(journal, received.id) == ["XSD"]


@pytest.mark.usefixtures("schemas_installed")
async def test_a_schema_of_the_site_judges_what_is_sent(start: Callable[[], World]) -> None:
    """With a schema in `schemas.path` a good message goes through without a word and a bad one is refused at home."""
    world = start()
    assert rules(world.hospital, epikrise(world.hospital, BAD)) == ["XSD"]
    content = epikrise(world.hospital, GOOD)
    sent = world.hospital.submit(content)
    await world.settle()
    [received] = world.municipality.received("EPIKRISE")
    assert world.municipality.payload(received) == content
    assert apprec_word(world.hospital.exchange(sent)) == "ok"


@pytest.mark.usefixtures("schemas_installed")
async def test_a_schema_of_the_site_judges_what_is_received(start: Callable[[], World]) -> None:
    """A message that the receiver's own schema refuses gets a negative receipt."""
    world = start()
    good, bad = epikrise(world.hospital, GOOD), epikrise(world.hospital, BAD)
    sent = world.hospital.send_unjudged(bad, good)
    await world.settle()
    assert apprec_word(world.hospital.exchange(sent)) == "rejected"


async def test_the_head_of_a_carried_message_is_judged(world: World) -> None:
    """The rules of the common head hold for every message, whatever its content."""
    content = epikrise(world.hospital, GOOD)
    broken = re.sub(rb"<MsgId>[^<]*</MsgId>", b"<MsgId>17</MsgId>", content)
    assert rules(world.hospital, broken) == ["XSD", "MH-011"]
