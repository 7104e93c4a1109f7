"""`crmctl list KIND`: the records of a kind that the member can open, as a table."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, At, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _

_USUAL = 6


@details(
    N_(
        "Examples:\n\ncrmctl list customer\n\n"
        "crmctl list visit --where \"state = 'planned' and \\\"on\\\" < '2026-12-01'\"\n\n"
        "crmctl list customer --columns id,name,phone"
    )
)
def list_records(
    kind: Annotated[str, typer.Argument(metavar=N_("KIND"), help=N_("customer, visit, complaint …"))] = "customer",
    where: Annotated[
        str | None, typer.Option("--where", metavar="SQL", help=N_("Only those that fit this SQL condition."))
    ] = None,
    columns: Annotated[str | None, typer.Option("--columns", help=N_("Which columns, with commas between."))] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help=N_("At most so many; 0 is all."))] = 0,
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List records."""
    from crmctl.ledger.listing import list_kind

    out = Out(as_json)
    ledger = open_ledger(directory, at)
    chosen = [name.strip() for name in columns.split(",")] if columns else []
    if columns and not all(chosen):
        raise UsageError(_("--columns has an empty name"), hint="--columns id,name")
    listing = list_kind(ledger, kind, where, chosen, limit)

    def draw() -> None:
        table([(head, align) for head, align in listing.heads], listing.shown())
        out.say(_("{count} of {existing} shown to you", count=len(listing.rows), existing=listing.existing))

    out.result("list", listing.documents(), draw)
