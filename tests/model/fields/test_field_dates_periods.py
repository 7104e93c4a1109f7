"""Days, instants and periods: one spelling each, and nothing guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.fields import FIELD_TYPES, FieldProblem, period_bounds


def parse(name: str, raw: object, **options: object) -> object:
    return FIELD_TYPES[name].parse(raw, options)


def refused(name: str, raw: object, **options: object) -> FieldProblem:
    with pytest.raises(FieldProblem) as caught:
        parse(name, raw, **options)
    return caught.value


@pytest.mark.parametrize(
    "raw",
    ["2026-11-22", "2026/11/22", "2026.11.22", "2026年11月22日", "2026 年 11 月 22 日", "20261122", 20261122, "２０２６－１１－２２", date(2026, 11, 22), datetime.fromisoformat("2026-11-22T00:00:00"), datetime.fromisoformat("2026-11-22T17:30:00"), "2026-11-22 00:00:00", "2026-11-22T00:00:00.000", datetime(2026, 11, 21, 23, tzinfo=UTC)],
)  # fmt: skip
def test_one_day_in_all_its_spellings(raw: object) -> None:
    assert parse("date", raw) == "2026-11-22"


@pytest.mark.parametrize("raw", ["11-12-26", "22-11-26", "26/11/22", "11/12/2026", "22.11.2026", "1/2/2026"])
def test_day_first_or_month_first_is_not_guessed(raw: str) -> None:
    problem = refused("date", raw)
    assert problem.code == "FLD015"
    assert "2026-11-22" in problem.hint


@pytest.mark.parametrize(
    "raw",
    [
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "20260230",
        "2026-11/22",
        "22 Nov 2026",
        "gestern",
        "2026-11",
        "0206-11-22",
        "2026-11-22 10:00",
        "2026-11-22T00:00:00Z",
        45983,
        "45983",
        45983.0,
        True,
        "٢٠٢٦-١١-٢٢",
    ],
)
def test_what_is_no_day_is_refused(raw: object) -> None:
    assert refused("date", raw).code in {"FLD014", "FLD002"}


def test_leap_days_exist_in_leap_years() -> None:
    assert parse("date", "2028-02-29") == "2028-02-29"


@pytest.mark.parametrize(
    ("serial", "day"),
    [
        (1, "1900-01-01"),
        (59, "1900-02-28"),
        (61, "1900-03-01"),
        (45983, "2025-11-22"),
        (45983.75, "2025-11-22"),
        ("45983", "2025-11-22"),
        (2958465, "9999-12-31"),
    ],
)
def test_excel_serial_numbers_only_where_the_import_says_so(serial: object, day: str) -> None:
    assert parse("date", serial, excel=True) == day
    assert refused("date", serial).code == "FLD014"


@pytest.mark.parametrize("serial", [0, -1, 60, 2958466, 1e9, float("nan"), float("inf")])
def test_excel_serials_that_name_no_day(serial: float) -> None:
    assert refused("date", serial, excel=True).code == "FLD014"


@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_excel_counts_days_from_1899_12_30(day: date) -> None:
    assert parse("date", (day - date(1899, 12, 30)).days, excel=True) == day.isoformat()


@pytest.mark.parametrize(
    "raw",
    ["2026-11-22T10:00:00+08:00", "2026-11-22 10:00:00", "2026-11-22 10:00", "2026/11/22 10:00", "2026年11月22日 10:00", "2026年11月22日10:00", "2026-11-22T10:00:00.4", "2026-11-22 10:00+0800", datetime.fromisoformat("2026-11-22T10:00:00"), datetime.fromisoformat("2026-11-22T09:59:59.999997"), datetime(2026, 11, 22, 10, tzinfo=timezone(timedelta(hours=8)))],
)  # fmt: skip
def test_one_instant_in_all_its_spellings(raw: object) -> None:
    assert parse("instant", raw) == "2026-11-22T10:00:00+08:00"


def test_an_offset_that_was_written_is_kept() -> None:
    assert parse("instant", "2026-11-22T02:00:00Z") == "2026-11-22T02:00:00+00:00"
    assert parse("instant", "2026-11-22 10:00", timezone="Europe/Berlin") == "2026-11-22T10:00:00+01:00"


@pytest.mark.parametrize(
    "raw",
    [
        "2026-11-22",
        date(2026, 11, 22),
        "2026-11-22 25:00",
        "2026-11-22 10:60",
        "10:00",
        "2026-11-22 10",
        45983,
        "1800-01-01 10:00",
        "9999-12-31 23:59:59",
        "2026-11-22 10:00+25:00",
    ],
)
def test_a_day_alone_starts_no_clock(raw: object) -> None:
    problem = refused("instant", raw)
    assert problem.code in {"FLD014", "FLD016"}


def test_a_month_first_instant_is_not_guessed() -> None:
    assert refused("instant", "11/12/2026 10:00").code == "FLD015"


@pytest.mark.parametrize(
    ("raw", "zone"),
    [
        ("1986-05-04 02:30", "Asia/Shanghai"),
        ("1990-09-16 01:30", "Asia/Shanghai"),
        ("2026-03-29 02:30", "Europe/Berlin"),
        ("2026-10-25 02:30", "Europe/Berlin"),
    ],
)
def test_local_times_in_a_change_of_clocks_need_an_offset(raw: str, zone: str) -> None:
    assert "clocks were changed" in refused("instant", raw, timezone=zone).message
    assert parse("instant", raw + "+02:00", timezone=zone) == raw.replace(" ", "T") + ":00+02:00"


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", "Asia", "", 8])
def test_a_wrong_zone_blames_the_kind(zone: object) -> None:
    assert refused("instant", "2026-11-22 10:00", timezone=zone).code == "FLD023"


def test_excel_instants_are_whole_seconds() -> None:
    assert parse("instant", 45983.5, excel=True) == "2025-11-22T12:00:00+08:00"
    assert parse("instant", 45983 + 37800 / 86400, excel=True) == "2025-11-22T10:30:00+08:00"
    assert refused("instant", 45983.0, excel=True).code == "FLD016"
    assert refused("instant", 45983.5).code == "FLD014"


def test_sql_gets_utc_seconds_and_the_local_day() -> None:
    instant = FIELD_TYPES["instant"]
    assert instant.columns("at", "1970-01-01T07:30:00+08:00") == {"at": -1800, "at_on": "1970-01-01"}
    late = "2026-11-22T20:00:00+00:00"
    assert instant.columns("at", late)["at_on"] == "2026-11-23"
    assert instant.columns("at", late, {"timezone": "UTC"})["at_on"] == "2026-11-22"


@given(
    st.datetimes(
        datetime.fromisoformat("1902-01-01T00:00:00"),
        datetime.fromisoformat("9000-01-01T00:00:00"),
        timezones=st.just(UTC),
    )
)
def test_instants_order_in_sql_as_in_time(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    instant = FIELD_TYPES["instant"]
    assert instant.to_sql(instant.parse(whole)) == (whole - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


@pytest.mark.parametrize(
    ("raw", "period"),
    [
        ("2026-05", "2026-05"), ("2026-5", "2026-05"), ("2026/05", "2026-05"), ("202605", "2026-05"), (202605, "2026-05"), ("2026年5月", "2026-05"),
        ("2026H1", "2026H1"), ("2026h2", "2026H2"), ("2026年上半年", "2026H1"), ("2026下半年", "2026H2"), ("2026-H1", "2026H1"),
        ("2026Q3", "2026Q3"), ("2026 q3", "2026Q3"), ("2026年第三季度", "2026Q3"), ("2026年3季度", "2026Q3"),
        ("2026", "2026"), (2026, "2026"), (2026.0, "2026"), ("2026年", "2026"),
    ],
)  # fmt: skip
def test_periods_in_the_spellings_people_use(raw: object, period: str) -> None:
    assert parse("period", raw) == period


@pytest.mark.parametrize(
    "raw",
    [
        "2026-13",
        "2026-00",
        "2026H3",
        "2026Q5",
        "26-05",
        "0026",
        "2026-05-01",
        "20261",
        "五月",
        "2026Q",
        date(2026, 5, 1),
    ],
)
def test_what_is_no_period_is_refused(raw: object) -> None:
    assert refused("period", raw).code == "FLD017"


def test_a_kind_may_ask_for_one_length() -> None:
    assert parse("period", "2026H1", grain="half") == "2026H1"
    assert refused("period", "2026", grain=["half"]).args_ == {"example": "2026H1"}
    assert refused("period", "2026", grain=["week"]).code == "FLD023"


def test_a_month_that_a_sheet_made_a_day() -> None:
    assert parse("period", datetime.fromisoformat("2026-05-01T00:00:00"), excel=True) == "2026-05"
    assert refused("period", date(2026, 5, 2), excel=True).code == "FLD017"


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [("2026-02", "2026-02-01", "2026-02-28"), ("2028-02", "2028-02-01", "2028-02-29"), ("2026-12", "2026-12-01", "2026-12-31"), ("2026Q3", "2026-07-01", "2026-09-30"), ("2026Q4", "2026-10-01", "2026-12-31"), ("2026H1", "2026-01-01", "2026-06-30"), ("2026H2", "2026-07-01", "2026-12-31"), ("2026", "2026-01-01", "2026-12-31"), ("9999", "9999-01-01", "9999-12-31")],
)  # fmt: skip
def test_a_period_has_a_first_and_a_last_day(period: str, first: str, last: str) -> None:
    assert tuple(day.isoformat() for day in period_bounds(period)) == (first, last)
    assert FIELD_TYPES["period"].columns("p", period) == {"p": period, "p_first": first, "p_last": last}
    with pytest.raises(ValueError, match="canonical"):
        period_bounds(period + "x")
