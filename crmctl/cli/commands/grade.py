"""`crmctl grade run|explain|history|caps`: grades by the policy's rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated

import typer

from crmctl.cli.commands.grade_words import (
    condition_text,
    draw_scorecard,
    no_seats,
    over_documents,
    score_documents,
    seat_text,
    spoken_grade,
    tell_over,
    told,
)
from crmctl.cli.commands.service_words import draw_service, service_document
from crmctl.cli.context import open_ledger
from crmctl.cli.options import AsJson, AsOf, At, DryRun, LedgerDir, details
from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.errors import NotFound, UsageError
from crmctl.i18n import N_, _, label
from crmctl.ledger.changing.regrading import Run
from crmctl.ledger.changing.regrading import run as decide
from crmctl.ledger.deciding import axis_named
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.names import names
from crmctl.policy.pack_files import MAIN_AXIS
from crmctl.rules.regrade import Proposal, evidence_of

Department = Annotated[str | None, typer.Option("--department", help=N_("Which department's; your own if not given."))]
AxisName = Annotated[
    str | None,
    typer.Option("--axis", help=N_("Which way of grading, see: crmctl grade axes; the main one if not given.")),
]
Period = Annotated[
    str | None,
    typer.Option(
        "--period",
        metavar="2026H1",
        help=N_("As of the end of this period, by what happened in it."),
        show_default=False,
    ),
]
Product = Annotated[str | None, typer.Option("--product", help=N_("Only who buys this product, by its own rules."))]
_MOVES = {
    "new": N_("new"), "up": N_("up"), "down": N_("down"), "out": N_("not graded any more"), "stays": N_("stays"),
    "review": N_("to be judged by a person"), "held": N_("waits for a stage review"),
}  # fmt: skip


@details(
    N_(
        "Examples:\n\ncrmctl grade run --dry-run\n\ncrmctl grade run --department east --as-of 2026-12-31\n\n"
        "crmctl grade run --period 2026H1\n\n"
        "Puts grades forward as records to be approved; a second run the same day writes nothing."
    )
)
def run(
    department: Department = None,
    axis: AxisName = None,
    product: Product = None,
    period: Period = None,
    as_of: AsOf = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Grade a department's customers."""
    from crmctl.ledger.affairs.grading import file_run  # what writes is not loaded to explain

    out = Out(as_json)
    ledger = open_ledger(directory)
    chosen = department_chosen(ledger, department)
    day, span = end_of(ledger, period, as_of)
    done = decide(ledger, chosen, day, None, axis_named(ledger, axis, chosen), product, span, over=True)
    commit, count = (None, 0) if dry_run else file_run(ledger, done)
    data = {
        "department": done.department, "axis": done.rules.axis.name, "product": done.product, "as_of": done.as_of,
        "pack": done.rules.pack, "commit": commit, "written": count, "over": over_documents(done),
        "proposals": [_document(proposal) for proposal in done.proposals],
    }  # fmt: skip

    def show() -> None:
        _proposals(ledger, done, [p for p in done.proposals if p.move != "stays"])
        _caps(ledger, done)
        tell_over(out, ledger, done)
        out.say(_("{count:grade|grades} put forward", count=count) if not dry_run else _("Nothing was written"))

    out.result("grade-run", data, show)


@details(N_("Example: crmctl grade explain 某某医院"))
def explain(
    who: Annotated[str, typer.Argument(metavar=N_("WHO"), help=N_("Name, part of it, initials or id."))],
    department: Department = None,
    axis: AxisName = None,
    product: Product = None,
    period: Period = None,
    as_of: AsOf = None,
    at: At = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show why a customer has its grade: every condition with its value."""
    from crmctl.ledger.reading import lookup

    out = Out(as_json)
    ledger = open_ledger(directory, at)
    dossier = lookup.customer(ledger, who)
    chosen = department or lookup.department_of(ledger, dossier)
    if chosen is None:
        raise UsageError(_("Say which department: --department"), where=dossier)
    day, span = end_of(ledger, period, as_of)
    done = decide(ledger, chosen, day, None, axis_named(ledger, axis, chosen), product, span)
    proposal = done.proposal(dossier)
    if proposal is None:
        raise NotFound(_("{department} does not deal with this customer", department=chosen), where=dossier)
    evidence = evidence_of(done.rules.grading, proposal.decision)
    lines = done.lines(dossier)
    data = {
        **_document(proposal), "axis": done.rules.axis.name, "product": done.product, "as_of": done.as_of,
        "pack": done.rules.pack, "evidence": evidence, "scorecard": score_documents(lines),
        "service": service_document(done.rules.axis, proposal.grade),
    }  # fmt: skip

    def show() -> None:
        outcome = spoken_grade(ledger, done, proposal.decision.grade) or _("none")
        axis, move = label(done.rules.axis.label), _(_MOVES[proposal.move])
        out.line(_("{id}: {axis}: {grade} ({move})", id=called(ledger)(dossier), axis=axis, grade=outcome, move=move))
        if proposal.decision.exempt:
            out.line(_("Not graded: the rules exempt such customers"))
        for seat in proposal.decision.seats:
            out.line(seat_text(ledger, done, seat))
        heads = [_("Grade"), _("Clause"), _("Condition"), _("Value"), _("Holds")]
        rows = [
            (
                spoken_grade(ledger, done, e.grade),
                e.clause,
                condition_text(e),
                told(e.value),
                told(e.holds),
            )
            for e in evidence
        ]
        table([(head, "left") for head in heads], rows)
        draw_scorecard(out, lines)
        draw_service(out, ledger, done.rules.axis, proposal.grade)

    out.result("grade-explain", data, show)


@details(N_("Example: crmctl grade caps --department east"))
def caps(
    department: Department = None,
    axis: AxisName = None,
    product: Product = None,
    as_of: AsOf = None,
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show how full the capped grades are, and who waits."""
    out = Out(as_json)
    ledger = open_ledger(directory)
    chosen = department_chosen(ledger, department)
    done = decide(ledger, chosen, as_of or ledger.today, None, axis_named(ledger, axis, chosen), product, over=True)
    waiting = [p for p in done.proposals if p.decision.waiting_for]
    rows = [
        dict(zip(("grade", "share", "base", "seats", "taken", "held"), row, strict=True)) for row in _cap_rows(done)
    ]
    data = {
        "department": done.department,
        "as_of": done.as_of,
        "caps": rows,
        "waiting": [_document(p) for p in waiting],
        "over": over_documents(done),
    }

    def show() -> None:
        _caps(ledger, done)
        for line in no_seats(ledger, done):
            out.line(line)
        _proposals(ledger, done, waiting)
        tell_over(out, ledger, done)

    out.result("grade-caps", data, show)


@details(N_("Example: crmctl grade history 某某医院"))
def history(
    who: Annotated[str, typer.Argument(metavar=N_("WHO"), help=N_("Name, part of it, initials or id."))],
    directory: LedgerDir = None,  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Show the grades a customer was given."""
    from crmctl.ledger.reading import lookup
    from crmctl.ledger.reading.listing import list_kind

    out = Out(as_json)
    ledger = open_ledger(directory)
    dossier = lookup.customer(ledger, who)
    columns = ["id", "on", "department", "axis", "product", "grade", "before", "waiting_for", "state", "reason"]
    listing = list_kind(ledger, "grade", f"dossier = '{dossier}'", columns, 0, ("on", "entered_at"))

    def show() -> None:
        # a product or a way of grading is told where there is one besides the main
        shown = [n for n in range(len(columns)) if columns[n] not in {"axis", "product"} or _differs(listing.rows, n)]
        rows = [[*row[:-1], move_text(str(row[-1])) if row[-1] else None] for row in listing.shown()]
        table([listing.heads[n] for n in shown], [[row[n] for n in shown] for row in rows])

    out.result("grade-history", listing.documents(), show)


def _differs(rows: Sequence[Sequence[object]], column: int) -> bool:
    return any(row[column] not in {None, MAIN_AXIS} for row in rows)


def end_of(ledger: Ledger, period: str | None, as_of: date | None) -> tuple[date, str | None]:
    """(the day that counts, the period as it is written): the end of a period, else the day named, else today.

    Raises UsageError for what is no period, and for a period and a day at once.
    """
    from crmctl.model.fields import FIELD_TYPES, FieldProblem, period_bounds

    if period is None:
        return as_of or ledger.today, None
    if as_of is not None:
        raise UsageError(_("Take --period or --as-of, not both"), hint="--period 2026H1")
    try:
        named = str(FIELD_TYPES["period"].parse(period))
    except FieldProblem as problem:
        raise UsageError(_("{value} is not a period like 2026H1", value=period), hint="--period 2026H1") from problem
    return period_bounds(named)[1], named


def department_chosen(ledger: Ledger, chosen: str | None) -> str:
    """The department meant: the one named, else the member's only one. Raises UsageError."""
    own = ledger.member.departments(ledger.today)
    if chosen or len(own) == 1:
        return chosen or own[0]
    raise UsageError(_("Say which department: --department"), hint=", ".join(own or ledger.in_force.org.departments))


def called(ledger: Ledger) -> Callable[[str], str]:
    """How a customer is named in words, with the id by which it can be asked for."""
    known = names(ledger)

    def name(dossier: str) -> str:
        there = known.name_of(dossier)
        return f"{there} ({dossier})" if there else dossier

    return name


def move_text(move: str | None) -> str:
    """What a run did with a customer, in words; a note somebody wrote himself as it stands."""
    return _(_MOVES[move]) if move in _MOVES else move or ""


def _document(proposal: Proposal) -> dict[str, object]:
    decision = proposal.decision
    return {
        "id": proposal.id, "move": proposal.move, "before": proposal.before, "grade": proposal.grade,
        "by_rule": decision.grade, "waiting_for": decision.waiting_for, "exempt": decision.exempt,
        "seats": [
            {"grade": s.cap.grade, "place": s.place, "of": s.of, "seats": s.seats, "base": s.base, "code": s.cap.code}
            for s in decision.seats
        ],
    }  # fmt: skip


def _proposals(ledger: Ledger, done: Run, proposals: list[Proposal]) -> None:
    name_of = called(ledger)
    heads = [_("Customer"), _("Grade before"), _("Grade"), _("Waiting for"), _("What")]
    rows = [
        (
            name_of(p.id),
            spoken_grade(ledger, done, p.before),
            spoken_grade(ledger, done, p.grade),
            spoken_grade(ledger, done, p.decision.waiting_for),
            move_text(p.move),
        )
        for p in proposals
    ]
    table([(head, "left") for head in heads], rows)


def _cap_rows(done: Run) -> list[tuple[str, str, int, int, int, int]]:
    """Grade, share, base, seats, how many would have one today, how many hold the grade in force."""
    return [
        (
            cap.grade, f"{float(cap.share):.0%}", done.bases[cap.grade], cap.seats(done.bases[cap.grade]),
            sum(p.decision.grade == cap.grade for p in done.proposals),
            sum(p.before == cap.grade for p in done.proposals),
        )
        for cap in done.rules.grading.caps
        if cap.per == "department"
    ]  # fmt: skip


def _caps(ledger: Ledger, done: Run) -> None:
    if not any(cap.per == "department" for cap in done.rules.grading.caps):
        return
    heads = [_("Grade"), _("Share"), _("Base"), _("Seats"), _("Taken if graded today"), _("In force")]
    rows = [(spoken_grade(ledger, done, grade), *rest) for grade, *rest in _cap_rows(done)]
    table([(heads[0], "left"), *((head, "right") for head in heads[1:])], rows)
