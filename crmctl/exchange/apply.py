"""Apply a plan: one signed commit for all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import Conflict, InvalidInput, Refused
from crmctl.exchange.carry_out import carry_out, enter_members
from crmctl.exchange.plan import Plan, PlanRow
from crmctl.exchange.plan_file import drop, take
from crmctl.exchange.planner import plan_import
from crmctl.exchange.sheet_read import sha256_of
from crmctl.exchange.staff import MEMBER, with_members
from crmctl.i18n import _
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name
from crmctl.ledger.setup.administer import must_administer
from crmctl.model.clear_files import read_member

ACTION = "import"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a plan. `commit` is None on a dry run and when there was nothing to write."""

    plan: Plan
    commit: str | None
    made: Mapping[str, int]


def apply_plan(
    ledger: Ledger, path: Path | None = None, *, whole: bool = False, dry_run: bool = False,
    progress: Progress = lambda _done: None,
) -> Applied:  # fmt: skip
    """Write what the plan says (the one made last by default); rows that cannot go in are left out.

    Raises Refused with `whole` when a row is left out, Conflict when a file or the ledger changed so
    that the plan would be another one, and what hand entry raises. Then nothing is written.
    """
    plan, kept = take(ledger, path)
    _must_be_current(ledger, plan, progress)
    left_out = plan.left_out()
    if whole and left_out:
        raise Refused(
            _("{count:row|rows} cannot go in", count=len(left_out)), rule="--all-or-nothing",
            findings=[one for row in left_out for one in row.findings], hint=_("Correct them and plan again"),
        )  # fmt: skip
    draft = _drafted(ledger, plan, progress)
    made = {f"{row.kind} {row.action}": 0 for row in plan.writes()}
    for row in plan.writes():
        made[f"{row.kind} {row.action}"] += 1
    if dry_run:
        return Applied(plan, None, made)
    if draft.empty:
        drop(ledger, kept)
        return Applied(plan, None, made)
    kinds = {row.kind for row in plan.writes()}
    sources = [f"Crmctl-Source: sha256:{digest}" for digest in plan.sources.values()]
    commit = draft.commit(ACTION, kinds.pop() if len(kinds) == 1 else "", sources)
    drop(ledger, kept)
    return Applied(plan, commit, made)


def _must_be_current(ledger: Ledger, plan: Plan, progress: Progress) -> None:
    if plan.member != ledger.member_id:
        raise Conflict(
            _("This plan was made by {member}", member=member_name(ledger, plan.member)), hint="crmctl import plan FILE"
        )
    for file, digest in plan.sources.items():
        if sha256_of(Path(file)) != digest:
            raise Conflict(
                _("The file was changed since the import was planned"), where=Path(file).name,
                hint=_("Plan it again: crmctl import plan FILE"),
            )  # fmt: skip
    if plan.head == ledger.head:
        return
    again = plan_import(ledger, plan.order, progress)
    different = plan.differing(again)
    if different:
        count = len(different)
        raise Conflict(
            _("The ledger was changed since the import was planned; {count:row would do|rows would do} something else",
              count=count),
            where=", ".join(different[:5]), hint=_("Plan it again: crmctl import plan FILE"),
        )  # fmt: skip


def _drafted(ledger: Ledger, plan: Plan, progress: Progress) -> Draft:
    members = [read_member(row.values) for row in plan.writes() if row.kind == MEMBER]
    if members:
        must_administer(ledger)
    draft = Draft(with_members(ledger, members))
    enter_members(draft, members)
    made: dict[int, str] = {}
    for number, row in enumerate(plan.rows):
        progress(number)
        if row.goes_in and row.kind != MEMBER:
            _one(draft, row, number, made)
    return draft


def _one(draft: Draft, row: PlanRow, number: int, made: dict[int, str]) -> None:
    try:
        kept = carry_out(draft, row, made)
    except InvalidInput as error:
        raise Conflict(
            _("A row that was planned no longer goes in"), where=row.place, findings=error.findings,
            hint=_("Plan it again: crmctl import plan FILE"),
        ) from error  # fmt: skip
    if kept is not None and row.action == "create":
        made[number] = kept.record.dossier
