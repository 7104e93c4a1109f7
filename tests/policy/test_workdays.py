"""The company's calendar file: what it says, and every fault with its place."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.model.values import Value
from crmctl.policy.workdays import read_calendar


def test_a_file_that_says_everything() -> None:
    days, findings = read_calendar(
        {
            "schema": "crmctl/calendar/1", "public": "none", "weekend": [7], "hours": ["08:30-12:00", "13:00-17:30"],
            "years": [2027], "extra_off": ["2026-12-31", "2027-02-01..2027-02-03"], "extra_work": ["2026-12-27"],
            "hours_on": {"2026-12-30": ["09:00-12:00"]},
        },
        "c.yaml",
    )  # fmt: skip
    assert findings == []
    assert (days.public, days.weekend, days.years) == ("none", {7}, {2027})
    assert days.hours == ((510, 720), (780, 1050))
    assert days.off == {date(2026, 12, 31), date(2027, 2, 1), date(2027, 2, 2), date(2027, 2, 3)}
    assert days.work == {date(2026, 12, 27)}
    assert days.hours_on == {date(2026, 12, 30): ((540, 720),)}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"extra_of": []}, "extra_of"), ({"public": "fr"}, "public"), ({"weekend": [0]}, "weekend"),
        ({"weekend": [1, 2, 3, 4, 5, 6, 7]}, "weekend"), ({"hours": ["9-12"]}, "hours.0"), ({"hours": ["12:00-09:00"]}, "hours.0"),
        ({"hours": ["09:00-12:00", "11:00-13:00"]}, "hours.1"), ({"years": ["soon"]}, "years"), ({"extra_off": ["31.12."]}, "extra_off.0"),
        ({"extra_off": ["2026-12-31..2026-12-01"]}, "extra_off.0"), ({"extra_off": "2026-12-31"}, "extra_off"),
        ({"extra_off": ["2026-12-31"], "extra_work": ["2026-12-31"]}, "extra_work"), ({"hours_on": {"x": []}}, "hours_on.x.0"),
        ({"hours_on": []}, "hours_on"), ({"hours": ["09:00-24:30"]}, "hours.0"),
    ],
)  # fmt: skip
def test_each_fault_is_named_where_it_is(raw: dict[str, Value], field: str) -> None:
    assert [(f.code, f.where, f.field) for f in read_calendar(raw, "c.yaml")[1]] == [("CAL002", "c.yaml", field)]


def test_a_file_that_is_no_mapping() -> None:
    assert len(read_calendar(["x"], "c.yaml")[1]) == 1
