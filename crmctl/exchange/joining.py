"""Rows of several sheets put together, as a mapping's `join:` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from crmctl.errors import InvalidInput
from crmctl.exchange.mapping import Join
from crmctl.exchange.sheet import Row, Sheet
from crmctl.i18n import N_, _
from crmctl.model.findings import Finding

Places = Mapping[str, tuple[Sheet, Row, str]]


@dataclass(frozen=True, slots=True)
class JoinedRow:
    """A row with the cells of those joined to it, under `join.Column`."""

    sheet: Sheet
    row: Row
    cells: Mapping[str, object]
    others: Places
    findings: tuple[Finding, ...] = ()

    def place(self, column: str = "") -> str:
        """Where a cell is, in whichever file it came from."""
        if column in self.others:
            sheet, row, own = self.others[column]
            return sheet.place(row.number, own)
        return self.sheet.place(self.row.number, column)

    def fault(self, column: str) -> str | None:
        """Why a cell's value cannot be known; None when it can."""
        if column in self.others:
            sheet, row, own = self.others[column]
            return sheet.faults.get((row.number, own))
        return self.sheet.faults.get((self.row.number, column))


def join_rows(sheet: Sheet, joins: Sequence[Join], read: Callable[[Join], Sheet]) -> list[JoinedRow]:
    """Each row with what the joins find for it. Raises InvalidInput for columns a join names and no sheet has."""
    rows = [JoinedRow(sheet, row, row.cells, {}) for row in sheet]
    columns = list(sheet.columns)
    for join in joins:
        other = read(join)
        _must_have(columns, [ours for ours, _its in join.on], sheet.file)
        _must_have(other.columns, [its for _ours, its in join.on] + [join.latest] * bool(join.latest), other.file)
        index = _index(other, join)
        rows = [_with(one, join, other, index) for one in rows]
        columns += [f"{join.name}.{column}" for column in other.columns]
    return rows


def columns_of(sheet: Sheet, rows: Sequence[JoinedRow]) -> list[str]:
    """Every column a mapping of these rows may name."""
    return list(rows[0].cells) if rows else list(sheet.columns)


def _index(other: Sheet, join: Join) -> dict[tuple[str, ...], list[Row]]:
    index: dict[tuple[str, ...], list[Row]] = {}
    for row in other:
        index.setdefault(tuple(_key(row.cells[its]) for _ours, its in join.on), []).append(row)
    return index


def _with(one: JoinedRow, join: Join, other: Sheet, index: Mapping[tuple[str, ...], Sequence[Row]]) -> JoinedRow:
    key = tuple(_key(one.cells[ours]) for ours, _its in join.on)
    found = index.get(key, ()) if any(key) else ()
    findings = one.findings
    if len(found) > 1 and join.latest is None:
        lines = ", ".join(str(row.number) for row in found[:5])
        args = {"count": len(found), "file": other.file, "lines": lines}
        findings = (
            *findings,
            Finding("IMP003", N_("{count} rows of {file} belong to this one: {lines}"), "error", one.place(), "", args),
        )
    # of rows of the same day the last in the file is the latest
    chosen = (
        max(enumerate(found), key=lambda item: (_key(item[1].cells[join.latest or ""]), item[0]))[1]
        if (found and join.latest)
        else (found[0] if found else None)
    )
    cells = {f"{join.name}.{name}": chosen.cells[name] if chosen else None for name in other.columns}
    places = {f"{join.name}.{name}": (other, chosen, name) for name in other.columns} if chosen else {}
    return JoinedRow(one.sheet, one.row, {**one.cells, **cells}, {**one.others, **places}, findings)


def _key(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _must_have(columns: Sequence[str], wanted: Sequence[str | None], file: str) -> None:
    for name in wanted:
        if name not in columns:
            near = get_close_matches(str(name), columns, 1)
            raise InvalidInput(
                _("There is no column {name}", name=name), where=file,
                hint=_("Did you mean {near}?", near=near[0]) if near else ", ".join(columns),
            )  # fmt: skip
