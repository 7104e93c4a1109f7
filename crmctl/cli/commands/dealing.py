"""`crmctl assign`, `crmctl team` and `crmctl handover`: who deals with a customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.errors import UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.affairs.dealing import Dealt

Who = Annotated[str, typer.Argument(metavar=N_("WHO"), help=N_("Name, part of it, initials or id."))]
DepartmentOption = Annotated[str | None, typer.Option("--department", help=N_("Which department's."))]


@details(N_("Example: crmctl assign 某某医院 --department west --owner bob"))
def assign(
    who: Who,
    department: Annotated[str, typer.Option("--department", help=N_("The department that joins."))],
    owner: Annotated[str | None, typer.Option("--owner", metavar=N_("MEMBER"), help=N_("Who is responsible."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let one more department deal with a customer."""
    from crmctl.ledger.affairs.dealing import assign as join

    _told("assign", join(open_ledger(directory), who, department, owner, dry_run=dry_run), as_json, dry_run)


@details(
    N_(
        "Examples:\n\ncrmctl team 某某医院 --add bob\n\n"
        "crmctl team 某某医院 --remove bob\n\ncrmctl team 某某医院 --keeper carol"
    )
)
def team(
    who: Who,
    add: Annotated[list[str] | None, typer.Option("--add", metavar=N_("MEMBER"), help=N_("Who joins."))] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", metavar=N_("MEMBER"), help=N_("Who leaves."))] = None,
    keeper: Annotated[
        str | None, typer.Option("--keeper", metavar=N_("MEMBER"), help=N_("Who keeps its data; - for nobody."))
    ] = None,
    department: DepartmentOption = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say who works with the owner on a customer."""
    from crmctl.ledger.affairs.dealing import team as change

    if not add and not remove and keeper is None:
        raise UsageError(_("Say who joins or leaves"), hint=f"crmctl team {who} --add …")
    done = change(open_ledger(directory), who, add or [], remove or [], department, keeper=keeper, dry_run=dry_run)
    _told("team", done, as_json, dry_run)


@details(
    N_(
        "Examples:\n\ncrmctl handover 某某医院 天津厂 --to bob --reason 片区调整\n\n"
        "crmctl handover --from alice --to bob --why leaves --reason 离职交接 --promised\n\n"
        "A record of the handover is kept for each department, and with each customer a list of what is open. "
        "The new owner confirms it: crmctl advance TO-… accepted --set accepted_by=… --set accepted_on=…"
    )
)
def handover(
    to: Annotated[str, typer.Option("--to", metavar=N_("MEMBER"), help=N_("Who is responsible from now on."))],
    reason: Annotated[str, typer.Option("--reason", help=N_("Why."))],
    who: Annotated[
        list[str] | None, typer.Argument(metavar=N_("WHO..."), help=N_("Name, part of it, initials or id."))
    ] = None,
    from_member: Annotated[
        str | None, typer.Option("--from", metavar=N_("MEMBER"), help=N_("All customers of this member."))
    ] = None,
    why: Annotated[str, typer.Option("--why", help=N_("leaves, moves, absent or other."))] = "other",
    promised: Annotated[
        bool, typer.Option("--promised", help=N_("The former owner has promised continued secrecy."))
    ] = False,
    department: DepartmentOption = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give customers to another owner."""
    from crmctl.ledger.affairs.dealing import handover as hand_over

    if bool(who) == (from_member is not None):
        raise UsageError(_("Name the customers, or --from MEMBER for all of them"), hint="crmctl handover --help")
    ledger = open_ledger(directory)
    done = hand_over(
        ledger, who or [], to, reason, why=why, from_member=from_member, department=department,
        promised=promised, dry_run=dry_run,
    )  # fmt: skip
    words = {code: label(text) for code, text in ledger.in_force.pack.vocab.get("open_matter", {}).items()}
    _told("handover", done, as_json, dry_run, words)


def _told(
    action: str, done: Dealt, as_json: bool, dry_run: bool, words: Mapping[str, str] = MappingProxyType({})
) -> None:  # fmt: skip
    out = Out(as_json)
    data: dict[str, object] = {
        "customers": list(done.customers),
        "records": list(done.records),
        "commit": done.commit,
        "dry_run": dry_run,
    }
    if action == "handover":
        data["open"] = [asdict(matter) for matter in done.open]
    word = _("Would write") if dry_run else _("Changed")

    def draw() -> None:
        if not done.customers:
            out.line(_("It is as you want it already; nothing was written"))
        for name in (*done.customers, *done.records):
            out.line(f"{word} {name}")
        for matter in done.open:
            told = (matter.customer, matter.record, words.get(matter.what, matter.what), matter.text, matter.due_on)
            out.line("  " + " ".join(text for text in told if text))

    out.result(action, data, draw)
