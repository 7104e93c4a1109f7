"""Who is barred where, since when, until when and why: from the entries of the list and a day (R-BLK-04 to R-BLK-08).

The end of a term readmits nobody by itself where the level says `after_term: barred`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from crmctl.i18n import N_
from crmctl.model.duration import Duration
from crmctl.model.findings import Finding
from crmctl.policy.blacklist import Barred, Blacklist, Level
from crmctl.rules.calendar import add_months

Why = Literal["in force", "expired", "shortened", "lifted", "readmitted", "not yet"]
LISTED = frozenset({"in_force", "shortened", "expired", "readmitted"})
_DAY = timedelta(days=1)
_FIXED = ("customer", "level", "of_department", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry as the rules see it: whose, where, and its days. `until` is the last day of its term."""

    id: str
    customer: str
    level: str
    state: str
    department: str | None = None
    since: date | None = None
    until: date | None = None
    shortened_on: date | None = None
    readmitted_on: date | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """What an entry bars: `department` None is all of them; `free_from` the first day it bars no more (None: none yet).

    `until` is the last day of the term as it stands; None is open. `shortened` says that it was cut short.
    """

    entry: str
    customer: str
    level: str
    department: str | None
    since: date
    until: date | None = None
    free_from: date | None = None
    shortened: bool = False
    readmitted: bool = False

    def covers(self, day: date) -> bool:
        """Whether the customer is barred by it on that day."""
        return self.since <= day and (self.free_from is None or day < self.free_from)

    def reaches(self, department: str | None) -> bool:
        """Whether it bars this department (None: what all departments share)."""
        return self.department is None or self.department == department

    def why(self, day: date) -> Why:
        """How it stands on a day."""
        if day < self.since:
            return "not yet"
        if self.free_from is not None and day >= self.free_from:
            return "readmitted" if self.readmitted else "lifted"
        if self.until is None or day <= self.until:
            return "in force"
        return "shortened" if self.shortened else "expired"


def term_end(since: date, term: Duration | None) -> date | None:
    """The last day of a term that begins on `since`: the same day so many months on, clamped to the month's end."""
    if term is None:
        return None
    if term.unit == "day":
        return since + timedelta(days=term.count)
    return add_months(since, term.count * (12 if term.unit == "year" else 1))


def bar_of(entry: Listed, level: Level) -> Bar | None:
    """What an entry bars; None for a proposal, a refused one, and a level that bars nothing.

    An entry is never longer than its level's term (R-BLK-06), whatever it says; a shortened one ends
    on the day it was cut short.
    """
    if entry.state not in LISTED or entry.since is None or level.bars == "nothing":
        return None
    ends = [day for day in (entry.until, term_end(entry.since, level.term)) if day is not None]
    shortened = entry.shortened_on is not None and (not ends or entry.shortened_on < min(ends))
    until = entry.shortened_on if shortened else min(ends, default=None)
    department = entry.department if level.bars == "own department" else None
    readmitted = entry.state == "readmitted" and entry.readmitted_on is not None
    free = entry.readmitted_on if readmitted else None
    if level.after_term == "lifted" and until is not None:
        free = min(until + _DAY, free) if free else until + _DAY
    return Bar(
        entry.id, entry.customer, entry.level, department, entry.since, until, free, shortened,
        readmitted and free == entry.readmitted_on,
    )  # fmt: skip


def bars(entries: Iterable[Listed], levels: Mapping[str, Level]) -> list[Bar]:
    """All bars, those of all departments first, then the earliest."""
    found = [bar_of(entry, levels[entry.level]) for entry in entries if entry.level in levels]
    return in_order(bar for bar in found if bar)


def in_order(found: Iterable[Bar]) -> list[Bar]:
    """Bars of all departments first, then the earliest."""
    return sorted(found, key=lambda bar: (bar.department is not None, bar.since, bar.entry))


def barring(found: Iterable[Bar], customer: str, department: str | None, day: date) -> Bar | None:
    """The bar that counts for a customer in a department on a day: the company's before the department's."""
    return next((b for b in found if b.customer == customer and b.reaches(department) and b.covers(day)), None)


def deed_day(barred: Barred, before: Mapping[str, object], after: Mapping[str, object], today: date) -> date | None:
    """The day of the business a new or changed record stands for; None for a change that is no business.

    A new record is business of its own date (else of today), and so is one that gets another date or
    goes to one of the kind's barred states. Notes, an end, an arrival are none.
    """
    written = after.get(barred.at) if barred.at else None
    day = date.fromisoformat(str(written)) if written else None
    if not before:
        return day or today
    if barred.at and written and written != before.get(barred.at):
        return day
    moved = after.get("state") != before.get("state") and after.get("state") in barred.states
    return (day or today) if moved else None


def entry_faults(
    rules: Blacklist, department: str, before: Mapping[str, object], after: Mapping[str, object], today: date
) -> Iterator[Finding]:
    """What an entry may not say (`before` empty: a new one), and what it may not become (rule BLK006).

    `department` is the one in whose office it lies. An entry in force keeps its customer, level and days; a term is
    only cut short; coming back takes what `readmit: require` names, and the end of the term.
    """
    level = rules.levels.get(str(after.get("level")))
    if level is None:
        yield _fault(N_("The policy has no such level of the blacklist"), "level", "crmctl policy show")
        return
    state, was = after.get("state"), before.get("state")
    if was in LISTED and any(before.get(name) != after.get(name) for name in _FIXED):
        yield _fault(N_("An entry in force keeps its customer, level and days"), "", "crmctl blacklist shorten")
    if state == was:
        return
    if state == "in_force":
        yield from _entering(level, department, after, today)
    elif state == "shortened":
        end = _end(level, after)
        cut = _day(after, "shortened_on")
        if cut and end and cut > end:
            yield _fault(N_("A term is only cut short: it ends on {day} anyway"), "shortened_on", day=end)
    elif state == "readmitted":
        bar = bar_of(listed_of("", department, before), level)
        if bar is None or not term_over(bar, today):
            hint = N_("Under special circumstances: crmctl blacklist shorten")
            yield _fault(N_("Its term is not over"), "", hint)
        missing = [name for name in rules.readmit.require if not after.get(name)]
        if missing:
            hint = "crmctl blacklist readmit ENTRY --change TEXT --admission A-…"
            yield _fault(N_("Readmitting needs: {names}"), missing[0], hint, names=", ".join(missing))


def _entering(level: Level, department: str, after: Mapping[str, object], today: date) -> Iterator[Finding]:
    since, until = _day(after, "valid_from"), _day(after, "valid_to")
    longest = term_end(since, level.term) if since else None
    if longest and (until is None or until > longest):
        yield _fault(N_("The policy's term ends on {day}; a longer one needs a new entry"), "valid_to", day=longest)
    if since is None or since < today:
        yield _fault(N_("An entry begins today or later"), "valid_from", "--from DATE")
    if level.bars == "own department" and after.get("of_department") != department:
        message = N_("A department lists for itself only: it is {department} here")
        yield _fault(message, "of_department", department=department)


def _end(level: Level, data: Mapping[str, object]) -> date | None:
    since, until = _day(data, "valid_from"), _day(data, "valid_to")
    longest = term_end(since, level.term) if since else None
    return min((day for day in (until, longest) if day), default=None)


def listed_of(entry: str, department: str, data: Mapping[str, object]) -> Listed:
    """An entry's record in a department's office as the rules see it."""
    return Listed(
        entry, str(data.get("customer")), str(data.get("level")), str(data.get("state")), department,
        *(_day(data, name) for name in ("valid_from", "valid_to", "shortened_on", "readmitted_on")),
    )  # fmt: skip


def _fault(message: str, field: str, hint: str = "", **args: object) -> Finding:
    return Finding("BLK006", message, "error", "", field, args, hint)


def _day(data: Mapping[str, object], name: str) -> date | None:
    value = data.get(name)
    return date.fromisoformat(str(value)) if value else None


def term_over(bar: Bar, day: date) -> bool:
    """Whether a readmission may be asked for: the term is past, or was cut short by then."""
    return bar.until is not None and (day > bar.until or (bar.shortened and day >= bar.until))


def warned_elsewhere(
    found: Iterable[Bar], rules: Blacklist, customer: str, department: str | None, day: date
) -> Bar | None:
    """A bar of another department that this one is told of (C-38)."""
    return next(
        (
            bar for bar in found
            if bar.customer == customer and bar.covers(day) and not bar.reaches(department)
            and rules.levels[bar.level].others == "warn"
        ),
        None,
    )  # fmt: skip
