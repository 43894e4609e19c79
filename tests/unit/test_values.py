"""The small checked values."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.values import (
    Digest,
    EdiAddress,
    HerId,
    MessageId,
    Moment,
    MsgId,
    Zone,
    later,
    oslo_day,
    oslo_text,
    parse_moment,
    utc_text,
)


@pytest.mark.parametrize(
    ("text", "utc", "zone"),
    [
        ("2012-03-05T10:15+01:00", "2012-03-05T09:15:00Z", Zone.STATED),
        ("2012-03-05T10:15:30Z", "2012-03-05T10:15:30Z", Zone.STATED),
        ("2012-03-05T24:00:00+01:00", "2012-03-05T23:00:00Z", Zone.STATED),
        ("2012-07-05T10:15:30", "2012-07-05T08:15:30Z", Zone.ASSUMED_OSLO),
        ("2026-03-03T10:15:30.1234567Z", "2026-03-03T10:15:30Z", Zone.STATED),
        (" 2026-03-03T10:15:30-02:30 ", "2026-03-03T12:45:30Z", Zone.STATED),
    ],
)
def test_a_time_is_read_as_it_was_meant(text: str, utc: str, zone: Zone) -> None:
    """Offsets, Z, no offset, 24:00:00 and fractions give the instant that the writer meant."""
    moment = parse_moment(text)
    assert (utc_text(moment.instant), moment.zone, moment.text) == (utc, zone, text.strip())


@pytest.mark.parametrize(
    "text",
    ["", "2012-03-05", "2012-02-30T10:00Z", "2012-03-05T25:00:00Z", "2012-03-05T24:00:01Z", "05.03.2012 10:15",
     "2012-03-05T10:15+15:00", "2012-03-05T10:61:00Z", "2012-03-05T10", "9999-12-31T24:00:00Z",
     "0001-01-01T00:00:00+01:00", "٢٠١٢-03-05T10:15Z"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    """A text that is not an ISO 8601 date and time raises ValueError."""
    with pytest.raises(ValueError):
        parse_moment(text)


def test_a_time_in_the_repeated_hour_is_marked_and_taken_early() -> None:
    """Without offset, 02:30 on the night of the autumn change is the first of the two, and says so."""
    moment = parse_moment("2025-10-26T02:30:00")
    assert (utc_text(moment.instant), moment.ambiguous_hour) == ("2025-10-26T00:30:00Z", True)
    assert not parse_moment("2025-03-30T02:30:00").ambiguous_hour


def test_envelope_times_without_zone_are_utc() -> None:
    """The envelope's reading of a time without zone is UTC, unlike that of a business message."""
    assert utc_text(parse_moment("2026-07-01T12:00:00", Zone.ASSUMED_UTC).instant) == "2026-07-01T12:00:00Z"


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_our_own_moments_read_back(instant: datetime) -> None:
    """What we write of a moment reads back to the same second and the same day."""
    moment = Moment.at(instant)
    again = parse_moment(moment.text)
    assert again.instant == instant.replace(microsecond=0)
    assert again.day == moment.day == oslo_day(instant)


def test_a_day_is_a_day_in_oslo() -> None:
    """22:30 UTC on a summer evening is the next day."""
    assert parse_moment("2024-06-30T22:30:00Z").day == date(2024, 7, 1)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("9999-12-31T23:59:59Z", date(9999, 12, 31)),
        ("9999-12-30T23:30:00Z", date(9999, 12, 31)),
        ("9999-12-30T22:30:00Z", date(9999, 12, 30)),
        ("0001-01-01T00:00:00Z", date(1, 1, 1)),
    ],
)
def test_the_two_ends_of_time_have_a_day(text: str, day: date) -> None:
    """Whatever time can be read has a date in Oslo and a text, and something comes after it."""
    moment = parse_moment(text)
    assert moment.day == oslo_day(moment.instant) == day
    assert oslo_text(moment.instant).startswith(day.isoformat())
    assert moment.instant < later(moment.instant, timedelta(days=4)) <= datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("value", ["", "0", "012", "12a", "12345678901", " 12", "١٢"])
def test_what_is_no_her_id_is_refused(value: str) -> None:
    """A HER-id is digits without a leading zero."""
    with pytest.raises(ValueError):
        HerId(value)


@pytest.mark.parametrize("value", ["", "a", "a@", "@b", "Name <a@b>", "a b@c", "a@b\n", "æ@b.no"])
def test_what_is_no_edi_address_is_refused(value: str) -> None:
    """An EDI address is a plain ASCII mail address."""
    with pytest.raises(ValueError):
        EdiAddress(value)


def test_msg_ids_compare_without_case() -> None:
    """Two spellings of one MsgId are the same, and each keeps its own."""
    upper = MsgId("6F6A52B2-0F0E-4E0A-8A39-0A7C3B6D5D20")
    assert upper == MsgId(upper.value.lower())
    assert hash(upper) == hash(MsgId(upper.value.lower()))
    assert str(upper) == upper.value
    assert upper.is_guid
    assert not MsgId("{" + upper.value + "}").is_guid


def test_ids_and_digests_are_checked() -> None:
    """White space around a MessageId and a digest of the wrong form are refused."""
    with pytest.raises(ValueError):
        MessageId(" a")
    with pytest.raises(ValueError):
        Digest("ABC")
    assert Digest.of(b"").value.startswith("e3b0c442")
