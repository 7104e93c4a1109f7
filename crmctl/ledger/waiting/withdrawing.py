"""Take back a change that waits for review: it goes out of its stack as if it had never been entered."""

from __future__ import annotations

from crmctl.ledger.changing.placing import author_of, edits_of
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.plan import BlobRef, Edit
from crmctl.ledger.git.transaction import Change, RefMove, write
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.pending import Stack, unit_of, view_change
from crmctl.ledger.waiting.carrying import carry
from crmctl.model.paths import lies_there, place_of

_CLEAR = ("/dossier.yaml", "/office.yaml")


Ids = tuple[str, ...]


def taken_out(ledger: Ledger, commit: str, *, dry_run: bool) -> tuple[str | None, Ids, Ids] | None:
    """Take out a change that waits and that nothing was built on; None for any other.

    Gives what is shown afterwards (None on a dry run) and the ids of records restored and removed.
    """
    stack = next((stack for stack in ledger.pending.stacks if commit in stack.commits), None)
    if stack is None or not _stands_alone(ledger, stack, commit):
        return None
    restored, removed = _records_of(ledger, commit)
    if dry_run:
        return None, restored, removed
    _withdraw(ledger, stack, commit)
    return ledger.reopened().head, restored, removed


def take_back_refused(ledger: Ledger) -> int:
    """Take out own requests that main holds as somebody else entered them: refused, with the reason. Returns how many.

    One that something else of the same files was built on stays, and is settled by hand.
    """
    for stack in ledger.pending.stacks:
        for number, commit in enumerate(stack.commits):
            made = edits_of(ledger, commit)
            if any(_entered_by_others(ledger, path, edit) for path, edit in made.items()) and not any(
                made.keys() & edits_of(ledger, later).keys() for later in stack.commits[number + 1 :]
            ):
                _withdraw(ledger, stack, commit)
                return 1 + take_back_refused(ledger.reopened())
    return 0


def _entered_by_others(ledger: Ledger, path: str, edit: Edit) -> bool:
    """Whether a change makes a request that lies on main by now, another file than the one made here."""
    place = place_of(path)
    if place is None or not place.is_record or not isinstance(edit, BlobRef):
        return False
    if not any(kind.effect and lies_there(kind, place) for kind in ledger.in_force.kinds.values()):
        return False
    entry = ledger.repo.entry(ledger.main, path)
    return entry is not None and entry.oid != edit.oid


def _stands_alone(ledger: Ledger, stack: Stack, commit: str) -> bool:
    """Whether nothing that waits was built on the change: its files, and what lies in a dossier it touched."""
    later = stack.commits[stack.commits.index(commit) + 1 :]
    mine = edits_of(ledger, commit)
    folders = tuple(path.rpartition("/")[0] + "/" for path in mine if path.endswith(_CLEAR))
    return not any(
        path in mine or (folders and path.startswith(folders)) for one in later for path in edits_of(ledger, one)
    )


def _withdraw(ledger: Ledger, stack: Stack, commit: str) -> None:
    """Take a change out of its stack; the later ones are made anew without it. Raises Conflict when another wrote."""
    pending = ledger.pending
    number = stack.commits.index(commit)
    earlier, later = stack.commits[:number], stack.commits[number + 1 :]
    others = [other for other in pending.stacks if other is not stack]
    changes: list[Change] = []
    onto = earlier[-1] if earlier else stack.base
    for one in later:
        changes.append(Change(None, onto, edits_of(ledger, one), ledger.repo.commit(one).message))
        onto = f"@{len(changes) - 1}"
    edits: dict[str, Edit] = {path: edit for other in others for path, edit in other.edits.items()}
    for one in (*earlier, *later):
        edits |= edits_of(ledger, one)
    tips = [other.tip for other in others] + ([onto] if earlier or later else [])
    shown_on = ledger.main if _all_stand(ledger, [*others, stack] if earlier or later else others) else pending.made_for
    view, moves = view_change(pending, shown_on, tips, edits, ledger.member_id)
    still = RefMove(MAIN, ledger.main, ledger.main)
    write(ledger.repo, [*changes, *view], ledger.identity.sign, author_of(ledger), ledger.now, moves=[still, *moves])
    carry(ledger.reopened())  # the keys of what is gone


def _records_of(ledger: Ledger, commit: str) -> tuple[Ids, Ids]:
    """The ids of the records that come back as they were, and of those that go."""
    info = ledger.repo.commit(commit)
    ids = tuple(value for key, value in info.trailers if key == "Crmctl-Record")
    made = [change for change in ledger.repo.changed(info.parents[0], commit) if change.old_oid is None]
    gone = {unit_of(change.path) for change in made if change.path.endswith(_CLEAR)}
    gone |= {change.path.rpartition("/")[2].split(".")[0] for change in made}
    return tuple(name for name in ids if name not in gone), tuple(name for name in ids if name in gone)


def _all_stand(ledger: Ledger, stacks: list[Stack]) -> bool:
    bases = {stack.base for stack in stacks}
    return all(is_ancestor(ledger.repo, base, ledger.main) for base in bases)
