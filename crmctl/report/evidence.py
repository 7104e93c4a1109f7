"""The records behind a report's figures, as tables of their own that go through every format (R-PER-14).

A figure that is a count, a sum or a mean is reckoned a second time from its records; what differs is told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from crmctl.i18n import _, label
from crmctl.report.definition import SUMMABLE, Column, Table
from crmctl.report.filled import Filled, FilledTable, Row, Source

_SUFFIX = "_evidence"
_ROUNDED = Decimal("0.05")  # means are told to a tenth


def with_evidence(filled: Filled) -> Filled:
    """The report with a table of records after each table that tells them."""
    return replace(filled, tables=tuple(one for table in filled.tables for one in _followed(filled, table)))


def differing(filled: Filled) -> list[str]:
    """The counts and sums that their records do not add up to, in the reader's words; empty when all is well."""
    found = []
    for table in filled.tables:
        alike = Counter(_key(table, number) for number in range(len(table.rows)))
        for (number, figure), sources in _by_cell(table).items():
            if alike[_key(table, number)] > 1:
                continue  # nothing tells these rows apart
            place = next((n for n, column in enumerate(table.columns) if column.name == figure), None)
            if place is None or table.columns[place].type not in SUMMABLE:
                continue
            shown = table.rows[number][place]
            if not _adds_up(table.columns[place], Decimal(str(shown or 0)), sources):
                found.append(f"{table.title}: {_row_name(filled, table, number)}: {label(table.columns[place].label)}")
    return found


def _adds_up(column: Column, shown: Decimal, sources: list[Source]) -> bool:
    """Whether the records make the figure: its sum, or the mean where it is a number that is not summed."""
    total = _sum(sources)
    if shown == total:
        return True
    if column.type != "quantity" or column.total or not sources:
        return False
    return abs(shown - total / len(sources)) <= _ROUNDED


def _sum(sources: list[Source]) -> Decimal:
    return sum((Decimal(1) if one.value is None else Decimal(str(one.value)) for one in sources), Decimal(0))


def _key(table: FilledTable, number: int) -> Row:
    return tuple(table.rows[number][place] for place, column in enumerate(table.columns) if column.key) or (number,)


def _by_cell(table: FilledTable) -> dict[tuple[int, str], list[Source]]:
    """The records of each figure; a figure whose column tells records elsewhere but not here has none."""
    found: dict[tuple[int, str], list[Source]] = defaultdict(list)
    told = {source.figure for source in table.behind or () if source.figure}
    for number in range(len(table.rows)):
        for figure in told:
            found[number, figure] = []
    for source in table.behind or ():
        found[source.row, source.figure].append(source)
    return found


def _followed(filled: Filled, table: FilledTable) -> Iterator[FilledTable]:
    yield table
    if not table.behind:
        return
    figures = {column.name: label(column.label) for column in table.columns}
    columns = (
        Column("row", "text", (_("Row"), _("Row"))),
        Column("figure", "text", (_("Figure"), _("Figure"))),
        Column("kind", "kind", (_("Kind"), _("Kind"))),
        Column("id", "code", (_("Record"), _("Record"))),
        Column("value", "text", (_("Adds"), _("Adds"))),
    )
    title = _("{title}: the records", title=table.title)
    frame = Table(f"{table.table.name}{_SUFFIX}", (title, title), "", "", columns)
    yield FilledTable(frame, columns, tuple(_line(filled, table, source, figures) for source in table.behind))


def _line(filled: Filled, table: FilledTable, source: Source, figures: dict[str, str]) -> Row:
    column = next((column for column in table.columns if column.name == source.figure), None)
    worth = filled.words.text(column, source.value) if column else None
    return (_row_name(filled, table, source.row), figures.get(source.figure), source.kind, source.id, worth or None)


def _row_name(filled: Filled, table: FilledTable, number: int) -> str:
    """What tells the row: its key cells, else its first."""
    places = [place for place, column in enumerate(table.columns) if column.key] or [0]
    texts = [filled.words.text(table.columns[place], table.rows[number][place]) for place in places]
    return " · ".join(text or _("(none)") for text in texts)
