"""Shared views: a question that several reports build on, put before theirs as a common table expression."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crmctl.report.definition import View

VIEWS = "templates/views"
VIEW_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_BLANK = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
_BEGINNING = re.compile(rf"(?P<before>{_BLANK})(?P<with>WITH\b(?:\s+RECURSIVE\b)?)?", re.IGNORECASE | re.DOTALL)
_PIECES = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\s+", re.DOTALL)


def with_views(sql: str, views: Iterable[View]) -> str:
    """`sql` with the views before it, on its own first line: every line keeps its number."""
    expressions = ", ".join(f"{view.name} AS ({_flat(view.sql)})" for view in views)
    if not expressions:
        return sql
    found = _BEGINNING.match(sql)
    assert found is not None
    rest = sql[found.end() :]
    return f"{found['before']}WITH RECURSIVE {expressions}{',' if found['with'] else ''} {rest.lstrip(' ')}"


def alone(views: Iterable[View]) -> Iterable[tuple[View, str]]:
    """Each view with a question that asks nothing but it, to find the one at fault; its lines keep their numbers."""
    before: list[View] = []
    for view in views:
        yield view, with_views(view.sql, before)
        before.append(view)


def _flat(sql: str) -> str:
    """`sql` on one line, without its comments."""
    return _PIECES.sub(lambda piece: piece[0] if piece[0][0] in "'\"" else " ", sql).strip()
