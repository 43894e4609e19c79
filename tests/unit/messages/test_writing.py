"""Whether what is written is read back the same, for every model, and is valid XML in UTF-8."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.messages.datatypes import Code, Timestamp
from adapter.messages.dialog import Dialog, DialogVersion, Note, NoteRole, NoteUnit, Question
from adapter.messages.head import ConversationRef, Document, Head, OtherReceiver, Participant
from adapter.messages.logistics import Destination, Logistics, TimedEvent, Use, Version
from adapter.messages.parties import Address, Ident, Organisation, Person, Professional, Telecom
from adapter.messages.reading import Message, understand
from adapter.messages.top import (
    Contact,
    ContactUnit,
    PatientDetails,
    Relative,
    Request,
    Responsible,
    SentDocument,
    Top,
)
from adapter.messages.writing import write_message
from adapter.values import Moment, MsgId

WORD = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from("æøåÆØÅ<>&\"'"),
    min_size=1,
    max_size=8,
)
TEXT = st.builds(lambda words, joint: joint.join(words), st.lists(WORD, min_size=1, max_size=3), st.sampled_from(" \n"))
MAYBE = st.none() | TEXT
DATE = st.dates(date(1900, 1, 1), date(2100, 1, 1))
CODE = st.builds(
    Code, WORD | st.none(), WORD | st.none(), st.none() | st.just("2.16.578.1.12.4.1.1.9121"), st.none() | WORD
)
MAYBE_CODE = st.none() | CODE
MOMENT = st.datetimes(datetime(1980, 1, 1), datetime(2080, 1, 1)).map(  # noqa: DTZ001
    lambda naive: Moment.at(naive.replace(tzinfo=UTC, microsecond=0))
)
TIME = st.one_of(
    DATE.map(lambda day: Timestamp.read(day.isoformat())),
    MOMENT.map(lambda when: Timestamp.read(when.text)),
    st.sampled_from(["2018", "10:00:00", "2018-01-31T24:00:00", "2018-01-31T10:00:00"]).map(Timestamp.read),
)
MSG_ID = st.uuids().map(lambda uuid: MsgId(str(uuid)))
IDENTS = st.lists(st.builds(Ident, MAYBE, MAYBE_CODE), max_size=2).map(tuple)
ADDRESS = st.none() | st.builds(Address, MAYBE_CODE, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE_CODE, MAYBE_CODE)
TELECOMS = st.lists(st.builds(Telecom, WORD | st.none(), MAYBE_CODE), max_size=2).map(tuple)
PERSON = st.builds(Person, MAYBE, MAYBE, MAYBE, st.none() | DATE, MAYBE_CODE, MAYBE_CODE, IDENTS, ADDRESS, TELECOMS)
PROFESSIONAL = st.builds(Professional, PERSON, MAYBE_CODE, MAYBE_CODE)
UNIT = st.builds(Organisation, MAYBE, MAYBE_CODE, IDENTS, ADDRESS, TELECOMS)
ORGANISATION = st.builds(
    Organisation, MAYBE, MAYBE_CODE, IDENTS, ADDRESS, TELECOMS, st.none() | UNIT, st.none() | PROFESSIONAL
)
PARTICIPANT = st.builds(Participant, st.none() | ORGANISATION, MAYBE_CODE)
FIRST_DOCUMENT = st.builds(
    Document,
    MAYBE_CODE,
    MAYBE_CODE,
    MAYBE,
    MAYBE_CODE,
    MAYBE_CODE,
    MAYBE,
    st.none() | TIME,
    st.none() | TIME,
    MAYBE,
    MAYBE,
    st.none() | TIME,
    MAYBE_CODE,
    MAYBE,
    MAYBE,
    MAYBE,
    MAYBE_CODE,
    has_content=st.just(True),
)
ATTACHMENT = st.builds(
    Document,
    issued=st.none() | TIME,
    msg_type=MAYBE_CODE,
    mime_type=MAYBE,
    ref_description=MAYBE,
    has_content=st.just(True),
    payloads=st.just(("{http://www.kith.no/xmlstds/base64container}Base64Container",)),
    attachment=st.just("QUJD"),
)
HEAD = st.builds(
    Head,
    type=MAYBE_CODE,
    generated=st.none() | MOMENT,
    msg_id=st.none() | MSG_ID,
    processing_status=MAYBE_CODE,
    priority=MAYBE_CODE,
    ack=MAYBE_CODE,
    conversation=st.none() | st.builds(ConversationRef, st.none() | MSG_ID, st.none() | MSG_ID),
    sender=PARTICIPANT,
    receiver=PARTICIPANT,
    other_receivers=st.lists(
        st.builds(
            OtherReceiver,
            MAYBE_CODE,
            st.none() | ORGANISATION,
            st.none() | PERSON,
            st.none() | PERSON,
            st.none() | PROFESSIONAL,
            MAYBE_CODE,
        ),
        max_size=2,
    ).map(tuple),
    patient=st.none() | PERSON,
    documents=st.builds(lambda first, rest: (first, *rest), FIRST_DOCUMENT, st.lists(ATTACHMENT, max_size=1)),
)
FLAG = st.none() | st.booleans()
TOP = st.builds(
    Top,
    MAYBE_CODE,
    FLAG,
    FLAG,
    st.none()
    | st.builds(
        Request,
        MAYBE_CODE,
        MAYBE_CODE,
        MAYBE_CODE,
        MAYBE_CODE,
        MAYBE,
        MAYBE,
        st.none() | DATE,
        st.none() | DATE,
        MAYBE,
    ),
    st.none() | st.builds(PatientDetails, MAYBE_CODE, FLAG, MAYBE_CODE, FLAG, MAYBE),
    st.lists(st.builds(Relative, PERSON, MAYBE_CODE, MAYBE_CODE, MAYBE, MAYBE, FLAG), max_size=1).map(tuple),
    st.lists(st.builds(ContactUnit, UNIT, MAYBE), max_size=2).map(tuple),
    st.lists(st.builds(Contact, PROFESSIONAL, MAYBE), max_size=1).map(tuple),
    st.lists(st.builds(Responsible, PROFESSIONAL, st.none() | DATE, MAYBE_CODE, MAYBE), max_size=2).map(tuple),
    st.lists(st.builds(SentDocument, MAYBE_CODE, FLAG, st.none() | DATE, MAYBE_CODE, MAYBE, MAYBE), max_size=1).map(
        tuple
    ),
    MAYBE,
)
EVENT = st.builds(TimedEvent, MAYBE_CODE, st.none() | TIME, FLAG, MAYBE, MAYBE, MAYBE)
LOGISTICS = st.builds(
    Logistics,
    st.sampled_from(Version),
    TOP,
    st.sampled_from(Use),
    st.lists(EVENT, max_size=3).map(tuple),
    st.none() | st.builds(Destination, MAYBE_CODE, MAYBE_CODE, MAYBE),
)
ROLE = st.builds(
    NoteRole,
    MAYBE_CODE,
    MAYBE_CODE,
    st.none() | st.builds(NoteUnit, UNIT, MAYBE, st.none() | PROFESSIONAL, st.none() | PERSON),
    st.none() | PROFESSIONAL,
    st.none() | PERSON,
)
ROLES = st.lists(ROLE, max_size=1).map(tuple)
QUESTION = st.builds(
    Question,
    MAYBE_CODE,
    MAYBE,
    MAYBE,
    MAYBE_CODE,
    MAYBE,
    MAYBE_CODE,
    st.none() | DATE,
    st.none() | DATE,
    st.lists(CODE, max_size=2).map(tuple),
    MAYBE_CODE,
    MAYBE,
    ROLES,
)
NOTE = st.builds(Note, MAYBE_CODE, MAYBE, MAYBE, MAYBE, MAYBE, st.none() | DATE, st.none() | QUESTION, ROLES)
DIALOG = st.builds(
    Dialog,
    st.sampled_from(DialogVersion),
    st.lists(QUESTION, max_size=1).map(tuple),
    st.lists(NOTE, max_size=2).map(tuple),
)

QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def _payload(message: Message) -> str:
    root = "Dialogmelding" if isinstance(message, Dialog) else "Pasientlogistikk"
    return f"{{{message.version.namespace}}}{root}"


def _check(head: Head, message: Message) -> None:
    reading = understand(write_message(head, message))
    assert reading.head is not None
    assert reading.head.documents[0].payloads == (_payload(message),)
    first, *rest = reading.head.documents
    assert rest == list(head.documents[1:])
    for name in Head.__slots__:
        if name != "documents":
            assert getattr(reading.head, name) == getattr(head, name)
    for name in Document.__slots__:
        if name != "payloads":
            assert getattr(first, name) == getattr(head.documents[0], name)
    assert reading.message == message


@QUICK
@given(HEAD, LOGISTICS)
def test_logistics_message_is_read_back(head: Head, message: Logistics) -> None:
    """Head and content of a logistics message are read as they were written, in every version and use."""
    _check(head, message)


@QUICK
@given(HEAD, DIALOG)
def test_dialog_message_is_read_back(head: Head, message: Dialog) -> None:
    """Head and content of a dialog message are read as they were written, in both versions."""
    _check(head, message)


def test_message_without_document_is_refused() -> None:
    """A head without a document has no place for the content."""
    with pytest.raises(ValueError, match="document"):
        write_message(Head(), Logistics(Version.V1_6, Top(), Use.DEATH))


def test_characters_that_xml_forbids_are_refused() -> None:
    """A control character cannot be written."""
    head = Head(documents=(Document(annotation="\x01", has_content=True),))
    with pytest.raises(ValueError, match="XML"):
        write_message(head, Logistics(Version.V1_6, Top(), Use.DEATH))


def test_namespaces_are_declared_once() -> None:
    """Every namespace is declared on the root and nowhere else, and the document says that it is UTF-8."""
    head = Head(patient=Person("Ås"), documents=(Document(has_content=True),))
    content = write_message(head, Logistics(Version.V1_6, Top(), Use.DEATH, (TimedEvent(place="Æ"),)))
    assert content.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert content.count(b"xmlns") == content.split(b">")[1].count(b"xmlns") == 4
    assert "Ås".encode() in content
