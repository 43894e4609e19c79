"""What the stays of a store come to: from the fact log to the ledger, recalculated every time it is asked.

The bill is never stored: it is a function of the facts, the policy, the rates and the time of evaluation (promise 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from adapter.config import Settings
from adapter.delivery.recorded import RecordedFact, best_proved
from adapter.errors import STAY_UNKNOWN, AdapterError
from adapter.liability import stays as partition
from adapter.liability.case import Case, Sector, SenderType
from adapter.liability.changes import Change, change
from adapter.liability.changes import Terms as ChangeTerms
from adapter.liability.ledger import Account, Ledger, Row, ledger, row_of
from adapter.liability.readings import Readings, read_both
from adapter.lookups import directory
from adapter.service.terms import Terms, Whose
from adapter.store.port import FactFilter, Store, Subject
from adapter.values import HerId, Moment

READ_AT_ONCE = 25
"""Patients whose facts are read in one go: a page of stays is one look at the log."""


@dataclass(frozen=True, slots=True)
class KnownStay:
    """One stay of the store."""

    stay: partition.Stay
    whose: Whose


@dataclass(frozen=True, slots=True)
class Institution:
    """What the configuration and the partner directory know of an organisation (level 1)."""

    name: str
    sector: Sector
    sender_type: SenderType


def stays_of(
    store: Store, municipality: HerId | None = None, hospital: HerId | None = None, known_at: datetime | None = None
) -> Iterator[KnownStay]:
    """The stays of a store one after the other, those of one municipality or hospital (level 1) if one is named.

    With `known_at` only from what was in the fact log by then; without it from everything. The facts of `READ_AT_ONCE`
    patients are in memory at a time.
    """
    subjects = store.read_now(lambda reader: reader.subjects(FactFilter(municipality=municipality, hospital=hospital)))
    return _stays_about_each(store, subjects, known_at)


def stays_about(store: Store, subject: Subject, known_at: datetime | None = None) -> Iterator[KnownStay]:
    """The stays of one patient in one hospital, as one municipality has them; `known_at` as in `stays_of`."""
    return _stays_about_each(store, (subject,), known_at)


def _stays_about_each(
    store: Store, subjects: Iterable[Subject], known_at: datetime | None = None
) -> Iterator[KnownStay]:
    """The stays of several patients, whose facts are read `READ_AT_ONCE` patients at a time."""
    every = iter(subjects)
    while some := tuple(islice(every, READ_AT_ONCE)):
        for subject, recorded in _told(store, some, known_at).items():
            yield from _stays_in(subject, recorded)


def _told(store: Store, subjects: tuple[Subject, ...], known_at: datetime | None) -> dict[Subject, list[RecordedFact]]:
    told: dict[Subject, list[RecordedFact]] = {subject: [] for subject in subjects}
    for one in store.read_now(lambda reader: reader.facts_about_any(subjects)):
        if known_at is None or one.recorded_at <= known_at:
            told[Subject(one.entry.patient, one.entry.hospital, one.entry.municipality)].append(one)
    return told


def _stays_in(subject: Subject, recorded: Iterable[RecordedFact]) -> Iterator[KnownStay]:
    given = [
        partition.StayFact(one.entry.fact, one.entry.admission, one.entry.references) for one in best_proved(recorded)
    ]
    whose = Whose(subject.patient.value, subject.hospital, subject.municipality)
    for stay in partition.stays(whose.patient, whose.hospital.value, given):
        yield KnownStay(stay, whose)


def known_stays(
    store: Store, municipality: HerId | None = None, hospital: HerId | None = None, known_at: datetime | None = None
) -> tuple[KnownStay, ...]:
    """All that `stays_of` gives, in the order of their keys."""
    return tuple(sorted(stays_of(store, municipality, hospital, known_at), key=lambda known: known.stay.key))


def institutions(settings: Settings) -> Mapping[HerId, Institution]:
    """Every organisation (level 1) that the configuration and the partner directory name."""
    known: dict[HerId, Institution] = {}
    for partner in directory.load(settings.partners.folder, register=settings.address_register is not None).listed:
        institution = Institution(partner.organisation_name, Sector(partner.sector), SenderType(partner.sender_type))
        known.setdefault(partner.organisation_her, institution)
    ours: dict[HerId, Institution] = {}
    for party in settings.party:
        institution = Institution(party.organisation.name, Sector(party.sector), SenderType(party.sender_type))
        ours.setdefault(party.organisation.her, institution)
    return known | ours


def case_of(settings: Settings, known: KnownStay) -> Case:
    """The case of a stay: its facts, and the sector and kind of the hospital as the configuration knows them."""
    return case_in(institutions(settings), known)


def case_in(known_institutions: Mapping[HerId, Institution], known: KnownStay) -> Case:
    """The same, where the institutions have been looked up already."""
    hospital = known_institutions.get(known.whose.hospital)
    return Case(known.stay.facts) if hospital is None else Case(known.stay.facts, hospital.sector, hospital.sender_type)


def ledger_of(
    settings: Settings,
    in_force: Terms,
    stays: Iterable[KnownStay],
    as_of: datetime,
    first: date = date.min,
    last: date = date.max,
) -> Ledger:
    """Decide every stay."""
    known_institutions, at = institutions(settings), Moment.at(as_of)

    def account(known: KnownStay) -> Account:
        case = case_in(known_institutions, known)
        return in_force.account(known.stay.key, known.whose, case, at)

    return ledger(map(account, stays), in_force.baseline, in_force.rates, at, first, last)


def rows_about(
    settings: Settings,
    in_force: Terms,
    store: Store,
    subjects: Iterable[Subject],
    as_of: datetime,
    known_at: datetime | None,
    first: date,
    last: date,
) -> Iterator[tuple[Whose, Row]]:
    """Decide the stays of these patients, one after the other; `known_at` as in `stays_of`."""
    known_institutions, at = institutions(settings), Moment.at(as_of)
    for known in _stays_about_each(store, subjects, known_at):
        case = case_in(known_institutions, known)
        account = in_force.account(known.stay.key, known.whose, case, at)
        yield known.whose, row_of(account, in_force.baseline, in_force.rates, at, first, last)


def readings_of(settings: Settings, in_force: Terms, known: KnownStay, as_of: datetime) -> Readings:
    """Both readings of one stay."""
    case, at = case_of(settings, known), Moment.at(as_of)
    profile = in_force.profile_for(known.whose, case, at)
    return read_both(case, profile, in_force.baseline, in_force.rates, at)


def change_since(
    settings: Settings, in_force: Terms, store: Store, known: KnownStay, then: datetime, now: datetime
) -> Change:
    """What has changed in the decision of a stay since then: by what the store has learnt, and by the passing of time.

    A late admission gives a stay another key; what was known of it then is what lay in the stays it shares facts with.
    """
    case, at = case_of(settings, known), Moment.at(now)
    whose, facts = known.whose, set(known.stay.facts)
    before = [one for one in known_stays(store, whose.municipality, whose.hospital, then) if one.whose == whose]
    same = [one for one in before if one.stay.key == known.stay.key]
    same = same or [one for one in before if facts & set(one.stay.facts)]
    known_then = tuple(fact for one in same for fact in one.stay.facts)
    profile = in_force.profile_for(whose, case, at)
    return change(case, known_then, ChangeTerms(profile, in_force.baseline, in_force.rates), Moment.at(then), at)


def find_stay(stays: tuple[KnownStay, ...], wanted: str) -> KnownStay:
    """A stay by its key or the beginning of it. Raises `AdapterError` (STAY_UNKNOWN)."""
    found = [known for known in stays if known.stay.key == wanted] or [
        known for known in stays if known.stay.key.startswith((wanted, f"stay-{wanted}"))
    ]
    if len(found) != 1:
        raise AdapterError(STAY_UNKNOWN, f"{len(found)} stays match")
    return found[0]
