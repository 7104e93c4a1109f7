"""`crmctl destroy WHO --reason …`, and `--list`: what was destroyed and where it still may be."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, Yes, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _
from crmctl.ledger.ledger import Ledger


@details(
    N_(
        "Examples:\n\ncrmctl destroy 某某医院 --reason never_again --yes\n\ncrmctl destroy --list\n\n"
        "Nobody opens it any more: not from the server, a new copy or a later backup, and not on a colleague's machine "
        "after the next sync there. A copy that never syncs, an earlier backup and what somebody wrote down "
        "cannot be reached."
    )
)
def destroy(
    who: Annotated[str | None, typer.Argument(metavar=N_("WHO"), help=N_("Name, part of it, initials or id."))] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar=N_("WORD"), help=N_("A word of the policy's destroy_reason."))
    ] = None,
    show: Annotated[
        bool, typer.Option("--list", help=N_("Show what was destroyed, and who has not told yet."))
    ] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Destroy a customer's file for good."""
    from crmctl.ledger.meeting.destroying import destroy as put_to_rest

    ledger = open_ledger(directory)
    out = Out(as_json)
    if show:
        _list(ledger, out)
        return
    if who is None or reason is None:
        raise UsageError(_("Name a customer and a reason"), hint="crmctl destroy --help")
    if not (yes or dry_run):
        raise UsageError(_("This cannot be taken back: say --yes"), hint=f"crmctl destroy {who} --dry-run")
    done = put_to_rest(ledger, who, reason, dry_run=dry_run)
    stone = done.tombstone
    data = {
        "customer": stone.id, "reason": stone.reason, "files": done.files, "readers": list(stone.readers),
        "commit": done.commit, "dry_run": dry_run,
    }  # fmt: skip

    def draw() -> None:
        said = (
            _("Would destroy {id}: {count:file|files}", id=stone.id, count=done.files)
            if dry_run
            else _("Destroyed {id}: {count:file|files}. Next: crmctl sync", id=stone.id, count=done.files)
        )
        out.line(said)
        out.line(_("These could read it and may have kept what they read: {members}", members=", ".join(stone.readers)))

    out.result("destroy", data, draw)


def _list(ledger: Ledger, out: Out) -> None:
    from crmctl.ledger.reading.tombstones import tombstones

    found = tombstones(ledger)
    data = [
        {
            "id": item.tombstone.id, "on": item.tombstone.on.isoformat(), "by": item.tombstone.by,
            "reason": item.tombstone.reason, "readers": list(item.tombstone.readers), "erased_on": list(item.devices),
            "waiting": list(item.waiting),
        }
        for item in found
    ]  # fmt: skip
    titles = (_("Id"), _("Destroyed on"), _("By"), _("Reason"), _("Erased"), _("Not told yet"))
    rows = [
        (
            item.tombstone.id, item.tombstone.on, item.tombstone.by, item.tombstone.reason,
            _("{n} of {m}", n=len(item.tombstone.readers) - len(item.waiting), m=len(item.tombstone.readers)),
            ", ".join(item.waiting),
        )
        for item in found
    ]  # fmt: skip
    out.result("destroyed", data, lambda: table([(title, "left") for title in titles], rows))
