"""`crmctl list KIND`: the records of a kind that the member can open, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.commands.waiting import waiting_ids
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, At, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _
from crmctl.ledger.ledger import Ledger

if TYPE_CHECKING:
    from crmctl.ledger.reading.listing import Listing

_USUAL = 6


@details(
    N_(
        "Examples:\n\ncrmctl list customer\n\n"
        "crmctl list visit --where \"state = 'planned' and \\\"on\\\" < '2026-12-01'\"\n\n"
        "crmctl list customer --columns id,name,phone\n\n"
        "crmctl list customer --industry 医疗 --size small --region 31\n\ncrmctl list customer --class grade=vip"
    )
)
def list_records(
    kind: Annotated[str, typer.Argument(metavar=N_("KIND"), help=N_("customer, visit, complaint …"))] = "customer",
    where: Annotated[
        str | None, typer.Option("--where", metavar="SQL", help=N_("Only those that fit this SQL condition."))
    ] = None,
    industry: Annotated[
        str | None, typer.Option("--industry", help=N_("Only customers of this industry, or records of theirs."))
    ] = None,
    size: Annotated[str | None, typer.Option("--size", help=N_("Only customers of this size."))] = None,
    region: Annotated[
        str | None, typer.Option("--region", help=N_("Only customers in this region and what lies in it."))
    ] = None,
    segment: Annotated[
        str | None, typer.Option("--segment", metavar=N_("NAME"), help=N_("Only customers of a segment of the policy."))
    ] = None,
    graded: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="AXIS=GRADE",
            help=N_("Only customers of this grade; may be repeated."),
            show_default=False,
        ),
    ] = None,
    columns: Annotated[str | None, typer.Option("--columns", help=N_("Which columns, with commas between."))] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help=N_("At most so many; 0 is all."))] = 0,
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List records."""
    from crmctl.ledger.reading.listing import list_kind

    out = Out(as_json)
    ledger = open_ledger(directory, at)
    chosen = [name.strip() for name in columns.split(",")] if columns else []
    if columns and not all(chosen):
        raise UsageError(_("--columns has an empty name"), hint="--columns id,name")
    asked = {
        name: text for name, text in (("industry", industry), ("size", size), ("region", region)) if text is not None
    }
    if asked or segment or graded:
        from crmctl.ledger.reading.narrowing import narrowed

        where = " AND ".join(f"({one})" for one in (where, narrowed(ledger, asked, graded or (), segment)) if one)
    listing = list_kind(ledger, kind, where, chosen, limit)
    waits = _waits(ledger, listing)

    def draw() -> None:
        heads, rows = [(head, align) for head, align in listing.heads], listing.shown()
        if any(waits):
            heads.append(("", "left"))
            rows = [(*row, _("not yet reviewed") if mark else "") for row, mark in zip(rows, waits, strict=True)]
        table(heads, rows)
        out.say(_("{count} of {existing} shown to you", count=len(listing.rows), existing=listing.existing))

    documents = listing.documents()
    marked = [{**row, "reviewed": False} if mark else row for row, mark in zip(documents, waits, strict=True)]
    out.result("list", marked, draw)


def _waits(ledger: Ledger, listing: Listing) -> list[bool]:
    """Row by row, whether it was not reviewed yet, where the listing shows ids."""
    ids = waiting_ids(ledger) if "id" in listing.columns else frozenset[str]()
    return [bool(ids) and row[listing.columns.index("id")] in ids for row in listing.rows]
