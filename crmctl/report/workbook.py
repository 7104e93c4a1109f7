"""A report as an Excel workbook: typed cells, a frozen head, filters; no formula and no link."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crmctl.i18n import _, label
from crmctl.model.money import from_minor, minor_digits
from crmctl.report.definition import Column
from crmctl.report.filled import Cell, Filled, FilledTable, Row
from crmctl.report.words import Words

_EXACT_DIGITS = 15  # what a cell keeps of a number
_SHEET_NAME = 31
_CELL_TEXT = 32_767
_WIDEST = 60
_CLOSED = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
_FORMATS = {"int": "#,##0", "quantity": "#,##0.######", "mean": "#,##0.0", "percent": "0.0%", "date": "yyyy-mm-dd",
            "instant": "yyyy-mm-dd hh:mm"}  # fmt: skip


def to_workbook(filled: Filled) -> bytes:
    """The file's bytes: a sheet that says what it is, then one a table."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    book = Workbook(out, _CLOSED)
    book.set_properties({"title": filled.title, "company": filled.company,
                         "created": datetime.fromisoformat(filled.as_of)})  # fmt: skip
    used: set[str] = set()
    _about(book.add_worksheet(_sheet_name(_("About"), used)), book, filled)
    for table in filled.tables:
        _Sheet(book, book.add_worksheet(_sheet_name(table.title, used)), filled.words).fill(table)
    book.close()
    return out.getvalue()


def _about(sheet: Any, book: Any, filled: Filled) -> None:
    bold = book.add_format({"bold": True})
    sheet.write_string(0, 0, filled.title, book.add_format({"bold": True, "font_size": 16}))
    sheet.write_string(1, 0, filled.about)
    for number, (name, value) in enumerate(filled.heading(), 3):
        sheet.write_string(number, 0, name, bold)
        sheet.write_string(number, 1, value)
    if not filled.complete:
        sheet.write_string(len(filled.heading()) + 4, 0, _("Only what you can open is counted here."))
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, _WIDEST)


@dataclass
class _Sheet:
    """One table's sheet."""

    book: Any
    sheet: Any
    words: Words

    def fill(self, table: FilledTable) -> None:
        head = self.book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF2F5", "text_wrap": True})
        formats = [self._format(column) for column in table.columns]
        sums = [self._format(column, bold=True) for column in table.columns]
        for place, column in enumerate(table.columns):
            self.sheet.write_string(0, place, label(column.label), head)
            self.sheet.set_column(place, place, self._width(column, (row[place] for row in table.rows)))
        for number, row in enumerate(table.rows, 1):
            self._row(number, table, row, formats)
        last = len(table.rows)
        if table.totals:
            if not table.totals[0]:
                self.sheet.write_string(last + 1, 0, _("Total"), sums[0])
            self._row(last + 1, table, table.totals, sums)
        self.sheet.freeze_panes(1, 0)
        self.sheet.autofilter(0, 0, last, len(table.columns) - 1)
        self.sheet.repeat_rows(0)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)

    def _row(self, number: int, table: FilledTable, row: Row, formats: list[Any]) -> None:
        for place, (column, value) in enumerate(zip(table.columns, row, strict=True)):
            if value not in {None, ""}:
                self._cell(number, place, column, value, formats[place])

    def _cell(self, number: int, place: int, column: Column, value: Cell, form: Any) -> None:
        exact = self._number(column, value)
        if exact is not None and len(exact.normalize().as_tuple().digits) <= _EXACT_DIGITS:
            self.sheet.write_number(number, place, float(exact), form)
        elif column.type == "date":
            self.sheet.write_datetime(number, place, date.fromisoformat(str(value)), form)
        elif column.type == "instant":
            self.sheet.write_datetime(number, place, self.words.moment(value).replace(tzinfo=None), form)
        else:
            self.sheet.write_string(number, place, self.words.text(column, value)[:_CELL_TEXT], form)

    def _number(self, column: Column, value: Cell) -> Decimal | None:
        if not column.is_number:
            return None
        if column.type == "money":
            return Decimal(from_minor(int(str(value)), self.words.currency))
        number = Decimal(str(value))
        return number / 100 if column.type == "percent" else number

    def _format(self, column: Column, *, bold: bool = False) -> Any:
        digits = minor_digits(self.words.currency)
        money = "#,##0" + (f".{'0' * digits}" if digits else "")
        shape: dict[str, object] = {"num_format": money if column.type == "money" else _FORMATS.get(column.type, "@")}
        if column.type == "note":
            shape["text_wrap"] = True
        return self.book.add_format({**shape, "valign": "top", "bold": bold})

    def _width(self, column: Column, cells: Iterable[Cell]) -> int:
        texts = [label(column.label), *(self.words.text(column, cell) for cell in cells)]
        widest = max(sum(2 if ord(c) > 0x2E80 else 1 for c in line) for text in texts for line in text.split("\n"))
        return min(widest + 3, _WIDEST)


def _sheet_name(title: str, used: set[str]) -> str:
    """A name Excel takes: 31 characters, no bracket, colon, slash or mark, no quote at an end, none twice."""
    base = re.sub(r"[\[\]:*?/\\]", " ", title).strip("' ")[:_SHEET_NAME] or "-"
    name, number = base, 1
    while name.casefold() in used or name.casefold() == "history":
        number += 1
        name = f"{base[: _SHEET_NAME - 4]} {number}"
    used.add(name.casefold())
    return name
