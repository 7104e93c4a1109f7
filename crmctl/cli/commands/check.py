"""`crmctl check`: hold the ledger against itself."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out, finding_line
from crmctl.cli.progress import progress
from crmctl.errors import ExitCode
from crmctl.i18n import N_, _


@details(N_("Examples:\n\ncrmctl check\n\ncrmctl check --keyless   (what can be said without any key)"))
def check(
    keyless: Annotated[bool, typer.Option("--keyless", help=N_("Only what shows without keys."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Check records, keys and references."""
    from crmctl.ledger.check import check as hold_against

    out = Out(as_json)
    ledger = open_ledger(directory)
    with progress(_("Checking")) as done:
        found = hold_against(ledger, keyless=keyless, progress=done)
    errors = [finding for finding in found.findings if finding.severity == "error"]

    def show() -> None:
        for finding in found.findings:
            out.line(finding_line(finding))
        out.line(
            _("{existing} files, {opened} opened: {errors} errors, {warnings} warnings", existing=found.existing,
              opened=found.opened, errors=len(errors), warnings=len(found.findings) - len(errors))
        )  # fmt: skip

    data = {"existing": found.existing, "opened": found.opened, "errors": len(errors), "keyless": keyless}
    if as_json:
        out.result("check", data, show, found.findings)
    else:
        show()
    if errors:
        raise typer.Exit(int(ExitCode.FINDINGS))
