"""Members in a sheet: people become known to the ledger without access, until they hand in a key (ADR 0020)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import replace
from datetime import date

from crmctl.errors import NotFound, Refused, UsageError
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Field, Kind
from crmctl.model.org import Member, Org, Role

MEMBER = "member"
STAFF = Kind(
    name=MEMBER, version=1, label=("人员", "Member"), prefix="M", table=MEMBER, folder="members", scope="office",
    compartment="staff", single=False, title=("name",),
    fields=(
        Field("id", "member", ("编号", "Id")),
        Field("name", "text", ("姓名", "Name")),
        Field("roles", "text", ("角色", "Roles"), many=True),
        Field("supervisor", "member", ("上级", "Supervisor")),
        Field("territory", "text", ("片区", "Territory")),
        Field("since", "date", ("入职日期", "Since")),
    ),
)  # fmt: skip


def member_of(ledger: Ledger, values: Mapping[str, object], department: str) -> Member:
    """The member that a row describes, without access. Raises NotFound, UsageError.

    A role is `sales@east`, or `sales` alone for the department given.
    """
    org, today = ledger.in_force.org, ledger.today
    given = values.get("roles")
    since = date.fromisoformat(str(values["since"])) if values.get("since") else today
    roles = tuple(
        _role(str(text), department, since, org, ledger.in_force.pack.company_roles)
        for text in (given if isinstance(given, list) else [])
    )
    supervisor, territory = values.get("supervisor"), values.get("territory")
    return Member(
        id=str(values["id"]), name=str(values.get("name") or values["id"]), roles=roles, opens=None, signs=None,
        since=since, supervisor=str(supervisor) if supervisor else None,
        territory=str(territory) if territory else None,
    )  # fmt: skip


def _role(text: str, usual: str, since: date, org: Org, company_roles: Iterable[str]) -> Role:
    role, at, department = text.partition("@")
    if role in company_roles:
        if at:
            raise UsageError(_("{role} is held in the whole company", role=role), hint=role)
        return Role(role, None, since)
    department = department or usual
    if not department:
        raise UsageError(_("{role} is held in a department", role=role), hint=f"{role}@DEPARTMENT, --department KEY")
    if department not in org.departments:
        raise NotFound(_("There is no department {key}", key=department), hint=f"crmctl department add {department}=…")
    return Role(role, department, since)


def updated(known: Member, row: Member) -> Member:
    """A known member as a row describes them: keys, first day and end stay. Raises Refused for somebody with access."""
    roles = (
        tuple(
            next((old for old in known.roles if (old.role, old.department) == (new.role, new.department)), new)
            for new in row.roles
        )
        or known.roles
    )
    made = replace(
        known, name=row.name, roles=roles, supervisor=row.supervisor or known.supervisor,
        territory=row.territory or known.territory,
    )  # fmt: skip
    if made != known and known.has_access:
        raise Refused(
            _("{member} has access: roles are not changed by an import", member=known.id), rule="R-ACL-12",
            hint=f"crmctl member role {known.id} ROLE@DEPARTMENT",
        )  # fmt: skip
    return made


def with_members(ledger: Ledger, members: Iterable[Member]) -> Ledger:
    """The same open ledger as it will be with these members."""
    seen = copy(ledger)
    org = ledger.in_force.org
    added = {member.id: member for member in members}
    seen.__dict__["in_force"] = replace(ledger.in_force, org=replace(org, members={**org.members, **added}))
    return seen
