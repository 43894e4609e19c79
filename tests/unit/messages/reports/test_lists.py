"""Whether every English word of the inputs stands for a code of its list."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from adapter.messages.codes import CodeLists
from adapter.messages.reports.input_parts import Heading, MedicineInput, NursingHeading
from adapter.messages.reports.lists import CONTENT_KINDS, HEADINGS, MEDICINE_USES

WORDS = [*HEADINGS.items(), *CONTENT_KINDS.items(), *((word, ("9101", v)) for word, v in MEDICINE_USES.items())]


@pytest.mark.parametrize(("word", "code"), WORDS)
def test_word_is_a_code_of_its_list(codes: CodeLists, word: str, code: tuple[str, str]) -> None:
    """The code behind a word has a text in its list, and is no other word's."""
    assert codes.text(*code)
    assert [other for other, its in WORDS if its == code] == [word]


def test_words_are_those_of_the_inputs() -> None:
    """A heading or a use can be asked for exactly if it is known."""
    assert sorted(HEADINGS) == sorted([*get_args(Heading), *get_args(NursingHeading)])
    uses, _none = get_args(get_type_hints(MedicineInput)["use"])
    assert set(get_args(uses)) == set(MEDICINE_USES)
