"""What sets a rule of review off, by paths and clear files: kinds, parts of the set-up, fields of a dossier. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from crmctl.model.dossier import ALLOWED, Dossier, Grant, is_office
from crmctl.model.kinds import Kind
from crmctl.model.paths import Place, lies_there, part_name, place_of
from crmctl.policy.review import AREAS, ReviewRule, Trigger

_DELEGATIONS = "org/delegations/"
_CLEAR = ("/dossier.yaml", "/office.yaml")
_GRANTS = frozenset({"grant", "office_grant", "share"})


@dataclass(frozen=True, slots=True)
class Touched:
    """One file a change touches.

    `before` and `after` are the dossier it lies in, as it stood and as the change leaves it (the same where the
    change does not touch its clear file); None where there is none, or for files of no dossier. `parts` are those that
    a file of the policy says differently (`readers`); `*` stands for all of them. `routes`: by the code of a rule the
    line of its table that the change says this falls under.
    """

    path: str
    action: Literal["add", "change", "remove"]
    before: Dossier | None = None
    after: Dossier | None = None
    parts: frozenset[str] = frozenset()
    routes: Mapping[str, str] = field(default_factory=dict)

    @property
    def dossier(self) -> Dossier | None:
        """The dossier that says who deals with it: as it stood, else as the change makes it."""
        return self.before or self.after


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


def hits(rule: ReviewRule, kinds: Mapping[str, Kind], touched: Touched) -> Iterator[tuple[str, ...]]:
    """The departments in which the rule is set off by a file; once each."""
    area = _area(touched.path)
    place = place_of(touched.path) if area is None else None
    for trigger in rule.on:
        if not trigger.action:
            if area is None and place is None and touched.path.endswith(_CLEAR):
                yield from _field_hits(trigger.what, touched)
        elif trigger.what in AREAS:
            if area == trigger.what and trigger.action in {touched.action, "change"} and _part_of(trigger, touched):
                yield ()
        elif place is not None and trigger.action == touched.action and _is_kind(kinds, trigger, place):
            yield _departments(place, touched.dossier)


def _is_kind(kinds: Mapping[str, Kind], trigger: Trigger, place: Place) -> bool:
    kind = kinds.get(trigger.what)
    if kind is None or not lies_there(kind, place):
        return False
    part = place.compartment.partition(".")[2]
    return not trigger.part or not part or part == part_name(trigger.part)


def _part_of(trigger: Trigger, touched: Touched) -> bool:
    return not trigger.part or trigger.part in touched.parts or "*" in touched.parts


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
