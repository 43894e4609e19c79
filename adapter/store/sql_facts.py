"""Which facts are recorded, and about whom?"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, exists, func, or_, select

from adapter.delivery.recorded import Pseudonym, RecordedFact
from adapter.errors import STORE_CORRUPT, AdapterError
from adapter.store import fact_log as chain
from adapter.store.port import ChainReport, FactFilter, RecentSubject, Subject, UnclearAnswer
from adapter.store.rows import log_row_of
from adapter.store.schema import SAYS_UNCLEAR, fact_log
from adapter.store.sql_asked import Asked
from adapter.store.statements import facts_of, newest_facts_of
from adapter.values import HerId


class SqlFacts(Asked):
    """The questions of the port about the fact log."""

    def facts(self, which: FactFilter) -> tuple[RecordedFact, ...]:
        try:
            wanted = {name: value for name, value in _fact_values(which).items() if value is not None}
            of_values = {f"of_{name}": value for name, value in wanted.items()}
            if which.newest:
                newest = {"of_after": which.after_seq, "of_newest": which.newest}
                found = self._rows(newest_facts_of(*wanted), **newest, **of_values)
                return tuple(chain.fact_of(log_row_of(row)) for row in found)[::-1]
            found = self._rows(facts_of(*wanted), of_after=which.after_seq, **of_values)
            return tuple(chain.fact_of(log_row_of(row)) for row in found)
        except ValueError as error:
            raise AdapterError(STORE_CORRUPT, f"a recorded fact cannot be read: {error}") from error

    def subjects(self, which: FactFilter) -> tuple[Subject, ...]:
        columns = (fact_log.c.patient, fact_log.c.hospital, fact_log.c.municipality)
        rows = self._connection.execute(select(*columns).where(*_fact_conditions(which)).distinct().order_by(*columns))
        return tuple(_subject(patient, hospital, municipality) for patient, hospital, municipality in rows)

    def recent_subjects(
        self, before: int | None, limit: int, organisations: tuple[HerId, ...] = ()
    ) -> tuple[RecentSubject, ...]:
        newer = fact_log.alias("newer")
        columns = (fact_log.c.seq, fact_log.c.patient, fact_log.c.hospital, fact_log.c.municipality)
        wanted = select(*columns).where(
            ~exists().where(
                newer.c.patient == fact_log.c.patient,
                newer.c.hospital == fact_log.c.hospital,
                newer.c.municipality.is_not_distinct_from(fact_log.c.municipality),
                newer.c.seq > fact_log.c.seq,
            )
        )
        if before is not None:
            wanted = wanted.where(fact_log.c.seq < before)
        if organisations:
            hers = [her.value for her in organisations]
            wanted = wanted.where(or_(fact_log.c.hospital.in_(hers), fact_log.c.municipality.in_(hers)))
        rows = self._connection.execute(wanted.order_by(fact_log.c.seq.desc()).limit(limit))
        return tuple(
            RecentSubject(seq, _subject(patient, hospital, municipality))
            for seq, patient, hospital, municipality in rows
        )

    def subject_of(self, seq: int) -> Subject | None:
        row = self._one(select(fact_log).where(fact_log.c.seq == seq))
        return None if row is None else _subject(row["patient"], row["hospital"], row["municipality"])

    def facts_about_any(self, subjects: Iterable[Subject]) -> tuple[RecordedFact, ...]:
        wanted = set(subjects)
        # By the patient alone: SQLite goes through everything for pairs, and few were in two hospitals.
        of_them = select(fact_log).where(fact_log.c.patient.in_(sorted({one.patient.value for one in wanted})))
        try:
            return tuple(
                chain.fact_of(log_row_of(row))
                for row in self._all(of_them.order_by(fact_log.c.seq))
                if _subject(row["patient"], row["hospital"], row["municipality"]) in wanted
            )
        except ValueError as error:
            raise AdapterError(STORE_CORRUPT, f"a recorded fact cannot be read: {error}") from error

    def unclear_answers(self, before: int | None, limit: int) -> tuple[UnclearAnswer, ...]:
        unclear, later = fact_log, fact_log.alias("later")
        read = exists().where(
            later.c.exchange_id == unclear.c.exchange_id,
            func.instr(later.c.entry, '"kind":"answer_classified"') > 0,
        )
        wanted = select(unclear.c.seq, unclear.c.exchange_id, read).where(
            SAYS_UNCLEAR, unclear.c.exchange_id.is_not(None)
        )
        if before is not None:
            wanted = wanted.where(unclear.c.seq < before)
        rows = self._connection.execute(wanted.order_by(unclear.c.seq.desc()).limit(limit))
        return tuple(UnclearAnswer(seq, exchange_id, bool(is_read)) for seq, exchange_id, is_read in rows)

    def verify_chain(self) -> ChainReport:
        return chain.verify(map(log_row_of, self._rows(facts_of(), of_after=-1)))


def _subject(patient: str, hospital: str, municipality: str | None) -> Subject:
    return Subject(Pseudonym(patient), HerId(hospital), None if municipality is None else HerId(municipality))


def _fact_values(which: FactFilter) -> dict[str, str | None]:
    return {
        "patient": which.patient.value if which.patient is not None else None,
        "hospital": which.hospital.value if which.hospital is not None else None,
        "municipality": which.municipality.value if which.municipality is not None else None,
        "exchange_id": which.exchange_id,
    }


def _fact_conditions(which: FactFilter) -> list[ColumnElement[bool]]:
    asked = _fact_values(which).items()
    return [
        fact_log.c.seq > which.after_seq,
        *(fact_log.c[name] == value for name, value in asked if value is not None),
    ]
