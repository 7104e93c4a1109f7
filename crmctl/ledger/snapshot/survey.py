"""Try a question on empty tables before any record is opened: does it run, what does it read and give?

A stored question (a report's, a fact's) must give the same answer for the same ledger and date,
so that clock and random are refused here; a free question of a person goes to `ask` directly.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from crmctl.i18n import _
from crmctl.ledger.snapshot.connection import FIXED
from crmctl.ledger.snapshot.question import prime
from crmctl.ledger.snapshot.tables import shape_of
from crmctl.model.kinds import Kind

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_CLOCK_AND_CHANCE = frozenset(
    {"current_date", "current_time", "current_timestamp", "random", "randomblob", "load_extension", "readfile",
     "writefile", "edit", "fts3_tokenizer", "changes", "total_changes", "last_insert_rowid"}
)  # fmt: skip
_NOW = re.compile(r"'\s*now\s*'|\b(?:date|time|datetime|julianday|unixepoch)\s*\(\s*\)", re.IGNORECASE)
_NAMED = re.compile(r'near "(.+)": syntax error|no such \w+: (?:\w+\.)?(\S+)|unrecognized token: "(.+)"', re.DOTALL)
_STEPS = 1_000_000  # on empty tables only a recursion without end takes as many


class BrokenSql(ValueError):
    """The question does not run; `reason` is SQLite's, `line` counts from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Survey:
    """The tables a question reads, the columns it gives, and which columns of which table it reads."""

    tables: frozenset[str]
    columns: tuple[str, ...]
    read: frozenset[tuple[str, str]] = frozenset()


def survey(
    kinds: Iterable[Kind], sql: str, parameters: Mapping[str, object], further: Iterable[str] = (),
    functions: Iterable[tuple[str, int]] = (),
) -> Survey:  # fmt: skip
    """Run `sql` on empty tables of all `kinds`. Raises BrokenSql.

    `further` are CREATE TABLE statements of tables that no kind makes, `functions` the (name,
    number of arguments) of functions that the caller adds.
    """
    with Surveyor(kinds, further, functions) as surveyor:
        return surveyor.survey(sql, parameters)


class Surveyor:
    """Tries one question after another on the same empty tables: what makes them is the greater part of the work."""

    def __init__(
        self, kinds: Iterable[Kind], further: Iterable[str] = (), functions: Iterable[tuple[str, int]] = ()
    ) -> None:  # fmt: skip
        self._connection = sqlite3.connect(":memory:")
        self._connection.deserialize(_empty_tables(tuple(shape_of(kind).create for kind in kinds), tuple(further)))
        prime(self._connection)
        for name, count in functions:
            self._connection.create_function(name, count, _nothing, deterministic=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def survey(self, sql: str, parameters: Mapping[str, object]) -> Survey:
        """What a question reads and gives. Raises BrokenSql."""
        try:
            return _tried(self._connection, sql, parameters)
        finally:
            self._connection.set_authorizer(None)
            self._connection.set_progress_handler(None, 0)


@lru_cache(maxsize=8)
def _empty_tables(kinds: tuple[str, ...], further: tuple[str, ...]) -> bytes:
    """A database of these empty tables: hundreds of questions are tried on the same ones."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(FIXED)
        for statement in (*kinds, *further):
            connection.execute(statement)
        return connection.serialize()
    finally:
        connection.close()


def _nothing(*_arguments: object) -> None:
    return None


def _tried(connection: sqlite3.Connection, sql: str, parameters: Mapping[str, object]) -> Survey:
    tables: set[str] = set()
    read: set[tuple[str, str]] = set()
    refused: list[str] = []

    def authorize(action: int, first: str | None, second: str | None, _db: str | None, _by: str | None) -> int:
        if action == sqlite3.SQLITE_READ and first:
            tables.add(first)
            read.add((first, second or ""))
        clocked = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _CLOCK_AND_CHANCE
        if action in _READING and not clocked:
            return sqlite3.SQLITE_OK
        refused.append((second if clocked else None) or "")
        return sqlite3.SQLITE_DENY

    if found := _NOW.search(sql):
        raise BrokenSql(_("the clock may not be asked; take :as_of"), _line_at(sql, found.start()))
    connection.set_authorizer(authorize)
    connection.set_progress_handler(lambda: 1, _STEPS)
    try:
        cursor = connection.execute(sql, dict(parameters))
        cursor.fetchall()
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        name = refused[0] if refused else ""
        reason = _("{name} may not be asked here", name=name) if name else str(error)
        reason = _("only SELECT is possible") if refused and not name else reason
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            found = re.search(r"\brecursive\b", sql, re.IGNORECASE)
            line = _line_at(sql, found.start()) if found else 1
            raise BrokenSql(_("it goes on without end; a recursion needs a condition that ends it"), line) from None
        raise BrokenSql(reason, _line_of(connection, sql, parameters, str(error), name)) from None
    return Survey(frozenset(tables), tuple(item[0] for item in cursor.description or ()), frozenset(read))


def _line_at(sql: str, offset: int) -> int:
    return sql.count("\n", 0, offset) + 1


def _line_of(
    connection: sqlite3.Connection, sql: str, parameters: Mapping[str, object], message: str, name: str
) -> int:
    """The line SQLite means: it tells the word, and only the shortest part that fails tells which of several."""
    match = _NAMED.search(message)
    word = name or next((part for part in (match.groups() if match else ()) if part), "")
    binding = re.search(r"binding parameter (:\w+)", message)
    word = binding[1] if binding else word
    if not word:
        return sql.rstrip().count("\n") + 1
    edge = r"(?!\w)" if word[-1].isalnum() else ""
    places = list(re.finditer((r"(?<!\w)" if word[0].isalnum() else "") + re.escape(word) + edge, sql, re.IGNORECASE))
    for place in places:
        if _fails_so(connection, sql[: place.end()], parameters, message):
            return _line_at(sql, place.start())
    return _line_at(sql, places[0].start()) if places else 1


def _fails_so(connection: sqlite3.Connection, part: str, parameters: Mapping[str, object], message: str) -> bool:
    try:
        connection.execute(part, dict(parameters))
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        return str(error) == message
    return False
