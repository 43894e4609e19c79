"""How the stays of a store are handed to the statistics: with pseudonym, hospital and the ward that a message names."""

from __future__ import annotations

from datetime import date, datetime

from adapter.config import Settings
from adapter.facts import ReadyNotice
from adapter.liability.readings import read_both
from adapter.liability.statistics import By, Observed, Statistics, statistics
from adapter.messages.logistics import Logistics
from adapter.messages.reading import understand
from adapter.service.accounts import KnownStay, case_in, institutions, known_stays
from adapter.service.terms import Terms
from adapter.store.port import FactFilter, Reader, Store
from adapter.values import HerId, Moment


def statistics_of(
    settings: Settings,
    in_force: Terms,
    store: Store,
    by: By | None,
    as_of: datetime,
    parties: tuple[HerId | None, HerId | None] = (None, None),
    first: date = date.min,
    last: date = date.max,
) -> Statistics:
    """The statistics of the store. `parties` restricts to a hospital and a municipality (level 1); None does not."""
    names, at = institutions(settings), Moment.at(as_of)
    hospital, municipality = parties
    observed = []
    wards = _wards(store) if by is By.WARD else {}
    for known in known_stays(store, municipality, hospital):
        case = case_in(names, known)
        profile = in_force.profile_for(known.whose, case, at)
        readings = read_both(case, profile, in_force.baseline, in_force.rates, at)
        her = known.whose.hospital
        name = f"{names[her].name} {her}" if her in names else her.value
        observed.append(Observed(known.whose.patient, name, _ward(known, wards), case, readings))
    return statistics(observed, by, settings.liability.smallest_cell, first, last)


def _ward(known: KnownStay, wards: dict[str, str]) -> str:
    """The ward of the stay's first notice of readiness that names one."""
    carried = (
        fact.what.carrier.message.key
        for fact in known.stay.facts
        if isinstance(fact.what, ReadyNotice) and fact.what.carrier.message is not None
    )
    return next((wards[message] for message in carried if message in wards), "")


def _wards(store: Store) -> dict[str, str]:
    """The first contact unit (kontaktenhet) of each readiness message, by MsgId: the ward that answers for it."""

    def look(reader: Reader) -> dict[str, str]:
        found: dict[str, str] = {}
        for recorded in reader.facts(FactFilter()):
            what, exchange_id = recorded.entry.fact.what, recorded.entry.exchange_id
            if not isinstance(what, ReadyNotice) or what.carrier.message is None or exchange_id is None:
                continue
            exchange = reader.exchange(exchange_id)
            if exchange is not None and exchange.payload is not None:
                ward = _named_in(reader.blob(exchange.payload))
                if ward:
                    found[what.carrier.message.key] = ward
        return found

    return store.read_now(look)


def _named_in(content: bytes) -> str:
    message = understand(content).message
    units = message.top.units if isinstance(message, Logistics) else ()
    names = (unit.organisation.name for unit in units)
    return next((name for name in names if name), "")
