"""`crmctl dedupe`, `crmctl merge` and `crmctl archive`: keep the register clean."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details, iso_date
from crmctl.cli.out import Out, finding_line
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.reading.people import department_name

Who = Annotated[str, typer.Argument(metavar=N_("WHO"), help=N_("Name, part of it, initials or id."))]
_SURENESS = {"exact": N_("sure"), "strong": N_("likely"), "weak": N_("perhaps")}


@details(
    N_("Examples:\n\ncrmctl dedupe\n\ncrmctl dedupe --department east\n\nTo make one of two: crmctl merge KEEP OTHER")
)
def dedupe(
    department: Annotated[str | None, typer.Option("--department", help=N_("Only customers of this one."))] = None,
    sure: Annotated[bool, typer.Option("--sure", help=N_("Only sure ones."))] = False,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """List customers that may be one and the same."""
    from crmctl.ledger.reading.duplicates import likely_pairs
    from crmctl.ledger.snapshot.connection import connect

    out = Out(as_json)
    ledger = open_ledger(directory)
    found = likely_pairs(ledger, ledger.in_force.kinds["customer"], department)
    chosen = [(one, other) for one, other in found if other.strength == "exact" or not sure]
    names = dict(connect(ledger, ["customer"]).execute("SELECT id, name FROM customer"))
    data = [
        {
            "one": one, "other": other.id, "names": [names.get(one), names.get(other.id)], "strength": other.strength,
            "reasons": [finding_line(reason) for reason in other.findings(one)],
        }
        for one, other in chosen
    ]  # fmt: skip

    def draw() -> None:
        heads = [_("How sure"), _("Customer"), _("Id"), _("Customer"), _("Id")]
        rows = [
            (_(_SURENESS[other.strength]), names.get(one), one, names.get(other.id), other.id) for one, other in chosen
        ]
        table([(head, "left") for head in heads], rows)
        out.say(_("{count:pair|pairs}; one of two: crmctl merge KEEP OTHER", count=len(chosen)))

    out.result("dedupe", data, draw)


@details(
    N_(
        "Example: crmctl merge 某某医院 某某医院分院 --reason 同一单位重复建档\n\n"
        "The first stays and gains what only the other says; the other's records count as the first's. "
        "Nothing is moved or lost, and crmctl undo takes it back."
    )
)
def merge(
    keep: Annotated[str, typer.Argument(metavar=N_("KEEP"), help=N_("The customer that stays."))],
    other: Annotated[str, typer.Argument(metavar=N_("OTHER"), help=N_("The one that is the same."))],
    reason: Annotated[str, typer.Option("--reason", help=N_("Why."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let one of two dossiers of a customer stand for both."""
    from crmctl.ledger.affairs.merging import merge as join

    out = Out(as_json)
    ledger = open_ledger(directory)
    done = join(ledger, keep, other, reason, dry_run=dry_run)
    kind = ledger.in_force.kinds["customer"]

    def named(field: str) -> str:
        found = kind.field(field.partition(".")[0])
        return label(found.label) if found else field

    def draw() -> None:
        word = _("Would stand for both") if dry_run else _("Stands for both now")
        out.line(f"{word}: {done.kept} ← {done.merged}")
        if done.gained:
            out.line(_("Taken over: {fields}", fields=", ".join(named(field) for field in done.gained)))
        if done.differ:
            fields = ", ".join(named(field) for field in done.differ)
            out.line(_("Different in both, kept as it was: {fields}", fields=fields))

    data = {
        "kept": done.kept, "merged": done.merged, "gained": list(done.gained), "differ": list(done.differ),
        "commit": done.commit, "dry_run": dry_run,
    }  # fmt: skip
    out.result("merge", data, draw)


@details(
    N_(
        "Examples:\n\ncrmctl archive 某某厂 --binder past --reason dissolved --note 已注销\n\n"
        "crmctl archive 某某厂 --resume --note 恢复合作\n\n"
        "The customer leaves register and lists; its papers stay, in one of two binders: suspended or past."
    )
)
def archive(
    who: Who,
    binder: Annotated[str, typer.Option("--binder", help=N_("suspended or past."))] = "past",
    reason: Annotated[
        str | None, typer.Option("--reason", help=N_("dissolved, ended, inactive, cancelled, blacklisted or other."))
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help=N_("What happened."))] = None,
    on: Annotated[
        date | None, typer.Option("--on", metavar=N_("DATE"), parser=iso_date, help=N_("The day it ended."))
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help=N_("Take trading up again."))] = False,
    department: Annotated[str | None, typer.Option("--department", help=N_("Only in this one."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """End trading with a customer, or take it up again."""
    from crmctl.ledger.affairs.archiving import archive as end
    from crmctl.ledger.affairs.archiving import resume as take_up

    out = Out(as_json)
    ledger = open_ledger(directory)
    if resume:
        if note is None:
            raise UsageError(_("Say why: --note TEXT"), hint=f"crmctl archive {who} --resume --note …")
        done = take_up(ledger, who, note, department, dry_run=dry_run)
    else:
        if reason is None:
            raise UsageError(
                _("Say why: --reason"), hint="--reason dissolved|ended|inactive|cancelled|blacklisted|other"
            )
        done = end(ledger, who, binder, reason, note, department, on=on, dry_run=dry_run)
    word = _("Would write") if dry_run else _("Taken up again") if resume else _("Out of the lists")
    data = {
        "customer": done.customer, "departments": list(done.departments), "records": list(done.records),
        "commit": done.commit, "dry_run": dry_run, "closed": list(done.closed), "left": list(done.left),
    }  # fmt: skip

    def show() -> None:
        places = ", ".join(department_name(ledger, name) for name in done.departments)
        out.line(f"{word} {done.customer} ({places})")
        if done.closed:
            out.say(_("Ended with it: {records}", records=", ".join(done.closed)))
        if done.left:
            out.say(_("Still to be done there by their own people: {departments}", departments=", ".join(done.left)))

    out.result("archive", data, show)
