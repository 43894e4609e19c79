"""What store, directory, envelope and clock may know around a message, and what a rule about that is.

Who has them fills in `Surroundings`; the rules are in `surroundings` (the message before, the parties), in `compared`
(what that message says) and in `course` (the stay that the message belongs to). Nothing known breaks no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from adapter.messages.choices import StayCourse
from adapter.messages.dialog import Question
from adapter.messages.head import Participant
from adapter.messages.reading import Reading
from adapter.messages.rules.rule import Consequence, Fault
from adapter.values import HerId, Moment, MsgId


class OwnReceipt(StrEnum):
    """What we have answered a received message with, by AppRec."""

    OWED = "owed"
    """none yet, and the sender still waits for one"""
    NEGATIVE = "negative"
    SETTLED = "settled"
    """a positive one; also where none is owed (any more)"""


@dataclass(frozen=True, slots=True)
class Content:
    """What a nursing and care message holds: the tag of its payload, the paths of tags to its parts from there, and the
    number of its documents, attachments too."""

    form: str
    parts: frozenset[tuple[str, ...]]
    documents: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """The message that a reference names, as it was kept.

    `patient` is what tells the patient apart, empty without one; `first` the MsgId of the first message of its
    dialogue, its own where it is the first. `from_sender` says whether the sender of the message judged had sent this
    one too, `cancelled` whether a cancellation of its dialogue is known, `same_pair` whether both messages went between
    the same organisations. `asked` are the questions of a dialog message, `content` what a nursing and care message
    holds; `receipt` is about one that we received.
    """

    msg_id: MsgId
    first: MsgId
    type: str
    patient: str
    sender: Participant
    receiver: Participant
    from_sender: bool
    cancelled: bool = False
    same_pair: bool = True
    asked: tuple[Question, ...] = ()
    content: Content | None = None
    receipt: OwnReceipt = OwnReceipt.SETTLED


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory or the configuration knows of a party. `role` is `hospital`, `municipality` or `other`."""

    organisation_her: HerId
    organisation_name: str
    role: str
    has_beds: bool = False
    """a municipal unit with beds for 24 hours, which sends what hospitals send"""


@dataclass(frozen=True, slots=True)
class Course:
    """How the stay that a message belongs to has gone so far, by the messages known before it: when the addressee had
    each, or when it happened. What was refused or cancelled never was.

    `ready` is the notice of readiness in force; `answered` the first answer to it; `reported` the discharge report,
    also one that is under way; `informed` when the newest Helseopplysninger was made.
    """

    admitted: Moment | date | None = None
    admission_told: Moment | None = None
    early_notice: Moment | None = None
    ready: Moment | None = None
    answered: Moment | None = None
    left: Moment | date | None = None
    left_told: Moment | None = None
    died: Moment | date | None = None
    reported: Moment | None = None
    informed: Moment | None = None


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long after its cause a message is late. The 24 hours of the reports are national, the others local."""

    admitted: timedelta = timedelta(hours=24)
    withdrawn: timedelta = timedelta(hours=24)
    answered: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around a message; None where nothing is. `patient` tells its patient apart, as in `Earlier`."""

    patient: str = ""
    earlier: Earlier | None = None
    sender: Known | None = None
    receiver: Known | None = None
    action: str = ""
    """eb:Action of the envelope that brought the message; empty when sending, where it is made from the type"""
    contradicted: bool = False
    """whether `action` and the message's type are both known ones, and no message of the envelope is of that action"""
    course: Course | None = None
    now: datetime | None = None
    deadlines: Deadlines = Deadlines()
    stay_course: StayCourse = StayCourse.WARN


Check = Callable[[Reading, Surroundings], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: its consequences here, and its check. Text and source are those of its row in `RULES`."""

    id: str
    send: Consequence | None
    receive: Consequence | None
    check: Check
