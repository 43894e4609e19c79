"""What only store and partner directory can tell of a message: rules on the messages before it and on its parties.

These rules have their rows with all others (`Needs.STORE`, `Needs.REGISTER`), but the document alone does not show
whether they are kept. Who has a store and a directory says in `Surroundings` what they know, and asks here. Nothing
known breaks no rule but LK-006: where the message before is not there, the reference is accepted and shown unlinked,
and an answer is looked at by a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapter.messages.dialog import Dialog
from adapter.messages.findings import Finding
from adapter.messages.kinds import Family
from adapter.messages.readiness import is_answer
from adapter.messages.reading import Reading
from adapter.messages.rules import BY_ID, compared, course
from adapter.messages.rules.known import OwnReceipt, Row, Surroundings
from adapter.messages.rules.places import in_info
from adapter.messages.rules.rule import Consequence, Fault, Side
from adapter.values import MsgId

_BLOCK, _WARN, _MANUAL, _PARK = Consequence.BLOCK, Consequence.WARN, Consequence.MANUAL, Consequence.PARK


def judge_surroundings(reading: Reading, known: Surroundings, side: Side) -> tuple[Finding, ...]:
    """What the rules have to say about a message among what is known around it; never raises."""
    found = []
    for row in ROWS:
        consequence = row.send if side is Side.SEND else row.receive
        if consequence is None:
            continue
        for fault in row.check(reading, known):
            of_this = fault.send if side is Side.SEND else fault.receive
            finding = BY_ID[row.id].told(fault, of_this or consequence)
            if finding is not None:
                found.append(finding)
    return tuple(found)


# ── the messages before ─────────────────────────────────────────────────────────────────────────────────────────────


def _link(reading: Reading) -> tuple[MsgId | None, MsgId | None]:
    link = reading.parts.conversation
    return (None, None) if link is None else (link.parent, link.conversation)


def _dialogue(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """RefToConversation is the first message of the dialogue that RefToParent belongs to.

    A dialogue about a message starts at that message (HITS 1218 §3.4), whatever that one belongs to.
    """
    parent, first = _link(reading)
    earlier = known.earlier
    if earlier is None or parent is None or not _alike(parent, earlier.msg_id):
        return
    starts_here = isinstance(reading.message, Dialog) and reading.type != "DIALOG_SVAR"
    if first is not None and starts_here and _alike(first, parent):
        return
    if first is not None and not _alike(first, earlier.first):
        says = "RefToConversation is not the first message of the dialogue that RefToParent belongs to; write that one"
        yield Fault(says, in_info(reading, "ConversationRef", "RefToConversation"))


def _unknown_original(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """An answer or a deviation about nothing that is known here is for a person (PL-079, PL-080, PL-084)."""
    message = reading.message
    if known.earlier is not None or _link(reading) == (None, None) or not isinstance(message, Dialog):
        return
    if _answers(reading):
        says = "the message that this one answers is not known here; see which one it means"
        yield Fault(says, in_info(reading, "ConversationRef"))


def _answers(reading: Reading) -> bool:
    """Whether a message means nothing without the one it answers: it is for a person where it cannot be linked."""
    message = reading.message
    return isinstance(message, Dialog) and (reading.type in {"DIALOG_SVAR", "DIALOG_AVVIK"} or is_answer(message))


def _of_others(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """The message is then not linked but shown by itself, and never applied to what it names; an answer to nothing is
    for a person (PL-079, PL-080, PL-084)."""
    earlier, place = known.earlier, in_info(reading, "ConversationRef")
    if earlier is None:
        return
    alone = _MANUAL if _answers(reading) else None
    if earlier.patient and known.patient and earlier.patient != known.patient:
        yield Fault("the message referred to is about another patient; see which one is meant", place, receive=alone)
    if not earlier.same_pair:
        says = "the message referred to went between other organisations; see which one is meant"
        yield Fault(says, place, receive=alone)


def _same_message(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """Type, patient, sender and receiver organisation of a change or cancellation are those of what it acts on."""
    earlier, head = known.earlier, reading.head
    if earlier is None or head is None or reading.status not in {"M", "C", "O"}:
        return
    place = in_info(reading, "ConversationRef")
    if earlier.patient and known.patient and earlier.patient != known.patient:
        says = "a change or cancellation is about another patient than the message it names; correct the reference"
        yield Fault(says, place, receive=_MANUAL)
    for differs, what in (
        (reading.type != earlier.type, "of another type"),
        (head.sender.organisation_her != earlier.sender.organisation_her, "from another sender"),
        (head.receiver.organisation_her != earlier.receiver.organisation_her, "to another receiver"),
    ):
        if differs:
            yield Fault(
                f"a change or cancellation is {what} than the message it names; correct the one or the other", place
            )


def _own_message(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """Nobody changes or cancels what somebody else has said."""
    if reading.status not in {"M", "C", "O"} or _link(reading) == (None, None):
        return
    place = in_info(reading, "ConversationRef")
    if known.earlier is None:
        yield Fault(
            "the message that is changed or cancelled is not known here; check the reference", place, send=_WARN
        )
    elif not known.earlier.from_sender:
        yield Fault(
            "a change or cancellation names a message that its sender has not sent; correct the reference", place
        )


def _not_after_cancellation(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """A cancellation takes back the first message and all changes of it."""
    if known.earlier is not None and known.earlier.cancelled and reading.status in {"M", "O"}:
        yield Fault("the dialogue was cancelled; send a new message", in_info(reading, "ConversationRef"))


def _answer_to_sender(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """An answer or a deviation goes to the party that the message answered came from, not to another of its house."""
    head, earlier = reading.head, known.earlier
    if earlier is None or head is None or earlier.from_sender:
        return
    asked = earlier.sender.party_her
    if _answers(reading) and asked is not None and head.receiver.party_her != asked:
        yield Fault(
            "the answer goes to another party than the one that sent the message it answers; address that one",
            in_info(reading, "Receiver"),
        )


def _deviation_after_receipt(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """Where the AppRec is still to be given, it says what is wrong. Of a negative one that was a mistake the sender may
    be told by a deviation too (HITS 1168 §5.1), so after one it is only warned of. The message that is wrong is the one
    that RefToParent names; where that is not known here, nothing follows from another one of its dialogue.
    """
    earlier, parent, place = known.earlier, _link(reading)[0], in_info(reading, "ConversationRef")
    if earlier is None or earlier.from_sender or reading.type != "DIALOG_AVVIK":
        return
    if parent is None or not _alike(parent, earlier.msg_id):
        return
    if earlier.receipt is OwnReceipt.OWED:
        yield Fault("the message has no AppRec yet; take or reject it, and write of what comes to light later", place)
    elif earlier.receipt is OwnReceipt.NEGATIVE:
        says = "the message was refused by AppRec; its sender knows, unless the refusal was a mistake"
        yield Fault(says, place, send=_WARN)


def _alike(one: MsgId, other: MsgId) -> bool:
    return one.value.casefold() == other.value.casefold()


def _type_is_action(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """The envelope says what is in it; what says two things, and both are known, is held until a person decides."""
    if known.action and reading.type is not None and known.action != reading.type:
        says = "MsgInfo/Type is not the eb:Action of the envelope"
        yield Fault(says, in_info(reading, "Type"), receive=None if known.contradicted else _WARN)


# ── the parties ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _belongs(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """The two HER-ids of a receiver belong together."""
    head = reading.head
    if head is None or known.receiver is None or head.receiver.organisation_her is None:
        return
    if head.receiver.organisation_her != known.receiver.organisation_her:
        yield Fault(
            "the receiving party belongs to another organisation; correct the HER-id of one level",
            in_info(reading, "Receiver", "Organisation"),
        )


def _named(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """Never a reason to refuse."""
    organisation = reading.head.receiver.organisation if reading.head is not None else None
    if organisation is None or organisation.name is None or known.receiver is None:
        return
    if organisation.name.casefold() != known.receiver.organisation_name.casefold():
        says = "the receiving organisation has another name in the partner directory; write that name"
        yield Fault(says, in_info(reading, "Receiver", "Organisation", "OrganisationName"))


def _death_outside_hospital(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """A death in hospital is told by LOG_UTSKREVET."""
    roles = {party.role for party in (known.sender, known.receiver) if party is not None}
    if reading.type == "LOG_DOD" and "hospital" in roles:
        yield Fault(
            "LOG_DOD goes between municipality and GP; a hospital sends LOG_UTSKREVET", in_info(reading, "Type")
        )


_FROM_BEDS: Final = frozenset({"LOG_INNLAGT", "LOG_UTSKRIVNINGSKLAR", "LOG_AVMELDING", "LOG_UTSKREVET"})


def _from_beds(reading: Reading, known: Surroundings) -> Iterator[Fault]:
    """Only who has admitted a patient tells of admission, readiness and discharge, and tells a municipality."""
    if reading.kind is None or reading.kind.family is not Family.LOGISTICS or reading.type not in _FROM_BEDS:
        return
    if known.sender is not None and known.sender.role == "municipality" and not known.sender.has_beds:
        yield Fault(
            "the message comes from a unit that has no beds; another message is meant, or sender_type is wrong",
            in_info(reading, "Sender"),
        )
    if known.receiver is not None and known.receiver.role == "hospital":
        yield Fault("the message goes to a hospital; address the municipality", in_info(reading, "Receiver"))


ROWS: Final[tuple[Row, ...]] = (
    Row("AD-005", _BLOCK, None, _belongs),
    Row("AD-013", _WARN, None, _named),
    Row("AD-017", _BLOCK, _WARN, _answer_to_sender),
    Row("LK-004", _BLOCK, _WARN, _dialogue),
    Row("LK-006", None, _MANUAL, _unknown_original),
    Row("LK-007", _WARN, _WARN, _of_others),
    Row("LK-010", _BLOCK, _WARN, _own_message),
    Row("LK-015", _BLOCK, None, _deviation_after_receipt),
    Row("MH-010", None, _PARK, _type_is_action),
    Row("PL-045", _BLOCK, _WARN, _same_message),
    Row("PL-046", _BLOCK, _MANUAL, _not_after_cancellation),
    Row("PL-055", _BLOCK, _WARN, _death_outside_hospital),
    Row("PL-056", _BLOCK, _WARN, _from_beds),
    *compared.ROWS,
    *course.ROWS,
)
"""The rules that run where store, directory and clock are: id, consequence when sending and when receiving, check."""

PARKING: Final = frozenset(row.id for row in ROWS if row.receive is _PARK)
"""The rules that hold a message for a person, where they are found as errors."""
