"""`crmctl grant` and `crmctl revoke`: let somebody read a customer for a time, and take that back."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from crmctl.cli.commands.wording import part_name
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details, iso_date
from crmctl.cli.out import Out
from crmctl.i18n import N_, _
from crmctl.ledger.affairs.granting import Given
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name

Who = Annotated[str, typer.Argument(metavar=N_("WHO"), help=N_("Name, part of it, initials or id."))]
Parts = Annotated[
    list[str] | None,
    typer.Option("--compartment", metavar=N_("PART"), help=N_("core, sales, east/service …; may be repeated.")),
]
Reason = Annotated[str, typer.Option("--reason", help=N_("Why."))]


@details(
    N_(
        "Examples:\n\ncrmctl grant 某某医院 --to bob --until 2027-06-30 --reason 联合投标\n\n"
        "crmctl grant 某某医院 --to west.supervisor --compartment sales --until 2027-06-30 --reason 代管\n\n"
        "The right ends by itself after that day. Given by who leads the department."
    )
)
def grant(
    who: Who,
    to: Annotated[str, typer.Option("--to", metavar=N_("MEMBER|GROUP"), help=N_("Who may read."))],
    until: Annotated[
        date, typer.Option("--until", metavar=N_("DATE"), parser=iso_date, help=N_("The last day, included."))
    ],
    reason: Reason,
    compartment: Parts = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let somebody read a customer until a day."""
    from crmctl.ledger.affairs.granting import grant as give

    ledger = open_ledger(directory)
    done = give(ledger, who, to, until, reason, compartment or [], dry_run=dry_run)
    said = _("Would let {reader} read until {day}: {parts}") if dry_run else _("{reader} may read until {day}: {parts}")
    _told("grant", ledger, done, said, as_json, dry_run)


@details(N_("Example: crmctl revoke 某某医院 --from bob --reason 项目结束. What was read stays read."))
def revoke(
    who: Who,
    from_: Annotated[str, typer.Option("--from", metavar=N_("MEMBER|GROUP"), help=N_("Who may no longer read."))],
    reason: Reason,
    compartment: Parts = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take a reading right back before its day."""
    from crmctl.ledger.affairs.granting import revoke as take

    ledger = open_ledger(directory)
    done = take(ledger, who, from_, reason, compartment or [], dry_run=dry_run)
    said = _("Would take from {reader}: {parts}") if dry_run else _("{reader} may no longer read: {parts}")
    _told("revoke", ledger, done, said, as_json, dry_run)


def _told(action: str, ledger: Ledger, done: Given, said: str, as_json: bool, dry_run: bool) -> None:
    out = Out(as_json)
    data = {
        "customer": done.customer, "reader": done.reader, "compartments": list(done.compartments),
        "until": done.until.isoformat() if done.until else None, "record": done.record, "commit": done.commit,
        "dry_run": dry_run,
    }  # fmt: skip
    parts = ", ".join(part_name(ledger, name) for name in done.compartments)
    reader = member_name(ledger, done.reader)
    out.result(action, data, lambda: out.line(said.format(reader=reader, day=done.until, parts=parts)))
