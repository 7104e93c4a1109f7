"""`crmctl prove ID`: make the search that the policy asks for, and write its result into the record."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.i18n import N_, _, label


@details(
    N_("Example: crmctl prove NA-3K7Q2M9T4A        (search for earlier trade before a new customer is recognised)")
)
def prove(
    record: Annotated[str, typer.Argument(metavar="ID", help=N_("The record the search is made for."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make the search a record needs and keep its result."""
    from crmctl.ledger.affairs.searching import prove as search

    out = Out(as_json)
    done = search(open_ledger(directory), record, dry_run=dry_run)

    def draw() -> None:
        period = _("{since} to {until}", since=done.since or "", until=done.until or "")
        out.line(f"{label(done.search.text)}: {done.id}, {period}")
        if done.rows:
            table([(name, "left") for name in done.columns], [tuple(_text(cell) for cell in row) for row in done.rows])
        out.say(_("{count} found; proof {proof}", count=len(done.rows), proof=done.proof[:12]))
        if not dry_run:
            out.say(_("Kept in {id}", id=done.id))

    data = {
        "id": done.id, "code": done.search.code, "from": done.since, "until": done.until, "found": len(done.rows),
        "columns": done.columns, "rows": done.rows, "proof": done.proof, "commit": done.commit, "dry_run": dry_run,
    }  # fmt: skip
    out.result("prove", data, draw)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)
