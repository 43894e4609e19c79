"""What stays come to: the newest first, and one of them with its picture and its reasons.

A stay is addressed by the number of a fact of it and its key: both say nothing about the patient, and the stay is
found without going through the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from adapter.api.operation import Model
from adapter.api.pages.screen import Picture, Screen, Shown, Visit
from adapter.config import Scope
from adapter.errors import STAY_UNKNOWN, AdapterError
from adapter.liability.explain import explained
from adapter.liability.ledger import Row
from adapter.liability.picture import picture
from adapter.liability.readings import Readings
from adapter.service.access import Did
from adapter.service.accounts import KnownStay, find_stay, readings_of, rows_about, stays_about
from adapter.service.terms import Whose
from adapter.store.port import Subject
from adapter.values import HerId

PAGE = 20
"""Patients on a page; nearly all have one stay."""


class StaysQuery(Model):
    """Where the list goes on."""

    before: Annotated[int | None, Field(ge=1)] = None


@dataclass(frozen=True, slots=True)
class Line:
    """One stay in the list; `seq` is the number of the newest fact about its patient."""

    seq: int
    row: Row
    hospital: str
    municipality: str


def organisations(visit: Visit) -> tuple[HerId, ...]:
    """The organisations (level 1) of the caller's parties; empty where it acts for all."""
    parties = visit.call.caller.parties
    if not parties:
        return ()
    own = {party.organisation.her for party in visit.call.installation.settings.party if party.her in parties}
    # Who acts for parties that are none of ours sees nothing, and not everything.
    return tuple(sorted(own)) or tuple(sorted(parties))


def _list(visit: Visit) -> Shown:
    installation, before = visit.call.installation, visit.call.asked(StaysQuery).before
    own = organisations(visit)
    found = installation.store.read_now(lambda reader: reader.recent_subjects(before, PAGE + 1, own))
    newest = {_known_as(one.subject): one.seq for one in found[:PAGE]}
    decided = rows_about(
        installation.settings,
        installation.in_force.terms,
        installation.store,
        [one.subject for one in found[:PAGE]],
        visit.now,
        None,
        date.min,
        date.max,
    )
    lines = [
        Line(newest[whose], row, _name(visit, whose.hospital), _name(visit, whose.municipality))
        for whose, row in decided
    ]
    visit.call.audit(Did.LEDGER_READ)
    following = found[PAGE - 1].seq if len(found) > PAGE else None
    return Shown("stays.html", {"lines": lines, "following": following})


def _known_as(subject: Subject) -> Whose:
    return Whose(subject.patient.value, subject.hospital, subject.municipality)


def _name(visit: Visit, her: HerId | None) -> str:
    """An organisation (level 1) by its name, where a party of it is known."""
    if her is None:
        return "–"
    installation = visit.call.installation
    for party in installation.settings.party:
        if party.organisation.her == her:
            return party.organisation.name
    for known in installation.partners.hers():
        listed = installation.partners.listed_as(known)
        if listed is not None and listed.organisation_her == her:
            return listed.organisation_name
    return f"HER-id {her}"


def _known(visit: Visit) -> KnownStay:
    """The stay that the address names. One of others is as if it were not there, and written down."""
    installation, path = visit.call.installation, visit.call.path
    seq = int(path["seq"]) if path["seq"].isascii() and path["seq"].isdigit() and len(path["seq"]) < 19 else 0
    subject = installation.store.read_now(lambda reader: reader.subject_of(seq))
    if subject is None:
        raise AdapterError(STAY_UNKNOWN, "0 stays match")
    if not visit.call.caller.may_see_stay(installation.settings, subject.hospital, subject.municipality):
        visit.call.refuse(Did.STAY_READ, path["stay"] if path["stay"].startswith("stay-") else "")
        raise AdapterError(STAY_UNKNOWN, "0 stays match")
    found = find_stay(tuple(stays_about(installation.store, subject)), path["stay"])
    visit.call.audit(Did.STAY_READ, found.stay.key)
    return found


def _read(visit: Visit, known: KnownStay) -> Readings:
    installation = visit.call.installation
    return readings_of(installation.settings, installation.in_force.terms, known, visit.now)


def _one(visit: Visit) -> Shown:
    known = _known(visit)
    readings = _read(visit, known)
    filling = {
        "stay": known.stay.key,
        "seq": visit.call.path["seq"],
        "hospital": _name(visit, known.whose.hospital),
        "municipality": _name(visit, known.whose.municipality),
        "decision": readings.agreement,
        "sentences": explained(readings, visit.language),
    }
    return Shown("stay.html", filling)


def _picture(visit: Visit) -> Picture:
    known = _known(visit)
    return Picture(picture(known.stay.facts, _read(visit, known), visit.language))


SCREENS = (
    Screen("GET", "/stays", Scope.ECONOMY, _list, "menu.stays", StaysQuery),
    Screen("GET", "/stays/{seq}/{stay}", Scope.ECONOMY, _one),
    Screen("GET", "/stays/{seq}/{stay}/timeline.svg", Scope.ECONOMY, _picture),
)
