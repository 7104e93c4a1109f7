"""The `cron:` section of a pack: what it may say, how packs lie over each other, how periods are called."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.ledger.disk.shipped import pack_file, pack_names
from crmctl.ledger.disk.yamlio import load
from crmctl.model.values import Value
from crmctl.policy.cron import JOBS, PERIODS, finished_period, period_of, read_jobs

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))


def faults(*items: Value) -> list[tuple[str, str, dict[str, object]]]:
    _jobs, found = read_jobs([("p.yaml", {"cron": list(items)})])
    assert all((fault.where, fault.code) == ("p.yaml", "CRN001") for fault in found)
    return [(fault.field, fault.message, dict(fault.args)) for fault in found]


def test_a_job_of_the_same_name_takes_the_lower_ones_place_and_never_takes_it_away() -> None:
    lower: dict[str, Value] = {
        "cron": [
            {"job": "submit", "every": "day"}, {"job": "backup", "every": "day"}, {"job": "check", "every": "week"},
        ]
    }  # fmt: skip
    upper: dict[str, Value] = {
        "cron": [
            {"job": "backup", "every": "month", "keep": 3}, {"job": "check", "every": "never"},
            {"job": "report", "name": "sales", "every": "quarter", "report": "sales"},
            {"job": "report", "name": "late", "every": "day", "report": "due", "format": "csv"},
        ]
    }  # fmt: skip
    jobs, found = read_jobs([("a", lower), ("b", upper), ("c", {})])
    assert found == []
    # in the order of the work, not of the files: submit stood first
    assert [(job.name, job.every) for job in jobs] == [
        ("sales", "quarter"), ("late", "day"), ("backup", "month"), ("submit", "day"),
    ]  # fmt: skip
    assert (jobs[2].whole("keep"), jobs[1].text("format"), jobs[0].text("format", "html")) == (3, "csv", "html")
    assert [job.scope for job in jobs] == ["department", "department", "ledger", "ledger"]


def test_what_is_written_wrongly_is_told_with_the_nearest_word() -> None:
    assert faults({"job": "grade", "every": "day"})[0][::2] == ("cron.0.job", {"name": "grade", "near": "grades"})
    assert faults({"job": "sync", "every": "days"})[0][::2] == ("cron.0.every", {"name": "days", "near": "day"})
    assert faults({"job": "grades", "every": "year", "axes": "x"})[0][::2] == (
        "cron.0.axes", {"name": "axes", "near": "axis"},
    )  # fmt: skip
    assert faults({"job": "sync", "every": "day"}, {"job": "report", "every": "day"})[0][::2] == (
        "cron.1.report", {"name": "report"},
    )  # fmt: skip
    for wrong in (0, -1, True, "3"):
        assert [field for field, *_rest in faults({"job": "backup", "every": "day", "keep": wrong})] == ["cron.0.keep"]
    assert [field for field, *_rest in faults("sync")] == ["cron.0"]
    assert read_jobs([("p", {"cron": "daily"})])[1][0].field == "cron"


def test_every_shipped_pack_reads() -> None:
    packs = [(name, load(pack_file(name).read_bytes(), name)) for name in pack_names()]
    jobs, found = read_jobs([(name, raw) for name, raw in packs if isinstance(raw, dict)])
    assert found == []
    assert {"sync", "land", "blacklist", "escalate", "check", "backup", "submit", "grades"} <= {job.job for job in jobs}
    assert {job.job for job in jobs} <= JOBS.keys()


@pytest.mark.parametrize(
    ("every", "day", "name", "before"),
    [
        ("day", "2026-11-22", "2026-11-22", None), ("week", "2027-01-02", "2026-W53", None),
        ("month", "2026-01-31", "2026-01", "2025-12"), ("quarter", "2026-10-01", "2026Q4", "2026Q3"),
        ("quarter", "2026-01-01", "2026Q1", "2025Q4"), ("half year", "2026-07-01", "2026H2", "2026H1"),
        ("half year", "2026-06-30", "2026H1", "2025H2"), ("year", "2026-12-31", "2026", "2025"),
    ],
)  # fmt: skip
def test_periods_are_called_as_reports_call_them(every: str, day: str, name: str, before: str | None) -> None:
    moment = date.fromisoformat(day)
    assert (period_of(every, moment), finished_period(every, moment)) == (name, before)


@given(DAYS, st.sampled_from([every for every in PERIODS if every not in {"day", "week"}]))
def test_the_finished_period_is_the_one_before(day: date, every: str) -> None:
    back = day
    while period_of(every, back) == period_of(every, day):
        back -= timedelta(days=1)
    assert finished_period(every, day) == period_of(every, back)
