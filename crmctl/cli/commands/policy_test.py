"""`crmctl policy test`: run the examples the packs carry."""

from __future__ import annotations

from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import ExitCode
from crmctl.i18n import N_, _, label


@details(N_("Examples:\n\ncrmctl policy test\n\ncrmctl policy test p23"))
def try_all(
    pack: Annotated[str | None, typer.Argument(metavar=N_("PACK"), help=N_("Only this pack's examples."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Run the examples the packs carry, with the values in force."""
    from crmctl.ledger.reading.trying import try_examples

    out = Out(as_json)
    outcomes = try_examples(open_ledger(directory), pack)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    data = {
        "tried": len(outcomes), "failed": len(failed),
        "examples": [
            {"name": list(o.example.name), "axis": o.example.axis, "where": o.example.where, "wanted": o.wanted,
             "got": o.got, "passed": o.passed}
            for o in outcomes
        ],
    }  # fmt: skip

    def draw() -> None:
        heads = [_("Example"), _("Axis"), _("Wanted"), _("Came out")]
        rows = [(label(o.example.name), o.example.axis, o.wanted, o.got) for o in failed]
        if rows:
            table([(head, "left") for head in heads], rows)
        out.line(_("{tried:example|examples}, {failed} came out otherwise", tried=len(outcomes), failed=len(failed)))

    out.result("policy-test", data, draw)
    if failed:
        raise typer.Exit(int(ExitCode.FINDINGS))
