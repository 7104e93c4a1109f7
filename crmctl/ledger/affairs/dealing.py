"""Who deals with a customer: a further department, another owner, a team, a handover (R-REC-16, R-REC-32, R-INT-12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from crmctl.errors import NotFound, Refused, UsageError
from crmctl.i18n import _
from crmctl.ledger.affairs.handing_over import Matter, Moving, must_have_promised, open_matters, sheets
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.changing.entry import may_own
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.people import department_name, member_name
from crmctl.ledger.snapshot.connection import all_dossiers
from crmctl.model.dossier import Assignment, Dossier

_LEADERS = ("supervisor", "head")


@dataclass(frozen=True, slots=True)
class Dealt:
    """What changed: the customers, the records of handover made of it, the commit (None on a dry run).

    `open` are the open matters that go along with a handover.
    """

    customers: tuple[str, ...]
    records: tuple[str, ...]
    commit: str | None
    open: tuple[Matter, ...] = ()


def assign(ledger: Ledger, who: str, department: str, owner: str | None = None, *, dry_run: bool = False) -> Dealt:
    """Let one more department deal with a customer.

    Raises NotFound, NoKey, UsageError without an owner, Refused when it deals with the customer already.
    """
    customer = lookup.customer(ledger, who)
    chosen = owner or (ledger.member_id if department in ledger.member.departments(ledger.today) else None)
    if chosen is None:
        raise UsageError(_("Say who will be responsible there: --owner MEMBER"), hint="crmctl member list")
    may_own(ledger, chosen, department)
    draft = Draft(ledger)
    own = lookup.department_of(ledger, customer)
    if own is not None:
        may_arrange(ledger, draft.dossier(customer), own)
    draft.assign(customer, department, chosen)
    return Dealt((customer,), (), None if dry_run else draft.commit("assign", "customer"))


def team(
    ledger: Ledger, who: str, added: Iterable[str] = (), removed: Iterable[str] = (), department: str | None = None, *,
    keeper: str | None = None, dry_run: bool = False,
) -> Dealt:  # fmt: skip
    """Change who works with the owner on a customer: the team, and the `keeper` of its data (`-`: nobody).

    Raises NotFound, NoKey, UsageError, and Refused for who has no role in the department.
    """
    customer = lookup.customer(ledger, who)
    draft = Draft(ledger)
    chosen, assignment = _assignment(ledger, draft.dossier(customer), department)
    kept = assignment.keeper if keeper is None else None if keeper == "-" else keeper
    for member in (*added, *([kept] if kept else [])):
        may_own(ledger, member, chosen)
    names = tuple(name for name in dict.fromkeys([*assignment.team, *added]) if name not in set(removed))
    _change(draft, customer, chosen, replace(assignment, team=names, keeper=kept))
    return Dealt((customer,), (), None if dry_run else draft.commit("team", "customer"))


def handover(
    ledger: Ledger, customers: Sequence[str], to: str, reason: str, *, why: str = "other",
    from_member: str | None = None, department: str | None = None, promised: bool = False, dry_run: bool = False,
) -> Dealt:  # fmt: skip
    """Give customers to another owner, with a record of handover for each former owner and department.

    `from_member` takes all customers of that member; `why` is a word of the pack's handover_reason;
    `promised` says that the former owner promised continued secrecy. With each customer goes a sheet of taking over
    that lists what is open; the new owner accepts it. Raises NotFound, NoKey, Refused.
    """
    must_have_promised(ledger, why, promised=promised)
    draft = Draft(ledger)
    moved: dict[tuple[str, str], list[str]] = {}
    for customer, held in _wanted(ledger, customers, from_member, department):
        dossier = draft.dossier(customer)
        chosen, assignment = _assignment(ledger, dossier, held)
        may_own(ledger, to, chosen)
        if assignment.owner == to:
            continue
        moved.setdefault((chosen, assignment.owner), []).append(customer)
        team_ = tuple(member for member in assignment.team if member != to)
        _change(draft, customer, chosen, replace(assignment, owner=to, team=team_))
    matters = open_matters(ledger, {(customer, place) for (place, _owner), ids in moved.items() for customer in ids})
    records = []
    for (place, owner), ids in moved.items():
        made = _record(draft, place, owner, to, ids, {"why": why, "note": reason, "secrecy": promised})
        records.append(made)
        records += sheets(draft, Moving(made, place, owner, to), ids, matters)
    done = tuple(dict.fromkeys(customer for ids in moved.values() for customer in ids))
    if not done:
        return Dealt((), (), None)
    commit = None if dry_run else draft.commit("handover", "customer")
    return Dealt(done, tuple(records), commit, tuple(matters))


def departments_of(ledger: Ledger) -> list[tuple[str, tuple[str, str], date | None, int]]:
    """Each department: id, label, until when, and how many members hold a role in it today."""
    org = ledger.in_force.org
    present = [member for member in org.members.values() if member.active(ledger.today)]
    return [
        (d.id, d.label, d.until, sum(d.id in member.departments(ledger.today) for member in present))
        for d in org.departments.values()
    ]


def _wanted(
    ledger: Ledger, customers: Sequence[str], from_member: str | None, department: str | None
) -> Iterable[tuple[str, str | None]]:
    if from_member is None:
        return [(lookup.customer(ledger, who), department) for who in customers]
    if from_member not in ledger.in_force.org.members:
        raise NotFound(_("There is no member {member}", member=from_member), hint="crmctl member list")
    found = [
        (dossier.id, held)
        for dossier in all_dossiers(ledger)
        for held, assignment in dossier.assignments.items()
        if assignment.owner == from_member and department in {None, held}
    ]
    if not found:
        raise NotFound(
            _("{member} is responsible for no customer", member=member_name(ledger, from_member)),
            hint="crmctl list customer",
        )
    return found


def _assignment(ledger: Ledger, dossier: Dossier, department: str | None) -> tuple[str, Assignment]:
    chosen = department or lookup.department_of(ledger, dossier.id)
    assignment = dossier.assignments.get(chosen or "")
    if chosen is None or assignment is None:
        raise UsageError(_("Say which department: --department"), where=dossier.id)
    may_arrange(ledger, dossier, chosen)
    return chosen, assignment


def may_arrange(ledger: Ledger, dossier: Dossier, department: str) -> None:
    """The owner, and those who lead the department, say who works with a customer."""
    owner = dossier.assignments[department].owner
    leads = any(ledger.member.holds(role, department, ledger.today) for role in _LEADERS)
    if ledger.member_id != owner and not leads:
        name, place = member_name(ledger, owner), department_name(ledger, department)
        raise Refused(
            _("Only {owner} or who leads {department} may do this", owner=name, department=place),
            where=dossier.id, rule="R-ACL-15", hint="crmctl member list --role supervisor",
        )  # fmt: skip


def _change(draft: Draft, customer: str, department: str, assignment: Assignment) -> None:
    """Set the assignment; who reads follows from it: new readers get the keys, former ones no later ones."""
    draft.set_assignment(customer, department, assignment)
    mine = ["core", *(name for name in draft.dossier(customer).compartments if name.startswith(f"{department}/"))]
    draft.wrapping.turn_where_due(customer, mine)
    draft.wrapping.extend_readers(customer, mine)


def _record(draft: Draft, department: str, owner: str, to: str, ids: Sequence[str], more: Mapping[str, object]) -> str:
    kind = draft.kind("handover")
    values = {
        "on": draft.ledger.today.isoformat(), "from_member": owner, "to_member": to, "customers": list(ids), **more
    }  # fmt: skip
    return draft.new_record(kind, f"office/{department}", department, values).id
