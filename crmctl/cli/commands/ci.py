"""`crmctl ci install`: what a hosted forge runs on whatever is pushed to it."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.errors import UsageError
from crmctl.i18n import N_, _


@details(
    N_(
        "Examples:\n\ncrmctl ci install --github\n\ncrmctl ci install --gitlab --dry-run   (show the file)\n\n"
        "It is entered as a change of yours; crmctl sync brings it to the server. What only keys can show is checked "
        "there too when the forge holds an auditor's keys as the secret CRMCTL_KEYS."
    )
)
def install(
    github: Annotated[bool, typer.Option("--github", help=N_("For GitHub."))] = False,
    gitlab: Annotated[bool, typer.Option("--gitlab", help=N_("For GitLab."))] = False,
    gitea: Annotated[bool, typer.Option("--gitea", help=N_("For Gitea and Forgejo."))] = False,
    package: Annotated[
        str | None,
        typer.Option("--package", metavar=N_("SPEC"), help=N_("What pip installs there."), show_default=False),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help=N_("Take the place of another file."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let the forge prove and check whatever is pushed."""
    from crmctl.ledger.setup.ci_files import host_of
    from crmctl.ledger.setup.ci_files import install as put

    said = [host for host, meant in (("github", github), ("gitlab", gitlab), ("gitea", gitea)) if meant]
    if len(said) > 1:
        raise UsageError(_("One forge at a time"), hint="crmctl ci install --github")
    out = Out(as_json)
    ledger = open_ledger(directory)
    done = put(ledger, said[0] if said else host_of(ledger), package, replace=replace, dry_run=dry_run)
    data = {"path": done.path, "commit": done.commit, "changed": done.changed, "dry_run": dry_run}

    def show() -> None:
        if dry_run:
            out.line(done.content.rstrip("\n"))
        elif done.changed:
            out.line(_("Written: {path}. Next: crmctl sync", path=done.path))
        else:
            out.line(_("{name} is in the ledger so already; nothing was written", name=done.path))

    out.result("ci-install", data, show)
