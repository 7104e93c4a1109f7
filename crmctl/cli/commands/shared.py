"""What `add`, `update` and `advance` share: their options and how they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.out import Out
from crmctl.i18n import N_, _, label
from crmctl.model.changes import FieldChange
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


def entered(action: str, done: Entered, kind: Kind, *, as_json: bool, dry_run: bool) -> None:
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
                out.line("  " + change_line(kind, change))

    out.result(action, data, show, done.findings)


def change_line(kind: Kind, change: FieldChange) -> str:
    """`电话: 010-1 → 010-2`."""
    field = kind.field(change.field.split(".")[0])
    name = label(field.label) if field else _(change.field)
    return f"{name}: {brief(change.before)} → {brief(change.after)}"


def brief(value: object) -> str:
    """A value in one line."""
    if value is None:
        return "-"
    if isinstance(value, dict):
        return ", ".join(f"{key}={brief(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "; ".join(brief(item) for item in value)
    return str(value)
