"""How commands say that something was not reviewed yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from crmctl.cli.commands.wording import member_name
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.model.paths import place_of

if TYPE_CHECKING:
    from crmctl.ledger.changing.reviewing import Slot, Wanted

# From so many changes on it is said what they all wait for.
_LONG = 20


def note_on(ledger: Ledger, path: str) -> str:
    """What to say of a record whose file waits for review; empty for one that does not."""
    if path not in ledger.pending_paths:
        return ""
    from crmctl.ledger.waiting.handed_in import not_handed_in

    if any(change.path == path for stack in not_handed_in(ledger) for change in stack.changes):
        return _("Not yet reviewed, only you see it like this; hand it in: crmctl submit")
    return _("Handed in for review; only you see it like this until then")


def waiting_ids(ledger: Ledger) -> frozenset[str]:
    """The ids of records that were not reviewed yet; a customer's for its card."""
    places = (place_of(path) for path in ledger.pending_paths)
    return frozenset((place.record_id if place.folder else place.dossier) for place in places if place)


@dataclass(frozen=True, slots=True)
class Own:
    """Own changes that wait: still to hand in, waiting for others, sent back by them, and met by another's change."""

    to_submit: int = 0
    submitted: int = 0
    returned: int = 0
    met: int = 0


def counted(ledger: Ledger) -> Own:
    """How many own changes wait, and for what."""
    stacks = ledger.pending.stacks
    if not stacks:
        return Own()
    from crmctl.ledger.waiting.handed_in import submitted, to_hand_in
    from crmctl.review.inbox import sent_back

    back = sent_back(ledger, submitted(ledger.repo, ledger.member_id))
    new, returned, met = to_hand_in(ledger), sum(stack.tip in back for stack in stacks), _met(ledger)
    return Own(new, max(len(stacks) - new - returned - met, 0), returned, met)


def _met(ledger: Ledger) -> int:
    """How many own changes say something else than main has come to say of the same."""
    from crmctl.ledger.git.transaction import merge_trees

    since: dict[str, set[str]] = {}
    for base in {stack.base for stack in ledger.pending.stacks} - {ledger.main}:
        since[base] = {change.path for change in ledger.repo.changed(base, ledger.main)}
    return sum(
        any(change.path in since.get(stack.base, ()) for change in stack.changes)
        and bool(merge_trees(ledger.repo, stack.base, stack.tip, ledger.main).conflicts)
        for stack in ledger.pending.stacks
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Many changes that wait for one: how many, the oldest, when it was entered, and who may approve it."""

    count: int
    about: str
    since: date
    approvers: tuple[str, ...]


def held_up(ledger: Ledger) -> list[HeldUp]:
    """Stacks that have grown long because what stands at their foot has not been approved."""
    found = []
    for stack in ledger.pending.stacks:
        if len(stack.commits) <= _LONG:
            continue
        from crmctl.ledger.changing.placing import edits_of
        from crmctl.ledger.changing.reviewing import slots_wanted, touched_by

        info = ledger.repo.commit(stack.commits[0])
        touched = touched_by(ledger.repo, stack.base, edits_of(ledger, info.oid), info.trailers)
        demands = slots_wanted(ledger.in_force, ledger.member, ledger.today, touched)
        approvers = (
            name for one in demands for slot in one.slots if slot.blocks for name in who_may(ledger, one, slot)
        )
        about = next((value for key, value in info.trailers if key == "Crmctl-Record"), info.subject)
        since = info.committed_at.astimezone(ledger.now.tzinfo).date()
        found.append(HeldUp(len(stack.commits) - 1, about, since, tuple(dict.fromkeys(approvers))))
    return found


def who_may(ledger: Ledger, demand: Wanted, slot: Slot) -> list[str]:
    """The members who hold one of the slot's roles where it counts, without the author."""
    org, today = ledger.in_force.org, ledger.today
    places: tuple[str | None, ...] = demand.departments or (None,)
    return [
        member.id for member in org.members.values()
        if member.id != ledger.member_id
        and any(member.holds(role, place, today) for role in slot.roles for place in places)
    ]  # fmt: skip


def held_up_lines(ledger: Ledger) -> list[str]:
    """The same for a person: what everything later waits for."""
    lines = []
    for one in held_up(ledger):
        names = ", ".join(member_name(ledger, name) for name in one.approvers) or _("nobody yet")
        lines.append(
            _("{count} later changes wait for one of {day} to be approved: {about} ({names})", count=one.count,
              day=one.since, about=one.about, names=names)
        )  # fmt: skip
    return lines


def asked_of_me(ledger: Ledger) -> int:
    """How many changes of others wait for the reader's approval or notice; free where nobody is asked for anything."""
    if not ledger.in_force.pack.review:
        return 0
    from crmctl.review.inbox import inbox
    from crmctl.review.noticing import notices

    waiting = sum(change.asks_me for bundle in inbox(ledger) if bundle.asks_me for change in bundle.changes)
    return waiting + len(notices(ledger))


def summary(ledger: Ledger, for_me: int | None = None) -> list[str]:
    """What of the own changes waits, in a line each; nothing when nothing does. `for_me`: `asked_of_me`, if known."""
    own = counted(ledger)
    lines = [_("{count} of your changes still to hand in: crmctl submit", count=own.to_submit)] if own.to_submit else []
    lines += held_up_lines(ledger)
    mine = asked_of_me(ledger) if for_me is None else for_me
    lines += [_("{count:change waits|changes wait} for you: crmctl review", count=mine)] if mine else []
    if own.submitted:
        lines.append(_("{count:of your changes waits|of your changes wait} for review", count=own.submitted))
    if own.met:
        said = _("{count:of your changes|of your changes} met another: crmctl resolve", count=own.met)
        lines.append(said)
    if own.returned:
        lines.append(
            _("{count} of your changes sent back: correct or crmctl undo, then crmctl submit", count=own.returned)
        )
    return lines
