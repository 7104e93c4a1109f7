"""`crmctl confirm ID… --unchanged`: the data was looked at and is still right."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.commands.shared import origin_of
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.errors import UsageError
from crmctl.i18n import N_, _


@details(
    N_(
        "Examples:\n\ncrmctl confirm 某某医院 V-3K7Q2M9T4A --unchanged\n\ncrmctl confirm --from-due --unchanged\n\n"
        "Marks of doubt on the fields are taken off. What has changed is entered with crmctl update."
    )
)
def confirm(
    who: Annotated[
        list[str] | None, typer.Argument(metavar="WHO|ID...", help=N_("Customers or records, as many as you like."))
    ] = None,
    unchanged: Annotated[bool, typer.Option("--unchanged", help=N_("You looked, and nothing has changed."))] = False,
    from_due: Annotated[
        bool, typer.Option("--from-due", help=N_("All of yours that are due to be looked through."))
    ] = False,
    member: Annotated[
        str | None, typer.Option("--for", metavar=N_("MEMBER"), help=N_("Enter it on this member's behalf."))
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help=N_("Why."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Confirm that data is unchanged."""
    from crmctl.ledger.affairs.confirming import confirm as keep
    from crmctl.ledger.affairs.confirming import to_confirm

    out = Out(as_json)
    if not unchanged:
        raise UsageError(
            _("Say that you looked and nothing has changed: --unchanged"), hint="crmctl update WHO --set …"
        )
    if bool(who) == from_due:
        raise UsageError(_("Name what you looked at, or take --from-due"), hint="crmctl due")
    ledger = open_ledger(directory)
    done = keep(ledger, to_confirm(ledger) if from_due else who or [], origin_of(member, reason), dry_run=dry_run)

    def draw() -> None:
        for record_id in done.ids:
            out.line(_("Would confirm {id}", id=record_id) if dry_run else _("Confirmed {id}", id=record_id))
        for record_id in done.already:
            out.say(_("{id} was confirmed today already", id=record_id))
        if not (done.ids or done.already):
            out.say(_("Nothing is due to be confirmed"))

    data = {"ids": done.ids, "already": done.already, "commit": done.commit, "dry_run": dry_run}
    out.result("confirm", data, draw)
