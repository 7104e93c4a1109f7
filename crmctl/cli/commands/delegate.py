"""`crmctl delegate`: let somebody else approve in one's place until a day."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details, iso_date
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _
from crmctl.ledger.reading.people import member_name
from crmctl.model.org import Delegation


@details(
    N_(
        "Examples:\n\ncrmctl delegate head --to carol --until 2026-12-31\n\n"
        "crmctl delegate head --to carol --department west --until 2026-12-31\n\n"
        "crmctl delegate head --end\n\n"
        "Without a role it lists who stands in for whom. It counts for approvals only: nobody reads more by it, and "
        "nobody approves your own changes in your place."
    )
)
def delegate(
    role: Annotated[str | None, typer.Argument(metavar=N_("ROLE"), help=N_("A role you hold."))] = None,
    to: Annotated[str | None, typer.Option("--to", metavar=N_("MEMBER"), help=N_("Who stands in for you."))] = None,
    until: Annotated[
        date | None, typer.Option("--until", metavar=N_("DATE"), parser=iso_date, help=N_("The last day."))
    ] = None,
    department: Annotated[str | None, typer.Option("--department", help=N_("In this department only."))] = None,
    since: Annotated[
        date | None, typer.Option("--from", metavar=N_("DATE"), parser=iso_date, help=N_("From this day on."))
    ] = None,
    end: Annotated[bool, typer.Option("--end", help=N_("Take it back."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let somebody else approve in your place until a day."""
    from crmctl.ledger.affairs import delegating

    if role is None:
        _listed(directory, as_json)
        return
    out, ledger = Out(as_json), open_ledger(directory)
    if end:
        done = delegating.end(ledger, role, to=to, department=department, dry_run=dry_run)
        said = _(
            "{member} no longer stands in for you", member=", ".join(member_name(ledger, item.to) for item in done)
        )
    else:
        if to is None or until is None:
            raise UsageError(
                _("Say who stands in for you, and until when"),
                hint=f"crmctl delegate {role} --to MEMBER --until 2026-12-31",
            )
        done = [delegating.delegate(ledger, role, to, until, department=department, since=since, dry_run=dry_run)]
        said = _(
            "{member} approves as {role} in your place until {day}",
            member=member_name(ledger, to),
            role=role,
            day=until.isoformat(),
        )
    data = {"delegations": [_document(ledger.member_id, item) for item in done], "ended": end, "dry_run": dry_run}

    def tell() -> None:
        out.line(said if not dry_run else _("{what} (nothing was written)", what=said))
        if not dry_run:
            out.line(_("Next: crmctl sync"))

    out.result("delegate", data, tell)


def _listed(directory: LedgerDir, as_json: bool) -> None:
    from crmctl.ledger.affairs.delegating import standins

    out = Out(as_json)
    found = standins(open_ledger(directory))
    data = [{**_document(item.owner, item.delegation), "counts": item.counts} for item in found]
    heads = [(_("For"), "left"), (_("Role"), "left"), (_("Department"), "left"), (_("Stands in"), "left"),
             (_("From"), "left"), (_("Until"), "left")]  # fmt: skip
    rows = [
        (item.owner, item.delegation.role, item.delegation.department or _("everywhere"), item.delegation.to,
         item.delegation.since, item.delegation.until)
        for item in found
    ]  # fmt: skip
    if not found and not as_json:
        out.line(_("Nobody stands in for anybody"))
        return
    out.result("delegations", data, lambda: table(heads, rows))  # type: ignore[arg-type]


def _document(owner: str, item: Delegation) -> dict[str, object]:
    return {
        "for": owner, "to": item.to, "role": item.role, "department": item.department,
        "from": item.since.isoformat(), "until": item.until.isoformat(),
    }  # fmt: skip
