"""Clocks that stand still for a while: counted a second way, and what holds for any pauses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.ledger.workdays import laid_over
from crmctl.model.duration import Duration, parse_duration
from crmctl.policy.workdays import CompanyDays
from crmctl.rules.calendar import WorkCalendar
from crmctl.rules.deadline import Deadline, deadline
from crmctl.rules.pausing import Pause, days_passed
from tests.rules.test_clocks_counted_by_hand import every_day, from_files, minutes, published, year_2026

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINA = laid_over(CompanyDays())
FRIDAY = date(2026, 11, 20)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def pause(since: str, until: str | None = None) -> Pause:
    point = at if "T" in since else day
    return Pause(point(since), point(until) if until else None)


def end(start: date, within: str, *pauses: Pause) -> Deadline:
    return deadline(CHINA, start, parse_duration(within), pauses=pauses)


@pytest.mark.req("R-INT-16")
@pytest.mark.parametrize(
    ("within", "pauses", "expected"),
    [
        ("3 working days", ["11-24 11-26"], "11-27"),  # moved by as many working days as it lasted
        ("3 days", ["11-22 11-24"], "11-25"),
        ("1 month", ["11-25 12-05"], "12-30"),
        ("1 working day", ["11-23 11-25"], "11-25"),  # asked on the last day: the day of the answer is the last
        ("1 working day", ["11-20 11-24"], "11-25"),  # asked on the day it came in
        ("1 working day", ["11-20 11-22"], "11-23"),  # over a weekend: nothing was to be counted then
        ("3 working days", ["11-21 11-22"], "11-25"),
        (
            "2 working days",
            ["11-23 11-29"],
            "12-01",
        ),  # answered on a Sunday: half of Monday is used up before the answer
        ("1 working day", ["11-24 11-30"], "11-23"),  # begun after the end
        ("1 working day", ["11-23 11-23"], "11-23"),  # answered the same day
        ("1 working day", ["11-10 11-18"], "11-23"),  # over before it began
        ("same day", ["11-20 11-25"], "11-25"),
        ("0 working days", ["11-20 11-25", "11-25 11-26"], "11-26"),
        ("5 working days", ["11-23 11-25", "11-24 11-25"], "12-01"),  # one within the other
        ("5 working days", ["11-23 11-25", "11-24 11-26"], "12-02"),  # overlapping
        ("5 working days", ["11-23 11-24", "11-24 11-26"], "12-02"),  # one after the other
        ("1 working day", ["09-20 10-01"], "11-23"),
    ],
)
def test_a_clock_of_days_stands_still(within: str, pauses: list[str], expected: str) -> None:
    made = [pause(*text.split()) for text in pauses]
    assert end(FRIDAY, within, *made).day == day(expected)
    assert end(FRIDAY, within, *reversed(made)).day == day(expected)


@pytest.mark.parametrize(
    ("start", "within", "pauses", "expected"),
    [
        ("11-20T10:00", "4 working hours", ["11-20T11:00 11-20T14:30"], "11-20T17:30"),
        ("11-20T17:00", "2 working hours", ["11-20T17:30 11-23T09:30"], "11-23T11:00"),  # over a weekend
        ("11-20T10:00", "24 hours", ["11-21T08:00 11-21T20:00"], "11-21T22:00"),
        ("11-20T10:00", "24 hours", ["11-20 11-22"], "11-23T10:00"),  # by days only: from midnight to midnight
        ("11-20T10:00", "4 working hours", ["11-20T15:00 11-20T17:00"], "11-20T15:00"),  # begun as it ran out
        ("11-20T10:00", "4 working hours", ["11-20T09:00 11-20T11:00"], "11-20T16:00"),  # before it began and after
        ("11-20T10:00", "4 working hours", ["11-20T12:00 11-20T13:00"], "11-20T15:00"),  # during lunch
        ("11-20T10:00", "90 minutes", ["11-20T10:30 11-20T11:30", "11-20T11:00 11-20T12:00"], "11-20T13:00"),
    ],
)
def test_a_clock_of_hours_stands_still(start: str, within: str, pauses: list[str], expected: str) -> None:
    made = [pause(*text.split()) for text in pauses]
    assert end(at(start), within, *made).moment == at(expected)
    assert end(at(start), within, *reversed(made)).moment == at(expected)


def test_hours_around_a_pause_run_on_while_the_clocks_are_changed() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 24, 23, tzinfo=berlin)  # that night has an hour more
    waits = Pause(datetime(2026, 10, 25, 4, tzinfo=berlin), datetime(2026, 10, 25, 5, tzinfo=berlin))
    found = deadline(CHINA, start, parse_duration("7 hours"), pauses=[waits]).moment
    assert found == datetime(2026, 10, 25, 6, tzinfo=berlin)  # six hours until four, one more after five
    plain = Pause(datetime(2026, 11, 20, 11), datetime(2026, 11, 20, 12))  # noqa: DTZ001 - a clock on the wall
    end = deadline(CHINA, datetime(2026, 11, 20, 10), parse_duration("2 hours"), pauses=[plain]).moment  # noqa: DTZ001
    assert end == datetime(2026, 11, 20, 13)  # noqa: DTZ001


def test_a_pause_that_lasts_stops_the_clock() -> None:
    running = end(FRIDAY, "3 working days", pause("11-24"))
    assert running.stopped == pause("11-24")
    assert not running.missed(day("12-30"))
    assert running.day == day("11-25")  # where it would end without that pause
    assert [(step.day, step.count) for step in running.steps if step.count] == [(day("11-23"), 1), (day("11-24"), 1)]
    assert end(FRIDAY, "1 working day", pause("11-23")).stopped is not None  # asked on the last day
    assert end(FRIDAY, "1 working day", pause("11-24")).stopped is None  # it had run out
    assert end(FRIDAY, "1 working day", pause("11-24")).missed(day("11-24"))
    assert end(FRIDAY, "same day", pause("11-20")).stopped is not None
    assert end(FRIDAY, "3 working days", pause("11-24", "11-26"), pause("11-25")).stopped == pause("11-25")
    hours = end(at("11-20T10:00"), "4 working hours", pause("11-20T14:59"))
    assert (hours.stopped, hours.missed(at("11-30T10:00"))) == (pause("11-20T14:59"), False)
    assert end(at("11-20T10:00"), "4 working hours", pause("11-20T15:00")).stopped is None


def test_the_trace_tells_the_days_that_were_left_out() -> None:
    found = end(FRIDAY, "2 working days", pause("11-23", "11-25"), pause("12-10"))
    assert [(step.day.day, step.why, step.count, step.half) for step in found.steps] == [
        (21, "weekend", 0, False), (22, "weekend", 0, False), (23, "workday", 0, True), (24, "paused", 0, True),
        (25, "workday", 1, False), (26, "workday", 2, False),
    ]  # fmt: skip
    assert found.pauses == (pause("11-23", "11-25"),)


def oracle(worked: Sequence[date], start: date, count: int, pauses: Sequence[Pause]) -> date:
    """Each working day as a morning and an afternoon; those between two middays of a pause are struck out."""
    spans = [(one.since.toordinal() + 0.5, one.until.toordinal() + 0.5) for one in pauses if one.until]
    after = bisect_right(worked, start)
    slots = [one.toordinal() + part for one in worked[after : after + 100] for part in (0.25, 0.75)]
    left = [slot for slot in slots if not any(low < slot < high for low, high in spans)]
    return date.fromordinal(int(left[2 * count - 1]))


def agree(worked: list[date], every: int) -> int:
    chance, compared = Random(7), 0
    for start in every_day(worked[0], worked[-120])[::every]:
        lasting = [
            (start + timedelta(chance.randint(-3, 20)), chance.randint(0, 9)) for _ in range(chance.randint(1, 4))
        ]
        pauses = [Pause(since, since + timedelta(length)) for since, length in lasting]
        for count in (1, 2, 5, 10):
            found = deadline(CHINA, start, Duration(count, "working day"), pauses=pauses)
            assert found.day == oracle(worked, start, count, pauses), (start, count, pauses)
            assert days_passed(start, found.day, pauses, CHINA) == count
            compared += 1
    return compared


@pytest.mark.req("R-INT-16")
def test_paused_working_days_of_a_year_counted_one_by_one() -> None:
    assert agree(year_2026(), 1) > 700


@pytest.mark.slow
@published
@pytest.mark.req("R-INT-16")
def test_paused_working_days_of_eight_years_counted_one_by_one() -> None:
    assert agree(from_files(), 1) > 10_000


def test_paused_working_hours_minute_by_minute() -> None:
    worked, chance = year_2026(), Random(11)
    ticks = minutes(worked)
    for start in range(worked[0].toordinal() * 1440, ticks[-20_000], 1733):
        spans = [(low := start + chance.randint(-600, 4000), low + chance.randint(0, 5000)) for _ in range(3)]
        pauses = [Pause(moment(low), moment(high)) for low, high in spans]
        first = bisect_left(ticks, start)
        left = [tick for tick in ticks[first : first + 8000] if not any(low <= tick < high for low, high in spans)]
        found = deadline(CHINA, moment(start), Duration(480, "working minute"), pauses=pauses)
        assert found.moment == moment(left[479] + 1), (start, spans)


def moment(minute: int) -> datetime:
    return datetime.combine(date.fromordinal(minute // 1440), time(), SHANGHAI) + timedelta(minutes=minute % 1440)


DAYS = st.dates(date(2021, 1, 1), date(2021, 4, 30))
PAUSES = st.lists(st.builds(lambda one, other: Pause(min(one, other), max(one, other)), DAYS, DAYS), max_size=5)
SPANS = st.builds(Duration, st.integers(0, 20), st.sampled_from(["day", "working day", "month"]))
MOMENTS = st.datetimes(datetime(2021, 1, 1), datetime(2021, 1, 31)).map(  # noqa: DTZ001 - given its zone at once
    lambda one: one.replace(microsecond=0, tzinfo=SHANGHAI)
)
TIMED = st.lists(st.builds(lambda one, other: Pause(min(one, other), max(one, other)), MOMENTS, MOMENTS), max_size=5)
HOURS = st.builds(Duration, st.integers(0, 60), st.sampled_from(["hour", "working hour", "minute", "working minute"]))
EITHER = st.one_of(st.tuples(DAYS, SPANS, PAUSES), st.tuples(MOMENTS, HOURS, TIMED))
Case = tuple[date, Duration, list[Pause]]


def last(case: Case, pauses: Sequence[Pause]) -> date:
    found = deadline(CHINA, case[0], case[1], pauses=pauses)
    return found.moment or found.day


@pytest.mark.req("R-INT-16")
@given(EITHER, st.randoms(use_true_random=False))
def test_pauses_in_any_order_end_the_same_and_one_more_never_sooner(case: Case, random: Random) -> None:
    pauses = case[2]
    ends = [last(case, pauses[:n]) for n in range(len(pauses) + 1)]
    assert ends == sorted(ends)
    shuffled = list(pauses)
    random.shuffle(shuffled)
    assert last(case, shuffled) == ends[-1]
    assert last(case, [*pauses, *pauses[:2]]) == ends[-1]  # told twice counts once


@given(EITHER, st.integers(0, 4), st.integers(0, 100))
def test_what_lies_within_a_pause_or_follows_at_once_counts_once(case: Case, which: int, share: int) -> None:
    pauses = case[2]
    whole = pauses[which % len(pauses)] if pauses else Pause(case[0], case[0])
    assert whole.until is not None
    middle = whole.since + (whole.until - whole.since) * share // 100
    if isinstance(middle, datetime):
        middle = middle.replace(microsecond=0)
    parts = [Pause(whole.since, middle), Pause(middle, whole.until)]
    assert last(case, [*pauses, parts[0]]) == last(case, pauses)
    assert last(case, [*(one for one in pauses if one is not whole), *parts]) == last(case, [*pauses, whole])


@given(DAYS, st.integers(1, 40), PAUSES, st.booleans())
def test_adding_and_measuring_agree_also_with_pauses(
    start: date, count: int, pauses: list[Pause], worked: bool
) -> None:
    span = Duration(count, "working day" if worked else "day")
    found = deadline(CHINA, start, span, pauses=pauses).day
    calendar: WorkCalendar | None = CHINA if worked else None
    assert days_passed(start, found, pauses, calendar) == count
    assert days_passed(start, found - timedelta(1), pauses, calendar) < count


@given(EITHER, st.integers(0, 30))
def test_who_starts_later_ends_no_sooner_also_with_pauses(case: Case, later: int) -> None:
    start, span, pauses = case
    if span.unit == "month":  # months are of unequal length, and a pause moves their end by its days
        return
    assert last(case, pauses) <= last((start + timedelta(later), span, pauses), pauses)


@given(DAYS, SPANS, PAUSES, DAYS)
def test_a_pause_that_lasts_stops_a_clock_unless_it_has_run_out(
    start: date, span: Duration, pauses: list[Pause], since: date
) -> None:
    before = deadline(CHINA, start, span, pauses=pauses)
    found = deadline(CHINA, start, span, pauses=[*pauses, Pause(since)])
    assert found.day == before.day
    if since > before.day:
        assert found.stopped is None
    if since < before.day:
        assert found.stopped == Pause(since)
    long = deadline(CHINA, start, span, pauses=[*pauses, Pause(since, date(2023, 6, 1))])
    assert (found.stopped is not None) == (long.day != before.day)


@pytest.mark.parametrize(
    ("start", "within", "touching"),
    [
        ("11-20", "1 working day", ["11-20 11-21", "11-23 11-24", "11-19 11-21"]),  # until the 24th
        ("11-20T10:00", "2 hours", ["11-20T09:00 11-20T10:30", "11-20T11:00 11-20T11:30"]),  # until one o'clock
    ],
)
def test_a_deadline_names_the_pauses_that_lie_within_its_time(start: str, within: str, touching: list[str]) -> None:
    apart = {
        "11-20": ["11-18 11-20", "11-25 11-26"],
        "11-20T10:00": ["11-20T09:00 11-20T10:00", "11-20T13:00 11-20T14:00", "11-19T08:00 11-19T09:00"],
    }[start]
    begun = at(start) if "T" in start else day(start)
    made = [pause(*text.split()) for text in (*touching, *apart)]
    found = deadline(CHINA, begun, parse_duration(within), pauses=made)
    assert set(found.pauses) == {pause(*text.split()) for text in touching}
    assert list(found.pauses) == sorted(found.pauses, key=lambda one: str(one.since))
