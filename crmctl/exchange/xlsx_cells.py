"""Look into a workbook for what its reader hides: formulas without a value, error values, bombs.

The reader gives an empty cell for `#DIV/0!`, and for a formula that no program has computed yet;
taken for a gap, either would be silent loss.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.parsers import expat

from crmctl.errors import InvalidInput
from crmctl.i18n import _

_MOST_UNPACKED = 600_000_000
_CHUNK = 1 << 16
Fault = Literal["formula", "error"]


@dataclass(frozen=True, slots=True)
class FaultyCell:
    """A cell by its letters and number, such as B7, and what is wrong with it."""

    cell: str
    fault: Fault


def check_package(path: Path) -> None:
    """Refuse what is no workbook or would unpack beyond all reason. Raises InvalidInput."""
    try:
        with zipfile.ZipFile(path) as package:
            total = sum(entry.file_size for entry in package.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise InvalidInput(
            _("This is no XLSX workbook"), where=path.name, hint=_("Save it as XLSX or CSV, without a password")
        ) from error
    if total > _MOST_UNPACKED:
        raise InvalidInput(
            _("The workbook is too large"), where=path.name, hint=_("Split it, or save the sheet as CSV")
        )


def faulty_cells(path: Path, number: int) -> list[FaultyCell]:
    """The cells of worksheet `number` (from 0) whose value cannot be known."""
    with zipfile.ZipFile(path) as package:
        part = _part(package, number, path.name)
        with package.open(part) as stream:
            scan = _Scan()
            while chunk := stream.read(_CHUNK):
                scan.feed(chunk, path.name)
            return scan.found


class _Scan:
    """One pass over a worksheet's XML."""

    def __init__(self) -> None:
        self.found: list[FaultyCell] = []
        self._cell = ""
        self._error = self._formula = self._value = False
        self._inside = ""
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = _refuse

    def feed(self, chunk: bytes, where: str) -> None:
        try:
            self._parser.Parse(chunk, False)
        except expat.ExpatError as error:
            raise InvalidInput(_("The workbook is damaged"), where=where) from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside = name.rpartition(" ")[2]
        if self._inside == "c":
            self._cell = attributes.get("r", "")
            self._error = attributes.get("t") == "e"
            self._formula = self._value = False
        elif self._inside == "f":
            self._formula = True

    def _text(self, text: str) -> None:
        if self._inside in {"v", "t"} and text:
            self._value = True

    def _end(self, name: str) -> None:
        self._inside = ""
        if name.rpartition(" ")[2] != "c":
            return
        if self._error:
            self.found.append(FaultyCell(self._cell, "error"))
        elif self._formula and not self._value:
            self.found.append(FaultyCell(self._cell, "formula"))


def _part(package: zipfile.ZipFile, number: int, where: str) -> str:
    """The name of a worksheet's part, by the workbook's own order and relations."""
    relations = {
        attributes.get("Id", ""): attributes.get("Target", "")
        for tag, attributes in _elements(package, "xl/_rels/workbook.xml.rels", where)
        if tag == "Relationship"
    }
    sheets = [attributes for tag, attributes in _elements(package, "xl/workbook.xml", where) if tag == "sheet"]
    identifier = next((value for key, value in sheets[number].items() if key.rpartition(" ")[2] == "id"), "")
    target = relations.get(identifier, "")
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _elements(package: zipfile.ZipFile, name: str, where: str) -> Iterator[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda tag, attributes: found.append((tag.rpartition(" ")[2], attributes))
    try:
        parser.Parse(package.read(name), True)
    except (expat.ExpatError, KeyError) as error:
        raise InvalidInput(_("The workbook is damaged"), where=where) from error
    return iter(found)


def _refuse(*_declaration: object) -> None:
    raise InvalidInput(_("The workbook holds a document type, which no spreadsheet writes"))
