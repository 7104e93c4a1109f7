"""`crmctl hook install|pre-receive|pre-push`: what does not prove true is refused, by a server or on the way to it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.options import LedgerDir, details
from crmctl.cli.out import Out, finding_line, say
from crmctl.errors import ExitCode, UsageError
from crmctl.i18n import N_, _
from crmctl.model.findings import Finding

_SHOWN = 20


@details(
    N_(
        "Examples:\n\ncrmctl hook install /srv/sales.git   (on the server)\n\n"
        "crmctl hook install --client   (in your own copy: pushes made by hand)"
    )
)
def install(
    repository: Annotated[
        Path | None, typer.Argument(metavar="[REPO.git]", help=N_("The server's repository."), show_default=False)
    ] = None,
    client: Annotated[
        bool, typer.Option("--client", help=N_("In this copy: stop a push by hand that others would refuse."))
    ] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
) -> None:
    """Let a server's repository refuse what does not prove true."""
    if client is (repository is not None):
        raise UsageError(_("Name the server's repository, or say --client"), hint="crmctl hook install --client")
    if repository is not None:
        from crmctl.trust.hook import install as put

        file = put(repository)
    else:
        from crmctl.cli.context import open_ledger
        from crmctl.trust.outgoing import install_client

        file = install_client(open_ledger(directory).repo.path)
    Out().line(_("The hook is in place: {path}", path=file))


@details(N_("Git calls this on the server; it reads what is pushed from standard input."))
def pre_receive() -> None:
    """Judge a push; Git calls this."""
    from crmctl.ledger.git.repository import Repository
    from crmctl.trust.hook import judge_push, read_pushed

    findings = judge_push(Repository(Path(), quarantine=True), read_pushed(sys.stdin))
    _tell(findings, N_("Refused by the ledger's rules; nothing was taken. Next: crmctl sync, or crmctl why {code}"))


@details(N_("Git calls this before it sends anything; it reads what shall be pushed from standard input."))
def pre_push() -> None:
    """Judge what is about to be pushed; Git calls this."""
    from crmctl.ledger.git.repository import Repository
    from crmctl.trust.hook import read_pushed
    from crmctl.trust.outgoing import judge_outgoing

    lines = (line.split() for line in sys.stdin if line.strip())
    # Git says where it comes from first: its name, its commit, then the server's ref and what stands there
    findings = judge_outgoing(Repository(Path()), read_pushed(f"{old} {new} {ref}" for _name, new, ref, old in lines))
    _tell(findings, N_("Others would refuse it; nothing was sent. Next: crmctl sync, or crmctl why {code}"))


def _tell(findings: Sequence[Finding], refused: str) -> None:
    errors = [finding for finding in findings if finding.severity == "error"]
    for finding in errors[:_SHOWN]:
        say(finding_line(finding))
    if errors:
        say(_(refused, code=errors[0].code))
        raise typer.Exit(int(ExitCode.TRUST))
