"""Kinds stored a file a month: the file's record holds rows, each an entry with its own id."""

from __future__ import annotations

from collections.abc import Mapping

from crmctl.model.values import Value

OUTER = ("id", "by", "for", "at", "to_confirm")
Row = dict[str, Value]


def rows_in(data: Mapping[str, Value]) -> list[Row]:
    """The rows of a monthly record."""
    rows = data.get("rows")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def fields_of(row: Mapping[str, Value]) -> Row:
    """A row's own fields, without who entered it when."""
    return {key: value for key, value in row.items() if key not in OUTER}


def outer_of(row: Mapping[str, Value]) -> Row:
    """Who entered a row when, and who is still asked to confirm it."""
    return {key: row[key] for key in OUTER if key in row}


def asked_in(row: Mapping[str, Value]) -> tuple[str, ...]:
    """The members for whom others entered a row, as long as they have not confirmed it."""
    asked = row.get("to_confirm")
    return tuple(str(name) for name in asked) if isinstance(asked, list) else ()


def asking(row: Mapping[str, Value], asked: tuple[str, ...]) -> Row:
    """The row with these members still asked to confirm it."""
    left = {key: value for key, value in row.items() if key != "to_confirm"}
    return {**left, "to_confirm": list(asked)} if asked else left


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
