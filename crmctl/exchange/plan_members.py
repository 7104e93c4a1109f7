"""Plan the people of an import: who becomes known to the ledger, without access yet (ADR 0020)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crmctl.errors import CrmctlError, Refused
from crmctl.exchange import columns as col
from crmctl.exchange.cells import Cells
from crmctl.exchange.fill import Filled
from crmctl.exchange.fill_mapped import MappedFiller
from crmctl.exchange.joining import JoinedRow
from crmctl.exchange.mapping import SheetMap
from crmctl.exchange.matching import mark_clashes
from crmctl.exchange.plan import PlanRow
from crmctl.exchange.planning import Planning, said
from crmctl.exchange.staff import MEMBER, STAFF, member_of, updated
from crmctl.i18n import N_
from crmctl.ledger.setup.administer import must_administer
from crmctl.model.changes import diff
from crmctl.model.clear_files import encode_member
from crmctl.model.findings import Finding
from crmctl.model.org import Member


def plan_members(planning: Planning, sheet_map: SheetMap, path: Path) -> None:
    """Plan one sheet of people; later sheets may name them. Raises Refused for who may not administer."""
    ledger = planning.ledger
    must_administer(ledger)
    sheet = planning.sheet(path, sheet_map.encoding, sheet_map.worksheet)
    rows = planning.rows(sheet, sheet_map, path)
    filler = MappedFiller(Cells.of(ledger, STAFF), sheet_map, sheet, rows, ledger.today.year)
    planning.plan.notes += filler.notes
    planned = [_read(filler, row) for row in rows]
    mark_clashes((row, [(("id",), str(f.values["id"]))] if "id" in f.values else []) for row, f in planned)
    members = [(row, member) for row, filled in planned if (member := _member(planning, row, filled))]
    _check_supervisors(planning, [row for row, _member in members], {member.id for _row, member in members})
    planning.plan.rows += [row for row, _filled in planned]
    planning.with_members([member for row, member in members if row.goes_in])


def _read(filler: MappedFiller, joined: JoinedRow) -> tuple[PlanRow, Filled]:
    filled = filler.fill(joined, None)
    row = PlanRow(filled.place, MEMBER, "create", str(filled.values.get("name", "")))
    row.findings += filled.findings
    if "id" not in filled.values and not filled.faulty:
        label = {"label": STAFF.fields[0].label}
        row.findings.append(Finding("REC001", N_("Missing: {label}"), "error", filled.place, "id", label))
    if any(finding.severity == "error" for finding in row.findings):
        row.action = "error"
    return row, filled


def _member(planning: Planning, row: PlanRow, filled: Filled) -> Member | None:
    if not row.goes_in:
        return None
    department = planning.order.department or filled.outer.get(col.DEPARTMENT, "")
    try:
        member = member_of(planning.ledger, filled.values, department)
        known = planning.ledger.in_force.org.members.get(member.id)
        member = updated(known, member) if known else member
    except CrmctlError as error:
        row.leave_out("blocked" if isinstance(error, Refused) else "error", said(error, row.place))
        return None
    row.values = dict(encode_member(member))
    if known:
        row.id = known.id
        row.action = "update" if member != known else "same"
        row.changes = diff(encode_member(known), encode_member(member))
    return member


def _check_supervisors(planning: Planning, rows: Sequence[PlanRow], planned: set[str]) -> None:
    for row in rows:
        named = row.values.get("supervisor") if row.goes_in else None
        if named and named not in planned and named not in planning.ledger.in_force.org.members:
            args = {"name": named}
            row.leave_out(
                "error", Finding("IMP011", N_("There is no member {name}"), "error", row.place, "supervisor", args)
            )
