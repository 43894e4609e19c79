"""Whatever is read from others: a value, or a refusal that the contract knows; never anything else, never a crash.

A short run belongs to `make test`. `make fuzz` runs the same with as many examples as `ADAPTER_FUZZ` says.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import spoiled_json, spoiled_lines, spoiled_octets, spoiled_xml

from adapter import config
from adapter.envelope import open as opening
from adapter.envelope.cpa import read_cpa
from adapter.envelope.unpack import Unpacked, unpack
from adapter.errors import AdapterError
from adapter.evidence.verify import verify
from adapter.liability.casefile import read_case
from adapter.liability.cofinancing import cofinancing
from adapter.liability.profiles import Profile, read_profile, read_profiles
from adapter.liability.rates import read_rates
from adapter.liability.statement_table import TableForm, read_table
from adapter.lookups import packaged
from adapter.messages.answering import Software
from adapter.messages.building import InputError, build, example, kinds, parse_input, versions
from adapter.messages.choices import RECOMMENDED
from adapter.messages.codes import CodeLists
from adapter.messages.findings import Severity
from adapter.messages.read import read
from adapter.messages.receipting import Case, Own, decide
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.messages.writing import write_message
from adapter.values import HerId, MsgId

ROOT = Path(__file__).parents[2]
MESSAGES = [path.read_bytes() for path in sorted((ROOT / "fixtures/messages").glob("*.xml"))]
CODES, SCHEMAS = CodeLists.parse(packaged.codes()), SchemaSet(packaged.schemas())
NOW = datetime(2024, 3, 25, 9, 0, tzinfo=UTC)
OWN = Own(frozenset({HerId("8140020")}), frozenset({HerId("8140022")}))
EXAMPLES = int(os.environ.get("ADAPTER_FUZZ", "25"))
fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@fuzz
@given(content=spoiled_xml(MESSAGES), side=st.sampled_from(Side))
def test_messages(content: bytes, side: Side) -> None:
    """A spoiled message is read and judged on both sides, and the receiver decides what to answer.

    What was read can be written again wherever it has a model, or is refused as no message at all.
    """
    reading = read(content, SCHEMAS, Context(side, CODES, NOW, production=True))
    decide(Case(reading, OWN, CODES, choices=RECOMMENDED))
    assert all(finding.message and finding.rule for finding in reading.findings)
    if reading.head is not None and reading.message is not None and reading.valid:
        assert write_message(reading.head, reading.message)


@fuzz
@given(content=st.binary(max_size=200) | st.sampled_from(MESSAGES).flatmap(spoiled_octets))
def test_octets(content: bytes) -> None:
    """Octets that are hardly a message any more are told apart without a crash."""
    read(content, SCHEMAS, Context(Side.RECEIVE, CODES, NOW))


INPUTS = {kind: [example(kind, version).encode() for version in versions(kind) or (None,)] for kind in kinds()}


@fuzz
@given(data=st.data(), kind=st.sampled_from(sorted(INPUTS)))
def test_build_json(data: st.DataObject, kind: str) -> None:
    """A spoiled input is refused with every mistake, or becomes a message that its schema accepts."""
    content = data.draw(spoiled_json(INPUTS[kind]))
    try:
        message = parse_input(kind, content)
        built = build(
            kind,
            message,
            {},
            now=NOW,
            msg_id=MsgId("6a1d0b6f-5b0e-4c53-9f2c-6a1d0b6f5c11"),
            codes=CODES,
            software=Software("adapter", "test"),
        )
    except InputError:
        return
    found = read(built, SCHEMAS, Context(Side.SEND, CODES, NOW)).findings
    assert [one for one in found if one.rule == "XSD" and one.severity is Severity.ERROR] == []


@fuzz
@given(content=spoiled_lines((ROOT / "config.toml").read_text("utf-8").replace("\n# ", "\n")))
def test_configuration(content: bytes) -> None:
    """A spoiled configuration, the commented keys included, is settings or every mistake as a sentence."""
    with suppress(AdapterError):
        config.parse(content, ROOT, "config.toml")


CASE = """{
  "policy": "NO-BASE", "overrides": {"cutoff": "14:00", "sector_dates": {"TSB": "2019-01-01"}},
  "as_of": "2012-04-01T00:00+02:00", "sector": "SOM", "sender_type": "hospital", "special_groups": [],
  "facts": [
    {"kind": "admitted", "at": "2012-03-01T09:00+01:00"},
    {"kind": "admission_notice", "at": "2012-03-01T15:00+01:00", "message": "a1"},
    {"kind": "ready_notice", "at": "2012-03-05T10:15+01:00", "message": "r1", "ready": "2012-03-05", "apprec": "ok"},
    {"kind": "answer", "at": "2012-03-05T12:30+01:00", "answer": "later", "promised": "2012-03-08"},
    {"kind": "correction", "at": "2012-03-06T08:00+01:00", "refers_to": "r1", "ready": "2012-03-06"},
    {"kind": "discharged", "at": "2012-03-08"}]}"""


def profiles() -> tuple[Profile, ...]:
    read_in = read_profiles({name: packaged.policy(name) for name in packaged.policies()})
    assert isinstance(read_in, tuple)
    return read_in


PROFILES = profiles()


@fuzz
@given(content=spoiled_json([CASE.encode()]))
def test_case_files(content: bytes) -> None:
    """A spoiled case file is a case or every mistake."""
    read_case(content, PROFILES)


@fuzz
@given(content=spoiled_lines(packaged.policy("NO-BASE").decode()))
def test_policies(content: bytes) -> None:
    """A spoiled policy profile is a profile or every mistake."""
    read_profile(content, PROFILES[0])


@fuzz
@given(content=spoiled_json([packaged.rates()]))
def test_rates(content: bytes) -> None:
    """A spoiled price table is a table or every mistake."""
    read_rates(content)


STATEMENT = "stay,date,nights,amount_nok\nabc,2024-03-05,1,5000\nabc,2024-03-06,1,5000\ndef,2024-03-07,2,10000.50\n"
SHARES = "stay,municipality,date,points\na,0301,2013-05-06,0.81\nb,4601,2014-01-31,1.2\n"


@fuzz
@given(content=spoiled_lines(STATEMENT), encoding=st.sampled_from(["utf-8", "iso-8859-1", "windows-1252"]))
def test_statements_of_others(content: bytes, encoding: str) -> None:
    """A spoiled statement in CSV is lines or every mistake."""
    form = TableForm(encoding=encoding)
    read_table(content, form)


@fuzz
@given(content=spoiled_lines(SHARES))
def test_stays_of_the_cofinancing(content: bytes) -> None:
    """A spoiled table of stays is shares or every mistake."""
    cofinancing(content)


HEADERS = (
    b"From: hospital@edi.example\r\nTo: municipality@edi.example\r\nMIME-Version: 1.0\r\nMessage-ID: <1@x>\r\n"
    b'SOAPAction: "ebXML"\r\nDate: Tue, 05 Mar 2024 10:00:00 +0100\r\n'
)
SOAP = (
    b'<SOAP:Envelope xmlns:SOAP="http://schemas.xmlsoap.org/soap/envelope/" '
    b'xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"><SOAP:Header>'
    b'<eb:MessageHeader eb:version="2.0" SOAP:mustUnderstand="1"><eb:From><eb:PartyId eb:type="HER">8140011'
    b"</eb:PartyId></eb:From><eb:To><eb:PartyId>8140022</eb:PartyId></eb:To><eb:CPAId>x</eb:CPAId>"
    b"<eb:ConversationId>1</eb:ConversationId><eb:Service>s</eb:Service><eb:Action>a</eb:Action><eb:MessageData>"
    b"<eb:MessageId>1</eb:MessageId><eb:Timestamp>2024-03-05T09:00:00Z</eb:Timestamp></eb:MessageData>"
    b"</eb:MessageHeader></SOAP:Header><SOAP:Body/></SOAP:Envelope>"
)
MAILS = [
    HEADERS + b"Content-Type: text/xml; charset=utf-8\r\n\r\n" + SOAP,
    HEADERS
    + b'Content-Type: multipart/related; type="text/xml"; boundary="b"; start="<s>"\r\n\r\n--b\r\n'
    + b"Content-Type: text/xml; charset=UTF-8\r\nContent-ID: <s>\r\n\r\n"
    + SOAP
    + b"\r\n--b\r\nContent-Type: application/pkcs7-mime\r\nContent-ID: <p>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + b"MIAGCSqGSIb3DQEHA6CAMIACAQA=\r\n--b--\r\n",
]


@fuzz
@given(content=st.sampled_from(MAILS).flatmap(spoiled_octets))
def test_mails(content: bytes) -> None:
    """A spoiled mail is taken apart and its envelope read, or refused with a row of the catalogue."""
    with suppress(AdapterError):
        unpacked = unpack(content)
        if isinstance(unpacked, Unpacked):
            opening.read(unpacked)


OFFICIAL = ROOT.parent / "shared/examples"
AGREEMENTS = [path.read_bytes() for path in OFFICIAL.glob("cpa/*.xml")]
ENVELOPES = [path.read_bytes() for path in OFFICIAL.glob("ebxml/*.xml")] or [SOAP]


@pytest.mark.skipif(not AGREEMENTS, reason="the official examples do not lie beside the project")
@fuzz
@given(data=st.data())
def test_agreements(data: st.DataObject) -> None:
    """A spoiled agreement (CPA) is read or refused with a row of the catalogue."""
    with suppress(AdapterError):
        read_cpa(data.draw(spoiled_xml(AGREEMENTS)))


@fuzz
@given(content=spoiled_xml(ENVELOPES))
def test_envelopes(content: bytes) -> None:
    """A spoiled ebXML envelope in a mail is read or refused with a row of the catalogue."""
    with suppress(AdapterError):
        unpacked = unpack(HEADERS + b"Content-Type: text/xml; charset=utf-8\r\n\r\n" + content)
        if isinstance(unpacked, Unpacked):
            opening.read(unpacked)


@fuzz
@given(content=st.binary(max_size=300).map(lambda tail: b"PK\x03\x04" + tail) | st.binary(max_size=300))
def test_evidence(content: bytes) -> None:
    """What is no evidence package is reported or refused, never believed."""
    with suppress(AdapterError):
        assert not verify(content).holds
