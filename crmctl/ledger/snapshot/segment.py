"""A segment of the snapshot: one table made of many files of the ledger, each giving some rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.difference import Entry
from crmctl.ledger.snapshot.tables import SqlValue

Row = tuple[SqlValue, ...]
DAMAGED = 0


class Made(NamedTuple):
    """The rows of one file. `generation` opened it; None: does not open; DAMAGED: not what it must be."""

    path: str
    generation: int | None
    rows: list[Row]


def same(path: str) -> str:
    """The path itself."""
    return path


@dataclass(frozen=True, slots=True)
class Segment:
    """How a table is made of files.

    `shape` names everything else that the rows depend on: another shape makes the segment anew.
    `takes` says by its path whether a file belongs to it; `work(ledger, argument, entries)` makes
    the rows, in any process. Rows are found again by column `key`, which holds `key_of(path)`.
    `sealed`: the files open only with keys, so that it is kept in mind which did. `clear_counts`: the
    rows depend on the dossier's clear file too. `light`: not worth a second process. `folder`: the
    files lie in folders of that name only ("": anywhere).
    """

    name: str
    shape: str
    table: str
    columns: tuple[tuple[str, str], ...]
    takes: Callable[[str], bool]
    work: Callable[[Ledger, str, Sequence[Entry]], Iterator[Made]]
    argument: str = ""
    key: str = "path"
    key_of: Callable[[str], str] = same
    primary: tuple[str, ...] = ()
    sealed: bool = True
    clear_counts: bool = False
    light: bool = False
    folder: str = ""

    def create(self, schema: str) -> str:
        """The statement that makes the table in a schema of the connection."""
        columns = [f'"{name}" {affinity}' for name, affinity in self.columns]
        if self.primary:
            columns.append(f"PRIMARY KEY ({', '.join(self.primary)})")
        end = ") WITHOUT ROWID" if self.primary else ")"
        return f'CREATE TABLE "{schema}"."{self.table}" ({", ".join(columns)}{end}'

    def insert(self, schema: str) -> str:
        """The statement that adds a row."""
        return f'INSERT INTO "{schema}"."{self.table}" VALUES ({", ".join("?" * len(self.columns))})'
