"""Enrol people: members, roles and departments, with the group keys that follow (R-REC-51).

Enrolling needs no key to any record: what existing holders must wrap for the newcomer is done by
their next `sync` (`rewrap`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from crmctl.errors import NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.draft import author_of
from crmctl.ledger.groups import missing_groups, unwrapped_members
from crmctl.ledger.identity import PublicKeys
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.transaction import Change, write
from crmctl.ledger.wrapping import keyring_change
from crmctl.ledger.yamlio import dump
from crmctl.model.clear_files import encode_departments, encode_groups, encode_member
from crmctl.model.kinds import Label
from crmctl.model.org import Department, Member, Org, Role


def add_member(
    ledger: Ledger, keys: PublicKeys, name: str, roles: tuple[Role, ...], supervisor: str | None = None,
    territory: str | None = None,
) -> str:  # fmt: skip
    """Enrol a member with their public keys. Returns the commit id. Raises Refused, NotFound."""
    _must_administer(ledger)
    org = ledger.in_force.org
    if keys.member in org.members:
        raise Refused(_("{member} is a member already", member=keys.member), hint=f"crmctl member show {keys.member}")
    taken = [m.id for m in org.members.values() if keys.opens == m.opens or keys.signs == m.signs]
    if taken:
        raise Refused(_("This key belongs to {member} already", member=taken[0]), rule="R-ACL-18")
    _known_departments(org, roles)
    member = Member(
        keys.member, name, roles, keys.opens, keys.signs, ledger.today, None, supervisor, territory, ledger.today
    )
    return save_org(ledger, replace(org, members={**org.members, member.id: member}), "member-add", member.id)


def set_roles(ledger: Ledger, member_id: str, roles: tuple[Role, ...]) -> str:
    """Replace a member's roles. Returns the commit id."""
    _must_administer(ledger)
    org = ledger.in_force.org
    _known_departments(org, roles)
    member = replace(_member(org, member_id), roles=roles)
    return save_org(ledger, replace(org, members={**org.members, member_id: member}), "member-role", member_id)


def leave(ledger: Ledger, member_id: str, last_day: date) -> str:
    """End a membership with `last_day`. Returns the commit id. Refuses while customers are owned."""
    _must_administer(ledger)
    org = ledger.in_force.org
    member = _member(org, member_id)
    roles = tuple(replace(r, until=min(r.until or last_day, last_day)) for r in member.roles)
    gone = replace(member, until=last_day, roles=roles)
    return save_org(ledger, replace(org, members={**org.members, member_id: gone}), "member-leave", member_id)


def add_department(ledger: Ledger, key: str, label: Label) -> str:
    """Add a department. Returns the commit id."""
    _must_administer(ledger)
    org = ledger.in_force.org
    if key in org.departments:
        raise Refused(_("There is a department {key} already", key=key), hint="crmctl department list")
    made = replace(org, departments={**org.departments, key: Department(key, label)})
    return save_org(ledger, made, "department-add", key)


def rename_department(ledger: Ledger, key: str, label: Label) -> str:
    """Give a department another name; its id stays. Returns the commit id."""
    _must_administer(ledger)
    org = ledger.in_force.org
    if key not in org.departments:
        raise NotFound(_("There is no department {key}", key=key), hint="crmctl department list")
    changed = replace(org.departments[key], label=label)
    return save_org(ledger, replace(org, departments={**org.departments, key: changed}), "department-rename", key)


def save_org(ledger: Ledger, org: Org, action: str, about: str) -> str:
    """Write the org's files and the group keys that follow from it, in one transaction."""
    org, lines = missing_groups(ledger.in_force.pack, org, ledger.today)
    held = {name: ledger.ring.group_secrets.get(name, []) for name in ledger.in_force.org.groups}
    lines = {**lines, **unwrapped_members(ledger.keyring, org, held, ledger.today)}
    edits: dict[str, bytes | None] = {
        f"org/members/{member.id}.yaml": dump(encode_member(member)) for member in org.members.values()
    }
    edits["org/departments.yaml"] = dump(encode_departments(org.departments))
    edits["org/groups.yaml"] = dump(encode_groups(org.groups))
    message = f"{action} {about}\n\nCrmctl-Action: {action}\n"
    changes = [*keyring_change(ledger, lines), Change(MAIN, ledger.head, edits, message)]
    return write(ledger.repo, changes, ledger.identity.sign, author_of(ledger), ledger.now)[-1]


def _must_administer(ledger: Ledger) -> None:
    if not ledger.member.holds("admin", None, ledger.today):
        raise Refused(
            _("Only a member with the role admin changes the organisation"), rule="R-ACL-12",
            hint="crmctl member list --role admin",
        )  # fmt: skip


def _known_departments(org: Org, roles: tuple[Role, ...]) -> None:
    for role in roles:
        if role.department is not None and role.department not in org.departments:
            raise NotFound(
                _("There is no department {key}", key=role.department),
                hint=f"crmctl department add {role.department}=…",
            )


def _member(org: Org, member_id: str) -> Member:
    if member_id not in org.members:
        raise NotFound(_("There is no member {member}", member=member_id), hint="crmctl member list")
    return org.members[member_id]
