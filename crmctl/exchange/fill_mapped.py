"""Read somebody else's sheet as a mapping file says."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from difflib import get_close_matches

from crmctl.errors import InvalidInput
from crmctl.exchange import columns as col
from crmctl.exchange.cells import Cells, assembled, problem_is_damage
from crmctl.exchange.columns import Path, field_at, path_of
from crmctl.exchange.date_order import year_first
from crmctl.exchange.fill import DATED, Filled, proved_orders
from crmctl.exchange.joining import JoinedRow
from crmctl.exchange.mapping import DateOrder, SheetMap, Source
from crmctl.exchange.records import Held
from crmctl.exchange.sheet import Sheet
from crmctl.i18n import N_, _
from crmctl.model.fields import FieldProblem, is_absent
from crmctl.model.fields.characters import clean_line, text_of
from crmctl.model.fields.numbers import read_decimal
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field
from crmctl.model.money import rounded
from crmctl.model.values import Value

Pairs = list[tuple[Path, Value]]


class MappedFiller:
    """Reads rows as a mapping says."""

    own = False

    def __init__(self, cells: Cells, sheet_map: SheetMap, sheet: Sheet, rows: Sequence[JoinedRow], year: int) -> None:
        self.cells = cells
        self.map = sheet_map
        self.sheet = sheet
        self.year = year
        self.notes: list[Finding] = []
        self.targets = {name: self._target(name) for name in sheet_map.fields}
        self._check_columns(list(rows[0].cells) if rows else list(sheet.columns))
        self.orders = self._orders(rows)

    def fill(self, row: JoinedRow, existing: Held | None) -> Filled:
        """The row's fields; the mapping's constants only for a new record."""
        filled = Filled(row.place(), findings=list(row.findings))
        pairs: Pairs = []
        for name, source in self.map.fields.items():
            path, target = self.targets[name]
            pairs += self._read(row, source, path, target, filled)
        if existing is None:
            for name, value in self.map.constants.items():
                path, target = self._target(name)
                pairs += self._typed(filled, path, target, value, row.place(), excel=False)
        filled.values = assembled(pairs)
        for word, outer in ((col.OWNER, self.map.owner), (col.DEPARTMENT, self.map.department)):
            filled.outer[word] = self._plain(row, outer, filled) if outer else ""
        if self.map.customer:
            filled.outer[col.CUSTOMER] = self._plain(row, self.map.customer, filled)
        return filled

    def record_id(self, row: JoinedRow) -> tuple[str, str]:
        """The id, where the mapping gives one."""
        source = self.map.fields.get(col.ID)
        return (self._plain(row, source, Filled("")), "") if source else ("", "")

    def _target(self, name: str) -> tuple[Path, Field]:
        path = path_of(self.cells.kind, name)
        target = field_at(self.cells.kind, path) if path else None
        if path is None or target is None:
            known = [dotted for dotted, _field in self.cells.kind.walk()]
            near = get_close_matches(name, known, 1)
            raise InvalidInput(
                _("There is no field {name} in {kind}", name=name, kind=self.cells.kind.name), where=self.sheet.file,
                hint=_("Did you mean {near}?", near=near[0]) if near else f"crmctl schema show {self.cells.kind.name}",
            )  # fmt: skip
        return path, target

    def _check_columns(self, columns: Sequence[str]) -> None:
        wanted = [column for source in self.map.sources() for column in source.reads()]
        findings = [
            Finding("IMP002", N_("There is no column {name}"), "error", self.sheet.file, "", {"name": column},
                    ", ".join(get_close_matches(column, columns, 2)))
            for column in dict.fromkeys(wanted) if column not in columns
        ]  # fmt: skip
        if findings:
            raise InvalidInput(
                _("The mapping names columns that are not there"), where=self.sheet.file, findings=findings,
                hint=", ".join(columns),
            )  # fmt: skip
        joined = {ours for join in self.map.joins for ours, _its in join.on}
        left = [column for column in self.sheet.columns if column not in wanted and column not in joined]
        if left:
            args = {"names": ", ".join(left)}
            self.notes.append(Finding("IMP005", N_("Not taken: {names}"), "info", self.sheet.file, "", args))

    def _orders(self, rows: Sequence[JoinedRow]) -> dict[str, DateOrder]:
        dated = [
            column
            for name, source in self.map.fields.items() if self.targets[name][1].type in DATED
            for column in source.columns
        ]  # fmt: skip
        return proved_orders(dated, rows, self.map.date_order)

    def _read(self, row: JoinedRow, source: Source, path: Path, target: Field, filled: Filled) -> Pairs:
        faulty = [(column, why) for column in source.reads() if (why := row.fault(column))]
        if faulty:
            name = ".".join(path)
            filled.findings += [Finding("IMP004", why, "error", row.place(column), name) for column, why in faulty]
            return []
        if source.constant is not None:
            return self._typed(filled, path, target, source.constant, row.place(), excel=False)
        if source.product:
            return self._product(row, source, path, target, filled)
        raw = self._raw(row, source)
        if is_absent(raw, self.map.empty):
            raw = source.default
        return [] if raw is None else self._cell(row, source, path, target, raw, filled)

    def _cell(self, row: JoinedRow, source: Source, path: Path, target: Field, raw: object, filled: Filled) -> Pairs:
        where = row.place(source.columns[0] if len(source.columns) == 1 else "")
        country = self._plain(row, source.country, filled) if source.country else ""
        try:
            return [(path, self.cells.value(path, target, raw, excel=bool(row.sheet.title), country=country))]
        except FieldProblem as problem:
            if source.otherwise and not problem_is_damage(problem):
                return self._otherwise(source.otherwise, raw, problem, where, filled)
            filled.findings.append(problem.finding(where, ".".join(path)))
            return []

    def _otherwise(self, name: str, raw: object, problem: FieldProblem, where: str, filled: Filled) -> Pairs:
        path, target = self._target(name)
        made = self._typed(filled, path, target, clean_line(raw, 500), where, excel=False)
        if made:
            found = problem.finding(where, ".".join(path))
            filled.findings.append(Finding("IMP006", found.message, "warning", where, name, found.args))
        return made

    def _typed(self, filled: Filled, path: Path, target: Field, raw: object, where: str, *, excel: bool) -> Pairs:
        try:
            return [(path, self.cells.value(path, target, raw, excel=excel))]
        except FieldProblem as problem:
            filled.findings.append(problem.finding(where, ".".join(path)))
            return []

    def _product(self, row: JoinedRow, source: Source, path: Path, target: Field, filled: Filled) -> Pairs:
        total = Decimal(1)
        for factor in source.product:
            raw = row.cells[factor.column]
            if is_absent(raw, self.map.empty):
                return []
            try:
                value = read_decimal(text_of(raw))
            except FieldProblem as problem:
                filled.findings.append(problem.finding(row.place(factor.column), ".".join(path)))
                return []
            total *= 1 - value if factor.one_minus else value
        if target.type == "money":  # an invoice's line: rounded once, at the end
            total = rounded(total, self.cells.currency)
        return self._typed(filled, path, target, format(total, "f"), row.place(), excel=False)

    def _raw(self, row: JoinedRow, source: Source) -> object:
        cells = [self._replaced(row.cells[column], source) for column in source.columns]
        cells = [
            year_first(cell, self.orders[column], self.year) if column in self.orders else cell
            for column, cell in zip(source.columns, cells, strict=True)
        ]
        if len(cells) == 1:
            return cells[0]
        filled = [text_of(cell).strip() for cell in cells if not is_absent(cell, self.map.empty)]
        return source.glue.join(filled)

    def _replaced(self, cell: object, source: Source) -> object:
        if not source.values or is_absent(cell, self.map.empty):
            return cell
        return source.values.get(text_of(cell).strip(), cell)

    def _plain(self, row: JoinedRow, source: Source, filled: Filled) -> str:
        if source.constant is not None:
            return str(source.constant)
        for column in source.columns:
            if why := row.fault(column):
                filled.findings.append(Finding("IMP004", why, "error", row.place(column)))
                return ""
        raw = self._raw(row, source)
        return source.default or "" if is_absent(raw, self.map.empty) else text_of(raw).strip()
