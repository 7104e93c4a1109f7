"""Own changes that were free when made and ask for approval by the rules main has come to: they go beside it.

The server would refuse them (TRU080). Before anything is merged they are taken out of this copy's main and made a
stack, with their wraps in the outbox, as if the rule had been in force when they were written (ADR 0023).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from crmctl.ledger.changing.placing import author_of, edits_of
from crmctl.ledger.git.ancestry import merge_base
from crmctl.ledger.git.plan import Edit
from crmctl.ledger.git.transaction import BlobRef, Change, RefMove, write
from crmctl.ledger.in_force import InForce, read_in_force
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.outbox import Line, outbox_change
from crmctl.ledger.pending import unit_of, view_change
from crmctl.model.paths import dossier_of
from crmctl.model.wraps import read_wraps

_KEYRING = re.compile(r"^Crmctl-Keyring: .*\n", re.MULTILINE)
_REMOTE = "refs/remotes/origin/"


def set_aside(ledger: Ledger, theirs: str) -> int:
    """Take own changes that `theirs`, the server's main, wants approved out of main. Returns how many, in one write."""
    repo, ours = ledger.repo, ledger.main
    base = merge_base(repo, ours, theirs)
    in_force = read_in_force(repo, theirs)
    if base is None or base in {ours, theirs} or not in_force.pack.review:
        return 0
    words = ["--reverse", "--topo-order", "--no-merges", ours, f"^{theirs}"]
    own = repo.run("rev-list", *words).decode().split()
    late = _waiting(ledger, in_force, own)
    if not late:
        return 0
    free = [commit for commit in own if commit not in late]
    changes = [*_line(ledger, free, base, 0, MAIN, ours), *_line(ledger, late, base, len(free), None, None)]
    moves = [] if free else [RefMove(MAIN, base, ours)]
    edits = dict(ledger.pending.edits)
    for commit in late:
        edits |= edits_of(ledger, commit)
    onto = f"@{len(free) - 1}" if free else base
    tips = [*(stack.tip for stack in ledger.pending.stacks), f"@{len(free) + len(late) - 1}"]
    view, more = view_change(ledger.pending, onto, tips, edits, ledger.member_id)
    dossiers = {dossier_of(path) for commit in late for path in edits_of(ledger, commit)} - {None}
    wraps, further = _wraps(ledger, {name for name in dossiers if name})
    write(
        repo, [*changes, *view, *wraps], ledger.identity.sign, author_of(ledger), ledger.now,
        moves=[*moves, *more, *further],
    )  # fmt: skip
    return len(late)


def _waiting(ledger: Ledger, in_force: InForce, own: Iterable[str]) -> list[str]:
    """Those that ask for approval, and those that build on them."""
    from crmctl.ledger.changing.reviewing import must_wait, slots_wanted, touched_by

    member = in_force.org.members.get(ledger.member_id, ledger.member)
    late: list[str] = []
    units: set[str] = set()
    for commit in own:
        edits = edits_of(ledger, commit)
        mine = {unit_of(path) for path in edits}
        info = ledger.repo.commit(commit)
        touched = touched_by(ledger.repo, info.parents[0], edits, info.trailers)
        if mine & units or must_wait(slots_wanted(in_force, member, ledger.today, touched)):
            late.append(commit)
            units |= mine
    return late


def _line(
    ledger: Ledger, commits: Iterable[str], onto: str, before: int, ref: str | None, expected: str | None
) -> list[Change]:  # fmt: skip
    """These commits made anew, one on the other from `onto`; `ref` moves to the last."""
    commits = list(commits)
    made = []
    for number, commit in enumerate(commits):
        message = _KEYRING.sub("", ledger.repo.commit(commit).message)
        last = number == len(commits) - 1
        edits = edits_of(ledger, commit)
        made.append(Change(ref if last else None, onto, edits, message, expected=expected if last else None))
        onto = f"@{before + number}"
    return made


def _wraps(ledger: Ledger, dossiers: Collection[str]) -> tuple[list[Change], list[RefMove]]:
    """The keyring without what was put there for these dossiers since the server's, and the outbox with it."""
    repo, ref, ours = ledger.repo, keyring_ref(ledger.in_force.settings.epoch), ledger.keyring.tip
    theirs = repo.resolve(_REMOTE + ref.removeprefix("refs/heads/"))
    base = merge_base(repo, ours, theirs) if ours and theirs else None
    if ours is None or base is None or base == ours:
        return [], []
    kept: dict[str, Edit] = {}
    added: dict[str, dict[Line, bytes]] = {}
    for change in repo.changed(base, ours):
        if dossier_of(change.path) not in dossiers:
            kept[change.path] = BlobRef(change.new_oid, change.new_mode) if change.new_oid else None
            continue
        before = read_wraps(repo.read_blob(change.old_oid)) if change.old_oid else {}
        now = read_wraps(repo.read_blob(change.new_oid)) if change.new_oid else {}
        fresh = {line: sealed for line, sealed in now.items() if before.get(line) != sealed}
        if fresh:
            added[change.path] = fresh
    if not added:
        return [], []
    put, gone = outbox_change(ledger.outbox, ledger.member_id, added)
    if not kept:
        return put, [RefMove(ref, base, ours), *gone]
    message = f"wrap {len(kept)} files\n\nCrmctl-Main: {ledger.main}\n"
    return [Change(ref, base, kept, message, expected=ours), *put], gone
