"""The year a demo company looks back on: its days, working hours and months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from crmctl.rules.calendar import add_months


@dataclass(frozen=True, slots=True)
class Span:
    """From the first day of the month a year ago until `now`."""

    now: datetime

    @property
    def first(self) -> date:
        """The first day."""
        return add_months(self.now.date().replace(day=1), -12)

    @property
    def last(self) -> date:
        """The last day: today."""
        return self.now.date()

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    @property
    def months(self) -> list[date]:
        """The first day of each month."""
        return [add_months(self.first, number) for number in range(13)]

    def day(self, rng: Random, after: date | None = None, before: date | None = None) -> date:
        """A weekday between two days (both included)."""
        low, high = max(after or self.first, self.first), min(before or self.last, self.last)
        found = low + timedelta(days=rng.randint(0, max(0, (high - low).days)))
        back = max(0, found.isoweekday() - 5)
        return max(low, found - timedelta(days=back))

    def at(self, rng: Random, day: date, hours: tuple[int, int] = (9, 17)) -> datetime:
        """A moment of that day in working hours, never later than now."""
        minute = rng.randrange(hours[0] * 60, hours[1] * 60)
        moment = datetime.combine(day, time(minute // 60, minute % 60), self.now.tzinfo)
        return min(moment, self.now)

    def next_weekday(self, day: date) -> date:
        """The first weekday after a day."""
        found = day + timedelta(days=1)
        while found.isoweekday() > 5:
            found += timedelta(days=1)
        return found
