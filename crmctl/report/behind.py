"""The records behind a table's figures, as its evidence tells them (R-PER-14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration, InvalidInput
from crmctl.i18n import _
from crmctl.report.definition import Column, Report, Table
from crmctl.report.filled import Cell, FilledTable, Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

TELLING = ("record_kind", "record")
Typed = Callable[[Table, Column, object], Cell]


def check_columns(report: Report, table: Table, given: Sequence[str]) -> None:
    """Raise BadConfiguration when a question for evidence lacks a column or gives one that means nothing."""
    keys = [column.name for column in table.columns if column.key]
    needed = [*keys, *TELLING]
    known = {"figure", "value", *needed}
    if "figure" not in given:  # a column a figure, perhaps of another table that the file serves as well
        known = {*needed, *(column.name for one in report.tables for column in one.columns)}
    wrong = [name for name in needed if name not in given] + [name for name in given if name not in known]
    if wrong:
        raise BadConfiguration(
            _("Evidence gives the key columns, record_kind, record and what each adds; not so {column}",
              column=wrong[0]),
            where=table.evidence.sql_file if table.evidence else table.sql_file,
        )  # fmt: skip


def behind(
    connection: Connection, one: FilledTable, parameters: Mapping[str, object], typed: Typed
) -> tuple[Source, ...] | None:
    """The records by row and column; None when the report does not tell them.

    `typed` makes a value of the question a cell of its column. Raises BadConfiguration for a question that fails.
    """
    from crmctl.ledger.snapshot.question import ask

    evidence = one.table.evidence
    if evidence is None:
        return None
    if not evidence.sql:
        return tuple(_of_rows(one, evidence.column, evidence.kind, evidence.kind_in))
    try:
        answer = ask(connection, evidence.sql, parameters)
    except InvalidInput as error:
        raise BadConfiguration(error.what, where=evidence.sql_file, hint=error.hint) from error
    keys = [(place, column) for place, column in enumerate(one.columns) if column.key]
    rows = {tuple(row[place] for place, _column in keys): number for number, row in enumerate(one.rows)}
    columns = {column.name: column for column in one.columns}
    found: list[Source] = []
    for line in answer.rows:
        values = dict(zip(answer.columns, line, strict=True))
        number = rows.get(tuple(typed(one.table, column, values[column.name]) for _place, column in keys))
        if number is None:
            continue  # of a row that is not shown
        kind, record = str(values["record_kind"]), str(values["record"])
        for figure, value in _added(values, columns):
            if figure and figure not in columns:
                continue  # of a month that is not shown
            worth = None if value is None or not figure else typed(one.table, columns[figure], value)
            found.append(Source(number, figure, kind, record, worth))
    return tuple(sorted(found, key=lambda one: (one.row, one.figure, one.kind, one.id)))


def _of_rows(one: FilledTable, column: str, kind: str, kind_in: str) -> Iterator[Source]:
    places = {column.name: place for place, column in enumerate(one.columns)}
    for number, row in enumerate(one.rows):
        if row[places[column]]:
            of = str(row[places[kind_in]]) if kind_in else kind
            yield Source(number, "", of, str(row[places[column]]))


def _added(values: Mapping[str, object], columns: Mapping[str, Column]) -> list[tuple[str, object]]:
    """What a line of the evidence adds, by figure; ("", None) for the whole row."""
    if "figure" in values:
        return [(str(values["figure"] or ""), values.get("value"))]
    wide = [(name, value) for name, value in values.items() if name in columns and not columns[name].key]
    if all(value is None for _name, value in wide):
        return [("", None)]
    return [(name, None if value == 1 and columns[name].type == "int" else value) for name, value in wide if value]
