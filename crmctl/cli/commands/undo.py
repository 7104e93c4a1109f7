"""`crmctl undo`: take back a change of one's own."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.i18n import N_, _


@details(
    N_(
        "Examples:\n\ncrmctl undo --dry-run   (what would come back)\n\ncrmctl undo\n\n"
        "crmctl undo V-3K7Q2M9T4A   (your last change of that record)\n\n"
        "crmctl undo 3f2a91c0   (that change, by the number that --json gave)\n\n"
        "What was there before comes back as a new version. A new record goes only while nobody else has it."
    )
)
def undo(
    change: Annotated[
        str | None,
        typer.Argument(
            metavar=N_("[CHANGE]"),
            help=N_("A record, a customer or a change's number; without it your last change not handed in yet."),
        ),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take back a change of yours."""
    from crmctl.ledger.waiting.undo import undo as take_back

    out = Out(as_json)
    done = take_back(open_ledger(directory), change, dry_run=dry_run)

    def show() -> None:
        out.line(_("Would take back {what}", what=done.what) if dry_run else _("Taken back: {what}", what=done.what))
        for record_id in done.restored:
            out.line("  " + _("{id} is as it was before", id=record_id))
        for record_id in done.removed:
            out.line("  " + _("{id} is gone", id=record_id))

    data = {
        "undone": done.undone, "commit": done.commit, "dry_run": dry_run,
        "restored": list(done.restored), "removed": list(done.removed),
    }  # fmt: skip
    out.result("undo", data, show)
