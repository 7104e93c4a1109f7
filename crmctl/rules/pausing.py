"""Stretches in which a clock stands still (DESIGN 5). Pure.

Of a pause that is known by its days, nobody knows the hours: it is taken to last from midday to midday, so that it
moves a clock of days by exactly the days between the two. Of a day the half that is left counts.
Moments leave out the very stretch between them; a mere day stands for its end there. Pauses that overlap
count once, in whatever order they come, and one that begins after the clock has run out changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from crmctl.model.kinds import Label
from crmctl.rules.calendar import Step, WorkCalendar

Start = date | datetime
_ONE_DAY = timedelta(days=1)
_HALVES = 2


@dataclass(frozen=True, slots=True)
class Pause:
    """From a day or moment on, until another or, where there is none, still. `text` says what is waited for."""

    since: Start
    until: Start | None = None
    text: Label = ("", "")
    told: str = ""


def day_of(moment: Start) -> date:
    """The day of a day or moment."""
    return moment.date() if isinstance(moment, datetime) else moment


def moment_of(point: Start, zone: tzinfo | None) -> datetime:
    """A moment as it is, a day's end for a day."""
    if isinstance(point, datetime):
        return point
    return datetime.combine(point + _ONE_DAY, time(), tzinfo=zone)


def _day_spans(pauses: Iterable[Pause]) -> list[tuple[date, date]]:
    return [(day_of(pause.since), day_of(pause.until)) for pause in pauses if pause.until is not None]


def _free_halves(day: date, spans: Sequence[tuple[date, date]]) -> int:
    """How many halves of a day no ended pause covers."""
    morning = not any(since < day <= until for since, until in spans)
    afternoon = not any(since <= day < until for since, until in spans)
    return morning + afternoon


def end_of_working_days(
    calendar: WorkCalendar, start: date, count: int, pauses: Sequence[Pause]
) -> tuple[date, tuple[Step, ...]]:
    """The day on which `count` working days have passed after `start` outside the pauses, and each day passed."""
    if not pauses:
        passed = tuple(calendar.steps(start, count))
        return passed[-1].day if passed else start, passed
    steps: list[Step] = []
    day, halves, spans = start, 0, _day_spans(pauses)
    while halves < count * _HALVES:
        # the calendar looks for the next working day itself, and tells when there is none
        for step in calendar.steps(day, 1):
            day, free = step.day, _free_halves(step.day, spans) if step.count else 0
            halves += free
            why = "paused" if step.count and not free else step.why
            half = halves % _HALVES == 1 and halves < count * _HALVES
            steps.append(Step(day, why, min(halves // _HALVES, count), half))
    return _end_at(day, pauses) if count == 0 else day, tuple(steps)


def end_of_days(start: date, end: date, pauses: Sequence[Pause]) -> date:
    """Where a span of calendar days or months that would end on `end` ends with its pauses."""
    if not pauses:
        return end
    left, day, spans = (end - start).days * _HALVES, start, _day_spans(pauses)
    while left > 0:
        day += _ONE_DAY
        left -= _free_halves(day, spans)
    return _end_at(day, pauses) if end == start else day


def end_of_minutes(calendar: WorkCalendar | None, start: datetime, minutes: int, pauses: Iterable[Pause]) -> datetime:
    """The moment at which `minutes` (of working time, where a calendar is given) have passed outside the pauses."""
    left, now = minutes * 60, start
    for since, until in _stretches(pauses, start.tzinfo):
        if until <= now:
            continue
        if since > now:
            passed = _seconds(calendar, now, since)
            if left <= passed:
                break
            left -= passed
        now = until.astimezone(start.tzinfo) if start.tzinfo else until
    return _later(calendar, now, left)


def days_passed(start: date, end: date, pauses: Sequence[Pause], calendar: WorkCalendar | None = None) -> int:
    """How many whole days (working days, where a calendar is given) have passed after `start` outside the pauses."""
    days, spans = (start + timedelta(days=n) for n in range(1, (end - start).days + 1)), _day_spans(pauses)
    return sum(_free_halves(day, spans) for day in days if calendar is None or calendar.is_workday(day)) // _HALVES


def _end_at(day: date, pauses: Sequence[Pause]) -> date:
    """The last day of what is to be done on one day: where that one is paused, the day the pause ends on."""
    while covering := [
        until for pause in pauses if pause.until and day_of(pause.since) <= day < (until := day_of(pause.until))
    ]:
        day = max(covering)
    return day


def _stretches(pauses: Iterable[Pause], zone: tzinfo | None) -> list[tuple[datetime, datetime]]:
    """The stretches of ended pauses in order; where they overlap the later one finds its beginning passed."""
    return sorted((moment_of(one.since, zone), moment_of(one.until, zone)) for one in pauses if one.until is not None)


def _seconds(calendar: WorkCalendar | None, start: datetime, end: datetime) -> int:
    if calendar is not None:
        return calendar.working_seconds_between(start, end)
    passed = end - start if start.tzinfo is None else end.astimezone(UTC) - start.astimezone(UTC)
    return int(passed.total_seconds())


def _later(calendar: WorkCalendar | None, start: datetime, seconds: int) -> datetime:
    if calendar is not None:
        return calendar.add_working_seconds(start, seconds)
    if start.tzinfo is None:
        return start + timedelta(seconds=seconds)
    return (start.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(start.tzinfo)
