"""The monthly statements between a hospital and a municipality: what was issued, what would be, and issuing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from adapter.api.endpoints.exchanges import Her
from adapter.api.operation import Answer, Call, Given, Key, Model, Operation, Taken
from adapter.config import Scope
from adapter.errors import STATEMENT_PAIR, STATEMENT_UNKNOWN, AdapterError
from adapter.liability.statement import Month, Statement
from adapter.liability.statement_text import read_statement, write_statement
from adapter.service.access import Did
from adapter.service.repeating import Also, nothing_more
from adapter.service.statements import issue, issued_statement, make
from adapter.store.port import IssuedStatement
from adapter.values import HerId, utc_text

MonthText = Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", description="A month, as 2012-03.")]


class StatementQuery(Model):
    """Between whom; left out, all."""

    municipality: Annotated[Her | None, Field(description="Its level-1 HER-id.")] = None
    hospital: Annotated[Her | None, Field(description="Its level-1 HER-id.")] = None


class StatementInput(Model):
    """Which month, between whom (level-1 HER-ids)."""

    month: MonthText
    hospital: Her
    municipality: Her


class IssuedModel(Model):
    """A statement that was issued; its document is at `document`."""

    id: str
    hospital: str
    municipality: str
    month: str
    number: int
    issued_at: str
    digest: str
    nights: int
    amount_nok: int | None
    document: str


class IssuedList(Model):
    """What was issued, in that order."""

    statements: tuple[IssuedModel, ...]


def _list(call: Call) -> Answer:
    asked = call.asked(StatementQuery)
    hospital = None if asked.hospital is None else HerId(asked.hospital)
    municipality = None if asked.municipality is None else HerId(asked.municipality)
    found = call.installation.store.read_now(lambda reader: reader.statements(hospital, municipality))
    mine = [one for one in found if _is_mine(call, one.hospital, one.municipality)]
    return Answer(IssuedList(statements=tuple(map(_issued, mine))))


def _issued(one: IssuedStatement) -> IssuedModel:
    read = read_statement(one.content)
    return IssuedModel(
        id=one.id,
        hospital=one.hospital.value,
        municipality=one.municipality.value,
        month=one.month,
        number=one.number,
        issued_at=utc_text(one.issued_at),
        digest=one.digest.value,
        nights=read.nights,
        amount_nok=read.amount_nok,
        document=f"/api/v1/statements/{one.id}",
    )


def _show(call: Call) -> Answer:
    wanted = call.path["statement"]
    issued = issued_statement(call.installation.store, wanted)
    if not _is_mine(call, issued.hospital, issued.municipality):
        call.refuse(Did.STATEMENT_READ, issued.id)
        raise AdapterError(STATEMENT_UNKNOWN)
    call.audit(Did.STATEMENT_READ, issued.id)
    return Answer(issued.content)


def _draft(call: Call) -> Answer:
    made = _made(call, call.told(StatementInput), Did.STATEMENT_READ)
    return Answer(write_statement(made))


def _issue(call: Call) -> Answer:
    store, keyed, now = call.installation.store, call.keyed(), call.installation.clock.now()
    before = None if keyed is None else store.read_now(keyed.done)
    made = _made(call, call.told(StatementInput), Did.STATEMENT_ISSUED)
    if before is not None:
        again = IssuedList(statements=(_issued(issued_statement(store, before)),))
        return Answer(again, 201, headers={"Idempotency-Replayed": "true"})
    also: Also = nothing_more if keyed is None else (lambda writer, outcome: keyed.keep(writer, outcome, now))
    kept = issue(store, made, now, also)
    return Answer(IssuedList(statements=() if kept is None else (_issued(kept),)), 201 if kept is not None else 200)


def _made(call: Call, told: StatementInput, what: Did) -> Statement:
    installation = call.installation
    hospital, municipality = HerId(told.hospital), HerId(told.municipality)
    if not _is_mine(call, hospital, municipality):
        call.refuse(what, f"{hospital} {municipality}")
        raise AdapterError(STATEMENT_PAIR, "there are no such stays")
    call.audit(what, f"{hospital} {municipality} {told.month}")
    month = Month.of(told.month)
    in_force, now = installation.in_force.terms, installation.clock.now()
    return make(installation.settings, in_force, installation.store, month, (hospital, municipality), now)


def _is_mine(call: Call, hospital: HerId, municipality: HerId) -> bool:
    return call.caller.may_see_stay(call.installation.settings, hospital, municipality)


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/statements",
        "listStatements",
        "statements",
        "What was issued.",
        "",
        Scope.ECONOMY,
        _list,
        (Given(200, "The statements.", IssuedList),),
        query=StatementQuery,
    ),
    Operation(
        "POST",
        "/api/v1/statements",
        "issueStatement",
        "statements",
        "Issue the statement of a month, for ever; for a month that was issued, its correction.",
        "An empty list says that nothing has changed since the month was issued.",
        Scope.ECONOMY,
        _issue,
        (
            Given(201, "It is issued.", IssuedList),
            Given(200, "There is nothing to correct.", IssuedList),
        ),
        refuses=(409, 422),
        takes=Taken(("application/json",), StatementInput),
        keyed=Key.TAKEN,
    ),
    Operation(
        "POST",
        "/api/v1/statements/draft",
        "draftStatement",
        "statements",
        "What would be issued: the month's nights or, if it was issued, what has changed since.",
        "Nothing is kept. The document has the form of `adapter statement make --json`.",
        Scope.ECONOMY,
        _draft,
        (Given(200, "The statement.", None),),
        refuses=(409, 422),
        takes=Taken(("application/json",), StatementInput),
    ),
    Operation(
        "GET",
        "/api/v1/statements/{statement}",
        "readStatement",
        "statements",
        "An issued statement, the octets that its digest is of.",
        "",
        Scope.ECONOMY,
        _show,
        (Given(200, "The statement.", None),),
    ),
)
