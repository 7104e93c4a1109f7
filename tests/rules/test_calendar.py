"""Working days, working hours and months: properties, and the published holidays of China counted."""

from __future__ import annotations

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crmctl.ledger.workdays import laid_over
from crmctl.policy.workdays import CompanyDays
from crmctl.rules.calendar import WorkCalendar, add_months, days_in_month, half_year

SHANGHAI = ZoneInfo("Asia/Shanghai")
PUBLISHED = Path(os.environ.get("CRMCTL_HOLIDAYS") or "-")
CHINA = laid_over(CompanyDays())
DAYS = st.dates(date(2019, 1, 1), date(2026, 12, 31))
MINUTES = st.integers(0, 3 * 24 * 60)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    """Any calendar with a working day each week and one or more ranges a day."""
    marks = sorted(draw(st.sets(st.integers(0, 24 * 60), min_size=2, max_size=6)))
    pairs = [(low, high) for low, high in zip(marks[::2], marks[1::2], strict=False) if low < high]
    return WorkCalendar(
        off=draw(st.frozensets(DAYS, max_size=8)), work=draw(st.frozensets(DAYS, max_size=8)),
        company_off=draw(st.frozensets(DAYS, max_size=4)), company_work=draw(st.frozensets(DAYS, max_size=4)),
        weekend=draw(st.frozensets(st.integers(1, 7), max_size=6)), hours=tuple(pairs) or ((0, 1440),),
    )  # fmt: skip


@pytest.mark.req("R-INT-16")
@given(calendars(), DAYS, st.integers(-60, 60))
def test_adding_working_days_and_measuring_them_agree(calendar: WorkCalendar, start: date, count: int) -> None:
    end = calendar.add_workdays(start, count)
    assert calendar.is_workday(end) or count == 0
    assert calendar.workdays_between(start, end) == count


@given(calendars(), DAYS, DAYS, st.integers(0, 30), st.integers(0, 30))
def test_working_days_only_grow(calendar: WorkCalendar, one: date, other: date, few: int, more: int) -> None:
    assume(one <= other)
    assert calendar.add_workdays(one, few) <= calendar.add_workdays(one, few + more)
    if few:
        assert calendar.add_workdays(one, few) <= calendar.add_workdays(other, few)


@given(calendars(), DAYS, st.integers(0, 1439), MINUTES)
def test_adding_working_minutes_and_measuring_them_agree(
    calendar: WorkCalendar, day: date, minute: int, span: int
) -> None:
    start = datetime.combine(day, datetime.min.time(), tzinfo=SHANGHAI) + timedelta(minutes=minute)
    if sum(high - low for low, high in calendar.hours) < 15:
        span %= 30
    end = calendar.add_working_minutes(start, span)
    assert end >= start
    assert calendar.working_minutes_between(start, end) == span
    assert calendar.add_working_minutes(start, span + 1) > end


def test_a_span_ends_at_the_end_of_a_range_and_goes_on_after_the_break() -> None:
    assert CHINA.add_working_minutes(at("2026-11-20T11:30"), 30) == at("2026-11-20T12:00")
    assert CHINA.add_working_minutes(at("2026-11-20T11:30"), 31) == at("2026-11-20T13:01")
    assert CHINA.add_working_minutes(at("2026-11-20T17:59"), 2) == at("2026-11-23T09:01")
    assert CHINA.working_minutes_between(at("2026-11-20T12:10"), at("2026-11-20T12:50")) == 0


def test_a_clock_started_on_a_day_off_starts_with_the_next_working_day() -> None:
    # the time of day of a Saturday evening must not be carried over to Monday
    assert CHINA.add_working_minutes(at("2026-11-21T20:00"), 60) == at("2026-11-23T10:00")
    assert CHINA.add_working_minutes(at("2026-10-03T08:00"), 60) == at("2026-10-08T10:00")


@pytest.mark.req("R-INT-16")
@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-11-20", "2026-11-23"),  # Friday
        ("2026-10-01", "2026-10-08"),  # in a holiday
        ("2026-01-02", "2026-01-04"),  # the Sunday after is worked
        ("2026-02-13", "2026-02-14"),  # a Saturday that is worked
        ("2026-02-14", "2026-02-24"),  # before the Spring Festival
    ],
)
def test_one_working_day(start: str, expected: str) -> None:
    assert CHINA.add_workdays(date.fromisoformat(start), 1) == date.fromisoformat(expected)


def test_every_day_passed_says_why() -> None:
    steps = [(step.day.isoformat(), step.why, step.count) for step in CHINA.steps(date(2026, 1, 1), 2)]
    assert steps == [
        ("2026-01-02", "holiday", 0), ("2026-01-03", "holiday", 0), ("2026-01-04", "make-up", 1),
        ("2026-01-05", "workday", 2),
    ]  # fmt: skip


def test_the_company_s_word_goes_before_the_public_calendar_s() -> None:
    eve, holiday = date(2026, 12, 31), date(2026, 10, 2)
    company = laid_over(CompanyDays(off=frozenset({eve}), work=frozenset({holiday})))
    assert (company.is_workday(eve), company.is_workday(holiday)) == (False, True)
    assert (CHINA.is_workday(eve), CHINA.is_workday(holiday)) == (True, False)


def test_several_ranges_and_other_hours_on_a_single_day() -> None:
    short = laid_over(
        CompanyDays(hours=((480, 720), (780, 900), (960, 1080)), hours_on={date(2026, 11, 23): ((540, 600),)})
    )
    assert short.working_minutes_between(at("2026-11-20T00:00"), at("2026-11-21T00:00")) == 240 + 120 + 120
    assert short.add_working_minutes(at("2026-11-20T17:00"), 121) == at("2026-11-24T08:01")


def test_a_year_nobody_knows_is_named() -> None:
    assert CHINA.unknown_years(date(2026, 12, 30), date(2027, 1, 4)) == [2027]
    assert CHINA.unknown_years(date(2026, 1, 1), date(2026, 12, 31)) == []
    known = laid_over(CompanyDays(years=frozenset({2027})))
    assert known.unknown_years(date(2027, 1, 4), date(2026, 12, 30)) == []


def test_a_calendar_without_working_days_is_no_endless_loop() -> None:
    never = WorkCalendar(weekend=frozenset(range(1, 8)))
    with pytest.raises(ValueError, match="without working days"):
        never.add_workdays(date(2026, 1, 1), 1)
    with pytest.raises(ValueError, match="without working time"):
        never.add_working_minutes(at("9990-01-01T00:00"), 1)


@pytest.mark.req("R-INT-16")
@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("2026-08-31", 6, "2027-02-28"), ("2027-08-31", 6, "2028-02-29"), ("2026-01-31", 1, "2026-02-28"),
        ("2026-03-31", -1, "2026-02-28"), ("2024-02-29", 12, "2025-02-28"), ("2024-02-29", 36, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
    ],
)  # fmt: skip
def test_months_stop_at_the_month_s_end(start: str, count: int, expected: str) -> None:
    assert add_months(date.fromisoformat(start), count) == date.fromisoformat(expected)


@given(
    st.dates(date(1900, 1, 1), date(2200, 12, 31)),
    st.dates(date(1900, 1, 1), date(2200, 12, 31)),
    st.integers(-240, 240),
)
def test_months_keep_the_order_and_the_day(one: date, other: date, count: int) -> None:
    moved = add_months(one, count)
    assert moved.day == min(one.day, days_in_month(moved.year, moved.month))
    assert (moved.year * 12 + moved.month) - (one.year * 12 + one.month) == count
    if one <= other:
        assert moved <= add_months(other, count)


@given(st.dates(date(1900, 1, 1), date(9998, 12, 31)))
def test_a_half_year_holds_its_day_and_half_the_year(day: date) -> None:
    first, last = half_year(day)
    assert first <= day <= last
    assert (first.month, last.month) in {(1, 6), (7, 12)}
    assert half_year(first) == half_year(last) == (first, last)
    assert half_year(last + timedelta(days=1))[0] == last + timedelta(days=1)


def test_days_in_the_last_month_there_is() -> None:
    assert days_in_month(9999, 12) == 31
    assert [days_in_month(2028, month) for month in range(1, 13)] == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@pytest.mark.req("R-INT-16")
@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no folder of published holidays (CRMCTL_HOLIDAYS=FOLDER)")
@pytest.mark.parametrize("year", range(2019, 2027))
def test_working_days_are_those_published(year: int) -> None:
    days = {
        date.fromisoformat(item["date"]): not item["isOffDay"]
        for other in (year - 1, year, year + 1) if (PUBLISHED / f"{other}.json").is_file()
        for item in json.loads((PUBLISHED / f"{other}.json").read_text("utf-8"))["days"]
    }  # fmt: skip
    every = [date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    expected = [day for day in every if days.get(day, day.isoweekday() < 6)]
    assert [day for day in every if CHINA.is_workday(day)] == expected
    assert CHINA.workdays_between(date(year - 1, 12, 31), date(year, 12, 31)) == len(expected)
