"""Indexes for a question that looks into a table again for each row of another.

SQLite makes its own for some joins, but goes through the whole table for every row where a subquery names the
outer one: a thousand customers are nothing, ten thousand with their purchases are minutes.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping

_LARGE = 500  # pages in all (2 MB): below it a scan costs less than this look
_COLUMNS = ("dossier", "id")
_AGAIN = "CORRELATED"


def pages(connection: sqlite3.Connection) -> int:
    """Pages of all databases of the connection: how much there is to look through."""
    schemas = [row[1] for row in connection.execute("PRAGMA database_list")]
    return sum(connection.execute(f'PRAGMA "{schema}".page_count').fetchone()[0] for schema in schemas)


def index_for(connection: sqlite3.Connection, sql: str, parameters: Mapping[str, object]) -> None:
    """Give the tables that `sql` scans again and again an index on what names a customer there. Says no faults."""
    if pages(connection) < _LARGE or not sql.lstrip().upper().startswith(("SELECT", "WITH")):
        return
    read: set[tuple[str, str, str]] = set()

    def note(action: int, first: str | None, second: str | None, schema: str | None, _by: str | None) -> int:
        if action == sqlite3.SQLITE_READ and first and second in _COLUMNS and schema:
            read.add((schema, first, second))
        return sqlite3.SQLITE_OK

    connection.set_authorizer(note)
    try:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", dict(parameters)).fetchall()
    except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError):
        return  # the question itself will say it
    finally:
        connection.set_authorizer(None)
    if _scans_again(plan):
        for schema, table, column in sorted(read):
            with contextlib.suppress(sqlite3.OperationalError):  # a view bears none
                connection.execute(
                    f'CREATE INDEX IF NOT EXISTS "{schema}"."{table}_by_{column}" ON "{table}" ("{column}")'
                )


def _scans_again(plan: list[tuple[int, int, int, str]]) -> bool:
    """Whether a whole table is gone through for each row of another: below a correlated subquery, or inside a loop.

    In a plan a child comes after its parent, an inner loop after the outer one.
    """
    again: set[int] = set()
    looping: set[int] = set()
    for number, parent, _unused, detail in plan:
        if parent in again or detail.startswith(_AGAIN):
            again.add(number)
        if detail.startswith(("SCAN ", "SEARCH ")):
            if (parent in again or parent in looping) and " USING " not in detail:
                return True
            looping.add(parent)
    return False
