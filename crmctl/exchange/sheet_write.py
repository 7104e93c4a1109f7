"""Write sheets for people: XLSX with typed cells and drop-down lists, CSV that no program takes for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

_GUARDED = ("=", "+", "-", "@", "\t", "\r", "'")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_TITLE = re.compile(r"[\[\]:*?/\\']")
_SPARE_ROWS = 500
_WIDEST = 40
_PLAIN, _TEXT, _DAY, _HEAD, _FIXED = "plain", "text", "day", "head", "fixed"


@dataclass(frozen=True, slots=True)
class Page:
    """One worksheet: heading and rows, which columns are hidden or not to be edited, and choices by column."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    hidden: frozenset[int] = frozenset()
    fixed: frozenset[int] = frozenset()
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)
    textual: frozenset[int] = frozenset()


def csv_bytes(page: Page) -> bytes:
    """A page as CSV: UTF-8 with mark, which spreadsheet programs need, and no cell a formula."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in page.header])
    for row in page.rows:
        writer.writerow([guarded(_as_text(cell)) for cell in row])
    return buffer.getvalue().encode("utf-8-sig")


def guarded(text: str) -> str:
    """`text` with a `'` before it when a spreadsheet could take it for a formula. See `unguarded`."""
    return f"'{text}" if text.startswith(_GUARDED) and not _NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """The text that `guarded` got."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_GUARDED) else text


def _as_text(cell: object) -> str:
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return "" if cell is None else str(cell)


def xlsx_bytes(pages: Sequence[Page]) -> bytes:
    """Pages as a workbook: frozen heading with filters, drop-down lists, text columns that stay text."""
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(buffer, options)
    formats = {
        _PLAIN: book.add_format({"valign": "top"}),
        _TEXT: book.add_format({"num_format": "@", "valign": "top"}),
        _DAY: book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"}),
        _HEAD: book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        _FIXED: book.add_format({"font_color": "#777777", "valign": "top"}),
    }
    taken: set[str] = set()
    sheets = [(page, book.add_worksheet(_title(page.title, taken))) for page in pages]
    listed = book.add_worksheet(_title("choices", taken)) if any(page.choices for page in pages) else None
    column = 0
    for page, sheet in sheets:
        _fill(page, sheet, formats)
        for number, words in page.choices.items():
            _offer(sheet, listed, number, words, column, len(page.rows))
            column += 1
    if listed:
        listed.hide()
    book.close()
    return buffer.getvalue()


def _title(wanted: str, taken: set[str]) -> str:
    base = _TITLE.sub(" ", wanted).strip()[:28] or "sheet"
    title, number = base, 1
    while title.casefold() in taken:
        number += 1
        title = f"{base} {number}"
    taken.add(title.casefold())
    return title


def _fill(page: Page, sheet: Any, formats: Mapping[str, Any]) -> None:
    for number, name in enumerate(page.header):
        width = max([len(name) * 2, *(len(_as_text(row[number])) for row in page.rows[:200])], default=8)
        shape = formats[_TEXT if number in page.textual else _PLAIN]
        sheet.set_column(number, number, min(max(width + 1, 8), _WIDEST), shape, {"hidden": number in page.hidden})
        sheet.write_string(0, number, name, formats[_HEAD])
    for line, row in enumerate(page.rows, 1):
        for number, cell in enumerate(row):
            _cell(sheet, line, number, cell, formats, fixed=number in page.fixed)
    sheet.freeze_panes(1, 1)
    if page.rows:
        sheet.autofilter(0, 0, len(page.rows), len(page.header) - 1)


def _cell(sheet: Any, line: int, number: int, cell: object, formats: Mapping[str, Any], *, fixed: bool) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        sheet.write_number(line, number, float(cell), formats[_FIXED if fixed else _PLAIN])
    elif isinstance(cell, date):
        sheet.write_datetime(line, number, cell, formats[_DAY])
    else:
        sheet.write_string(line, number, str(cell), formats[_FIXED if fixed else _TEXT])


def _offer(sheet: Any, listed: Any, number: int, words: Sequence[str], column: int, rows: int) -> None:
    """A drop-down list, its words on a hidden sheet: a list in the cell itself may have 255 characters only."""
    from xlsxwriter.utility import xl_range_abs

    for line, word in enumerate(words):
        listed.write_string(line, column, word)
    source = f"='{listed.get_name()}'!{xl_range_abs(0, column, max(len(words) - 1, 0), column)}"
    # a warning only: the import reads codes and either language too
    sheet.data_validation(
        1, number, rows + _SPARE_ROWS, number, {"validate": "list", "source": source, "error_type": "warning"}
    )
