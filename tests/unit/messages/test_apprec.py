"""Whether receipts are read back as written, and are read even when broken."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.messages.apprec import AppRec, AppRecVersion, Hcp, Original, Unit, read_apprec, write_apprec
from adapter.messages.datatypes import Code
from adapter.messages.namespaces import APPREC_11_NS
from adapter.messages.nodes import Nodes
from adapter.messages.parties import Address, Ident
from adapter.messages.reading import understand
from adapter.values import HerId, Moment, MsgId

NOW = Moment.at(datetime(2024, 3, 5, 9, 15, 31, tzinfo=UTC))
ID = MsgId("1f0f6a54-5b0e-4c53-9f2c-6a1d0b6f5c11")


@pytest.mark.parametrize(("status", "accepted"), [("1", True), ("3", True), ("2", False), ("9", None), ("", None)])
def test_status_decides(status: str, accepted: bool | None) -> None:
    """Status 1 and 3 mean taken, 2 refused, anything else neither."""
    ns = f"{{{APPREC_11_NS}}}"
    root = etree.Element(ns + "AppRec")
    etree.SubElement(root, ns + "Status").set("V", status)
    assert read_apprec(Nodes(root).root).accepted is accepted


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
