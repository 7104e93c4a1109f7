"""A report as a PDF on A4, set from the same tables as every other format; its font is embedded, cut to what is used.

Cells are words set at a place and nothing else: the library's markup, links and page-number alias are off.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from crmctl.i18n import _, label, language
from crmctl.report.chart import chart_of
from crmctl.report.columns import Widths, anchor, groups, named, stretched, unbroken
from crmctl.report.filled import Filled, FilledTable, Row
from crmctl.report.fonts import find_fonts
from crmctl.report.sheet import MARGIN, Sheet
from crmctl.report.words import Words

_WIDE_TABLE = 7  # more columns than these lie across the page
_BODY, _TABLE, _SMALLEST = 9.0, 8.0, 5.5
_INK, _SOFT, _WASH, _LINE, _MARK = (29, 39, 51), (91, 104, 117), (238, 242, 245), (213, 220, 227), (20, 96, 138)
_LABEL_MM = 34.0
_TOGETHER = 6  # rows that stay with their heading
_HEADING_MM, _NOTE_MM, _ROW_MM = 22, 5, 6
_LARGEST_CHART = 150.0


def to_pdf(filled: Filled) -> bytes:
    """The file's bytes; the same figures give the same bytes. Raises GitFailed when no font has Chinese."""
    across = any(len(table.shown) > _WIDE_TABLE and table.table.layout == "rows" for table in filled.shown)
    sheet = Sheet(find_fonts(), across=across)
    sheet.describe(filled.title, filled.company, language(), datetime.fromisoformat(filled.as_of).replace(tzinfo=UTC))
    _heading(sheet, filled)
    for table in filled.shown:
        _table(sheet, filled, table)
    if sheet.lacking:
        sheet.text(_("The font lacks some signs; they are shown as {sign}.", sign=sheet.substitute), 7, _SOFT)
    sheet.close_pages(f"{filled.title} · {filled.scope}", filled.foot)
    return sheet.output()


def _heading(sheet: Sheet, filled: Filled) -> None:
    sheet.text(filled.headline, 17, _INK, bold=True)
    if filled.about:
        sheet.text(filled.about, _BODY, _SOFT)
    sheet.space(1.5)
    _pairs(sheet, filled.heading(), wash=True)
    if not filled.complete:
        sheet.space(1)
        sheet.text(_("Only what you can open is counted here."), _BODY, (199, 119, 0), bold=True)


def _table(sheet: Sheet, filled: Filled, table: FilledTable) -> None:
    drawn = chart_of(table, filled.words)
    rows = min(len(table.rows) + (table.totals is not None), _TOGETHER)
    above = _HEADING_MM + (_NOTE_MM if table.table.note else 0)
    sheet.keep(above + rows * _ROW_MM + (drawn["height"] * _scale(sheet, drawn) if drawn else 0))
    sheet.space(5)
    sheet.text(table.title, 12, _MARK, bold=True)
    if table.table.note:
        sheet.text(label(table.table.note), 8, _SOFT)
    sheet.space(1)
    if table.table.layout == "fields" and filled.pairs(table):
        for found in filled.pairs(table):
            _pairs(sheet, [(label(column.label), text) for column, text in found])
    elif not table.rows:
        sheet.text(_("Nothing to show") if filled.complete else _("Nothing that you can open"), _BODY, _SOFT)
    else:
        if drawn:
            _chart(sheet, drawn)
        _Rows(sheet, table, filled.words).set()


def _pairs(sheet: Sheet, pairs: Sequence[tuple[str, str]], *, wash: bool = False) -> None:
    """Label and value side by side, two pairs a line where both are short."""
    half = sheet.width / 2
    room = half - _LABEL_MM - 3
    waiting: tuple[str, str] | None = None
    for name, value in pairs:
        short = "\n" not in value and sheet.size(value, _BODY) <= room and sheet.size(name, _BODY) <= _LABEL_MM - 2
        if waiting and short:
            _line(sheet, [waiting, (name, value)], half, wash=wash)
            waiting = None
        elif short:
            waiting = name, value
        else:
            if waiting:
                _line(sheet, [waiting, ("", "")] if wash else [waiting], half, wash=wash)
                waiting = None
            _line(sheet, [(name, value)], sheet.width, wash=wash)
    if waiting:
        _line(sheet, [waiting, ("", "")] if wash else [waiting], half, wash=wash)


def _line(sheet: Sheet, pairs: Sequence[tuple[str, str]], width: float, *, wash: bool) -> None:
    cells: list[str] = [text for pair in pairs for text in pair]
    widths = [_LABEL_MM, width - _LABEL_MM] * len(pairs)
    sheet.row(cells, widths, _BODY, colours=[_SOFT, _INK] * len(pairs), fill=_WASH if wash else None,
              line=None if wash else _LINE)  # fmt: skip


class _Rows:
    """A table set in rows under a head that every page repeats; what is too broad for the page comes in parts."""

    def __init__(self, sheet: Sheet, table: FilledTable, words: Words) -> None:
        self.sheet, self.table, self.words = sheet, table, words
        self.columns = [table.columns[place] for place in table.shown]
        self.heads = [label(column.label) for column in self.columns]

    def set(self) -> None:
        """Draw it."""
        rows = [self._texts(row) for row in (*self.table.rows, *([self.table.totals] if self.table.totals else []))]
        size = _TABLE
        widths = self._widths(rows, size)
        while size > _SMALLEST and sum(width.least for width in widths) > self.sheet.width:
            size -= 0.5
            widths = self._widths(rows, size)
        for places, broad in groups(widths, self.sheet.width, known_by=anchor(self.columns)):
            self._part(places, stretched(broad, self.sheet.width), size)

    def _widths(self, rows: Sequence[Sequence[str]], size: float) -> list[Widths]:
        def broad(text: str) -> float:
            return self.sheet.size(text, size, bold=True) + 3

        return [
            Widths.of(head, [row[place] for row in rows], unbroken(column), broad)
            for place, (head, column) in enumerate(zip(self.heads, self.columns, strict=True))
        ]

    def _part(self, places: Sequence[int], widths: Sequence[float], size: float) -> None:
        sheet = self.sheet
        numbers = [self.columns[place].is_number for place in places]

        def head() -> None:
            sheet.row(
                [self.heads[place] for place in places], widths, size, bold=True, fill=_WASH, line=_SOFT, right=numbers
            )

        sheet.keep(16)
        head()
        sheet.on_new_page = head
        sections = list(self.table.sections(self.words))
        for section in sections:
            if section.heading:
                sheet.keep(14)
                sheet.row(
                    [f"{section.heading} ({len(section.rows)})"],
                    [sum(widths)],
                    size,
                    bold=True,
                    colours=[_MARK],
                    line=_LINE,
                )
            for row in section.rows:
                texts = self._texts(row)
                sheet.row([texts[place] for place in places], widths, size, line=_LINE, right=numbers)
            if section.totals:
                self._sum(section.totals, _("Subtotal"), places, widths, size)
        if self.table.totals:
            self._sum(self.table.totals, _("Total"), places, widths, size)
        sheet.on_new_page = None
        sheet.space(2)

    def _sum(self, totals: Row, name: str, places: Sequence[int], widths: Sequence[float], size: float) -> None:
        texts = self._texts(totals)
        cells = named([texts[place] for place in places], name)
        numbers = [self.columns[place].is_number for place in places]
        numbers[0] = numbers[0] and cells[0] != name
        self.sheet.row(cells, widths, size, bold=True, fill=_WASH, line=_SOFT, right=numbers)

    def _texts(self, row: Row) -> list[str]:
        return [self.words.text(self.table.columns[place], row[place]) for place in self.table.shown]


def _scale(sheet: Sheet, chart: dict[str, Any]) -> float:
    """How many mm a unit of the drawing is."""
    return min(0.36, min(sheet.width, _LARGEST_CHART) / float(chart["width"]))


def _chart(sheet: Sheet, chart: dict[str, Any]) -> None:
    scale = _scale(sheet, chart)
    left, top = MARGIN, sheet.place
    for line in chart["lines"]:
        sheet.stroke(
            [
                (left + line["x1"] * scale, top + line["y1"] * scale),
                (left + line["x2"] * scale, top + line["y1"] * scale),
            ],
            _LINE,
        )
        sheet.word(line["text"], left + (line["x1"] - 6) * scale, top + (line["y1"] + 4) * scale, 6.5, _SOFT, "right")
    for path in chart["paths"]:
        points = [tuple(map(int, point.split())) for point in path[1:].split("L")]
        sheet.stroke([(left + x * scale, top + y * scale) for x, y in points], _MARK, 0.5)
    for mark in chart["marks"]:
        if chart["type"] == "bars":
            sheet.box(
                left + mark["x"] * scale, top + mark["y"] * scale, mark["width"] * scale, mark["height"] * scale, _MARK
            )
            for words in mark["words"]:
                sheet.word(words["text"], left + mark["label_x"] * scale, top + words["y"] * scale, 7, _INK, "right")
            sheet.word(mark["value"], left + mark["value_x"] * scale, top + mark["text_y"] * scale, 7, _INK)
        else:
            sheet.box(left + mark["x"] * scale - 0.6, top + mark["y"] * scale - 0.6, 1.2, 1.2, _MARK)
    for text in chart["texts"]:
        sheet.word(text["text"], left + text["x"] * scale, top + text["y"] * scale, 6.5, _SOFT, "middle")
    sheet.space(chart["height"] * scale + 2)
    if chart["more"]:
        sheet.text(_("{count} more in the figures", count=chart["more"]), 7, _SOFT)
