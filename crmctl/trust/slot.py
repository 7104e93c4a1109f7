"""One slot commit: whether it is one, for which bundle, and whether who signed it may give it."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast

from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.repository import CommitInfo
from crmctl.model.findings import Finding
from crmctl.model.org import Member, Org, Role
from crmctl.model.paths import place_of
from crmctl.policy.review import ACTS, Act
from crmctl.rules.slots import Given, roles_in, stood_for
from crmctl.trust.signed import signed_well, signer
from crmctl.trust.view import View
from crmctl.trust.words import found

SUBMIT, _BUNDLE = "submit", "Crmctl-Bundle"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SLOT = re.compile(r"([a-z]+) ([a-z][a-z0-9_]*(?:@[a-z][a-z0-9_-]*)?|@[a-z][a-z0-9_-]*) (-|[a-z][a-z0-9_-]*)")


@dataclass(frozen=True, slots=True)
class Said:
    """What a slot commit's trailers say; `department` None is the whole company."""

    act: Act
    role: str
    department: str | None
    bundle: str
    paper: str | None
    scan: str | None = None


def is_bundle(info: CommitInfo) -> bool:
    """Whether a merge says that it is a bundle."""
    return ("Crmctl-Action", SUBMIT) in info.trailers


def is_slot(info: CommitInfo) -> bool:
    """Whether a commit says that it is a slot."""
    return len(info.parents) == 1 and any(key == "Crmctl-Slot" for key, _value in info.trailers)


def read_slot(info: CommitInfo) -> Said | None:
    """What a slot commit says; None where its trailers are not those of one."""
    said: dict[str, list[str]] = {}
    for key, value in info.trailers:
        said.setdefault(key, []).append(value)
    match = _SLOT.fullmatch((said.get("Crmctl-Slot") or [""])[0])
    bundle = said.get("Crmctl-Bundle", [])
    paper, scan = said.get("Crmctl-Paper", []), said.get("Crmctl-Scan", [])
    whole = match and match[1] in ACTS and said.get("Crmctl-Action") == [match[1]]
    if not whole or not match or len(said["Crmctl-Slot"]) != 1 or len(bundle) != 1 or len(paper) > 1 or len(scan) > 1:
        return None
    department = None if match[3] == "-" else match[3]
    return Said(
        cast("Act", match[1]),
        match[2],
        department,
        bundle[0],
        *(found[0] if found else None for found in (paper, scan)),
    )


@dataclass(frozen=True, slots=True)
class SlotCheck:
    """Slots by the org of `view`, on the day they enter main."""

    view: View
    now: datetime

    def judged(
        self, info: CommitInfo, below: CommitInfo, bundle: str | None, authors: Collection[str]
    ) -> Generator[Finding, None, Given | None]:
        """Findings about a slot on top of commit `below`; returns what was given where it holds.

        `bundle` is what it must name (None: it stands on main, where only acknowledgements do).
        """
        faults = list(signed_well(info, self.view, self.now))
        said = read_slot(info)
        if said is None or info.parents != (below.oid,) or info.tree != below.tree:
            why = "trailers" if said is None else "parents" if info.parents != (below.oid,) else "tree"
            faults.append(found("TRU081", info.oid, why=why))
        yield from faults
        if faults or said is None:
            return None
        if bundle is None and said.act != "acknowledge":
            yield found("TRU081", info.oid, why=said.act)
            return None
        if bundle is not None and said.bundle != bundle:
            yield found("TRU082", info.oid, bundle=said.bundle[:10])
            return None
        return (yield from self._given(info, said, authors))

    def _given(self, info: CommitInfo, said: Said, authors: Collection[str]) -> Generator[Finding, None, Given | None]:
        org, day = self.view.in_force.org, self.view.day(info)
        member = signer(info, self.view.in_force)
        if member is None:
            return None  # told by its signature
        if said.paper is None:
            holder = stood_for(org, member, said.role, said.department, day)
        else:
            holder = _on_paper(org, said, day)
        if holder is None:
            yield found(
                "TRU083", info.oid, member=said.paper or member.id, role=said.role, where=said.department or "-"
            )
            return None
        if said.paper is not None and not scan_is_there(self.view, said, member.id):
            yield found("TRU087", info.oid, member=said.paper)
            return None
        stands_for = holder if said.paper is None and holder != member.id else None
        recorder = roles_in(member, said.department, day) if said.paper else ()
        given = Given(
            said.act, said.role, said.department, member.id, stands_for, said.paper, info.oid, recorder, said.scan
        )  # fmt: skip
        own = sorted(given.persons & set(authors))
        if own:
            yield found("TRU084", info.oid, member=own[0])
            return None
        return given


def lenders(org: Org, given: Collection[Given]) -> tuple[Member, ...]:
    """Whose standing counts for a bundle's changes: who verified or signed with a key of their own.

    Who stands in for somebody holds that one role as well, and nothing else of theirs.
    """
    found_members = []
    for item in given:
        member = org.members.get(item.member)
        if member is None or item.paper or item.act not in {"verify", "sign"}:
            continue
        if item.stands_for:
            role = Role(item.role, item.department, member.since)
            member = replace(member, roles=(*member.roles, role))
        found_members.append(member)
    return tuple(found_members)


def scan_is_there(view: View, said: Said, recorder: str) -> bool:
    """Whether main holds, from before, a change by the recorder for this very bundle with a sealed scan still in it."""
    repo = view.repo
    if not said.scan or not _COMMIT.fullmatch(said.scan):
        return False
    if not is_ancestor(repo, said.scan, view.base):
        return False
    info = repo.commit(said.scan)
    if info.author.name != recorder or len(info.parents) != 1 or (_BUNDLE, said.bundle) not in info.trailers:
        return False
    for change in repo.changed(info.parents[0], info.oid):
        place = place_of(change.path)
        if place and not place.is_record and change.new_oid and view.oid(change.path) == change.new_oid:
            return True
    return False


def _on_paper(org: Org, said: Said, day: date) -> str | None:
    """A leader without a key who holds the role; whoever has one signs for themselves."""
    leader = org.members.get(said.paper or "")
    good = leader is not None and not leader.has_access and leader.holds(said.role, said.department, day)
    return leader.id if leader is not None and good else None
