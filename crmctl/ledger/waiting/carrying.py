"""Bring what waits for review along with main: what landed goes, what met another change is made anew (ADR 0023)."""

from __future__ import annotations

from dataclasses import dataclass, field

from crmctl.errors import Conflict, CrmctlError
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.plan import Edit
from crmctl.ledger.git.transaction import Change, RefMove, merge_trees, write
from crmctl.ledger.git.treewalk import PathChange
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.outbox import Line, lines_of, outbox_change
from crmctl.ledger.pending import Stack, view_change
from crmctl.ledger.waiting.hand_in_again import made_anew, sealed_to_old_keys
from crmctl.model.dossier import wraps_folder
from crmctl.model.paths import dossier_of


@dataclass(slots=True)
class _Carried:
    """The stacks as they will stand: commits to make, tips (also `@0` …), edits, and what could not be merged."""

    changes: list[Change] = field(default_factory=list)
    tips: list[str] = field(default_factory=list)
    edits: dict[str, Edit] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    stuck: bool = False


def carry(ledger: Ledger) -> list[Conflict]:
    """Make the view fit main as it stands, in one transaction.

    A change whose record was changed on main meanwhile is made anew, merged by field. Returns what could not
    be: it stays as it was, and the view shows it.
    """
    pending, carried = ledger.pending, _Carried()
    for stack in pending.stacks:
        _stack(ledger, stack, carried)
    if carried.stuck:
        return carried.conflicts  # the old view still says what the stacks stood on
    still = [RefMove(MAIN, ledger.main, ledger.main)]
    changes, moves = carried.changes, still
    if not pending.is_current or carried.changes or len(carried.tips) != len(pending.stacks):
        view, gone = view_change(pending, ledger.main, carried.tips, carried.edits, ledger.member_id)
        changes, moves = [*changes, *view], [*still, *gone]
    if ledger.outbox.tip is not None:
        put, gone = outbox_change(ledger.outbox, ledger.member_id, {}, _arrived(ledger))
        changes, moves = [*changes, *put], [*moves, *gone]
    if changes or moves != still:
        write(ledger.repo, changes, ledger.identity.sign, author_of(ledger), ledger.now, moves=moves)
    return carried.conflicts


def _stack(ledger: Ledger, stack: Stack, carried: _Carried) -> None:
    repo, main = ledger.repo, ledger.main
    stands = is_ancestor(repo, stack.base, main)
    if stands and all(_is_there(ledger, change) for change in stack.changes):
        return  # others brought the very same
    seen = ledger.standing_on(stack.tip)
    clash = merge_trees(repo, stack.base, stack.tip, main).conflicts
    try:
        if stands and not clash and not sealed_to_old_keys(seen, stack.base, main):
            carried.tips.append(stack.tip)
            carried.edits |= stack.edits
            return
        before = len(carried.changes)
        made = made_anew(seen, stack.base, main, clash, before, own=stack.commits, ref=None)
    except Conflict as conflict:
        carried.conflicts.append(conflict)
        carried.tips.append(stack.tip)
        carried.edits |= stack.edits
        carried.stuck = carried.stuck or not stands
        return
    carried.changes += made
    carried.tips.append(f"@{before + len(made) - 1}")
    for change in made:
        carried.edits |= change.edits


def _is_there(ledger: Ledger, change: PathChange) -> bool:
    entry = ledger.repo.entry(ledger.main, change.path)
    return (entry.oid if entry else None) == change.new_oid


def _arrived(ledger: Ledger) -> dict[str, set[Line]]:
    """The lines of the own outbox that the keyring has by now, and those that nothing needs any more."""
    gone: dict[str, set[Line]] = {}
    for file, lines in lines_of(ledger.outbox).items():
        folder, _slash, reader = file.rpartition("/")
        there = ledger.keyring.wraps(folder, reader)
        for line in lines:
            if line in there or not _is_wanted(ledger, folder, reader, line):
                gone.setdefault(file, set()).add(line)
    return gone


def _is_wanted(ledger: Ledger, folder: str, reader: str, line: Line) -> bool:
    dossier_id = dossier_of(f"{folder}/{reader}")
    if dossier_id is None:
        group = ledger.proposed.org.groups.get(folder.removeprefix("groups/"))
        return group is not None and line[1] <= group.generation
    try:
        dossier = ledger.dossier(dossier_id)
    except CrmctlError:
        return False  # its change was taken back
    entry = dossier.compartments.get(line[0])
    return entry is not None and entry.public(line[1]) is not None and wraps_folder(dossier_id) == folder
