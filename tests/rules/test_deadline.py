"""When a clock ends, by every unit a policy can write."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.ledger.workdays import laid_over
from crmctl.model.duration import parse_duration
from crmctl.policy.workdays import CompanyDays
from crmctl.rules.deadline import deadline

CHINA = laid_over(CompanyDays())
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2026, 11, 20, 17, 59, tzinfo=SHANGHAI)
MOMENTS = st.datetimes(FRIDAY.replace(year=2020, tzinfo=None), FRIDAY.replace(year=2025, tzinfo=None))


@pytest.mark.req("R-INT-16")
@pytest.mark.parametrize(
    ("within", "expected"),
    [
        ("same day", "2026-11-20"), ("0 working days", "2026-11-20"), ("1 working day", "2026-11-23"), ("3 days", "2026-11-23"),
        ("1 month", "2026-12-20"), ("6 months", "2027-05-20"), ("3 years", "2029-11-20"),
    ],
)  # fmt: skip
def test_days_and_months(within: str, expected: str) -> None:
    end = deadline(CHINA, FRIDAY, parse_duration(within))
    assert (end.day, end.moment) == (date.fromisoformat(expected), None)
    assert deadline(CHINA, FRIDAY.date(), parse_duration(within)).day == end.day


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        ("30 minutes", "2026-11-20T18:29"), ("24 hours", "2026-11-21T17:59"), ("1 working minute", "2026-11-20T18:00"),
        ("2 working minutes", "2026-11-23T09:01"), ("8 working hours", "2026-11-23T17:59"),
    ],
)  # fmt: skip
def test_hours(within: str, expected: str) -> None:
    assert deadline(CHINA, FRIDAY, parse_duration(within)).moment == datetime.fromisoformat(expected).replace(
        tzinfo=SHANGHAI
    )


def test_hours_run_on_while_the_clocks_are_changed() -> None:
    start = datetime(2026, 10, 24, 12, tzinfo=BERLIN)
    end = deadline(CHINA, start, parse_duration("24 hours")).moment
    assert end is not None
    assert end.isoformat() == "2026-10-25T11:00:00+01:00"


def test_hours_from_a_mere_day_are_refused() -> None:
    with pytest.raises(ValueError, match="moment"):
        deadline(CHINA, FRIDAY.date(), parse_duration("2 hours"))


def test_a_day_is_missed_after_it_an_hour_after_the_hour() -> None:
    day = deadline(CHINA, FRIDAY, parse_duration("1 working day"))
    assert not day.missed(datetime(2026, 11, 23, 23, 59, tzinfo=SHANGHAI))
    assert day.missed(date(2026, 11, 24))
    nine = deadline(CHINA, date(2026, 11, 23), None, time(9), SHANGHAI)
    assert not nine.missed(datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI))
    assert nine.missed(datetime(2026, 11, 23, 9, 1, tzinfo=SHANGHAI))
    assert not nine.missed(date(2026, 11, 23))


def test_the_trace_counts_every_day_passed() -> None:
    steps = deadline(CHINA, FRIDAY, parse_duration("1 working day")).steps
    assert [(step.day.day, step.why, step.count) for step in steps] == [
        (21, "weekend", 0),
        (22, "weekend", 0),
        (23, "workday", 1),
    ]


@given(
    MOMENTS, MOMENTS,
    st.integers(0, 40), st.sampled_from(["day", "working day", "month", "year", "hour", "working hour"]),
)  # fmt: skip
def test_who_starts_later_ends_no_earlier(one: datetime, other: datetime, count: int, unit: str) -> None:
    first, second = sorted((one, other))
    span = parse_duration(f"{count} {unit}")
    early, late = deadline(CHINA, first, span), deadline(CHINA, second, span)
    assert early.day <= late.day
    if early.moment and late.moment:
        assert early.moment <= late.moment
