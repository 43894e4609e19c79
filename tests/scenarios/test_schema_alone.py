"""Envelopes in which every rule is kept and only a schema is broken: refused under the number of that schema."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest
from lxml import etree

from adapter.envelope import seal
from adapter.testing.neighbours import World, is_signal
from adapter.transports.port import OutgoingMail
from tests.scenarios.test_several_attachments import with_attachments

CASES = {
    "an attribute of no namespace at the Header": ("<SOAP:Header>", '<SOAP:Header odd="1">', "EB-108"),
    "an attribute of no namespace at the Envelope": ("<SOAP:Envelope ", '<SOAP:Envelope odd="1" ', "EB-108"),
    "an encodingStyle that is no URI at a block": (
        "<eb:AckRequested ",
        '<eb:AckRequested SOAP:encodingStyle="%zz" ',
        "EB-108",
    ),
    "an attribute of no namespace at a block": ("<eb:AckRequested ", '<eb:AckRequested odd="1" ', "EB-109"),
    "an attribute of no namespace deep inside": ("<eb:MessageData>", '<eb:MessageData odd="1">', "EB-109"),
    "an element that nobody knows": ("</eb:Timestamp>", "</eb:Timestamp><eb:Odd>x</eb:Odd>", "EB-109"),
    "two languages at the Description": (
        "</eb:Description>",
        "</eb:Description><eb:Description>second without a language</eb:Description>",
        "EB-109",
    ),
}


def errors(mail: OutgoingMail) -> list[tuple[str, str]]:
    """errorCode and words of every Error in a mail."""
    payload = message_from_bytes(mail.content, policy=default).get_payload(decode=True)
    assert isinstance(payload, bytes)
    found = etree.fromstring(payload).iterfind(".//{*}Error")
    return [(one.xpath("string(@*[local-name()='errorCode'])"), "".join(one.itertext())) for one in found]


@pytest.mark.parametrize("case", CASES)
async def test_a_fault_that_only_a_schema_finds_has_the_number_of_that_schema(
    world: World, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """One Error of OtherXml, under EB-108 for SOAP or EB-109 for ebXML; nothing is delivered."""
    old, new, rule = CASES[case]
    made = seal._envelope

    def odd(*parts: str) -> bytes:
        octets = made(*parts)
        assert octets.count(old.encode()) == 1
        return etree.tostring(etree.fromstring(octets.replace(old.encode(), new.encode())), method="c14n")

    content = world.hospital.build("discharge-ready")
    with monkeypatch.context() as changed:
        changed.setattr(seal, "_envelope", odd)
        carried = with_attachments(world.hospital, "LOG_UTSKRIVNINGSKLAR", [content])
    await world.road.arrive(carried)
    await world.municipality.daemon.settle()
    [answer] = [one for one in world.road.taken if is_signal(one)]
    [(code, words)] = errors(answer)
    assert code == "OtherXml"
    assert f"({rule})" in words
    assert world.municipality.inbox() == {}
