"""Whether a message is addressed on both levels and as the register wants it: AD-001 to AD-021, PL-013 to PL-015."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapter.errors import AppRecCode
from adapter.messages.codes import IdType
from adapter.messages.head import Participant
from adapter.messages.namespaces import MH
from adapter.messages.nodes import Node
from adapter.messages.parties import Ident, her_written
from adapter.messages.reading import IdentFlaw, Reading
from adapter.messages.rules.places import flawed_idents, in_info
from adapter.messages.rules.rule import Consequence, Context, Fault, Needs, RuleBook, Scope

BOOK: Final = RuleBook(Scope.HEAD)
_BLOCK, _NEGATIVE, _WARN = Consequence.BLOCK, Consequence.NEGATIVE, Consequence.WARN
_ACCEPT = Consequence.ACCEPT


_SENDER: Final = "Sender"
_HER: Final = IdType.HER


def _receivers(reading: Reading) -> list[tuple[str, Participant]]:
    """Every receiver that is an organisation, with the name of its element."""
    found = [("Receiver", reading.parts.receiver)]
    for other in reading.parts.other_receivers:
        if other.organisation is not None:
            found.append(("OtherReceiver", other.participant))
    return found


def _everyone(reading: Reading) -> list[tuple[str, Participant]]:
    return [(_SENDER, reading.parts.sender), *_receivers(reading)]


def _who(element: str) -> str:
    return "sender" if element == _SENDER else "receiver"


def _place(reading: Reading, element: str) -> Node | None:
    return in_info(reading, element, "Organisation")


def _idents(participant: Participant) -> tuple[Ident, ...]:
    """The identifiers of every level."""
    organisation = participant.organisation
    if organisation is None:
        return ()
    found = organisation.idents
    if organisation.unit is not None:
        found += organisation.unit.idents
    if organisation.professional is not None:
        found += organisation.professional.person.idents
    return found


BOOK.judged_as(("MH-019", "AD-009"), "AD-001", "Sender and every receiver have HER-ids on both levels", "AD2.2")


@BOOK.rule("AD-002", "A HER-id is digits only, positive, without leading zero", "HITS 1172", send=_BLOCK, receive=_WARN)
def her_written_well(reading: Reading, _: Context) -> Iterator[Fault]:
    """Leading zeros are read over; a form that is no number at all leaves the level without HER-id (AD-009)."""
    for element, participant in _everyone(reading):
        for ident in _idents(participant):
            if ident.is_a(_HER) and her_written(ident.id or "") is None:
                yield Fault(
                    f"a HER-id of the {_who(element)} is not digits without leading zero; write it so",
                    _place(reading, element),
                )
    yield from flawed_idents(reading, IdentFlaw.PADDED_HER)


BOOK.elsewhere(Needs.ENVELOPE, "AD-003", "The level-2 HER-id is the eb:PartyId", "AD2.1; HITS 1171 §5.2.1.2")
BOOK.elsewhere(Needs.ENVELOPE, "AD-004", "Exactly one HER-id per side in the envelope", "HITS 1172")
BOOK.elsewhere(Needs.REGISTER, "AD-005", "The party belongs to the organisation", "AD1.18, AD1.19")
BOOK.elsewhere(Needs.REGISTER, "AD-006", "The receiver is one of our organisations", "HITS 1168 §5.3")
BOOK.elsewhere(
    Needs.REGISTER,
    "AD-007",
    "The receiving service is registered with us",
    "HIS 80415:2012 §3.3.4",
    AppRecCode.RECEIVER_UNKNOWN,
)
BOOK.elsewhere(Needs.REGISTER, "AD-008", "The person addressed is known", "TC 19", AppRecCode.RECEIVER_UNKNOWN)


@BOOK.rule(
    "AD-009",
    "Every receiver has a HER-id on both levels",
    "TC 17, 18; HIS 80415:2012 §3.3.4",
    send=_BLOCK,
    receive=_NEGATIVE,
    code=AppRecCode.RECEIVER_UNKNOWN,
)
def receiver_addressed(reading: Reading, _: Context) -> Iterator[Fault]:
    """Receiving: whether one level is enough to go on is decided for each receiver of ours (`apprec.md` §5.7, A-2)."""
    for element, receiver in _receivers(reading):
        organisation, party = receiver.organisation_her, receiver.party_her
        if organisation is None and party is None:
            says = "a receiver has no HER-id; write those of organisation and communication party"
            yield Fault(says, _place(reading, element))
        elif organisation is None or party is None:
            level = "organisation" if organisation is None else "communication party"
            yield Fault(f"a receiver's {level} has no HER-id; write it", _place(reading, element), receive=_WARN)


BOOK.elsewhere(Needs.STORE, "AD-010", "Every own receiver in the message gets its own AppRec", "HIS 80415:2012 §3.2")
BOOK.elsewhere(Needs.REGISTER, "AD-011", "The sender is the party of the service it is sent from", "AD3.2")
BOOK.elsewhere(Needs.REGISTER, "AD-012", "The receiver serves the message type", "AD3.1; HIS 1144 to 1149")
BOOK.elsewhere(Needs.REGISTER, "AD-013", "Names are those of the register; never a reason to refuse", "AD2.3, AD2.4")


@BOOK.rule(
    "AD-014",
    "A service stands in a nested Organisation, a person in HealthcareProfessional",
    "AD2.7, AD2.8",
    send=_BLOCK,
    receive=_ACCEPT,
)
def person_under_organisation(reading: Reading, _: Context) -> Iterator[Fault]:
    """A person as party stands under level 1; under the service it is not the addressee."""
    for element, participant in _everyone(reading):
        unit = participant.organisation.unit if participant.organisation is not None else None
        if unit is not None and unit.unit is not None:
            yield Fault(
                f"the {_who(element)} has more than two levels of organisation; name organisation and service alone",
                _place(reading, element),
            )


@BOOK.rule(
    "AD-015",
    "Not both a service and a person as party",
    "AD2.7, AD2.8; HITS 1168 §11.2",
    send=_BLOCK,
    receive=_WARN,
    about=(MH + "HealthcareProfessional",),
)
def service_or_person(reading: Reading, _: Context) -> Iterator[Fault]:
    """Received, the service is the addressee."""
    for element, participant in _everyone(reading):
        organisation = participant.organisation
        if organisation is not None and organisation.unit is not None and organisation.professional is not None:
            yield Fault(
                f"the {_who(element)} names both a service and a person; name the one that is addressed",
                _place(reading, element),
            )


BOOK.judged_as(("MH-036",), "AD-016", "S of a HER-id is 9051, or 8116 for a person; either is accepted", "HIS 1153-2")
BOOK.elsewhere(Needs.STORE, "AD-017", "Answers go to the sender party of the original", "HITS 1168 §6.1; HIS 1151 §3")
BOOK.elsewhere(Needs.REGISTER, "AD-018", "The receiver's CPP supports the type", "HIS 1037; HISD 1177")
BOOK.elsewhere(Needs.REGISTER, "AD-019", "The counterparty is active in the register", "AD1.4")
BOOK.elsewhere(Needs.ENVELOPE, "AD-020", "Service, Action and Role follow HISD 1209", "HISD 1209")
BOOK.elsewhere(Needs.CONDUCT, "AD-021", "All address information is mirrored in the AppRec", "HIS 80415:2012 §3.5")


def _names_missing(participant: Participant) -> bool:
    organisation = participant.organisation
    if organisation is None or organisation.name is None:
        return organisation is not None
    if organisation.unit is not None:
        return organisation.unit.name is None
    return organisation.professional is not None and organisation.professional.person.family_name is None


@BOOK.rule(
    "PL-013",
    "The sender has a name on both levels",
    "AT-S 20, 34, 35; HIS 80704:2014 §4.1.1",
    send=_BLOCK,
    receive=_WARN,
    scope=Scope.PLO,
)
def sender_named(reading: Reading, _: Context) -> Iterator[Fault]:
    """Identifiers are MH-019's; an empty organisation is MH-020's."""
    sender = reading.parts.sender
    if _names_missing(sender) and sender.party_her is not None:
        yield Fault(
            "the sender lacks a name of organisation or party; write both OrganisationName",
            in_info(reading, "Sender", "Organisation"),
        )


@BOOK.rule(
    "PL-014",
    "The receiver has a name on both levels",
    "AT-S 21, 34, 35; HIS 80415:2012 §3.3.4",
    send=_BLOCK,
    receive=_WARN,
    scope=Scope.PLO,
)
def receiver_named(reading: Reading, _: Context) -> Iterator[Fault]:
    """Identifiers are AD-009's."""
    for element, receiver in _receivers(reading):
        if _names_missing(receiver) and receiver.party_her is not None:
            yield Fault(
                "a receiver lacks a name of organisation or party; write both OrganisationName",
                _place(reading, element),
            )


BOOK.elsewhere(Needs.REGISTER, "PL-015", "The receiving service is known here", "AT-M 18")
