"""Hand in what waits for review: a bundle of the stacks, pushed after the wraps it needs (ADR 0023)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import Conflict, GitFailed
from crmctl.i18n import _
from crmctl.ledger.bundle import make_bundle
from crmctl.ledger.files import write_atomic
from crmctl.ledger.handed_in import Submitted, not_handed_in, outbox_push, review_ref, submitted
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.outbox import lines_of, outbox_change, outboxes, servers_outbox
from crmctl.ledger.pending import Stack, stacks_of, unit_of
from crmctl.ledger.placing import author_of
from crmctl.ledger.remote import push
from crmctl.ledger.reviewing import Wanted, slots_wanted, together, touched_by
from crmctl.ledger.sync import Gate, Progress, sync
from crmctl.ledger.transaction import write

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was (or would be) handed in: how many changes are new to the server, and under which numbers.

    `records` are the ids the new changes are about; `waits_for` is what everything that waits asks for, new or not.
    """

    changes: int
    numbers: tuple[int, ...]
    records: tuple[str, ...]
    waits_for: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One branch of the server's: its number, where it stands there, and the stacks it shall hold (none: it goes)."""

    number: int
    there: str | None
    stacks: tuple[Stack, ...]


def submit(
    ledger: Ledger, *, dry_run: bool = False, gate: Gate | None = None, progress: Progress | None = None
) -> Waiting:
    """Hand in every own change that waits, with a sync before and after. Again with nothing new it does nothing.

    Raises Conflict when a change met another one, GitFailed when the server refuses.
    """
    for _attempt in range(_TRIES):
        if not dry_run:
            sync(ledger, progress, gate=gate)
            ledger = ledger.reopened()
        steps = _steps(ledger)
        waiting = _waiting(ledger, steps)
        if dry_run or not steps:
            return waiting
        _keep_elsewhere(ledger)
        ledger = ledger.reopened()
        refspecs, lease = outbox_push(ledger, first=True)
        for step in steps:
            ref = review_ref(ledger.member_id, step.number)
            bundle = make_bundle(ledger, _base(ledger), [stack.tip for stack in step.stacks]) if step.stacks else ""
            refspecs.append(f"+{bundle}:{ref}" if bundle else f":{ref}")
            lease[ref] = step.there
        outcome = push(ledger.repo, refspecs, lease, progress=progress)
        if outcome.result == "refused":
            raise GitFailed(_("The server refused: {said}", said=outcome.said), hint="crmctl check")
        if outcome.result == "done":
            _note(ledger, (step.number for step in steps))
            sync(ledger, progress, gate=gate)
            return waiting
    raise Conflict(_("Others are writing all the time; nothing is lost"), hint=_("Run crmctl submit again in a minute"))


def demands(ledger: Ledger, stacks: Iterable[Stack]) -> tuple[Wanted, ...]:
    """The approvals these stacks ask for, by the policy in force."""
    found = []
    for stack in stacks:
        changes = touched_by(ledger.repo, stack.base, stack.edits)
        found.append(slots_wanted(ledger.in_force, ledger.member, ledger.today, changes))
    return together(*found)


def _steps(ledger: Ledger) -> list[_Step]:
    """What has to be done on the server: bundles whose stacks grew, were made anew or went, then one of the rest."""
    steps: list[_Step] = []
    stacks, left = ledger.pending.stacks, not_handed_in(ledger)
    tips = {stack.tip for stack in stacks}
    mine = submitted(ledger.repo, ledger.member_id)
    noted = _noted(ledger)
    for one in mine:
        gone = [tip for tip in one.tips if tip not in tips]
        if not gone or one.number not in noted:
            continue  # as it stands here; or handed in from another copy of this member's
        units = _units(ledger, one, gone)
        instead = [stack for stack in left if units & {unit_of(change.path) for change in stack.changes}]
        left = [stack for stack in left if stack not in instead]
        kept = [stack for stack in stacks if stack.tip in one.tips]
        steps.append(_Step(one.number, one.tip, (*kept, *instead)))
    if left:
        number = max([*noted, *(one.number for one in mine)], default=0) + 1
        steps.append(_Step(number, None, tuple(left)))
    return steps


def _units(ledger: Ledger, one: Submitted, tips: Collection[str]) -> set[str]:
    """The dossiers (or files) that these stacks of a bundle were about."""
    stacks, _landed = stacks_of(ledger.repo, list(tips), (one.base,))
    return {unit_of(change.path) for stack in stacks for change in stack.changes}


def _waiting(ledger: Ledger, steps: Iterable[_Step]) -> Waiting:
    fresh = not_handed_in(ledger)
    commits = [commit for stack in fresh for commit in stack.commits]
    ids = [value for info in ledger.repo.commits(commits) for key, value in info.trailers if key == "Crmctl-Record"]
    numbers = tuple(step.number for step in steps if step.stacks)
    return Waiting(len(commits), numbers, tuple(dict.fromkeys(ids)), demands(ledger, ledger.pending.stacks))


def _base(ledger: Ledger) -> str:
    return ledger.repo.resolve("refs/remotes/origin/main") or ledger.main


def _keep_elsewhere(ledger: Ledger) -> None:
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


def _path(ledger: Ledger) -> Path:
    return ledger.repo.git_dir / "crmctl" / "submitted"


def _noted(ledger: Ledger) -> frozenset[int]:
    """The numbers this copy has handed in under so far."""
    try:
        return frozenset(int(word) for word in _path(ledger).read_text("ascii").split())
    except (OSError, ValueError):
        return frozenset()


def _note(ledger: Ledger, numbers: Iterable[int]) -> None:
    every = sorted({*_noted(ledger), *numbers})
    write_atomic(_path(ledger), (" ".join(map(str, every)) + "\n").encode("ascii"))
