"""A report as CSV for spreadsheet programs: UTF-8 with its mark, and no cell that computes."""

from __future__ import annotations

import csv
import io

from crmctl.i18n import _, label
from crmctl.report.definition import Column
from crmctl.report.filled import Cell, Filled, FilledTable, Row
from crmctl.report.words import Words

# what Excel, LibreOffice and WPS take for the beginning of a formula, full-width signs included
_BEGINS = tuple("=+-@\t\r\n|%") + tuple("＝＋－＠")


def to_csv(filled: Filled) -> bytes:
    """The report's bytes: what it says of itself, then each table under its title."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(filled.title)])
    writer.writerows([guarded(name), guarded(value)] for name, value in filled.heading())
    if not filled.complete:
        writer.writerow([_("Only what you can open is counted here.")])
    for table in filled.tables:
        writer.writerow([])
        writer.writerow([guarded(table.title)])
        writer.writerow([guarded(label(column.label)) for column in table.columns])
        writer.writerows(_rows(table, filled.words))
    return out.getvalue().encode("utf-8-sig")


def guarded(text: str) -> str:
    """`text`, with an apostrophe before it where a spreadsheet program would compute it."""
    return f"'{text}" if text.lstrip(" \u3000").startswith(_BEGINS) or text.startswith(_BEGINS) else text


def _rows(table: FilledTable, words: Words) -> list[list[str]]:
    rows = [_line(table, words, row) for row in table.rows]
    if table.totals:
        total = _line(table, words, table.totals)
        rows.append([_("Total"), *total[1:]] if not total[0] else total)
    return rows


def _line(table: FilledTable, words: Words, row: Row) -> list[str]:
    return [_cell(words, column, value) for column, value in zip(table.columns, row, strict=True)]


def _cell(words: Words, column: Column, value: Cell) -> str:
    text = words.text(column, value, grouped=False)
    return text if column.is_number else guarded(text)
