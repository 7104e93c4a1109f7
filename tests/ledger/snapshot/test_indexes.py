"""A question that looks into a table again for each row gets an index on what names a customer; no other does."""

from __future__ import annotations

import sqlite3

import pytest

from crmctl.errors import InvalidInput
from crmctl.ledger.snapshot import indexes, question
from crmctl.ledger.snapshot.question import ask

_AGAIN = """
SELECT c.id, (SELECT max(v.day) FROM visit v WHERE v.dossier = c.id) AS last FROM customer c ORDER BY c.id
"""
_INSIDE = """
WITH last AS (SELECT dossier, max(day) AS last FROM visit GROUP BY dossier)
SELECT l.dossier, c.name FROM last l LEFT JOIN customer c ON c.id = l.dossier ORDER BY l.dossier
"""


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    """Customers in `main`, their visits in a database beside it; every size counts as large."""
    monkeypatch.setattr(indexes, "_LARGE", 1)
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute("CREATE TABLE customer (id TEXT, dossier TEXT, name TEXT)")
    made.execute("ATTACH ':memory:' AS \"kind-visit\"")
    made.execute('CREATE TABLE "kind-visit".visit (id TEXT, dossier TEXT, day TEXT)')
    made.execute("CREATE VIEW seen AS SELECT * FROM customer")
    made.executemany("INSERT INTO customer VALUES (?, ?, ?)", [(f"C-{n}", f"C-{n}", f"name {n}") for n in range(9)])
    made.executemany("INSERT INTO visit VALUES (?, ?, ?)", [(f"V-{n}", f"C-{n % 9}", f"{n:03}") for n in range(90)])
    return made


def indexed(connection: sqlite3.Connection) -> set[str]:
    found = set()
    for schema in ("main", "kind-visit"):
        found |= {
            row[0] for row in connection.execute(f"SELECT name FROM \"{schema}\".sqlite_master WHERE type = 'index'")
        }
    return found


def test_a_subquery_of_each_row_gets_an_index_and_the_same_answer(large: sqlite3.Connection) -> None:
    without = large.execute(_AGAIN).fetchall()
    assert list(ask(large, _AGAIN).rows) == without
    assert "visit_by_dossier" in indexed(large)
    plan = [row[3] for row in large.execute(f"EXPLAIN QUERY PLAN {_AGAIN}")]
    assert any("visit_by_dossier" in line for line in plan), plan


def test_an_inner_loop_over_a_whole_table_gets_one(large: sqlite3.Connection) -> None:
    without = large.execute(_INSIDE).fetchall()
    assert list(ask(large, _INSIDE).rows) == without
    plan = [row[3] for row in large.execute(f"EXPLAIN QUERY PLAN {_INSIDE}")]
    assert not any(line.startswith("SCAN c") for line in plan), plan


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM visit",
        "SELECT dossier, count(*) FROM visit GROUP BY dossier",
        "SELECT id FROM customer WHERE id IN (SELECT dossier FROM visit)",
        "VALUES (1), (2)",
    ],
)
def test_what_looks_once_gets_none(large: sqlite3.Connection, sql: str) -> None:
    ask(large, sql)
    assert not indexed(large)


def test_a_small_ledger_is_left_alone(large: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "_LARGE", 10_000)
    ask(large, _AGAIN)
    assert not indexed(large)


def test_a_view_bears_none_and_harms_nothing(large: sqlite3.Connection) -> None:
    sql = "SELECT s.id, (SELECT count(*) FROM visit v WHERE v.dossier = s.id) FROM seen s ORDER BY s.id"
    assert ask(large, sql).rows[0] == ("C-0", 10)
    assert "seen_by_id" not in indexed(large)


def test_looking_changes_nothing_whatever_the_text_says(large: sqlite3.Connection) -> None:
    for sql in (
        "WITH x AS (SELECT 1) DELETE FROM customer",
        "SELECT 1; DELETE FROM customer",
        "SELECT nothing FROM",
        "",
    ):
        indexes.index_for(large, sql, {})
    assert large.execute("SELECT count(*) FROM customer").fetchone() == (9,)


def test_a_question_may_cost_more_in_a_large_ledger(large: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "_STEPS", 0)
    monkeypatch.setattr(question, "_EVERY", 100)
    monkeypatch.setattr(question, "_STEPS_A_PAGE", 100)
    sql = "SELECT count(*) FROM visit a, visit b WHERE a.day < b.day"  # some ten thousand steps
    with pytest.raises(InvalidInput, match="takes too long"):
        ask(large, sql)
    large.execute('INSERT INTO "kind-visit".visit VALUES (?, ?, ?)', ("V-x", "C-1", "x" * 5_000_000))
    assert indexes.pages(large) > 1000
    assert ask(large, sql).rows[0][0] > 4000
