"""What enters main at one commit of its line: changes one by one, and bundles with the slots on them.

All of it is judged by main as it stood before. Changes of the same landing are laid over a view one after the other,
for paths and signers; what the policy asks to be approved, and who may approve, is main's own say alone.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from crmctl.ledger.changing.reviewing import changed_parts, slots_wanted, touched
from crmctl.ledger.git.repository import CommitInfo, PathChange, Repository
from crmctl.model.dossier import Dossier, clear_path
from crmctl.model.findings import Finding
from crmctl.model.org import Member
from crmctl.model.paths import place_of
from crmctl.rules.slots import Given, Standing, Wanted, open_slots, together
from crmctl.rules.triggers import Touched, concerns
from crmctl.trust.authority import Authority
from crmctl.trust.change import ChangeCheck
from crmctl.trust.files import FileCheck
from crmctl.trust.landing import tree_is_made_of
from crmctl.trust.line import Landing, Side
from crmctl.trust.numbers import numbered_well
from crmctl.trust.reuse import earlier_home
from crmctl.trust.seen import SeenBlobs
from crmctl.trust.signed import signed_well, signer
from crmctl.trust.slot import SlotCheck, is_bundle, is_slot, lenders
from crmctl.trust.standing import Standing as Bearing
from crmctl.trust.standing import filed_by_anyone
from crmctl.trust.view import View, by_path, read_clear
from crmctl.trust.words import found

Demands = tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Approval:
    """A bundle as it was found: who made its changes, what they ask for, what was given and how far that goes."""

    bundle: str
    authors: tuple[str, ...]
    wanted: Demands
    given: tuple[Given, ...]
    standing: tuple[Standing, ...]

    @property
    def lands(self) -> bool:
        """Whether nothing is open but acknowledgements."""
        return all(item.lands for item in self.standing)


@dataclass(slots=True)
class Entrance:
    """One commit of main's line with everything it brings; `infos` holds all of these commits.

    `before` is main as it stood, `view` the same with what was judged so far laid over it. `landed` is when it
    enters main: slots must hold then. `brought` names the authors of what came without anybody's approval.
    """

    before: View
    infos: Mapping[str, CommitInfo]
    landed: datetime
    authority: Authority
    now: datetime
    files: FileCheck
    seen: SeenBlobs
    view: View = field(init=False)
    brought: list[str] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.view = replace(self.before, laid={})

    @property
    def repo(self) -> Repository:
        """Where it all stands."""
        return self.before.repo

    def side(self, side: Side) -> Iterator[Finding]:
        """One side of a landing: plain changes and earlier landings, or a bundle with its slots."""
        steps = side.steps
        if steps and not steps[0].is_plain and is_bundle(self.infos[steps[0].commit]):
            approval = yield from self.bundle(steps[0], steps[1:])
            yield from unapproved(approval.standing, approval.bundle)
            if not (approval.given and approval.lands):
                self.brought += approval.authors
            return
        for step in steps:
            info = self.infos[step.commit]
            if step.is_plain:
                yield from self.plain(step)
            elif len(step.parents) > 2 or is_bundle(info):
                yield found("TRU016", info.oid, why="octopus")
            else:
                yield from self.side(step.sides[0])
                yield from signed_well(info, self.view, self.now)
                yield from tree_is_made_of(self.repo, info, step.joined)
            self.brought.append(info.author.name)

    def plain(self, step: Landing) -> Iterator[Finding]:
        """A change that nobody approved: nothing of it may ask for that."""
        info = self.infos[step.commit]
        if is_slot(info):
            below = self.repo.commit(info.parents[0])
            yield from self._slots.judged(info, below, None, ())
            return
        demands = yield from self._change(step, ())
        yield from unapproved(open_slots(demands, (), {info.author.name}), info.oid)

    def bundle(self, step: Landing, above: list[Landing]) -> Generator[Finding, None, Approval]:
        """A bundle and the slots on top of it."""
        info = self.infos[step.commit]
        yield from signed_well(info, self.view, self.now)
        whole = [inner for side in step.sides for inner in side.steps]
        authors = tuple(dict.fromkeys(self.infos[inner.commit].author.name for inner in whole))
        given: list[Given] = []
        below = info
        for slot in above:
            top = self.infos[slot.commit]
            item = yield from self._slots.judged(top, below, info.oid, authors)
            given += [item] if item else []
            below = top
        lent = lenders(self.before.in_force.org, given)
        demands: list[Wanted] = []
        for inner in whole:
            if inner.is_plain:
                demands += yield from self._change(inner, lent)
        yield from self._form(step)
        asked = together(demands)
        return Approval(info.oid, authors, asked, tuple(given), open_slots(asked, given, authors))

    def _form(self, step: Landing) -> Iterator[Finding]:
        """Stacks are lines of plain changes, each from main or from what main holds, and touch different paths."""
        info = self.infos[step.commit]
        own = {inner.commit for side in step.sides for inner in side.steps}
        if any(not inner.is_plain for side in step.sides for inner in side.steps):
            yield found("TRU085", info.oid, why="merge")
        elif any(side.base is None or side.base in own for side in step.sides):
            yield found("TRU085", info.oid, why="base")
        else:
            yield from tree_is_made_of(self.repo, info, step.joined)

    @property
    def _slots(self) -> SlotCheck:
        before = self.before
        return SlotCheck(replace(before, clock=max(before.clock, self.landed)), self.now)

    # One change

    def _change(self, step: Landing, lent: tuple[Member, ...]) -> Generator[Finding, None, Demands]:
        """One change, judged where it enters main and then laid over the view. Returns what must be approved of it."""
        info = self.infos[step.commit]
        if info.parents != step.parents or not info.parents:
            yield found("TRU016", info.oid, why="parents")
            return ()
        changes = self.repo.changed(info.parents[0], info.oid)
        yield from signed_well(info, self.view, self.now)
        yield from self.files.findings(info.oid, info.oid, changes)
        member = signer(info, self.view.in_force)
        demands: Demands = ()
        if member is not None:
            yield from ChangeCheck(info, self.view, self.authority, member, changes, lent).findings()
            demands = self._demands(info, member, changes)
        yield from numbered_well(info, self.view, changes)
        yield from self._generations(info, member, changes)
        yield from sealed_once(self.repo, self.seen, info, changes)
        self.view.lay(changes)
        _ = self.view.in_force  # raises where it does not load any more: nobody could be judged by it
        return demands

    def _demands(self, info: CommitInfo, author: Member, changes: list[PathChange]) -> Demands:
        """By the rules of main as it stood: a change never brings its own."""
        in_force = self.before.in_force
        rules = in_force.pack.review
        files = [
            (change.path, bool(change.old_oid), bool(change.new_oid)) for change in changes
            if rules and concerns(rules, in_force.kinds, change.path)
        ]  # fmt: skip
        if not files:
            return ()
        made = by_path(changes)

        def side(dossier_id: str, *, new: bool) -> Dossier | None:
            change = made.get(clear_path(dossier_id))
            if change is None:
                return self.view.dossier(dossier_id)
            oid = change.new_oid if new else change.old_oid
            return read_clear(self.repo, change.path, oid) if oid else None

        def parts(path: str) -> frozenset[str]:
            change = made[path]
            old, new = (self.repo.read_blob(oid) if oid else None for oid in (change.old_oid, change.new_oid))
            return changed_parts(old, new)

        found_files = touched(files, partial(side, new=False), partial(side, new=True), parts, info.trailers)
        return slots_wanted(in_force, author, self.view.day(info), [self._as_on_main(item) for item in found_files])

    def _as_on_main(self, item: Touched) -> Touched:
        """Who deals with a record's customer is main's say; what the same landing adds to that, says nothing."""
        if place_of(item.path) is None or item.dossier is None:
            return item
        return replace(item, before=self.before.dossier(item.dossier.id) or item.before)

    def _generations(self, info: CommitInfo, member: Member | None, changes: list[PathChange]) -> Iterator[Finding]:
        """Nothing is sealed to a key that main had done with: who lost it, could read on.

        What somebody only filed is exempt: he cannot open it to seal it anew, and knows what it says anyway.
        """
        for key, value in info.trailers:
            if key != "Crmctl-Generation":
                continue
            dossier_id, _colon, rest = value.partition(":")
            name, _colon, had = rest.rpartition(":")
            dossier = self.view.dossier(dossier_id)
            entry = dossier.compartments.get(name) if dossier else None
            if dossier is None or entry is None or (had.isdigit() and int(had) >= entry.generation):
                continue
            if not (
                had.isdigit() and int(had) in entry.past and self._only_filed(info, member, changes, dossier, name)
            ):
                yield found("TRU086", info.oid, "", name=f"{dossier_id} {name}", had=had, wanted=entry.generation)

    def _only_filed(
        self, info: CommitInfo, member: Member | None, changes: list[PathChange], dossier: Dossier, compartment: str
    ) -> bool:
        """Whether all a change puts into a compartment was filed there by somebody who cannot read it."""
        if member is None:
            return False
        in_force, day = self.view.in_force, self.view.day(info)
        if Bearing(member, in_force, day, dossier, compartment).any_of(("reader",)):
            return False
        places = [(change, place) for change in changes if (place := place_of(change.path)) is not None]
        here = [item for item in places if (item[1].dossier, item[1].compartment) == (dossier.id, compartment)]
        return bool(here) and all(not change.old_oid and filed_by_anyone(in_force, place) for change, place in here)


def unapproved(standings: Collection[Standing], commit: str) -> Iterator[Finding]:
    """Each approval that is missing."""
    for item in standings:
        for slot in item.open:
            if slot.blocks:
                where = ", ".join(item.wanted.departments)
                slot_text = f"{slot} ({where})" if where else str(slot)
                yield found("TRU080", commit, item.wanted.paths[0], rule=item.wanted.code, slot=slot_text)


def sealed_once(repo: Repository, seen: SeenBlobs, info: CommitInfo, changes: list[PathChange]) -> Iterator[Finding]:
    """A sealed file that lay somewhere before. What is new counts as seen from now on."""
    for change in changes:
        if not change.new_oid or not change.path.endswith(".age"):
            continue
        if change.new_oid in seen:
            home = earlier_home(repo, info.parents, change)
            yield found("TRU051" if home == change.path else "TRU050", info.oid, change.path, home=home)
        seen.add(change.new_oid)
