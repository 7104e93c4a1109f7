"""Enrol people: members, roles and departments, with the group keys that follow (R-REC-51).

Enrolling needs no key to any record: what existing holders must wrap for the newcomer is done by
their next `sync` (`rewrap`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from crmctl.errors import InvalidInput, NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.changing.placing import Intent, place
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.keys.groups import missing_groups, renewed_groups, unwrapped_members
from crmctl.ledger.keys.identity import MEMBER, PublicKeys
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.keys.sshsig import check_public_line
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.key_register import pledge_asked
from crmctl.ledger.setup.administer import must_administer
from crmctl.model.clear_files import encode_departments, encode_groups, encode_member
from crmctl.model.kinds import Label
from crmctl.model.org import Department, Member, Org, Role

# The scope of groups of the whole company, and the compartment of the card.
NO_DEPARTMENTS = frozenset({"all", "core"})


def add_member(
    ledger: Ledger, keys: PublicKeys, name: str | None, roles: tuple[Role, ...], supervisor: str | None = None,
    territory: str | None = None, *, pledge: date | None = None, devices: tuple[str, ...] = (),
) -> str:  # fmt: skip
    """Enrol a member with their public keys. Returns the commit id. Raises InvalidInput, Refused, NotFound.

    `pledge` is the day of the promise of secrecy, which the policy may ask for before a key is given.
    Somebody known without access gets the keys; what is not given here stays as it is known.
    """
    must_administer(ledger)
    org = ledger.proposed.org
    known = org.members.get(keys.member)
    if known and known.has_access:
        raise Refused(_("{member} is a member already", member=keys.member), hint=f"crmctl member show {keys.member}")
    taken = [m.id for m in org.members.values() if keys.opens == m.opens or keys.signs == m.signs]
    if taken:
        raise Refused(_("This key belongs to {member} already", member=taken[0]), rule="R-ACL-18")
    _check_keys(keys)
    if pledge is None and (known is None or known.pledge is None) and pledge_asked(ledger):
        raise Refused(
            _("Keys are for those who have promised secrecy: say when {member} did", member=keys.member),
            where=keys.member, rule="R-ACL-10", hint="--pledged 2026-11-22",
        )  # fmt: skip
    _known_departments(org, roles)
    if supervisor is not None:
        _member(org, supervisor)
    if known:
        member = replace(
            known, name=name or known.name, roles=roles or known.roles, opens=keys.opens, signs=keys.signs,
            supervisor=supervisor or known.supervisor, territory=territory or known.territory,
            pledge=pledge or known.pledge, issued=ledger.today, devices=devices,
        )  # fmt: skip
    else:
        member = Member(
            keys.member, name or keys.member, roles, keys.opens, keys.signs, ledger.today, None, supervisor, territory,
            pledge, ledger.today, devices,
        )  # fmt: skip
    return save_org(ledger, replace(org, members={**org.members, member.id: member}), "member-add", member.id)


def set_roles(ledger: Ledger, member_id: str, roles: tuple[Role, ...]) -> str:
    """Replace a member's roles. Returns the commit id."""
    must_administer(ledger)
    org = ledger.proposed.org
    _known_departments(org, roles)
    member = replace(_member(org, member_id), roles=roles)
    return save_org(ledger, replace(org, members={**org.members, member_id: member}), "member-role", member_id)


def set_devices(ledger: Ledger, member_id: str, devices: tuple[str, ...]) -> str:
    """Designate the devices a member works on. Returns the commit id."""
    must_administer(ledger)
    org = ledger.proposed.org
    member = replace(_member(org, member_id), devices=devices)
    return save_org(ledger, replace(org, members={**org.members, member_id: member}), "member-device", member_id)


def pledge(ledger: Ledger, member_id: str, on: date) -> str:
    """Note the day on which a member promised secrecy. Returns the commit id."""
    must_administer(ledger)
    org = ledger.proposed.org
    member = replace(_member(org, member_id), pledge=on)
    return save_org(ledger, replace(org, members={**org.members, member_id: member}), "member-pledge", member_id)


def leave(ledger: Ledger, member_id: str, last_day: date) -> str:
    """End a membership with `last_day`. Returns the commit id. What the member owns waits for its handover."""
    must_administer(ledger)
    org = ledger.proposed.org
    member = _member(org, member_id)
    roles = tuple(replace(r, until=min(r.until or last_day, last_day)) for r in member.roles)
    gone = replace(member, until=last_day, roles=roles)
    return save_org(ledger, replace(org, members={**org.members, member_id: gone}), "member-leave", member_id)


def add_department(ledger: Ledger, key: str, label: Label) -> str:
    """Add a department. Returns the commit id. Raises InvalidInput for a key that is none, Refused."""
    must_administer(ledger)
    org = ledger.proposed.org
    if not MEMBER.fullmatch(key) or key in NO_DEPARTMENTS:
        raise InvalidInput(
            _("A department is written KEY=NAME, the key in small letters: {text}", text=key), hint="east=东区,East"
        )
    if key in org.departments:
        raise Refused(_("There is a department {key} already", key=key), hint="crmctl department list")
    made = replace(org, departments={**org.departments, key: Department(key, label)})
    return save_org(ledger, made, "department-add", key)


def rename_department(ledger: Ledger, key: str, label: Label) -> str:
    """Give a department another name; its id stays. Returns the commit id."""
    must_administer(ledger)
    org = ledger.proposed.org
    if key not in org.departments:
        raise NotFound(_("There is no department {key}", key=key), hint="crmctl department list")
    changed = replace(org.departments[key], label=label)
    return save_org(ledger, replace(org, departments={**org.departments, key: changed}), "department-rename", key)


def save_org(ledger: Ledger, org: Org, action: str, about: str) -> str:
    """Write the org's files and the group keys that follow from it, in one transaction."""
    pack = ledger.in_force.pack
    org, renewed, dropped = renewed_groups(ledger.keyring, pack, org, ledger.today)
    org, made = missing_groups(pack, org, ledger.today)
    held = {name: ledger.ring.group_keys.get(name, {}) for name in ledger.in_force.org.groups}
    lines = unwrapped_members(ledger.keyring, org, held, ledger.today)
    for file, line in {**renewed, **made}.items():
        lines.setdefault(file, {}).update(line)
    edits: dict[str, bytes | None] = {
        f"org/members/{member.id}.yaml": dump(encode_member(member)) for member in org.members.values()
    }
    edits["org/departments.yaml"] = dump(encode_departments(org.departments))
    edits["org/groups.yaml"] = dump(encode_groups(org.groups))
    return place(ledger, Intent(edits, f"{action} {about}\n\nCrmctl-Action: {action}\n", lines, dropped))


def renew_groups(ledger: Ledger) -> int:
    """Turn the keys of groups that somebody has left. An admin's to do; returns how many wraps were made."""
    member = ledger.in_force.org.members.get(ledger.member_id)
    if member is None or not member.holds("admin", None, ledger.today):
        return 0
    in_force = ledger.in_force
    _org, lines, _gone = renewed_groups(ledger.keyring, in_force.pack, in_force.org, ledger.today)
    if lines:
        save_org(ledger, in_force.org, "group-turn", f"{len(lines)} wraps")
    return len(lines)


def _check_keys(keys: PublicKeys) -> None:
    """A dot in a member's name would make it a group's; a key nobody can seal to would stop every sync."""
    if not MEMBER.fullmatch(keys.member):
        raise InvalidInput(
            _("Not a member's short name: {member}", member=keys.member),
            hint=_("Small letters and digits, as bob or li-wei"),
        )
    seal(b"", keys.opens)
    check_public_line(keys.signs)


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
