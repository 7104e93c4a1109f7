"""Working days, working hours and month arithmetic, the one place for them (R-INT-16). Pure.

The days come from outside: which weekdays are off (public holidays), which days of the weekend
are worked (make-up days, 调休), and for which years that is known. For a year nobody has told it
about, the plain week applies and `unknown_years` says so: it never guesses silently.

Moments are local wall-clock time with their zone; a working day's hours are not moved by a change
of clocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

Why = Literal["workday", "weekend", "holiday", "make-up", "company off", "company work", "paused"]
Range = tuple[int, int]  # minutes from midnight, the end excluded
_DAY_MINUTES = 24 * 60
_ONE_DAY = timedelta(days=1)
OFFICE_HOURS: tuple[Range, ...] = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
_LAST_YEAR = 9998


@dataclass(frozen=True, slots=True)
class Step:
    """One day a count passed over: what kind of day it was, and the count after it, with a half more where `half`."""

    day: date
    why: Why
    count: int
    half: bool = False


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days and minutes are worked.

    `off` and `work` are the public calendar's exceptions to the week, `company_off` and
    `company_work` the company's own over it. `weekend` holds ISO weekdays. `hours` are the ranges
    of a working day, sorted and apart; `hours_on` those of single days.
    """

    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()
    company_off: frozenset[date] = frozenset()
    company_work: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({6, 7})
    hours: tuple[Range, ...] = OFFICE_HOURS
    hours_on: Mapping[date, tuple[Range, ...]] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    def why(self, day: date) -> Why:
        """What kind of day it is; the company's word goes before the public calendar's."""
        if day in self.company_work:
            return "company work"
        if day in self.company_off:
            return "company off"
        if day in self.work:
            return "make-up"
        if day in self.off:
            return "holiday"
        return "weekend" if day.isoweekday() in self.weekend else "workday"

    def is_workday(self, day: date) -> bool:
        """Whether the day is worked."""
        return self.why(day) in {"workday", "make-up", "company work"}

    def unknown_years(self, first: date, last: date) -> list[int]:
        """The years touched between two days for which the public calendar is not known."""
        low, high = sorted((first.year, last.year))
        return [year for year in range(low, high + 1) if year not in self.years]

    def steps(self, start: date, count: int) -> Iterator[Step]:
        """Every day passed from `start` (not counted itself) to the `count`-th working day after it.

        A negative count goes back. Raises ValueError when there is no working day to be reached.
        """
        if count and not (self.company_work or self.work or len(self.weekend) < 7):
            raise ValueError("a calendar without working days")
        direction = _ONE_DAY if count > 0 else -_ONE_DAY
        day, left = start, abs(count)
        while left:
            day += direction
            if day.year > _LAST_YEAR:
                raise ValueError("a calendar without working days")
            why = self.why(day)
            left -= why in {"workday", "make-up", "company work"}
            yield Step(day, why, abs(count) - left)

    def add_workdays(self, start: date, count: int) -> date:
        """The `count`-th working day after `start`; `start` itself for 0, before it when negative."""
        day = start
        for step in self.steps(start, count):
            day = step.day
        return day

    def workdays_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` lies before."""
        if end < start:
            return -self._count(end, start - _ONE_DAY)
        return self._count(start + _ONE_DAY, end)

    def _count(self, first: date, last: date) -> int:
        return sum(self.is_workday(first + timedelta(days=n)) for n in range((last - first).days + 1))

    def ranges(self, day: date) -> Sequence[Range]:
        """The worked minutes of a day."""
        return self.hours_on.get(day, self.hours) if self.is_workday(day) else ()

    def add_working_minutes(self, start: datetime, minutes: int) -> datetime:
        """The moment at which `minutes` of working time have passed since `start` (not negative).

        A span used up exactly at the end of a range ends there, not at the next one's beginning.
        """
        return self.add_working_seconds(start, minutes * 60)

    def add_working_seconds(self, start: datetime, seconds: int) -> datetime:
        """Like `add_working_minutes`, to the second."""
        if seconds < 0:
            raise ValueError("working time is only counted forwards")
        if seconds == 0:
            return start
        left = seconds
        day, since = start.date(), _second(start)
        while True:
            for low, high in self._seconds(day):
                begin = max(low, since)
                if begin < high:
                    if left <= high - begin:
                        return _at(day, begin + left, start)
                    left -= high - begin
            day, since = day + _ONE_DAY, 0
            if day.year > _LAST_YEAR:
                raise ValueError("a calendar without working time")

    def working_minutes_between(self, start: datetime, end: datetime) -> int:
        """Whole minutes of working time from `start` to `end` (0 when `end` lies before)."""
        return self.working_seconds_between(start, end) // 60

    def working_seconds_between(self, start: datetime, end: datetime) -> int:
        """Like `working_minutes_between`, to the second."""
        if end <= start:
            return 0
        end = end.astimezone(start.tzinfo) if start.tzinfo and end.tzinfo else end
        total, day = 0, start.date()
        while day <= end.date():
            since = _second(start) if day == start.date() else 0
            until = _second(end) if day == end.date() else _DAY_MINUTES * 60
            total += sum(max(0, min(high, until) - max(low, since)) for low, high in self._seconds(day))
            day += _ONE_DAY
        return total

    def _seconds(self, day: date) -> list[Range]:
        return [(low * 60, high * 60) for low, high in self.ranges(day)]


def add_months(day: date, count: int) -> date:
    """The same day `count` months on, or the month's last where it has no such day (31 Aug + 6 = 28 Feb)."""
    month = day.year * 12 + day.month - 1 + count
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, days_in_month(year, month + 1)))


def days_in_month(year: int, month: int) -> int:
    """How many days a month has."""
    following = date(year + month // 12, month % 12 + 1, 1) if (year, month) < (9999, 12) else None
    return (following - _ONE_DAY).day if following else 31


def half_year(day: date) -> tuple[date, date]:
    """First and last day of the half year a day lies in."""
    first, last = ((1, 1), (6, 30)) if day.month <= 6 else ((7, 1), (12, 31))
    return date(day.year, *first), date(day.year, *last)


def _second(moment: datetime) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _at(day: date, second: int, like: datetime) -> datetime:
    midnight = datetime.combine(day, time(), tzinfo=like.tzinfo)
    return midnight + timedelta(seconds=second)
