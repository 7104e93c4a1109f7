"""The first commit of a ledger: there is nothing before it to judge it by, so it must stand for itself."""

from __future__ import annotations

from collections.abc import Iterator

from crmctl.ledger.git.repository import CommitInfo
from crmctl.ledger.in_force import InForce
from crmctl.model.findings import Finding
from crmctl.trust.words import found


def founded_well(info: CommitInfo, in_force: InForce) -> Iterator[Finding]:
    """One member with keys, who signed it and administers."""
    member = in_force.org.members.get(info.author.name)
    others = [item.id for item in in_force.org.members.values() if item.signs and item.id != info.author.name]
    if member is None or others or not any(role.role == "admin" for role in member.roles):
        yield found("TRU016", info.oid, why="founding")
