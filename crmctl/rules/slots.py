"""Which approvals a change asks for, which were given, and what is still open. Pure.

Who may give one: holds the role (for the company, in the department, or by somebody's delegation) on the day it
enters main, made no change of the bundle, and gave no other slot of the same demand; nor did the one stood for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from crmctl.model.dossier import ALLOWED, Dossier, Grant, is_office
from crmctl.model.kinds import Kind, Label
from crmctl.model.org import Member, Org
from crmctl.model.paths import Place, lies_there, place_of
from crmctl.policy.review import AREAS, Act, ReviewRule, Slot, Steps, Trigger

_DELEGATIONS = "org/delegations/"
_CLEAR = ("/dossier.yaml", "/office.yaml")
_GRANTS = frozenset({"grant", "office_grant", "share"})


@dataclass(frozen=True, slots=True)
class Touched:
    """One file a change touches.

    `before` and `after` are the dossier it lies in, as it stood and as the change leaves it (the same where the
    change does not touch its clear file); None where there is none, or for files of no dossier.
    """

    path: str
    action: Literal["add", "change", "remove"]
    before: Dossier | None = None
    after: Dossier | None = None

    @property
    def dossier(self) -> Dossier | None:
        """The dossier that says who deals with it: as it stood, else as the change makes it."""
        return self.before or self.after


@dataclass(frozen=True, slots=True)
class Wanted:
    """The slots one rule asks of a change, in steps. `departments`: where the role counts (none: the whole company)."""

    code: str
    steps: Steps
    departments: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    paper: tuple[str, ...] = ()
    text: Label = ("", "")
    clause: str = ""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All slots, in order."""
        return tuple(slot for step in self.steps for slot in step)

    @property
    def blocks(self) -> bool:
        """Whether anything must be given before it lands: False where only acknowledgements are asked."""
        return any(slot.blocks for slot in self.slots)


@dataclass(frozen=True, slots=True)
class Given:
    """One slot that was given: `member` signed it for `role` in `department` (None: the whole company).

    `stands_for` delegated the role to the member; `paper` is the leader without a key for whom it was recorded, then
    `records_as` has the roles the member holds there, and `scan` the change that brought the scan.
    """

    act: Act
    role: str
    department: str | None
    member: str
    stands_for: str | None = None
    paper: str | None = None
    commit: str = ""
    records_as: tuple[str, ...] = ()
    scan: str | None = None

    @property
    def persons(self) -> frozenset[str]:
        """Everybody who has part in it: none of them may have part in another, nor in the change."""
        return frozenset(name for name in (self.member, self.stands_for, self.paper) if name)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a demand is met: which slot whom it was filled by, what is open, and what may be given next."""

    wanted: Wanted
    filled: tuple[tuple[Slot, Given], ...]
    open: tuple[Slot, ...]
    ready: tuple[Slot, ...]

    @property
    def lands(self) -> bool:
        """Whether nothing is open but acknowledgements."""
        return not any(slot.blocks for slot in self.open)


# What is asked


def wanted(
    rules: Iterable[ReviewRule], kinds: Mapping[str, Kind], org: Org, values: Mapping[str, object], author: Member,
    day: date, changes: Sequence[Touched],
) -> tuple[Wanted, ...]:  # fmt: skip
    """What the rules ask of an author's change; one demand for each rule and department."""
    found: dict[tuple[str, tuple[str, ...]], Wanted] = {}
    for rule in rules:
        if not rule.steps or (rule.only and not rule.only.holds(values)):
            continue
        for touched in changes:
            for departments in dict.fromkeys(_hits(rule, kinds, touched)):
                known = found.get((rule.code, departments))
                if known is not None:
                    found[rule.code, departments] = replace(known, paths=(*known.paths, touched.path))
                    continue
                steps = _steps(rule, org, author, departments, day)
                if steps:
                    found[rule.code, departments] = Wanted(
                        rule.code, steps, departments, (touched.path,), rule.paper, rule.text, rule.clause
                    )  # fmt: skip
    return tuple(found.values())


def together(*several: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """The demands of several changes as one bundle's: the same rule for the same department is asked once."""
    found: dict[tuple[str, tuple[str, ...], Steps], Wanted] = {}
    for item in (item for part in several for item in part):
        key = (item.code, item.departments, item.steps)
        known = found.get(key)
        paths = dict.fromkeys([*(known.paths if known else ()), *item.paths])
        found[key] = replace(item, paths=tuple(paths))
    return tuple(found.values())


def _steps(rule: ReviewRule, org: Org, author: Member, departments: tuple[str, ...], day: date) -> Steps:
    """The rule's slots for this author and these departments, without those nobody is there for."""
    places: tuple[str | None, ...] = departments or (None,)
    if any(author.holds(role, place, day) for role in rule.unless for place in places):
        return ()
    steps = _routed(rule, author, departments)
    if not rule.if_able:
        return steps
    able = [tuple(slot for slot in step if _somebody(slot, org, author, places, day)) for step in steps]
    return tuple(step for step in able if step)


def _routed(rule: ReviewRule, author: Member, departments: tuple[str, ...]) -> Steps:
    if rule.route is None:
        return rule.steps
    facts = departments if rule.route.by == "department" else (author.territory or "",)
    return next((rule.route.steps[fact] for fact in facts if fact in rule.route.steps), rule.steps)


def _somebody(slot: Slot, org: Org, author: Member, places: Iterable[str | None], day: date) -> bool:
    others = [member for member in org.members.values() if member.id != author.id and member.has_access]
    return any(member.holds(role, place, day) for member in others for role in slot.roles for place in places)


# What sets a rule off


def concerns(rules: Iterable[ReviewRule], kinds: Mapping[str, Kind], path: str) -> bool:
    """Whether a change of the file at that path could set a rule off; asked before its dossier is looked at."""
    area = _area(path)
    place = place_of(path) if area is None else None
    clear = area is None and place is None and path.endswith(_CLEAR)
    return any(
        clear if not trigger.action else area == trigger.what if trigger.what in AREAS
        else place is not None and _is_kind(kinds, trigger, place)
        for rule in rules for trigger in rule.on
    )  # fmt: skip


def _hits(rule: ReviewRule, kinds: Mapping[str, Kind], touched: Touched) -> Iterator[tuple[str, ...]]:
    """The departments in which the rule is set off by a file; once each."""
    area = _area(touched.path)
    place = place_of(touched.path) if area is None else None
    for trigger in rule.on:
        if not trigger.action:
            if area is None and place is None and touched.path.endswith(_CLEAR):
                yield from _field_hits(trigger.what, touched)
        elif trigger.what in AREAS:
            if area == trigger.what and trigger.action in {touched.action, "change"}:
                yield ()
        elif place is not None and trigger.action == touched.action and _is_kind(kinds, trigger, place):
            yield _departments(place, touched.dossier)


def _is_kind(kinds: Mapping[str, Kind], trigger: Trigger, place: Place) -> bool:
    kind = kinds.get(trigger.what)
    return kind is not None and lies_there(kind, place)


def _area(path: str) -> str | None:
    """The part of the set-up a path belongs to; what a member delegates is his own affair."""
    if path.startswith(_DELEGATIONS):
        return "delegations"
    if path == "ledger.yaml":
        return "policy"
    folder = path.partition("/")[0]
    return folder if folder in AREAS else None


def _departments(place: Place, dossier: Dossier | None) -> tuple[str, ...]:
    if is_office(place.dossier):
        return (place.dossier.removeprefix("office/"),)
    department, _slash, short = place.compartment.partition("/")
    if short:
        return (department,)
    return tuple(sorted(dossier.assignments)) if dossier else ()


def _field_hits(name: str, touched: Touched) -> Iterator[tuple[str, ...]]:
    """Departments in which a dossier's clear file changes that field. A new dossier changes none: its card is new."""
    before, after = touched.before, touched.after
    if after is None:
        return
    if name in ALLOWED:
        asked = after.allowed.get(name)
        if asked and (before is None or before.allowed.get(name) != asked):
            yield _owners(after)
    elif before is not None:
        yield from _grant_hits(name, before, after) if name in _GRANTS else _assignment_hits(name, before, after)


def _assignment_hits(name: str, before: Dossier, after: Dossier) -> Iterator[tuple[str, ...]]:
    for department in sorted({*before.assignments, *after.assignments}):
        was, now = before.assignments.get(department), after.assignments.get(department)
        if name == "assignment":
            if (was is None) != (now is None):
                yield (department,)
        elif was is not None and now is not None:
            fields = ("team", "keeper") if name == "team" else (name,)
            if any(getattr(was, item) != getattr(now, item) for item in fields):
                yield (department,)


def _grant_hits(name: str, before: Dossier, after: Dossier) -> Iterator[tuple[str, ...]]:
    if is_office(after.id) or name == "office_grant":
        if is_office(after.id) and name == "office_grant" and set(before.grants) != set(after.grants):
            yield (after.id.removeprefix("office/"),)
        return
    if name == "share":
        for grant in set(after.grants) - set(before.grants):
            yield from _shared(grant, before)
        return
    for grant in set(before.grants) ^ set(after.grants):
        department, slash, _short = grant.compartment.partition("/")
        yield (department,) if slash else _owners(before)


def _shared(grant: Grant, dossier: Dossier) -> Iterator[tuple[str, ...]]:
    """Both sides of a reading right for a group of a department that does not deal with the customer."""
    theirs, dot, _role = grant.member.partition(".")
    if not dot or theirs == "all" or theirs in dossier.assignments:
        return
    department, slash, _short = grant.compartment.partition("/")
    yield (department,) if slash else _owners(dossier)
    yield (theirs,)


def _owners(dossier: Dossier) -> tuple[str, ...]:
    if is_office(dossier.id):
        return (dossier.id.removeprefix("office/"),)
    return tuple(sorted(dossier.assignments))


# What was given


def standing(demand: Wanted, given: Iterable[Given], authors: Collection[str]) -> Standing:
    """Hold the slots given, in the order in which they were given, against one demand.

    What comes out of order, from an author, or from somebody who had part in another slot of it does not count.
    """
    filled: list[tuple[Slot, Given]] = []
    steps = [list(step) for step in demand.steps]
    taken = set(authors)
    for item in given:
        if item.persons & taken or not (_counts_in(demand, item) and _recorded(demand, item)):
            continue
        slot = next((slot for slot in _ready(steps) if slot.act == item.act and item.role in slot.roles), None)
        if slot is None:
            continue
        next(step for step in steps if any(slot is other for other in step)).remove(slot)
        filled.append((slot, item))
        taken |= item.persons
    left = tuple(slot for step in steps for slot in step)
    return Standing(demand, tuple(filled), left, tuple(_ready(steps)))


def open_slots(demands: Iterable[Wanted], given: Sequence[Given], authors: Collection[str]) -> tuple[Standing, ...]:
    """Every demand with how far it is met."""
    return tuple(standing(demand, given, authors) for demand in demands)


def _counts_in(demand: Wanted, item: Given) -> bool:
    return item.department is None or item.department in demand.departments


def _recorded(demand: Wanted, item: Given) -> bool:
    """Whether it was signed with a key, or recorded from paper by whom the rule lets record."""
    return item.paper is None or not set(demand.paper).isdisjoint(item.records_as)


def _ready(steps: list[list[Slot]]) -> list[Slot]:
    """What may be given now: the first step with anything open that blocks, and every acknowledgement."""
    ready: list[Slot] = []
    for step in steps:
        ready += step
        if any(slot.blocks for slot in step):
            break
    else:
        return ready
    acknowledgements = [slot for step in steps for slot in step if not slot.blocks]
    return ready + [slot for slot in acknowledgements if not any(slot is other for other in ready)]


# Who may give


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot that somebody may give now, as which role, where (None: for the whole company), and in whose place."""

    code: str
    slot: Slot
    role: str
    department: str | None
    stands_for: str | None = None


def choices(
    items: Iterable[Standing], org: Org, member: Member, authors: Collection[str], day: date
) -> tuple[Choice, ...]:
    """What the member may give now towards these demands; one slot for each of them at the most."""
    found: list[Choice] = []
    for item in items:
        taken = {*authors, *(name for _slot, given in item.filled for name in given.persons)}
        if member.id in taken:
            continue
        places: tuple[str | None, ...] = item.wanted.departments or (None,)
        fitting = (
            Choice(item.wanted.code, slot, role, place, None if holder == member.id else holder)
            for slot in item.ready for role in slot.roles for place in places
            for holder in [stood_for(org, member, role, place, day)] if holder is not None and holder not in taken
        )  # fmt: skip
        found += [choice for choice in [next(fitting, None)] if choice]
    return tuple(found)


def paper_choices(
    items: Iterable[Standing], recorder: Member, leader: Member, authors: Collection[str], day: date
) -> tuple[Choice, ...]:
    """What the recorder may record of a leader without a key, who signed on paper; one slot for each demand."""
    found: list[Choice] = []
    for item in items:
        taken = {*authors, *(name for _slot, given in item.filled for name in given.persons)}
        if leader.has_access or recorder.id == leader.id or taken & {leader.id, recorder.id}:
            continue
        places: tuple[str | None, ...] = item.wanted.departments or (None,)
        fitting = (
            Choice(item.wanted.code, slot, role, place, leader.id)
            for slot in item.ready for role in slot.roles for place in places
            if leader.holds(role, place, day) and set(item.wanted.paper) & set(roles_in(recorder, place, day))
        )  # fmt: skip
        found += [choice for choice in [next(fitting, None)] if choice]
    return tuple(found)


def roles_in(member: Member, department: str | None, day: date) -> tuple[str, ...]:
    """The roles a member holds somewhere on a day; where it is for the whole company, anywhere."""
    if not member.active(day):
        return ()
    held = [role for role in member.roles if role.active(day)]
    return tuple(role.role for role in held if department is None or role.department in {None, department})


def stood_for(org: Org, member: Member, role: str, department: str | None, day: date) -> str | None:
    """In whose place the member holds a role: their own id, the delegator's, or None where they do not hold it."""
    if member.holds(role, department, day):
        return member.id
    if not member.active(day):
        return None
    for owner, delegations in org.delegations.items():
        holder = org.members.get(owner)
        if holder is not None and any(
            item.counts(member.id, role, department, day) and holder.holds(role, department, day)
            for item in delegations
        ):
            return owner
    return None
