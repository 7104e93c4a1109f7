"""Members, departments and groups in the words people use."""

from __future__ import annotations

from crmctl.errors import NotFound
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger


def member_name(ledger: Ledger, member: str | None) -> str:
    """A member's full name, or the id of one the ledger does not know."""
    found = ledger.in_force.org.members.get(member or "")
    return found.name if found else member or "-"


def department_name(ledger: Ledger, department: str | None) -> str:
    """A department's label."""
    found = ledger.in_force.org.departments.get(department or "")
    return label(found.label) if found else department or ""


def must_be_department(ledger: Ledger, department: str) -> None:
    """Raise NotFound for a department that is not there."""
    if department not in ledger.in_force.org.departments:
        raise NotFound(_("There is no department {key}", key=department), hint="crmctl department list")


def reader_name(ledger: Ledger, reader: str) -> str:
    """A member's name; a group's role, with the department where it is one's: `东区 主管`."""
    scope, group, role = reader.partition(".")
    if not group:
        return member_name(ledger, reader)
    named = label(ledger.in_force.pack.vocab.get("role", {}).get(role, (role, role)))
    return named if scope == "all" else f"{department_name(ledger, scope)} {named}"
