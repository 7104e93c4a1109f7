"""What `add`, `update` and `advance` share: their options and how they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.commands.wording import change_text
from crmctl.cli.out import Out
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Kind

if TYPE_CHECKING:
    from crmctl.ledger.changing.draft import Origin
    from crmctl.ledger.changing.entry import Entered

SetOption = Annotated[
    list[str] | None, typer.Option("--set", "-s", metavar="FIELD=VALUE", help=N_("A field's value; empty removes it."))
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar=N_("FILE|-"), help=N_("Read the fields from a file (FIELD: VALUE lines).")),
]


def origin_of(member: str | None, reason: str | None) -> Origin:
    """On whose behalf and why."""
    from crmctl.ledger.changing.draft import Origin

    return Origin(member, reason)


def entered(ledger: Ledger, action: str, done: Entered, kind: Kind, *, as_json: bool, dry_run: bool) -> None:
    """Say what was entered: the id on stdout, what changed beside it."""
    out = Out(as_json)
    changes = [{"field": c.field, "before": c.before, "after": c.after} for c in done.changes]
    data = {"id": done.id, "kind": done.kind, "commit": done.commit, "dry_run": dry_run, "changes": changes}

    def show() -> None:
        if not done.changes and action != "add":
            out.line(_("{id} is as you want it already; nothing was written", id=done.id))
            return
        words = {"add": _("Added"), "update": _("Changed"), "advance": _("Moved")}
        word = _("Would write") if dry_run else words[action]
        out.line(f"{word} {label(kind.label)} {done.id}")
        if action != "add" or dry_run:
            for change in done.changes:
                out.line(f"  {change_text(ledger, kind, change)}")

    out.result(action, data, show, done.findings)
