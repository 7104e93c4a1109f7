"""The movement sheet of a day (业务去向表): proposed, kept one a member and day, its rows turned into visits.

A row and the record it becomes share their fields by name, so that what a company adds to both
kinds goes over by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from crmctl.errors import InvalidInput, NotFound, Refused
from crmctl.i18n import N_, _, label
from crmctl.ledger.changing.draft import Draft, Kept, Origin
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.reading.people import member_name
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.rows import typed_rows
from crmctl.model.dossier import is_office
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.paths import compartment_of
from crmctl.model.record import Record
from crmctl.model.values import Value
from crmctl.rules.due_parts import Due, Whose

SHEET, VISIT = "day_plan", "visit"  # the two kinds `crmctl day` is about
_ROWS, _DAY, _WHO, _BECAME = "rows", "on", "customer", "visit"
Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A member's sheet of a day; `id` and `path` are None while there is none."""

    member: str
    day: date
    data: dict[str, Value] = field(default_factory=dict)
    id: str | None = None
    path: str | None = None

    @property
    def rows(self) -> list[Row]:
        """Its rows."""
        rows = self.data.get(_ROWS)
        return [dict(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the sheet, the visit (for a row logged), main's commit (None on a dry run)."""

    sheet: Sheet
    visit: str | None
    commit: str | None
    findings: tuple[Finding, ...] = ()


def sheet_of(ledger: Ledger, member: str, day: date) -> Sheet:
    """The member's sheet of that day, empty when there is none yet. Raises NoKey."""
    kind = _kind(ledger, SHEET)
    own = compartment_of(kind, None, member)
    zone = ledger.now.tzinfo
    assert zone is not None
    for row in typed_rows(connect(ledger, [SHEET]), kind, [_DAY], zone, _DAY):
        if row.compartment == own and row.values[_DAY] == day:
            return Sheet(member, day, ledger.read(row.path).data, row.id, row.path)
    return Sheet(member, day, {_DAY: day.isoformat()})


def with_due(ledger: Ledger, sheet: Sheet) -> Sheet:
    """The sheet with a row for each customer of whom something is due that day and who is not on it."""
    due = agenda(ledger, Whose(frozenset({sheet.member})), sheet.day, done_late=False).items
    there = {row.get(_WHO) for row in sheet.rows}
    proposed: dict[str, Row] = {}
    for item in due:
        customer = item.dossier
        if is_office(customer) or customer in there or (item.due is not None and item.due > sheet.day):
            continue
        row = _row_from(ledger, item)
        if customer in proposed:
            proposed[customer] = _joined(proposed[customer], row)
        else:
            proposed[customer] = row
    return _with_rows(sheet, [*sheet.rows, *proposed.values()])


def with_copy(ledger: Ledger, sheet: Sheet, other: date) -> Sheet:
    """The sheet with the rows of another day's, without the visits they became. Raises NotFound."""
    source = sheet_of(ledger, sheet.member, other)
    if source.id is None:
        raise NotFound(_("There is no day plan of {day}", day=other), hint="crmctl day plan --date DATE")
    there = {row.get(_WHO) for row in sheet.rows}
    copied = [{k: v for k, v in row.items() if k != _BECAME} for row in source.rows if row.get(_WHO) not in there]
    return _with_rows(sheet, [*sheet.rows, *copied])


def write_sheet(ledger: Ledger, sheet: Sheet, values: Mapping[str, object], *, dry_run: bool = False) -> Written:
    """Keep the sheet with `values` over it. Customers may be named. Raises InvalidInput, NotFound, NoKey."""
    draft = Draft(ledger)
    wanted = {**sheet.data, **values}
    _must_be_whole(ledger, sheet, wanted)
    wanted[_ROWS] = [_resolved(ledger, row) for row in _list(wanted.get(_ROWS))] or None
    kind, origin = _kind(ledger, SHEET), _origin(ledger, sheet.member)
    if sheet.path is None:
        department = _department(ledger, sheet.member)
        kept: Kept | None = draft.new_record(kind, f"office/{department}", department, wanted, origin)
    else:
        kept = draft.new_version(sheet.path, wanted, origin, sheet.id or "")
    record = kept.record if kept else draft.record(str(sheet.path))
    commit = None if dry_run else draft.commit("day-plan", SHEET)
    made = _as_sheet(sheet, record, kept.path if kept else sheet.path)
    told = (*lacking(ledger, made), *lengthy(ledger, made))
    return Written(made, None, commit, (*draft.findings, *told))


def log_row(
    ledger: Ledger, sheet: Sheet, number: int, values: Mapping[str, object], state: str, *, dry_run: bool = False
) -> Written:
    """Turn row `number` (from 1) into a visit in `state`, each naming the other, in one change.

    A row that came from a planned visit moves that one on. Raises NotFound, Refused, InvalidInput.
    """
    rows = sheet.rows
    if sheet.id is None or sheet.path is None:
        raise NotFound(_("There is no day plan of {day}", day=sheet.day), hint="crmctl day plan --from due")
    if not 1 <= number <= len(rows):
        raise NotFound(_("The day plan has no row {number}", number=number), where=sheet.id, hint=f"1 … {len(rows)}")
    draft = Draft(ledger)
    row = rows[number - 1]
    visit = _logged(draft, row, sheet, values, state)
    rows[number - 1] = {**row, _BECAME: visit.id}
    kept = draft.new_version(sheet.path, {_ROWS: rows}, _origin(ledger, sheet.member), sheet.id)
    commit = None if dry_run else draft.commit("day-log", VISIT)
    made = _as_sheet(sheet, kept.record, sheet.path) if kept else sheet
    return Written(made, visit.id, commit, tuple(draft.findings))


def lacking(ledger: Ledger, sheet: Sheet) -> list[Finding]:
    """A warning for each row that lacks one of the elements the policy wants of a plan (who, what, where …)."""
    wanted = ledger.values().get("day_plan_elements")
    inner = _kind(ledger, SHEET).field(_ROWS)
    found = []
    for number, row in enumerate(sheet.rows):
        names = [str(name) for name in wanted or [] if row.get(str(name)) is None] if isinstance(wanted, list) else []
        labels = [label(f.label) for name in names if inner and (f := inner.inner(name))]
        if labels:
            args = {"row": number + 1, "fields": ", ".join(labels)}
            message = N_("Row {row} still lacks: {fields}")
            found.append(Finding("DAY001", message, "warning", sheet.id or "", f"{_ROWS}.{number}", args))
    return found


def lengthy(ledger: Ledger, sheet: Sheet) -> list[Finding]:
    """A warning for each row that takes longer than the policy advises (the way or the talk, as it says)."""
    values = ledger.values()
    limit, name = values.get("visit_minutes"), str(values.get("visit_minutes_of") or "minutes")
    message = N_("Row {row} takes {minutes:minute|minutes}; {limit} are advised")
    return [
        Finding("DAY002", message, "warning", sheet.id or "", f"{_ROWS}.{number}.{name}",
                {"row": number + 1, "minutes": row[name], "limit": limit})
        for number, row in enumerate(sheet.rows)
        if isinstance(limit, int) and isinstance(row.get(name), int) and int(str(row[name])) > limit
    ]  # fmt: skip


def _must_be_whole(ledger: Ledger, sheet: Sheet, wanted: Mapping[str, object]) -> None:
    """Refuse a plan that leaves an element open where the policy is strict (P03:2.4). Raises InvalidInput."""
    if ledger.values().get("day_plan_strict") is not True:
        return
    rows: list[Value] = [row for row in _list(wanted.get(_ROWS)) if isinstance(row, dict)]
    faults = [replace(fault, severity="error") for fault in lacking(ledger, replace(sheet, data={_ROWS: rows}))]
    if faults:
        raise InvalidInput(
            _("The plan is not complete: each row says whom, what, where, when, why and how"), findings=faults,
            hint="crmctl day plan --set rows.0.place=…",
        )  # fmt: skip


def _logged(draft: Draft, row: Row, sheet: Sheet, values: Mapping[str, object], state: str) -> Kept:
    ledger, kind = draft.ledger, _kind(draft.ledger, VISIT)
    if state not in kind.states:
        raise NotFound(_("There is no state {state}", state=state), hint=", ".join(kind.states))
    shared = {name: value for name, value in row.items() if kind.field(name)}
    marks: dict[str, object] = {"reported_at": ledger.now.isoformat(), _reference(kind): sheet.id}
    given = {**{name: value for name, value in marks.items() if kind.field(name)}, **values, "state": state}
    origin = _origin(ledger, sheet.member)
    became = row.get(_BECAME)
    if became is None:
        customer = str(row.get(_WHO) or "")
        if not customer:
            raise Refused(
                _("The row names no customer"), where=sheet.id, hint="crmctl day plan --set rows.0.customer=WHO"
            )
        department = lookup.department_of(ledger, customer)
        return draft.new_record(kind, customer, department, {_DAY: sheet.day.isoformat(), **shared, **given}, origin)
    found = lookup.record(ledger, str(became))
    present = draft.record(found.path).state or kind.first_state or ""
    if (present, state) not in kind.arrows:
        raise Refused(
            _("{id} cannot go from {present} to {target}", id=found.id, present=label(kind.states[present]),
              target=label(kind.states[state])),
            where=sheet.id, rule="REC010", hint=f"crmctl update {found.id} --set …",
        )  # fmt: skip
    planned = draft.record(found.path).data
    kept = draft.new_version(
        found.path, {k: v for k, v in shared.items() if k not in planned} | given, origin, found.id
    )
    assert kept is not None
    return kept


def _row_from(ledger: Ledger, item: Due) -> Row:
    """A proposed row: a planned visit's own elements, else what is due as the topic."""
    inner = _kind(ledger, SHEET).field(_ROWS)
    names = {f.name for f in inner.fields} if inner else set()
    if item.kind == VISIT and item.id:
        record = ledger.read(lookup.record(ledger, item.id).path)
        if record.state == _kind(ledger, VISIT).first_state:
            shared = {name: value for name, value in record.data.items() if name in names}
            return {_WHO: item.dossier, **shared, _BECAME: item.id}
    return {_WHO: item.dossier, "topic": label(item.text)}


def _joined(row: Row, other: Row) -> Row:
    """Two proposals for one customer as one row: the first's words, the other's topic behind."""
    topics = dict.fromkeys(str(t) for t in (row.get("topic"), other.get("topic")) if t)
    return {**other, **row, "topic": "; ".join(topics)}


def _reference(kind: Kind) -> str:
    """The field of the visit that names its sheet."""
    return next((f.name for f in kind.fields if f.type == "ref" and f.options.get("to") == SHEET), "")


def _resolved(ledger: Ledger, row: object) -> object:
    who = row.get(_WHO) if isinstance(row, dict) else None
    return {**row, _WHO: lookup.customer(ledger, str(who))} if isinstance(row, dict) and who else row


def _with_rows(sheet: Sheet, rows: Sequence[Row]) -> Sheet:
    return replace(sheet, data={**sheet.data, _ROWS: list(rows)})


def _as_sheet(sheet: Sheet, record: Record, path: str | None) -> Sheet:
    return replace(sheet, data=record.data, id=record.id, path=path)


def _kind(ledger: Ledger, name: str) -> Kind:
    return Draft(ledger).kind(name)


def _origin(ledger: Ledger, member: str) -> Origin:
    return Origin(for_member=None if member == ledger.member_id else member)


def _department(ledger: Ledger, member: str) -> str:
    found = ledger.in_force.org.members.get(member)
    departments = found.departments(ledger.today) if found else []
    if not departments:
        raise Refused(
            _("{member} belongs to no department", member=member_name(ledger, member)),
            hint=f"crmctl member show {member}",
        )
    return departments[0]


def _list(raw: object) -> list[object]:
    return list(raw) if isinstance(raw, list) else []
