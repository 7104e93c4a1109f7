"""Who reads a compartment: the pack's terms applied to a dossier and the org on a day (promise 1, R-ACL-01)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from crmctl.model.dossier import Dossier, is_office
from crmctl.model.org import Org
from crmctl.model.paths import part_name

RECOVERY = "all.recovery"
# In an office's part of a territory: the department's members who work there (P07:6.3).
TERRITORY = "territory"
# Terms that name persons of an assignment; every other term names a role, hence a group.
_PERSONS = ("owner", "team", "keeper", "member")


def compartment_pattern(dossier: str, compartment: str) -> str:
    """The name a pack uses: `core`, `assignment/sales`, `office/plans`."""
    if is_office(dossier):
        return f"office/{compartment.partition('.')[0]}"
    department, _, short = compartment.partition("/")
    return f"assignment/{short}" if short else department


def readers(
    dossier: Dossier, compartment: str, terms: Mapping[str, Sequence[str]], company_roles: Iterable[str], org: Org,
    on: date,
) -> frozenset[str]:  # fmt: skip
    """The readers (member ids, group names) of a compartment on a day.

    `terms` maps a compartment pattern to the pack's reader terms; `company_roles` are the roles
    held for the whole company. Groups without members are left out: nobody could open them. The
    recovery group reads everything.
    """
    pattern = compartment_pattern(dossier.id, compartment)
    wanted = terms.get(pattern, ())
    found: set[str] = set()
    for department in _departments(dossier, compartment):
        for term in wanted:
            if term == TERRITORY:
                found |= _of_territory(compartment.partition(".")[2], department, org, on)
                continue
            found |= _resolve(term, dossier, department, compartment, frozenset(company_roles))
    found |= {g.member for g in dossier.grants if g.compartment in {compartment, "*"} and on <= g.until}
    present = {reader for reader in found if _present(reader, org, on)}
    return frozenset(present | ({RECOVERY} if RECOVERY in org.groups else set()))


def _of_territory(territory: str, department: str, org: Org, on: date) -> set[str]:
    """Who works in the department's territory that a part of its office is named by; nobody where it names none."""
    return {
        member.id for member in org.members.values()
        if territory and part_name(member.territory or "") == territory and department in member.departments(on)
    }  # fmt: skip


def _departments(dossier: Dossier, compartment: str) -> list[str]:
    if is_office(dossier.id):
        return [dossier.id.removeprefix("office/")]
    department, _, short = compartment.partition("/")
    return [department] if short else list(dossier.assignments)


def _resolve(term: str, dossier: Dossier, department: str, compartment: str, company: frozenset[str]) -> set[str]:
    if term not in _PERSONS:
        return {f"all.{term}" if term in company or term == "everyone" else f"{department}.{term}"}
    if term == "member":
        _, _, member = compartment.partition(".")
        return {member} if member else set()
    assignment = dossier.assignments.get(department)
    if assignment is None:
        return set()
    if term == "owner":
        return {assignment.owner}
    if term == "team":
        return set(assignment.team)
    return {assignment.keeper} if assignment.keeper else set()


def _present(reader: str, org: Org, on: date) -> bool:
    if "." in reader:
        return reader in org.groups and bool(org.group_members(reader, on))
    member = org.members.get(reader)
    return member is not None and member.has_access and member.active(on)
