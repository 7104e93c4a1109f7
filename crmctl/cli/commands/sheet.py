"""`crmctl sheet KIND FILE`: records as a sheet to edit and take in again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.i18n import N_, _


@details(
    N_(
        "Examples:\n\ncrmctl sheet customer 客户.xlsx\n\n"
        "crmctl sheet visit --where \"on >= '2026-11-01'\" visits.csv\n\n"
        "Edit it, then: crmctl import plan 客户.xlsx --kind customer. A row without an id is a new record, an emptied "
        "cell removes what stood there. The file is in the clear: delete it when you are done."
    )
)
def sheet(
    kind: Annotated[
        str, typer.Argument(metavar=N_("KIND"), help=N_("customer, visit, complaint … (crmctl schema list)"))
    ],
    path: Annotated[Path, typer.Argument(metavar="FILE.xlsx|csv", help=N_("Where to write it."))],
    where: Annotated[
        str | None, typer.Option("--where", metavar="SQL", help=N_("Only those that fit this SQL condition."))
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Write records as a sheet to edit."""
    from crmctl.exchange.sheet_out import write_sheet

    out = Out(as_json)
    done = write_sheet(open_ledger(directory), kind, where, path)

    def show() -> None:
        out.line(_("{count:row|rows} in {file}", count=done.rows, file=str(done.path)))
        if done.unseen:
            out.say(_("{count} more exist that you cannot open", count=done.unseen))
        out.say(_("The file is in the clear. When you are done editing: crmctl import plan {file} --kind {kind}",
                  file=str(done.path), kind=done.kind))  # fmt: skip

    data = {"file": str(done.path), "kind": done.kind, "rows": done.rows, "unseen": done.unseen}
    out.result("sheet", data, show)
