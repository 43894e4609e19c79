"""Whether the small data types are read tolerantly and written strictly."""

from __future__ import annotations

from datetime import date

import pytest
from lxml import etree

from adapter.messages.datatypes import Code, Timestamp, child_flag, code_of, flowing_text, plain_date
from adapter.messages.nodes import Node, Nodes
from adapter.values import Moment, parse_moment


def _node(text: str) -> Node:
    return Nodes(etree.fromstring(text)).root


TIMES = [
    ("2018-01-31", date(2018, 1, 31)),
    ("2018-01-31Z", date(2018, 1, 31)),
    ("2018-01-31+01:00", date(2018, 1, 31)),
    ("2018-01-31T10:00:00", parse_moment("2018-01-31T10:00:00")),
    ("2018-01-31T24:00:00", parse_moment("2018-02-01T00:00:00")),
    ("2006-09-24T22:00:00.0Z", parse_moment("2006-09-24T22:00:00.0Z")),
    ("2018", None),
    ("2018-01", None),
    ("10:00:00", None),
    ("2018-02-30", None),
    ("31.01.2018", None),
    ("2018-01-31T10:00:00T", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "value"), TIMES)
def test_time_is_read_in_its_own_precision(text: str, value: Moment | date | None) -> None:
    """A date stays a date, a clock time is a moment, anything else is no time."""
    read = Timestamp.read(text).value
    if isinstance(value, Moment):
        assert isinstance(read, Moment)
        assert read.instant == value.instant
    else:
        assert read == value


def test_day_of_a_time_is_the_norwegian_one() -> None:
    """Late in the evening in UTC is the next day in Oslo."""
    assert Timestamp.read("2006-09-24T22:00:00.0Z").day == date(2006, 9, 25)


def test_time_at_the_end_of_the_calendar_is_no_time() -> None:
    """A year that the calendar does not reach gives no value and no exception."""
    assert Timestamp.read("9999-12-31T24:00:00").value is None
    assert plain_date("99999-01-01") is None


def test_code_without_attributes_has_no_code() -> None:
    """An element without V is a code without value, and blanks around values are dropped."""
    assert code_of(_node("<a/>")) == Code(None)
    assert code_of(_node('<a V=" N " DN=""/>')) == Code("N")
    assert code_of(None) is None


def test_list_of_a_code_is_its_number() -> None:
    """The number of a national list is told, that of another is not."""
    assert Code("1", None, "2.16.578.1.12.4.1.1.9121").list == "9121"
    assert Code("1", None, "1.2.3").list is None
    assert Code("1").list is None


@pytest.mark.parametrize(("text", "flag"), [("true", True), ("1", True), ("0", False), ("TRUE", None), ("", None)])
def test_booleans_are_words_or_digits(text: str, flag: bool | None) -> None:
    """true, false, 1 and 0 are read, nothing else is."""
    assert child_flag(_node(f"<a><b>{text}</b></a>"), "b") is flag


def test_formatted_text_flows() -> None:
    """Text in paragraphs is read with a line for each."""
    assert flowing_text(_node("<t>Ja<p>takk</p><b>!</b><br/>Hilsen</t>")) == "Ja\ntakk!\nHilsen"
