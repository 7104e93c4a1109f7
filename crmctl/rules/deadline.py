"""From the start of a clock to its end, with the days it passed over. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from crmctl.model.duration import Duration
from crmctl.rules.calendar import Step, WorkCalendar, add_months

Start = date | datetime


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day on which it is still in time, and the last moment where hours count. `steps` is the trace."""

    day: date
    moment: datetime | None = None
    steps: tuple[Step, ...] = ()

    def missed(self, done: Start) -> bool:
        """Whether `done` (a day, or a moment in the same zone) is too late."""
        if self.moment is not None and isinstance(done, datetime):
            return done > self.moment
        return day_of(done) > self.day


def deadline(
    calendar: WorkCalendar, start: Start, within: Duration | None, by: time | None = None, zone: tzinfo | None = None
) -> Deadline:
    """When a clock that started at `start` ends: `within` later (at once for None), that day at `by` in `zone`.

    A span counts from the day after the start, which does not count itself; months stop at a
    month's last day. Raises ValueError for hours counted from a mere day.
    """
    steps: tuple[Step, ...] = ()
    moment: datetime | None = None
    day = day_of(start)
    if within is None or within.unit == "same day":
        pass
    elif within.unit == "working day":
        steps = tuple(calendar.steps(day, within.count))
        day = steps[-1].day if steps else day
    elif within.timed:
        moment = _timed(calendar, start, within)
        day = moment.date()
    elif within.unit == "day of next month":
        day = add_months(day.replace(day=1), 1).replace(day=within.count)
    elif within.unit == "day":
        day += timedelta(days=within.count)
    else:
        day = add_months(day, within.count * (12 if within.unit == "year" else 1))
    if by is not None:
        moment = datetime.combine(day, by, tzinfo=zone or (start.tzinfo if isinstance(start, datetime) else None))
    return Deadline(day, moment, steps)


def _timed(calendar: WorkCalendar, start: Start, within: Duration) -> datetime:
    if not isinstance(start, datetime):
        raise ValueError("hours need a moment to start from")  # noqa: TRY004 - the policy's slip, not a caller's
    minutes = within.count * (60 if within.unit.endswith("hour") else 1)
    if within.unit.startswith("working"):
        return calendar.add_working_minutes(start, minutes)
    if start.tzinfo is None:
        return start + timedelta(minutes=minutes)
    return (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(start.tzinfo)


def day_of(moment: Start) -> date:
    """The day of a day or moment."""
    return moment.date() if isinstance(moment, datetime) else moment
