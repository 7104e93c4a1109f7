"""`crmctl doctor`: look for what is wrong with this machine, these keys and this copy."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out, finding_line
from crmctl.errors import ExitCode
from crmctl.i18n import N_, _


@details(
    N_(
        "Examples:\n\ncrmctl doctor\n\ncrmctl doctor --fix --online\n\n"
        "It needs no key. What is in the records is looked at by crmctl check."
    )
)
def doctor(
    fix: Annotated[bool, typer.Option("--fix", help=N_("Mend what can be mended."))] = False,
    online: Annotated[bool, typer.Option("--online", help=N_("Ask the server too."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Look for what is wrong here, and mend it."""
    from crmctl.home import home
    from crmctl.ledger.checking.doctor import examine

    out = Out(as_json)
    looked_at = examine(directory, home(), fix=fix, online=online)
    findings = [finding for examined in looked_at for finding in examined.findings]

    def show() -> None:
        for examined in looked_at:
            out.line(f"{_('ok') if examined.ok else '!!'}  {_(examined.about)}")
            for text in examined.mended:
                out.line(f"    {_('Mended: {what}', what=text)}")
            for finding in examined.findings:
                out.line(f"    {finding_line(finding)}")

    data = [{"name": each.name, "ok": each.ok, "mended": list(each.mended)} for each in looked_at]
    out.result("doctor", data, show, findings if as_json else ())
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(int(ExitCode.FINDINGS))
