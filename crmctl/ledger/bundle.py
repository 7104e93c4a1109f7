"""Bundles and slots: what is handed in for review as one merge commit, each approval a commit on it (ADR 0023)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from crmctl.errors import Conflict, InvalidInput
from crmctl.i18n import _
from crmctl.ledger.git import Repository
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.objects import CommitInfo
from crmctl.ledger.pending import Stack, stacks_of

if TYPE_CHECKING:  # whoever looks at a record reads this module: what writes is loaded where it writes
    from crmctl.ledger.plan import Edit
    from crmctl.ledger.transaction import Change

SUBMIT, BUNDLE, SLOT, PAPER = "submit", "Crmctl-Bundle", "Crmctl-Slot", "Crmctl-Paper"
_RECORDS = 20


def bundle_below(repo: Repository, top: str) -> CommitInfo | None:
    """The bundle a slot (or the bundle itself) stands on; None where there is none."""
    info = repo.commit(top)
    while len(info.parents) == 1 and any(key == SLOT for key, _value in info.trailers):
        info = repo.commit(info.parents[0])
    is_bundle = len(info.parents) > 1 and ("Crmctl-Action", SUBMIT) in info.trailers
    return info if is_bundle else None


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
    from crmctl.ledger.transaction import Change

    change = Change(None, base, edits, _message(ledger, stacks), parents=[base, *(stack.tip for stack in stacks)])
    return _written(ledger, change)


def give_slot(ledger: Ledger, top: str, act: str, role: str, department: str | None, paper: str | None = None) -> str:
    """Approve a bundle: a signed commit on `top` (the bundle or another slot) that changes no file. Returns its id.

    `department` None is for the whole company; `paper` names the leader without a key it is recorded for.
    Raises InvalidInput when `top` stands on no bundle. No ref points to the commit yet.
    """
    bundle = bundle_below(ledger.repo, top)
    if bundle is None:
        raise InvalidInput(_("This was not handed in for review"), where=top[:12])
    lines = [f"Crmctl-Action: {act}", f"{SLOT}: {act} {role} {department or '-'}", f"{BUNDLE}: {bundle.oid}"]
    lines += [f"{PAPER}: {paper}"] if paper else []
    message = f"{act} {bundle.oid[:12]}\n\n" + "\n".join(lines) + "\n"
    from crmctl.ledger.transaction import Change

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
    from crmctl.ledger.placing import author_of
    from crmctl.ledger.transaction import write

    return write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)[-1]


def _onto(repo: Repository, stack: Stack, base: str) -> Mapping[str, Edit]:
    from crmctl.ledger.transaction import merge_trees

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
