"""What stays cost and why: the ledger, one stay explained, its picture, and its evidence package."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from adapter.api.endpoints.exchanges import Her
from adapter.api.operation import Answer, Call, Given, Instant, Model, Operation
from adapter.config import Scope
from adapter.errors import STAY_UNKNOWN, AdapterError
from adapter.liability.explain import explained
from adapter.liability.ledger import Row
from adapter.liability.picture import picture
from adapter.liability.readings import Readings
from adapter.liability.result import result_json
from adapter.liability.rules import Language
from adapter.service import dossier
from adapter.service.access import Did
from adapter.service.accounts import KnownStay, find_stay, known_stays, ledger_of, readings_of, stays_of
from adapter.service.terms import Whose
from adapter.values import HerId


class LedgerQuery(Model):
    """Which stays and nights, and as of when."""

    first: Annotated[date | None, Field(alias="from", description="Only nights from this date on.")] = None
    last: Annotated[date | None, Field(alias="to", description="Only nights up to and including this date.")] = None
    municipality: Annotated[Her | None, Field(description="Its level-1 HER-id.")] = None
    hospital: Annotated[Her | None, Field(description="Its level-1 HER-id.")] = None
    as_of: Annotated[Instant | None, Field(description="Decide as of then; now, if left out.")] = None
    known_at: Annotated[Instant | None, Field(description="Only from what was known here then.")] = None


class StayQuery(Model):
    """As of when, from what, and in which language."""

    as_of: Annotated[Instant | None, Field(description="Decide as of then; now, if left out.")] = None
    known_at: Annotated[Instant | None, Field(description="Only from what was known here then.")] = None
    language: Annotated[Literal["en", "nb"], Field(description="Of the sentences.")] = "en"


class EvidenceQuery(Model):
    """Which form of package, and as of when."""

    anonymised: Annotated[bool, Field(description="For the dispute board: no message, no patient.")] = False
    as_of: Annotated[Instant | None, Field(description="Decide as of then; now, if left out.")] = None


class LedgerRow(Model):
    """One stay: nights, kroner and reasons. Without a price `amount_nok` is null."""

    stay: str
    hospital: str
    municipality: str | None
    nights: int
    amount_nok: int | None
    amount_known_nok: int
    first: date | None
    last: date | None
    start_reason: str
    end_reason: str
    flags: tuple[str, ...]
    policy: str
    changed_by: tuple[str, ...]
    regulation_nights: int


class LedgerTotals(Model):
    """What all stays come to."""

    stays: int
    stays_with_cost: int
    nights: int
    amount_nok: int | None
    amount_known_nok: int


class LedgerModel(Model):
    """The stays, decided anew from their facts, and their totals."""

    stays: tuple[LedgerRow, ...]
    totals: LedgerTotals
    rates_version: str


class Explanation(Model):
    """The decision as sentences with their sources."""

    stay: str
    sentences: tuple[str, ...]


def _ledger(call: Call) -> Answer:
    asked, installation = call.asked(LedgerQuery), call.installation
    known: dict[str, Whose] = {}
    municipality, hospital = _her(asked.municipality), _her(asked.hospital)
    mine = []
    for stay in stays_of(installation.store, municipality, hospital, asked.known_at):
        if call.caller.may_see_stay(installation.settings, stay.whose.hospital, stay.whose.municipality):
            known[stay.stay.key] = stay.whose
            mine.append(stay)
    first, last = asked.first or date.min, asked.last or date.max
    as_of = asked.as_of or installation.clock.now()
    shown = ledger_of(installation.settings, installation.in_force.terms, mine, as_of, first, last)
    call.audit(Did.LEDGER_READ)
    totals = LedgerTotals(
        stays=len(shown.rows),
        stays_with_cost=shown.with_cost,
        nights=shown.nights,
        amount_nok=shown.amount_nok,
        amount_known_nok=shown.known_nok,
    )
    rows = tuple(_row(row, known[row.stay]) for row in shown.rows)
    return Answer(LedgerModel(stays=rows, totals=totals, rates_version=shown.rates_version))


def _her(text: str | None) -> HerId | None:
    return None if text is None else HerId(text)


def _row(row: Row, whose: Whose) -> LedgerRow:
    return LedgerRow(
        stay=row.stay,
        hospital=whose.hospital.value,
        municipality=None if whose.municipality is None else whose.municipality.value,
        nights=len(row.nights),
        amount_nok=row.amount_nok,
        amount_known_nok=row.known_nok,
        first=row.first,
        last=row.last,
        start_reason=row.start_reason.value,
        end_reason=row.end_reason.value,
        flags=tuple(flag.value for flag in row.flags),
        policy=row.policy,
        changed_by=tuple(row.changed_by),
        regulation_nights=row.regulation_nights,
    )


def _stay(call: Call, what: Did, query: StayQuery | None = None) -> KnownStay:
    """The stay that the path names, whole. One of others is answered as if it were not there, and written down."""
    installation, wanted = call.installation, call.path["stay"]
    known_at = None if query is None else query.known_at
    found = find_stay(known_stays(installation.store, known_at=known_at), wanted)
    if not call.caller.may_see_stay(installation.settings, found.whose.hospital, found.whose.municipality):
        call.refuse(what, found.stay.key)
        raise AdapterError(STAY_UNKNOWN, "0 stays match")
    call.audit(what, found.stay.key)
    return found


def _read(call: Call, known: KnownStay, as_of: datetime | None) -> Readings:
    installation = call.installation
    return readings_of(installation.settings, installation.in_force.terms, known, as_of or installation.clock.now())


def _explain(call: Call) -> Answer:
    asked = call.asked(StayQuery)
    known = _stay(call, Did.STAY_READ, asked)
    readings = _read(call, known, asked.as_of)
    sentences = tuple(explained(readings, Language(asked.language)))
    return Answer(Explanation(stay=known.stay.key, sentences=sentences))


def _decision(call: Call) -> Answer:
    asked = call.asked(StayQuery)
    known = _stay(call, Did.STAY_READ, asked)
    readings = _read(call, known, asked.as_of)
    return Answer(result_json(readings).encode())


def _picture(call: Call) -> Answer:
    asked = call.asked(StayQuery)
    known = _stay(call, Did.STAY_READ, asked)
    readings = _read(call, known, asked.as_of)
    drawn = picture(known.stay.facts, readings, Language(asked.language))
    return Answer(drawn.encode(), media_type="image/svg+xml")


def _evidence(call: Call) -> Answer:
    asked = call.asked(EvidenceQuery)
    known = _stay(call, Did.EVIDENCE_EXPORTED)
    exported = dossier.export(call.installation, known.stay.key, asked.as_of, anonymised=asked.anonymised)
    headers = {
        "Content-Disposition": f'attachment; filename="{exported.stay}.zip"',
        "Evidence-Holds": "true" if exported.report.holds else "false",
    }
    return Answer(exported.package, media_type="application/zip", headers=headers)


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/ledger",
        "readLedger",
        "stays",
        "Nights, kroner and reasons of every stay.",
        "Decided anew from the facts each time; a limited token sees the stays of its organisations.",
        Scope.ECONOMY,
        _ledger,
        (Given(200, "The ledger.", LedgerModel),),
        refuses=(422,),
        query=LedgerQuery,
    ),
    Operation(
        "GET",
        "/api/v1/stays/{stay}",
        "explainStay",
        "stays",
        "Why so many nights: each with its rules and facts, as sentences.",
        "The stay's key as the ledger shows it, or the beginning of it.",
        Scope.ECONOMY,
        _explain,
        (Given(200, "The explanation.", Explanation),),
        refuses=(422,),
        query=StayQuery,
    ),
    Operation(
        "GET",
        "/api/v1/stays/{stay}/decision",
        "readDecision",
        "stays",
        "The same decision as the document of `adapter liability`.",
        "",
        Scope.ECONOMY,
        _decision,
        (Given(200, "The decision.", None),),
        refuses=(422,),
        query=StayQuery,
    ),
    Operation(
        "GET",
        "/api/v1/stays/{stay}/timeline.svg",
        "drawStay",
        "stays",
        "The stay's timeline as a picture.",
        "",
        Scope.ECONOMY,
        _picture,
        (Given(200, "The picture.", None, "image/svg+xml"),),
        refuses=(422,),
        query=StayQuery,
    ),
    Operation(
        "GET",
        "/api/v1/stays/{stay}/evidence",
        "exportEvidence",
        "stays",
        "Everything that proves the stay, in one signed file.",
        "The full package holds the messages of a patient: hand it to the other party only, by a secure channel. "
        "`Evidence-Holds` says whether everything in it holds.",
        Scope.ECONOMY,
        _evidence,
        (Given(200, "The package.", None, "application/zip"),),
        refuses=(422,),
        query=EvidenceQuery,
    ),
)
