"""What of a member's own changes waits, for what, and what waits for the member; counted as a reviewer counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.pending import Stack

if TYPE_CHECKING:  # a ledger in which nothing waits loads none of it
    from crmctl.ledger.changing.reviewing import Slot, Wanted

# From so many changes on it is said what they all wait for.
_LONG = 20


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Many changes that wait for one: how many, the oldest, when it was entered, and who may approve it."""

    count: int
    about: str
    since: date
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Own changes still to hand in, with others, sent back by them, met by another's change; changes `for_me`."""

    to_submit: int = 0
    submitted: int = 0
    returned: int = 0
    met: int = 0
    for_me: int = 0
    held_up: tuple[HeldUp, ...] = ()


def waiting(ledger: Ledger) -> Waiting:
    """Everything that waits on this member's side."""
    stacks, for_me = ledger.pending.stacks, asked_of(ledger)
    if not stacks:
        return Waiting(for_me=for_me)
    from crmctl.ledger.waiting.handed_in import not_handed_in, submitted, to_hand_in
    from crmctl.review.inbox import sent_back

    fresh, new = not_handed_in(ledger), to_hand_in(ledger)
    back = sent_back(ledger, submitted(ledger.repo, ledger.member_id))
    returned = [stack for stack in stacks if stack.tip in back and stack not in fresh]
    met = [stack for stack in _met(ledger) if stack not in returned]
    left = len(stacks) - new - len(returned) - sum(stack not in fresh for stack in met)
    return Waiting(new, max(left, 0), len(returned), len(met), for_me, tuple(held_up(ledger)))


def asked_of(ledger: Ledger) -> int:
    """How many changes of others wait for the member's approval or notice; free where nobody is asked for anything."""
    if not ledger.in_force.pack.review:
        return 0
    from crmctl.ledger.waiting.handed_in import any_submitted
    from crmctl.review.noticing import notices

    asked = len(notices(ledger))
    if any_submitted(ledger.repo):
        from crmctl.review.inbox import inbox

        asked += sum(change.asks_me for bundle in inbox(ledger) if bundle.asks_me for change in bundle.changes)
    return asked


def held_up(ledger: Ledger) -> list[HeldUp]:
    """Stacks that have grown long because what stands at their foot has not been approved."""
    return [_held_up(ledger, stack) for stack in ledger.pending.stacks if len(stack.commits) > _LONG]


def who_may(ledger: Ledger, demand: Wanted, slot: Slot) -> list[str]:
    """The members who hold one of the slot's roles where it counts, without the author."""
    org, today = ledger.in_force.org, ledger.today
    places: tuple[str | None, ...] = demand.departments or (None,)
    return [
        member.id for member in org.members.values()
        if member.id != ledger.member_id
        and any(member.holds(role, place, today) for role in slot.roles for place in places)
    ]  # fmt: skip


def _held_up(ledger: Ledger, stack: Stack) -> HeldUp:
    from crmctl.ledger.changing.placing import edits_of
    from crmctl.ledger.changing.reviewing import slots_wanted, touched_by

    info = ledger.repo.commit(stack.commits[0])
    touched = touched_by(ledger.repo, stack.base, edits_of(ledger, info.oid), info.trailers)
    demands = slots_wanted(ledger.in_force, ledger.member, ledger.today, touched)
    asked = ((one, slot) for one in demands for slot in one.slots if slot.blocks)
    approvers = dict.fromkeys(name for one, slot in asked for name in who_may(ledger, one, slot))
    about = next((value for key, value in info.trailers if key == "Crmctl-Record"), info.subject)
    since = info.committed_at.astimezone(ledger.now.tzinfo).date()
    return HeldUp(len(stack.commits) - 1, about, since, tuple(approvers))


def _met(ledger: Ledger) -> Sequence[Stack]:
    """The stacks that say something else than main has come to say of the same."""
    from crmctl.ledger.git.transaction import merge_trees

    repo, main, stacks = ledger.repo, ledger.main, ledger.pending.stacks
    since = {
        base: {change.path for change in repo.changed(base, main)} for base in {one.base for one in stacks} - {main}
    }
    return [
        stack for stack in stacks
        if any(change.path in since.get(stack.base, ()) for change in stack.changes)
        and merge_trees(repo, stack.base, stack.tip, main).conflicts
    ]  # fmt: skip
