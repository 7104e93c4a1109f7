"""`crmctl blacklist propose|verify|reject|enter|acknowledge|shorten|readmit|list|check`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, AsOf, DryRun, LedgerDir, details, iso_date
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.affairs.blacklisting import Stepped

EntryArgument = Annotated[str, typer.Argument(metavar=N_("ENTRY"), help=N_("The entry's id, such as BL-3K7Q2M9T4A."))]
DepartmentOption = Annotated[str | None, typer.Option("--department", help=N_("Which department's."))]


@details(
    N_(
        "Example: crmctl blacklist propose 某某医院 --level department --reason arrears --text 拖欠货款90天\n\n"
        "Facts first: another person verifies and decides. Who proposed may do neither."
    )
)
def propose(
    who: Annotated[str, typer.Argument(metavar=N_("WHO"), help=N_("Name, part of it, initials or id."))],
    level: Annotated[str, typer.Option("--level", help=N_("department or company."))],
    reason: Annotated[str, typer.Option("--reason", help=N_("Why: a word of the list of reasons."))],
    text: Annotated[str, typer.Option("--text", help=N_("What happened."))],
    loss: Annotated[str | None, typer.Option("--loss", help=N_("The amount lost."))] = None,
    breach: Annotated[str | None, typer.Option("--breach", metavar="ID", help=N_("The breach behind it."))] = None,
    accusation: Annotated[
        str | None, typer.Option("--accusation", metavar="ID", help=N_("The upheld accusation behind it."))
    ] = None,
    violation: Annotated[
        str | None, typer.Option("--violation", metavar="ID", help=N_("The violation behind it."))
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar=N_("FILE"), help=N_("A file that proves it."))
    ] = None,
    department: DepartmentOption = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Propose a customer for the blacklist."""
    from crmctl.ledger.affairs.blacklisting import propose as put_forward

    given = {
        "reason": reason, "text": text, "loss": loss, "breach": breach, "accusation": accusation,
        "violation": violation,
    }  # fmt: skip
    values = {name: value for name, value in given.items() if value is not None}
    done = put_forward(open_ledger(directory), who, level, values, department, evidence=evidence, dry_run=dry_run)
    _told("propose", done, directory, as_json=as_json, dry_run=dry_run)


@details(N_("Example: crmctl blacklist verify BL-3K7Q2M9T4A"))
def verify(
    entry: EntryArgument,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say that the facts of a proposal hold."""
    from crmctl.ledger.affairs.blacklisting import verify as say

    _told("verify", say(open_ledger(directory), entry, dry_run=dry_run), directory, as_json=as_json, dry_run=dry_run)


@details(N_("Example: crmctl blacklist reject BL-3K7Q2M9T4A --reason 货款已付清"))
def reject(
    entry: EntryArgument,
    reason: Annotated[str, typer.Option("--reason", help=N_("Why."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Turn a proposal down."""
    from crmctl.ledger.affairs.blacklisting import reject as turn_down

    done = turn_down(open_ledger(directory), entry, reason, dry_run=dry_run)
    _told("reject", done, directory, as_json=as_json, dry_run=dry_run)


@details(N_("Example: crmctl blacklist enter BL-3K7Q2M9T4A\n\nThe policy says how long it lasts."))
def enter(
    entry: EntryArgument,
    since: Annotated[
        date | None,
        typer.Option("--from", metavar=N_("DATE"), parser=iso_date, help=N_("From this day on; today if not given."),
                     show_default=False),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Put a proposal in force."""
    from crmctl.ledger.affairs.blacklisting import enter as put

    done = put(open_ledger(directory), entry, since, dry_run=dry_run)
    _told("enter", done, directory, as_json=as_json, dry_run=dry_run)


@details(N_("Example: crmctl blacklist acknowledge BL-3K7Q2M9T4A"))
def acknowledge(
    entry: EntryArgument,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say that a department's entry was received and filed."""
    from crmctl.ledger.affairs.blacklisting import acknowledge as take

    done = take(open_ledger(directory), entry, dry_run=dry_run)
    _told("acknowledge", done, directory, as_json=as_json, dry_run=dry_run)


@details(
    N_(
        "Example: crmctl blacklist shorten BL-3K7Q2M9T4A --reason 货款已全部付清\n\n"
        "The end of a term readmits nobody by itself: see crmctl blacklist readmit."
    )
)
def shorten(
    entry: EntryArgument,
    reason: Annotated[str, typer.Option("--reason", help=N_("Why."))],
    on: Annotated[
        date | None,
        typer.Option("--on", metavar=N_("DATE"), parser=iso_date, help=N_("Its last day; today if not given."),
                     show_default=False),
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """End a term early."""
    from crmctl.ledger.affairs.blacklisting import shorten as cut

    done = cut(open_ledger(directory), entry, reason, on, dry_run=dry_run)
    _told("shorten", done, directory, as_json=as_json, dry_run=dry_run)


@details(
    N_(
        "Example: crmctl blacklist readmit BL-3K7Q2M9T4A --change 已更换负责人并付清货款 --admission A-7Q2M9K4T3X\n\n"
        "Each of those who have to approve says it in their own name; the last one frees the customer."
    )
)
def readmit(
    entry: EntryArgument,
    change: Annotated[str | None, typer.Option("--change", help=N_("What has changed since the listing."))] = None,
    admission: Annotated[
        str | None, typer.Option("--admission", metavar="ID", help=N_("The admission passed since."))
    ] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Approve that a customer comes back."""
    from crmctl.ledger.affairs.blacklisting import readmit as bring_back

    done = bring_back(open_ledger(directory), entry, change, admission, dry_run=dry_run)
    _told("readmit", done, directory, as_json=as_json, dry_run=dry_run)


@details(N_("Examples:\n\ncrmctl blacklist list\n\ncrmctl blacklist list --level company --all"))
def list_entries(
    level: Annotated[str | None, typer.Option("--level", help=N_("Only this level: department or company."))] = None,
    everything: Annotated[bool, typer.Option("--all", help=N_("Proposals, refused and readmitted ones too."))] = False,
    as_of: AsOf = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List who is barred, since when and why."""
    from crmctl.ledger.affairs.blacklist_view import entries

    out = Out(as_json)
    ledger = open_ledger(directory)
    found = entries(ledger, as_of or ledger.today, level, everything=everything)

    def show() -> None:
        words = ledger.in_force.pack.vocab
        heads = [_("Entry"), _("Customer"), _("Level"), _("Department"), _("Since"), _("Until"), _("How it stands")]
        rows = [
            (e.id, e.name or e.customer, label(words.get("blacklist_level", {}).get(e.level, e.level)),
             e.department or "", e.since or "", e.until or "", e.standing)
            for e in found
        ]  # fmt: skip
        if rows:
            table([(head, "left") for head in heads], rows)
        else:
            out.say(_("Nobody is on the blacklist, as far as you can open it"))

    out.result("blacklist-list", found, show)


@details(
    N_(
        "Examples:\n\ncrmctl blacklist check 某某医院\n\ncrmctl blacklist check --name 某某医药有限公司 "
        "--code 91350100M000100Y43"
    )
)
def check(
    who: Annotated[
        str | None, typer.Argument(metavar=N_("WHO"), help=N_("A customer you can open."), show_default=False)
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help=N_("A party's name."))] = None,
    code: Annotated[str | None, typer.Option("--code", help=N_("Its unified social credit code."))] = None,
    invoice: Annotated[str | None, typer.Option("--invoice-name", help=N_("The name on its invoices."))] = None,
    legal_person: Annotated[str | None, typer.Option("--legal-person", help=N_("Its legal representative."))] = None,
    phone: Annotated[str | None, typer.Option("--phone", help=N_("Its telephone number."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Look whether a party is on the blacklist, under any of its names."""
    from crmctl.ledger.affairs.blacklist_view import matches

    given = {
        "name": name, "credit_code": code, "invoice_name": invoice, "legal_person": legal_person, "phone": phone,
    }  # fmt: skip
    said = {key: value for key, value in given.items() if value}
    if bool(who) == bool(said):
        raise UsageError(_("Name a customer, or what you know of the party"), hint="crmctl blacklist check --name …")
    out = Out(as_json)
    ledger = open_ledger(directory)
    found = matches(ledger, who, said)

    def show() -> None:
        for match in found:
            out.line(_("{what}: {why}", what=match.what, why=match.why))
        if not found:
            out.line(_("Not on the blacklist, as far as you can open it"))

    out.result("blacklist-check", found, show)
    if found:
        raise typer.Exit(1)


def _told(action: str, done: Stepped, directory: Path, *, as_json: bool, dry_run: bool) -> None:
    out = Out(as_json)
    ledger = open_ledger(directory)
    states = next((kind.states for kind in ledger.in_force.kinds.values() if done.id.startswith(f"{kind.prefix}-")), {})
    state = label(states.get(done.state, done.state))

    def show() -> None:
        text = _("Would write {id}: {state}", id=done.id, state=state) if dry_run else f"{done.id}: {state}"
        out.line(text)

    data = {"id": done.id, "state": done.state, "commit": done.commit, "dry_run": dry_run}
    out.result(f"blacklist-{action}", data, show)
