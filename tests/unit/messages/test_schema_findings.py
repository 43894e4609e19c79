"""Findings of the schema check: where, what was expected, by which standard, and not a word of the document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter.lookups.packaged import schemas
from adapter.messages.findings import Finding, Severity
from adapter.messages.schemas import SchemaSet
from adapter.messages.xml import parse
from tests.schemas.one_message import EVENT, GEN, HER, MESSAGE, MH, MIG, PL, PO, SERVICE, TIME

SET = SchemaSet(schemas())


SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
EB = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
ENVELOPE = (
    f'<S:Envelope xmlns:S="{SOAP}" xmlns:eb="{EB}" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><S:Header>'
    '<eb:MessageHeader S:mustUnderstand="1" eb:version="2.0">'
    '<eb:From><eb:PartyId eb:type="HER">13002</eb:PartyId></eb:From>'
    '<eb:To><eb:PartyId eb:type="HER">2001</eb:PartyId></eb:To><eb:CPAId>2001_13002</eb:CPAId>'
    "<eb:ConversationId>0d1c</eb:ConversationId><eb:Service>urn:oasis:names:tc:ebxml-msg:service</eb:Service>"
    "<eb:Action>Acknowledgment</eb:Action><eb:MessageData><eb:MessageId>e2a7</eb:MessageId>"
    "<eb:Timestamp>2026-03-03T10:15:41Z</eb:Timestamp></eb:MessageData>"
    '<eb:Description xml:lang="no">{}</eb:Description></eb:MessageHeader>'
    '<eb:Acknowledgment S:mustUnderstand="1" eb:version="2.0"><eb:Timestamp>2026-03-03T10:15:40Z</eb:Timestamp>'
    '<eb:RefToMessageId>5f1d</eb:RefToMessageId><ds:Reference URI=""><ds:DigestMethod Algorithm="urn:x"/>'
    "<ds:DigestValue>QUJD</ds:DigestValue></ds:Reference></eb:Acknowledgment></S:Header><S:Body/></S:Envelope>"
)


def check(text: str) -> tuple[Finding, ...]:
    return SET.validate(parse(text.encode()))


def changed(document: str, old: str, new: str) -> str:
    assert old in document, old
    return document.replace(old, new, 1)


ADMITTED = "MsgHead/Document/RefDoc/Content/Pasientlogistikk/MeldingInnlagtPasient"

SAID: list[tuple[str, str, str, str, str]] = [
    ("Anslag>false", "Anslag>snart",
     f"{ADMITTED}/TidsfestetHendelse/Anslag",
     "the value has to be true or false", "HIS 80704:2014"),
    (TIME, 'V="31.01.2018"',
     f"{ADMITTED}/TidsfestetHendelse/TidspunktForHendelse/@V",
     "the value has to be a date (2024, 2024-03, 2024-03-05), a time, or a date and time with seconds",
     "HIS 80704:2014"),
    (GEN, "2024", "MsgHead/MsgInfo/GenDate",
     "the value has to be a date and time with seconds, such as 2024-03-05T10:15:00+01:00", "HIS 80601:2006"),
    (MIG, "<MIGversion>1</MIGversion>", "MsgHead/MsgInfo/MIGversion",
     "the value has to be exactly 'v1.2 2006-05-24'", "HIS 80601:2006"),
    (MIG, "", "MsgHead/MsgInfo/GenDate", "GenDate is not expected here; expected is MIGversion", "HIS 80601:2006"),
    (MIG, MIG * 2, "MsgHead/MsgInfo/MIGversion[2]",
     "MIGversion is not expected here; expected is GenDate", "HIS 80601:2006"),
    (f"<Sender>{SERVICE}", "<Sender>", "MsgHead/MsgInfo/Sender",
     "Sender is not complete; expected next is one of ComMethod, Organisation", "HIS 80601:2006"),
    ("<Content>", "<Content>Kari", "MsgHead/Document/RefDoc/Content",
     "Content takes elements only, no text between them", "HIS 80601:2006"),
    ('<Type V="LOG_INNLAGT"/>', '<Type V="A" S="1"/>', "MsgHead/MsgInfo/Type/@S",
     "Type does not take this attribute", "HIS 80601:2006"),
    ('<Type V="LOG_INNLAGT"/>', "<Type>LOG_INNLAGT</Type>", "MsgHead/MsgInfo/Type",
     "Type has to be empty; what it says stands in attributes", "HIS 80601:2006"),
    ("<InformasjonOmForsendelsen>", f'<InformasjonOmForsendelsen xmlns="{PL}">',
     "MsgHead/Document/RefDoc/Content/Pasientlogistikk/InformasjonOmForsendelsen",
     f"InformasjonOmForsendelsen has to be in the namespace {PO}", "HIS 1149:2014"),
    (EVENT, "", ADMITTED,
     f"MeldingInnlagtPasient is not complete; expected next is TidsfestetHendelse (namespace {PO})", "HIS 1149:2014"),
    (EVENT, EVENT * 2,
     f"{ADMITTED}/TidsfestetHendelse[2]",
     "TidsfestetHendelse is not expected: MeldingInnlagtPasient ends before it", "HIS 80704:2014"),
    (HER, HER.replace("2.16.578", "x"), "MsgHead/MsgInfo/Sender/Organisation/Ident/TypeId/@S",
     r"the value has to match the pattern \d+(\.\d+)*", "HIS 80601:2006"),
    ("p1:Pasientlogistikk", "p1:Logistikk", "MsgHead/Document/RefDoc/Content/Logistikk",
     "Logistikk is not an element that an installed schema knows", "HIS 1149:2014"),
    ("<Id>90001</Id>", "<Id><b/>90001</Id>", "MsgHead/MsgInfo/Sender/Organisation/Ident/Id",
     "Id takes text only, no elements", "HIS 80601:2006"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "message", "source"), SAID, ids=[case[3][:40] for case in SAID])
def test_a_finding_says_where_and_what_was_expected(old: str, new: str, path: str, message: str, source: str) -> None:
    """The first finding names the element by its path, what the schema wanted, and the standard."""
    root = new if old == "p1:Pasientlogistikk" else "p1:Pasientlogistikk"
    finding = check(changed(MESSAGE, old, new).replace("</p1:Pasientlogistikk", f"</{root}"))[0]
    assert (finding.rule, finding.severity, finding.path, finding.message) == ("XSD", Severity.ERROR, path, message)
    assert finding.source == source


def test_the_line_is_that_of_the_element() -> None:
    """A finding points at the line on which its element begins."""
    finding = check("\n" + MESSAGE.replace("><", ">\n<").replace("<Anslag>false", "<Anslag>snart").lstrip())[0]
    lines = MESSAGE.replace("><", ">\n<").splitlines()
    assert finding.line == next(n for n, line in enumerate(lines, 2) if line.startswith("<Anslag>"))


def test_a_root_nobody_knows_is_one_finding() -> None:
    """A document whose root no schema knows gets one finding that says so."""
    (finding,) = check("<hei/>")
    assert finding.path == "hei"
    assert finding.message == "hei is not the root of any document that an installed schema knows"


def test_xsi_attributes_load_nothing() -> None:
    """A schemaLocation in the document is neither followed nor a finding."""
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    hint = f'<MsgHead {xsi} xsi:schemaLocation="{MH} http://127.0.0.1:9/MsgHead.xsd" '
    assert check(changed(MESSAGE, "<MsgHead ", hint)) == ()
    assert (
        check(changed(MESSAGE, "<Patient>", f'<Patient {xsi} xsi:nil="true">'))[0].message
        == "xsi:nil is not allowed here"
    )


MARK = "Geheim13116900216"
WRAPS = (
    "{}",
    "\n{}\n",
    "{}' is not a valid value of the atomic type '{}'.",
    "[facet 'pattern'] x is not accepted by the pattern '{}'.",
    "[facet 'minLength'] underruns the allowed minimum length of '{}'.",
    "x is not an element of the set {'{}'}.",
    ": This element is not expected. Expected is ( {} ).",
    ": Missing child element(s). Expected is one of ( {}, {} ).",
    "The attribute '{}' is required but missing.",
    "', attribute '{}': x",
    "does not match the fixed value constraint '{}'.",
    "(xsi:type) {}",
)
"""Secrets dressed up as what libxml2 says after a value."""

HIDDEN = f"urn:{MARK}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@given(data=st.data())
def test_no_finding_quotes_the_document(data: st.DataObject) -> None:
    """Whatever stands in any text, attribute value or namespace of a document, no finding repeats it."""
    root = parse(data.draw(st.sampled_from([MESSAGE, ENVELOPE])).encode()).getroot()
    elements = list(root.iter(etree.Element))
    for _ in range(data.draw(st.integers(1, 6))):
        element = data.draw(st.sampled_from(elements))
        secret = data.draw(st.sampled_from(WRAPS)).replace("{}", MARK)
        place = data.draw(st.sampled_from(["text", "tail", "value", "new", "type", "element", "attribute"]))
        if place == "text":
            element.text = secret
        elif place == "tail" and element is not root:
            element.tail = secret
        elif place == "value" and element.attrib:
            element.set(data.draw(st.sampled_from(sorted(map(str, element.attrib)))), secret)
        elif place == "new":
            element.set("ukjent", secret)
        elif place == "type":
            element.set(f"{XSI}type", secret)
        elif place == "element":
            element.insert(0, etree.Element(f"{{{HIDDEN}}}fremmed"))
        elif place == "attribute":
            element.set(f"{{{HIDDEN}}}ukjent", "x")
    for finding in SET.validate(parse(etree.tostring(root))):
        assert MARK not in repr(finding)
