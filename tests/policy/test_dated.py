"""Values that change on a day: the steps in force, the order they need, one more step."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.values import Value
from crmctl.policy.dated import dated_faults, is_dated, value_on, values_on, with_step

STEPS: list[Value] = [{"from": "2026-01-01", "is": 1000}, {"from": "2027-01-01", "is": 3000}]


@pytest.mark.req("R-RGD-15")
@pytest.mark.parametrize(
    ("day", "value"),
    [("2025-12-31", None), ("2026-01-01", 1000), ("2026-12-31", 1000), ("2027-01-01", 3000), ("2030-05-05", 3000)],
)
def test_the_last_step_begun_counts_from_its_first_day(day: str, value: int | None) -> None:
    assert value_on(STEPS, date.fromisoformat(day)) == value


def test_what_has_no_steps_stays_and_what_has_not_begun_is_left_out() -> None:
    values: dict[str, Value] = {"share": "15%", "list": ["a", "b"], "volume": STEPS, "empty": []}
    assert values_on(values, date(2025, 1, 1)) == {"share": "15%", "list": ["a", "b"], "empty": []}


@pytest.mark.parametrize(
    "steps",
    [
        [{"from": "2027-01-01", "is": 1}, {"from": "2026-01-01", "is": 2}],
        [{"from": "2026-01-01", "is": 1}, {"from": "2026-01-01", "is": 2}],
        [{"from": "2026-13-01", "is": 1}],
        [{"from": "2026-01-01", "was": 1}],
    ],
)
def test_steps_out_of_order_or_without_a_day_are_faults(steps: list[Value]) -> None:
    assert [fault.code for fault in dated_faults({"volume": steps})] == ["POL033"]
    assert list(dated_faults({"volume": STEPS, "list": ["a"], "share": 3})) == []


@given(st.lists(st.tuples(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers()), max_size=6), st.integers())
def test_steps_put_in_one_by_one_read_back(steps: list[tuple[date, int]], before: int) -> None:
    value: Value = before
    for day, new in steps:
        value = with_step(value, day, new)
        assert is_dated(value)
        assert list(dated_faults({"x": value})) == []
        assert value_on(value, day) == new
    first = min((day for day, _new in steps), default=date(2000, 1, 1))
    assert value_on(value, first - timedelta(days=1)) == before
