"""What a municipality's answer to a discharge-ready patient says, as the first line that our own builders write.

The standards have no coded form of the answer; yes, no and date are free text (`plo.md` §1.5). Our convention is one
fixed first line, written by our builders and read only when the sender is marked to use it and only when the whole
line matches. What follows the line is free text for people and is never interpreted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from adapter.messages.datatypes import Code, cv
from adapter.messages.dialog import Dialog, DialogVersion

FORM_A_THEME: Final = cv("1", "Tilbakemelding på mottak av utskrivningsklar pasient", "9155")
"""The theme of the answer as DIALOG_NOTAT in Dialogmelding 1.0 (GUIDE §9.4)."""

FORM_B_THEME: Final = cv("7", "Tilbakemelding på mottak av utskrivningsklar pasient", "7322")
"""The theme of the answer as DIALOG_HELSEFAGLIG in Dialogmelding 1.1 (HIS 1077 §3.1)."""


class Reply(StrEnum):
    """What an answer says, in the words of LI-042; an unclear answer has no word because it is never built."""

    ACCEPT = "accept"
    LATER = "later"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class ReadinessAnswer:
    """An answer. `day` is the date of the offer for `accept`, the promised date for `later`, and None otherwise."""

    reply: Reply
    day: date | None = None

    def __post_init__(self) -> None:
        if (self.day is not None) != (self.reply in {Reply.ACCEPT, Reply.LATER}):
            raise ValueError("accept and later have a date, refuse and withdraw have none")


_LINES: Final = {
    Reply.ACCEPT: "Kan ta imot: JA, dato {}",
    Reply.LATER: "Kan ta imot: NEI, forventet dato {}",
    Reply.REFUSE: "Kan ta imot: NEI, dato ikke avklart",
    Reply.WITHDRAW: "Kan ta imot: TRUKKET TILBAKE",
}
_PATTERNS: Final = {
    reply: re.compile(re.escape(line).replace(re.escape("{}"), "([0-9]{4}-[0-9]{2}-[0-9]{2})"))
    for reply, line in _LINES.items()
}


def first_line(answer: ReadinessAnswer) -> str:
    """The line that says it."""
    return _LINES[answer.reply].format(answer.day)


def read_answer(text: str, answered_on: date, ready: date | None) -> ReadinessAnswer | None:
    """Read the first line of a note; None unless the whole line matches.

    A yes with a date after both the day of the answer and the ready date is `later` with that promise (LI-044).
    """
    line = text.split("\n", 1)[0].rstrip("\r")
    for reply, pattern in _PATTERNS.items():
        match = pattern.fullmatch(line)
        if match is None:
            continue
        if not match.groups():
            return ReadinessAnswer(reply)
        try:
            day = date.fromisoformat(match[1])
        except ValueError:
            return None
        if reply is Reply.ACCEPT and day > max(answered_on, ready or answered_on):
            return ReadinessAnswer(Reply.LATER, day)
        return ReadinessAnswer(reply, day)
    return None


def answer_text(message: Dialog) -> str | None:
    """The text of a dialog message that is an answer in form A or B; None if it is none or says nothing."""
    return next((note.text for note in message.notes if _is_of_an_answer(note.theme_code, message.version)), None)


def is_answer(message: Dialog) -> bool:
    """Whether a dialog message is an answer to a discharge-ready patient, by its theme."""
    return any(_is_of_an_answer(note.theme_code, message.version) for note in message.notes)


def _is_of_an_answer(code: Code | None, version: DialogVersion) -> bool:
    """Whether a theme is that of an answer, in either form.

    A code without its list is accepted (`msghead.md` §11): in 1.1 only list 7322 has a 7, in 1.0 the code 1 is on
    several lists and says nothing.
    """
    if code is None:
        return False
    listed = (code.v, code.s) in {(theme.v, theme.s) for theme in (FORM_A_THEME, FORM_B_THEME)}
    return listed or (version is DialogVersion.V1_1 and (code.v, code.s) == (FORM_B_THEME.v, None))
