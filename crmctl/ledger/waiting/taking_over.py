"""A second copy of the same member takes over what the first handed in for review, and what became of it there.

What was handed in stands on the server with its keys in the outbox: any copy of its author can go on with it. A change
that both copies went on with stays two; whoever lands second has it merged by field like every other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.git.plan import Edit
from crmctl.ledger.git.transaction import write
from crmctl.ledger.keys.sshsig import verify
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.outbox import lines_of, outbox_change, outboxes, servers_outbox
from crmctl.ledger.pending import Stack, stacks_of, unit_of, view_change
from crmctl.ledger.waiting.handed_in import Submitted, known_tips, note_numbers, noted_tips_path, submitted

Units = frozenset[str]


def take_over(ledger: Ledger) -> int:
    """Take what another copy of this member's handed in, as last fetched, among the own changes. Returns how many.

    A change that is here as it was handed in, and was replaced there, is replaced here as well. Nothing that only
    this copy has is given up, and what was taken back here does not come again. One write; then it is noted.
    """
    mine = submitted(ledger.repo, ledger.member_id)
    known = known_tips(ledger)
    if mine:
        there = {tip: one for one in mine for tip in one.tips}
        here = {stack.tip for stack in ledger.pending.stacks}
        fresh = list(_fresh(ledger, [tip for tip in there if tip not in here and tip not in known]))
        replaced = [
            stack for stack in ledger.pending.stacks
            if stack.tip in known and stack.tip not in there and any(_units(stack) & _units(new) for new in fresh)
        ]  # fmt: skip
        kept = [stack for stack in ledger.pending.stacks if stack not in replaced]
        taken = [new for new in fresh if not any(_units(new) & _units(stack) for stack in kept)]
        if taken:
            keep_elsewhere(ledger)
            _show(ledger.reopened(), [*kept, *taken])
            note_numbers(ledger, {there[new.tip].number for new in taken})
            ledger = ledger.reopened()
        _note(ledger, mine, known)
        return sum(len(new.commits) for new in taken)
    _note(ledger, mine, known)
    return 0


def keep_elsewhere(ledger: Ledger) -> None:
    """Take over what another copy of this member's put into the outbox: the server holds one for both."""
    theirs = ledger.repo.resolve(servers_outbox(ledger.member_id))
    if theirs is None or theirs == ledger.outbox.tip:
        return
    there = next(box for box in outboxes(ledger.repo, ledger.in_force.settings.epoch) if box.tip == theirs)
    mine = lines_of(ledger.outbox)
    lacking = {
        file: {line: sealed for line, sealed in lines.items() if not _has(ledger, file, line)}
        for file, lines in lines_of(there).items()
    }
    added = {file: {**lines, **mine.get(file, {})} for file, lines in lacking.items() if lines}
    changes, moves = outbox_change(ledger.outbox, ledger.member_id, added)
    if changes or moves:
        write(ledger.repo, changes, ledger.identity.sign, author_of(ledger), ledger.now, moves=moves)


def _has(ledger: Ledger, file: str, line: tuple[str, int]) -> bool:
    folder, _slash, reader = file.rpartition("/")
    return line in ledger.keyring.wraps(folder, reader)


def _fresh(ledger: Ledger, tips: Iterable[str]) -> Iterable[Stack]:
    """The stacks with these tips that nobody landed, each change signed with this member's own key."""
    for tip in tips:
        found, _landed = stacks_of(ledger.repo, [tip], (ledger.main,))
        infos = [info for stack in found for info in ledger.repo.commits(stack.commits)]
        if all(_is_own(ledger, info) for info in infos):
            yield from found


def _is_own(ledger: Ledger, info: CommitInfo) -> bool:
    """A server can give a branch any name: what is not signed by this member was not handed in by them."""
    key = ledger.member.signs
    known = info.author.name == ledger.member_id and info.signature is not None and key is not None
    return known and verify(info.payload, info.signature or "", key or "")


def _units(stack: Stack) -> Units:
    return frozenset(unit_of(change.path) for change in stack.changes)


def _show(ledger: Ledger, stacks: Iterable[Stack]) -> None:
    """Move the view to these stacks; `carry` makes it fit main afterwards."""
    stacks = list(stacks)
    edits: Mapping[str, Edit] = {path: edit for stack in stacks for path, edit in stack.edits.items()}
    tips = [stack.tip for stack in stacks]
    changes, moves = view_change(ledger.pending, ledger.main, tips, edits, ledger.member_id)
    write(ledger.repo, changes, ledger.identity.sign, author_of(ledger), ledger.now, moves=moves)


def _note(ledger: Ledger, mine: Iterable[Submitted], known: frozenset[str]) -> None:
    """Remember what of it this copy has (or had, and took back) as long as the server holds it."""
    here = {stack.tip for stack in ledger.pending.stacks}
    tips = sorted({tip for one in mine for tip in one.tips if tip in here or tip in known})
    content, path = json.dumps(tips).encode("ascii"), noted_tips_path(ledger)
    before = path.read_bytes() if path.exists() else None
    if content != before and (tips or before is not None):
        write_atomic(path, content)
