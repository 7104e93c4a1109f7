"""Plan the records of one sheet: which record each row means, what it changes, and whether the rules let it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from crmctl.errors import InvalidInput, NoKey, NotFound, Refused, UsageError
from crmctl.exchange import columns as col
from crmctl.exchange.carry_out import carry_out
from crmctl.exchange.cells import Cells, merged_lists
from crmctl.exchange.fill import Filled, Filler
from crmctl.exchange.fill_mapped import MappedFiller
from crmctl.exchange.fill_own import OwnFiller
from crmctl.exchange.joining import JoinedRow
from crmctl.exchange.mapping import SheetMap
from crmctl.exchange.matching import Customers, keys_of, mark_clashes, mark_duplicates, value_at
from crmctl.exchange.plan import PlanRow
from crmctl.exchange.planning import Planning, said
from crmctl.exchange.records import Held
from crmctl.i18n import N_, _
from crmctl.ledger.changing.draft import Kept
from crmctl.model.changes import diff
from crmctl.model.fields import FIELD_TYPES, FieldProblem
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.monthly import fields_of, find_row
from crmctl.model.validate import Rules, validate


class RecordPlanning:
    """The planning of one sheet of records."""

    def __init__(self, planning: Planning, sheet_map: SheetMap | None, path: Path) -> None:
        self.planning = planning
        self.map = sheet_map
        self.kind = planning.draft.kind(sheet_map.kind if sheet_map else planning.order.kind or "")
        sheet = planning.sheet(path, sheet_map.encoding, sheet_map.worksheet) if sheet_map else planning.sheet(path)
        self.rows = planning.rows(sheet, sheet_map, path)
        cells, year = Cells.of(planning.ledger, self.kind), planning.ledger.today.year
        self.filler: Filler = (
            MappedFiller(cells, sheet_map, sheet, self.rows, year)
            if sheet_map
            else OwnFiller(cells, sheet, self.rows, year)
        )
        self.keys = keys_of(self.kind, sheet_map)
        self.known = planning.known(self.kind)

    def run(self) -> None:
        """Plan every row."""
        plan = self.planning.plan
        plan.notes += self.filler.notes
        read = [self._read(row) for row in self.rows]
        mark_clashes((row, self._clash_keys(row)) for row in read)
        mark_duplicates(self.known, read, self.map.not_duplicate if self.map else None)
        first = len(plan.rows)
        plan.rows += read
        customers = self._customers() if self.kind.scope == "assignment" else None
        for number, row in enumerate(read, first):
            if row.goes_in:
                self._try(number, row, customers)
            self.planning.progress(number + 1)

    def _read(self, joined: JoinedRow) -> PlanRow:
        record_id, version = self.filler.record_id(joined)
        existing = self.known.by_id.get(record_id) if record_id else None
        filled = self.filler.fill(joined, existing)
        matched = [existing] if existing else self._matched(filled)
        if matched and existing is None:
            existing = matched[0]
            filled = self.filler.fill(joined, existing)
        row = self._row(joined, filled, existing)
        if record_id and existing is None:
            _fault(row, "IMP012", N_("There is no {id}, or you cannot open it"), "id", id=record_id)
            row.action = "blocked"
        if len(matched) > 1:
            _fault(row, "IMP013", N_("Fits several records: {listed}"), listed=", ".join(one.id for one in matched[:5]))
        if existing and self.filler.own and version and version != existing.version and row.values:
            _fault(row, "IMP014", N_("Changed in the ledger since the sheet was written; write the sheet anew"))
        if filled.faulty:
            row.leave_out("error", *self._also_wrong(row))
        return row

    def _row(self, joined: JoinedRow, filled: Filled, existing: Held | None) -> PlanRow:
        before = existing.data if existing else {}
        title = [str(filled.values.get(name) or before.get(name) or "") for name in self.kind.title]
        row = PlanRow(
            filled.place, self.kind.name, "update" if existing else "create", " ".join(title).strip(),
            reason=f"import {joined.sheet.file}", state=self.map.state if self.map else None, values=filled.values,
            findings=filled.findings,
        )  # fmt: skip
        if existing:
            row.id, row.path, row.row, row.dossier = existing.id, existing.path, existing.row, existing.record.dossier
            if not self.filler.own:
                row.values = merged_lists(self.kind, row.values, existing.data)
        self._belongs(row, filled.outer, existing)
        return row

    def _matched(self, filled: Filled) -> list[Held]:
        for path in self.keys:
            value = value_at(filled.values, path)
            found = self.known.at(path, value) if value is not None else []
            if found:
                return found
        return []

    def _clash_keys(self, row: PlanRow) -> list[tuple[tuple[str, ...], str]]:
        if row.id:
            return [(("id",), row.id)]
        given = ((path, value_at(row.values, path)) for path in self.keys)
        return next(([(path, str(value))] for path, value in given if value is not None), [])

    def _belongs(self, row: PlanRow, outer: Mapping[str, str], existing: Held | None) -> None:
        """Where the row says the record belongs; an existing record stays where it is."""
        row.owner = _short_name(row, col.OWNER, outer)
        row.department = self.planning.order.department or _short_name(row, col.DEPARTMENT, outer)
        if outer.get(col.STATE):
            row.state = self._state(row, outer[col.STATE])
        if existing is None:
            row.dossier = outer.get(col.CUSTOMER) or outer.get(col.CUSTOMER_NAME, "")
            return
        if row.state and self.kind.states and row.state != existing.data.get("state"):
            self._move(row, str(existing.data.get("state")))
        if self.filler.own and self.kind.scope == "core":
            assignments = self.planning.ledger.dossier(existing.record.dossier).assignments
            owners = "; ".join(one.owner for one in assignments.values())
            for name, there in ((col.DEPARTMENT, "; ".join(assignments)), (col.OWNER, owners)):
                if outer.get(name, there) != there:
                    message = N_("Who is responsible does not change by an import; use crmctl transfer")
                    _fault(row, "IMP015", message, name)

    def _state(self, row: PlanRow, text: str) -> str | None:
        found = next((state for state, pair in self.kind.states.items() if text == state or text in pair), None)
        if found is None:
            _fault(row, "IMP016", N_("There is no state {state}"), "state", state=text)
        return found

    def _move(self, row: PlanRow, before: str) -> None:
        if (before, row.state) in self.kind.arrows:
            row.values["state"] = row.state
        else:
            allowed = ", ".join(self.kind.arrows_from(before))
            message = N_("It cannot go from {before} to {after}, only to {allowed}")
            _fault(row, "IMP017", message, "state", before=before, after=row.state or "", allowed=allowed or "-")

    def _also_wrong(self, row: PlanRow) -> list[Finding]:
        """What else is wrong with a row that has faulty cells: all errors at once."""
        faulty = {finding.field.split(".")[0] for finding in row.findings}
        in_force = self.planning.ledger.in_force
        state = row.state or self.kind.first_state
        required = () if row.id else in_force.pack.required(self.kind.name, state)
        rules = Rules(
            in_force.pack.vocab, tuple(name for name in required if name.split(".")[0] not in faulty),
            in_force.settings.timezone, in_force.settings.currency, self.planning.ledger.today,
        )  # fmt: skip
        return [one for one in validate(self.kind, row.values, rules, row.place)[1] if one.severity == "error"]

    def _try(self, number: int, row: PlanRow, customers: Customers | None) -> None:
        """Do the row in the draft, so that whatever would stop it later stops it now."""
        draft = self.planning.draft
        told = len(draft.findings)
        try:
            if customers and not row.id:
                self._find_customer(row, customers)
            kept = carry_out(draft, row, self.planning.made)
        except InvalidInput as error:
            row.leave_out("error", *(error.findings or (said(error, row.place),)))
        except (NoKey, Refused) as error:
            row.leave_out("blocked", said(error, row.place))
        except (NotFound, UsageError) as error:
            row.leave_out("error", said(error, row.place))
        else:
            row.findings += draft.findings[told:]
            self._tried(number, row, kept)

    def _find_customer(self, row: PlanRow, customers: Customers) -> None:
        if not row.dossier:
            raise UsageError(_("The row names no customer"))
        by = self.map.customer.by if self.map and self.map.customer else None
        row.dossier, row.customer = customers.find(row.dossier, by)

    def _tried(self, number: int, row: PlanRow, kept: Kept | None) -> None:
        if kept is None:
            row.action = "same"
        elif row.id:
            after = fields_of(find_row(kept.record.data, row.row) or {}) if row.row else kept.record.data
            row.changes = diff(self.known.by_id[row.id].data, after)
        elif self.kind.scope == "core":
            self.planning.made[number] = kept.record.dossier

    def _customers(self) -> Customers:
        kinds: Sequence[Kind] = list(self.planning.ledger.in_force.kinds.values())
        kind = next(one for one in kinds if one.scope == "core" and one.single)
        return Customers(self.planning.ledger, kind, self.planning.known(kind), self.planning.plan.rows)


def _fault(row: PlanRow, code: str, message: str, field: str = "", **args: object) -> None:
    row.leave_out("error", Finding(code, message, "error", row.place, field, args))


def _short_name(row: PlanRow, word: str, outer: Mapping[str, str]) -> str:
    """The id of a member or department as typed; several at once are only ever shown, never taken."""
    text = outer.get(word, "")
    if not text or ";" in text:
        return ""
    try:
        return str(FIELD_TYPES["member"].parse(text))
    except FieldProblem as problem:
        row.leave_out("error", problem.finding(row.place, word))
        return ""
