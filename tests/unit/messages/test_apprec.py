"""Whether receipts are read back as written, and are read even when broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.messages.apprec import AppRec, AppRecVersion, Hcp, Original, Unit, read_apprec, write_apprec
from adapter.messages.codes import CodeLists
from adapter.messages.datatypes import Code
from adapter.messages.namespaces import APPREC_11_NS
from adapter.messages.nodes import Nodes
from adapter.messages.parties import Address, Ident
from adapter.messages.read import read
from adapter.messages.reading import understand
from adapter.messages.rules.rule import Context, Side
from adapter.messages.schemas import SchemaSet
from adapter.values import HerId, Moment, MsgId

NOW = Moment.at(datetime(2024, 3, 5, 9, 15, 31, tzinfo=UTC))
OID = "2.16.578.1.12.4.1.1."
ID = MsgId("1f0f6a54-5b0e-4c53-9f2c-6a1d0b6f5c11")


@pytest.mark.parametrize(("status", "accepted"), [("1", True), ("3", True), ("2", False), ("9", None), ("", None)])
def test_status_decides(status: str, accepted: bool | None) -> None:
    """Status 1 and 3 mean taken, 2 refused, anything else neither."""
    ns = f"{{{APPREC_11_NS}}}"
    root = etree.Element(ns + "AppRec")
    etree.SubElement(root, ns + "Status").set("V", status)
    assert read_apprec(Nodes(root).root).accepted is accepted


REFUSED = '<Status V="2" DN="Avvist"/><Error V="{}" S="{}" DN="Annet"/>'
HYPHENS = r"<Id>(\w{8})-(\w{4})-(\w{4})-(\w{4})-(\w{12})</Id>(?=<Sender>)"
MISTAKES = (
    ("white space before the root", r"^<\?xml[^>]*>\s*", " \n", ""),
    ("an Id of 32 hexadecimal digits", HYPHENS, r"<Id>\1\2\3\4\5</Id>", ""),
    ("an empty text of the type", r'(<OriginalMsgId><MsgType V="[^"]*" DN=")[^"]*', r"\1", ""),
    ("no text of a TypeId", r'(<TypeId V="HER") DN="[^"]*"', r"\1", ""),
    ("blanks around a text", r'DN="HER-id"', 'DN=" HER-id"', ""),
    ("no role", r"<Role [^>]*/>", "", "AR-013"),
    ("another text in MIGversion", r"<MIGversion>[^<]*", "<MIGversion>1.0 2008-11-21", ""),
    ("an empty address", r"(<Receiver>.*?)<Inst>.*?</Inst>(.*</Receiver>)", r"\1<Inst/>\2", "AR-014"),
    ("an error of another list", r"<Status[^>]*/>", REFUSED.format("29", f"{OID}8223"), ""),
    ("a code that does not exist", r"<Status[^>]*/>", REFUSED.format("E201", f"{OID}8221"), ""),
    ("GenDate in V", r"<GenDate>([^<]*)</GenDate>", r'<GenDate V="\1"/>', "XSD"),
    ("IssueDate in V", r"<IssueDate>([^<]*)</IssueDate>", r'<IssueDate V="\1"/>', "XSD"),
)
"""The mistakes in official material (`apprec.md` §9): what stands for what, and the rule that tells of it."""


@pytest.mark.parametrize(("name", "old", "new", "told"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_known_mistake_is_read(
    built: Callable[..., bytes], schemas: SchemaSet, codes: CodeLists, name: str, old: str, new: str, told: str
) -> None:
    """Message, status and sender are found in what others are known to write; nothing is told of twice."""
    text = built("apprec").decode()
    changed = re.sub(old, new, text, count=1, flags=re.DOTALL)
    assert changed != text
    good, reading = (read(content.encode(), schemas, Context(Side.RECEIVE, codes)) for content in (text, changed))
    assert good.apprec is not None
    assert reading.apprec is not None
    assert reading.apprec.original.id == good.apprec.original.id
    assert reading.apprec.sender.party_her == good.apprec.sender.party_her
    assert reading.apprec.accepted is ("Avvist" not in new)
    assert " ".join(sorted({finding.rule for finding in reading.findings})) == told


def test_essentials_are_read_from_an_invalid_receipt() -> None:
    """Message, status and sender are found in a receipt that lacks nearly everything and has the rest out of order."""
    content = f"""<AppRec xmlns="{APPREC_11_NS}"><OriginalMsgId><Id>abc</Id></OriginalMsgId><Status V="1"/>
      <Sender><HCP><Inst><Dept><Id>0042</Id><TypeId V="HER"/></Dept></Inst></HCP></Sender></AppRec>""".encode()
    receipt = understand(content).apprec
    assert receipt is not None
    assert (receipt.original.id, receipt.accepted, receipt.sender.party_her) == (MsgId("ABC"), True, HerId("42"))


WORD = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
MAYBE = st.none() | WORD
CODE = st.none() | st.builds(Code, WORD, WORD | st.none())
IDENT = st.builds(Ident, WORD, CODE)
IDENTS = st.lists(IDENT, max_size=2).map(tuple)
UNITS = st.lists(st.builds(Unit, MAYBE, st.none() | IDENT, IDENTS), max_size=2).map(tuple)
ADDRESS = st.none() | st.builds(Address, CODE, MAYBE, MAYBE, MAYBE, st.none(), CODE, CODE)
HCP = st.builds(Hcp, CODE, MAYBE, st.none() | IDENT, UNITS, IDENTS, UNITS, ADDRESS)


@settings(max_examples=60)
@given(
    st.builds(
        AppRec,
        st.sampled_from(AppRecVersion),
        CODE,
        MAYBE,
        MAYBE,
        MAYBE,
        st.just(NOW),
        st.just(ID),
        HCP,
        HCP,
        CODE,
        st.lists(st.builds(Code, WORD, MAYBE, MAYBE, MAYBE), max_size=3).map(tuple),
        st.builds(Original, CODE, MAYBE, st.none() | WORD.map(MsgId)),
    )
)
def test_receipt_is_read_back(receipt: AppRec) -> None:
    """A receipt is read as it was written, in both versions."""
    assert understand(write_apprec(receipt)).apprec == receipt
