"""A landing's tree made again: the server's main with the other side's own changes on it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from crmctl.errors import CrmctlError
from crmctl.ledger.git import CommitInfo, Repository
from crmctl.ledger.transaction import BlobRef, merge_trees, plan_tree
from crmctl.model.findings import Finding
from crmctl.trust.words import found


def tree_is_made_of(repo: Repository, info: CommitInfo, base: str | None) -> Iterator[Finding]:
    """What the landing's tree holds that the path-wise merge does not, and what it lacks of it."""
    main, second = info.parents
    merged = merge_trees(repo, base, second, main)
    for path in merged.conflicts:
        yield found("TRU022", info.oid, path)
    try:
        planned = plan_tree(repo, main, merged.edits)
    except CrmctlError as error:
        yield found("TRU016", info.oid, why=error.what)
        return
    if planned.tree != info.tree:
        yield from _differences(repo, info, merged.edits)


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
