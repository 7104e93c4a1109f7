"""A merge's tree made again: its first parent with the other sides' own changes on it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmctl.errors import CrmctlError
from crmctl.ledger.git.repository import CommitInfo, Repository
from crmctl.ledger.git.transaction import BlobRef, merge_trees, plan_tree
from crmctl.model.findings import Finding
from crmctl.trust.words import found


def tree_is_made_of(repo: Repository, info: CommitInfo, joined: Sequence[tuple[str | None, str]]) -> Iterator[Finding]:
    """What a merge's tree holds that the path-wise merge does not, and what it lacks of it.

    `joined`: base and tip of each side that its first parent takes in; two sides never change the same path.
    """
    edits: dict[str, BlobRef | None] = {}
    for base, tip in joined:
        merged = merge_trees(repo, base, tip, info.parents[0])
        for path in [*merged.conflicts, *(path for path in merged.edits if path in edits)]:
            yield found("TRU022", info.oid, path)
        edits |= merged.edits
    try:
        planned = plan_tree(repo, info.parents[0], edits)
    except CrmctlError as error:
        yield found("TRU016", info.oid, why=error.what)
        return
    if planned.tree != info.tree:
        yield from _differences(repo, info, edits)


def _differences(repo: Repository, info: CommitInfo, wanted: dict[str, BlobRef | None]) -> Iterator[Finding]:
    actual = {
        change.path: BlobRef(change.new_oid, change.new_mode) if change.new_oid else None
        for change in repo.changed(info.parents[0], info.tree)
    }
    told = False
    for path in sorted(actual.keys() | wanted.keys()):
        if path in actual and (path not in wanted or actual[path] != wanted[path]):
            told = True
            yield found("TRU020", info.oid, path)
        elif path not in actual and _would_change(repo, info, path, wanted[path]):
            told = True
            yield found("TRU021", info.oid, path)
    if not told:
        yield found("TRU016", info.oid, why="tree")


def _would_change(repo: Repository, info: CommitInfo, path: str, ref: BlobRef | None) -> bool:
    entry = repo.entry(info.parents[0], path)
    return (entry.oid if entry else None) != (ref.oid if ref else None)
