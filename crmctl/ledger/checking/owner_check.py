"""Every assignment has an owner who works in its department today (R-REC-16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from crmctl.i18n import N_
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name
from crmctl.model.dossier import Dossier
from crmctl.model.findings import Finding


def owner_faults(ledger: Ledger, dossier: Dossier) -> Iterator[Finding]:
    """The departments whose owner of this customer has left, or has no role there any more."""
    for department, assignment in dossier.assignments.items():
        member = ledger.in_force.org.members.get(assignment.owner)
        if member is None or not member.active(ledger.today) or department not in member.departments(ledger.today):
            yield Finding(
                "ORG001", N_("{name} is responsible for it but no longer works in {department}"), "error",
                dossier.path, department,
                {"member": assignment.owner, "department": department, "dossier": dossier.id,
                 "name": member_name(ledger, assignment.owner)},
                N_("crmctl handover {dossier} --to MEMBER --reason …"),
            )  # fmt: skip


def owners_until(ledger: Ledger, dossier: Dossier) -> list[date]:
    """The last days of roles and memberships that this customer's owners hold, as far as they end."""
    members = ledger.in_force.org.members
    owners = [members[a.owner] for a in dossier.assignments.values() if a.owner in members]
    ends = [owner.until for owner in owners] + [role.until for owner in owners for role in owner.roles]
    return [day for day in ends if day is not None and day >= ledger.today]
