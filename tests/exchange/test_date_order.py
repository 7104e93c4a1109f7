"""Day first or month first: proved by rows, never guessed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.exchange.date_order import proof_of, year_first


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["13-02-24", "01-02-24"], "day_first"),
        (["02/13/2024", "01/02/2024", "", "x"], "month_first"),
        (["01.02.2024"], None),
        (["13-02-24", "02-13-24"], None),
    ],
)
def test_what_a_column_proves(cells: list[str], order: str | None) -> None:
    proof = proof_of(cells)
    assert proof is not None
    assert proof.order == order


def test_columns_without_such_dates_prove_nothing_and_stay() -> None:
    assert proof_of(["2024-01-02", "20240102", 45000.0, None, "1-2", "1-2-3-4"]) is None
    assert year_first("2024-01-02", "day_first", 2026) == "2024-01-02"
    assert year_first(45000.0, "day_first", 2026) == 45000.0


@pytest.mark.parametrize(("typed", "year"), [("46", 2046), ("47", 1947), ("00", 2000), ("26", 2026), ("99", 1999)])
def test_two_digits_of_a_year(typed: str, year: int) -> None:
    assert year_first(f"1-2-{typed}", "day_first", 2026) == f"{year}-02-01"


@given(
    st.dates(date(1950, 1, 1), date(2045, 12, 31)), st.sampled_from("-/."), st.sampled_from(["", " 09:30", "T09:30"])
)
def test_both_orders_read_back(day: date, mark: str, rest: str) -> None:
    first = f"{day.day}{mark}{day.month:02}{mark}{day.year}{rest}"
    second = f"{day.month:02}{mark}{day.day}{mark}{day.year % 100:02}{rest}"
    assert year_first(first, "day_first", 2026) == day.isoformat() + rest
    assert year_first(second, "month_first", 2026) == day.isoformat() + rest
