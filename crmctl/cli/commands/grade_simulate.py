"""`crmctl grade simulate`: who would be graded otherwise, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from crmctl.cli.commands.grade import AxisName, Department, Product, called, department_chosen
from crmctl.cli.commands.grade_words import condition_text, seat_text, spoken_grade, told
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, AsOf, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import UsageError
from crmctl.i18n import N_, _
from crmctl.ledger.changing.regrading import Run, compare
from crmctl.ledger.changing.regrading import run as decide
from crmctl.ledger.deciding import axis_named
from crmctl.ledger.ledger import Ledger
from crmctl.rules.regrade import Evidence, Proposal, evidence_of, turned

Turn = tuple[Evidence | None, Evidence]


@details(
    N_(
        "Examples:\n\ncrmctl grade simulate --value vip_share=20%\n\ncrmctl grade simulate --as-of 2027-01-01\n\n"
        "crmctl grade simulate --pack our-p23.yaml\n\n"
        "A pack of the same name stands in for the one in force: other conditions, other caps and what they count."
    )
)
def simulate(
    pack: Annotated[
        str | None,
        typer.Option(
            "--pack", metavar=N_("PACK|FILE"), help=N_("Try a shipped pack, or one in a file."), show_default=False
        ),
    ] = None,
    value: Annotated[
        list[str] | None, typer.Option("--value", metavar="NAME=VALUE", help=N_("Try this value; may be repeated."))
    ] = None,
    department: Department = None,
    axis: AxisName = None,
    product: Product = None,
    as_of: AsOf = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show who would be graded otherwise under other rules, values or another date, and why."""
    from crmctl.ledger.setup.policy_files import must_be_known, with_pack

    out = Out(as_json)
    ledger = open_ledger(directory)
    changed = dict(_pair(text) for text in value or [])
    chosen, day = department_chosen(ledger, department), as_of or ledger.today
    trying = with_pack(ledger, pack) if pack else ledger
    for name in changed:
        must_be_known(trying, name)
    which = axis_named(ledger, axis, chosen)
    plain = decide(ledger, chosen, ledger.today, None, which, product)
    trial = decide(trying, chosen, day, changed, which, product)
    moved = compare(plain, trial)
    why = {b.id: _turned(plain, trial, a, b) for a, b in moved}
    data = {
        "department": chosen, "values": changed, "pack": pack, "as_of": day,
        "moves": [
            {"id": a.id, "grade": a.decision.grade, "would_be": b.decision.grade,
             "why": [_document(old, new) for old, new in why[a.id]], **_place(b)} for a, b in moved
        ],
    }  # fmt: skip

    def show() -> None:
        name_of = called(ledger)
        rows = [
            (
                name_of(a.id),
                spoken_grade(ledger, plain, a.decision.grade),
                spoken_grade(trying, trial, b.decision.grade),
                "; ".join(_told(trying, trial, b, why[a.id])),
            )
            for a, b in moved
        ]  # fmt: skip
        heads = [_("Customer"), _("Grade"), _("Would be"), _("Why")]
        table([(head, "left") for head in heads], rows)
        out.say(_("{count} would change", count=len(moved)))

    out.result("grade-simulate", data, show)


def _turned(plain: Run, trial: Run, a: Proposal, b: Proposal) -> list[Turn]:
    return turned(evidence_of(plain.rules.grading, a.decision), evidence_of(trial.rules.grading, b.decision))


def _document(old: Evidence | None, new: Evidence) -> dict[str, object]:
    return {
        "grade": new.grade, "clause": new.clause, "condition": new.condition, "against": new.against,
        "value": new.value, "held": old.holds if old else None, "holds": new.holds,
    }  # fmt: skip


def _place(proposal: Proposal) -> dict[str, object]:
    seats = [
        {"grade": seat.cap.grade, "place": seat.place, "of": seat.of, "seats": seat.seats, "base": seat.base}
        for seat in proposal.decision.seats
    ]
    return {"to_review": proposal.decision.review, "waiting_for": proposal.decision.waiting_for, "places": seats}


def _told(ledger: Ledger, trial: Run, proposal: Proposal, turns: list[Turn]) -> Iterator[str]:
    """Why a customer moves: the conditions that turned, then its places under the caps."""
    for _old, new in turns:
        yield f"{condition_text(new)}: {told(new.value)}, {told(new.holds)} [{new.clause}]"
    for seat in proposal.decision.seats:
        yield seat_text(ledger, trial, seat)
    if proposal.decision.review:
        yield _("to be judged by a person")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not value:
        raise UsageError(_("Write NAME=VALUE, not {text}", text=text), hint="--value vip_share=20%")
    return name, value
