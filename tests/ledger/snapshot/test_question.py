"""Questions in SQL: they read, and nothing else, however they are worded."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.errors import InvalidInput
from crmctl.ledger.snapshot import question
from crmctl.ledger.snapshot.question import ask, is_whole


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE visit (id TEXT, topic TEXT, number INTEGER)")
    made.executemany("INSERT INTO visit VALUES (?, ?, ?)", [("V-1", "a", 1), ("V-2", "b", 2), ("V-3", None, 3)])
    made.commit()
    yield made
    made.close()


def everything(connection: sqlite3.Connection) -> list[object]:
    return connection.execute("SELECT * FROM visit ORDER BY id").fetchall()


def test_a_question_is_answered_with_names_and_rows(connection: sqlite3.Connection) -> None:
    answer = ask(connection, "SELECT id, number * 2 AS twice FROM visit WHERE number > :least", {"least": 1})
    assert answer.columns == ("id", "twice")
    assert answer.rows == (("V-2", 4), ("V-3", 6))
    assert ask(connection, "WITH big AS (SELECT * FROM visit) SELECT count(*) FROM big").rows == ((3,),)
    assert ask(connection, "VALUES (1), (2)").rows == ((1,), (2,))


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO visit VALUES ('x', 'y', 1)",
        "UPDATE visit SET topic = 'x'",
        "DELETE FROM visit",
        "DROP TABLE visit",
        "CREATE TABLE t (a)",
        "CREATE TEMP VIEW v AS SELECT 1",
        "CREATE TRIGGER t AFTER INSERT ON visit BEGIN SELECT 1; END",
        "ALTER TABLE visit RENAME TO x",
        "ATTACH DATABASE '{path}' AS other",
        "ATTACH ':memory:' AS other",
        "DETACH main",
        "PRAGMA table_info(visit)",
        "PRAGMA writable_schema = ON",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM pragma_table_info('visit')",
        "VACUUM INTO '{path}'",
        "VACUUM",
        "REINDEX",
        "ANALYZE",
        "BEGIN",
        "COMMIT",
        "SAVEPOINT s",
        "SELECT load_extension('{path}')",
        "SELECT writefile('{path}', 'x')",
        "SELECT readfile('/etc/hostname')",
        "SELECT 1; DELETE FROM visit",
        "SELECT 1; SELECT 2",
        "WITH x AS (SELECT 1) INSERT INTO visit SELECT 'x', 'y', 1 FROM x",
        "WITH x AS (SELECT 1) DELETE FROM visit",
        "EXPLAIN DELETE FROM visit",
        "SELECT nothing FROM visit",
        "SELECT id FROM nothing",
        "SELECT 'unfinished",
        "not sql at all",
        "SELECT 1\0; DROP TABLE visit",
        "SELECT '\udcff'",
    ],
)
def test_whatever_is_no_reading_is_refused_and_changes_nothing(
    connection: sqlite3.Connection, tmp_path: Path, sql: str
) -> None:
    before = everything(connection)
    with pytest.raises(InvalidInput):
        ask(connection, sql.replace("{path}", str(tmp_path / "out")))
    assert everything(connection) == before
    assert list(tmp_path.iterdir()) == []


def test_comments_and_a_last_semicolon_do_no_harm(connection: sqlite3.Connection) -> None:
    assert ask(connection, "SELECT count(*) FROM visit; -- DROP TABLE visit").rows == ((3,),)
    assert ask(connection, "/* first */ SELECT 1 /* ; DROP TABLE visit */").rows == ((1,),)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT -x FROM n) SELECT x FROM n WHERE x > 5",
    ],
)
def test_what_would_never_end_is_stopped(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr(question, "_STEPS", 500_000)
    with pytest.raises(InvalidInput, match="takes too long"):
        ask(connection, sql)
    assert ask(connection, "SELECT 1").rows == ((1,),)


def test_an_answer_that_would_fill_the_memory_is_stopped(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "_ROWS", 100)
    numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {}) SELECT x FROM n"
    assert len(ask(connection, numbers.format(100)).rows) == 100
    with pytest.raises(InvalidInput, match="more than 100 rows"):
        ask(connection, numbers.format(101))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT zeroblob(900000000)",
        "SELECT hex(zeroblob(19000000))",
        "SELECT 'a' LIKE " + repr("%a" * 200 + "b"),
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "SELECT " + " + ".join(["1"] * 5000),
    ],
    ids=["blob", "hex", "like", "brackets", "sum"],
)  # fmt: skip
def test_one_monstrous_value_is_refused(connection: sqlite3.Connection, sql: str) -> None:
    with pytest.raises(InvalidInput):
        ask(connection, sql)


def test_a_padded_value_stays_small(connection: sqlite3.Connection) -> None:
    assert len(str(ask(connection, "SELECT printf('%900000000s', 'x')").rows[0][0])) < 100


def test_limits_and_guards_are_gone_afterwards(connection: sqlite3.Connection) -> None:
    before = connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH)
    ask(connection, "SELECT 1")
    assert connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH) == before
    connection.execute("INSERT INTO visit VALUES ('V-4', 'd', 4)")


def test_every_cell_has_a_form_in_json(connection: sqlite3.Connection) -> None:
    answer = ask(connection, "SELECT x'00ff', 9e999, -9e999, 1.5, NULL, 'x'")
    assert answer.rows == (("00ff", "inf", "-inf", 1.5, None, "x"),)
    assert json.loads(json.dumps(answer.rows, allow_nan=False)) == [list(answer.rows[0])]


def test_lists_inside_records_can_be_asked_for(connection: sqlite3.Connection) -> None:
    sql = "SELECT value FROM json_each('[1, 2]') ORDER BY 1"
    assert ask(connection, sql).rows == ask(connection, sql).rows == ((1,), (2,))


@pytest.mark.parametrize(
    "condition",
    [
        "number = 1", "(number = 1) OR (number = 2)", "topic = ')'", "topic = 'it''s ('", '"topic" = \'x\'', "[topic] = ';'",
        "number = 1 -- ) comment", "number /* ) */ = 1", "number IN (SELECT max(number) FROM visit)", "`id` = 'a'",
    ],
)  # fmt: skip
def test_a_whole_condition_stays_inside_its_brackets(connection: sqlite3.Connection, condition: str) -> None:
    assert is_whole(condition)
    ask(connection, f"SELECT id FROM visit WHERE ({condition}\n) ORDER BY id")


@pytest.mark.parametrize(
    "condition",
    [
        "1) UNION SELECT name FROM secret --", "1) UNION ALL SELECT (1", ")(", "1 = 1; DROP TABLE visit", "topic = 'x", 'topic = "x',
        "[topic = 1", "1 /* open", "1 /*/", "1) --", "'a' ) OR ('b", "((1)", "1 ';' ) (",
    ],
)  # fmt: skip
def test_what_would_leave_its_brackets_is_no_condition(condition: str) -> None:
    assert not is_whole(condition)


@given(st.text("()'\";-/*[]` \nax1=", max_size=14))
def test_a_whole_condition_is_one_expression_or_none(condition: str) -> None:
    """Held against SQLite: put between brackets, it never lets what follows the brackets be read as its own."""
    if not is_whole(condition):
        return
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a, x)")
    connection.execute("INSERT INTO t VALUES (1, 2)")
    try:
        rows = connection.execute(f"SELECT 7 WHERE 0 AND ({condition}\n) AND 0").fetchall()
    except (sqlite3.Error, sqlite3.Warning):
        return
    finally:
        connection.close()
    assert rows == []
