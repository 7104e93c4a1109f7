"""Files for import tests, written as other programs write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl


def csv_file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A CSV file with these lines, in an encoding."""
    path.write_bytes(text.encode(encoding))
    return path


def workbook(path: Path, rows: Sequence[Sequence[object]], title: str = "Sheet1") -> Path:
    """A workbook as openpyxl writes it: formulas without values."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def edited(path: Path, row: int, heading: str, value: object) -> None:
    """Put a value into a cell of a workbook, row counted from 1 below the heading, as a person would."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    sheet.cell(row + 1, headings.index(heading) + 1).value = value
    book.save(path)
