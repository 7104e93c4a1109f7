"""Read a sheet whose headings are a kind's own, as `crmctl sheet` writes them: only what was edited counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmctl.errors import InvalidInput
from crmctl.exchange import columns as col
from crmctl.exchange.cells import Cells, assembled
from crmctl.exchange.columns import Path, at, field_at, in_cell, path_of, same_in_cell
from crmctl.exchange.date_order import year_first
from crmctl.exchange.fill import DATED, Filled, proved_orders
from crmctl.exchange.joining import JoinedRow
from crmctl.exchange.records import Held
from crmctl.exchange.sheet import Sheet
from crmctl.exchange.sheet_write import unguarded
from crmctl.i18n import N_, _
from crmctl.model.fields import FieldProblem
from crmctl.model.fields.characters import text_of
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field
from crmctl.model.values import Value


class OwnFiller:
    """Reads a sheet whose headings are the kind's own: names or labels, as `crmctl sheet` writes them."""

    own = True

    def __init__(self, cells: Cells, sheet: Sheet, rows: Sequence[JoinedRow], year: int) -> None:
        self.cells = cells
        self.sheet = sheet
        self.year = year
        self.notes: list[Finding] = []
        self.outer: dict[str, str] = {}
        self.columns: dict[str, tuple[Path, Field]] = {}
        left = [heading for heading in sheet.columns if not self._place(heading)]
        if left:
            args = {"names": ", ".join(left)}
            self.notes.append(Finding("IMP005", N_("Not taken: {names}"), "warning", sheet.file, "", args))
        if not self.columns:
            name = cells.kind.name
            raise InvalidInput(
                _("No heading is a field of {kind}", kind=name), where=sheet.file,
                hint=_("Say what the columns mean: --map MAPPING; or begin with: crmctl sheet {kind} FILE", kind=name),
            )  # fmt: skip
        dated = [heading for heading, (_path, target) in self.columns.items() if target.type in DATED]
        self.orders = proved_orders(dated, rows, None)
        self.guarded = not sheet.title and col.ID in self.outer

    def _place(self, heading: str) -> bool:
        """Whether the heading means anything."""
        folded = heading.casefold()
        for name in col.outer_columns(self.cells.kind):
            if folded == name or folded in {text.casefold() for text in col.OUTER[name]}:
                self.outer[name] = heading
                return True
        path = path_of(self.cells.kind, heading)
        target = field_at(self.cells.kind, path) if path else None
        if path is None or target is None or target.type == "file":
            return False
        if path in {known for known, _field in self.columns.values()}:
            raise InvalidInput(_("Two columns are called {name}", name=heading), where=self.sheet.file)
        self.columns[heading] = (path, target)
        return True

    def record_id(self, row: JoinedRow) -> tuple[str, str]:
        """The id and version the row names."""
        return self._outer(row, col.ID), self._outer(row, col.REV)

    def fill(self, row: JoinedRow, existing: Held | None) -> Filled:
        """The fields that differ from `existing`; of a new record all that are filled in."""
        filled = Filled(row.place())
        filled.outer = {name: self._outer(row, name) for name in self.outer if name not in {col.ID, col.REV}}
        pairs: list[tuple[Path, Value]] = []
        changed: set[str] = set()
        for heading, (path, target) in self.columns.items():
            before = at(existing.data, path) if existing else None
            cell = self._cell(row, heading)
            if why := row.fault(heading):
                filled.findings.append(Finding("IMP004", why, "error", row.place(heading), ".".join(path)))
            elif same_in_cell(cell, in_cell(target, before, self.cells.vocab)):
                pairs += [(path, before)] if before is not None else []
            else:
                changed.add(path[0])
                pairs += self._changed(filled, path, target, heading, cell, before, row)
        if existing:
            pairs += self._not_shown(existing, changed)
        filled.values = assembled((path, value) for path, value in pairs if path[0] in changed)
        return filled

    def _changed(
        self, filled: Filled, path: Path, target: Field, heading: str, cell: object, before: Value, row: JoinedRow
    ) -> list[tuple[Path, Value]]:
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return [(path, None)]
        if heading in self.orders:
            cell = year_first(cell, self.orders[heading], self.year)
        try:
            read = self.cells.value(path, target, cell, excel=bool(self.sheet.title))
        except FieldProblem as problem:
            filled.findings.append(problem.finding(row.place(heading), ".".join(path)))
            return []
        if isinstance(read, dict) and isinstance(before, dict):  # a code that is gone from the cell is gone
            read = {**dict.fromkeys(before), **read}
        return [(path, read)]

    def _not_shown(self, existing: Held, changed: set[str]) -> Iterator[tuple[Path, Value]]:
        """Parts of a list's entries that the sheet has no column for; a changed list is written whole."""
        shown = {path for path, _field in self.columns.values()}
        for name in changed:
            entries = existing.data.get(name)
            for number, entry in enumerate(entries if isinstance(entries, list) else []):
                for inner, value in entry.items() if isinstance(entry, dict) else ():
                    if (name, str(number), inner) not in shown:
                        yield (name, str(number), inner), value

    def _cell(self, row: JoinedRow, heading: str) -> object:
        cell = row.cells[heading]
        return unguarded(cell) if self.guarded and isinstance(cell, str) else cell

    def _outer(self, row: JoinedRow, name: str) -> str:
        if name not in self.outer:
            return ""
        cell = self._cell(row, self.outer[name])
        return "" if cell is None else text_of(cell).strip()
