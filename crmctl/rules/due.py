"""What is due, late or was done late, by the policy's clocks. Pure: rows in, items out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from crmctl.model.duration import Duration, with_values
from crmctl.policy.clocks import Clock, value_of
from crmctl.rules.calendar import add_months
from crmctl.rules.deadline import Deadline, Start, day_of, deadline
from crmctl.rules.due_parts import Due, DueRow, Surroundings
from crmctl.rules.due_persons import may_concern, who_of
from crmctl.rules.pausing import Pause

_NO_LEAD = 0
DONE_SHOWN = timedelta(days=31)


def due_items(clock: Clock, rows: Iterable[DueRow], around: Surroundings) -> Iterator[Due]:
    """The items one clock makes of the records of its kind, as far as they may be wanted."""
    if clock.missing_for or clock.each:
        return
    for row in rows:
        if (
            may_concern(clock, row, around)
            and running(clock, around.settings_of(row.department))
            and all(leaf.holds(row.values) is True for leaf in clock.conditions)
        ):
            yield from _of_row(clock, row, around)


def running(clock: Clock, settings: Mapping[str, object]) -> bool:
    """Whether the policy lets the clock run: its `only` holds and every value it needs is set.

    An hour that is not set leaves the whole day, but asks nobody for a record he may still make.
    """
    if clock.only is not None and clock.only.holds(settings) is not True:
        return False
    if clock.missing_for and value_of(clock.by, settings) is None:
        return False
    if clock.every is not None:
        return bool(clock.every.in_force(settings)) and (clock.among is None or bool(clock.departments(settings)))
    spans = [clock.within, *(case.within for case in clock.cases)]
    return clock.within is None or clock.unset == "open" or any(s and with_values(s, settings) for s in spans)


def missing_items(
    clock: Clock, present: Mapping[str, datetime], members: Iterable[tuple[str, str]], around: Surroundings
) -> Iterator[Due]:
    """The turned-round clock: who of `members` (id, department) has no record for today.

    `present` says when each member's record was entered. One entered after the set time counts as
    done late. On a day off nothing is asked, and who begins today has until the day's end.
    """
    if not clock.missing_for or not around.calendar.is_workday(around.today):
        return
    for member, department in members:
        entered, settings = present.get(member), around.settings_of(department)
        if not running(clock, settings):
            continue
        by = None if around.began.get(member) == around.today else _clock_time(clock, settings)
        end = deadline(around.calendar, around.today, None, by, around.now.tzinfo)
        item = Due(
            clock.code, clock.text, clock.on, "", f"office/{department}", department, around.today, end.day, end.moment,
            late=end.missed(entered or around.now), late_days=0, who=(member,),
        )  # fmt: skip
        if entered is None:
            yield item
        elif item.late:
            yield replace(item, done=entered.date())


def ordered(items: Iterable[Due]) -> list[Due]:
    """What is late first; among both whom the policy puts first, then by the day it is due, what has no end last."""
    return sorted(items, key=_order)


def _order(item: Due) -> tuple[bool, int, date, str, date, str, str, str]:
    moment = item.moment.isoformat() if item.moment else "~"
    return not item.late, item.rank, item.due or date.max, moment, item.since, item.id, item.field, item.code


def _of_row(clock: Clock, row: DueRow, around: Surroundings) -> Iterator[Due]:
    if clock.at == "unverified":
        for name, day in row.unverified.items():
            item = _item(clock, row, around, day, Deadline(day), None)
            yield from _shown(clock, replace(item, field=name), around)
        return
    start = row.values.get(clock.at)
    if start is None and clock.else_at:
        start = row.values.get(clock.else_at)
    if not isinstance(start, date):
        return
    if clock.every is not None:
        yield from _in_window(clock, row, around, day_of(start))
    elif not _answered(clock, row, around):
        yield from _counted(_of_case(clock, row, around, day_of(start)), row, around, start)


def _counted(clock: Clock, row: DueRow, around: Surroundings, start: Start) -> Iterator[Due]:
    settings = around.since(day_of(start), row.department)
    span = with_values(clock.within, settings) if clock.within else None
    done = next((row.values[name] for name in clock.done if row.values.get(name) is not None), None)
    pauses = tuple(pause for pause in row.pauses if _begun(pause, around.now))
    if clock.within and span is None:
        if done is None and clock.unset == "open":
            yield _open(clock, row, around, start, pauses)
        return
    end = deadline(around.calendar, start, span, _clock_time(clock, settings), around.now.tzinfo, pauses)
    if row.asked_from is not None and end.day < row.asked_from:
        end = Deadline(row.asked_from)
    item = _item(clock, row, around, start, end, span)
    if done is None:
        yield from _shown(clock, item, around)
    elif isinstance(done, date) and end.missed(done) and day_of(done) >= around.today - DONE_SHOWN:
        yield replace(item, done=day_of(done), late=True, late_days=(day_of(done) - end.day).days)


def _answered(clock: Clock, row: DueRow, around: Surroundings) -> bool:
    if clock.until is None:
        return False
    if clock.until.ref is not None:
        return (*clock.until.key, row.id, None) in around.latest
    after = row.values.get(clock.until.after)
    latest = around.latest.get((*clock.until.key, row.dossier, row.department))
    if latest is None or not isinstance(after, date):
        return latest is not None
    # one of the clock's own kind may be the very record; of another kind, one of the same day answers it
    return latest > day_of(after) if clock.until.kind == clock.on else latest >= day_of(after)


def _shown(clock: Clock, item: Due, around: Surroundings) -> Iterator[Due]:
    lead = value_of(clock.lead, around.settings_of(item.department))
    ahead = int(lead) if lead and lead.isdigit() else _NO_LEAD
    if item.due is None or item.due > around.today + timedelta(days=ahead):
        return
    # one that stands still is shown when it would be without that; where it ends then, nobody knows yet
    yield replace(item, due=None, moment=None) if item.paused else item


def _begun(pause: Pause, now: datetime) -> bool:
    return pause.since <= now if isinstance(pause.since, datetime) else pause.since <= now.date()


def _open(clock: Clock, row: DueRow, around: Surroundings, start: Start, pauses: tuple[Pause, ...]) -> Due:
    return Due(
        clock.code, clock.text, row.kind, row.id, row.dossier, row.department, day_of(start), None, None, late=False,
        late_days=0, who=who_of(clock.who, row, around), told=_told(clock, row), pauses=pauses,
        paused=next((pause for pause in pauses if pause.until is None), None),
    )  # fmt: skip


def _item(clock: Clock, row: DueRow, around: Surroundings, start: Start, end: Deadline, span: Duration | None) -> Due:
    late = end.missed(around.now)
    first = who_of(clock.who, row, around)
    who, turned = _turned(clock, row, around, end) if late else (first, 0)
    return Due(
        clock.code, clock.text, row.kind, row.id, row.dossier, row.department, day_of(start), end.day, end.moment, late,
        max(0, (around.today - end.day).days) if end.stopped is None else 0, who, within=str(span or ""),
        steps=end.steps, turned=turned, told=_told(clock, row), passed_from=first if turned else (),
        pauses=end.pauses, paused=end.stopped,
    )  # fmt: skip


def _told(clock: Clock, row: DueRow) -> str:
    return " ".join(str(row.values.get(clock.tell) or "").split()) if clock.tell else ""


def _of_case(clock: Clock, row: DueRow, around: Surroundings, start: date) -> Clock:
    """The clock with the persons, and the time where it is set, of the first case that fits what began on a day."""
    for number, case in enumerate(clock.cases):
        if all(leaf.holds(row.values) is True for leaf in case.conditions):
            span = with_values(case.within, around.since(start, row.department)) if case.within else None
            return around.with_case(clock, number, own=span is not None)
    return clock


def _turned(clock: Clock, row: DueRow, around: Surroundings, end: Deadline) -> tuple[tuple[str, ...], int]:
    """Whom a late clock has turned to by now, the last first, and how often it turned."""
    who, turned = who_of(clock.who, row, around), 0
    for turn in clock.then:
        span = with_values(turn.after, around.settings_of(row.department))
        if span is None or not deadline(around.calendar, end.moment or end.day, span).missed(around.now):
            continue
        further = who_of(turn.who, row, around)
        if further:
            who, turned = tuple(dict.fromkeys([*further, *who])), turned + 1
    return who, turned


def wave_items(
    clock: Clock, latest: Mapping[str, date], departments: Iterable[str], around: Surroundings
) -> Iterator[Due]:
    """One record of the clock's kind is asked of each department in each window; `latest` is the last one's day.

    A window that was over before the department began is asked of nobody.
    """
    if clock.each is None:
        return
    for department in departments:
        if clock.among is not None and department not in clock.departments(around.settings_of(department)):
            continue
        window = _window(clock, around, department)
        if window is None or window[1] < around.began.get(department, date.min):
            continue
        if latest.get(department, date.min) < window[0]:
            row = DueRow(clock.on, "", f"office/{department}", department, {})
            yield _item(clock, row, around, window[0], Deadline(window[1]), None)


def _in_window(clock: Clock, row: DueRow, around: Surroundings, start: date) -> Iterator[Due]:
    """What comes round in some months: asked in each window of whoever was there before it began."""
    window = _window(clock, around, row.department)
    if window is None or start >= window[0]:
        return
    until = clock.until
    latest = around.latest.get((until.kind, until.at, row.dossier, row.department)) if until else None
    done = [row.values[name] for name in clock.done if isinstance(row.values.get(name), date)]
    days = [day_of(day) for day in done if isinstance(day, date)] + ([latest] if latest else [])
    if not any(day >= window[0] for day in days):
        here = _of_case(clock, row, around, around.today)
        yield _item(here, row, around, window[0], Deadline(window[1]), None)


def _window(clock: Clock, around: Surroundings, department: str | None) -> tuple[date, date] | None:
    """The first and last day of the newest month that has begun, or begins within the lead."""
    settings = around.settings_of(department)
    months = clock.every.in_force(settings) if clock.every else ()
    lead = value_of(clock.lead, settings)
    seen = around.today + timedelta(days=int(lead) if lead and lead.isdigit() else _NO_LEAD)
    firsts = [date(year, month, 1) for year in (seen.year - 1, seen.year) for month in months]
    first = max((day for day in firsts if day <= seen), default=None)
    return None if first is None else (first, add_months(first, 1) - timedelta(days=1))


def _clock_time(clock: Clock, settings: Mapping[str, object]) -> time | None:
    text = value_of(clock.by, settings)
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        return None
