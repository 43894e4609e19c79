"""What is decided where the sources contradict each other: each once, with the recommended value, open to agreement.

`plo.md` §0.2 (X-1 to X-21) and `apprec.md` §5.7 (A-1, A-2) list the contradictions. `Choices` holds those that are a
matter of conduct, as the section `[choices]` of the configuration sets them. `CONTRADICTIONS` says of every one what
was decided, and where the other side can be had; what only one side of the schema accepts is no matter of choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from adapter.values import HerId


class Happened(StrEnum):
    """X-1: the `Anslag` of a time that has come (admitted, withdrawn, discharged, dead)."""

    DECIDED = "false"
    """HIS 80704 §13.2.7: true is an estimate, false what is decided or has happened"""
    FINAL = "true"
    """HIS 1149 §3: true because the time is final"""


class ReadyEstimate(StrEnum):
    """X-2: when the `Anslag` of a ready time is true."""

    WHEN_ANNOUNCED = "when_announced"
    """while the time still lies ahead"""
    ALWAYS = "always"
    """as in every official example"""


class LogisticsChange(StrEnum):
    """X-5: whether a logistics message may be sent as a change."""

    REFUSE = "refuse"
    """HISD 1154 §3.1: it is cancelled and sent anew"""
    SEND = "send"
    """as the acceptance test for senders asks"""


class Unreferenced(StrEnum):
    """X-6: what a received cancellation or correction that names no message does."""

    MATCH = "match"
    """it acts on the one message with the same type, patient, hospital and events, if there is exactly one"""
    PERSON = "person"
    """it always waits for a person"""


class Unlinked(StrEnum):
    """X-7: sending a withdrawal or discharge that does not name the message before it."""

    WARN = "warn"
    """as the official examples do"""
    REFUSE = "refuse"
    """HIS 80704 §4.1.1: from the second message of a dialog on"""


class ForeignAddress(StrEnum):
    """A-1: an envelope to us with a message addressed to another organisation."""

    SILENT = "silent"
    """HITS 1168 §5.3: no AppRec; the operator is told"""
    REFUSE = "refuse"
    """test case 22: a negative AppRec, E21"""


class MissingHer(StrEnum):
    """A-2: a receiver of ours that lacks the HER-id of one level."""

    REFUSE = "refuse"
    """test cases 17 and 18: a negative AppRec, E21"""
    ACCEPT = "accept"
    """HIS 80415:2012 §3.3.4: a receiver that can use the message may take it"""


class UnknownService(StrEnum):
    """AR-040: our organisation is addressed, and the service is not known here."""

    ACCEPT = "accept"
    """imported for manual distribution"""
    REFUSE = "refuse"
    """a negative AppRec, E21"""


class StayCourse(StrEnum):
    """PL-049 to PL-052: sending what does not fit the course of its stay as far as it is known here."""

    WARN = "warn"
    """it is sent: a message that went past the adapter, or is under way, is not known here"""
    REFUSE = "refuse"
    """as the rules say; for a site that sends everything of a stay through the adapter"""


@dataclass(frozen=True, slots=True)
class Choices:
    """One decision for each contradiction that conduct can decide; the defaults are what the handbook recommends.

    `takes_event_5` are the communication parties that take event 5 for an expected ready date (X-3); all others get
    event 3 as an estimate.
    """

    happened: Happened = Happened.DECIDED
    ready_estimate: ReadyEstimate = ReadyEstimate.WHEN_ANNOUNCED
    takes_event_5: frozenset[HerId] = frozenset()
    logistics_change: LogisticsChange = LogisticsChange.REFUSE
    unreferenced: Unreferenced = Unreferenced.MATCH
    unlinked: Unlinked = Unlinked.WARN
    foreign_address: ForeignAddress = ForeignAddress.SILENT
    missing_her: MissingHer = MissingHer.REFUSE
    unknown_service: UnknownService = UnknownService.ACCEPT
    stay_course: StayCourse = StayCourse.WARN


RECOMMENDED: Final = Choices()


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One contradiction: what it is about, what was decided, and the key that decides otherwise.

    `key` is a key of `[choices]`, another key of the configuration or of a partner file, or empty where there is
    nothing to choose; `why` then says why.
    """

    id: str
    about: str
    decided: str
    key: str = ""
    why: str = ""


_SCHEMA: Final = "the schema accepts one side only"
_PROOF: Final = "facts are made again from the messages by whoever verifies a package, so they have one meaning"

CONTRADICTIONS: Final[tuple[Contradiction, ...]] = (
    Contradiction(
        "X-1",
        "Anslag of what has happened",
        "false is sent; true is read as final; Anslag never decides payment",
        "choices.happened",
    ),
    Contradiction(
        "X-2",
        "Anslag of a ready time",
        "both are read; true is sent for a time that lies ahead",
        "choices.ready_estimate",
    ),
    Contradiction(
        "X-3",
        "event of the expected ready date",
        "3 and 5 are read; 3 as an estimate is sent",
        "choices.takes_event_5",
    ),
    Contradiction(
        "X-4", "status codes beside N, M, C", "never sent; O is read as M, all others go to a person", why=_PROOF
    ),
    Contradiction(
        "X-5",
        "a changed logistics message",
        "never sent; received it goes to a person, and its content replaces that of the message it names",
        "choices.logistics_change",
    ),
    Contradiction(
        "X-6",
        "a cancellation without reference",
        "matched on type, patient, hospital and events where exactly one message fits",
        "choices.unreferenced",
    ),
    Contradiction(
        "X-7",
        "references between new messages",
        "ours have one; a message without it is warned of when sent and matched when received",
        "choices.unlinked",
    ),
    Contradiction("X-8", "the element of the destination", "UtskrevetTil/UtTil beside the event", why=_SCHEMA),
    Contradiction(
        "X-9",
        "the event of the discharge message",
        "code 2, the discharge",
        why="the profile and every example agree against one sentence of the standard",
    ),
    Contradiction(
        "X-10",
        "the service that gets the readiness message",
        "the address of the message decides when sending; any service of ours takes it",
        "choices.unknown_service",
    ),
    Contradiction(
        "X-11", "namespace of Helseopplysninger 1.6", ".../HelseopplysningerVedSoknad/2012-04-01", why=_SCHEMA
    ),
    Contradiction("X-12", "root of Helseopplysninger til lege", "Konsultasjon", why=_SCHEMA),
    Contradiction("X-13", "InfoKontaktepisode", "not part of the message", why=_SCHEMA),
    Contradiction("X-14", "cardinalities of standard and schema", "those of the schema", why=_SCHEMA),
    Contradiction("X-15", "a contact person without identifier", "our builders always write one", why=_SCHEMA),
    Contradiction(
        "X-16",
        "the message of the municipality's answer",
        "both forms are read; DIALOG_HELSEFAGLIG is sent",
        "answer_form of the partner file",
    ),
    Contradiction(
        "X-17", "spelling of dialog types", "that of list 8279", why="another spelling is no code of the list (MH-008)"
    ),
    Contradiction("X-18", "OtherReceiver/Person of the head", "the published schema", "schemas.path"),
    Contradiction("X-19", "namespaces of 2.0", "http://ehelse.no/xmlstds/po/...", why=_SCHEMA),
    Contradiction("X-20", "list of RolleNotat", "9057", why="the other number is a misprint of an example"),
    Contradiction(
        "X-21",
        "lists of events and destinations in 1.5",
        "9121 and 8408 are sent; 9131 and 7300 are tolerated in 1.5",
        why="the change note of 1.5 calls the others errors",
    ),
    Contradiction(
        "A-1",
        "an envelope to us, the message to another organisation",
        "no AppRec; the operator is told",
        "choices.foreign_address",
    ),
    Contradiction(
        "A-2",
        "a receiver without HER-id on one level",
        "E21 where the organisation can be told to be ours, otherwise none",
        "choices.missing_her",
    ),
    Contradiction(
        "AR-040",
        "a service that is not known here",
        "imported for manual distribution",
        "choices.unknown_service",
    ),
    Contradiction(
        "PL-049",
        "a message against the course of its stay (PL-049 to PL-052)",
        "sent with a warning; received it goes to a person",
        "choices.stay_course",
    ),
)
"""Every contradiction of the sources, in the order of the handbook."""
