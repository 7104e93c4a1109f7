"""Put a question in SQL to the tables: reading only, whatever the text says."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from crmctl.errors import InvalidInput
from crmctl.i18n import _
from crmctl.ledger.snapshot.indexes import index_for, pages

_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
_STEPS = 50_000_000
_STEPS_A_PAGE = 10_000  # a page holds a few records: each may be looked at some thousand times, not compared with all
_EVERY = 100_000
_ROWS = 2_000_000
# One value, one LIKE pattern: neither counts as a step, both could take all memory or time.
_LIMITS = ((sqlite3.SQLITE_LIMIT_LENGTH, 20_000_000), (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200))
_BEYOND = frozenset({bytes, float})
_PIECE = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|\Z)|[()';\"`\[]", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: column names and rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def ask(connection: sqlite3.Connection, sql: str, parameters: Mapping[str, object] | None = None) -> Answer:
    """Run one SELECT. Raises InvalidInput with SQLite's reason for anything that is none or does not run.

    It may neither write, nor reach a file, nor run on without end. The clock and random are left to
    whoever asks: an answer is no decision (facts refuse them, DESIGN 5).
    """
    prime(connection)
    index_for(connection, sql, parameters or {})
    budget = [(_STEPS + _STEPS_A_PAGE * pages(connection)) // _EVERY]
    connection.set_authorizer(_authorize)
    before = [(which, connection.setlimit(which, size)) for which, size in _LIMITS]

    def tick() -> int:
        budget[0] -= 1
        return 1 if budget[0] < 0 else 0

    connection.set_progress_handler(tick, _EVERY)
    try:
        cursor = connection.execute(sql, dict(parameters or {}))
        rows = _plain_rows(cursor.fetchmany(_ROWS))
        more = cursor.fetchone()
    except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError, MemoryError) as error:
        if budget[0] < 0:
            raise InvalidInput(_("The question takes too long"), hint=_("Narrow it down, or add LIMIT")) from error
        raise InvalidInput(_("The condition does not run: {why}", why=error), hint="crmctl schema show KIND") from error
    finally:
        for which, size in before:
            connection.setlimit(which, size)
        connection.set_authorizer(None)
        connection.set_progress_handler(None, 0)
    if cursor.description is None:
        raise InvalidInput(_("Only a SELECT is a question"), hint="crmctl query 'SELECT * FROM customer'")
    if more is not None:
        raise InvalidInput(
            _("The answer has more than {count} rows", count=_ROWS), hint=_("Narrow it down, or add LIMIT")
        )
    return Answer(tuple(item[0] for item in cursor.description or ()), rows)


def prime(connection: sqlite3.Connection) -> None:
    """Let questions take lists apart: SQLite makes json_each on its first use, which the authorizer would refuse."""
    connection.execute("SELECT 1 FROM json_each('[]'), json_tree('[]')")


def is_whole(condition: str) -> bool:
    """Whether a condition stays inside the brackets it is put into: quotes and brackets match, and no `;`."""
    depth = 0
    for match in _PIECE.finditer(condition):
        piece = match[0]
        depth += {"(": 1, ")": -1}.get(piece, 0)
        open_comment = piece.startswith("/*") and not (piece.endswith("*/") and len(piece) > 3)
        if depth < 0 or open_comment or piece in {"'", '"', "`", "[", ";"}:
            return False
    return depth == 0


def _plain_rows(rows: list[tuple[object, ...]]) -> tuple[tuple[object, ...], ...]:
    """The rows, their cells as text or number; a column of nothing else is only looked at."""
    if any(_BEYOND & set(map(type, column)) for column in zip(*rows, strict=True)):
        return tuple(tuple(map(_plain, row)) for row in rows)
    return tuple(rows)


def _plain(cell: object) -> object:
    """A cell as text or number: a blob in hexadecimal, an endless number as text."""
    if isinstance(cell, bytes):
        return cell.hex()
    return str(cell) if isinstance(cell, float) and not isfinite(cell) else cell


def _authorize(action: int, _first: str | None, second: str | None, _db: str | None, _trigger: str | None) -> int:
    if action not in _ALLOWED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FORBIDDEN_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK
