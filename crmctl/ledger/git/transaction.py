"""One write: objects in one pack, one compare-and-swap of all refs, then index and work tree.

The swap is the commit point: before it the ledger is as it was, after it the records are
there whatever happens next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crmctl.errors import CrmctlError
from crmctl.ledger.git.index import bring_along, checkouts
from crmctl.ledger.git.lock import Journal, drop_journal, ledger_lock, write_journal
from crmctl.ledger.git.mend import REFLOG_MESSAGE, mend
from crmctl.ledger.git.objects import NO_OBJECT, Who, encode_commit, encode_pack, object_id, with_signature
from crmctl.ledger.git.plan import BlobRef, Edit, PlannedObjects, PlannedTrees, plan_tree
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.treemerge import TreeMerge, merge_trees

__all__ = [
    "AT_BASE", "BlobRef", "Change", "Edit", "PlannedObjects", "RefMove", "Signer", "TreeMerge", "Who",
    "merge_trees", "move_refs", "plan_tree", "write",
]  # fmt: skip

Signer = Callable[[bytes], str]
Step = Callable[[str], None]

AT_BASE = "@base"
_EARLIER = re.compile(r"@(\d+)")
_NAMED = re.compile(r"(?<=: )@(\d+)$", re.MULTILINE)
_LOOSE_AT_MOST = 200
# Loose objects are not synced by default: an acknowledged record must outlive a power cut.
_DURABLE = ("-c", "core.fsync=loose-object,pack,pack-metadata,reference", "-c", "core.fsyncMethod=batch")


@dataclass(frozen=True, slots=True)
class Change:
    """One commit to make and the ref that shall point to it.

    `edits` (path: content, BlobRef, or None to delete) go onto `tree`, else onto `base`'s
    tree; `base` None starts from nothing. `parents` default to `[base]`. `base`, `tree` and
    `parents` may say `@0`, `@1` … for the commits of earlier changes in the same write, and so
    may a trailer of `message` (`Crmctl-Keyring: @0`).
    `ref` None makes a commit that only a later change refers to. `expected` is where `ref`
    must stand: a commit, None for "not there yet"; left out: at `base`.
    """

    ref: str | None
    base: str | None
    edits: Mapping[str, Edit]
    message: str
    parents: Sequence[str] | None = None
    tree: str | None = None
    expected: str | None = AT_BASE


@dataclass(frozen=True, slots=True)
class RefMove:
    """Move `ref` from `old` (None: must not exist) to `new` (None: delete)."""

    ref: str
    new: str | None
    old: str | None


@dataclass(slots=True)
class _Prepared:
    commits: list[str] = field(default_factory=list)
    objects: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    moves: dict[str, RefMove] = field(default_factory=dict)


def write(
    repo: Repository,
    changes: Sequence[Change],
    signer: Signer,
    who: Who,
    at: datetime,
    *,
    moves: Sequence[RefMove] = (),
    wait_seconds: float = 10.0,
    step: Step | None = None,
) -> list[str]:
    """Make all `changes` and `moves` or none; the commit ids, in order.

    A move to where the ref stands already makes sure that it still does. `signer` gives the SSHSIG text
    for a commit's payload. A change without `tree` and `parents` of its own whose edits change nothing
    makes no commit and gives its base.
    Raises Conflict when a ref is not where it is expected or another writer holds the lock,
    InvalidInput for paths that clash, GitFailed when Git or the disk refuses.
    """
    tell = step or _silent
    prepared = _prepare(repo, changes, signer, who, at)
    prepared.moves.update({move.ref: move for move in moves})
    tell("planned")
    if prepared.objects or any(move.new != move.old for move in prepared.moves.values()):
        _carry_out(repo, prepared.objects, list(prepared.moves.values()), wait_seconds, tell)
    return prepared.commits


def move_refs(
    repo: Repository, moves: Sequence[RefMove], *, wait_seconds: float = 10.0, step: Step | None = None
) -> None:
    """Move refs to commits that are there already, all or none, index and work tree brought along.

    Raises Conflict when one of them is not where it is expected.
    """
    _carry_out(repo, {}, list(moves), wait_seconds, step or _silent)


def _silent(_step: str) -> None:
    pass


def _prepare(repo: Repository, changes: Sequence[Change], signer: Signer, who: Who, at: datetime) -> _Prepared:
    done = _Prepared()
    for change in changes:
        base = _earlier(change.base, done.commits)
        parents = [_earlier(parent, done.commits) or "" for parent in change.parents or ()]
        if change.parents is None:
            parents = [base] if base else []
        start = _earlier(change.tree, done.commits) or base
        planned = plan_tree(repo, start, change.edits, onto=done.objects)
        plain = change.tree is None and parents == [base]
        if base and plain and planned.tree == PlannedTrees(repo, done.objects).root(base):
            commit = base
        else:
            message = _NAMED.sub(lambda match: done.commits[int(match[1])], change.message)
            payload = encode_commit(planned.tree, parents, who, at, message)
            content = with_signature(payload, signer(payload))
            commit = object_id("commit", content)
            done.objects.update(planned.objects)
            done.objects[commit] = ("commit", content)
        done.commits.append(commit)
        if change.ref is not None:
            expected = base if change.expected == AT_BASE else change.expected
            before = done.moves.get(change.ref)
            done.moves[change.ref] = RefMove(change.ref, commit, before.old if before else expected)
    return done


def _earlier(name: str | None, commits: list[str]) -> str | None:
    match = _EARLIER.fullmatch(name) if name else None
    return commits[int(match[1])] if match else name


def _carry_out(
    repo: Repository, objects: dict[str, tuple[str, bytes]], moves: list[RefMove], wait_seconds: float, tell: Step
) -> None:
    with ledger_lock(repo, wait_seconds) as descriptor:
        mend(repo)
        tell("locked")
        _store(repo, objects)
        tell("stored")
        standing = [(move, list(checkouts(repo, move.ref))) for move in moves if move.new != move.old]
        write_journal(repo, _journal(standing))
        tell("journalled")
        try:
            _swap(repo, moves, descriptor)
        except CrmctlError:
            drop_journal(repo)  # Git has ended and taken its locks back
            raise
        tell("swapped")
        if _bring_all_along(standing, descriptor):
            tell("indexed")
            drop_journal(repo)
    tell("done")


def _bring_all_along(standing: list[tuple[RefMove, list[Repository]]], descriptor: int) -> bool:
    """Whether all work trees followed. What is written is written: a failure here is left to `mend`."""
    try:
        for move, trees in standing:
            for tree in trees:
                if move.new:
                    bring_along(tree, move.old, move.new, (descriptor,))
    except (CrmctlError, OSError):
        import logging

        logging.getLogger(__name__).warning("the work tree is behind its branch; the next command brings it along")
        return False
    return True


def _store(repo: Repository, objects: dict[str, tuple[str, bytes]]) -> None:
    if not objects:
        return
    pack = encode_pack(objects.values())
    if len(objects) <= _LOOSE_AT_MOST:
        repo.run(*_DURABLE, "unpack-objects", "-q", input=pack)
    else:
        repo.run(*_DURABLE, "index-pack", "--stdin", "--fix-thin", input=pack)


def _journal(standing: list[tuple[RefMove, list[Repository]]]) -> Journal:
    locks = ["packed-refs.lock", "HEAD.lock", *(f"{move.ref}.lock" for move, _trees in standing)]
    for _move, trees in standing:
        locks += [str(tree.git_dir / name) for tree in trees for name in ("index.lock", "HEAD.lock")]
    return Journal({move.ref: (move.old, move.new) for move, _trees in standing}, tuple(dict.fromkeys(locks)))


def _swap(repo: Repository, moves: list[RefMove], descriptor: int) -> None:
    lines = ["start\n", *map(_ref_line, moves), "prepare\n", "commit\n"]
    commands = "".join(lines).encode("utf-8", "surrogateescape")
    repo.run(
        *_DURABLE, "update-ref", "-m", REFLOG_MESSAGE, "--stdin",
        input=commands, keep_open=(descriptor,),
    )  # fmt: skip


def _ref_line(move: RefMove) -> str:
    old = move.old or NO_OBJECT
    if re.search(r"[\s\0]", move.ref) or not move.ref.startswith("refs/"):
        raise ValueError(f"not a ref: {move.ref!r}")
    if move.new == move.old:
        return f"verify {move.ref} {old}\n"
    return f"update {move.ref} {move.new or NO_OBJECT} {old}\n"
