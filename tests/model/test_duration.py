"""Spans of time as policies write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.duration import Duration, DurationError, check_text, parse_duration, with_values

UNITS = ["working day", "day", "month", "year", "minute", "hour", "working minute", "working hour"]


@given(st.integers(0, 99999), st.sampled_from(UNITS))
def test_what_is_written_reads_back(count: int, unit: str) -> None:
    span = Duration(count, unit)  # type: ignore[arg-type]
    assert parse_duration(str(span)) == span
    assert span.timed == (unit.rsplit(maxsplit=1)[-1] in {"minute", "hour"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 working day", Duration(1, "working day")), ("5 Calendar Days", Duration(5, "day")),
        ("same_day", Duration(0, "same day")), ("  6   months ", Duration(6, "month")),
    ],
)  # fmt: skip
def test_spellings(text: str, expected: Duration) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["5", "days", "-1 day", "1.5 days", "5 dais", "1 working", "", "$x days", "123456 days"]
)
def test_a_count_without_unit_and_the_like_are_refused(text: str) -> None:
    with pytest.raises(DurationError):
        parse_duration(text)


def test_names_are_filled_in_and_an_open_one_gives_nothing() -> None:
    assert with_values("$limit working days", {"limit": 2}) == Duration(2, "working day")
    assert with_values("$limit", {"limit": "30 minutes"}) == Duration(30, "minute")
    assert with_values("$limit days", {}) is None
    assert with_values("$limit days", {"limit": None}) is None
    with pytest.raises(DurationError):
        with_values("$limit days", {"limit": "soon"})


def test_a_text_with_a_name_is_checked_as_far_as_it_can_be() -> None:
    check_text("$limit working days")
    check_text("$limit")
    with pytest.raises(DurationError):
        check_text("$limit fortnights")
