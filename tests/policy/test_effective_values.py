"""Which values count for a department on a day."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from crmctl.policy.effective import Effective
from crmctl.policy.overlay import ways

STEPS = [{"from": "2026-01-01", "is": "5 days"}, {"from": "2027-01-01", "is": "3 days"}]
VALUES = Effective({"limit": STEPS, "months": 6}, {"east": {"limit": "2 days"}})
OLD, NEW = date(2026, 12, 31), date(2027, 1, 1)
DAYS = st.dates(date(2025, 1, 1), date(2029, 1, 1))


def test_a_step_counts_from_its_day_and_a_departments_value_before_the_companys() -> None:
    assert [VALUES.on(day)["limit"] for day in (OLD, NEW)] == ["5 days", "3 days"]
    assert VALUES.on(OLD, "east") == {"limit": "2 days", "months": 6}
    assert VALUES.on(OLD, "west") == VALUES.on(OLD)
    assert "limit" not in VALUES.on(date(2025, 12, 31))


def test_what_ran_already_keeps_its_limit_and_what_had_none_gets_todays() -> None:
    assert VALUES.since(OLD, NEW)["limit"] == "5 days"
    assert VALUES.since(NEW, NEW)["limit"] == "3 days"
    assert VALUES.since(date(2025, 6, 1), NEW)["limit"] == "3 days"


def test_every_stretch_is_told_once() -> None:
    assert [values.get("limit") for values in VALUES.ever()] == [None, "5 days", "3 days"]
    assert [values["limit"] for values in VALUES.ever("east")] == ["2 days"]
    assert [values["limit"] for values in VALUES.all(NEW)] == ["3 days", "2 days"]


@given(DAYS, DAYS)
def test_days_of_one_key_have_the_same_values(first: date, second: date) -> None:
    same = VALUES.key(first) == VALUES.key(second)
    assert same == (VALUES.on(first) == VALUES.on(second))


def test_a_department_may_ask_sooner_but_not_later() -> None:
    pack = {
        "clocks": [
            {"within": "$a working days", "cases": [{"within": "$b"}], "then": [{"after": "$c"}]},
            {"within": "$kept"},
        ],
        "cadence": [{"every": {"vip": "$d"}}],
        "guards": [{"if": "total >= $e"}],
        "tightens": {"kept": "company"},
    }
    assert ways([("p", pack)]) == {"a": "lower", "b": "lower", "c": "lower", "d": "lower", "e": "higher", "kept": None}
