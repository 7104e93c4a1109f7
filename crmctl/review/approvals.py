"""Who approved what stands in a record, when, as what, by which rules: read from the commits `verify` proves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.slots_given import SLOT, bundle_below
from crmctl.rules.slots import Given, stood_for
from crmctl.rules.triggers import concerns
from crmctl.trust.slot import is_slot, read_slot

_ACKNOWLEDGES = f"{SLOT}: acknowledge "


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval: what was given and by whom, when, and `policy`, the state of the rules that asked for it."""

    given: Given
    at: datetime
    policy: str


@dataclass(frozen=True, slots=True)
class Landed:
    """What brought a version of a file into force: the landing, when, and the approvals it came with."""

    commit: str
    at: datetime
    approvals: tuple[Approval, ...]


def landings_of(ledger: Ledger, path: str, *, newest: bool = False) -> tuple[Landed, ...]:
    """The reviewed changes of a file on main, newest first; with `newest` only the last change's, if it was reviewed.

    A file no review rule speaks of costs nothing.
    """
    in_force = ledger.in_force
    if not in_force.pack.review or not concerns(in_force.pack.review, in_force.kinds, path):
        return ()
    # --show-pulls: the merges that brought a version, not only who made it
    words = ["log", "--format=%H", "--show-pulls", ledger.main, "--", path]
    found = []
    for info in ledger.repo.commits(ledger.repo.run(*words).decode().split()):
        if len(info.parents) < 2:
            further = _approvals(ledger, info, [info.oid], [])
            found += [Landed(info.oid, _local(ledger, info), further)] if further else []
            if newest:
                break
            continue
        bundle = bundle_below(ledger.repo, info.parents[1]) if ("Crmctl-Action", "land") in info.trailers else None
        if bundle is not None:
            slots = list(_slots(ledger, info.parents[1]))
            found.append(Landed(info.oid, _local(ledger, info), _approvals(ledger, info, [bundle.oid], slots)))
            if newest:
                break
    return tuple(found)


def _slots(ledger: Ledger, top: str) -> Iterator[CommitInfo]:
    """The approvals from `top` down to the bundle, newest first."""
    info = ledger.repo.commit(top)
    while is_slot(info):
        yield info
        info = ledger.repo.commit(info.parents[0])


def _approvals(
    ledger: Ledger, landing: CommitInfo, names: Sequence[str], slots: Sequence[CommitInfo]
) -> tuple[Approval, ...]:
    later = [info for info in _acknowledged(ledger) if any(("Crmctl-Bundle", name) in info.trailers for name in names)]
    if not slots and not later:
        return ()
    words = ["log", "-1", "--format=%H", landing.parents[0], "--", "policy", "schemas"]
    policy = ledger.repo.run(*words).decode().strip()
    found = (_approval(ledger, info, policy) for info in [*reversed(slots), *later])
    return tuple(item for item in found if item)


def _acknowledged(ledger: Ledger) -> list[CommitInfo]:
    """What was taken note of on main, oldest first; nothing where the policy asks for none."""
    rules = ledger.in_force.pack.review
    if not any(not slot.blocks for rule in rules for step in rule.steps for slot in step):
        return []
    words = ["log", "--reverse", "--format=%H", "-F", f"--grep={_ACKNOWLEDGES}", ledger.main]
    return list(ledger.repo.commits(ledger.repo.run(*words).decode().split()))


def _approval(ledger: Ledger, info: CommitInfo, policy: str) -> Approval | None:
    said = read_slot(info)
    if said is None:
        return None
    org, member = ledger.in_force.org, ledger.in_force.org.members.get(info.author.name)
    holder = stood_for(org, member, said.role, said.department, info.committed_at.date()) if member else None
    stands_for = holder if member and not said.paper and holder not in {None, member.id} else None
    given = Given(
        said.act, said.role, said.department, info.author.name, stands_for, said.paper, info.oid, (), said.scan
    )
    return Approval(given, _local(ledger, info), policy)


def _local(ledger: Ledger, info: CommitInfo) -> datetime:
    return info.committed_at.astimezone(ledger.now.tzinfo)
