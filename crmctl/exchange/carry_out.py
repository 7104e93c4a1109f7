"""Do what a plan's row says, in a draft: the one way for trying a plan and for applying it."""

from __future__ import annotations

from collections.abc import Mapping

from crmctl.errors import UsageError
from crmctl.exchange.plan import PlanRow
from crmctl.i18n import _
from crmctl.ledger.changing.draft import Draft, Kept, Origin
from crmctl.ledger.changing.entry import may_own, own_department
from crmctl.ledger.disk.yamlio import dump
from crmctl.model.clear_files import encode_member
from crmctl.model.org import Member

FIRST_STATE = "potential"


def carry_out(draft: Draft, row: PlanRow, made: Mapping[int, str]) -> Kept | None:
    """Make or change the row's record; None when nothing changes. `made` has the customers of earlier rows.

    Raises what hand entry raises: InvalidInput, NotFound, NoKey, Refused, UsageError.
    """
    origin = Origin(reason=row.reason)
    if row.action == "update":
        return draft.new_version(row.path, row.values, origin, row.place, row=row.row)
    kind = draft.kind(row.kind)
    ledger = draft.ledger
    if kind.scope == "core":
        owner = row.owner or ledger.member_id
        department = row.department or own_department(ledger, owner)
        may_own(ledger, owner, department)
        return draft.new_customer(row.values, department, owner, origin, row.place, row.state or FIRST_STATE)
    if kind.scope == "office":
        department = row.department or own_department(ledger, ledger.member_id)
        return draft.new_record(kind, f"office/{department}", department, row.values, origin, row.place)
    dossier = row.dossier if row.customer is None else made[row.customer]
    department = row.department or _dealing(draft, dossier)
    values = {**row.values, "state": row.state} if row.state else row.values
    return draft.new_record(kind, dossier, department, values, origin, row.place)


def _dealing(draft: Draft, dossier: str) -> str:
    """The department meant where the row names none: the only one, or the member's own among several."""
    assigned = list(draft.dossier(dossier).assignments)
    ledger = draft.ledger
    mine = [department for department in ledger.member.departments(ledger.today) if department in assigned]
    if len(mine or assigned) == 1 or mine:
        return (mine or assigned)[0]
    raise UsageError(_("Several departments deal with this customer: say which with --department"), where=dossier)


def enter_members(draft: Draft, members: list[Member]) -> None:
    """Put the members' files into the draft."""
    for member in members:
        draft.put_file(f"org/members/{member.id}.yaml", dump(encode_member(member)), member.id)
