"""`crmctl grade approve`: decide what a run put forward, all of it or some, in one change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from crmctl.cli.commands.grade import AxisName, Department, called, department_chosen, move_text
from crmctl.cli.commands.waiting import note_on
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import CrmctlError, NotFound, UsageError
from crmctl.i18n import N_, _
from crmctl.ledger.affairs.grade_approving import PutForward, approve_grades, put_forward
from crmctl.ledger.deciding import grade_label
from crmctl.ledger.ledger import Ledger


@details(
    N_(
        "Examples:\n\ncrmctl grade approve --all --dry-run\n\ncrmctl grade approve --all\n\n"
        "crmctl grade approve 某某医院 G-3K7Q2M9T4A\n\n"
        "All in one change: who gives up a seat leaves it to another. With --all what the policy forbids is left and "
        "told."
    )
)
def approve(
    what: Annotated[
        list[str] | None, typer.Argument(metavar=N_("WHO|ID"), help=N_("Customers, or ids of grades put forward."))
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=N_("All that were put forward and wait."))] = False,
    department: Department = None,
    axis: AxisName = None,
    reason: Annotated[str | None, typer.Option("--reason", help=N_("Why."))] = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Approve grades that were put forward."""
    out = Out(as_json)
    if bool(what) == everything:
        raise UsageError(_("Name customers or grades, or take --all"), hint="crmctl grade approve --all --dry-run")
    ledger = open_ledger(directory)
    chosen = department_chosen(ledger, department)
    waiting = put_forward(ledger, chosen, axis)
    asked = waiting if everything else _meant(ledger, waiting, what or [])
    done = approve_grades(ledger, chosen, asked, reason, strict=not everything, dry_run=dry_run)
    note = note_on(ledger.reopened(), done.approved[0].path) if done.commit else ""
    data = {
        "department": chosen, "commit": done.commit, "dry_run": dry_run, "waits": bool(note),
        "approved": [_document(one) for one in done.approved],
        "left": [{**_document(one), "why": why.what, "rule": why.rule} for one, why in done.left],
    }  # fmt: skip

    def draw() -> None:
        _draw(ledger, done.approved)
        for one, why in done.left:
            out.line(_("Left: {customer}: {why}", customer=called(ledger)(one.dossier), why=_said(why)))
        text = N_("{count:grade|grades} would be approved") if dry_run else N_("{count:grade|grades} approved")
        out.say(_(text, count=len(done.approved)) if asked else _("No grade waits to be approved"))
        if note:
            out.say(note)

    out.result("grade-approve", data, draw)


def _meant(ledger: Ledger, waiting: Sequence[PutForward], words: Sequence[str]) -> list[PutForward]:
    from crmctl.ledger.reading import lookup

    found: list[PutForward] = []
    for word in words:
        meant = [one for one in waiting if one.id == word]
        if not meant:
            dossier = lookup.record(ledger, word).dossier
            meant = [one for one in waiting if one.dossier == dossier]
        if not meant:
            raise NotFound(_("No grade of {who} waits to be approved", who=word), hint="crmctl grade run")
        found += [one for one in meant if one not in found]
    return [one for one in waiting if one in found]


def _draw(ledger: Ledger, approved: Sequence[PutForward]) -> None:
    heads = [_("Customer"), _("Grade before"), _("Grade"), _("What"), _("Id")]
    name = called(ledger)
    rows = [
        (name(one.dossier), _grade(ledger, one, one.before), _grade(ledger, one, one.grade), move_text(one.move),
         one.id)
        for one in sorted(approved, key=lambda one: (one.grade is None, one.dossier))
    ]  # fmt: skip
    if rows:
        table([(head, "left") for head in heads], rows)


def _grade(ledger: Ledger, one: PutForward, grade: str | None) -> str:
    return grade_label(ledger, one.axis, grade) if grade else ""


def _said(why: CrmctlError) -> str:
    return f"{why.what} [{why.rule}]" if why.rule else why.what


def _document(one: PutForward) -> dict[str, object]:
    return {
        "id": one.id, "dossier": one.dossier, "axis": one.axis, "product": one.product, "before": one.before,
        "grade": one.grade, "move": one.move,
    }  # fmt: skip
