"""Read a CSV or XLSX file into a Sheet; every fault of the file is told with its place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from crmctl.errors import InvalidInput, NotFound
from crmctl.exchange.csv_text import decode, records
from crmctl.exchange.sheet import Row, Sheet, letters_of
from crmctl.exchange.xlsx_cells import FaultyCell, check_package, faulty_cells
from crmctl.i18n import N_, _
from crmctl.model.findings import Finding

MOST_BYTES = 50_000_000
MOST_ROWS = 200_000
MOST_COLUMNS = 500
_CELL = re.compile(r"([A-Z]+)([0-9]+)")
_FAULTS = {
    "formula": N_("This formula has no value: open the file in a spreadsheet program and save it"),
    "error": N_("This cell shows an error instead of a value"),
}


def read_sheet(path: Path, *, encoding: str | None = None, title: str | None = None) -> Sheet:
    """The sheet at `path`; of a workbook the worksheet called `title`, else the first.

    Raises NotFound, InvalidInput (no sheet, too large, an encoding or quotes that do not fit, columns
    that cannot be told apart). Cells whose value cannot be known come back in the sheet's `faults`.
    """
    content = _content(path)
    digest = hashlib.sha256(content).hexdigest()
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        return _workbook(path, digest, title)
    if path.suffix.lower() not in {".csv", ".tsv", ".txt"}:
        raise InvalidInput(
            _("Neither CSV nor XLSX"),
            where=path.name,
            hint=_("Save the sheet as XLSX or CSV in your spreadsheet program"),
        )
    text, read_as = decode(content, path.name, encoding)
    lines = list(records(text, path.name))
    return _sheet(path.name, "", digest, lines, read_as)


def sha256_of(path: Path) -> str:
    """The digest of a file as plans keep it. Raises NotFound."""
    return hashlib.sha256(_content(path)).hexdigest()


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(
                _("The file is larger than {limit} MB", limit=MOST_BYTES // 1_000_000), where=path.name,
                hint=_("Split it into several"),
            )  # fmt: skip
        return path.read_bytes()
    except OSError as error:
        raise NotFound(_("The file cannot be read"), where=str(path)) from error


def _workbook(path: Path, digest: str, title: str | None) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound

    check_package(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        name = title or book.sheet_names[0]
        # otherwise empty leading rows and columns are cut off, and every place would be wrong
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except WorksheetNotFound as error:
        raise NotFound(
            _("There is no worksheet {name}", name=title), where=path.name, hint=", ".join(book.sheet_names)
        ) from error
    except PasswordError as error:
        raise InvalidInput(_("The workbook has a password"), where=path.name, hint=_("Save it without one")) from error
    except (CalamineError, IndexError) as error:
        raise InvalidInput(_("The workbook is damaged"), where=path.name) from error
    sheet = _sheet(path.name, name, digest, list(enumerate(rows, 1)), "")
    return replace(sheet, faults=dict(_faults(sheet, faulty_cells(path, book.sheet_names.index(name)))))


def _faults(sheet: Sheet, faulty: Iterable[FaultyCell]) -> Iterator[tuple[tuple[int, str], str]]:
    columns = {letters_of(sheet.offset + number): name for number, name in enumerate(sheet.columns)}
    for found in faulty:
        match = _CELL.fullmatch(found.cell)
        if match and match[1] in columns:
            yield (int(match[2]), columns[match[1]]), _FAULTS[found.fault]


def _sheet(file: str, title: str, digest: str, lines: Sequence[tuple[int, Sequence[object]]], read_as: str) -> Sheet:
    if len(lines) > MOST_ROWS:
        raise InvalidInput(
            _("The sheet has more than {limit} rows", limit=MOST_ROWS), where=file, hint=_("Split it into several")
        )
    filled = [(number, cells) for number, cells in lines if any(not _empty(cell) for cell in cells)]
    if not filled:
        raise InvalidInput(_("The sheet is empty"), where=file)
    header_line, header = filled[0]
    offset = next(number for number, cell in enumerate(header) if not _empty(cell))
    names = [_name(cell) for cell in header[offset:]]
    while names and not names[-1]:
        names.pop()
    where = f"{file}!{title}" if title else f"{file}:{header_line}"
    _check_header(names, where)
    sheet = Sheet(file, title, tuple(names), tuple(_rows(filled[1:], names, offset)), digest, read_as, offset)
    wide = [
        Finding("IMP002", N_("This row has a cell where the header has none"), "error", sheet.place(number))
        for number, cells in filled[1:]
        if any(not _empty(cell) for cell in (*cells[:offset], *cells[offset + len(names) :]))
    ]
    if wide:
        raise InvalidInput(
            _("{count:row does not fit|rows do not fit} the header", count=len(wide)), where=where, findings=wide,
            hint=_("A cell with the delimiter in it needs quotes"),
        )  # fmt: skip
    return sheet


def _rows(lines: Iterable[tuple[int, Sequence[object]]], names: Sequence[str], offset: int) -> Iterator[Row]:
    for number, cells in lines:
        padded = [*cells[offset : offset + len(names)], *[""] * (len(names) - len(cells) + offset)]
        yield Row(number, dict(zip(names, padded, strict=False)))


def _check_header(names: Sequence[str], where: str) -> None:
    if len(names) > MOST_COLUMNS:
        raise InvalidInput(_("The sheet has more than {limit} columns", limit=MOST_COLUMNS), where=where)
    if "" in names:
        raise InvalidInput(
            _("Column {number} has no heading", number=names.index("") + 1), where=where,
            hint=_("The first row names the columns"),
        )  # fmt: skip
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(_("Two columns are called {name}", name=twice[0]), where=where)


def _name(cell: object) -> str:
    return " ".join(str(cell).split()) if not _empty(cell) else ""


def _empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip("\ufeff \t\r\n\xa0\u3000"))
