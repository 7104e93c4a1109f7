"""A successor takes over what a member who left had handed in and nobody landed (DESIGN 6, `--for`).

A leaver's changes enter main no more, whoever approves them. Each stack is entered anew by the successor, for the
leaver, under the same ids: new compartments get new keys, for the leaver made the old ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from crmctl.errors import Conflict, NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.git.treewalk import PathChange
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.pending import Stack, stacks_of
from crmctl.ledger.waiting.handed_in import ADOPTS, adopted_tips, submitted
from crmctl.model.dossier import Assignment, Dossier, is_office
from crmctl.model.merge import merge
from crmctl.model.monthly import Row, rows_in, with_row
from crmctl.model.paths import dossier_of, place_of
from crmctl.model.record import Record
from crmctl.model.values import Value

_CLEAR = ("/dossier.yaml", "/office.yaml")
ACTION = "adopt"


def adopt(ledger: Ledger, member_id: str, *, dry_run: bool = False) -> tuple[str, ...]:
    """Enter anew, for a member who left, what of theirs still waits. Returns the ids of what it is about.

    Each stack becomes one change of this member's, placed like any other. Raises NotFound for no member, Refused for
    one who is still here or where this member works in none of the departments, NoKey for what does not open,
    Conflict where somebody changed the same field since.
    """
    member = ledger.in_force.org.members.get(member_id)
    if member is None:
        raise NotFound(_("There is no member {member}", member=member_id), hint="crmctl member list")
    if member.active(ledger.today):
        raise Refused(_("{member} is still here and hands in alone", member=member.name), where=member_id)
    ids: list[str] = []
    for stack in left_by(ledger, member_id):
        draft = Draft(ledger)
        about = list(_taken(draft, stack, Origin(member_id)))
        if not dry_run:
            draft.commit(ACTION, "", [f"{ADOPTS}: {stack.tip}"])
            ledger = ledger.reopened()
        ids += about
    return tuple(dict.fromkeys(ids))


def left_by(ledger: Ledger, member_id: str) -> list[Stack]:
    """What a member handed in that neither landed nor was taken over."""
    done = adopted_tips(ledger)
    tips = [tip for one in submitted(ledger.repo, member_id) for tip in one.tips if tip not in done]
    return list(stacks_of(ledger.repo, list(dict.fromkeys(tips)), (ledger.main,))[0])


def _taken(draft: Draft, stack: Stack, origin: Origin) -> Iterator[str]:
    there = draft.ledger.standing_on(stack.tip)
    for change in stack.changes:
        if change.path.endswith(_CLEAR):
            yield from _dossier(draft, there, stack, change)
    for change in stack.changes:
        place = place_of(change.path)
        if place is None and not change.path.endswith(_CLEAR):
            raise Refused(_("Only changes of customers and offices are taken over"), where=change.path)
        if place is None or change.new_oid is None:
            continue
        if place.is_record:
            yield from _record(draft, there, change, origin)
        else:
            plain, _generation = there.open_sealed(change.path, draft.ledger.repo.read_blob(change.new_oid))
            draft.take_attachment(change.path, plain)


def _dossier(draft: Draft, there: Ledger, stack: Stack, change: PathChange) -> Iterator[str]:
    dossier_id = dossier_of(change.path) or f"office/{change.path.split('/')[1]}"
    theirs = there.dossier(dossier_id)
    if is_office(dossier_id):
        for name in theirs.compartments:
            draft.wrapping.ensure_office(dossier_id, name)
        return
    leaver = there.repo.commit(stack.tip).author.name
    if change.old_oid is None:
        named = {name: _successor(draft, item, name, leaver) for name, item in theirs.assignments.items()}
        draft.put_dossier(Dossier(dossier_id, named))
        draft.wrapping.make_compartments(dossier_id, list(theirs.compartments))
    elif theirs.assignments != there.standing_on(stack.base).dossier(dossier_id).assignments:
        raise Refused(
            _("Who deals with it was changed as well; that is done anew"), where=dossier_id,
            hint=f"crmctl handover {dossier_id} --to MEMBER",
        )  # fmt: skip
    yield dossier_id


def _successor(draft: Draft, item: Assignment, department: str, leaver: str) -> Assignment:
    """The assignment with the successor in the leaver's places."""
    ledger = draft.ledger
    if leaver not in {item.owner, item.keeper, *item.team}:
        return item
    if department not in ledger.member.departments(ledger.today):
        raise Refused(
            _("Somebody of {department} takes this over", department=department), where=department,
            hint=f"crmctl member list --department {department}",
        )  # fmt: skip
    mine = ledger.member_id
    owner = mine if item.owner == leaver else item.owner
    team = tuple(name for name in item.team if name != leaver)
    return replace(item, owner=owner, team=team, keeper=mine if item.keeper == leaver else item.keeper)


def _record(draft: Draft, there: Ledger, change: PathChange, origin: Origin) -> Iterator[str]:
    theirs = there.read(change.path, change.new_oid)
    present = draft.ledger.repo.entry(draft.ledger.head, change.path)
    if present is None:
        draft.take_record(change.path, theirs, origin)
        yield theirs.id
        return
    before = there.read(change.path, change.old_oid) if change.old_oid else None
    mine = draft.record(change.path)
    if draft.kind(theirs.kind).monthly:
        rows = _fresh_rows(before, theirs)
        data: Mapping[str, Value] = mine.data
        for row in rows:
            data = with_row(data, row)
        draft.set_rows(change.path, rows_in(data), origin, [str(row["id"]) for row in rows])
        return
    merged, conflicts = merge(before.data if before else {}, theirs.data, mine.data)
    if conflicts:
        raise Conflict(
            _("It was changed here and elsewhere meanwhile"), where=f"{theirs.id} {conflicts[0].field}",
            hint=f"crmctl show {theirs.id}",
        )  # fmt: skip
    gone = dict.fromkeys(name for name in mine.data if name not in merged)
    draft.new_version(change.path, {**merged, **gone}, origin, theirs.id)
    yield theirs.id


def _fresh_rows(before: Record | None, theirs: Record) -> Sequence[Row]:
    known = rows_in(before.data) if before else []
    return [row for row in rows_in(theirs.data) if row not in known]
