"""Put a question in SQL to the tables: reading only, whatever the text says."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from crmctl.errors import InvalidInput
from crmctl.i18n import _

_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
_STEPS = 50_000_000
_EVERY = 100_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: column names and rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def ask(connection: sqlite3.Connection, sql: str, parameters: Mapping[str, object] | None = None) -> Answer:
    """Run one SELECT. Raises InvalidInput with SQLite's reason for anything that is none or does not run."""
    connection.set_authorizer(_authorize)
    budget = [_STEPS // _EVERY]

    def tick() -> int:
        budget[0] -= 1
        return 1 if budget[0] < 0 else 0

    connection.set_progress_handler(tick, _EVERY)
    try:
        cursor = connection.execute(sql, dict(parameters or {}))
        rows = tuple(tuple(row) for row in cursor.fetchall())
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
        raise InvalidInput(_("The condition does not run: {why}", why=error), hint="crmctl schema show KIND") from error
    finally:
        connection.set_authorizer(None)
        connection.set_progress_handler(None, 0)
    return Answer(tuple(item[0] for item in cursor.description or ()), rows)


def _authorize(action: int, _first: str | None, second: str | None, _db: str | None, _trigger: str | None) -> int:
    if action not in _ALLOWED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FORBIDDEN_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK
