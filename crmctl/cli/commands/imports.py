"""`crmctl import plan|apply|revert`: sheets into records, in two steps and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.commands.wording import brief
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out, finding_line
from crmctl.cli.progress import progress
from crmctl.cli.table import table
from crmctl.errors import ExitCode
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.model.changes import FieldChange
from crmctl.model.findings import Finding

if TYPE_CHECKING:
    from crmctl.exchange.plan import Plan, PlanRow

_SHOWN = 30


@details(
    N_(
        "Examples:\n\ncrmctl import plan 客户.xlsx --kind customer\n\n"
        "crmctl import plan orders/ --map MAPPING --department east\n\n"
        "Nothing is written: each row is named with what it would do, and why some cannot go in. Then: crmctl import "
        "apply. Without a mapping the headings are field names or labels, as crmctl sheet writes them."
    )
)
def plan(
    path: Annotated[
        Path, typer.Argument(metavar=N_("FILE|FOLDER"), help=N_("A CSV or XLSX file, or a folder of them."))
    ],
    kind: Annotated[
        str | None, typer.Option("--kind", metavar=N_("KIND"), help=N_("Of what kind the rows are."))
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--map", metavar=N_("MAPPING"), help=N_("A file that says what the columns mean."))
    ] = None,
    department: Annotated[str | None, typer.Option("--department", help=N_("Which department's."))] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help=N_("How a CSV is encoded, where it is not found out: big5."))
    ] = None,
    out_path: Annotated[
        Path | None, typer.Option("--out", metavar=N_("PLAN"), help=N_("Where to keep the plan, sealed to you."))
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> int:
    """Show what a sheet would change; write nothing."""
    from crmctl.exchange.plan import Order
    from crmctl.exchange.plan_file import keep
    from crmctl.exchange.planner import plan_import

    out = Out(as_json)
    ledger = open_ledger(directory)
    order = Order(str(path.absolute()), str(mapping.absolute()) if mapping else None, kind, department, encoding)
    with progress(_("Rows")) as done:
        made = plan_import(ledger, order, done)
    kept = keep(ledger, made, out_path)

    def show() -> None:
        _show_counts(made, ledger)
        _show_updates(out, [row for row in made.rows if row.action == "update"])
        _show_left_out(out, made)
        if made.writes():
            out.say(_("Next: crmctl import apply"))

    findings = [*made.notes, *_warnings(made)]
    out.result("import-plan", {**_document(made), "plan": str(kept)}, show, findings)
    return int(ExitCode.FINDINGS if made.left_out() else ExitCode.DONE)


@details(
    N_(
        "Examples:\n\ncrmctl import apply\n\ncrmctl import apply --all-or-nothing\n\n"
        "Takes the plan made last. Rows that cannot go in are left out and named again."
    )
)
def apply(
    path: Annotated[
        Path | None, typer.Argument(metavar=N_("[PLAN]"), help=N_("The plan; the one made last if not given."))
    ] = None,
    whole: Annotated[bool, typer.Option("--all-or-nothing", help=N_("Write nothing when a row cannot go in."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Write what a plan says."""
    from crmctl.exchange.apply import apply_plan

    out = Out(as_json)
    ledger = open_ledger(directory)
    with progress(_("Rows")) as done:
        applied = apply_plan(ledger, path, whole=whole, dry_run=dry_run, progress=done)

    def show() -> None:
        _show_counts(applied.plan, ledger)
        _show_left_out(out, applied.plan)
        if applied.commit:
            out.line(_("Imported as {name}", name=applied.commit[:12]))
            out.say(_("To take it back: crmctl import revert {name}", name=applied.commit[:12]))
        elif not dry_run:
            out.line(_("Nothing had to be written"))

    data = {**_document(applied.plan), "commit": applied.commit, "dry_run": dry_run}
    out.result("import-apply", data, show)


@details(
    N_(
        "Examples:\n\ncrmctl import revert last --dry-run\n\ncrmctl import revert 541f300065c7\n\n"
        "What nobody touched since is taken back; what was changed since stays and is listed."
    )
)
def revert(
    name: Annotated[str, typer.Argument(metavar=N_("IMPORT|last"), help=N_("What crmctl import apply printed."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take an import back, but not what was changed since."""
    from crmctl.exchange.revert import revert_import

    out = Out(as_json)
    done = revert_import(open_ledger(directory), name, dry_run=dry_run)

    def show() -> None:
        if not done.removed and not done.restored:
            out.line(_("Nothing is left to take back"))
        else:
            word = _("Would take back") if dry_run else _("Taken back")
            out.line(_("{word}: {removed} removed, {restored} set back", word=word, removed=len(done.removed),
                       restored=len(done.restored)))  # fmt: skip
        for finding in done.kept:
            out.line("  " + finding_line(finding))

    data = {
        "import": done.imported, "commit": done.commit, "dry_run": dry_run, "removed": done.removed,
        "restored": done.restored,
    }  # fmt: skip
    out.result("import-revert", data, show, done.kept if as_json else ())


def _show_counts(made: Plan, ledger: Ledger) -> None:
    from crmctl.exchange.staff import STAFF

    kinds = {**ledger.in_force.kinds, STAFF.name: STAFF}
    words = {
        "create": _("New"), "update": _("Changed"), "same": _("Same"), "duplicate": _("Duplicate"),
        "blocked": _("Not allowed"), "error": _("Faulty"),
    }  # fmt: skip
    columns = [(_("Kind"), "left"), *((word, "right") for word in words.values())]
    rows = [
        (label(kinds[kind].label), *(counts.get(action, 0) for action in words))  # type: ignore[call-overload]
        for kind, counts in made.counts().items()
    ]
    table(columns, rows)  # type: ignore[arg-type]


def _show_updates(out: Out, rows: list[PlanRow]) -> None:
    for row in rows[:_SHOWN]:
        changes = "; ".join(_change(change) for change in row.changes)
        out.line(f"{row.place} {row.id} {row.title}: {changes}")
    if len(rows) > _SHOWN:
        out.line(_("… and {count:more change|more changes} (--json shows all)", count=len(rows) - _SHOWN))


def _change(change: FieldChange) -> str:
    return f"{change.field}: {brief(change.before)} → {brief(change.after)}"


def _show_left_out(out: Out, made: Plan) -> None:
    left_out = made.left_out()
    if left_out:
        out.line(_("{count:row|rows} cannot go in:", count=len(left_out)))
    for row in left_out:
        for finding in row.findings:
            if finding.severity == "error":
                out.line("  " + finding_line(finding))


def _warnings(made: Plan) -> list[Finding]:
    return [finding for row in made.rows for finding in row.findings if finding.severity != "error"]


def _document(made: Plan) -> dict[str, object]:
    return {
        "sources": made.sources, "encodings": made.encodings, "head": made.head,
        "counts": {kind: dict(counts) for kind, counts in made.counts().items()},
        "rows": [_row(row) for row in made.rows],
    }  # fmt: skip


def _row(row: PlanRow) -> dict[str, object]:
    from crmctl.cli.out import finding_document

    return {
        "place": row.place, "kind": row.kind, "action": row.action, "id": row.id or None, "title": row.title,
        "changes": [{"field": one.field, "before": one.before, "after": one.after} for one in row.changes],
        "reasons": [finding_document(finding) for finding in row.findings],
    }  # fmt: skip
