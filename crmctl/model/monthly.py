"""Kinds stored a file a month: the file's record holds rows, each an entry with its own id."""

from __future__ import annotations

from collections.abc import Mapping

from crmctl.model.values import Value

OUTER = ("id", "by", "for", "at")
Row = dict[str, Value]


def rows_in(data: Mapping[str, Value]) -> list[Row]:
    """The rows of a monthly record."""
    rows = data.get("rows")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def fields_of(row: Mapping[str, Value]) -> Row:
    """A row's own fields, without who entered it when."""
    return {key: value for key, value in row.items() if key not in OUTER}


def find_row(data: Mapping[str, Value], row_id: str) -> Row | None:
    """The row of that id."""
    return next((row for row in rows_in(data) if row.get("id") == row_id), None)


def with_row(data: Mapping[str, Value], row: Row) -> dict[str, Value]:
    """The record's data with a row added, or the row of the same id replaced."""
    rows = rows_in(data)
    ids = [old.get("id") for old in rows]
    if row["id"] in ids:
        rows[ids.index(row["id"])] = row
    else:
        rows.append(row)
    return {"rows": list(rows)}


def without_row(data: Mapping[str, Value], row_id: str) -> dict[str, Value]:
    """The record's data without that row."""
    return {"rows": [row for row in rows_in(data) if row.get("id") != row_id]}
