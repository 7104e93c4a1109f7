"""Bundles and slots: what is handed in for review as one merge commit, each approval a commit on it (ADR 0023)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from crmctl.errors import Conflict, InvalidInput
from crmctl.i18n import _
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.git.plan import Edit
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.transaction import Change, merge_trees, write
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.pending import Stack, stacks_of
from crmctl.ledger.reading.slots_given import BUNDLE, PAPER, SCAN, SLOT, SUBMIT, bundle_below

_RECORDS = 20


def make_bundle(ledger: Ledger, base: str, tips: Sequence[str]) -> str:
    """One signed merge commit of the stacks with these tips onto `base`; no ref points to it yet. Returns its id.

    Raises InvalidInput when two stacks touch one path or one has nothing that `base` lacks, Conflict when
    `base` has another version of what a stack changed.
    """
    stacks, landed = stacks_of(ledger.repo, tips, (base,))
    if landed or not stacks:
        raise InvalidInput(_("This was taken over already"), where=(landed or (base,))[0][:12])
    edits: dict[str, Edit] = {}
    for stack in stacks:
        theirs = _onto(ledger.repo, stack, base)
        if edits.keys() & theirs.keys():
            raise InvalidInput(_("Two changes touch the same file"), where=min(edits.keys() & theirs.keys()))
        edits |= theirs
    change = Change(None, base, edits, _message(ledger, stacks), parents=[base, *(stack.tip for stack in stacks)])
    return _written(ledger, change)


def give_slot(
    ledger: Ledger, top: str, act: str, role: str, department: str | None, paper: tuple[str, str] | None = None
) -> str:
    """Approve a bundle: a signed commit on `top` (the bundle or another slot) that changes no file. Returns its id.

    `department` None is for the whole company; `paper` names the leader without a key it is recorded for, and
    the change on main that brought the scan.
    Raises InvalidInput when `top` stands on no bundle. No ref points to the commit yet.
    """
    bundle = bundle_below(ledger.repo, top)
    if bundle is None:
        raise InvalidInput(_("This was not handed in for review"), where=top[:12])
    lines = [f"Crmctl-Action: {act}", f"{SLOT}: {act} {role} {department or '-'}", f"{BUNDLE}: {bundle.oid}"]
    lines += [f"{PAPER}: {paper[0]}", f"{SCAN}: {paper[1]}"] if paper else []
    message = f"{act} {bundle.oid[:12]}\n\n" + "\n".join(lines) + "\n"
    change = Change(None, top, {}, message, parents=[top], tree=top)
    return _written(ledger, change)


def bundle_edits(repo: Repository, bundle: CommitInfo) -> dict[str, Edit]:
    """What a bundle brings, path by path. Raises Conflict when it does not fit its own base."""
    base, *tips = bundle.parents
    stacks, _landed = stacks_of(repo, tips, (base,))
    edits: dict[str, Edit] = {}
    for stack in stacks:
        edits |= _onto(repo, stack, base)
    return edits


def _written(ledger: Ledger, change: Change) -> str:
    return write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)[-1]


def _onto(repo: Repository, stack: Stack, base: str) -> Mapping[str, Edit]:
    merged = merge_trees(repo, stack.base, stack.tip, base)
    if merged.conflicts:
        raise Conflict(_("It was changed here and elsewhere meanwhile"), where=merged.conflicts[0], hint="crmctl sync")
    return merged.edits


def _message(ledger: Ledger, stacks: Sequence[Stack]) -> str:
    commits = [commit for stack in stacks for commit in stack.commits]
    ids = list(dict.fromkeys(_records(ledger.repo, commits)))
    lines = [f"Crmctl-Action: {SUBMIT}", *(f"Crmctl-Record: {record_id}" for record_id in ids[:_RECORDS])]
    lines += [f"Crmctl-Records: {len(ids)}"] if len(ids) > _RECORDS else []
    lines += [f"Crmctl-Keyring: {ledger.keyring.tip}"] if ledger.keyring.tip else []
    return f"{SUBMIT} {len(commits)} changes\n\n" + "\n".join(lines) + "\n"


def _records(repo: Repository, commits: Sequence[str]) -> Iterator[str]:
    for info in repo.commits(commits):
        yield from (value for key, value in info.trailers if key == "Crmctl-Record")
