"""A question tried on empty tables: what it reads and gives, and where it is wrong."""

from __future__ import annotations

import pytest

from crmctl.ledger.snapshot.survey import BrokenSql, survey


def test_it_tells_tables_and_columns() -> None:
    found = survey(
        [], "WITH q AS (SELECT id FROM member) SELECT q.id AS who, :day AS d FROM q, department", {"day": None}
    )
    assert found.tables == {"member", "department"}
    assert found.columns == ("who", "d")


def test_it_takes_lists_apart_and_knows_the_callers_functions_and_tables() -> None:
    sql = "SELECT e.value AS v, f(name, 1) AS w FROM member, json_each(member.name) AS e, extra"
    found = survey([], sql, {}, ["CREATE TABLE extra (x TEXT)"], [("f", 2)])
    assert {"member", "extra"} <= found.tables
    assert found.columns == ("v", "w")


@pytest.mark.parametrize(("sql", "line"), [
    ("SELECT id\nFROM member\nWHERE nme = 'nme'", 3),
    ("SELECT 'nme' AS a,\n nme FROM member", 2),
    ("SELECT id FROM member\nORDER BY id id", 2),
    ("SELECT id,\n\nFROM member", 3),
    ("SELECT 'open\nFROM member", 1),
    ("SELECT current_date", 1),
    ("SELECT id FROM member WHERE id < datetime( )", 1),
    ("ATTACH ':memory:' AS other", 1),
    ("PRAGMA table_info(member)", 1),
    ("CREATE TABLE t (a)", 1),
])  # fmt: skip
def test_it_names_the_line(sql: str, line: int) -> None:
    with pytest.raises(BrokenSql) as caught:
        survey([], sql, {})
    assert caught.value.line == line
