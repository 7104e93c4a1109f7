"""Clocks counted a second way: from plain lists of days and minutes, never by stepping through a calendar.

The published holidays of China stay outside the project: CRMCTL_HOLIDAYS names the folder with <year>.json. The
small table below is independent of them and of the library that crmctl asks.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.ledger.workdays import laid_over
from crmctl.model.duration import Duration, parse_duration
from crmctl.policy.workdays import CompanyDays
from crmctl.rules.calendar import WorkCalendar
from crmctl.rules.deadline import Deadline, deadline

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINA = laid_over(CompanyDays())
YEARS = range(2019, 2027)
FOLDER = Path(os.environ.get("CRMCTL_HOLIDAYS") or "-")
published = pytest.mark.skipif(not FOLDER.is_dir(), reason="no folder of published holidays (CRMCTL_HOLIDAYS=FOLDER)")

# The State Council's notice for 2026, as anybody reads it: from, to, and the days of weekends worked instead.
HOLIDAYS = [
    ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"), ("2026-04-04", "2026-04-06"),
    ("2026-05-01", "2026-05-05"), ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"),
    ("2026-10-01", "2026-10-07"),
]  # fmt: skip
WORKED = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def every_day(first: date, last: date) -> list[date]:
    return [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]


def year_2026() -> list[date]:
    """The working days of 2026 by the table above."""
    off = {day for low, high in HOLIDAYS for day in every_day(date.fromisoformat(low), date.fromisoformat(high))}
    whole = every_day(date(2026, 1, 1), date(2026, 12, 31))
    return [day for day in whole if day.isoformat() in WORKED or (day.weekday() < 5 and day not in off)]


def from_files() -> list[date]:
    """The working days of 2019 to 2026 by the published files."""
    said: dict[str, bool] = {}
    for year in YEARS:
        content = json.loads((FOLDER / f"{year}.json").read_text("utf-8"))
        said |= {item["date"]: not item["isOffDay"] for item in content["days"]}
    whole = every_day(date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31))
    return [day for day in whole if said.get(day.isoformat(), day.weekday() < 5)]


def agree_on_every_day(worked: list[date]) -> int:
    """Hold every start within the list against the list; how many clocks were compared."""
    compared = 0
    for start in every_day(worked[0], worked[-1]):
        after = bisect_right(worked, start)
        for count in (1, 2, 3, 5, 7, 10, 15, 30):
            if after + count > len(worked):
                continue
            end = deadline(CHINA, start, Duration(count, "working day"))
            assert end.day == worked[after + count - 1], (start, count)
            assert CHINA.workdays_between(start, end.day) == count
            # the trace names each day once, and says which count
            assert [step.day for step in end.steps] == every_day(start + timedelta(1), end.day)
            assert [step.day for step, before in zip(end.steps, (0, *(s.count for s in end.steps)), strict=False)
                    if step.count > before] == worked[after : after + count]  # fmt: skip
            compared += 1
    return compared


@pytest.mark.req("R-INT-16")
def test_working_days_of_a_year_from_the_notice() -> None:
    worked = year_2026()
    assert len(worked) == 248
    assert agree_on_every_day(worked) > 2700


@pytest.mark.slow
@published
@pytest.mark.req("R-INT-16")
def test_working_days_from_every_day_of_eight_years() -> None:
    worked = from_files()
    assert [day for day in worked if day.year == 2026] == year_2026()
    assert agree_on_every_day(worked) > 22_000


def minutes(worked: list[date]) -> list[int]:
    """The ordinal of each minute worked, nine to twelve and one to six."""
    hours = [*range(9 * 60, 12 * 60), *range(13 * 60, 18 * 60)]
    return [day.toordinal() * 1440 + minute for day in worked for minute in hours]


@pytest.mark.req("R-INT-16")
@pytest.mark.parametrize("span", [1, 30, 120, 480, 1440])
def test_working_hours_minute_by_minute(span: int) -> None:
    worked = year_2026()
    ticks = minutes(worked)
    first, last = worked[0].toordinal() * 1440, ticks[-span] if span > 1 else ticks[-1]
    for start in range(first, last, 211):
        last_minute = ticks[bisect_left(ticks, start) + span - 1]
        moment = datetime.combine(date.fromordinal(start // 1440), time(), SHANGHAI) + timedelta(minutes=start % 1440)
        end = deadline(CHINA, moment, Duration(span, "working minute")).moment
        assert end is not None
        assert end.date().toordinal() * 1440 + end.hour * 60 + end.minute == last_minute + 1
        assert CHINA.working_minutes_between(moment, end) == span


@pytest.mark.parametrize(("start", "expected"), [
    ("2026-01-31", "2026-02-09"), ("2026-12-09", "2027-01-09"), ("2026-11-01", "2026-12-09"), ("2024-01-30", "2024-02-09"),
])  # fmt: skip
def test_a_day_of_the_next_month(start: str, expected: str) -> None:
    assert deadline(CHINA, date.fromisoformat(start), Duration(9, "day of next month")).day == date.fromisoformat(
        expected
    )


def test_hours_of_a_clock_without_a_zone_and_the_hour_of_a_days_end() -> None:
    plain = datetime(2026, 11, 20, 23, 30)  # noqa: DTZ001 - a clock on the wall
    assert deadline(CHINA, plain, parse_duration("45 minutes")).moment == datetime(2026, 11, 21, 0, 15)  # noqa: DTZ001
    start = datetime(2026, 11, 20, 8, tzinfo=SHANGHAI)
    end = deadline(CHINA, start, parse_duration("1 day"), time(17, 30))
    assert (end.moment, end.steps) == (datetime(2026, 11, 21, 17, 30, tzinfo=SHANGHAI), ())
    assert deadline(CHINA, start.date(), None, time(9)).moment == datetime(2026, 11, 20, 9)  # noqa: DTZ001
    assert deadline(CHINA, start, parse_duration("same day")) == deadline(CHINA, start, None) == Deadline(start.date())


@given(
    st.dates(date(2019, 1, 1), date(2026, 6, 30)), st.integers(1, 20),
    st.lists(st.dates(date(2019, 1, 1), date(2026, 12, 31)), max_size=12), st.randoms(use_true_random=False),
)  # fmt: skip
def test_days_off_in_any_order_and_never_a_sooner_end(
    start: date, count: int, days: list[date], random: object
) -> None:
    def off(listed: list[date]) -> WorkCalendar:
        return laid_over(CompanyDays(off=frozenset(listed)))

    ends = [deadline(off(days[:n]), start, Duration(count, "working day")).day for n in range(len(days) + 1)]
    assert ends == sorted(ends)
    shuffled = list(days)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert deadline(off(shuffled), start, Duration(count, "working day")).day == ends[-1]


@given(
    st.dates(date(2019, 1, 1), date(2026, 6, 30)), st.integers(1, 20),
    st.frozensets(st.dates(date(2019, 1, 1), date(2026, 12, 31)), max_size=30),
)  # fmt: skip
def test_a_day_worked_more_never_ends_later(start: date, count: int, days: frozenset[date]) -> None:
    more = laid_over(CompanyDays(work=days))
    assert more.add_workdays(start, count) <= CHINA.add_workdays(start, count)
    assert more.is_workday(more.add_workdays(start, count))
