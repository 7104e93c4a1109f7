"""A sheet as it was read: a header, rows of cells, and the place of each cell for messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One row under the header: its number in the file (a CSV's line), its cells by column."""

    number: int
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one CSV file or one worksheet.

    `title` is the worksheet's name, empty for CSV; `encoding` what a CSV was read as; `faults` the
    cells (row number, column) whose value cannot be known, with a msgid that says why.
    """

    file: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    sha256: str
    encoding: str = ""
    offset: int = 0
    faults: Mapping[tuple[int, str], str] = field(default_factory=dict)

    def place(self, row: int, column: str = "") -> str:
        """Where a cell or row is: `orders.xlsx!Sheet1!B7`, `orders.csv:7 Phone`."""
        if not self.title:
            return f"{self.file}:{row} {column}".rstrip()
        letters = letters_of(self.offset + self.columns.index(column)) if column in self.columns else ""
        return f"{self.file}!{self.title}!{letters}{row}"

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


def letters_of(column: int) -> str:
    """A worksheet column's letters, counted from 0: A, B … Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
