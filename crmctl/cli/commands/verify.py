"""`crmctl verify`: prove the history without any key."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out, finding_line
from crmctl.cli.progress import progress
from crmctl.errors import ExitCode
from crmctl.i18n import N_, _


@details(
    N_(
        "Examples:\n\ncrmctl verify   (what came since the last time)\n\n"
        "crmctl verify --full   (from the first commit)\n\n"
        "crmctl verify origin/main..HEAD   (what a commit range would bring)\n\n"
        "Signatures, authority and trees are proved; what only keys can show, crmctl check proves."
    )
)
def verify(
    commits: Annotated[
        str | None, typer.Argument(metavar="[OLD..NEW]", help=N_("Only these commits; OLD is trusted."))
    ] = None,
    full: Annotated[bool, typer.Option("--full", help=N_("Start anew from the first commit."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Prove who changed what, from signatures alone."""
    from crmctl.trust.stretch import verify_here

    out = Out(as_json)
    repo = open_ledger(directory).repo
    with progress(_("Verifying")) as done:
        result, start = verify_here(repo, commits, full=full, progress=done)
    errors = [finding for finding in result.findings if finding.severity == "error"]

    def show() -> None:
        for finding in result.findings:
            out.line(finding_line(finding))
        out.line(
            _("{commits:commit|commits} verified: {errors:fault|faults}", commits=result.commits, errors=len(errors))
        )
        if start and commits is None:
            out.say(_("What came before was proved earlier; from the first on: crmctl verify --full"))

    data = {
        "since": start, "commits": result.commits, "faults": len(errors),
        "proved": result.pin.tip if result.pin and not errors else None,
    }  # fmt: skip
    if as_json:
        out.result("verify", data, show, result.findings)
    else:
        show()
    if errors:
        raise typer.Exit(int(ExitCode.TRUST))
