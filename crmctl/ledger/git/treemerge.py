"""The path-wise three-way merge: two trees and their common base, whole files only."""

from __future__ import annotations

from typing import NamedTuple

from crmctl.ledger.git.plan import BlobRef
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.treewalk import PathChange


class TreeMerge(NamedTuple):
    """`edits` take `theirs` to the merge (feed them to `plan_tree`); `conflicts` are left as theirs."""

    edits: dict[str, BlobRef | None]
    conflicts: list[str]


def merge_trees(repo: Repository, base: str | None, ours: str, theirs: str) -> TreeMerge:
    """What our side changed since `base`, put onto `theirs`; commits or trees.

    A path that both sides changed to something different is a conflict, and so is a file on
    one side where the other has a folder. Folders equal on both sides are not read.
    """
    mine = repo.changed(base, ours)
    other = {change.path: change for change in repo.changed(base, theirs)}
    folders = {lead for path, change in other.items() if change.new_oid for lead in _leads(path)}
    edits: dict[str, BlobRef | None] = {}
    conflicts: list[str] = []
    for change in mine:
        rival = other.get(change.path)
        if rival and _outcome(rival) == _outcome(change):
            continue
        if rival or _clashes(change, other, folders):
            conflicts.append(change.path)
        else:
            edits[change.path] = _outcome(change)
    return TreeMerge(edits, conflicts)


def _outcome(change: PathChange) -> BlobRef | None:
    return None if change.new_oid is None else BlobRef(change.new_oid, change.new_mode)


def _clashes(change: PathChange, other: dict[str, PathChange], folders: set[str]) -> bool:
    if change.new_oid is None:
        return False
    return change.path in folders or any(lead in other and other[lead].new_oid for lead in _leads(change.path))


def _leads(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
