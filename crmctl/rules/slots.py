"""Which approvals a change asks for, which were given, and what is still open. Pure.

Who may give one: holds the role (for the company, in the department, or by somebody's delegation) on the day it
enters main, made no change of the bundle, and gave no other slot of the same demand; nor did the one stood for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from crmctl.model.dossier import Dossier
from crmctl.model.kinds import Kind, Label
from crmctl.model.org import Member, Org
from crmctl.policy.review import Act, ReviewRule, Slot, Steps
from crmctl.rules.triggers import Touched, hits


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
    barred: frozenset[str] = frozenset()

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
    """What the rules ask of an author's change; one demand for each rule, department and line of its table."""
    found: dict[tuple[str, tuple[str, ...], str], Wanted] = {}
    for rule in rules:
        if not rule.steps or (rule.only and not rule.only.holds(values)):
            continue
        for touched in changes:
            line = _line(rule, touched)
            for departments in dict.fromkeys(hits(rule, kinds, touched)):
                barred = _dealing(rule, touched.dossier, departments)
                known = found.get((rule.code, departments, line))
                if known is not None:
                    paths = (*known.paths, touched.path)
                    found[rule.code, departments, line] = replace(known, paths=paths, barred=known.barred | barred)
                    continue
                steps = _steps(rule, org, author, departments, day, barred, line)
                if steps:
                    found[rule.code, departments, line] = Wanted(
                        rule.code, steps, departments, (touched.path,), rule.paper, rule.text, rule.clause, barred
                    )  # fmt: skip
    return tuple(found.values())


def together(*several: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """The demands of several changes as one bundle's: the same rule for the same department is asked once."""
    found: dict[tuple[str, tuple[str, ...], Steps], Wanted] = {}
    for item in (item for part in several for item in part):
        key = (item.code, item.departments, item.steps)
        known = found.get(key)
        paths = dict.fromkeys([*(known.paths if known else ()), *item.paths])
        barred = item.barred | (known.barred if known else frozenset())
        found[key] = replace(item, paths=tuple(paths), barred=barred)
    return tuple(found.values())


def _dealing(rule: ReviewRule, dossier: Dossier | None, departments: tuple[str, ...]) -> frozenset[str]:
    """Whom the rule bars from its slots: persons who deal with the customer in these departments."""
    dealings = [dossier.assignments[name] for name in departments if name in dossier.assignments] if dossier else []
    named = (getattr(item, person) for item in dealings for person in rule.not_by)
    return frozenset(name for one in named for name in (one if isinstance(one, tuple) else (one,)) if name)


def _line(rule: ReviewRule, touched: Touched) -> str:
    """The line of the rule's table that the change names; none where it names one that the table does not have."""
    name = touched.routes.get(rule.code, "")
    return name if rule.route and rule.route.by == "record" and name in rule.route.steps else ""


def _steps(
    rule: ReviewRule, org: Org, author: Member, departments: tuple[str, ...], day: date, barred: frozenset[str],
    line: str,
) -> Steps:  # fmt: skip
    """The rule's slots for this author and these departments, without those nobody is there for."""
    places: tuple[str | None, ...] = departments or (None,)
    if any(author.holds(role, place, day) for role in rule.unless for place in places):
        return ()
    steps = _routed(rule, author, departments, line)
    if author.id not in barred:
        steps = _proposed(steps, org, author, places, day)
    if not rule.if_able:
        return steps
    able = [tuple(slot for slot in step if _somebody(slot, org, author, places, day)) for step in steps]
    return tuple(step for step in able if step)


def _proposed(steps: Steps, org: Org, author: Member, places: Iterable[str | None], day: date) -> Steps:
    """Without the proposals that the author has made by making the change, in a role of theirs."""
    left = [tuple(slot for slot in step if not _put_forward(slot, org, author, places, day)) for step in steps]
    return tuple(step for step in left if step)


def _put_forward(slot: Slot, org: Org, author: Member, places: Iterable[str | None], day: date) -> bool:
    held = (stood_for(org, author, role, place, day) for role in slot.roles for place in places)
    return slot.act == "propose" and any(holder is not None for holder in held)


def _routed(rule: ReviewRule, author: Member, departments: tuple[str, ...], line: str) -> Steps:
    if rule.route is None:
        return rule.steps
    if rule.route.by == "record":
        return rule.route.steps.get(line, rule.steps)
    facts = departments if rule.route.by == "department" else (author.territory or "",)
    return next((rule.route.steps[fact] for fact in facts if fact in rule.route.steps), rule.steps)


def _somebody(slot: Slot, org: Org, author: Member, places: Iterable[str | None], day: date) -> bool:
    others = [member for member in org.members.values() if member.id != author.id and member.has_access]
    return any(member.holds(role, place, day) for member in others for role in slot.roles for place in places)


# What was given


def standing(demand: Wanted, given: Iterable[Given], authors: Collection[str]) -> Standing:
    """Hold the slots given, in the order in which they were given, against one demand.

    What comes out of order, from an author, or from somebody who had part in another slot of it does not count.
    """
    filled: list[tuple[Slot, Given]] = []
    steps = [list(step) for step in demand.steps]
    taken = {*authors, *demand.barred}
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
        taken = {*authors, *item.wanted.barred, *(name for _slot, given in item.filled for name in given.persons)}
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
        taken = {*authors, *item.wanted.barred, *(name for _slot, given in item.filled for name in given.persons)}
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
