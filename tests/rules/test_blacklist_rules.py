"""What an entry bars on every boundary day: term, clamping, shortening, readmission, company over department."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.duration import Duration
from crmctl.policy.blacklist import Barred, Level
from crmctl.rules.blacklist import Listed, bar_of, barring, bars, deed_day, term_end, term_over

SIX = Duration(6, "month")
EAST = Level("department", "own department", SIX)
LIFTED = Level("department", "own department", SIX, "lifted")
COMPANY = Level("company", "all departments")
WATCH = Level("watch", "nothing")
LEVELS = {"department": EAST, "company": COMPANY}
ONE = timedelta(days=1)
DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


def entry(level: str = "department", state: str = "in_force", **days: date | None) -> Listed:
    since = days.pop("since", date(2026, 8, 31))
    return Listed(f"BL-{level}", "C-1", level, state, "east" if level == "department" else None, since, **days)


@pytest.mark.req("R-BLK-06")
@pytest.mark.parametrize(
    ("since", "last"),
    [
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2026, 8, 29), date(2027, 2, 28)),
        (date(2026, 3, 31), date(2026, 9, 30)),
        (date(2026, 11, 20), date(2027, 5, 20)),
        (date(2026, 12, 31), date(2027, 6, 30)),
    ],
)
def test_six_calendar_months_end_in_the_month_they_end_in(since: date, last: date) -> None:
    assert term_end(since, SIX) == last
    bar = bar_of(entry(since=since), EAST)
    assert bar is not None
    assert [bar.why(day) for day in (since - ONE, since, last, last + ONE)] == [
        "not yet", "in force", "in force", "expired",
    ]  # fmt: skip
    assert [bar.covers(day) for day in (since - ONE, since, last, last + ONE)] == [False, True, True, True]


@pytest.mark.req("R-BLK-08")
@given(DAYS, st.integers(0, 4000))
def test_no_length_of_time_readmits(since: date, later: int) -> None:
    bar = bar_of(entry(since=since), EAST)
    assert bar is not None
    assert bar.covers(since + timedelta(days=later))


@given(DAYS)
def test_a_policy_that_lifts_at_the_end_of_the_term_frees_the_day_after(since: date) -> None:
    bar, last = bar_of(entry(since=since), LIFTED), term_end(since, SIX)
    assert bar is not None
    assert last is not None
    assert (bar.covers(last), bar.covers(last + ONE), bar.why(last + ONE)) == (True, False, "lifted")


@given(DAYS, st.integers(1, 2000))
def test_an_entry_is_never_longer_than_its_levels_term(since: date, more: int) -> None:
    last = term_end(since, SIX)
    assert last is not None
    bar = bar_of(entry(since=since, until=last + timedelta(days=more)), EAST)
    assert bar is not None
    assert bar.until == last


def test_cut_short_it_still_bars_and_says_so() -> None:
    cut = date(2026, 10, 1)
    bar = bar_of(entry(state="shortened", shortened_on=cut), EAST)
    assert bar is not None
    assert [(bar.covers(day), bar.why(day)) for day in (cut, cut + ONE)] == [(True, "in force"), (True, "shortened")]
    assert (term_over(bar, cut - ONE), term_over(bar, cut)) == (False, True)


def test_a_readmission_frees_from_its_day_on_and_the_past_stays_barred() -> None:
    back = date(2027, 3, 15)
    bar = bar_of(entry(state="readmitted", readmitted_on=back), EAST)
    assert bar is not None
    assert [bar.covers(day) for day in (back - ONE, back)] == [True, False]
    assert bar.why(back) == "readmitted"


def test_a_term_is_over_the_day_after_its_last() -> None:
    bar = bar_of(entry(), EAST)
    assert bar is not None
    assert (term_over(bar, date(2027, 2, 28)), term_over(bar, date(2027, 3, 1))) == (False, True)
    opened = bar_of(entry("company"), COMPANY)
    assert opened is not None
    assert not term_over(opened, date(2090, 1, 1))


@pytest.mark.parametrize("state", ["proposed", "verified", "rejected"])
def test_what_is_not_decided_bars_nothing(state: str) -> None:
    assert bar_of(entry(state=state), EAST) is None


@pytest.mark.req("R-BLK-17")
def test_a_watch_list_bars_nothing() -> None:
    assert bar_of(entry("watch"), WATCH) is None


@pytest.mark.req("R-BLK-04")
def test_a_department_bars_itself_and_the_company_all_and_first() -> None:
    day = date(2026, 9, 1)
    own = bars([entry()], LEVELS)
    assert barring(own, "C-1", "west", day) is None
    assert barring(own, "C-2", "east", day) is None
    both = bars([entry(), entry("company", since=date(2026, 9, 1))], LEVELS)
    found = [barring(both, "C-1", department, day) for department in ("east", "west")]
    assert [bar.level if bar else "" for bar in found] == ["company", "company"]
    before = barring(both, "C-1", "east", day - ONE)
    assert before is not None
    assert before.level == "department"


CONTRACT = Barred("contract", "signed_on", ("signed", "changed"))


@pytest.mark.parametrize(
    ("before", "after", "day"),
    [
        ({}, {"state": "draft"}, date(2026, 9, 9)),
        ({}, {"state": "signed", "signed_on": "2026-09-01"}, date(2026, 9, 1)),
        ({"state": "draft"}, {"state": "draft", "terms": "x"}, None),
        ({"state": "draft"}, {"state": "signed", "signed_on": "2026-09-01"}, date(2026, 9, 1)),
        ({"state": "signed", "signed_on": "2026-08-01"}, {"state": "ended", "signed_on": "2026-08-01"}, None),
        ({"state": "signed"}, {"state": "changed"}, date(2026, 9, 9)),
    ],
)
def test_what_counts_as_business(before: dict[str, object], after: dict[str, object], day: date | None) -> None:
    assert deed_day(CONTRACT, before, after, date(2026, 9, 9)) == day
