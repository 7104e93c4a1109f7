"""What clocks are run over and what comes of it: rows, what these are read against, whose items are wanted, items."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from crmctl.model.kinds import Label
from crmctl.policy.clocks import Clock
from crmctl.policy.effective import Effective
from crmctl.rules.calendar import Step, WorkCalendar
from crmctl.rules.pausing import Pause


@dataclass(frozen=True, slots=True)
class Dealing:
    """Who deals with a customer in a department; `since` when it stands there as it does."""

    owner: str
    team: tuple[str, ...] = ()
    since: date | None = None


@dataclass(frozen=True, slots=True)
class DueRow:
    """One record as the clocks see it.

    `department` is None for what all departments share; `member` whose a member's own record is.
    `values` holds dates, moments, text and bools by field name (`maintenance.next_on`), and the
    marks every record has; `unverified` maps a field to the day by which to check it; `pauses` are
    when its clock stands still. `asked_from` is the first day on which this could be asked of anybody: an end
    reckoned from what was before is moved there.
    """

    kind: str
    id: str
    dossier: str
    department: str | None
    values: Mapping[str, object]
    member: str | None = None
    unverified: Mapping[str, date] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    asked_from: date | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """One item. `due` is None for something open without an end; `done` is set for what was done too late.

    `field` names the unverified field; `who` the members it is up to. `late_days` counts calendar
    days past the end (0: not late, or late today), `late` says whether the end is past. `turned` counts
    how often the clock turned to further persons since. `rank` is the customer's place in the policy's priorities (0
    comes first), `standing` the class it has it for. `told` is the text of the field the clock tells. `passed_from`
    are those it was up to before it turned to others. `pauses` are those that moved its end; `paused` is one that
    lasts: until it is over there is no end, and nothing is late.
    """

    code: str
    text: Label
    kind: str
    id: str
    dossier: str
    department: str | None
    since: date
    due: date | None
    moment: datetime | None
    late: bool
    late_days: int
    who: tuple[str, ...]
    field: str = ""
    done: date | None = None
    within: str = ""
    steps: tuple[Step, ...] = ()
    turned: int = 0
    rank: int = 0
    standing: str = ""
    told: str = ""
    passed_from: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()
    paused: Pause | None = None


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose items are wanted: these members', and all of these departments'."""

    members: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()

    def wants(self, item: Due, dealing: Collection[str]) -> bool:
        """Whether the item is one of those; `dealing` are the departments that deal with its customer."""
        concerned = set(dealing) if item.department is None else {item.department}
        return bool(self.members & set(item.who)) or bool(concerned & self.departments)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the clocks are read against.

    `now` is the moment taken for the present; `settings` the policy's values; `dealings` who deals
    with a dossier, by department; `active` the members who are still here; `latest` the last day
    of an `until` record, by (kind, field, dossier, department); `holders` who holds a role, by (role,
    department or None for the whole company). `effective` tells the values of other days and of departments; `began`
    is the first day on which a department or member could be asked for anything, by id; `whose` whose items are wanted
    (None: everybody's), so that nothing is reckoned for others.
    """

    now: datetime
    calendar: WorkCalendar
    settings: Mapping[str, object]
    dealings: Mapping[str, Mapping[str, Dealing]] = field(default_factory=dict)
    active: frozenset[str] = frozenset()
    latest: Mapping[tuple[str, str, str, str | None], date] = field(default_factory=dict)
    holders: Mapping[tuple[str, str | None], tuple[str, ...]] = field(default_factory=dict)
    effective: Effective | None = None
    began: Mapping[str, date] = field(default_factory=dict)
    whose: Whose | None = None
    _cases: dict[tuple[int, int, bool], tuple[Clock, Clock]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def today(self) -> date:
        """The day taken for today."""
        return self.now.date()

    def settings_of(self, department: str | None) -> Mapping[str, object]:
        """Today's values for a department; the company's for what all departments share."""
        return self.settings if self.effective is None else self.effective.on(self.today, department)

    def since(self, start: date, department: str | None) -> Mapping[str, object]:
        """The values for what began on a day: a limit set later does not shorten what ran already."""
        return self.settings if self.effective is None else self.effective.since(start, self.today, department)

    def with_case(self, clock: Clock, number: int, *, own: bool) -> Clock:
        """The clock with the persons of one of its cases, with that case's time where it has its `own`; made once."""
        key = (id(clock), number, own)
        if key not in self._cases:
            case = clock.cases[number]
            within = case.within if own else clock.within
            # with the clock itself, so that no other takes its place in memory
            self._cases[key] = clock, replace(clock, within=within, who=case.who or clock.who)
        return self._cases[key][1]

    def reach(self) -> Iterator[Mapping[str, object]]:
        """All the values that may count for something: of any department, since any day."""
        if self.effective is None:
            yield self.settings
            return
        for department in (None, *self.effective.departments):
            present = self.settings_of(department)
            yield from ({**present, **values} for values in self.effective.ever(department))
