"""Who sends and receives, as a register knows it: a communication party and the organisation it belongs to.

Service-based addressing (HIS 1153-1, `msghead.md` §9.1) names every party on two levels. A party is a service, or a
person such as a GP, who is written in another element (AD2.7, AD2.8).
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.messages.codes import IdType
from adapter.messages.head import Participant
from adapter.messages.parties import Ident, Organisation, Person, Professional
from adapter.values import HerId


@dataclass(frozen=True, slots=True)
class PersonName:
    """The name of a party that is a person."""

    family: str
    given: str


@dataclass(frozen=True, slots=True)
class Party:
    """A communication party: HER-ids and names on both levels; an empty organisation number is not sent."""

    her: HerId
    name: str | PersonName
    organisation_her: HerId
    organisation_name: str
    organisation_number: str = ""

    def participant(self) -> Participant:
        """The party as the head of a message writes it."""
        idents = [_her(self.organisation_her)]
        if self.organisation_number:
            idents.append(Ident(self.organisation_number, IdType.ENH.of_organisation()))
        unit = professional = None
        if isinstance(self.name, PersonName):
            by_person = Ident(self.her.value, IdType.HER.of_person())
            professional = Professional(Person(self.name.family, None, self.name.given, idents=(by_person,)))
        else:
            unit = Organisation(self.name, idents=(_her(self.her),))
        return Participant(
            Organisation(self.organisation_name, idents=tuple(idents), unit=unit, professional=professional)
        )


def _her(her: HerId) -> Ident:
    return Ident(her.value, IdType.HER.of_organisation())
