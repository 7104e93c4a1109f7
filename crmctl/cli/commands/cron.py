"""`crmctl cron`: everything that is done by itself, in one command that asks nobody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out, finding_document, finding_line, say
from crmctl.i18n import N_, _
from crmctl.ledger.reading.people import department_name

if TYPE_CHECKING:
    from crmctl.cron.run import Line
    from crmctl.ledger.ledger import Ledger

_JOBS = {
    "sync": N_("sync"), "land": N_("land"), "grades": N_("grades"), "blacklist": N_("blacklist"),
    "escalate": N_("escalate"), "report": N_("report"), "check": N_("check"), "backup": N_("backup"),
    "submit": N_("submit"), "tell": N_("tell"),
}  # fmt: skip
_HOW = {
    "done": N_("done"), "again": N_("done before"), "left": N_("left out"), "failed": N_("FAILED"),
}  # fmt: skip


@details(
    N_(
        "Examples:\n\ncrmctl cron --dry-run\n\ncrmctl cron --department east --to reports\n\n"
        "What is done, and how often, is the policy's (cron: in a pack). What was done in its period is not done "
        "again; a job that fails stops no other. Ends with 1 when somebody should look. To start it daily: crmctl "
        "schedule show"
    )
)
def cron(
    department: Annotated[
        list[str] | None,
        typer.Option("--department", help=N_("Which department's; your own if not given."), show_default=False),
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar=N_("FOLDER"), help=N_("Where reports and backups are put."))
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar=N_("JOB"), help=N_("This job alone, also when it was done."), show_default=False
        ),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Do what is due by itself: grades, ends of terms, reports, backups."""
    from crmctl.cli.context import open_quietly
    from crmctl.cron.run import departments_of, failed, run_jobs

    out = Out(as_json)
    ledger = open_quietly(directory)
    lines = []
    for line in run_jobs(ledger, departments_of(ledger, department or ()), folder=to, only=only or (), dry_run=dry_run):
        lines.append(line)
        _tell(ledger, out, line)  # at once: what hangs later must not hide what was done
    if not lines:
        out.say(_("The policy in force asks for nothing to be done by itself (cron:)"))
    data = {"day": ledger.today, "dry_run": dry_run, "jobs": [_document(line) for line in lines]}
    found = [finding for line in lines if line.outcome for finding in line.outcome.findings]
    out.result("cron", data, lambda: None, found)
    if failed(lines):
        raise typer.Exit(1)


def _tell(ledger: Ledger, out: Out, line: Line) -> None:
    place = f" ({department_name(ledger, line.department)})" if line.department else ""
    known = _(_JOBS[line.job.job]) if line.job.name == line.job.job else line.job.name
    # --only wants the name as the policy has it
    name = known + place + (f" [{line.job.name}]" if known != line.job.name else "")
    said = _(line.outcome.message, **line.outcome.args) if line.outcome else line.error.what if line.error else ""
    out.line(f"{name}: {_(_HOW[line.how])}{f': {said}' if said else ''}")
    if line.error is not None and not out.json:
        for finding in line.error.findings:
            say(finding_line(finding))
        if line.error.hint:
            say(line.error.hint)


def _document(line: Line) -> dict[str, object]:
    outcome, error = line.outcome, line.error
    return {
        "job": line.job.job, "name": line.job.name, "every": line.job.every, "department": line.department,
        "how": line.how, "count": outcome.count if outcome else 0, "figures": dict(outcome.args) if outcome else {},
        "said": _(outcome.message, **outcome.args) if outcome else None,
        "error": None if error is None else {
            "exit_code": int(error.exit_code), "what": error.what, "where": error.where, "rule": error.rule,
            "hint": error.hint, "findings": [finding_document(finding) for finding in error.findings],
        },
    }  # fmt: skip
