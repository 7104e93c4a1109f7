"""`crmctl blacklist propose|verify|reject|enter|acknowledge|shorten|readmit|list|check`.

What is put forward is a change that waits; the other steps are approvals of it, as in `crmctl review`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, AsOf, DryRun, LedgerDir, details, iso_date
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import CrmctlError, NotFound, Refused, UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.affairs.blacklisting import Stepped, the_list
from crmctl.model.ids import is_id

if TYPE_CHECKING:
    from crmctl.review.desk import Desk
    from crmctl.review.inbox import Handed

EntryArgument = Annotated[str, typer.Argument(metavar=N_("ENTRY"), help=N_("The entry's id, such as BL-3K7Q2M9T4A."))]
DepartmentOption = Annotated[str | None, typer.Option("--department", help=N_("Which department's."))]


@details(
    N_(
        "Example: crmctl blacklist propose 某某医院 --level department --reason arrears --text 拖欠货款90天\n\n"
        "It bars nobody before all have approved whom the policy names, none of them who proposed it."
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
    since: Annotated[
        date | None,
        typer.Option("--from", metavar=N_("DATE"), parser=iso_date, help=N_("From this day on; today if not given."),
                     show_default=False),
    ] = None,
    department: DepartmentOption = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Propose a customer for the blacklist."""
    from crmctl.ledger.affairs.blacklisting import propose as put_forward

    given = {
        "reason": reason, "text": text, "loss": loss, "breach": breach, "accusation": accusation,
        "violation": violation,
    }  # fmt: skip
    values = {name: value for name, value in given.items() if value is not None}
    ledger = open_ledger(directory)
    done = put_forward(ledger, who, level, values, department, since=since, evidence=evidence, dry_run=dry_run)
    _told("propose", done, directory, as_json=as_json, dry_run=dry_run)


@details(
    N_(
        "Example: crmctl blacklist verify BL-3K7Q2M9T4A\n\n"
        "It is an approval like those of crmctl review, in your own name."
    )
)
def verify(
    entry: EntryArgument,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say that the facts of a proposal hold."""
    _approved("verify", entry, ("propose", "verify"), directory, dry_run=dry_run, as_json=as_json)


@details(
    N_(
        "Example: crmctl blacklist reject BL-3K7Q2M9T4A --reason 货款已付清\n\n"
        "Who put it forward reads the reason, and takes it back or hands it in anew."
    )
)
def reject(
    entry: EntryArgument,
    reason: Annotated[str, typer.Option("--reason", help=N_("Why."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Turn a proposal down."""
    from crmctl.cli.commands.review import send_back

    send_back([entry], reason=reason, directory=directory, dry_run=dry_run, as_json=as_json)


@details(
    N_(
        "Example: crmctl blacklist enter BL-3K7Q2M9T4A\n\n"
        "It is in force once all have approved whom the policy names; the policy says how long it lasts."
    )
)
def enter(
    entry: EntryArgument,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put a proposal in force: sign it."""
    _approved("enter", entry, ("propose", "sign"), directory, dry_run=dry_run, as_json=as_json)


@details(N_("Example: crmctl blacklist acknowledge BL-3K7Q2M9T4A"))
def acknowledge(
    entry: EntryArgument,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Say that a department's entry was received and filed."""
    _approved("acknowledge", entry, ("acknowledge",), directory, dry_run=dry_run, as_json=as_json)


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
        "Examples:\n\n"
        "crmctl blacklist readmit BL-3K7Q2M9T4A --change 已更换负责人并付清货款 --admission A-7Q2M9K4T3X\n\n"
        "crmctl blacklist readmit BL-3K7Q2M9T4A   (approve what somebody else put forward)\n\n"
        "One puts it forward; the others who have to approve say so in their own name. The last one frees the customer."
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
    """Put forward or approve that a customer comes back."""
    from crmctl.ledger.affairs.blacklisting import readmit as bring_back

    if change is None and admission is None:
        acts, words = ("propose", "verify", "sign"), "crmctl blacklist readmit ENTRY --change TEXT --admission A-…"
        _approved("readmit", entry, acts, directory, dry_run=dry_run, as_json=as_json, otherwise=words)
        return
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
    """What was written, and whose approval it waits for."""
    from crmctl.cli.commands.review_words import open_texts
    from crmctl.ledger.meeting.submitting import demands
    from crmctl.rules.slots import open_slots

    out = Out(as_json)
    ledger = open_ledger(directory)
    kind = ledger.in_force.kinds[the_list(ledger).rules.kind]
    state = label(kind.states.get(done.state, done.state))
    stacks = [stack for stack in ledger.pending.stacks if stack.touched_by([done.path])]
    open_now = open_texts(ledger, open_slots(demands(ledger, stacks), (), {ledger.member_id}))

    def show() -> None:
        if dry_run:
            out.line(_("Would write {id}: {state}", id=done.id, state=state))
        elif stacks:
            out.line(_("{id}: {state} once all have approved; hand it in: crmctl submit", id=done.id, state=state))
            for text in open_now:
                out.line(f"  {text}")
        else:
            out.line(f"{done.id}: {state}")

    data = {
        "id": done.id, "state": done.state, "commit": done.commit, "waits": bool(stacks), "open": open_now,
        "dry_run": dry_run,
    }  # fmt: skip
    out.result(f"blacklist-{action}", data, show)


def _approved(
    action: str, entry: str, acts: tuple[str, ...], directory: Path, *, dry_run: bool, as_json: bool,
    otherwise: str = "",
) -> None:  # fmt: skip
    """Approve what waits for the reader about an entry, or take note of it, as `crmctl review approve` does."""
    from crmctl.cli.commands.review_deeds import approved_lines, carry_out, fetched, take_note
    from crmctl.cli.commands.review_documents import approved_document
    from crmctl.cli.progress import transfer
    from crmctl.review.desk import desk_of
    from crmctl.review.picking import about

    out = Out(as_json)
    with transfer() as shown:
        desk = desk_of(fetched(open_ledger(directory), shown))
        noted = [item for item in desk.notices if item.meant_by([entry])] if "acknowledge" in acts else []
        changes = about(desk.bundles, desk.looked, entry)
        chosen = [one for one in changes if one.asks_me and any(choice.slot.act in acts for choice in one.mine)]
        if not chosen and not noted:
            raise _not_mine(desk, entry, changes, otherwise)
        done = [] if dry_run else carry_out(desk, chosen)
        if noted and not dry_run:
            take_note(desk.ledger.reopened(), noted)
    said = [_("Would approve {count:change|changes}", count=len(chosen) + len(noted))]
    lines = said if dry_run else approved_lines(desk, done, noted, 0)
    data = {
        "id": entry, "approved": [approved_document(item) for item in done], "noted": [one.commit for one in noted],
        "dry_run": dry_run,
    }  # fmt: skip

    def show() -> None:
        for line in lines:
            out.line(line)

    out.result(f"blacklist-{action}", data, show)


def _not_mine(desk: Desk, entry: str, changes: Sequence[Handed], otherwise: str) -> CrmctlError:
    """Why there is nothing for the reader to do, and whose turn it is."""
    from crmctl.cli.commands.review_words import open_texts

    if not changes and not is_id(entry):  # what is an id may not have been handed in yet
        return NotFound(
            _("{what} is no proposal or entry of the blacklist", what=entry),
            hint=_("crmctl review list shows what waits, crmctl blacklist list the entries"),
        )
    turn = open_texts(desk.ledger, (item for change in changes for item in change.open))
    hint = "; ".join(turn) or otherwise or _("Who put it forward hands it in: crmctl submit")
    return Refused(_("It does not wait for you"), where=entry, rule="BLK002", hint=hint)
