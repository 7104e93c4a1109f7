"""From the start of a clock to its end, with the days it passed over. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from crmctl.model.duration import Duration
from crmctl.rules.calendar import Step, WorkCalendar, add_months
from crmctl.rules.pausing import (
    Pause,
    Start,
    day_of,
    end_of_days,
    end_of_minutes,
    end_of_working_days,
    moment_of,
)  # fmt: skip

__all__ = ["Deadline", "Start", "day_of", "deadline"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day on which it is still in time, and the last moment where hours count. `steps` is the trace.

    `pauses` are those it took account of. `stopped` is a pause that lasts and stopped the clock: then there is no end
    yet, `day` and `moment` say where it would be without that one.
    """

    day: date
    moment: datetime | None = None
    steps: tuple[Step, ...] = ()
    pauses: tuple[Pause, ...] = ()
    stopped: Pause | None = None

    def missed(self, done: Start) -> bool:
        """Whether `done` (a day, or a moment in the same zone) is too late."""
        if self.stopped is not None:
            return False
        if self.moment is not None and isinstance(done, datetime):
            return done > self.moment
        return day_of(done) > self.day


def deadline(
    calendar: WorkCalendar, start: Start, within: Duration | None, by: time | None = None, zone: tzinfo | None = None,
    pauses: Iterable[Pause] = (),
) -> Deadline:  # fmt: skip
    """When a clock that started at `start` ends: `within` later (at once for None), that day at `by` in `zone`.

    A span counts from the day after the start, which does not count itself; months stop at a
    month's last day. What `pauses` leave out is told in `crmctl.rules.pausing`; their order does not matter.
    Raises ValueError for hours counted from a mere day.
    """
    held = sorted(pauses, key=lambda pause: (day_of(pause.since), str(pause.since), str(pause.until)))
    day, moment, steps = _end(calendar, start, within, held)
    stopped = None
    for pause in held:
        if stopped is None and pause.until is None:
            # it stops the clock, if the end would move were it to last beyond it
            beyond: Start = moment + timedelta(minutes=1) if moment else day + timedelta(days=1)
            longer = _end(calendar, start, within, [*held, replace(pause, until=beyond)])
            if longer[:2] != (day, moment):
                stopped, steps = pause, tuple(step for step in longer[2] if step.day <= day_of(pause.since))
    touching = tuple(pause for pause in held if _touches(pause, start, day, moment))
    if by is not None:
        moment = datetime.combine(day, by, tzinfo=zone or (start.tzinfo if isinstance(start, datetime) else None))
    return Deadline(day, moment, steps, touching, stopped)


def _end(
    calendar: WorkCalendar, start: Start, within: Duration | None, pauses: Sequence[Pause]
) -> tuple[date, datetime | None, tuple[Step, ...]]:
    day = day_of(start)
    if within is not None and within.unit == "working day":
        end, steps = end_of_working_days(calendar, day, within.count, pauses)
        return end, None, steps
    if within is not None and within.timed:
        moment = _timed(calendar, start, within, pauses)
        return moment.date(), moment, ()
    return (end_of_days(day, _plain(day, within), pauses) if within else day), None, ()


def _plain(day: date, within: Duration) -> date:
    """The end of a span of calendar days, months or years."""
    match within.unit:
        case "same day":
            return day
        case "day of next month":
            return add_months(day.replace(day=1), 1).replace(day=within.count)
        case "day":
            return day + timedelta(days=within.count)
        case _:
            return add_months(day, within.count * (12 if within.unit == "year" else 1))


def _timed(calendar: WorkCalendar, start: Start, within: Duration, pauses: Sequence[Pause]) -> datetime:
    if not isinstance(start, datetime):
        raise ValueError("hours need a moment to start from")  # noqa: TRY004 - the policy's slip, not a caller's
    minutes = within.count * (60 if within.unit.endswith("hour") else 1)
    worked = calendar if within.unit.startswith("working") else None
    return end_of_minutes(worked, start, minutes, pauses)


def _touches(pause: Pause, start: Start, day: date, moment: datetime | None) -> bool:
    """Whether a pause lies at least in part between the start and the end."""
    if moment is not None and isinstance(start, datetime):
        until = moment_of(pause.until, moment.tzinfo) if pause.until else None
        return moment_of(pause.since, moment.tzinfo) < moment and (until is None or until > start)
    return day_of(pause.since) <= day and (pause.until is None or day_of(pause.until) > day_of(start))
