"""`crmctl check`: hold the ledger against itself."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out, finding_line
from crmctl.cli.progress import progress
from crmctl.errors import ExitCode
from crmctl.i18n import N_, _


class Form(StrEnum):
    """Who reads the answer: a person, another program, a hosted workflow, a test reporter."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"


@details(
    N_(
        "Examples:\n\ncrmctl check\n\ncrmctl check --keyless   (what can be said without any key)\n\n"
        "crmctl check --since origin/main   (only customers and departments that changed since)\n\n"
        "crmctl check --format junit > report.xml"
    )
)
def check(
    keyless: Annotated[bool, typer.Option("--keyless", help=N_("Only what shows without keys."))] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar=N_("DATE|STATE"), help=N_("Only what changed since then."), show_default=False),
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help=N_("text, json, github (annotations) or junit (XML)."))
    ] = Form.TEXT,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Check records, keys and references."""
    from crmctl.ledger.checking.check import check as hold_against

    out = Out(as_json or form is Form.JSON)
    ledger = open_ledger(directory)
    with progress(_("Checking")) as done:
        found = hold_against(ledger, keyless=keyless, since=since, progress=done)
    errors = [finding for finding in found.findings if finding.severity == "error"]

    def show() -> None:
        for finding in found.findings:
            out.line(finding_line(finding))
        out.line(
            _("{existing:file|files}, {opened} opened: {errors:error|errors}, {warnings:warning|warnings}",
              existing=found.existing, opened=found.opened, errors=len(errors),
              warnings=len(found.findings) - len(errors))
        )  # fmt: skip

    data = {
        "existing": found.existing, "opened": found.opened, "errors": len(errors), "keyless": keyless, "since": since,
    }  # fmt: skip
    if out.json:
        out.result("check", data, show, found.findings)
    elif form is Form.TEXT:
        show()
    else:
        from crmctl.cli.annotations import github, junit

        sys.stdout.write(github(found.findings) if form is Form.GITHUB else junit(found.findings, "crmctl check"))
    if errors:
        raise typer.Exit(int(ExitCode.FINDINGS))
