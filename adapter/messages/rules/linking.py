"""Whether a message is linked to the ones before it: LK-001 to LK-024, PL-041 to PL-048 (`msghead.md` §10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapter.messages.choices import Unlinked
from adapter.messages.dialog import Dialog
from adapter.messages.namespaces import MH
from adapter.messages.reading import Reading
from adapter.messages.rules.places import in_info
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope

BOOK: Final = RuleBook(Scope.HEAD)
_BLOCK, _WARN, _MANUAL = Consequence.BLOCK, Consequence.WARN, Consequence.MANUAL

_LINKED_USES: Final = frozenset({"LOG_AVMELDING", "LOG_UTSKREVET"})
_ANSWERS: Final = frozenset({"DIALOG_SVAR"})


def has_reference(reading: Reading) -> bool:
    return reading.parts.conversation is not None


BOOK.elsewhere(Needs.STORE, "LK-001", "The first message of a dialogue has no ConversationRef", "HITS 1218 §3.3")


@BOOK.rule(
    "LK-002",
    "ConversationRef has both fields, as GUIDs",
    "HITS 1218 §3.3",
    send=_BLOCK,
    receive=_WARN,
    about=(MH + "ConversationRef",),
)
def reference_whole(reading: Reading, _: Context) -> Iterator[Fault]:
    """A single field fails in the schema; an empty or strange one is found here."""
    link = reading.parts.conversation
    if link is None:
        return
    if any(id_ is None or not id_.is_guid for id_ in (link.parent, link.conversation)):
        yield Fault(
            "RefToParent or RefToConversation is no MsgId; write the GUIDs of the messages referred to",
            in_info(reading, "ConversationRef"),
        )


BOOK.elsewhere(Needs.STORE, "LK-003", "In the second message both fields are the MsgId of the first", "HITS 1218 §3.3")
BOOK.elsewhere(Needs.STORE, "LK-004", "Later: the first of the dialogue, and the previous one", "HITS 1218 §3.3")


@BOOK.rule(
    "LK-005",
    "The second and later messages of a dialogue have a ConversationRef",
    "HIS 80704:2014 §4.1.1",
    send=_WARN,
)
def later_messages_linked(reading: Reading, context: Context) -> Iterator[Fault]:
    """The document does not show that it is no. 2, and official examples lack it; what cannot stand alone must say.

    A site can choose to refuse it all the same (`plo.md` X-7).
    """
    if has_reference(reading):
        return
    if reading.type in _LINKED_USES and reading.status not in {"M", "C"}:
        says = "the message acts on an earlier one and does not name it; write ConversationRef"
        yield Fault(says, in_info(reading), send=_BLOCK if context.choices.unlinked is Unlinked.REFUSE else None)
    elif reading.type in _ANSWERS:
        yield Fault("the answer does not name the question; write ConversationRef", in_info(reading), send=_BLOCK)


BOOK.elsewhere(Needs.STORE, "LK-006", "A reference that cannot be resolved is accepted and shown unlinked", "own rule")
BOOK.elsewhere(Needs.STORE, "LK-007", "A reference to another pair or patient is not linked", "own rule")
BOOK.judged_as(("PL-040",), "LK-008", "Change and cancellation only for the types allowed", "HISD 1154 §3.1")
BOOK.elsewhere(Needs.STORE, "LK-009", "A change carries the complete content", "HISD 1154 §3")
BOOK.elsewhere(Needs.STORE, "LK-010", "Change and cancellation refer to a message of our own", "HISD 1154 §4")
BOOK.elsewhere(Needs.STORE, "LK-011", "They apply to the original and all later versions", "HISD 1154 §4")
BOOK.judged_as(("PL-039",), "LK-012", "No status A or H", "HISD 1154 §2")


@BOOK.rule(
    "LK-013",
    "DIALOG_AVVIK has a ConversationRef",
    "HIS 1151 §4.2.1",
    send=_BLOCK,
    receive=_WARN,
    scope=Scope.DIALOG,
)
def deviation_linked(reading: Reading, _: Context) -> Iterator[Fault]:
    """It is about a message received, and says which."""
    if reading.type == "DIALOG_AVVIK" and not has_reference(reading):
        yield Fault("the deviation does not name the faulty message; write ConversationRef", in_info(reading))


@BOOK.rule(
    "LK-014",
    "DIALOG_AVVIK is a note with theme 8117 and text only",
    "HIS 1151 §4.3",
    send=_BLOCK,
    receive=_WARN,
    scope=Scope.DIALOG,
)
def deviation_form(reading: Reading, _: Context) -> Iterator[Fault]:
    """Version 1.0 is MH-009's; roles stand even in an official example and are only told."""
    message = reading.message
    if reading.type != "DIALOG_AVVIK" or not isinstance(message, Dialog):
        return
    if len(message.notes) != 1 or message.questions:
        yield Fault("a deviation is not one note; write one Notat and nothing else", reading.payload)
        return
    note = message.notes[0]
    if note.theme_code is None or note.theme_code.list != "8117" or note.text is None:
        yield Fault(
            "the note of a deviation lacks theme or text; write TemaKodet from list 8117 and TekstNotatInnhold",
            reading.payload,
        )
    if note.roles or note.question is not None or note.theme is not None:
        yield Fault(
            "the note of a deviation has more than theme and text; leave the rest out", reading.payload, send=_WARN
        )


BOOK.elsewhere(Needs.STORE, "LK-015", "A deviation only on a message answered positively", "HIS 1151 §1")
BOOK.elsewhere(Needs.STORE, "LK-016", "An answer to one of several questions names it", "HIS 80601; HIS 80603")
BOOK.elsewhere(Needs.STORE, "LK-017", "A dialogue about a message starts at that message", "HITS 1218 §3.4")
BOOK.elsewhere(Needs.ENVELOPE, "LK-018", "Ids of the envelope are never used as references", "HIS 80601 §5")
BOOK.elsewhere(Needs.STORE, "LK-019", "Nothing is matched on a name alone", "own rule")
BOOK.elsewhere(Needs.STORE, "LK-020", "Without reference: patient, sender and admission time", "own rule")
BOOK.judged_as(
    ("LK-005", "PL-041", "PL-079", "PL-080", "PL-082", "LK-013"),
    "LK-021",
    "Every message that relates to another carries ConversationRef",
    "HITS 1218 §3",
)
BOOK.elsewhere(Needs.STORE, "LK-022", "An epikrise names its referral", "HITS 1218 §3.1")
BOOK.elsewhere(Needs.STORE, "LK-023", "A report names its requisition", "HITS 1218 §3.2")
BOOK.elsewhere(Needs.STORE, "LK-024", "All messages of a dialogue can be shown as one tree", "HITS 1218 §2.1")


@BOOK.rule(
    "PL-041",
    "A change or cancellation has a ConversationRef",
    "HISD 1154 §4.2; HIS 80704:2014 §4.1.1",
    send=_BLOCK,
    receive=_MANUAL,
    scope=Scope.PLO,
)
def change_linked(reading: Reading, _: Context) -> Iterator[Fault]:
    """Received without it, a match is tried (`plo.md` X-6)."""
    if reading.status in {"M", "C"} and not has_reference(reading):
        yield Fault(
            "a change or cancellation does not name the message it is about; write ConversationRef", in_info(reading)
        )


BOOK.elsewhere(Needs.STORE, "PL-042", "RefToConversation the first message, RefToParent the previous", "HISD 1154 §4.2")
BOOK.elsewhere(Needs.STORE, "PL-043", "A new message that opens a dialog has no ConversationRef", "HIS 80601")
BOOK.elsewhere(Needs.STORE, "PL-044", "A change carries the complete content", "HISD 1154 ch. 3")
BOOK.elsewhere(Needs.STORE, "PL-045", "A change keeps type, patient, sender and receiver", "HISD 1154 ch. 4")
BOOK.elsewhere(Needs.STORE, "PL-046", "A cancellation ends the dialog; a later change is an error", "HISD 1154 ch. 4")
BOOK.elsewhere(Needs.STORE, "PL-047", "A change before its predecessor is kept until that arrives", "AT-M 22")
BOOK.judged_as(
    ("LK-005", "PL-079", "PL-080"), "PL-048", "Answer, withdrawal and discharge name the message", "GUIDE §9.4"
)
