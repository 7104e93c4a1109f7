"""`crmctl hook install|pre-receive`: the server refuses what does not prove true."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.options import details
from crmctl.cli.out import Out, finding_line, say
from crmctl.errors import ExitCode
from crmctl.i18n import N_, _

_SHOWN = 20


@details(N_("Example, on the server: crmctl hook install /srv/sales.git"))
def install(
    repository: Annotated[Path, typer.Argument(metavar="REPO.git", help=N_("The server's repository."))],
) -> None:
    """Let a server's repository refuse what does not prove true."""
    from crmctl.trust.hook import install as put

    file = put(repository)
    Out().line(_("The hook is in place: {path}", path=file))


@details(N_("Git calls this on the server; it reads what is pushed from standard input."))
def pre_receive() -> None:
    """Judge a push; Git calls this."""
    from crmctl.ledger.git import Repository
    from crmctl.trust.hook import judge_push, read_pushed

    findings = judge_push(Repository(Path(), quarantine=True), read_pushed(sys.stdin))
    errors = [finding for finding in findings if finding.severity == "error"]
    for finding in errors[:_SHOWN]:
        say(finding_line(finding))
    if errors:
        say(
            _(
                "Refused by the ledger's rules; nothing was taken. Next: crmctl sync, or crmctl why {code}",
                code=errors[0].code,
            )
        )
        raise typer.Exit(int(ExitCode.TRUST))
