"""By which index is a list of exchanges read?

SQLite does not know how many rows have a value, so it would take a state that every exchange has for as good a start as
one that three have, and go through all of them. Each thing that a list is narrowed by has an index, which goes on with
`created_at`, so that the newest come first without sorting. Where there is a choice, what fits is counted in each, up
to `FEW`, and the list is read by the index with the fewest. Without any it is read along `created_at`.

Who is the partner and who is ours depends on the direction: a list of both is two lists, of which the newest are taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Select, func, literal, or_, select, union_all

from adapter.store.port import Direction, ExchangeFilter
from adapter.store.schema import exchange

FEW: Final = 1000
"""Counting ends here, and so many are sorted without a thought."""

LAST_CHARACTER: Final = "\U0010ffff"
"""No id has it: with it after the beginning of an id ends the range of the ids that begin so."""

_BY_ID: Final = "sqlite_autoindex_exchange_1"
_BY_MSG_ID: Final = "ix_exchange_msg_key"
_BY_MOMENT: Final = "ix_exchange_created_at"

_ORDER: Final = (exchange.c.created_at.desc(), exchange.c.id)


@dataclass(frozen=True, slots=True)
class _Way:
    """A way into the table: an index, and what it begins with. Several values are not in the order of the list."""

    index: str
    begins: tuple[ColumnElement[bool], ...]
    ordered: bool = True


def newest(connection: Connection, which: ExchangeFilter) -> Select[Any] | None:
    """The statement for a list, its columns those of `exchange`; None where nothing can fit."""
    sides = tuple(_sides(which))
    if not sides:
        return None
    if len(sides) == 1:
        return _along(exchange, connection, which, sides[0]).order_by(*_ORDER).limit(which.limit)
    parts = [_along(exchange.c.id, connection, which, side).order_by(*_ORDER).limit(which.limit) for side in sides]
    either = union_all(*(select(part.subquery().c.id) for part in parts))
    both = select(exchange).with_hint(exchange, f"INDEXED BY {_BY_ID}", "sqlite").where(exchange.c.id.in_(either))
    return both.order_by(*_ORDER).limit(which.limit)


def _sides(which: ExchangeFilter) -> Iterator[Direction | None]:
    """The directions that can fit, each for itself where it matters which one it is; None is both at once.

    Only what is sent has a transport and an AppRec of its own to wait for, only what is received a reception.
    """
    sent, received = bool(which.transport or which.receipt), bool(which.reception)
    matters = which.type is not None or which.peer is not None or bool(which.own)
    if which.direction is None and not (sent or received or matters):
        yield None
        return
    for direction, excluded in ((Direction.OUT, received), (Direction.IN, sent)):
        if which.direction in {None, direction} and not excluded:
            yield direction


def _along(what: Any, connection: Connection, which: ExchangeFilter, side: Direction | None) -> Select[Any]:
    way = _chosen(connection, which, tuple(_ways(which, side)))
    index = _BY_MOMENT if way is None else way.index
    return select(what).with_hint(exchange, f"INDEXED BY {index}", "sqlite").where(*_conditions(which, side))


def _ways(which: ExchangeFilter, side: Direction | None) -> Iterator[_Way]:
    if which.msg_id is not None:
        yield _Way(_BY_MSG_ID, (), ordered=False)
        return
    if which.id_begins:
        yield _Way(_BY_ID, (), ordered=False)
        return
    for column, states in _states(which):
        yield _Way(f"ix_exchange_{column.name}_created_at", (_any_of(column, states),), len(states) == 1)
    if side is None:
        return
    going = exchange.c.direction == side.value
    for column, hers in _parties(which, side):
        yield _Way(f"ix_exchange_direction_{column.name}_created_at", (going, _any_of(column, hers)), len(hers) == 1)
    if which.type is not None:
        yield _Way("ix_exchange_direction_type_created_at", (going, exchange.c.type == which.type))


def _chosen(connection: Connection, which: ExchangeFilter, ways: tuple[_Way, ...]) -> _Way | None:
    if not ways or not ways[0].begins or (len(ways) == 1 and ways[0].ordered):
        return next(iter(ways), None)
    within = tuple(_moments(which))
    fitting = [
        select(literal(1))
        .select_from(exchange)
        .with_hint(exchange, f"INDEXED BY {way.index}", "sqlite")
        .where(*way.begins, *within)
        .limit(FEW)
        .subquery()
        for way in ways
    ]
    counted = connection.execute(select(*(select(func.count()).select_from(one).scalar_subquery() for one in fitting)))
    found = [(count, way) for count, way in zip(counted.one(), ways, strict=True) if way.ordered or count < FEW]
    return min(found, key=itemgetter(0))[1] if found else None


def _states(which: ExchangeFilter) -> Iterator[tuple[Column[Any], tuple[str, ...]]]:
    for column, states in (
        (exchange.c.transport_state, which.transport),
        (exchange.c.receipt_state, which.receipt),
        (exchange.c.reception_state, which.reception),
    ):
        if states:
            yield column, tuple(state.value for state in states)


def _parties(which: ExchangeFilter, side: Direction) -> Iterator[tuple[Column[Any], tuple[str, ...]]]:
    ours, theirs = exchange.c.sender, exchange.c.receiver
    if side is Direction.IN:
        ours, theirs = theirs, ours
    if which.peer is not None:
        yield theirs, (which.peer.value,)
    if which.own:
        yield ours, tuple(her.value for her in which.own)


def _any_of(column: Column[Any], values: tuple[str, ...]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _moments(which: ExchangeFilter) -> Iterator[ColumnElement[bool]]:
    if which.created_from is not None:
        yield exchange.c.created_at >= which.created_from
    if which.created_before is not None:
        yield exchange.c.created_at < which.created_before
    if which.after is not None:
        yield exchange.c.created_at <= which.after.created_at


def _conditions(which: ExchangeFilter, side: Direction | None) -> Iterator[ColumnElement[bool]]:
    yield from _moments(which)
    if side is not None:
        yield exchange.c.direction == side.value
        for column, hers in _parties(which, side):
            yield _any_of(column, hers)
    if which.type is not None:
        yield exchange.c.type == which.type
    for column, states in _states(which):
        yield _any_of(column, states)
    if which.id_begins:
        # A range, so that the index of the ids bounds the walk; LIKE would not see case, and walk everything.
        yield exchange.c.id >= which.id_begins
        yield func.substr(exchange.c.id, 1, len(which.id_begins)) == which.id_begins
        yield exchange.c.id < which.id_begins + LAST_CHARACTER
    if which.msg_id is not None:
        yield exchange.c.msg_key == which.msg_id.key
    if which.after is not None:
        yield or_(exchange.c.created_at < which.after.created_at, exchange.c.id > which.after.id)
