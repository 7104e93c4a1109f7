"""Periods as people write them, and the months in them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.errors import UsageError
from crmctl.report.period import Period, read_period, usual_period


@pytest.mark.parametrize(("text", "first", "last"), [
    ("2026", "2026-01-01", "2026-12-31"), ("2026H2", "2026-07-01", "2026-12-31"), ("2026Q1", "2026-01-01", "2026-03-31"),
    ("2024-02", "2024-02-01", "2024-02-29"), ("2026-01-15..2026-03-31", "2026-01-15", "2026-03-31"),
    ("2026上半年", "2026-01-01", "2026-06-30"), ("2026-11-18", "2026-11-18", "2026-11-18"),
])  # fmt: skip
def test_a_period_has_its_first_and_last_day(text: str, first: str, last: str) -> None:
    period = read_period(text)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13", "2026H3", "2026-02-30..2026-03-01", "2026-03-01..2026-02-01", ".."]
)
def test_what_is_no_period_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_period(text)
    assert caught.value.hint


@given(st.dates(date(1900, 1, 1), date(2500, 1, 1)), st.sampled_from(["month", "quarter", "half", "year"]))
def test_the_usual_period_holds_the_day(day: date, name: str) -> None:
    period = usual_period(name, day)  # type: ignore[arg-type]
    assert period is not None
    assert period.first <= day <= period.last


@given(st.dates(date(1900, 1, 1), date(2500, 1, 1)), st.integers(0, 800))
def test_the_months_of_a_period_cover_it_in_order(first: date, days: int) -> None:
    last = date.fromordinal(first.toordinal() + days)
    period = Period("x", first, last)
    months = []
    while (month := period.month(len(months))) is not None:
        months.append(month)
    assert months[0] == first.isoformat()[:7]
    assert months[-1] == last.isoformat()[:7]
    assert months == sorted(set(months))


def test_a_report_without_period_has_none() -> None:
    assert usual_period("none", date(2026, 11, 22)) is None
