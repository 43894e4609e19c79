"""The registers of rules as `adapter rules` shows them."""

from __future__ import annotations

import pytest

from adapter.cli.registers import REGISTERS, Register, rule_rows


@pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.name)
def test_a_register_holds_the_families_it_names(register: Register) -> None:
    """Every rule has an id of one of the families, every family has rules, and everything is said."""
    rows = list(register.rows())
    assert {row.id.partition("-")[0] for row in rows} == set(register.families)
    assert all(row.text and row.source and row.by for row in rows)


def test_an_id_is_used_once() -> None:
    """No two rules of any register have the same id."""
    ids = [row.id for row in rule_rows()]
    assert len(ids) == len(set(ids))
