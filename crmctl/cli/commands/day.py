"""`crmctl day plan|log`: the movement sheet of the day, and how each row went."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.assignments import values_of
from crmctl.cli.commands.due import read_day
from crmctl.cli.commands.shared import SetOption
from crmctl.cli.commands.wording import customer_name, value_text
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import NotFound, UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.affairs.day import Sheet
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name
from crmctl.model.findings import Finding

DateOption = Annotated[
    str | None,
    typer.Option("--date", metavar=N_("DATE"), help=N_("The day: today, tomorrow or a date; today if not given.")),
]
ForOption = Annotated[
    str | None, typer.Option("--for", metavar=N_("MEMBER"), help=N_("Another member's, on that member's behalf."))
]


@details(
    N_(
        "Examples:\n\ncrmctl day plan --from due        (a row for each customer who is due)\n\n"
        "crmctl day plan --set rows.0.time=09:30 --set rows.0.whom=王主任\n\n"
        "crmctl day plan --date tomorrow --copy today\n\ncrmctl day plan        (only show it)"
    )
)
def plan(
    day: DateOption = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="due", help=N_("Propose rows from what is due."))
    ] = None,
    copy: Annotated[
        str | None, typer.Option("--copy", metavar=N_("DATE"), help=N_("Take over the rows of another day."))
    ] = None,
    values: SetOption = None,
    member: ForOption = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Show, propose or change the plan of a day."""
    from crmctl.ledger.affairs.day import lacking, lengthy, sheet_of, with_copy, with_due, write_sheet

    out = Out(as_json)
    if source not in {None, "due"}:
        raise UsageError(_("--from takes only: due"), hint="crmctl day plan --from due")
    ledger = open_ledger(directory)
    sheet = sheet_of(ledger, _whose(ledger, member), read_day(day, ledger.today))
    if source:
        sheet = with_due(ledger, sheet)
    if copy:
        sheet = with_copy(ledger, sheet, read_day(copy, ledger.today))
    if not (source or copy or values):
        told = [*lacking(ledger, sheet), *lengthy(ledger, sheet)]
        _answer(ledger, sheet, out, None, told, dry_run=False)
        return
    kind = ledger.in_force.kinds["day_plan"]
    written = write_sheet(ledger, sheet, values_of(kind, values or [], None, sheet.data), dry_run=dry_run)
    _answer(ledger, written.sheet, out, written.commit, list(written.findings), dry_run=dry_run)


@details(
    N_(
        "Examples:\n\ncrmctl day log 1 --set result=已签意向 --set goal_met=yes\n\n"
        "crmctl day log 2 --state cancelled --set cancel_reason=客户出差\n\n"
        "The rows are numbered from 1, as crmctl day plan shows them."
    )
)
def log(
    row: Annotated[int, typer.Argument(metavar=N_("ROW"), help=N_("The row's number."), min=1)],
    values: SetOption = None,
    state: Annotated[
        str, typer.Option("--state", metavar=N_("STATE"), help=N_("How it went: done, incident or cancelled."))
    ] = "done",
    day: DateOption = None,
    member: ForOption = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Report on a row of the day plan: it becomes a visit."""
    from crmctl.ledger.affairs.day import log_row, sheet_of

    out = Out(as_json)
    ledger = open_ledger(directory)
    sheet = sheet_of(ledger, _whose(ledger, member), read_day(day, ledger.today))
    fields = values_of(ledger.in_force.kinds["visit"], values or [], None)
    written = log_row(ledger, sheet, row, fields, state, dry_run=dry_run)
    words = ledger.in_force.kinds["visit"].states
    data = {
        "id": written.visit, "kind": "visit", "sheet": sheet.id, "row": row, "state": state, "commit": written.commit,
        "dry_run": dry_run,
    }  # fmt: skip

    def draw() -> None:
        said = {"id": written.visit, "row": row, "state": label(words[state])}
        out.line(
            _("Row {row} would become {id}: {state}", **said)
            if dry_run
            else _("Row {row} is now {id}: {state}", **said)
        )

    out.result("day-log", data, draw, written.findings)


def _whose(ledger: Ledger, member: str | None) -> str:
    if member is not None and member not in ledger.in_force.org.members:
        raise NotFound(_("There is no member {member}", member=member), hint="crmctl member list")
    return member or ledger.member_id


def _answer(
    ledger: Ledger, sheet: Sheet, out: Out, commit: str | None, findings: list[Finding], *, dry_run: bool
) -> None:
    data = {
        "id": sheet.id, "date": sheet.day, "member": sheet.member, "rows": sheet.rows, "note": sheet.data.get("note"),
        "commit": commit, "dry_run": dry_run,
    }  # fmt: skip
    out.result("day-plan", data, lambda: _draw(ledger, sheet, out, dry_run=dry_run), findings)


def _draw(ledger: Ledger, sheet: Sheet, out: Out, *, dry_run: bool) -> None:
    from crmctl.ledger.snapshot.names import names

    kind = ledger.in_force.kinds["day_plan"]
    head = f"{label(kind.label)} {sheet.day} {member_name(ledger, sheet.member)}"
    out.say(f"{_('Would write')}: {head}" if dry_run else head)
    if not sheet.rows:
        out.say(_("No rows yet: crmctl day plan --from due"))
        return
    field = kind.field("rows")
    columns = [f for f in (field.fields if field else ()) if any(f.name in row for row in sheet.rows)]
    called = {name.id: name.name for name in names(ledger)}
    rows = [
        (
            str(number),
            *(
                customer_name(ledger, called, str(row.get(f.name) or "")) if f.name == "customer"
                else value_text(ledger, kind, f"rows.{f.name}", row[f.name]) if f.name in row else None
                for f in columns
            ),
        )
        for number, row in enumerate(sheet.rows, 1)
    ]  # fmt: skip
    table([("", "right"), *((label(f.label), "left") for f in columns)], rows)
