"""Whether the first line of an answer says what was meant, and nothing else is read from a text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapter.messages.datatypes import cv
from adapter.messages.dialog import Dialog, DialogVersion, Note
from adapter.messages.readiness import (
    FORM_A_THEME,
    FORM_B_THEME,
    ReadinessAnswer,
    Reply,
    answer_text,
    first_line,
    is_answer,
    read_answer,
)

TODAY = date(2024, 3, 5)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
ANSWERS = st.builds(ReadinessAnswer, st.sampled_from([Reply.ACCEPT, Reply.LATER]), DAYS) | st.sampled_from(
    [ReadinessAnswer(Reply.REFUSE), ReadinessAnswer(Reply.WITHDRAW)]
)


@given(ANSWERS, st.text(), DAYS, st.none() | DAYS)
def test_answer_is_read_back(answer: ReadinessAnswer, text: str, today: date, ready: date | None) -> None:
    """An answer is read from its line whatever follows, unless a yes names a later day."""
    assume(answer.reply is not Reply.ACCEPT or answer.day is None or answer.day <= max(today, ready or today))
    assert read_answer(f"{first_line(answer)}\n{text}", today, ready) == answer


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (ReadinessAnswer(Reply.ACCEPT, TODAY), "Kan ta imot: JA, dato 2024-03-05"),
        (ReadinessAnswer(Reply.LATER, date(2024, 3, 7)), "Kan ta imot: NEI, forventet dato 2024-03-07"),
        (ReadinessAnswer(Reply.REFUSE), "Kan ta imot: NEI, dato ikke avklart"),
        (ReadinessAnswer(Reply.WITHDRAW), "Kan ta imot: TRUKKET TILBAKE"),
    ],
)
def test_lines_are_those_of_the_convention(answer: ReadinessAnswer, line: str) -> None:
    """The line of each answer is fixed."""
    assert first_line(answer) == line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Vi kan ta imot.",
        "kan ta imot: JA, dato 2024-03-05",
        "Kan ta imot: JA, dato 2024-03-05.",
        " Kan ta imot: JA, dato 2024-03-05",
        "Hei!\nKan ta imot: JA, dato 2024-03-05",
        "Kan ta imot: JA, dato 2024-02-30",
        "Kan ta imot: JA",
        "Kan ta imot: NEI, dato ikke avklart ennå",
    ],
)
def test_anything_else_is_not_read(text: str) -> None:
    """Only the whole line in its exact form says anything."""
    assert read_answer(text, TODAY, None) is None


def test_yes_to_a_later_day_is_a_promise() -> None:
    """A yes with a day after both today and the ready date is a promise; to an announced ready date it is a yes."""
    text = "Kan ta imot: JA, dato 2024-03-08"
    assert read_answer(text, TODAY, TODAY) == ReadinessAnswer(Reply.LATER, date(2024, 3, 8))
    assert read_answer(text, TODAY, date(2024, 3, 8)) == ReadinessAnswer(Reply.ACCEPT, date(2024, 3, 8))


@pytest.mark.parametrize(("reply", "day"), [(Reply.ACCEPT, None), (Reply.LATER, None), (Reply.REFUSE, TODAY)])
def test_day_belongs_to_accept_and_later(reply: Reply, day: date | None) -> None:
    """An answer without its day, or with a day it has no use for, does not exist."""
    with pytest.raises(ValueError, match="date"):
        ReadinessAnswer(reply, day)


def test_answer_is_known_by_its_theme() -> None:
    """Both forms are recognised by theme and list, and another theme is no answer."""
    for theme in (FORM_A_THEME, FORM_B_THEME):
        message = Dialog(DialogVersion.V1_1, notes=(Note(theme, None, "x"),))
        assert is_answer(message)
        assert answer_text(message) == "x"
    nameless = Note(FORM_B_THEME.without_list(), None, "x")
    assert is_answer(Dialog(DialogVersion.V1_1, notes=(nameless,)))
    assert not is_answer(Dialog(DialogVersion.V1_0, notes=(nameless,)))
    other = Dialog(DialogVersion.V1_1, notes=(Note(cv("7", "Noe annet", "9155"), None, "x"),))
    assert not is_answer(other)
    assert answer_text(other) is None
