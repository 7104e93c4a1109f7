"""Hand in what waits for review: a bundle of the stacks, pushed after the wraps it needs (ADR 0023)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from crmctl.errors import Conflict, GitFailed
from crmctl.i18n import _
from crmctl.ledger.changing.reviewing import Wanted, slots_wanted, together, touched_by
from crmctl.ledger.git.gate import Gate, Progress
from crmctl.ledger.git.remote import push
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.pending import Stack
from crmctl.ledger.waiting.bundle import make_bundle
from crmctl.ledger.waiting.handed_in import (
    Step,
    elsewhere,
    not_handed_in,
    note_numbers,
    note_tips,
    outbox_push,
    review_ref,
    steps_of,
)
from crmctl.ledger.waiting.taking_over import keep_elsewhere

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was (or would be) handed in: how many changes are new to the server, and under which numbers.

    A change is what a reviewer looks at as one: all that waits about one customer. `records` are the ids the new
    changes are about; `waits_for` is what everything that waits asks for, new or not. `elsewhere` names the submissions
    of another copy of the same member that hold something else about the same, and go on waiting beside these.
    """

    changes: int
    numbers: tuple[int, ...]
    records: tuple[str, ...]
    waits_for: tuple[Wanted, ...]
    elsewhere: tuple[str, ...] = ()


def submit(
    ledger: Ledger, *, dry_run: bool = False, instead: bool = False, gate: Gate | None = None,
    progress: Progress | None = None,
) -> Waiting:  # fmt: skip
    """Hand in every own change that waits, with a sync before and after. Again with nothing new it does nothing.

    `instead`: in place of what another copy of the same member handed in about the same.

    Raises Conflict when a change met another one, GitFailed when the server refuses.
    """
    for _attempt in range(_TRIES):
        if not dry_run:
            sync(ledger, progress, gate=gate)
            ledger = ledger.reopened()
        steps = steps_of(ledger, instead=instead)
        waiting = _waiting(ledger, steps)
        if not instead:
            waiting = replace(waiting, elsewhere=tuple(f"{one.member}/{one.number}" for one in elsewhere(ledger)))
        if dry_run or not steps:
            return waiting
        keep_elsewhere(ledger)
        ledger = ledger.reopened()
        refspecs, lease = outbox_push(ledger, first=True)
        for step in steps:
            ref = review_ref(ledger.member_id, step.number)
            bundle = make_bundle(ledger, _base(ledger), [stack.tip for stack in step.stacks]) if step.stacks else ""
            refspecs.append(f"+{bundle}:{ref}" if bundle else f":{ref}")
            lease[ref] = step.there
        note_numbers(ledger, (step.number for step in steps))  # before: a branch not noted is another copy's
        outcome = push(ledger.repo, refspecs, lease, progress=progress)
        if outcome.result == "refused":
            raise GitFailed(_("The server refused: {said}", said=outcome.said), hint="crmctl check")
        if outcome.result == "done":
            note_tips(ledger, (stack.tip for step in steps for stack in step.stacks))
            sync(ledger, progress, gate=gate)
            return waiting
    raise Conflict(_("Others are writing all the time; nothing is lost"), hint=_("Run crmctl submit again in a minute"))


def demands(ledger: Ledger, stacks: Iterable[Stack]) -> tuple[Wanted, ...]:
    """The approvals these stacks ask for, by the policy in force."""
    found = []
    for stack in stacks:
        trailers = [trailer for info in ledger.repo.commits(stack.commits) for trailer in info.trailers]
        changes = touched_by(ledger.repo, stack.base, stack.edits, trailers)
        found.append(slots_wanted(ledger.in_force, ledger.member, ledger.today, changes))
    return together(*found)


def _waiting(ledger: Ledger, steps: Iterable[Step]) -> Waiting:
    fresh = not_handed_in(ledger)
    commits = [commit for stack in fresh for commit in stack.commits]
    ids = [value for info in ledger.repo.commits(commits) for key, value in info.trailers if key == "Crmctl-Record"]
    numbers = tuple(step.number for step in steps if step.stacks)
    return Waiting(len(fresh), numbers, tuple(dict.fromkeys(ids)), demands(ledger, ledger.pending.stacks))


def _base(ledger: Ledger) -> str:
    return ledger.repo.resolve("refs/remotes/origin/main") or ledger.main
