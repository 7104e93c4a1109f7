"""Group keys: made when a group gets its first member, wrapped to its members by any holder (DESIGN 3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from crmctl.ledger.keys.keyring import Keyring, wrap
from crmctl.ledger.keys.seal import new_key, public_of
from crmctl.ledger.keys.turning import left_behind
from crmctl.model.access import RECOVERY
from crmctl.model.org import GroupKey, Org
from crmctl.model.wraps import GROUP
from crmctl.policy.pack import Pack

_PERSONS = {"owner", "team", "keeper", "member"}
WrapLines = dict[str, dict[tuple[str, int], bytes]]
Dropped = dict[str, set[tuple[str, int]]]


def wanted_groups(pack: Pack, org: Org, on: date) -> list[str]:
    """The groups the policy's reader terms name and that have members on that day."""
    terms = {term for terms in pack.readers.values() for term in terms} - _PERSONS
    names: set[str] = set()
    for term in terms:
        if term in pack.company_roles or term == "everyone":
            names.add(f"all.{term}")
        else:
            names |= {f"{department}.{term}" for department in org.departments}
    return sorted(name for name in names if org.group_members(name, on))


def missing_groups(pack: Pack, org: Org, on: date) -> tuple[Org, WrapLines]:
    """Make a key for each wanted group that has none. Returns the org with them, and their wraps."""
    made: dict[str, GroupKey] = {}
    lines: WrapLines = {}
    for name in wanted_groups(pack, org, on):
        if name in org.groups:
            continue
        pair = new_key()
        made[name] = GroupKey(pair.public, 1)
        lines.update(group_wraps(name, pair.secret, 1, org.group_members(name, on), org))
    return replace(org, groups={**org.groups, **made}), lines


def renewed_groups(keyring: Keyring, pack: Pack, org: Org, on: date) -> tuple[Org, WrapLines, Dropped]:
    """Make a new key for each group whose present one is no good any more.

    One that somebody holds who left: the wraps of the leaver go, and each compartment follows with the next
    record (`turning`). One that nobody who is still there holds: what was wrapped to it goes (`Dropped`), it
    opens for nobody; whoever holds the compartments wraps them to the new one at the next sync.
    """
    made: dict[str, GroupKey] = {}
    lines: WrapLines = {}
    gone: Dropped = {}
    lost: list[str] = []
    wanted = wanted_groups(pack, org, on)
    for name, old in org.groups.items():
        members = org.group_members(name, on)
        if name == RECOVERY or not members:
            continue
        present = keyring.readers(f"groups/{name}")
        held = any((GROUP, old.generation) in present.get(member, {}) for member in members)
        left = left_behind(present, old.generation, members)
        if not left and (held or name not in wanted):
            continue
        gone.update({f"groups/{name}/{member}": dropped for member, dropped in left.items()})
        lost += [] if held else [name]
        pair = new_key()
        made[name] = GroupKey(pair.public, old.generation + 1)
        lines.update(group_wraps(name, pair.secret, old.generation + 1, members, org))
    gone.update(_wrapped_to(keyring, lost) if lost else {})
    return replace(org, groups={**org.groups, **made}), lines, gone


def _wrapped_to(keyring: Keyring, groups: Collection[str]) -> Dropped:
    gone: Dropped = {}
    for top in ("dossiers", "offices"):
        for path, _oid in keyring.repo.walk(keyring.tip or "", top) if keyring.tip else ():
            folder, _slash, reader = path.rpartition("/")
            if reader in groups:
                gone[path] = set(keyring.wraps(folder, reader))
    return gone


def group_wraps(name: str, secret: str, generation: int, members: Iterable[str], org: Org) -> WrapLines:
    """The wrap lines of a group's secret for its members, by wrap file."""
    return {f"groups/{name}/{member}": {(GROUP, generation): wrap(secret, member, org)} for member in members}


def unwrapped_members(keyring: Keyring, org: Org, held: Mapping[str, Mapping[int, str]], on: date) -> WrapLines:
    """Wraps for members of groups whose keys are `held` (by generation) but who have none yet.

    Earlier generations go along: what was wrapped to them stays as it is.
    """
    lines: WrapLines = {}
    for name, keys in held.items():
        present_key = org.groups[name]
        newest = keys.get(present_key.generation)
        if newest is None or name == RECOVERY or public_of(newest) != present_key.key:
            continue
        present = keyring.readers(f"groups/{name}")
        for generation, secret in keys.items():
            lacking = [m for m in org.group_members(name, on) if (GROUP, generation) not in present.get(m, {})]
            for file, line in group_wraps(name, secret, generation, lacking, org).items():
                lines.setdefault(file, {}).update(line)
    return lines
